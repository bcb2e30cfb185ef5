"""How to show a table: the choices, without the drawing."""

from __future__ import annotations

from datetime import UTC, tzinfo
from typing import Literal, TypeAlias

from runql.results.terminal_table.cells import Style
from runql.text.frozen import frozen

Turn: TypeAlias = Literal["auto", "on", "off"]

_SGR = {"header": "1", "best": "1", "dim": "2", "good": "32", "bad": "31", "warn": "33", "live": "36", "changed": "1;7"}


@frozen
class View:
    """How to show a table. `width` in cells, `None` for as wide as it gets; `most_rows` `None` for all of them.

    A longer table shows its first `head` and last `tail` rows and says how many lie between. Times are shown in `zone`.
    """

    width: int | None = None
    most_rows: int | None = None
    head: int = 20
    tail: int = 5
    color: bool = False
    unicode: bool = True
    zone: tzinfo = UTC
    seconds: bool = False
    """Times to the second: minutes would not tell them apart."""
    way_out: str = ""
    """Where rows that are not shown can be had, such as "; `-o csv` for all"."""
    wider: str = ""
    """Where columns that are not shown can be had, in the same form."""
    brief: bool = False
    """Columns that find no room are left out without a word: more will come, and then all is said."""
    turn: Turn = "off"
    """Whether rows become columns or blocks: always, or where columns would be left out and that fits on the screen.
    A single row that is too wide is always turned."""
    height: int | None = None
    """How many lines of the screen a table may take that is turned by itself."""

    @property
    def ellipsis(self) -> str:
        return "…" if self.unicode else "..."

    def paint(self, text: str, style: Style) -> str:
        """The text in a style, if there are colours."""
        return f"\x1b[{_SGR[style]}m{text}\x1b[0m" if self.color and style and text else text
