"""A query whose clauses stand right of the pipe, as stages: where a window asks for it."""

from __future__ import annotations

from collections.abc import Callable

from runql.semantic.check_context import Report
from runql.semantic.operands import BROKEN, Operand
from runql.semantic.spelling import code
from runql.syntax import tree
from runql.syntax.windows import windows_in
from runql.text.diagnostic import Edit, Fix
from runql.text.source import NOWHERE, Span

_STAGES = (tree.WhereClause, tree.OrderClause, tree.OffsetClause, tree.LimitClause, tree.SelectClause)
"""The clauses that are stages too, in the order in which they work."""


def piped_form(query: tree.Query, text: str | None) -> tuple[str, Fix] | None:
    """The clauses of a query with those from the first window on as stages, and the fix that writes them so.

    `None` where the stages would not mean the same: of histories, of a count, around comments.
    """
    clauses = [clause for clause in query.clauses if clause.span != NOWHERE]
    if text is None or len(clauses) < len(query.clauses) or query.target is not tree.Target.RUNS:
        return None
    if any(
        isinstance(one, tree.KeysClause | tree.ScanClause | tree.SampleClause | tree.BrokenClause) for one in clauses
    ):
        return None
    working = [one for kind in _STAGES for one in clauses if isinstance(one, kind)]
    first = next((place for place, one in enumerate(working) if any(windows_in(one))), None)
    if first is None:
        return None
    moved = working[first:]
    region = Span(min(one.span.start for one in clauses), max(one.span.end for one in clauses))
    if "#" in text[region.start : region.end]:
        return None
    kept = [text[one.span.start : one.span.end] for one in clauses if one not in moved]
    stages = [f"| {text[one.span.start : one.span.end]}" for one in moved]
    written = " ".join([*kept, *stages])
    return " ".join(written.split()), Fix("write it right of the pipe", (Edit(region, written),))


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
