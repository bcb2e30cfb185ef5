"""A comparison in a list of columns that is meant as a name (RQL598)."""

from __future__ import annotations

from runql.semantic.check_context import Report, rewrite
from runql.semantic.spelling import code
from runql.syntax import tree
from runql.syntax.printer.to_text import to_text


def say_comparison(report: Report, column: tree.Column) -> None:
    """`select name, acc = summary.acc`: it compares, where Kusto and dplyr give a name."""
    value = column.value
    if column.name is not None or not isinstance(value, tree.Compare) or value.op is not tree.Comparison.EQ:
        return
    left, right = value.left, value.right
    if not isinstance(left, tree.Field) or len(left.path.segments) != 1 or isinstance(right, tree.Literal | tree.Param):
        return
    text, name = to_text(right), str(left.path.segments[0])
    compared = code(to_text(value))
    hints = (
        f"as a name: {code(f'{text} as {name}')}",
        f"as a comparison, with a name: {code(f'{to_text(value)} as same')}",
    )
    fixes = rewrite(column.span, f"{text} as {name}")
    report.add("RQL598", f"{compared} compares: its column holds true and false", column.span, *hints, fixes=fixes)
