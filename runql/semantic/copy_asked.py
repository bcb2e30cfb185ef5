"""The clauses `as of`, `fresh` and `cached`: which copy of its source a query asks."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import combinations
from typing import Final, assert_never

from runql.language.clauses import CLAUSES
from runql.semantic.check.expressions import Expressions
from runql.semantic.times import Day, absolute, from_text, relative, whole_day
from runql.syntax import to_text, tree
from runql.text.diagnostic import Edit, Fix, Label
from runql.text.frozen import frozen
from runql.text.source import NOWHERE, Span

COPY_CLAUSES: Final = (tree.AsOfClause, tree.FreshClause, tree.CachedClause)


@frozen
class CopyAsked:
    """`at`: the copy as it was then. `within`: one that is no older; of age 0 for `fresh`."""

    at: datetime | None = None
    within: timedelta | None = None


def copy_asked(query: tree.Query, expressions: Expressions) -> CopyAsked | None:
    """The copy that a query asks; `None` if its sources answer as they are. What is wrong is reported."""
    clauses = [clause for clause in query.clauses if isinstance(clause, COPY_CLAUSES)]
    if not clauses:
        return None
    for one, other in combinations(clauses, 2):
        _contradict(one, other, expressions)
    match clauses[0]:
        case tree.FreshClause():
            return CopyAsked(within=timedelta())
        case tree.CachedClause(age=age) as clause:
            found = age.value if isinstance(age, tree.Duration) else _age_of(age, clause, expressions)
            return None if found is None else CopyAsked(within=found)
        case tree.AsOfClause(moment=tree.RelativeTime(moment=tree.Moment.NOW, back=back)) if not back:
            return None
        case tree.AsOfClause() as clause:
            moment = _moment_of(clause, expressions)
            return None if moment is None else CopyAsked(at=moment)
        case _:
            assert_never(clauses[0])


def _contradict(one: tree.Clause, other: tree.Clause, expressions: Expressions) -> None:
    names = [CLAUSES[each.terminal].words for each in (one, other)]
    message = f"`{names[0]}` and `{names[1]}` contradict each other"
    spans = [each.span for each in (one, other)]
    fixes = tuple(
        Fix(f"drop `{name}`", (Edit(span, ""),)) for name, span in zip(names, spans, strict=True) if span != NOWHERE
    )
    labels = (Label(spans[0], f"`{names[0]}` is here"),)
    hint = "each says which copy of the source answers"
    expressions.report.add("RQL213", message, spans[1], hint, fixes=fixes, labels=labels)


def _age_of(param: tree.Param, clause: tree.CachedClause, expressions: Expressions) -> timedelta | None:
    bound = expressions.bound(param)
    if bound is None:
        return None
    value = None if isinstance(bound, tuple) or not bound.is_duration else bound.value
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= timedelta.max.total_seconds():
        return timedelta(seconds=value)
    span = _place(param, clause)
    hint = "`-p age=10m`, or a `timedelta` in Python"
    expressions.report.add("RQL209", f"`cached` takes an age such as `10m`, and `${param.name}` is none", span, hint)
    return None


def _moment_of(clause: tree.AsOfClause, expressions: Expressions) -> datetime | None:
    """When; a day is its beginning."""
    found, span = _time_of(clause.moment, clause, expressions)
    if found is None:
        return None
    moment = found.start if isinstance(found, Day) else found
    if moment > expressions.context.now:
        message = f"`{to_text(clause)}` is still to come"
        hint = "without it the newest copy answers"
        fixes = (Fix("leave it out", (Edit(clause.span, ""),)),) if clause.span != NOWHERE else ()
        expressions.report.add("RQL209", message, span, hint, fixes=fixes)
        return None
    return moment


def _time_of(
    node: tree.Time | tree.RelativeTime | tree.Param, clause: tree.AsOfClause, expressions: Expressions
) -> tuple[datetime | Day | None, Span]:
    zone, span = expressions.context.zone, _place(node, clause)
    found: datetime | Day | None
    match node:
        case tree.RelativeTime():
            found = relative(node, expressions.context.now, zone)
        case tree.Time(value=value):
            found = absolute(value, zone) if isinstance(value, datetime) else whole_day(value, zone)
        case tree.Param():
            bound = expressions.bound(node)
            if bound is None:
                return None, span
            given = None if isinstance(bound, tuple) else bound.day or bound.value
            found = from_text(given, zone) if isinstance(given, str) else None
            found = given if isinstance(given, datetime | Day) else found
            if found is None:
                hint = f"`-p {node.name}=2026-11-01`, or a `datetime` in Python"
                expressions.report.add("RQL209", f"`as of` takes a time, and `${node.name}` is none", span, hint)
            return found, span
        case _:
            assert_never(node)
    if found is None:
        message = f"`{to_text(node)}` is outside of the calendar"
        expressions.report.add("RQL205", message, span, "years run from 1 to 9999")
    return found, span


def _place(node: tree.Expr, clause: tree.Clause) -> Span:
    return node.span if node.span != NOWHERE else clause.span
