"""A part of the terminal that is drawn over and over in one place."""

from __future__ import annotations

from collections.abc import Sequence

from runql.terminal import stderr


class Region:
    """Lines at the bottom of what was written so far. Each is at most as wide as the terminal, so that none wraps."""

    def __init__(self) -> None:
        self._drawn = 0

    def draw(self, lines: Sequence[str]) -> None:
        """Put these lines in the place of those drawn before; the cursor stays at the end of the last.

        Of several each is written over its old one, and only then is the rest of that taken away: nothing flickers.
        """
        if self._drawn > 1 or len(lines) > 1:
            up = f"\r\x1b[{self._drawn - 1}A" if self._drawn > 1 else "\r"
            stderr.raw(up + "\x1b[K\r\n".join(lines) + "\x1b[J")
        else:
            stderr.raw(self._back() + "".join(lines))
        self._drawn = len(lines)

    def clear(self) -> None:
        """Take the lines away."""
        stderr.raw(self._back())
        self._drawn = 0

    def leave(self) -> None:
        """Let the lines stand, and go on below them."""
        if self._drawn:
            stderr.raw("\r\n")
        self._drawn = 0

    def _back(self) -> str:
        """To the beginning of the first line, with all from there on gone."""
        return f"\r\x1b[{self._drawn - 1}A\x1b[J" if self._drawn > 1 else "\r\x1b[2K"
