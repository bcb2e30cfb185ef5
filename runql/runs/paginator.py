"""Lists that are fetched page by page, as far as somebody looks."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any, Generic, TypeVar, overload

from runql.errors import ServerError
from runql.runs.arguments import checked_count
from runql.runs.service import Page
from runql.text.diagnostic import Diagnostic

T = TypeVar("T")


class Paginator(ABC, Generic[T]):
    """A list of unknown length. Looping over it twice, also in nested loops, asks for each page once.

    `next()` has a place of its own, apart from every loop. Negative indexes and open slices read to the true end.
    """

    def __init__(self, per_page: int) -> None:
        self.per_page = checked_count("per_page", per_page)
        self.objects: list[T] = []
        """What was fetched so far."""
        self.index = -1
        """The place of `next()`."""
        self.variables: dict[str, Any] = {}
        self._page: Page | None = None
        self._looping = False
        self._notices: dict[Diagnostic, None] = {}
        self._lock = threading.RLock()

    @abstractmethod
    def _fetch(self) -> Page:
        """Ask for the page after `cursor`."""

    @abstractmethod
    def _convert(self, page: Page) -> list[T]:
        """The objects of a page that are not there yet."""

    @abstractmethod
    def _count(self) -> int | None:
        """How many there are in all, if the source can say so without listing them."""

    @property
    def more(self) -> bool:
        """Whether there may be further pages."""
        return self._page is None or self._page.has_next

    @property
    def cursor(self) -> str | None:
        """Where the next page starts: an opaque text, `None` before the first page."""
        return None if self._page is None else self._page.cursor

    @property
    def notices(self) -> tuple[Diagnostic, ...]:
        """What is to be said about the answers so far."""
        return tuple(self._notices)

    def update_variables(self) -> None:
        """Write the size and the start of the next page into `variables`."""
        self.variables.update({"perPage": self.per_page, "cursor": self.cursor})

    def __iter__(self) -> Iterator[T]:
        self._looping = True
        return self._walk()

    def _walk(self) -> Iterator[T]:
        at = 0
        while self._reach(at + 1):
            yield self.objects[at]
            at += 1

    def __next__(self) -> T:
        with self._lock:
            if not self._reach(self.index + 2):
                raise StopIteration
            self.index += 1
            return self.objects[self.index]

    def next(self) -> T:
        """The next object; `StopIteration` after the last."""
        return self.__next__()

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> list[T]: ...

    def __getitem__(self, index: int | slice) -> T | list[T]:
        if isinstance(index, slice):
            [].__getitem__(index)  # a bad slice is told before anything is fetched
            self._reach(_reach_of(index))
        else:
            self._reach(index + 1 if index >= 0 else None)
        return self.objects[index]

    def __len__(self) -> int:
        """How many there are in all. Costs a page at most, unless the source cannot count."""
        with self._lock:
            if self._page is None and not self._looping:
                counted = self._count()
                if counted is not None:
                    return counted
            # `list(runs)` asks for the length after it began to loop: its first page is needed anyway.
            self._reach(1)
            if self.more and self._page is not None and self._page.total is not None:
                return self._page.total
            counted = self._count() if self.more else None
            if counted is None:
                self._reach(None)
                counted = len(self.objects)
            return counted

    def __bool__(self) -> bool:
        """Whether there is any. Costs the first page, which is kept."""
        return self._reach(1)

    def _reach(self, count: int | None) -> bool:
        """Fetch until there are `count` objects (`None`: all); whether there are that many."""
        if count is not None and len(self.objects) >= count:
            return True
        with self._lock:
            while self.more and (count is None or len(self.objects) < count):
                self._load_page()
        return count is None or len(self.objects) >= count

    def _load_page(self) -> bool:
        """Fetch the next page, if there is one. A page that fails changes nothing, so it may be asked for again."""
        with self._lock:
            if not self.more:
                return False
            checked_count("per_page", self.per_page)
            self.update_variables()
            page = self._fetch()
            if page.has_next and page.cursor in (None, self.cursor):
                raise ServerError.of("RQL405", "the source says that there are more runs, but not where they start")
            self.objects.extend(self._convert(page))
            self._page = page
            self._notices.update(dict.fromkeys(page.notices))
            return True


def _reach_of(index: slice) -> int | None:
    """How many objects a slice needs; `None` for all."""
    start, stop, step = index.start, index.stop, 1 if index.step is None else index.step
    if (start is not None and start < 0) or (stop is not None and stop < 0):
        return None
    if step > 0:
        return 0 if start is not None and stop is not None and start >= stop else stop
    if start is None:
        return None
    return 0 if stop is not None and stop >= start else int(start) + 1
