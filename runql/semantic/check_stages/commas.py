"""Commas behind a window that may mean two things (RQL227)."""

from __future__ import annotations

from collections.abc import Sequence

from runql.semantic.check_context import Report
from runql.semantic.spelling import code
from runql.syntax import tree
from runql.syntax.printer.to_text import to_text
from runql.syntax.windows import Item, commas, value_of
from runql.text.diagnostic import Edit, Fix
from runql.text.source import Span


def say_commas(report: Report, columns: Sequence[Item]) -> None:
    """`derive r = rank() over m order -a, b`: another key of the window, or another column or key of the stage."""
    for comma in commas(columns):
        if not comma.is_open:
            continue
        before, behind = comma.before.span, comma.behind.span
        key, column = _written(comma.key), _written(comma.behind)
        both = f"order ({key}, {column})"
        keys = Fix(f"write {code(both)}", (Edit(Span(comma.key.span.start, behind.end), f"({key}, {column})"),))
        if not isinstance(comma.behind, tree.Column | tree.Definition):
            apart = f"order ({key}), {column}"
            message = f"{code(column)} behind the window may be its second key, or a key of the stage"
            hints = (f"its second key: {code(both)}", f"a key of the stage: {code(apart)}")
            closed = Fix(f"write {code(apart)}", (Edit(comma.key.span, f"({key})"),))
            report.add("RQL227", message, behind, *hints, fixes=(keys, closed))
            continue
        message = f"{code(column)} behind the window may be its second key, or a column of its own"
        hints = (f"its second key: {code(both)}", f"a column of its own: {code(column)} before the window")
        edits = (Edit(Span(before.start, before.start), f"{column}, "), Edit(Span(before.end, behind.end), ""))
        report.add("RQL227", message, behind, *hints, fixes=(keys, Fix(f"write {code(column)} first", edits)))


def _written(item: Item) -> str:
    """A column or a key as a query writes it."""
    is_down = isinstance(item, tree.OrderKey) and item.descending
    return ("-" * is_down) + to_text(value_of(item))
