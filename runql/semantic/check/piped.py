"""A query whose clauses stand right of the pipe, as stages: where a window asks for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from runql.language.fields import Space
from runql.language.windows import RANKED, WINDOWS
from runql.semantic.catalog import Catalog
from runql.semantic.check_context import Report
from runql.semantic.goals import goal_of, ranking_key
from runql.semantic.operands import BROKEN, Operand
from runql.semantic.spelling import code
from runql.syntax import tree
from runql.syntax.mistakes.functions.window_calls import WindowRows, window_of
from runql.syntax.windows import calls_in, windows_in
from runql.text.diagnostic import Edit, Fix
from runql.text.source import NOWHERE, Span

ALSO_STAGES = (tree.WhereClause, tree.OrderClause, tree.OffsetClause, tree.LimitClause, tree.SelectClause)
"""The clauses that are stages too, in the order in which they work."""


def piped_form(query: tree.Query, text: str | None, catalog: Catalog | None) -> tuple[str, Fix] | None:
    """The clauses of a query with those from the first window on as stages, and the fix that writes them so.

    `None` where the stages would not mean the same: of histories, of a count, around comments. What a window lacks,
    its rows or the order of a rank, is written too.
    """
    clauses = [clause for clause in query.clauses if clause.span != NOWHERE]
    if text is None or len(clauses) < len(query.clauses) or query.target is not tree.Target.RUNS:
        return None
    if any(
        isinstance(one, tree.KeysClause | tree.ScanClause | tree.SampleClause | tree.BrokenClause) for one in clauses
    ):
        return None
    working = [one for kind in ALSO_STAGES for one in clauses if isinstance(one, kind)]
    first = next((place for place, one in enumerate(working) if any(_of_rows(one))), None)
    if first is None:
        return None
    moved = working[first:]
    region = Span(min(one.span.start for one in clauses), max(one.span.end for one in clauses))
    if "#" in text[region.start : region.end]:
        return None
    kept = [text[one.span.start : one.span.end] for one in clauses if one not in moved]
    stages = [f"| {_whole(one, text, catalog)}" for one in moved]
    written = " ".join([*kept, *stages])
    return " ".join(written.split()), Fix("write it right of the pipe", (Edit(region, written),))


def _of_rows(clause: tree.Clause) -> Iterator[tree.Window | tree.Call]:
    """The windows of a clause, and the calls of functions of windows that do not say of which rows."""
    windows = list(windows_in(clause))
    yield from windows
    inside = [one.call for one in windows]
    yield from (one for one in calls_in(clause) if one.name in WINDOWS and not any(one is call for call in inside))


def _whole(clause: tree.Clause, text: str, catalog: Catalog | None) -> str:
    """A clause as it is written, with what its windows lack."""
    key = ranking_key((), catalog)
    written, start = text[clause.span.start : clause.span.end], clause.span.start
    for node in sorted(_of_rows(clause), key=lambda one: one.span.start, reverse=True):
        call = node.call if isinstance(node, tree.Window) else node
        given = [text[one.span.start : one.span.end] for one in call.arguments]
        is_ranked = call.name in RANKED and not given
        new: str | None = None
        if isinstance(node, tree.Window):
            new = f"{text[node.span.start : node.span.end]} order {key}" if is_ranked and not node.order else None
            if new is not None and (metric := _metric_of(node.keys, catalog)) is not None:
                way = "" if goal_of(metric) is tree.Goal.MIN else "-"
                new = f"{text[call.span.start : call.span.end]} over all order {way}{metric}"
        elif NOWHERE not in (node.span, *(one.span for one in call.arguments)):
            new = window_of(call.name, given, WindowRows("all", (key,) if is_ranked else ()))
        if new is not None:
            written = f"{written[: node.span.start - start]}{new}{written[node.span.end - start :]}"
    return written


def _metric_of(keys: Sequence[tree.Expr], catalog: Catalog | None) -> str | None:
    """The metric that stands where the keys of a window do, `rank() over acc`: it is rather ranked by."""
    if len(keys) != 1 or not isinstance(keys[0], tree.Field) or catalog is None:
        return None
    name = ".".join(map(str, keys[0].path.segments))
    found = catalog.index.by_dotted.get((Space.SUMMARY, name.removeprefix("summary.")), ())
    is_number = any(one.median is not None for one in found)
    return name if is_number and (Space.CONFIG, name) not in catalog.index.by_dotted else None


def say_left_of_pipe(report: Report, span: Span, piped: tuple[str, Fix] | None) -> None:
    """A window stands left of the pipe (RQL224); `piped`: the query with it on the right, if that is plain."""
    hint = "right of a pipe: `runs … | derive r = rank() over KEY order -FIELD`"
    if piped is not None:
        hint = f"write {code(piped[0])}"
    message = "a window looks at the rows of a table, and left of the first `|` there are runs, one at a time"
    report.add("RQL224", message, span, hint, fixes=() if piped is None else (piped[1],))


class LeftOfPipe:
    """What the check of expressions says of a window left of the pipe; in stages it is asked what it is."""

    report: Report
    piped: Callable[[], tuple[str, Fix] | None] = staticmethod(lambda: None)
    """The clauses of the query as stages, and the fix that writes them so."""

    def _window(self, node: tree.Window, span: Span) -> Operand:  # noqa: ARG002 - stages read it
        say_left_of_pipe(self.report, span, self.piped())
        return BROKEN
