"""A metric by its name, `logged.METRIC`, where no aggregate makes one value of it."""

from __future__ import annotations

from runql.language.fields import Space
from runql.language.kinds import Kind
from runql.semantic.check.history_idioms import element_meant
from runql.semantic.check.interface import Row
from runql.semantic.check_context import Report, rewrite, rewrites
from runql.semantic.names.meanings import LoggedName
from runql.semantic.names.metrics import Metrics
from runql.semantic.operands import ANY_KIND, Operand
from runql.semantic.spelling import PREFIXES, code, field_text
from runql.semantic.typed import READING, TAggregate, TConst, TLogged, TNot, TypedExpr
from runql.semantic.values import MISSING
from runql.syntax import to_text, tree
from runql.text.source import Span


def metric_value(name: LoggedName, row: Row, metrics: Metrics, span: Span) -> Operand:
    """Inside of `when`: the value of the metric in the row at hand."""
    metrics.known(name.metric, name.span)
    row.metrics[name.metric] = None
    info = metrics.info(name.metric)
    kinds = frozenset(kind for kind, runs in info.kinds.items() if runs) & ANY_KIND if info else ANY_KIND
    return Operand(TAggregate(READING, name.metric, span=span), kinds or ANY_KIND, text=_written(name), info=info)


def say_read(name: LoggedName, node: tree.Field, report: Report, span: Span) -> None:
    """How a metric without its prefix was read."""
    if PREFIXES.get(str(node.path.segments[0])) is not Space.LOGGED:
        message = f"{code(name.metric)} was read as {code(_written(name))}"
        report.add("RQL211", message, span, fixes=rewrite(span, _written(name)))


def whole_history(name: LoggedName, report: Report, span: Span) -> None:
    """Report a history where one value must stand."""
    written = _written(name)
    texts = [f"{f}({written})" for f in ("last", "min", "max")]
    hint = "ask for one value of it: " + ", ".join(map(code, texts))
    message = f"{code(written)} is a whole history, and one value must stand here"
    report.add("RQL210", message, span, hint, fixes=rewrites(span, texts))


def was_logged(name: LoggedName, node: tree.Is, metrics: Metrics, span: Span) -> TypedExpr:
    """`missing(logged.METRIC)`; that a history is null, NaN or finite is reported."""
    since = len(metrics.report.found)
    metrics.known(name.metric, name.span, is_glob=name.is_glob)
    if node.state is tree.State.MISSING:
        metrics.report.soften(since, ("RQL208",), "RQL346")
    if node.state in (tree.State.MISSING, tree.State.NULL):
        if node.state is tree.State.NULL:
            _is_null(name, node, metrics.report, span)
        there = TLogged(name.metric, kind=Kind.BOOL, span=span)
        return TNot(there, kind=Kind.BOOL, span=span)
    whole_history(name, metrics.report, metrics.report.place(node.value.span))
    return TConst(MISSING, span=span)


def _is_null(name: LoggedName, node: tree.Is, report: Report, span: Span) -> None:
    text = f"{'exists' if node.negated else 'missing'}({_written(name)})"
    message = f"{code(_written(name))} is a whole history, and a history is never null"
    report.add("RQL210", message, span, f"write {code(text)}", fixes=rewrite(span, text))


def is_element(path: tree.Path, found: LoggedName | None, metrics: Metrics, since: int, span: Span) -> bool:
    """Whether a name is an element of a history, `loss[-1]`; the value of the history that is meant is offered.

    What is unknown of the name was reported when there were `since` diagnostics.
    """
    element = element_meant(path, metrics.is_known)
    if element is None:
        return False
    hint, fixes = f"write {code(element)}", rewrite(span, element)
    if found is None:
        metrics.report.amend(since, ("RQL201", "RQL202", "RQL218"), (hint,), fixes)
    else:
        message = f"{code(to_text(path))} is an element of a whole history"
        metrics.report.add("RQL210", message, span, hint, fixes=fixes)
    return True


def _written(name: LoggedName) -> str:
    return field_text(Space.LOGGED, tuple(name.metric.split(".")))


def negated(expr: TypedExpr, is_negated: bool) -> TypedExpr:
    """A test, or its negation."""
    if not is_negated:
        return expr
    # `exists(logged.x)` is the negation of a negation: it is the plain test again.
    if isinstance(expr, TNot) and isinstance(expr.value, TLogged):
        return expr.value
    return TNot(expr, kind=Kind.BOOL, span=expr.span)
