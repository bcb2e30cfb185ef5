"""The stages that work along histories: their amounts, and the metrics that they name."""

from __future__ import annotations

from runql.language.kinds import Kind
from runql.semantic.check_context import rewrites
from runql.semantic.check_stages.columns import COUNT, StageColumns
from runql.semantic.check_stages.other_metrics import asked_for
from runql.semantic.names.nearest import nearest_hint, nearest_names
from runql.semantic.questions import ColumnFacts
from runql.semantic.spelling import code, path_text
from runql.semantic.typed import TBest, TBin, TSmooth, TStage
from runql.syntax import tree as s
from runql.text.source import NOWHERE, Span

SMOOTH_METHODS = ("ema", "mean")

_NUMBER = ColumnFacts(frozenset({Kind.NUMBER}))


class CurveStages(StageColumns):
    """Checks these stages."""

    def best(self, stage: s.BestStage) -> TStage | None:
        place = stage.metric.span if stage.metric.span != NOWHERE else stage.span
        if self.expressions.column_name(stage.metric) is None and not self.scope.more:
            self._no_metric(path_text(stage.metric.segments), place)
            return None
        found = self.column(stage.metric, place)
        if found is None:
            return None
        if Kind.NUMBER not in found.facts.kinds:
            self.report.add("RQL203", f"{code(found.name)} holds no numbers, so none is best", place)
        scope = self.scope
        first = [
            name for name in (scope.run_id, scope.x_axis, found.name) if name is not None and name in scope.columns
        ]
        columns = {name: scope.columns[name] for name in first}
        made = {_free(name, scope.columns): _NUMBER for name in ("last", "gap")}
        self.expressions.scope = scope.of_each_run({**columns, **made, **scope.columns})
        return TBest(stage.goal, found.name, span=stage.span)

    def _no_metric(self, name: str, place: Span) -> None:
        metrics = sorted(self.scope.metrics)
        near = nearest_names(name, metrics)
        logged = self.expressions.metrics.names()
        hints = nearest_hint(near) or (f"the metrics are {', '.join(map(code, metrics))}",)
        fixes = rewrites(place, near)
        if name in logged:
            hints = (f"ask for it: add {code(name)} to `keys`",)
            fixes = asked_for(name, self.scope, self.expressions.context.text)
        self.report.add(
            "RQL208",
            f"{code(name)} is not among the metrics that were asked for",
            place,
            *hints,
            fixes=fixes,
        )

    def smooth(self, stage: s.SmoothStage) -> TStage:
        amount = self.amount(stage.amount, "smooth") or 0.0
        if stage.method not in SMOOTH_METHODS:
            self.report.add(
                "RQL209",
                f"`smooth` knows no method `{stage.method}`",
                stage.span,
                "write `smooth ema 0.9` or `smooth mean 20`",
            )
        elif stage.method == "ema" and not 0 <= amount < 1:
            message = f"the weight of `smooth ema` lies from 0 to below 1, and is {amount:g}"
            self.report.add("RQL209", message, stage.span, "0.9 is smooth, 0.99 is very smooth")
        elif stage.method == "mean":
            amount = self.whole(stage.amount, "smooth mean", least=1)
        self._say_copies(stage, amount)
        return TSmooth(stage.method, amount, span=stage.span)

    def _say_copies(self, stage: s.SmoothStage, amount: float) -> None:
        """`derive raw = loss | smooth mean 20`: the copy is smoothed as well (RQL597)."""
        for copy, metric in self.copies.items():
            if not {copy, metric} <= self.scope.metrics:
                continue
            rows = f"{amount:g}" if stage.method == "mean" else "N"
            hint = "a mean of the last values beside them, instead of `smooth`: "
            hint += code(f"| derive m = mean({path_text(metric.split('.'))}, last {rows})")
            self.report.add(
                "RQL597", f"`smooth` smooths {code(copy)} too, the copy of {code(metric)}", stage.span, hint
            )

    def bin(self, stage: s.BinStage) -> TStage:
        axis = ".".join(map(str, stage.axis.segments))
        if axis not in ("x", self.scope.x_axis):
            named = code(path_text(stage.axis.segments))
            message = f"`bin` parts the x axis, which is {code(self.scope.x_axis or 'x')}, not {named}"
            self.report.add(
                "RQL218", message, stage.span, "write `bin x WIDTH`, and choose the axis left of the pipe: `x NAME`"
            )
        width = self.amount(stage.width, "bin")
        if width is not None and width <= 0:
            self.report.add("RQL209", f"the width of a `bin` is above 0, not {width:g}", stage.span)
        self.expressions.scope = self.scope.with_columns({_free(COUNT, self.scope.columns): _NUMBER})
        return TBin(1.0 if width is None else float(width), span=stage.span)


def _free(wanted: str, taken: object) -> str:
    """The name, with a number after it if another column has it."""
    names = set(taken) if isinstance(taken, dict) else set()
    name, number = wanted, 2
    while name in names:
        name, number = f"{wanted}_{number}", number + 1
    return name
