"""Dots and characters on a plane of cells: eight dots a cell in Braille, or a character a cell."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

from runql.charts.terminal.look import Look

_DOTS: Final = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
_BLANK: Final = 0x2800


class Canvas:
    """`across` and `down` are parts of the plane, from 0 at the left and at the bottom to 1."""

    def __init__(self, columns: int, rows: int, look: Look, *, dots: bool) -> None:
        self.columns, self.rows, self.look = columns, rows, look
        self.wide, self.high = (2, 4) if dots else (1, 1)
        self._masks: dict[tuple[int, int], int] = {}
        self._signs: dict[tuple[int, int], str] = {}
        self._colours: dict[tuple[int, int], int] = {}

    def _at(self, across: float, up: float) -> tuple[int, int]:
        """The dot at a place, its row counted from the top."""
        columns, rows = self.columns * self.wide, self.rows * self.high
        return (
            min(columns - 1, max(0, round(across * (columns - 1)))),
            min(rows - 1, max(0, round((1 - up) * (rows - 1)))),
        )

    def sign(self, across: float, up: float, text: str, colour: int) -> None:
        """A character in the cell at a place."""
        column, row = self._at(across, up)
        self.put(row // self.high, column // self.wide, text, colour)

    def put(self, row: int, column: int, text: str, colour: int) -> None:
        """A character in a cell."""
        self._signs[row, column] = text
        self._colours[row, column] = colour

    def column(self, across: float) -> int:
        """The column of cells at a place."""
        return self._at(across, 0.0)[0] // self.wide

    def row(self, up: float) -> int:
        """The row of cells at a place."""
        return self._at(0.0, up)[1] // self.high

    def shade(self, column: int, low: float, high: float, text: str, colour: int) -> None:
        """A character in each cell of a column between two places."""
        _, top = self._at(0.0, high)
        _, bottom = self._at(0.0, low)
        for row in range(top // self.high, bottom // self.high + 1):
            self.put(row, column, text, colour)

    def line(self, start: tuple[float, float], end: tuple[float, float], text: str, colour: int) -> None:
        """A straight line of dots, or of a character, between two places."""
        (x, y), (last_x, last_y) = self._at(*start), self._at(*end)
        steps = max(abs(last_x - x), abs(last_y - y), 1)
        for step in range(steps + 1):
            self._dot(x + round((last_x - x) * step / steps), y + round((last_y - y) * step / steps), text, colour)

    def _dot(self, x: int, y: int, text: str, colour: int) -> None:
        place = (y // self.high, x // self.wide)
        if self.high == 1:
            self._signs[place] = text
        else:
            if place in self._signs:  # a line is drawn over shades
                del self._signs[place]
            self._masks[place] = self._masks.get(place, 0) | _DOTS[y % 4][x % 2]
        self._colours[place] = colour

    def shows(self, text: str, colour: int) -> bool:
        """Whether a cell shows dots or a character of a series, which nothing was drawn over."""
        cells = (place for place, ink in self._colours.items() if ink == colour)
        return any(self._signs.get(place, text if place in self._masks else "") == text for place in cells)

    def lines(self) -> Iterator[str]:
        """The rows from the top, painted."""
        for row in range(self.rows):
            pieces: list[str] = []
            run, colour = "", 0
            for column in range(self.columns):
                place = (row, column)
                text = self._signs.get(place) or (chr(_BLANK + self._masks[place]) if place in self._masks else " ")
                ink = self._colours.get(place, colour)
                if ink != colour and text != " ":
                    pieces.append(self.look.paint(run, colour))
                    run, colour = "", ink
                run += text
            pieces.append(self.look.paint(run, colour))
            yield "".join(pieces).rstrip()


def is_drawn(value: float) -> bool:
    """Whether a number has a place on an axis."""
    return math.isfinite(value)
