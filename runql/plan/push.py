"""Who does what of a plan: the part that a source takes, and the rest, which is done here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from json import dumps
from typing import assert_never

from runql.language.kinds import Kind
from runql.plan.capabilities import LARGEST_TERM, Capabilities, Form, Trust
from runql.plan.nodes import (
    Combine,
    Count,
    Fetch,
    Filter,
    Histories,
    Limit,
    Merge,
    NamedRuns,
    Plan,
    Projection,
    Runs,
    RunScan,
    Slice,
    Sort,
    TableStage,
    Watch,
    keys_of,
    limit_of,
    scan_of,
    table_of,
    those,
)
from runql.plan.selectors import Selector, TypedSelector, WandbSelector
from runql.plan.simplify import all_of, by_cost, condition_of, never_true, reads_history, reads_rows
from runql.semantic.catalog import Catalog
from runql.semantic.needed import Needed, casts_in, joined, needed_of
from runql.semantic.typed import TAnd, TConst, TIn, TOrderKey, TypedExpr
from runql.semantic.values import kind_of
from runql.text.diagnostic import Diagnostic
from runql.text.frozen import frozen
from runql.text.source import Span

PLAIN_PAGE, LIGHT_PAGE, HEAVY_PAGE, LARGEST_PAGE = 50, 200, 100, 1000
"""Runs a page: of a plain listing; when more must be read anyway; with all of config or summary; at most."""
LATER_PAGE = 500
"""Runs of a page behind a first one of `PLAIN_PAGE`: as many as one request to a server gets."""

FIRST_RUNS = 499
"""How many runs come with a count that the server cannot be left to: what a page of W&B's holds, but for the one that
shows whether the last of them ties."""


MOST_VALUES = 500
"""How many values a filter lists at most: of a longer list each part is asked by itself."""
LARGEST_LIST = LARGEST_TERM // 2
"""How many characters its values have together at most."""
_SIZE_OF_NUMBER = 24


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
    return Pushed(source, _over(plan, runs, _Way(source.ordered, capabilities.cheap_pages, may_stop)))


def asked_of(plan: Plan, capabilities: Capabilities, catalog: Catalog | None) -> Fetch:
    """What a source is asked for: for whoever does not run the plan."""
    return _fetch(plan, condition_of(table_of(plan).input), capabilities, catalog)


def notes_of(plan: Plan, capabilities: Capabilities, catalog: Catalog | None) -> tuple[Diagnostic, ...]:
    """What is to be said of what is done here, once a plan is split: for whoever wants to know no more."""
    condition, keys = condition_of(table_of(plan).input), keys_of(plan)
    if never_true(condition):
        return ()
    asked = _asked(_terms(condition), keys, capabilities, catalog)
    return _notes(asked.here, keys if not asked.ordered else ())


def spread(plan: Plan, sources: Sequence[Capabilities], catalog: Catalog | None) -> Plan:
    """The plan over several sources: each does what it can, and their runs become one list here."""
    condition, limit = condition_of(table_of(plan).input), limit_of(plan)
    asked = [(at, able, part) for at, able in enumerate(sources) for part in batches(condition, able, catalog)]
    if len(asked) == 1:
        return push(plan, sources[0], catalog).rest
    inputs, most = [], []
    for at, able, part in asked:
        fetch = _fetch(plan, part, able, catalog, at)
        inputs.append(_filtered(fetch, part, able))
        most.append(limit if _may_stop(fetch.ordered, part, able) else None)
    return _over(plan, Merge(tuple(inputs), tuple(most)), _Way())


def batches(condition: TypedExpr | None, able: Capabilities, catalog: Catalog | None) -> Iterator[TypedExpr | None]:
    """The conditions that a source is asked for, one after the other: as many as its longest list needs.

    Each run equals one value of a list at most, and each value stands in one part, so a run passes one of them at most.
    """
    terms = [_each_once(term) if _is_long(term) else term for term in _terms(condition)]
    lists = [term for term in terms if isinstance(term, TIn) and _is_long(term)]
    asked = [one for one in lists if able.form is Form.WANDB and _is_asked(one, able, catalog)]
    if not asked:
        yield condition
        return
    longest = max(asked, key=lambda one: len(one.items))
    for items in _cut(longest.items):
        part = replace(longest, items=items)
        yield all_of([part if term is longest else term for term in terms])


def _cut(items: Sequence[TypedExpr]) -> Iterator[tuple[TypedExpr, ...]]:
    """The values in parts, none of them larger than a filter may be."""
    part: list[TypedExpr] = []
    room = LARGEST_LIST
    for item in items:
        size = _size(item)
        if part and (len(part) == MOST_VALUES or size > room):
            yield tuple(part)
            part, room = [], LARGEST_LIST
        part.append(item)
        room -= size
    yield tuple(part)


def _size(item: TypedExpr) -> int:
    """About how many characters of a filter a value takes."""
    value = item.value if isinstance(item, TConst) else None
    return (len(dumps(value)) if isinstance(value, str) else _SIZE_OF_NUMBER) + 2


def _is_long(term: TypedExpr) -> bool:
    """Whether it is a list of more plain values than a filter holds."""
    if not isinstance(term, TIn) or (len(term.items) <= MOST_VALUES and sum(map(_size, term.items)) <= LARGEST_LIST):
        return False
    return all(isinstance(one, TConst) and kind_of(one.value) not in (Kind.LIST, Kind.RECORD) for one in term.items)


def _each_once(term: TypedExpr) -> TypedExpr:
    """A list with each of its values once: `1` and `1.0` are one, `1` and `true` two."""
    if not isinstance(term, TIn):
        return term
    first = {(kind_of(one.value), one.value): one for one in reversed(term.items) if isinstance(one, TConst)}
    return replace(term, items=tuple(reversed(first.values())))


# ---------------------------------------------------------------- the rest


def _filtered(fetch: Fetch, condition: TypedExpr | None, capabilities: Capabilities) -> Runs:
    """What is decided here of the runs that come: all that is not exact, first what needs no history."""
    if capabilities.filters is Trust.EXACT and (fetch.exact or capabilities.form is not Form.WANDB):
        condition = all_of(fetch.here)
    runs: Runs = fetch
    for part in by_cost(condition) if condition is not None else ():
        runs = runs if part is None else Filter(runs, part)
    return runs


@frozen
class _Way:
    """How runs come: in the order of the plan, from one picture of the source; and whether a limit stops them."""

    ordered: bool = False
    still: bool = False
    stops: bool = False


def _over(plan: Plan, runs: Runs, way: _Way) -> Plan:
    """The plan with its scan and filters replaced. An order that the source has made is watched, behind the limit."""

    def over(node: Runs) -> Runs:
        match node:
            case RunScan() | Filter():
                return runs
            case Sort(input=below):
                return over(below) if way.ordered else replace(node, input=over(below))
            case Limit(input=below):
                return replace(node, input=over(below), stops=way.stops)
            case Slice(input=below):
                return replace(node, input=watched(below))
            case Fetch() | Merge() | Watch():
                return node
            case _:
                assert_never(node)

    def watched(node: Runs) -> Runs:
        # What is chosen by its place was put into its order before.
        is_watched = way.ordered and not way.still and not isinstance(node, Slice)
        return Watch(over(node), keys_of(node)) if is_watched else over(node)

    match plan:
        case Projection(input=below) | Histories(input=below):
            return replace(plan, input=watched(below))
        case Count(input=below):
            return replace(plan, input=over(below))
        case TableStage(input=below) | Combine(input=below):
            return replace(plan, input=_over(below, runs, way))
        case _:
            assert_never(plan)


def _may_stop(ordered: bool, condition: TypedExpr | None, capabilities: Capabilities) -> bool:
    """Whether to stop at a limit. Where pages are for free all are read, to say how many runs match."""
    is_dear = condition is not None and by_cost(condition)[1] is not None
    return ordered and not (_reads_all(capabilities) and not is_dear)


def _reads_all(capabilities: Capabilities) -> bool:
    """Whether the runs behind a limit are read too, to say how many match."""
    return capabilities.cheap_pages and capabilities.form is not Form.SQL


# ---------------------------------------------------------------- the part of a source


def _fetch(
    plan: Plan, condition: TypedExpr | None, capabilities: Capabilities, catalog: Catalog | None, at: int = 0
) -> Fetch:
    scan, limit, keys = scan_of(plan), limit_of(plan), keys_of(plan)
    asked = _asked(_terms(condition), keys, capabilities, catalog)
    here, ordered = asked.here, asked.ordered
    is_bounded = limit is not None and asked.exact
    suffices = ordered and not here and not _reads_all(capabilities)  # else all are read anyway, to be counted
    return Fetch(
        scan=scan,
        read=_read(scan, here, capabilities),
        at=at,
        selector=asked.selector,
        exact=asked.exact,
        there=asked.there,
        here=here,
        ordered=ordered,
        per_page=_per_page(plan, _is_heavy(scan.read, capabilities), limit if suffices else None),
        most=limit if is_bounded and _may_stop(ordered, condition, capabilities) else None,
        is_empty=never_true(condition),
        notes=() if never_true(condition) else _notes(here, keys if not ordered else ()),
    )


def _read(scan: RunScan, here: tuple[TypedExpr, ...], capabilities: Capabilities) -> Needed:
    """What is read of each run that comes. Where SQL decides which come, what it was told of them need not."""
    is_decided = capabilities.form is Form.SQL and capabilities.filters is Trust.EXACT
    return scan.read if scan.taken is None or not is_decided else joined(scan.taken, needed_of(here))


@frozen
class _Asked:
    """What a source is asked for; the names are those of `Fetch`."""

    selector: Selector
    there: tuple[TypedExpr, ...]
    here: tuple[TypedExpr, ...]
    exact: bool
    ordered: bool


def _asked(
    terms: tuple[TypedExpr, ...], keys: tuple[TOrderKey, ...], capabilities: Capabilities, catalog: Catalog | None
) -> _Asked:
    match capabilities.form:
        case Form.TYPED | Form.SQL:
            return _typed(terms, keys, capabilities)
        case Form.WANDB:
            return _in_form_of_wandb(terms, keys, capabilities, catalog)
        case _:
            assert_never(capabilities.form)


def _terms(condition: TypedExpr | None) -> tuple[TypedExpr, ...]:
    """The terms that must all hold."""
    if condition is None:
        return ()
    return condition.terms if isinstance(condition, TAnd) else (condition,)


def _typed(terms: tuple[TypedExpr, ...], keys: tuple[TOrderKey, ...], capabilities: Capabilities) -> _Asked:
    """All that reads no rows, as it is."""
    # What a cast makes nothing of is counted here, of the runs for which all else holds.
    takes = [capabilities.filters is not Trust.NONE and not reads_rows(t) and not casts_in(t) for t in terms]
    there, here = (tuple(t for t, takes_it in zip(terms, takes, strict=True) if takes_it is w) for w in (True, False))
    orders = capabilities.order is not Trust.NONE and not any(reads_history(key.value) for key in keys)
    return _Asked(
        TypedSelector(all_of(there), keys if orders else ()),
        there,
        here,
        exact=not here,
        ordered=orders and capabilities.order is Trust.EXACT,
    )


def _in_form_of_wandb(
    terms: tuple[TypedExpr, ...], keys: tuple[TOrderKey, ...], capabilities: Capabilities, catalog: Catalog | None
) -> _Asked:
    from runql.plan.to_mongo.narrowed_terms import NarrowedTerms

    found = NarrowedTerms(terms, capabilities, catalog, at_once=True)
    order, ordered = found.order(keys)
    return _Asked(WandbSelector(found.filters, order), found.there, found.here, found.exact, ordered)


def _is_asked(term: TypedExpr, capabilities: Capabilities, catalog: Catalog | None) -> bool:
    """Whether a server is asked for a term, however long it is."""
    from runql.plan.to_mongo.narrowed_terms import NarrowedTerms

    return bool(NarrowedTerms((term,), capabilities, catalog).there)


def named_selector(named: NamedRuns, capabilities: Capabilities) -> Selector:
    """The selector of the runs that a query names, whatever else it asks of them."""
    if capabilities.form is not Form.WANDB:
        return TypedSelector(named.condition)
    from runql.plan.to_mongo.narrowed_terms import NarrowedTerms

    return WandbSelector(NarrowedTerms((named.condition,), Capabilities(), None).filters)


def selector_of_runs(plan: Plan, capabilities: Capabilities, catalog: Catalog | None) -> WandbSelector:
    """What `Runs` is asked for the runs of a plan; with a source that takes typed conditions it narrows by that."""
    from runql.plan.to_mongo.narrowed_terms import NarrowedTerms

    if capabilities.form is not Form.WANDB:
        capabilities = replace(capabilities, form=Form.WANDB, filters=Trust.HINT)
    found = NarrowedTerms(_terms(condition_of(table_of(plan).input)), capabilities, catalog)
    return WandbSelector(found.filters, found.order(keys_of(plan))[0])


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
