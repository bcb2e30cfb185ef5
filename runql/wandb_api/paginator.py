"""Lists that are fetched page by page, as far as somebody looks."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, ClassVar, Generic, Protocol, TypeVar, overload

from runql.errors import ArgumentError, ServerError
from runql.text.diagnostic import Diagnostic
from runql.text.frozen import frozen
from runql.wandb_api.arguments import checked_count
from runql.wandb_api.explained import PAGES_REASONS, Explained


class PageFacts(Protocol):
    """What a page says of itself: `total` is how many objects there are in all, if the source says so."""

    @property
    def cursor(self) -> str | None: ...
    @property
    def has_next(self) -> bool: ...
    @property
    def total(self) -> int | None: ...
    @property
    def notices(self) -> tuple[Diagnostic, ...]: ...


T = TypeVar("T")
P = TypeVar("P", bound=PageFacts)


class Paginator(Explained, ABC, Generic[T, P]):
    """A list of unknown length. Looping over it twice, also in nested loops, asks for each page once.

    `next()` has a place of its own, apart from every loop. Negative indexes and open slices read to the true end.
    """

    REASONS: ClassVar[Mapping[str, str]] = PAGES_REASONS

    def __init__(self, per_page: int) -> None:
        self.per_page = checked_count("per_page", per_page)
        self.objects: list[T] = []
        """What was fetched so far."""
        self.index = -1
        """The place of `next()`."""
        self.variables: dict[str, Any] = {}
        self._page: P | None = None
        self._latest: list[T] = []
        self._looping = False
        self._notices: dict[Diagnostic, None] = {}
        self._lock = threading.RLock()

    @abstractmethod
    def _fetch(self) -> P:
        """Ask for the page after `cursor`."""

    @abstractmethod
    def _convert(self, page: P) -> list[T]:
        """The objects of a page that are not there yet."""

    @abstractmethod
    def _response(self, page: P) -> dict[str, Any]:
        """A page in the form in which W&B's server answers."""

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

    @property
    def length(self) -> int:
        """How many there are in all, as `len` says it."""
        return len(self)

    @property
    def last_response(self) -> dict[str, Any] | None:
        """The page that came last in the form in which W&B's server answers; `None` before the first."""
        return None if self._page is None else self._response(self._page)

    def convert_objects(self) -> list[T]:
        """The objects of the page that came last.

        Raises:
            ArgumentError: no page was fetched yet.
        """
        if self._page is None:
            raise ArgumentError.because("no page was fetched yet", "loop over it, or take an element, before")
        return list(self._latest)

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
                raise ServerError.of("RQL405", "the source says that there are more, but not where they start")
            self._latest = self._convert(page)
            self.objects.extend(self._latest)
            self._page = page
            self._notices.update(dict.fromkeys(page.notices))
            return True

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "_lock"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._lock = threading.RLock()


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


@frozen
class Stretch:
    """Some objects of a source that gives them one after the other."""

    records: tuple[Any, ...]
    cursor: str
    has_next: bool
    total: int | None = None
    notices: tuple[Diagnostic, ...] = ()


class Streamed(Paginator[T, Stretch]):
    """A list of what a source gives one after the other, cut into pages. A stream that breaks is begun anew."""

    def __init__(self, per_page: int) -> None:
        super().__init__(per_page)
        self._stream: Iterator[Any] | None = None
        self._ahead: list[Any] = []
        self._taken = 0

    @abstractmethod
    def _records(self) -> Iterator[Any]:
        """All that there is, from the first on."""

    @abstractmethod
    def _make(self, record: Any) -> T:
        """The object of a record."""

    def _fetch(self) -> Stretch:
        stream = self._stream if self._stream is not None else islice(self._records(), self._taken, None)
        self._stream = None  # a generator that raised is at its end, and would be taken for one that is exhausted
        fresh = list(islice(stream, self.per_page + 1 - len(self._ahead)))
        self._stream = stream
        self._taken += len(fresh)
        found = [*self._ahead, *fresh]
        self._ahead = found[self.per_page :]
        end = self._taken - len(self._ahead)
        said = dict.fromkeys(notice for record in found[: self.per_page] for notice in record.said)
        return Stretch(tuple(found[: self.per_page]), str(end), bool(self._ahead), notices=tuple(said))

    def _convert(self, page: Stretch) -> list[T]:
        return [self._make(record) for record in page.records]

    def _count(self) -> int | None:
        return None

    def _response(self, page: Stretch) -> dict[str, Any]:
        nodes = [{"node": {"name": getattr(record, "name", None)}} for record in page.records]
        return {"edges": nodes, "pageInfo": {"endCursor": page.cursor, "hasNextPage": page.has_next}}

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "_stream": None}
