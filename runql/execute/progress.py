"""How far a reading is, how fast it goes, what it cost, and how much of it is shown."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from runql.errors import BackendError
from runql.sources.protocol import ServiceApi
from runql.text.diagnostic import Diagnostic
from runql.text.frozen import changeable, frozen

if TYPE_CHECKING:
    from runql.results.frame import Frame

WROTE: Final = "wrote "
"""So begins what is said of a file that was written."""

_WINDOW_SECONDS: Final = 10.0
_LEAST_SECONDS: Final = 1.0
"""Before so long nothing is said of a rate: the first page alone tells little."""


@frozen
class Going:
    """So many of so many (`None`: nobody knows) were read, such as runs; `also` are further counts, in words."""

    noun: str
    done: int
    total: int | None = None
    also: tuple[str, ...] = ()


class RunProgress:
    """Says how far something is, with its rate and the time left: `1,240 of 10,000 runs · 830/s · 11 s left`.

    The rate is that of the last ten seconds. Asked again and again while it goes on.
    """

    def __init__(self, going: Callable[[], Going], clock: Callable[[], float] = time.monotonic) -> None:
        self._going = going
        self._clock = clock
        self._began = clock()
        self._noun = ""
        self._seen: deque[tuple[float, int]] = deque()

    def __call__(self) -> str:
        going, now = self._going(), self._clock()
        if going.noun != self._noun:  # another part of the work begins, with a pace of its own
            self._noun = going.noun
            self._seen.clear()
        if not self._seen or going.done != self._seen[-1][1] or len(self._seen) < 2:
            self._seen.append((now, going.done))
        while len(self._seen) > 2 and now - self._seen[0][0] > _WINDOW_SECONDS:
            self._seen.popleft()
        of = f" of {going.total:,}" if going.total is not None and going.total >= going.done else ""
        parts = [f"{going.done:,}{of} {going.noun}", *going.also, *self._speed(going, now)]
        is_open = not any(part.endswith(" left") for part in parts)
        return " · ".join([*parts, f"{now - self._began:.0f} s"] if is_open else parts)

    def _speed(self, going: Going, now: float) -> list[str]:
        began, first = self._seen[0]
        seconds, done = now - began, going.done - first
        if seconds < _LEAST_SECONDS or done <= 0:
            return []
        rate = done / seconds
        said = [f"{rate:,.0f}/s" if rate >= 10 else f"{rate:.1f}/s"]
        if going.total is not None and going.total > going.done:
            said.append(f"{in_words((going.total - going.done) / rate)} left")
        return said


def in_words(seconds: float) -> str:
    """A time in the largest units that matter: `11 s`, `3 min`, `2 h 5 min`."""
    if seconds < 100:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"


@changeable
class Spent:
    """How long it took in all, and how many requests; `requests` is `None` where no source counts them."""

    seconds: float = 0.0
    requests: int | None = None
    _is_measuring: bool = False

    @contextmanager
    def measured(self, services: Callable[[], Iterable[ServiceApi]]) -> Iterator[None]:
        """Add what the block takes, once also where blocks stand in one another. `services` gives those that may be
        asked; one more may be opened in the block."""
        if self._is_measuring:
            yield
            return
        self._is_measuring = True
        lines, began = (service.line for service in services()), time.perf_counter()
        before = {id(line): line.requests for line in lines if line is not None}
        try:
            yield
        finally:
            self._is_measuring = False
            self.seconds += time.perf_counter() - began
            lines = (service.line for service in services())
            sent = {id(line): line.requests - before.get(id(line), 0) for line in lines if line is not None}
            self.requests = (self.requests or 0) + sum(sent.values()) if sent else self.requests

    def __str__(self) -> str:
        took = f"{self.seconds * 1000:.0f} ms" if self.seconds < 0.1 else f"{self.seconds:.1f} s"
        if self.requests is None:
            return took
        return f"{self.requests:,} request{'s' * (self.requests != 1)}, {took}"


@frozen
class Stats:
    """What an answer cost and how much of it was shown. `requests` is `None` where no source counts them."""

    requests: int | None
    rows: int
    truncated: bool
    seconds: float


@changeable
class Shown:
    """Lets at most so many rows of an answer through, and counts the others: all of it is read.

    `ends_at_cut`: what was cut short after its first row, by an interrupt or an error of its source, ends there, and
    `cut` is what cut it; whoever shows the rows raises it behind them.
    """

    most: int | None = None
    ends_at_cut: bool = False
    total: int = 0
    shown: int = 0
    cut: KeyboardInterrupt | BackendError | None = None

    def part(self, frame: Frame) -> Frame | None:
        """The next part, cut if there are too many rows; `None` for none of it, unless it is the first."""
        left = frame.length if self.most is None else max(0, self.most - self.total)
        part = frame if frame.length <= left else frame.slice(0, left)
        is_first = not self.total
        self.total += frame.length
        self.shown += part.length
        return part if part.length or is_first else None

    def ends_by(self, error: KeyboardInterrupt | BackendError) -> bool:
        """Whether the rows end where this cut them short."""
        self.cut = error if self.ends_at_cut and self.shown else None
        return self.cut is not None

    def said(self) -> Diagnostic:
        """What is said where some were left out."""
        message = f"the first {self.shown:,} of {self.total:,} rows are shown"
        return Diagnostic("RQL515", message, hints=("`--max-rows` or `set max_rows` cut the others",))
