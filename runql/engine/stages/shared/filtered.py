"""What a `where` keeps and leaves out that its condition does not show: rows without a value, and why no row passes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, TypeAlias

from runql.engine.facts import gap_count
from runql.engine.stages.shared.rows import cells_of
from runql.engine.stages.shared.say import number_of
from runql.engine.table import Table
from runql.engine.values.column import column_of
from runql.semantic.needed import negative_tests, unknown_when_negated, walk
from runql.semantic.spelling import code, path_text
from runql.semantic.typed import TAnd, TCell, TField, TypedExpr
from runql.semantic.values import Value
from runql.text.diagnostic import Diagnostic
from runql.text.frozen import frozen
from runql.text.source import Span

Holds: TypeAlias = Callable[[TypedExpr, Table], bytes]
"""A flag for each row of a table: 1 where a condition is true."""

_HIDDEN: Final = "\0"
"""How the name of a column begins that holds the values of a window."""
_MOST_VALUES: Final = 50_000
"""Of so many rows the values are looked at where none passes; of more nothing is said of them."""


@frozen
class Unpassed:
    """A condition that none of some rows passes.

    `alone`: how many pass each of its `terms`; `without`: how many pass all the others. `values`: what the columns
    of the terms hold, where that was looked at.
    """

    terms: tuple[TypedExpr, ...]
    alone: tuple[int, ...]
    without: tuple[int, ...]
    rows: int
    values: Mapping[str, Sequence[Value]]
    noun: str


class Filtered:
    """The rows on their way through a condition, counted part by part; `noun` is what a row is."""

    def __init__(self, condition: TypedExpr, holds: Holds, noun: str) -> None:
        self._holds = holds
        self._noun = noun
        self._passing = _places(negative_tests(condition))
        self._unknown = _places((part, part.span) for part in unknown_when_negated(condition))
        self._lacking = dict.fromkeys((*self._passing, *self._unknown), 0)
        self._kept_lacking = dict.fromkeys(self._lacking, 0)
        self._terms = tuple(_terms(condition))
        self._alone, self._without = [0] * len(self._terms), [0] * len(self._terms)
        read = (node.name for node in walk(condition) if isinstance(node, TCell))
        self._values: dict[str, list[Value]] = {name: [] for name in read if not name.startswith(_HIDDEN)}
        self._rows = self._kept = 0

    def add(self, table: Table, kept: Table) -> None:
        """Count a part of the rows, and those of them that passed."""
        self._rows += table.length
        self._kept += kept.length
        for name in self._unknown:
            self._lacking[name] += gap_count(column_of(cells_of(table, name)))
        for name in self._lacking:
            self._kept_lacking[name] += gap_count(column_of(cells_of(kept, name)))
        if not self._kept and table.length:
            self._look(table)

    def _look(self, table: Table) -> None:
        """Count the rows of a part of which none passed: those that pass each term, and all the others."""
        flags = [self._holds(term, table) for term in self._terms]
        for place in range(len(flags)):
            others = [given for at, given in enumerate(flags) if at != place]
            self._alone[place] += flags[place].count(1)
            self._without[place] += sum(map(all, zip(*others, strict=True))) if others else table.length
        if self._rows > _MOST_VALUES:
            self._values.clear()
        for name, values in self._values.items():
            values.extend(cells_of(table, name))

    def notices(self) -> Iterator[Diagnostic]:
        """What is to be said of the rows so far: those that pass without a value, and those that a `not` leaves out."""
        for name, place in self._passing.items():
            if lacking := self._kept_lacking[name]:
                message = f"incl. {number_of(lacking, self._noun)} without {code(name)}"
                yield Diagnostic(
                    "RQL303", message, place, hints=(f"leave them out: `and {_written(name)} is not null`",)
                )
        for name, place in self._unknown.items():
            if lacking := self._lacking[name] - self._kept_lacking[name]:
                rows = f"{self._noun}s without {code(name)} ({lacking:,} of {self._rows:,})"
                message = f"left out: {rows}, of which the test is unknown with `not` too"
                yield Diagnostic("RQL330", message, place, hints=(f"take them in: `or missing({_written(name)})`",))

    def unpassed(self) -> Unpassed | None:
        """What to say it of if none of the rows passed."""
        if self._kept or not self._rows:
            return None
        counts = tuple(self._alone), tuple(self._without)
        return Unpassed(self._terms, *counts, self._rows, dict(self._values), self._noun)


def _places(parts: Iterator[tuple[TField | TCell, Span]]) -> dict[str, Span]:
    """The columns, each with the place where it is first asked for."""
    places: dict[str, Span] = {}
    for part, span in parts:
        if isinstance(part, TCell) and not part.name.startswith(_HIDDEN):
            places.setdefault(part.name, span)
    return places


def _terms(condition: TypedExpr) -> Iterator[TypedExpr]:
    """What stands between the `and` of a condition."""
    for term in condition.terms if isinstance(condition, TAnd) else ():
        yield from _terms(term)
    if not isinstance(condition, TAnd):
        yield condition


def _written(name: str) -> str:
    """A column as a query names it."""
    return path_text(tuple(name.split(".")))
