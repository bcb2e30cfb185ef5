"""Why no run passes: how many each term of the condition lets through, and what its field really holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from runql.advice.field_summary import column_of, field_of, held_by, held_in, held_of, said_of
from runql.engine.evaluate import compile_truth
from runql.engine.stages.shared.filtered import Unpassed
from runql.errors import BackendError
from runql.language.fields import Space
from runql.language.kinds import Kind
from runql.plan.nodes import Count, Filter, Plan, Projection, RunScan, scan_of, those
from runql.plan.push import push
from runql.semantic.catalog import Catalog
from runql.semantic.naming import searched_text
from runql.semantic.needed import aggregates_in, needed_of
from runql.semantic.record import RunRecord
from runql.semantic.spelling import code, field_text
from runql.semantic.typed import TAnd, TAnyField, TCompare, TConst, TLogged, TypedExpr
from runql.sources.catalogs import known_runs
from runql.sources.open import SourcePlace
from runql.syntax.literals import write_string
from runql.syntax.tree import Comparison
from runql.text.diagnostic import Diagnostic
from runql.text.frozen import frozen
from runql.text.source import NOWHERE

MOST_TERMS = 8
"""Of a longer condition only so many terms are counted: on a server each costs two requests."""

_WIDEST_TERM = 60
_Count = Callable[[Sequence[TypedExpr]], "int | None"]
"""How many runs pass all of some terms; `None` where that cannot be said without reading the runs."""


@frozen
class Rung:
    """One term: how many runs pass it `alone`, and how many pass all the others, `without` it."""

    term: TypedExpr
    alone: int | None
    without: int | None


_Listing = Callable[[Plan], Sequence[RunRecord]]
"""Gives the runs of a plan."""


def why_empty(plan: Plan, places: Sequence[SourcePlace], catalog: Catalog, text: str, runs_of: _Listing) -> Diagnostic:
    """What to say of a plan that no run passed (RQL307); `text` is what its spans point into.

    Runs at hand are looked at; of any other source only counts are asked for, at most two a term.
    """
    terms = _as_written(term for node in reversed(those(plan, Filter)) for term in _terms(node.condition))
    scan = scan_of(plan)
    records = _at_hand(scan, terms, places, runs_of)
    total = len(records) if records is not None else _runs_in(places, catalog) if scan.named is None else None
    if not terms or total == 0:
        return Diagnostic("RQL307", f"no run was found in {', '.join(f'`{place.name}`' for place in places)}")
    count = _counting(scan, places, catalog) if records is None else _looking(records)
    rungs = [_rung(term, terms, count) for term in terms[:MOST_TERMS]]
    said = [_held(rung, catalog, records) for rung in rungs]
    guilty = _guilty(rungs)
    names = [_term_text(rung.term, text) for rung in rungs]
    return Diagnostic(
        "RQL307",
        _message([name for name, rung in zip(names, rungs, strict=True) if rung in guilty], guilty, said, rungs),
        hints=(
            *_lines(rungs, names, said, guilty, total),
            *_not_looked_at(len(terms) - len(rungs)),
            *_patterns(guilty),
        ),
    )


def why_no_row(found: Unpassed, text: str) -> Diagnostic:
    """What to say of rows right of a pipe of which none passes a condition (RQL307)."""
    terms = found.terms[:MOST_TERMS]
    alone = len(found.terms) == 1
    rungs = [
        Rung(term, passed, None if alone else without)
        for term, passed, without in zip(terms, found.alone, found.without, strict=False)
    ]
    said = [_held_in_rows(rung, found) for rung in rungs]
    guilty, names = _guilty(rungs), [_term_text(rung.term, text) for rung in rungs]
    return Diagnostic(
        "RQL307",
        _message(
            [name for name, rung in zip(names, rungs, strict=True) if rung in guilty], guilty, said, rungs, found.noun
        ),
        hints=(
            *_lines(rungs, names, said, guilty, found.rows),
            *_not_looked_at(len(found.terms) - len(rungs)),
            *_patterns(guilty),
        ),
    )


def _held_in_rows(rung: Rung, found: Unpassed) -> str:
    name = column_of(rung.term)
    values = found.values.get(name) if name is not None else None
    return said_of(rung.term, held_of(values, found.noun)) if rung.alone == 0 and values is not None else ""


def _runs_in(places: Sequence[SourcePlace], catalog: Catalog) -> int:
    known = known_runs(places)
    return catalog.run_count if known is None else known


def _terms(condition: TypedExpr) -> Iterator[TypedExpr]:
    for term in condition.terms if isinstance(condition, TAnd) else ():
        yield from _terms(term)
    if not isinstance(condition, TAnd):
        yield condition


def _as_written(terms: Iterable[TypedExpr]) -> list[TypedExpr]:
    """The terms as they stand in the text: what one of them was made into, as a day into its two ends, is one again."""
    found: dict[object, list[TypedExpr]] = {}
    for term in terms:
        found.setdefault(id(term) if term.span == NOWHERE else term.span, []).append(term)
    return [
        same[0] if len(same) == 1 else TAnd(tuple(same), kind=Kind.BOOL, span=same[0].span) for same in found.values()
    ]


# ---------------------------------------------------------------- the counts


def _at_hand(
    scan: RunScan, terms: Sequence[TypedExpr], places: Sequence[SourcePlace], runs_of: _Listing
) -> Sequence[RunRecord] | None:
    """All the runs, with what the terms read; `None` if that would cost requests."""
    if not all(place.service.capabilities.cheap_pages for place in places):
        return None
    read = needed_of(term for term in terms if not aggregates_in(term))
    return runs_of(Projection(replace(scan, read=read, taken=None, lazy=None), ()))


def _looking(records: Sequence[RunRecord]) -> _Count:
    passing: dict[int, list[bool]] = {}

    def flags(term: TypedExpr) -> list[bool]:
        if id(term) not in passing:
            holds = compile_truth(term)
            passing[id(term)] = [holds(record) is True for record in records]
        return passing[id(term)]

    def count(terms: Sequence[TypedExpr]) -> int | None:
        if aggregates_in(*terms):
            return None
        return sum(map(all, zip(*map(flags, terms), strict=True))) if terms else len(records)

    return count


def _counting(scan: RunScan, places: Sequence[SourcePlace], catalog: Catalog) -> _Count:
    def count(terms: Sequence[TypedExpr]) -> int | None:
        if not terms and scan.named is None:
            return _runs_in(places, catalog)
        where = TAnd(tuple(terms), kind=Kind.BOOL)
        count = Count(Filter(scan, where) if terms else scan)
        counts = [_count_there(count, place, catalog) for place in places]
        return None if None in counts else sum(each or 0 for each in counts)

    return count


def _count_there(count: Count, place: SourcePlace, catalog: Catalog) -> int | None:
    source = push(count, place.service.capabilities, catalog).source
    if source.is_empty:
        return 0
    if not (source.exact and place.service.capabilities.counts):
        return None
    try:
        return place.service.count(place.entity, place.project, source.selector)
    except BackendError:
        return None  # the answer is there already: that its explanation cannot be had is no reason to take it back


def _rung(term: TypedExpr, terms: Sequence[TypedExpr], count: _Count) -> Rung:
    if len(terms) == 1:
        return Rung(term, 0, None)
    return Rung(term, count([term]), count([other for other in terms if other is not term]))


# ---------------------------------------------------------------- the words


def _held(rung: Rung, catalog: Catalog, records: Sequence[RunRecord] | None) -> str:
    """What the field of a term that nothing passes really holds."""
    if rung.alone != 0:
        return ""
    if isinstance(rung.term, TLogged):
        return _logged_by_none(rung.term.metric, catalog)
    for term in _parts(rung.term, records):
        key = field_of(term)
        held = None if key is None else held_by(records, key) if records is not None else held_in(catalog, key)
        if held is not None and (note := said_of(term, held)):
            return note
    return ""


def _parts(term: TypedExpr, records: Sequence[RunRecord] | None) -> list[TypedExpr]:
    """What a term was made into, as far as nothing passes it where that can be seen: the ends of a day."""
    if not isinstance(term, TAnd):
        return [term]
    ends: list[TypedExpr] = [one for one in term.terms if isinstance(one, TCompare)]
    return ends if records is None else [one for one in ends if not _looking(records)([one])]


def _logged_by_none(metric: str, catalog: Catalog) -> str:
    """What is known of a metric that no run logged: a summary may hold it all the same."""
    there = catalog.index.by_dotted.get((Space.SUMMARY, metric), ())
    if not there:
        return ""
    written = code(field_text(Space.SUMMARY, there[0].path))
    return f"none logged it, and {there[0].runs:,} have {written}"


def _guilty(rungs: Sequence[Rung]) -> list[Rung]:
    """The terms that nothing passes; if there are none, those without which there would be runs."""
    return [rung for rung in rungs if rung.alone == 0] or [rung for rung in rungs if rung.without]


def _message(
    names: Sequence[str], guilty: Sequence[Rung], said: Sequence[str], rungs: Sequence[Rung], noun: str = "run"
) -> str:
    if not guilty:
        return f"no {noun} passes all the terms of the condition"
    listed = ", ".join(f"`{name}`" for name in names)
    if guilty[0].alone != 0:
        return f"no {noun} passes all the terms; without one of these there are some: {listed}"
    if len(guilty) > 1:
        return f"no {noun} passes {' nor '.join(f'`{name}`' for name in names)}"
    note = said[rungs.index(guilty[0])]
    return f"no {noun} passes {listed}" + (f": {note}" if note else "")


def _lines(
    rungs: Sequence[Rung], names: Sequence[str], said: Sequence[str], guilty: Sequence[Rung], total: int | None
) -> Iterator[str]:
    """A line a term: how many pass it, what its field holds, how many pass without it; the guilty ones are marked."""
    widest = max(map(len, names))
    for rung, name, note in zip(rungs, names, said, strict=True):
        mark = "" if len(rungs) == 1 else "✗ " if rung in guilty else "  "
        alone = "not counted" if rung.alone is None else f"{rung.alone:,}" + ("" if total is None else f" of {total:,}")
        line = f"{mark}{name:<{widest}} → {alone}" + (f" ({note})" if note else "")
        yield line if rung.without is None else f"{line}; without it {rung.without:,}"


def _patterns(guilty: Iterable[Rung]) -> Iterator[str]:
    """Of `name = "baseline*"`: `=` compares whole texts."""
    for rung in guilty:
        term = rung.term
        if not isinstance(term, TCompare) or term.op is not Comparison.EQ:
            continue
        text = term.right.value if isinstance(term.right, TConst) else None
        if isinstance(text, str) and ("*" in text or "%" in text):
            word = "glob" if "*" in text else "like"
            yield f"`=` compares whole texts; a pattern is `{word} {write_string(text)}`"


def _not_looked_at(more: int) -> list[str]:
    return [f"  … and {more} more term{'s' * (more != 1)}"] if more > 0 else []


def _term_text(term: TypedExpr, text: str) -> str:
    if isinstance(term, TAnyField) and term.word:
        return searched_text(term)
    written = " ".join(text[term.span.start : term.span.end].split()) if term.span != NOWHERE else ""
    return written if 0 < len(written) <= _WIDEST_TERM else written[: _WIDEST_TERM - 1] + "…" if written else "a term"
