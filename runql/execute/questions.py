"""Inner questions: each is asked once, before the outer one, and becomes constants or the other table of a stage."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Protocol, TypeAlias

from runql.engine.compare import identity, is_nan
from runql.engine.table import Table, concat
from runql.errors import QueryError
from runql.execute.inner_query import InnerQuery
from runql.plan.answers import Asked, asked_by, with_answers
from runql.plan.nodes import Plan
from runql.results.frame import Frame
from runql.semantic.typed import TConst, TOther, TQuestion
from runql.semantic.values import MISSING, Value, kind_of
from runql.sources.protocol import ServiceApi
from runql.text.diagnostic import Diagnostic, Severity

if TYPE_CHECKING:
    from runql.engine.stages.context import OtherTable

_WHY_EMPTY = "RQL307"


class InnerAnswer(Protocol):
    """The answer of a question, read part by part."""

    @property
    def final_names(self) -> tuple[str, ...]:
        """Its columns."""

    @property
    def noticed(self) -> Mapping[Diagnostic, None]:
        """What is to be said of it."""

    def frames(self) -> Iterator[Frame]:
        """Its table."""


AnswerOf: TypeAlias = "Callable[[InnerQuery, Questions], InnerAnswer]"


class Questions:
    """The inner questions of one query, those inside of them among them. Nothing is asked before it is needed.

    `at_work`: the answer that is read just now.
    """

    def __init__(self, inner: Mapping[Asked, InnerQuery], answer_of: AnswerOf) -> None:
        self._inner = inner
        self._answer_of = answer_of
        self._tables: dict[Asked, Table] = {}
        self._constants: dict[Asked, tuple[Value, ...]] = {}
        self._said: dict[Diagnostic, None] = {}
        self.at_work: InnerAnswer | None = None

    @property
    def services(self) -> tuple[ServiceApi, ...]:
        """Those that are asked."""
        return tuple(place.service for one in self._inner.values() for place in one.places)

    @property
    def said(self) -> tuple[Diagnostic, ...]:
        """What is to be said of the questions that were asked so far."""
        return tuple(self._said)

    def put_into(self, plan: Plan) -> Plan:
        """A plan with the answers of its questions in their places: they are asked now."""
        return with_answers(plan, self._answers)

    def other(self, other: TOther) -> OtherTable:
        """The other table of a stage."""
        from runql.engine.stages.context import OtherTable  # the stages are loaded by a query that has some

        asked = asked_by(other)
        return OtherTable(self._table(asked), self._inner[asked].run_id)

    def _table(self, asked: Asked) -> Table:
        if asked not in self._tables:
            inner = self._inner[asked]
            answer = self._answer_of(inner, self)
            before, self.at_work = self.at_work, answer
            try:
                parts = [Table(frame.columns, frame.length) for frame in answer.frames()]
            finally:
                self.at_work = before
            self._tables[asked] = concat(parts, answer.final_names or None)
            said = (one for one in answer.noticed if one.code != _WHY_EMPTY)
            self._said.update(dict.fromkeys(one for one in said if one.severity is not Severity.ERROR))
        return self._tables[asked]

    # ---------------------------------------------------------------- values

    def _answers(self, question: TQuestion) -> tuple[TConst, ...]:
        asked = asked_by(question)
        column = self._only_column(question, self._table(asked))
        if question.many:
            if asked not in self._constants:
                self._constants[asked] = self._list(question, column)
            values = self._constants[asked]
        else:
            values = (self._value(question, column),)
        return tuple(TConst(value, kind=kind_of(value), span=question.span) for value in values)

    def _only_column(self, question: TQuestion, table: Table) -> list[Value]:
        if len(table.names) != 1:
            word = "`in`" if question.many else "`value`"
            shown = ", ".join(f"`{name}`" for name in table.names[:5]) + " …" * (len(table.names) > 5)
            message = f"{word} takes one column, and the inner question gave {len(table.names)}: {shown}"
            hints = ("choose one: `(… | select FIELD)`",)
            raise QueryError([Diagnostic("RQL228", message, question.span, hints=hints)])
        return list(table.columns[table.names[0]])

    def _list(self, question: TQuestion, cells: list[Value]) -> tuple[Value, ...]:
        """The values, each once; null, missing and NaN equal nothing."""
        values = [cell for cell in cells if cell is not None and cell is not MISSING and not is_nan(cell)]
        if left_out := len(cells) - len(values):
            of = f"{left_out:,} of {len(cells):,} values of the inner question"
            message = f"{of} left out: null, missing and NaN equal nothing"
            self._said[Diagnostic("RQL341", message, question.span)] = None
        if not values:
            message = "the inner question gave no value, and nothing is in an empty list"
            self._said[Diagnostic("RQL342", message, question.span)] = None
        return tuple({identity(value): value for value in reversed(values)}.values())[::-1]

    def _value(self, question: TQuestion, cells: list[Value]) -> Value:
        if len(cells) != 1:
            rows = f"{len(cells):,} rows" if cells else "no row"
            hints = (
                ("the first of them: `(… limit 1 …)`", "one of all: `(… | group : mean(FIELD))`")
                if cells
                else ("one also of no row: `(… | group : mean(FIELD))`",)
            )
            message = f"`value` takes one value, and the inner question gave {rows}"
            raise QueryError([Diagnostic("RQL228", message, question.span, hints=hints)])
        value = cells[0]
        what = "NaN" if is_nan(value) else "null" if value is None else "missing" if value is MISSING else None
        if what is not None:
            message = f"the inner question gave one value, and it is {what}: what is compared with it is unknown"
            self._said[Diagnostic("RQL342", message, question.span)] = None
        return MISSING if value is None else value
