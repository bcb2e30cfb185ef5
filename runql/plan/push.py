"""What of a query goes to the backend, and what stays here."""

from __future__ import annotations

from dataclasses import field

from runql.plan.capabilities import Capabilities
from runql.plan.simplify import never_true, simplify
from runql.plan.to_mongo.filters import Filter, Narrowing, conjunction
from runql.plan.to_mongo.narrow import Narrower
from runql.plan.to_mongo.paths import order_path
from runql.semantic.catalog import Catalog
from runql.semantic.needed import Needed, needed_fields
from runql.semantic.typed import TAnd, TField, TOrderKey, TypedExpr, TypedQuery
from runql.syntax.tree import Target
from runql.text.diagnostic import Diagnostic
from runql.text.frozen import frozen
from runql.text.source import Span

DEFAULT_ORDER = "+created_at"
PLAIN_PAGE, LIGHT_PAGE, HEAVY_PAGE, LARGEST_PAGE = 50, 200, 100, 1000
"""Runs a page: of a plain listing; when more must be read anyway; with all of config or summary; at most."""


@frozen
class Pushed:
    """The request that a backend gets for a query, and what is left to do here.

    `filters` lets through every run that matches, `exact`: and no other. `residual` is the whole condition,
    evaluated again here. `order` is the first key, or the default. `limit_crosses`: the backend's order is that of
    the query, so reading may stop once `limit` runs have passed the residual. `nothing`: no run can match.
    `there` and `here` are the top-level terms of the condition that the filter narrows by, and that it does not.
    """

    filters: Filter = field(default_factory=dict)
    order: str = DEFAULT_ORDER
    per_page: int = PLAIN_PAGE
    wanted: Needed = field(default_factory=Needed)
    residual: TypedExpr | None = None
    exact: bool = True
    limit_crosses: bool = False
    nothing: bool = False
    there: tuple[TypedExpr, ...] = ()
    here: tuple[TypedExpr, ...] = ()
    notes: tuple[Diagnostic, ...] = ()


def push(query: TypedQuery, capabilities: Capabilities, catalog: Catalog | None) -> Pushed:
    """Split a query between a backend and this side. The answer never depends on where the line falls."""
    residual = None if query.where is None else simplify(query.where)
    terms = residual.terms if isinstance(residual, TAnd) else (residual,) if residual is not None else ()
    narrowings = _narrowings(terms, capabilities, catalog)
    narrowed = conjunction(n for n in narrowings if n is not None)
    exact = narrowed.exact and all(n is not None for n in narrowings)
    there = tuple(t for t, n in zip(terms, narrowings, strict=True) if n is not None)
    here = tuple(t for t, n in zip(terms, narrowings, strict=True) if n is None)
    order, ordered = _order(query, capabilities, catalog)
    wanted = needed_fields(query)
    return Pushed(
        filters=narrowed.filter,
        order=order,
        per_page=_per_page(query, _is_heavy(wanted, capabilities), narrows=not here, ordered=ordered),
        wanted=wanted,
        residual=residual,
        exact=exact,
        limit_crosses=ordered,
        nothing=never_true(residual),
        there=there,
        here=here,
        notes=_notes(query, here, ordered=ordered),
    )


def _narrowings(
    terms: tuple[TypedExpr, ...], capabilities: Capabilities, catalog: Catalog | None
) -> list[Narrowing | None]:
    if not capabilities.narrows:
        return [None] * len(terms)
    narrower = Narrower(capabilities, catalog)
    return [narrower.narrow(term) for term in terms]


def _order(query: TypedQuery, capabilities: Capabilities, catalog: Catalog | None) -> tuple[str, bool]:
    """The order to ask for, and whether the answer then comes in the order of the query."""
    if not query.order:
        return DEFAULT_ORDER, capabilities.orders and capabilities.exact_order
    first: TOrderKey = query.order[0]
    path = order_path(first.value.key, catalog) if isinstance(first.value, TField) else None
    if path is None or not capabilities.orders:
        return DEFAULT_ORDER, False
    sign = "-" if first.descending else "+"
    return sign + path, capabilities.exact_order and len(query.order) == 1


def _is_heavy(wanted: Needed, capabilities: Capabilities) -> bool:
    """Whether a run comes with all of its config or summary."""
    parts = (wanted.config, wanted.summary)
    return None in parts or (any(parts) and not capabilities.column_subsets)


def _per_page(query: TypedQuery, is_heavy: bool, *, narrows: bool, ordered: bool) -> int:
    """`narrows`: each term is part of the filter, so that mostly all that comes passes."""
    if query.page_size is not None:
        return query.page_size
    if query.limit is not None and narrows and ordered:
        return min(query.limit, LARGEST_PAGE)
    if is_heavy:
        return HEAVY_PAGE
    is_plain = query.where is None and not query.order and query.histories is None
    return PLAIN_PAGE if is_plain else LIGHT_PAGE


def _notes(query: TypedQuery, here: tuple[TypedExpr, ...], *, ordered: bool) -> tuple[Diagnostic, ...]:
    notes = []
    if here:
        count = "1 filter is" if len(here) == 1 else f"{len(here)} filters are"
        notes.append(Diagnostic("RQL301", f"{count} done here", _cover([t.span for t in here])))
    if query.order and not ordered and query.target is not Target.COUNT:
        notes.append(Diagnostic("RQL305", "the order is made here", _cover([k.value.span for k in query.order])))
    return tuple(notes)


def _cover(spans: list[Span]) -> Span:
    return Span(min(s.start for s in spans), max(s.end for s in spans))
