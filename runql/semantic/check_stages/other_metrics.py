"""Metrics that a table of histories was not asked for, and the way to ask for them."""

from __future__ import annotations

from runql.language.fields import Space
from runql.language.kinds import TableKind
from runql.semantic.catalog import Catalog
from runql.semantic.check_context import Report, rewrite
from runql.semantic.check_stages.scope import Scope
from runql.semantic.operands import Operand
from runql.semantic.spelling import code, path_text
from runql.syntax import tree
from runql.text.diagnostic import Edit, Fix
from runql.text.source import NOWHERE, Span


def asked_for(name: str, scope: Scope, text: str | None) -> tuple[Fix, ...]:
    """The fix that adds a metric to the `keys` of the query, where these stand in the text at hand."""
    place = scope.keys_at
    if text is None or place == NOWHERE or not text[place.start : place.end].lower().startswith("keys"):
        return ()
    end = Span(place.end, place.end)
    return (Fix(f"add {code(name)} to `keys`", (Edit(end, f", {name}"),)),)


def is_read_once(path: tree.Path, found: Operand, scope: Scope, catalog: Catalog | None) -> bool:
    """Whether a name without its space is a logged metric that `keys` lacks, so that it was read as one value a run."""
    of_rows = scope.kind is TableKind.HISTORIES or (scope.kind is TableKind.OTHER and scope.keys_at != NOWHERE)
    if not of_rows or found.key.space is not Space.SUMMARY or path.segments[0] == Space.SUMMARY:
        return False
    return is_logged(".".join(map(str, path.segments)), catalog)


def is_logged(dotted: str, catalog: Catalog | None) -> bool:
    """Whether a name is that of a metric, as far as is known."""
    return catalog is not None and bool(catalog.index.by_dotted.get((Space.LOGGED, dotted)))


def say_last_value(path: tree.Path, found: Operand, scope: Scope, text: str | None, report: Report) -> None:
    """Warns that a metric was read as one value a run among the rows of a history."""
    name = path_text(path.segments, exact=path.exact)
    whole = found.key.written
    instead = "the same on every row" if scope.kind is TableKind.HISTORIES else "not the one at this row"
    report.add(
        "RQL576",
        f"{code(name)} is not among the keys: here it is the last value of each run, {instead}",
        path.span,
        f"ask for its history: add {code(name)} to `keys`",
        f"the last value is meant: {code(whole)}",
        fixes=(*asked_for(name, scope, text), *rewrite(path.span, whole)),
    )
