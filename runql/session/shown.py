"""What an answer cost, and how much of it was shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from runql.errors import BackendError
from runql.results.frame import Frame
from runql.text.diagnostic import Diagnostic
from runql.text.frozen import changeable, frozen


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

    def frames(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """The parts, cut where there are too many rows."""
        self.total = self.shown = 0
        try:
            for frame in frames:
                left = frame.length if self.most is None else max(0, self.most - self.total)
                part = frame if frame.length <= left else frame.slice(0, left)
                first = not self.total
                self.total += frame.length
                self.shown += part.length
                if part.length or first:
                    yield part
        except (KeyboardInterrupt, BackendError) as error:
            if not (self.ends_at_cut and self.shown):
                raise
            self.cut = error

    @property
    def said(self) -> tuple[Diagnostic, ...]:
        """What was left out."""
        if self.shown == self.total:
            return ()
        message = f"the first {self.shown:,} of {self.total:,} rows are shown"
        return (Diagnostic("RQL515", message, hints=("`--max-rows` or `set max_rows` cut the others",)),)
