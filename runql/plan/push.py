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
from runql.semantic.needed import casts_in, joined, needed_of
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
    part = _part(plan, condition_of(table_of(plan).input), capabilities, catalog)
    return Pushed(part.fetch, _over(plan, part.runs, _Way(part.fetch.ordered, capabilities.cheap_pages, part.stops)))


def asked_of(plan: Plan, capabilities: Capabilities, catalog: Catalog | None) -> Fetch:
    """What a source is asked for: for whoever does not run the plan."""
    return _part(plan, condition_of(table_of(plan).input), capabilities, catalog).fetch


def notes_of(plan: Plan, capabilities: Capabilities, catalog: Catalog | None) -> tuple[Diagnostic, ...]:
    """What is to be said of what is done here, once a plan is split: for whoever wants to know no more."""
    condition, keys = condition_of(table_of(plan).input), keys_of(plan)
    if never_true(condition):
        return ()
    asked = _asked(condition, keys, capabilities, catalog)
    return _notes(asked.here, keys if not asked.ordered else ())


def spread(plan: Plan, sources: Sequence[Capabilities], catalog: Catalog | None) -> Plan:
    """The plan over several sources: each does what it can, and their runs become one list here."""
    condition = condition_of(table_of(plan).input)
    parts = [
        _part(plan, part, able, catalog, at)
        for at, able in enumerate(sources)
        for part in batches(condition, able, catalog)
    ]
    if len(parts) == 1:
        (only,) = parts
        return _over(plan, only.runs, _Way(only.fetch.ordered, sources[0].cheap_pages, only.stops))
    limit = limit_of(plan)
    most = tuple(limit if part.stops else None for part in parts)
    return _over(plan, Merge(tuple(part.runs for part in parts), most), _Way())


def batches(condition: TypedExpr | None, able: Capabilities, catalog: Catalog | None) -> Iterator[TypedExpr | None]:
    """The conditions that a source is asked for, one after the other: as many as its longest list needs.

    Each run equals one value of a list at most, and each value stands in one part, so a run passes one of them at most.
    """
    terms = _terms(condition)
    if able.form is not Form.WANDB or not any(isinstance(term, TIn) for term in terms):
        yield condition
        return
    terms = tuple(_each_once(term) if _is_long(term) else term for term in terms)
    lists = [term for term in terms if isinstance(term, TIn) and _is_long(term)]
    asked = [one for one in lists if _is_asked(one, able, catalog)]
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


@frozen
class _Way:
    """How runs come: in the order of the plan, from one picture of the source; and whether a limit stops them."""

    ordered: bool = False
    still: bool = False
    stops: bool = False


def _over(plan: Plan, runs: Runs, way: _Way) -> Plan:
    """The plan with its scan and filters replaced. An order that the source has made is watched, behind the limit."""
    match plan:
        case Projection(input=below) | Histories(input=below):
            return replace(plan, input=_rest(below, runs, way, watches=True))
        case Count(input=below):
            return replace(plan, input=_rest(below, runs, way))
        case TableStage(input=below) | Combine(input=below):
            return replace(plan, input=_over(below, runs, way))
        case _:
            assert_never(plan)


def _rest(node: Runs, runs: Runs, way: _Way, *, watches: bool = False) -> Runs:
    """An operation over the runs that come, and all between them. `watches`: their order is watched above it, unless
    they are chosen by their places: then they were put into their order before."""
    if watches and way.ordered and not way.still and not isinstance(node, Slice):
        return Watch(_rest(node, runs, way), keys_of(node))
    match node:
        case RunScan() | Filter():
            return runs
        case Sort(input=below):
            made = _rest(below, runs, way)
            return made if way.ordered else replace(node, input=made)
        case Limit(input=below):
            return replace(node, input=_rest(below, runs, way), stops=way.stops)
        case Slice(input=below):
            return replace(node, input=_rest(below, runs, way, watches=True))
        case Fetch() | Merge() | Watch():
            return node
        case _:
            assert_never(node)


# ---------------------------------------------------------------- the part of a source


@frozen
class _Part:
    """What a source gives, and these runs behind what is decided here: all that is not exact, first what needs no
    history. `stops`: a limit ends the reading."""

    fetch: Fetch
    runs: Runs
    stops: bool


