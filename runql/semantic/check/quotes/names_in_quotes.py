"""A field's name in quotes, `"optimizer" = "adam"`: SQL quotes names, and here a text stands in quotes."""

from __future__ import annotations

import math

from runql.language.fields import RUN_FIELDS, Space
from runql.semantic.catalog import Catalog
from runql.semantic.check.interface import ExpressionCheck
from runql.semantic.check_context import rewrite, rewrites
from runql.semantic.operands import literal_text
from runql.semantic.spelling import PREFIXES, code, field_text, path_text
from runql.syntax import tree


def say_in_quotes(node: tree.Expr, expressions: ExpressionCheck) -> bool:
    """Whether a node, where a field must stand, is the name of one in quotes; then it is reported (RQL581)."""
    if not isinstance(node, tree.Literal) or not isinstance(node.value, str):
        return False
    name = node.value.strip()
    if not expressions.has_column(name) and not _is_field(name, expressions.names.catalog):
        return False
    meant = path_text(name.split("."))
    message = f"{code(literal_text(node.value))} is a text, and a field stands without quotes"
    place = expressions.report.place(node.span)
    expressions.report.add("RQL581", message, place, f"the field is {code(meant)}", fixes=rewrite(place, meant))
    return True


def say_constant(node: tree.Expr, expressions: ExpressionCheck) -> None:
    """RQL211 where a column is the number `inf` or `nan`, and a field of the runs is called so."""
    if not isinstance(node, tree.Literal) or not isinstance(node.value, float) or math.isfinite(node.value):
        return
    name, catalog = expressions.written(node).lower(), expressions.names.catalog
    spaces = [space for space in (Space.CONFIG, Space.SUMMARY) if catalog and (space, name) in catalog.index.by_dotted]
    if spaces:
        place, meant = expressions.report.place(node.span), [field_text(space, (name,)) for space in spaces]
        hint = f"the field is {' or '.join(map(code, meant))}"
        message = f"{code(name)} was read as the number"
        expressions.report.add("RQL211", message, place, hint, fixes=rewrites(place, meant))


def subject_in_quotes(node: tree.Truth, subject: tree.Expr | None, expressions: ExpressionCheck) -> bool:
    """Whether a test is of constants alone, of which the first is the name of a field; then it is reported."""
    if isinstance(node, tree.Compare) and not isinstance(node.right, tree.Literal | tree.Time | tree.Duration):
        return False
    return subject is not None and say_in_quotes(subject, expressions)


def _is_field(name: str, catalog: Catalog | None) -> bool:
    if name in RUN_FIELDS:
        return True
    prefix, _, rest = name.partition(".")
    spaces = (PREFIXES[prefix],) if prefix in PREFIXES and rest else (Space.CONFIG, Space.SUMMARY)
    dotted = rest if prefix in PREFIXES and rest else name
    return catalog is not None and any((space, dotted) in catalog.index.by_dotted for space in spaces)
