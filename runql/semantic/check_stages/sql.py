"""The stage `sql`: what its question names of the runs is fetched, and its parameters get their values."""

from __future__ import annotations

from typing import Final

from runql.language.fields import RUN_FIELDS
from runql.semantic.check.parameters import Bound
from runql.semantic.check_context import Report
from runql.semantic.check_stages.columns import StageColumns
from runql.semantic.names.resolver import Names
from runql.semantic.naming import key_text
from runql.semantic.operands import Operand
from runql.semantic.typed import TSql, TStage
from runql.semantic.values import Value
from runql.syntax import tree
from runql.syntax.literals import read_path
from runql.syntax.sql_words import SqlWordKind, sql_words
from runql.text.hidden import secrets_in
from runql.text.source import NOWHERE

_WORDS_OF_SQL: Final = frozenset({"group", "user", "sweep"})
"""Fields of runs whose bare names SQL reads as its own, or people as another thing: in quotes they are fields."""


class SqlStages(StageColumns):
    """Checks the stage."""

    def sql(self, stage: tree.SqlStage) -> TStage | None:
        if not stage.question.strip():
            hint = "for example: `sql 'select count(*) from _'`: the table so far is `_`"
            self.report.add("RQL246", "`sql` asks nothing", stage.span, hint)
            return None
        self._fetch_named(stage.question)
        parameters = self._parameters(stage.parameters)
        self.expressions.scope = self.scope.other({}, more=True)
        return TSql(
            stage.question,
            parameters,
            self.expressions.context.zone,
            stage.written,
            stage.written_span,
            secrets=secrets_in(self.expressions.context.params),
            span=stage.span,
        )

    def _parameters(self, named: tuple[tree.Param, ...]) -> tuple[tuple[str, Value], ...]:
        values: dict[str, Value] = {}
        for one in named:
            if one.name in values:
                continue
            bound = self.expressions.bound(one)
            if bound is not None:
                values[one.name] = bound.value if isinstance(bound, Bound) else [each.value for each in bound]
        return tuple(values.items())

    def _fetch_named(self, question: str) -> None:
        """The fields of runs that a question names in double quotes, and run fields that stand there as they are."""
        if not self.scope.fields:
            return
        names = Names(self.expressions.catalog, self.expressions.context, Report())
        for word in sql_words(question):
            is_bare = word.kind is SqlWordKind.BARE and word.text in RUN_FIELDS and word.text not in _WORDS_OF_SQL
            if not is_bare and word.kind is not SqlWordKind.QUOTED:
                continue
            if word.text in self.scope.columns or not self._may_be_field(word.text):
                continue
            found = names.resolve(read_path(word.text), NOWHERE)
            if isinstance(found, Operand) and key_text(found.key) == word.text:
                self.expressions.mention(word.text, found)

    @staticmethod
    def _may_be_field(text: str) -> bool:
        path = read_path(text)
        return bool(path.segments) and not path.is_glob
