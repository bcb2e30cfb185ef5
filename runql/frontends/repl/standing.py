"""The chart that stands above the prompt: when the window changes it is drawn anew, as wide as that is then."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from runql.frontends.repl.kept_results import KeptResult
from runql.terminal import stderr, stdout
from runql.text.frozen import frozen
from runql.text.widths import cell_width

_STYLE: Final = re.compile(r"\x1b\[[0-9;]*m")


@frozen
class StandingChart:
    """A chart and what was said below it: the last lines before the prompt.

    `size`: the columns and lines of the window that it was drawn for. `written`: how much had been written then; if
    that is more now, something else stands below it.
    """

    kept: KeptResult
    lines: tuple[str, ...]
    size: tuple[int, int]
    written: tuple[int, int]

    @classmethod
    def of(cls, kept: KeptResult, lines: Sequence[str], size: tuple[int, int]) -> StandingChart:
        """One that was drawn just now."""
        return cls(kept, tuple(lines), size, _written())

    @property
    def is_last(self) -> bool:
        """Whether nothing but the prompt was written below it."""
        return self.written == _written()

    def way_back(self, columns: int, lines: int, *, is_plain: bool) -> str:
        """What brings the cursor from the line of the prompt to where it is drawn anew; nothing else is lost by it.

        `is_plain`: the prompt stands in one line. Then the old one is written over, as long as none of its lines is
        wider than the window: of wider ones terminals make several, each in its own way. Else all that is on the
        screen goes where it can be scrolled back to.
        """
        widest = max((cell_width(_STYLE.sub("", line)) for line in self.lines), default=0)
        if is_plain and widest <= columns:
            return f"\r\x1b[{len(self.lines)}A\x1b[J"
        return "\r\x1b[J" + "\n" * lines + "\x1b[H"


def _written() -> tuple[int, int]:
    return stdout.writes(), stderr.writes()
