"""Calls of a metric's history: `min(logged.loss)`, `at(logged.loss, 100)`, `when(logged.acc > 0.9)` and their like."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from runql.language.aggregates import OF_X, WITH_ARGUMENT
from runql.language.entry import Function
from runql.language.fields import Space
from runql.language.kinds import Kind
from runql.semantic.catalog import SYSTEM_PREFIX
from runql.semantic.check.history_idioms import along_meant
from runql.semantic.check.interface import ExpressionCheck, Row
from runql.semantic.check_context import rewrite
from runql.semantic.names.meanings import LoggedName
from runql.semantic.needed import walk_arguments
from runql.semantic.operands import ANY_KIND, BROKEN, MOST_COUNTED, Operand, quoted
from runql.semantic.spelling import PREFIXES, code, field_text, path_text
from runql.semantic.typed import TAggregate, TConst, TLogged, TypedExpr
from runql.syntax import to_text, tree
from runql.text.diagnostic import Edit, Fix
from runql.text.frozen import frozen
from runql.text.source import NOWHERE, Span

_TIME_AXIS = "_timestamp"


@frozen
class CallPlace:
    """A call: the kind of its value, where it stands, and what messages call it."""

    result: Kind
    span: Span
    text: str


class HistoryCalls:
    """Checks the aggregates of histories in one query."""

    def __init__(self, expressions: ExpressionCheck) -> None:
        self._expressions = expressions
        self._report = expressions.report
        self.uses_x = False
        """Whether an aggregate looked at the x axis of the query."""

    def aggregate(self, function: Function, node: tree.Call, history: LoggedName, span: Span) -> Operand:
        """An aggregate of one metric, which is its first argument."""
        text = f"{node.name}({field_text(Space.LOGGED, tuple(history.metric.split('.')))})"
        if history.is_glob and node.name != "exists":
            message = f"`{node.name}` takes one metric, and `logged.{history.metric}` may be several"
            self._report.add("RQL206", message, history.span)
            return BROKEN
        self._expressions.metrics.known(history.metric, history.span, is_glob=history.is_glob)
        if node.name == "exists":
            return Operand(TLogged(history.metric, kind=Kind.BOOL, span=span), frozenset({Kind.BOOL}), text=text)
        argument: TypedExpr | None = None
        if len(node.arguments) > 1:
            argument = self._argument(node, self._axis(node))
            if argument is None:
                return BROKEN
        elif node.name == "at":
            hint = f"for example: `at({to_text(node.arguments[0])}, 1000)`, or `last(…)` for the last value of all"
            self._report.add("RQL206", "`at` takes a metric and an x", span, hint)
            return BROKEN
        return self._typed(node, (history.metric,), argument, CallPlace(function.result, span, text))

    def _typed(
        self, node: tree.Call, metrics: tuple[str, ...], argument: TypedExpr | None, place: CallPlace
    ) -> Operand:
        span = place.span
        if not self._modifiers_fit(node, span) or (argument and not self._is_one_stream(metrics, argument, node, span)):
            return BROKEN
        kinds = frozenset({place.result}) if place.result is not Kind.UNKNOWN else ANY_KIND - {Kind.TIME}
        is_plain = len(node.arguments) == 1 and node.x is None and not isinstance(node.last_rows, tree.Param)
        expr = TAggregate(
            node.name,
            metrics[0],
            self._count(node.last_rows, "last", span),
            self._axis(node),
            node.approx,
            argument,
            metrics[1:],
            self._count(node.held, "held", span) or 1,
            "" if is_plain and node.name != "when" else to_text(node),
            kind=place.result,
            span=span,
        )
        return Operand(expr, kinds, text=place.text)

    # ------------------------------------------------------------ what stands beside the metric

    def _argument(self, node: tree.Call, axis: str) -> TypedExpr | None:
        """The x of `at`, the deviations of `spikes`; `None` if that is reported as an error."""
        if node.name not in WITH_ARGUMENT or len(node.arguments) > 2:
            self._too_many(node)
            return None
        if (along := along_meant(node)) is not None:
            text = to_text(along)
            message = f"the x of {code(node.name)} is a value, and its axis stands behind it"
            place = self._report.place(node.arguments[1].span)
            self._report.add("RQL206", message, place, f"write {code(text)}", fixes=rewrite(node.span, text))
            return None
        with self._expressions.reading(None):
            operand = self._expressions.operand(node.arguments[1])
        if operand is BROKEN:
            return None
        is_time = node.name == "at" and axis == _TIME_AXIS
        takes = {Kind.NUMBER, Kind.TIME} if is_time else {Kind.NUMBER}
        if not operand.kinds & takes or operand.is_null:
            of = f"`{axis}` is a number" if node.name == "at" else "the number of deviations is one"
            hint = ("a time is looked for along `x _timestamp`",) if Kind.TIME in operand.kinds else ()
            message = f"{quoted(operand)} is {operand.holds}, and {of}"
            self._report.add("RQL203", message, operand.span, *hint)
            return None
        value = operand.value
        if node.name == "spikes" and isinstance(value, int | float) and not value >= 0:
            self._report.add("RQL209", f"`spikes` takes a number of deviations from 0, not {value}", operand.span)
            return None
        return _as_place(operand)

    def _too_many(self, node: tree.Call) -> None:
        """`mean(logged.loss, 100)`: how many rows is said with `last`."""
        second = node.arguments[1]
        metric = to_text(node.arguments[0])
        hints: tuple[str, ...] = (f"write {code(f'{node.name}({metric})')}",)
        fixes: tuple[Fix, ...] = ()
        few = along_meant(node) or of_the_last(node)
        if few is not None:
            of = "along that x" if few.x is not None else f"of the last {few.last_rows:,} values"
            hints = (f"{of}: {code(to_text(few))}",)
            fixes = rewrite(node.span, to_text(few))
        message = f"`{node.name}` takes one metric, not {len(node.arguments)} arguments"
        self._report.add("RQL206", message, second.span, *hints, fixes=fixes)

    def _modifiers_fit(self, node: tree.Call, span: Span) -> bool:
        if node.x is not None and node.name not in OF_X:
            place = node.x.span if node.x.span != NOWHERE else span
            names = ", ".join(f"`{name}`" for name in sorted(OF_X))
            message = f"`{node.name}` looks at no x, so `x {to_text(node.x)}` has nothing to do"
            self._report.add("RQL206", message, place, f"those that do are {names}")
            return False
        if node.held is not None and node.name != "when":
            hint = "for example: `when(logged.acc > 0.9, held 5)`"
            self._report.add("RQL206", f"`held` belongs to `when`, not to `{node.name}`", span, hint)
            return False
        return True

    def _is_one_stream(self, metrics: Sequence[str], argument: TypedExpr, node: tree.Call, span: Span) -> bool:
        """Metrics of the machine have rows of their own: nothing stands beside them."""
        inside = [one for one in walk_arguments(argument) if isinstance(one, TAggregate)]
        names = [*metrics, *(metric for one in inside for metric in one.metrics)]
        kinds = {name.startswith(SYSTEM_PREFIX) for name in names}
        if len(kinds) > 1:
            message = f"`{node.name}` looks at the rows of the run or at those of the machine, not at both"
            self._report.add("RQL206", message, span, "`keys loss, system.cpu scan` joins them on time")
        return len(kinds) == 1

    def _axis(self, node: tree.Call) -> str:
        """The x axis of a call: its own, or that of the query."""
        if node.x is None:
            self.uses_x |= node.name in OF_X
            return self._expressions.x_axis
        span = node.x.span if node.x.span != NOWHERE else node.span
        segments = [str(one) for one in node.x.segments]
        metric = ".".join(segments[1:] if segments[0] == "logged" and len(segments) > 1 else segments)
        self._expressions.metrics.known(metric, span, prefix="")
        return metric

    def _count(self, count: int | tree.Param | None, word: str, span: Span) -> int | None:
        """How many rows `last` and `held` ask for."""
        value: object = count
        if isinstance(count, tree.Param):
            bound = self._expressions.bound(count)
            if bound is None:
                return None
            value = None if isinstance(bound, tuple) else bound.value
            value = int(value) if isinstance(value, float) and value.is_integer() else value
            if isinstance(value, bool) or not isinstance(value, int):
                self._report.add("RQL209", f"`{word}` takes a whole number, and `${count.name}` is none", span)
                return None
        if isinstance(value, int) and value < 1:
            self._report.add("RQL209", f"`{word} {value}` must be at least 1", span)
        if isinstance(value, int) and value > MOST_COUNTED:
            self._report.add("RQL209", f"`{word}` takes at most {MOST_COUNTED:,}", span)
            return None
        return value if isinstance(value, int) else None

    # ------------------------------------------------------------ `when`

    def when(self, function: Function, node: tree.Call, span: Span) -> Operand:
        """The x where a condition first holds."""
        if len(node.arguments) != 1:
            message = f"`when` takes one condition, not {len(node.arguments)} arguments"
            self._report.add("RQL206", message, span, f"for example: `{function.example}`")
            return BROKEN
        row = Row()
        since = len(self._report.found)
        with self._expressions.reading(row):
            condition = self._expressions.condition(node.arguments[0])
        if self._report.erred(since):
            return BROKEN
        if not row.metrics:
            self._needs_metric(row, span)
            return BROKEN
        return self._typed(node, tuple(row.metrics), condition, CallPlace(function.result, span, to_text(node)))

    def _needs_metric(self, row: Row, span: Span) -> None:
        """`when(acc > 0.9)`: its fields are taken for metrics, if there are such."""
        names = self._expressions.metrics.names()
        edits = []
        for one in row.fields:
            segments = one.path.segments
            named = segments[1:] if PREFIXES.get(str(segments[0])) is Space.SUMMARY else segments
            metric = ".".join(map(str, named))
            if named and (metric in names or not names) and one.span != NOWHERE:
                edits.append(Edit(one.span, f"logged.{path_text(named)}"))
        hint, fixes = "for example: `when(logged.acc > 0.9)`", tuple[Fix, ...]()
        text = self._expressions.context.text
        if edits and text is not None:
            new = text[span.start : span.end]
            for edit in sorted(edits, key=lambda one: -one.span.start):
                new = new[: edit.span.start - span.start] + edit.text + new[edit.span.end - span.start :]
            hint, fixes = f"write {code(new)}", (Fix(f"write {code(new)}", tuple(edits)),)
        message = "`when` takes a condition on what was logged, and none of its fields is a metric"
        self._report.add("RQL206", message, span, hint, fixes=fixes)


def _as_place(operand: Operand) -> TypedExpr:
    """A time along `_timestamp` is its seconds; a date its last moment, since `at` means at or before."""
    value = operand.value
    if operand.day is not None:
        end = math.nextafter(operand.day.end.timestamp(), -math.inf)
        return TConst(end, kind=Kind.NUMBER, span=operand.span)
    if isinstance(value, datetime):
        return TConst(value.timestamp(), kind=Kind.NUMBER, span=operand.span)
    return operand.expr


def of_the_last(node: tree.Call) -> tree.Call | None:
    """`mean(logged.loss, 100)`, where the number can only be one of rows: the call that says so."""
    if len(node.arguments) != 2 or node.name in WITH_ARGUMENT:
        return None
    metric, second = node.arguments
    value = second.value if isinstance(second, tree.Literal) else None
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        return None
    return replace(node, name="mean" if node.name == "last" else node.name, arguments=(metric,), last_rows=value)


def modifier_text(node: tree.Call) -> str:
    """The first of the words that belong to histories, as it stands in a call: `last 100`, `x epoch`, `approx`."""
    for word, count in (("held", node.held), ("last", node.last_rows)):
        if count is not None:
            return f"{word} {to_text(count) if isinstance(count, tree.Param) else count}"
    return f"x {to_text(node.x)}" if node.x is not None else "approx"
