"""The parts of an answer as they are read, kept for whoever looks at it again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import field

from runql.results.frame import Frame
from runql.text.frozen import changeable


@changeable
class PartsRead:
    """One reading of an answer. Each part is read once, however often and from wherever the rows are looked at.

    `error` is what ended it before its end: it holds for whoever goes on with this reading, and a new one begins anew.
    """

    begin: Callable[[], Iterator[Frame]]
    parts: list[Frame] = field(default_factory=list)
    is_whole: bool = False
    error: BaseException | None = None
    _rest: Iterator[Frame] | None = None

    def __iter__(self) -> Iterator[Frame]:
        at = 0
        while at < len(self.parts) or self._read_on():
            yield self.parts[at]
            at += 1

    def until(self, rows: int) -> Iterator[Frame]:
        """The first parts, as many as hold so many rows."""
        for part in self:
            yield part
            rows -= part.length
            if rows <= 0:
                return

    def _read_on(self) -> bool:
        """Read the next part; whether there was one."""
        if self.error is not None:
            raise self.error
        if self.is_whole:
            return False
        try:
            self._rest = self.begin() if self._rest is None else self._rest
            part = next(self._rest, None)
        except BaseException as error:
            self.error = error
            raise
        if part is None:
            self.is_whole = True
            return False
        self.parts.append(part)
        return True
