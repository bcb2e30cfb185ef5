"""The table that a chart is made of: what its columns hold, as numbers and as categories."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import Enum
from functools import cached_property
from math import isfinite
from typing import Final

from runql.engine.stages import StageContext
from runql.engine.stages.shape import picked
from runql.engine.values.column import Numbers
from runql.results.cell_text import exact_text
from runql.results.column_types import NUMBERS, Shape
from runql.results.columns import Columns
from runql.semantic.typed import ColumnPick, TPlot, TSort, TSql, TStage
from runql.semantic.values import MISSING, Value

GAP: Final = math.nan
_FEW_DIGITS: Final = 5
_MIDNIGHT: Final = "T00:00:00Z"


class Holds(Enum):
    """What a column holds, as far as a chart is concerned."""

    NUMBERS = "numbers"
    TIMES = "times"
    TEXTS = "texts"
    NOTHING = "nothing"


class ChartTable:
    """A whole table, what is known of it, and the stages that made it, `plot` the last of them."""

    def __init__(self, frame: Columns, context: StageContext, stages: Sequence[TStage]) -> None:
        plots = [place for place, stage in enumerate(stages) if isinstance(stage, TPlot)]
        self.frame, self.context = frame, context
        self.stages = tuple(stages[: plots[-1]]) if plots else tuple(stages)
        plot = stages[plots[-1]] if plots else TPlot()
        assert isinstance(plot, TPlot)
        self.plot = plot
        self.said: dict[str, None] = {}
        """What must be said under the chart."""
        self._said_of: dict[str, list[str]] = {}
        self._called: dict[str, list[str]] = {}
        self._joined: dict[str, str] = {}
        self._lacking: dict[tuple[str, str], list[str]] = {}
        self._holds: dict[str, Holds] = {}
        self._numbers: dict[str, list[float | None]] = {}

    @property
    def length(self) -> int:
        return self.frame.length

    @cached_property
    def names(self) -> tuple[str, ...]:
        return self.frame.names

    def cells(self, name: str) -> Sequence[Value]:
        return self.frame.columns[name]

    def holds(self, name: str) -> Holds:
        """What a column holds. One of unlike values holds numbers if any is one."""
        if name not in self._holds:
            self._holds[name] = self._found(name)
        return self._holds[name]

    def _found(self, name: str) -> Holds:
        shape = self.frame.shape(name)
        if shape in NUMBERS:
            return Holds.NUMBERS
        if shape is Shape.TIME:
            return Holds.TIMES
        if shape is Shape.EMPTY:
            return Holds.NOTHING
        if shape is Shape.MIXED and any(_is_number(cell) for cell in self.cells(name)):
            return Holds.NUMBERS
        return Holds.TEXTS

    def of(self, holds: Holds, names: Iterable[str] | None = None) -> tuple[str, ...]:
        """The columns that hold such values, in their order."""
        return tuple(name for name in (self.names if names is None else names) if self.holds(name) is holds)

    def picked(self, picks: Iterable[ColumnPick | None]) -> tuple[str, ...]:
        """The columns that names and patterns mean, each once."""
        found: dict[str, None] = {}
        for pick in picks:
            if pick is not None:
                found.update(dict.fromkeys(picked(pick, self.names)))
        return tuple(found)

    def title(self, name: str) -> str:
        """The name of a column, with its unit where that is known."""
        return self._joined.get(name, f"{name} (s)" if name in self.frame.durations else name)

    # ------------------------------------------------------------ cells as numbers

    def numbers(self, name: str) -> list[float | None]:
        """Each cell as a number, a time as seconds since 1970: NaN where it is NaN, null or infinite, `None` where
        nothing was set, or no number. What is neither a number nor missing is said under the chart.
        """
        if name in self._numbers:
            return self._numbers[name]
        cells = self.cells(name)
        column = self.frame.column(name)
        if (
            isinstance(column, Numbers)
            and not column.has_gaps
            and (column.is_whole or all(map(isfinite, column.values)))
        ):
            self._numbers[name] = list(map(float, column.values))
            return self._numbers[name]
        made = self._numbers[name] = [number_of(cell) for cell in cells]
        if other := sum(1 for at, cell in enumerate(cells) if made[at] is None and cell is not MISSING):
            self._say_of(name, f"{_values(other)} of {name} left out: no number")
        if infinite := self.infinite(name):
            self._say_of(name, f"{_values(infinite)} of {name} left out: infinite")
        return made

    def _say_of(self, name: str, note: str) -> None:
        self.say(note)
        self._said_of.setdefault(name, []).append(note)

    def infinite(self, name: str) -> int:
        """How many cells are infinite."""
        return sum(isinstance(cell, float) and math.isinf(cell) for cell in self.cells(name))

    def say_rows_left_out(self, count: int, names: Iterable[str], rows: Iterable[int] | None = None) -> None:
        """Say that so many rows are not drawn, and which of the columns they have no number of, and what instead."""
        places = range(self.length) if rows is None else [*rows]
        named = [*names]
        columns = [(self.cells(name), name) for name in named]
        why = Counter(
            " and ".join(reasons)
            for row in places
            if (reasons := [reason for cells, called in columns if (reason := _reason(cells[row], called))])
        )
        for name in named:
            for note in self._said_of.pop(name, ()):
                self.said.pop(note, None)
        told = ", ".join(f"{number:,} {reason}" for reason, number in why.items())
        self.say(f"{count:,} of {self.length:,} rows not drawn: {told}")

    def texts(self, name: str) -> list[str]:
        """Each cell as the name of a category."""
        return self._called.get(name) or categories(self.cells(name))

    def call(self, name: str, texts: list[str]) -> None:
        """Give the cells of a column other names, which tell them apart."""
        self._called[name] = texts

    def join(self, name: str, others: Sequence[str]) -> None:
        """Join the values of other columns to those of one, and their names to its title."""
        if others:
            rows = zip(*(self.texts(one) for one in (name, *others)), strict=True)
            self._joined[name] = " / ".join(self.title(one) for one in (name, *others))
            self.call(name, [" / ".join(row) for row in rows])

    def distinct(self, name: str) -> list[str]:
        """The categories of a column, numbers and times in their order; texts that come again too, unless the rows
        were put in order; others as they first occur.
        """
        if self.holds(name) in (Holds.NUMBERS, Holds.TIMES):
            by_text = dict(zip(self.texts(name), map(number_of, self.cells(name)), strict=True))
            ranks = {text: math.inf if one is None or math.isnan(one) else one for text, one in by_text.items()}
            return sorted(by_text, key=ranks.__getitem__)
        found = dict(zip(self.texts(name), self.cells(name), strict=True))
        if len(found) == self.length or any(isinstance(stage, TSort | TSql) for stage in self.stages):
            return [*found]
        return sorted(found, key=lambda text: (found[text] is MISSING, found[text] is None, text))

    def say(self, note: str) -> None:
        """Put a note under the chart, once."""
        self.said[note] = None

    def say_at(self, what: str, places: Sequence[str], why: str) -> None:
        """Put a note under the chart of something at some places, with those of which it was said before."""
        found = self._lacking.setdefault((what, why), [])
        self.said.pop(_at(what, found, why), None)
        found += places
        self.say(_at(what, found, why))


def categories(cells: Sequence[Value]) -> list[str]:
    """Each value as the name of a category; a text that reads like another kind of value beside it is quoted.

    Times are days where each of them is a day's beginning in UTC.
    """
    texts = [category(cell) for cell in cells]
    times = {text for text, cell in zip(texts, cells, strict=True) if isinstance(cell, datetime)}
    if times and all(text.endswith(_MIDNIGHT) for text in times):
        texts = [text.removesuffix(_MIDNIGHT) if text in times else text for text in texts]
    others = {text for text, cell in zip(texts, cells, strict=True) if not isinstance(cell, str) or not cell}
    if not others:
        return texts
    return [
        f'"{text}"' if text in others and isinstance(cell, str) and cell else text
        for text, cell in zip(texts, cells, strict=True)
    ]


def some_names(names: Sequence[str]) -> str:
    """The first of some names, and how many more there are."""
    more = f" and {len(names) - 3:,} more" if len(names) > 4 else ""
    return ", ".join(names[: 3 if more else 4]) + more


def _at(what: str, places: Sequence[str], why: str) -> str:
    return f"{what}{' at ' * any(places)}{some_names(places)}{why}"


def category(cell: Value) -> str:
    """A value as the name of a category: whole, so that two are never taken for one, and never nothing."""
    if cell is MISSING:
        return "(missing)"
    if cell is None:
        return "(null)"
    if isinstance(cell, float):
        cell += 0.0  # -0 is 0
        return f"{cell:.{_FEW_DIGITS}g}" if float(f"{cell:.{_FEW_DIGITS}g}") == cell else repr(cell)
    return exact_text(cell) or "(empty)"


def _is_number(cell: Value) -> bool:
    return isinstance(cell, int | float) and not isinstance(cell, bool)


def number_of(cell: Value) -> float | None:
    """A cell as a number: NaN where it is NaN, null or infinite, `None` where nothing was set, or no number."""
    if isinstance(cell, float):
        return cell if math.isfinite(cell) else GAP
    if isinstance(cell, int):
        try:
            return float(cell)
        except OverflowError:
            return GAP
    if isinstance(cell, datetime):
        return cell.timestamp()
    return GAP if cell is None else None


def _reason(cell: Value, name: str) -> str:
    """Why a cell has no place on an axis; nothing of one that has."""
    number = number_of(cell)
    if number is None:
        return f"without {name}" if cell is MISSING else f"with no number in {name}"
    if cell is None:
        return f"without {name}"
    if not math.isnan(number):
        return ""
    return f"with NaN in {name}" if cell != cell else f"with an infinite {name}"  # noqa: PLR0124 - NaN


def _values(count: int) -> str:
    return f"{count:,} value{'s' * (count != 1)}"
