"""Commas behind a window that may mean two things (RQL227)."""

from __future__ import annotations

from collections.abc import Sequence

from runql.semantic.check_context import Report
from runql.semantic.spelling import code
from runql.syntax import tree
from runql.syntax.printer.to_text import to_text
from runql.syntax.windows import commas
from runql.text.diagnostic import Edit, Fix
from runql.text.source import Span


def say_commas(report: Report, columns: Sequence[tree.Column | tree.Definition]) -> None:
    """`derive r = rank() over m order -a, b`: another key of the window, or another column."""
    for comma in commas(columns):
        if not comma.is_open:
            continue
        before, behind = comma.before.span, comma.behind.span
        key, column = ("-" * comma.key.descending) + to_text(comma.key.value), to_text(comma.behind.value)
        both = f"order ({key}, {column})"
        message = f"{code(column)} behind the window may be its second key, or a column of its own"
        hints = (f"its second key: {code(both)}", f"a column of its own: {code(column)} before the window")
        keys = Fix(f"write {code(both)}", (Edit(Span(comma.key.span.start, behind.end), f"({key}, {column})"),))
        edits = (Edit(Span(before.start, before.start), f"{column}, "), Edit(Span(before.end, behind.end), ""))
        report.add("RQL227", message, behind, *hints, fixes=(keys, Fix(f"write {code(column)} first", edits)))
