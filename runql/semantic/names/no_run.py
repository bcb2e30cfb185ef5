"""A field that no run has, in the test whether it is there: an answer, and no mistake."""

from __future__ import annotations

from runql.language.fields import Space
from runql.semantic.names.resolver import Names
from runql.semantic.operands import Operand
from runql.semantic.spelling import PREFIXES, path_text
from runql.semantic.typed import FieldKey, TField
from runql.syntax import tree


def of_no_run(names: Names, node: tree.Field, since: int) -> Operand | None:
    """The field, whose value is missing in every run; `None` where it is not known of every run, or the name is none.

    What was said of the name since there was so much to say becomes a notice (RQL346).
    """
    catalog, segments, report = names.catalog, node.path.segments, names.report
    if catalog is None or not catalog.complete or not segments or (len(segments) == 1 and segments[0] in PREFIXES):
        return None
    if not report.soften(since, ("RQL201",), "RQL346"):
        return None
    space = PREFIXES.get(str(segments[0]))
    rest = segments if space is None else segments[1:]
    written = path_text(segments, exact=node.path.exact)
    key = FieldKey(space or Space.CONFIG, rest, node.path.exact, written)
    return Operand(TField(key, span=report.place(node.span)), text=written)
