"""Who does what of a plan: the part that a source takes, and the rest, which is done here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import assert_never

from runql.plan.capabilities import Capabilities, Trust
from runql.plan.nodes import (
    Count,
    Fetch,
    Filter,
    Histories,
    Limit,
    Merge,
    Plan,
    Projection,
    Runs,
    RunScan,
    Sort,
    TableStage,
    Watch,
    keys_of,
    limit_of,
    scan_of,
    table_of,
    those,
)
from runql.plan.simplify import by_cost, condition_of, never_true
from runql.plan.to_mongo.filters import Narrowing, conjunction
from runql.plan.to_mongo.narrow import Narrower
from runql.plan.to_mongo.paths import order_path
from runql.semantic.catalog import Catalog
from runql.semantic.needed import Needed
from runql.semantic.typed import TAnd, TField, TOrderKey, TypedExpr
from runql.text.diagnostic import Diagnostic
from runql.text.frozen import frozen
from runql.text.source import Span

DEFAULT_ORDER = "+created_at"
PLAIN_PAGE, LIGHT_PAGE, HEAVY_PAGE, LARGEST_PAGE = 50, 200, 100, 1000
"""Runs a page: of a plain listing; when more must be read anyway; with all of config or summary; at most."""

FIRST_RUNS = 499
"""How many runs come with a count that the server cannot be left to: what a page of W&B's holds, but for the one that
shows whether the last of them ties."""


@frozen
class Pushed:
    """A plan of one source: `source` is what that is asked for, `rest` the whole tree, with it at the bottom."""

    source: Fetch
    rest: Plan


def push(plan: Plan, capabilities: Capabilities, catalog: Catalog | None) -> Pushed:
    """Split a plan between a source and this side. The answer never depends on where the line falls."""
    condition = condition_of(table_of(plan).input)
    source = _fetch(plan, condition, capabilities, catalog)
    runs = _filtered(source, condition, capabilities)
    may_stop = _may_stop(source.ordered, condition, capabilities)
    return Pushed(source, _over(plan, runs, ordered=source.ordered, stops=may_stop))


def spread(plan: Plan, sources: Sequence[Capabilities], catalog: Catalog | None) -> Plan:
    """The plan over several sources: each does what it can, and their runs become one list here."""
    if len(sources) == 1:
        return push(plan, sources[0], catalog).rest
    condition, limit = condition_of(table_of(plan).input), limit_of(plan)
    inputs, most = [], []
    for at, able in enumerate(sources):
        fetch = _fetch(plan, condition, able, catalog, at)
        inputs.append(_filtered(fetch, condition, able))
        most.append(limit if _may_stop(fetch.ordered, condition, able) else None)
    return _over(plan, Merge(tuple(inputs), tuple(most)), ordered=False, stops=False)


# ---------------------------------------------------------------- the rest


def _filtered(fetch: Fetch, condition: TypedExpr | None, capabilities: Capabilities) -> Runs:
    """What is decided here of the runs that come: all that is not exact, first what needs no history."""
    is_decided = fetch.exact and capabilities.filters is Trust.EXACT
    runs: Runs = fetch
    for part in by_cost(condition) if condition is not None and not is_decided else ():
        runs = runs if part is None else Filter(runs, part)
    return runs


def _over(plan: Plan, runs: Runs, *, ordered: bool, stops: bool) -> Plan:
    """The plan with its scan and filters replaced. An order that the source has made is watched, behind the limit."""

    def over(node: Runs) -> Runs:
        match node:
            case RunScan() | Filter():
                return runs
            case Sort(input=below):
                return over(below) if ordered else replace(node, input=over(below))
            case Limit(input=below):
                return replace(node, input=over(below), stops=stops)
            case Fetch() | Merge() | Watch():
                return node
            case _:
                assert_never(node)

    match plan:
        case Projection(input=below) | Histories(input=below):
            return replace(plan, input=Watch(over(below), keys_of(below)) if ordered else over(below))
        case Count(input=below):
            return replace(plan, input=over(below))
        case TableStage(input=below):
            return replace(plan, input=_over(below, runs, ordered=ordered, stops=stops))
        case _:
            assert_never(plan)


def _may_stop(ordered: bool, condition: TypedExpr | None, capabilities: Capabilities) -> bool:
    """Whether to stop at a limit. Where pages are for free all are read, to say how many runs match."""
    is_dear = condition is not None and by_cost(condition)[1] is not None
    return ordered and not (capabilities.cheap_pages and not is_dear)


# ---------------------------------------------------------------- the part of a source


def _fetch(
    plan: Plan, condition: TypedExpr | None, capabilities: Capabilities, catalog: Catalog | None, at: int = 0
) -> Fetch:
    scan, limit, keys = scan_of(plan), limit_of(plan), keys_of(plan)
    terms = condition.terms if isinstance(condition, TAnd) else (condition,) if condition is not None else ()
    narrowings = _narrowings(terms, capabilities, catalog)
    narrowed = conjunction(n for n in narrowings if n is not None)
    exact = narrowed.exact and all(n is not None for n in narrowings)
    here = tuple(t for t, n in zip(terms, narrowings, strict=True) if n is None)
    order, ordered = _order(keys, capabilities, catalog)
    return Fetch(
        scan=scan,
        at=at,
        filters=narrowed.filter,
        exact=exact,
        there=tuple(t for t, n in zip(terms, narrowings, strict=True) if n is not None),
        here=here,
        order=order,
        ordered=ordered,
        per_page=_per_page(plan, _is_heavy(scan.read, capabilities), limit if ordered and not here else None),
        most=limit if exact and _may_stop(ordered, condition, capabilities) else None,
        is_empty=never_true(condition),
        notes=_notes(here, keys if not ordered else ()),
    )


def _narrowings(
    terms: tuple[TypedExpr, ...], capabilities: Capabilities, catalog: Catalog | None
) -> list[Narrowing | None]:
    if capabilities.filters is Trust.NONE:
        return [None] * len(terms)
    narrower = Narrower(capabilities, catalog)
    return [narrower.narrow(term) for term in terms]


def _order(keys: tuple[TOrderKey, ...], capabilities: Capabilities, catalog: Catalog | None) -> tuple[str, bool]:
    """The order to ask for, and whether the answer then comes in the order of the plan."""
    is_exact = capabilities.order is Trust.EXACT
    if not keys:
        return DEFAULT_ORDER, is_exact
    first = keys[0].value
    path = order_path(first.key, catalog) if isinstance(first, TField) else None
    if path is None or capabilities.order is Trust.NONE:
        return DEFAULT_ORDER, False
    return ("-" if keys[0].descending else "+") + path, is_exact and len(keys) == 1


def _is_heavy(read: Needed, capabilities: Capabilities) -> bool:
    """Whether a run comes with all of its config or summary."""
    parts = (read.config, read.summary)
    return None in parts or (any(parts) and not capabilities.column_subsets)


def _per_page(plan: Plan, is_heavy: bool, limit: int | None) -> int:
    """`limit`: that of a plan of which mostly all that comes passes, in its order."""
    scan = scan_of(plan)
    if scan.page_size is not None:
        return scan.page_size
    if limit is not None:
        return min(limit, LARGEST_PAGE)
    if is_heavy:
        return HEAVY_PAGE
    is_plain = scan.named is None and not those(plan, Filter) and not keys_of(plan)
    return PLAIN_PAGE if is_plain and not isinstance(table_of(plan), Histories) else LIGHT_PAGE


def _notes(here: tuple[TypedExpr, ...], keys: tuple[TOrderKey, ...]) -> tuple[Diagnostic, ...]:
    notes = []
    if here:
        count = "1 filter is" if len(here) == 1 else f"{len(here)} filters are"
        notes.append(Diagnostic("RQL301", f"{count} done here", _cover([t.span for t in here])))
    if keys:
        notes.append(Diagnostic("RQL305", "the order is made here", _cover([k.value.span for k in keys])))
    return tuple(notes)


def _cover(spans: list[Span]) -> Span:
    return Span(min(s.start for s in spans), max(s.end for s in spans))