def _part(plan: Plan, condition: TypedExpr | None, able: Capabilities, catalog: Catalog | None, at: int = 0) -> _Part:
    scan, limit, keys = scan_of(plan), limit_of(plan), keys_of(plan)
    asked = _asked(condition, keys, able, catalog)
    here, ordered = asked.here, asked.ordered
    trusts = able.filters is Trust.EXACT
    read = scan.read
    if scan.taken is not None and trusts and able.form is Form.SQL:
        read = joined(scan.taken, needed_of(here))  # SQL decides which runs come: what it was told of them is not read
    # Where pages are for free, the runs behind a limit are read too, to say how many match.
    reads_all = able.cheap_pages and able.form is not Form.SQL
    is_dear = condition is not None and reads_history(condition)
    stops = ordered and (is_dear or not reads_all)
    suffices = ordered and not here and not reads_all
    is_empty = never_true(condition)
    fetch = Fetch(
        scan=scan,
        read=read,
        at=at,
        selector=asked.selector,
        exact=asked.exact,
        there=asked.there,
        here=here,
        ordered=ordered,
        per_page=_per_page(plan, able, limit if suffices else None),
        most=limit if asked.exact and stops else None,
        is_empty=is_empty,
        notes=() if is_empty or (ordered and not here) else _notes(here, () if ordered else keys),
    )
    left = all_of(here) if trusts and (asked.exact or able.form is not Form.WANDB) else condition
    runs: Runs = fetch
    for part in by_cost(left) if left is not None and is_dear else (left,):
        runs = runs if part is None else Filter(runs, part)
    return _Part(fetch, runs, stops)


@frozen
class _Asked:
    """What a source is asked for; the names are those of `Fetch`."""

    selector: Selector
    there: tuple[TypedExpr, ...]
    here: tuple[TypedExpr, ...]
    exact: bool
    ordered: bool


def _asked(
    condition: TypedExpr | None, keys: tuple[TOrderKey, ...], able: Capabilities, catalog: Catalog | None
) -> _Asked:
    terms = _terms(condition)
    match able.form:
        case Form.TYPED | Form.SQL:
            # All that reads no rows, as it is. What a cast makes nothing of is counted here, of the runs for which all
            # else holds.
            takes = [able.filters is not Trust.NONE and not reads_rows(one) and not casts_in(one) for one in terms]
            there, here = (tuple(one for one, by in zip(terms, takes, strict=True) if by is at) for at in (True, False))
            orders = able.order is not Trust.NONE and not any(reads_history(key.value) for key in keys)
            selector = TypedSelector(all_of(there), keys if orders else ())
            return _Asked(selector, there, here, exact=not here, ordered=orders and able.order is Trust.EXACT)
        case Form.WANDB:
            from runql.plan.to_mongo.narrow import NarrowedTerms

            found = NarrowedTerms(terms, able, catalog, keys, at_once=True)
            asked = WandbSelector(found.filters, found.order)
            return _Asked(asked, found.there, found.here, found.exact, found.ordered)
        case _:
            assert_never(able.form)


def _terms(condition: TypedExpr | None) -> tuple[TypedExpr, ...]:
    """The terms that must all hold."""
    if condition is None:
        return ()
    return condition.terms if isinstance(condition, TAnd) else (condition,)


def _is_asked(term: TypedExpr, capabilities: Capabilities, catalog: Catalog | None) -> bool:
    """Whether a server is asked for a term, however long it is."""
    from runql.plan.to_mongo.narrow import NarrowedTerms

    return bool(NarrowedTerms((term,), capabilities, catalog).there)


def named_selector(named: NamedRuns, capabilities: Capabilities) -> Selector:
    """The selector of the runs that a query names, whatever else it asks of them."""
    if capabilities.form is not Form.WANDB:
        return TypedSelector(named.condition)
    from runql.plan.to_mongo.narrow import NarrowedTerms

    return WandbSelector(NarrowedTerms((named.condition,), Capabilities(), None).filters)


def selector_of_runs(plan: Plan, capabilities: Capabilities, catalog: Catalog | None) -> WandbSelector:
    """What `Runs` is asked for the runs of a plan; with a source that takes typed conditions it narrows by that."""
    from runql.plan.to_mongo.narrow import NarrowedTerms

    if capabilities.form is not Form.WANDB:
        capabilities = replace(capabilities, form=Form.WANDB, filters=Trust.HINT)
    found = NarrowedTerms(_terms(condition_of(table_of(plan).input)), capabilities, catalog, keys_of(plan))
    return WandbSelector(found.filters, found.order)


def _per_page(plan: Plan, able: Capabilities, limit: int | None) -> int:
    """`limit`: that of a plan of which mostly all that comes passes, in its order."""
    scan = scan_of(plan)
    if scan.page_size is not None:
        return scan.page_size
    if limit is not None:
        return min(limit, LARGEST_PAGE)
    parts = (scan.read.config, scan.read.summary)
    if None in parts or (any(parts) and not able.column_subsets):  # a run comes with all of its config or summary
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
