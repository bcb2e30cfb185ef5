"""Values that a cast makes nothing of, counted: an answer says of how many, with one of them (RQL345).

A part of a time, such as `week(t)`, is lost where the session's zone moves the time out of the calendar.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import MAXYEAR, MINYEAR, datetime
from functools import partial
from typing import Any, TypeAlias

from runql.engine.casts import to_text
from runql.engine.compare import is_nan, is_null
from runql.engine.evaluate import AggregatesOf, values_of
from runql.engine.table import Table
from runql.engine.values.coded import Coded
from runql.language.kinds import Kind
from runql.semantic import typed as t
from runql.semantic.needed import PARTS_OF_TIMES, casts_in, walk
from runql.semantic.record import RunRecord
from runql.semantic.spelling import field_text
from runql.semantic.typed import TArithmetic, TCall, TCell, TConst, TField, TFold, TypedExpr
from runql.semantic.typed.expressions import TypedExprNode
from runql.semantic.values import MISSING, Value, kind_of
from runql.text.diagnostic import Diagnostic
from runql.text.visible import visible

_Cast: TypeAlias = TCall | TArithmetic
HasEnds: TypeAlias = Callable[[Sequence[Value]], bool]

_TIME_AND_NUMBER = {Kind.TIME, Kind.NUMBER}
_HIDDEN = "\0"
"""How the column of a window begins, see `stages/context.py`."""
_OUTSIDE = "outside of the calendar, which has the years 1 to 9999"
_ENDS = (MINYEAR, MAXYEAR)
_SHOWN = 40
"""How many characters of a value are shown."""


def _always(_values: Sequence[Value]) -> bool:
    return True


class CastLosses:
    """The casts, and the sums of times, in some expressions. Values are added part by part, and only the first that is
    lost is held.

    `of_folds`: those of what aggregates come to, else those of what rows hold. `has_ends`: whether values may hold a
    time of the first or the last year, where that can be told more quickly than value by value.
    """

    def __init__(
        self, expressions: Iterable[TypedExpr], *, of_folds: bool = False, has_ends: HasEnds = _always
    ) -> None:
        self._has_ends = has_ends
        casts = dict.fromkeys(cast for expr in expressions for cast in casts_in(expr))
        self._casts = [cast for cast in casts if of_folds is any(isinstance(node, TFold) for node in walk(cast))]
        self._lost = dict.fromkeys(self._casts, 0)
        self._seen = dict.fromkeys(self._casts, 0)
        self._example: dict[_Cast, Value] = {}
        self.looks = bool(self._casts)
        """Whether there is anything to count."""

    def add(self, values_of: Callable[[TypedExpr], Sequence[Value]]) -> None:
        """Count some more values: `values_of` gives those of an expression."""
        for cast in self._casts:
            given = values_of(cast.arguments[0]) if isinstance(cast, TCall) else _moved(cast, values_of)
            if _is_part(cast):
                given = _at_the_ends(given) if self._has_ends(given) else ()
            if given:
                self._add(cast, given, values_of(cast))

    def _add(self, cast: _Cast, given: Sequence[Value], made: Sequence[Value]) -> None:
        for value, result in zip(given, made, strict=True):
            if is_null(value):
                continue
            self._seen[cast] += 1
            if result is MISSING:
                self._lost[cast] += 1
                self._example.setdefault(cast, value)

    def add_records(self, records: Sequence[RunRecord], aggregates_of: AggregatesOf | None = None) -> None:
        """Count those of some runs."""
        self.add(lambda expr: values_of(expr, records, aggregates_of))

    def notices(self) -> list[Diagnostic]:
        """What is to be said of the values so far."""
        said = []
        for cast, lost in self._lost.items():
            if lost:
                said.append(Diagnostic("RQL345", self._said(cast, lost), cast.span))
        return said

    def _said(self, cast: _Cast, lost: int) -> str:
        of = f"{lost:,} of {self._seen[cast]:,} value{'s' * (self._seen[cast] != 1)}"
        if isinstance(cast, TArithmetic):
            return f"{_sum_text(cast)} is missing for {of}: {_OUTSIDE}"
        if _is_part(cast):
            return f"{_called(cast)} is missing for {lost:,} value{'s' * (lost != 1)}: {_OUTSIDE}"
        return f"{_called(cast)} is missing for {of}: no {cast.name}{_example(cast.arguments[0], self._example[cast])}"


def _moved(sum_of: TArithmetic, values_of: Callable[[TypedExpr], Sequence[Value]]) -> list[Value]:
    """The times that a sum moves, `MISSING` where it moves none: where one side is no time or the other no number."""
    both = zip(values_of(sum_of.left), values_of(sum_of.right), strict=True)
    return [
        MISSING if kinds != _TIME_AND_NUMBER or is_nan(left) or is_nan(right) else left
        for left, right in both
        for kinds in [{kind_of(left), kind_of(right)}]
    ]


def _is_part(cast: _Cast) -> bool:
    return isinstance(cast, TCall) and cast.name in PARTS_OF_TIMES


def _at_the_ends(given: Sequence[Value]) -> Sequence[Value]:
    """Values, `MISSING` in place of all but the times of the first and the last year; nothing if there are none."""
    few = given.values if isinstance(given, Coded) else given
    if not any(map(_is_at_an_end, few)):
        return ()
    return [value if _is_at_an_end(value) else MISSING for value in given]


def _is_at_an_end(value: Value) -> bool:
    return isinstance(value, datetime) and value.year in _ENDS


def _sum_text(sum_of: TArithmetic) -> str:
    return f"`{f' {sum_of.op} '.join(_short(side) for side in (sum_of.left, sum_of.right))}`"


def _short(side: TypedExpr) -> str:
    """One side of a sum, as it is named in a message."""
    if isinstance(side, TField):
        return visible(side.key.written or field_text(side.key.space, side.key.segments, exact=side.key.exact))
    return visible(side.name.strip(_HIDDEN)) if isinstance(side, TCell) else "…"


def _example(argument: TypedExpr, value: Value) -> str:
    """One of the values that were lost; of what is made of a secret nothing but its name."""
    secrets = dict.fromkeys(node.shown for node in walk(argument) if isinstance(node, TConst) and node.shown)
    if secrets:
        return f", as {next(iter(secrets))}" if isinstance(argument, TConst) else ""
    text = visible(str(to_text(value)))
    shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
    return f', as "{shown}"' if isinstance(value, str) else f", as {shown}"


def _called(cast: TCall) -> str:
    argument = cast.arguments[0]
    key = argument.key if isinstance(argument, TField) else None
    if key is not None:
        return f"`{cast.name}({visible(key.written or field_text(key.space, key.segments, exact=key.exact))})`"
    return f"`{cast.name}({visible(argument.name.strip(_HIDDEN)) if isinstance(argument, TCell) else '…'})`"


class StageCasts:
    """The casts of one stage. Those of an aggregate's result are counted where it is made."""

    def __init__(
        self,
        stage: t.TStage,
        values_of: Callable[[TypedExpr, Table], Sequence[Value]],
        has_ends: HasEnds,
    ) -> None:
        self._values_of = values_of
        self._derived = stage.columns if isinstance(stage, t.TDerive) else ()
        losses = [CastLosses((column.value,), has_ends=has_ends) for column in self._derived]
        self._losses = losses or [CastLosses(_expressions(stage), has_ends=has_ends)]

    @property
    def looks(self) -> bool:
        """Whether the stage has any."""
        return any(losses.looks for losses in self._losses)

    def counted(self, tables: Iterable[Table]) -> Iterator[Table]:
        """The tables that the stage is given, on their way to it."""
        for table in tables:
            self.add(table)
            yield table

    def add(self, table: Table) -> None:
        """Count those of some more rows."""
        for place, losses in enumerate(self._losses):
            if losses.looks:
                losses.add(partial(self._of, table))
            if any(later.looks for later in self._losses[place + 1 :]):
                # A cast of `derive` may read a column that was made before it.
                column = self._derived[place]
                table = Table({**table.columns, column.name: self._values_of(column.value, table)}, table.length)

    def _of(self, table: Table, expr: TypedExpr) -> Sequence[Value]:
        return self._values_of(expr, table)

    def notices(self) -> list[Diagnostic]:
        """What is to be said of the rows so far."""
        return [notice for losses in self._losses for notice in losses.notices()]


def _expressions(node: Any) -> Iterator[t.TypedExpr]:
    """The expressions over rows in any part of a stage; those inside of aggregates too."""
    if isinstance(node, t.TFold):
        yield from (part for part in (node.argument, node.of) if part is not None)
    elif isinstance(node, tuple):
        for part in node:
            yield from _expressions(part)
    elif dataclasses.is_dataclass(node):
        if isinstance(node, TypedExprNode):
            yield node  # type: ignore[misc]
        for one in dataclasses.fields(node):
            yield from _expressions(getattr(node, one.name))
