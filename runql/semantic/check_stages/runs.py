"""The stages that set rows against each other: `diff`, `corr`, `pareto`, `holes`, `duplicates`, `describe`."""

from __future__ import annotations

from runql.language.fields import Space
from runql.language.kinds import Kind, TableKind
from runql.semantic.check.names_in_quotes import say_in_quotes
from runql.semantic.check_stages.columns import COUNT, StageColumns
from runql.semantic.check_stages.commas import say_commas
from runql.semantic.operands import BROKEN, quoted
from runql.semantic.questions import ColumnFacts
from runql.semantic.typed import (
    FieldKey,
    Named,
    TCorr,
    TDescribe,
    TDiff,
    TDuplicates,
    THoles,
    TPareto,
    TStage,
)
from runql.syntax import tree
from runql.syntax import tree as s

_NUMBER = ColumnFacts(frozenset({Kind.NUMBER}))
_TEXT = ColumnFacts(frozenset({Kind.TEXT}))
_DESCRIBED = {
    "column": _TEXT,
    "type": _TEXT,
    "count": _NUMBER,
    "missing": _NUMBER,
    "nan": _NUMBER,
    "min": ColumnFacts(),
    "max": ColumnFacts(),
    "mean": _NUMBER,
    "distinct": _NUMBER,
    "top": ColumnFacts(),
    "top_n": _NUMBER,
}


class RunStages(StageColumns):
    """Checks these stages."""

    def diff(self, stage: s.DiffStage) -> TStage:
        self._fetch_all(Space.CONFIG, Space.SUMMARY)
        self.expressions.scope = self.scope.other({"field": _TEXT}, more=True)
        return TDiff(stage.versus, span=stage.span)

    def corr(self, stage: s.CorrStage) -> TStage | None:
        found = self._measured(stage.target, "corr")
        self._fetch_all(Space.CONFIG)
        made = {"field": _TEXT, "measure": _TEXT, "strength": _NUMBER, "n": _NUMBER}
        self.expressions.scope = self.scope.other(made)
        return None if found is None else TCorr(found, span=stage.span)

    def pareto(self, stage: s.ParetoStage) -> TStage:
        goals = [(goal, self._measured(node, "pareto")) for goal, node in stage.goals]
        return TPareto(tuple((goal, named) for goal, named in goals if named is not None), span=stage.span)

    def _measured(self, node: tree.Expr, word: str) -> Named | None:
        """A value that is a number."""
        if say_in_quotes(node, self.expressions):
            return None
        operand = self.expressions.operand(node)
        if operand is BROKEN:
            return None
        if Kind.NUMBER not in operand.kinds:
            self.report.add(
                "RQL203", f"{quoted(operand)} is {operand.holds}, and `{word}` works on numbers", operand.span
            )
        elif operand.is_constant:
            self.report.add("RQL203", f"a constant is the same in every row, and tells `{word}` nothing", operand.span)
        return Named(self.title(node, operand), operand.expr)

    def holes(self, stage: s.HolesStage) -> TStage:
        say_commas(self.report, stage.over)
        found = [self.named(node) for node in stage.over]
        named = [one for one in found if one is not None]
        names = [one[0].name for one in named]
        for name in {name for name in names if names.count(name) > 1}:
            self.report.add("RQL318", f"`holes` names `{name}` twice", stage.span)
        self.expressions.scope = self.scope.other({one.name: facts for one, facts in named})
        return THoles(tuple(one for one, _ in named), span=stage.span)

    def duplicates(self, stage: s.DuplicatesStage) -> TStage:
        picks, made, more = self.chosen(stage.by)
        made.setdefault(COUNT, _NUMBER)
        if self.scope.run_id is not None:
            made.setdefault("ids", ColumnFacts(frozenset({Kind.LIST})))
        self.expressions.scope = self.scope.other(made, more=more)
        return TDuplicates(tuple(picks), span=stage.span)

    def describe(self, stage: s.DescribeStage) -> TStage:
        self._fetch_all(Space.CONFIG, Space.SUMMARY)
        self.expressions.scope = self.scope.other(_DESCRIBED)
        return TDescribe(span=stage.span)

    def _fetch_all(self, *spaces: Space) -> None:
        """Everything in these spaces, where the fields of the runs may still be named."""
        if self.scope.fields and self.scope.kind is TableKind.RUNS:
            for space in spaces:
                self.fetch(FieldKey(space, ("*",), written=f"{space}.*"))
