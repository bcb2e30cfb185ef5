"""How far a reading is, and how fast it goes."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Final

from runql.text.frozen import frozen

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
