"""The operations of a plan that give runs. Those that pass each part on are done in turn, part by part as they come;
the others pull the parts of what is below them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field, replace
from itertools import chain
from operator import is_
from typing import TypeAlias, assert_never

from runql.engine.evaluate import NO_AGGREGATES, AggregatesOf, ValueOf, compile_value, values_of
from runql.engine.order import sort_records
from runql.errors import RunQLError
from runql.execute.histories import AggregateReader
from runql.execute.overlap import Overlap
from runql.execute.pages import FoundRun, FoundRuns, Paging, joined_found, records_in, wanted_of, with_records
from runql.execute.run_facts import RunFacts
from runql.plan.nodes import Fetch, Filter, Limit, Merge, Runs, RunScan, Slice, Sort, Watch, those
from runql.plan.simplify import all_of
from runql.semantic.needed import aggregates_in, casts_in
from runql.semantic.record import RunRecord
from runql.semantic.typed import TAnd, TOrderKey, TypedExpr
from runql.sources.open import SourcePlace
from runql.sources.protocol import Wanted
from runql.text.frozen import changeable

_HISTORIES_AT_ONCE = 16
"""For how many runs histories are read before it is seen whether the limit is reached."""

_BUFFER = 1024
"""Runs held for the first few of an order, if they are fewer than that."""

_PassesOn: TypeAlias = Filter | Watch | Limit | Slice
"""Operations that pass each part on before the next one comes."""


@changeable
class _Step:
    """One of these operations, and what it did so far. `came` and `given`: how many runs; `last`: the last of these.
    `is_done`: it gives no more, whatever comes."""

    node: _PassesOn
    truth: ValueOf | None = None
    casts: _CountedCasts | None = None
    came: int = 0
    given: int = 0
    last: Sequence[FoundRun] = ()
    is_done: bool = False


@changeable
class RunOperators:
    """One execution of the operations of a plan, over its sources. Pulling an operation reads it anew.

    `held`: the runs that wait to be ordered. `metrics`: those of the summary that are read beside what the plan needs.
    """

    _places: Sequence[SourcePlace]
    _aggregates: AggregateReader
    _facts: RunFacts
    _metrics: tuple[str, ...]
    held: list[FoundRun] = field(default_factory=list)
    _overlap: Overlap | None = None
    _begun: dict[int, Iterator[FoundRuns]] = field(default_factory=dict)

    def paging(self, fetch: Fetch, per_page: int | None = None, wanted: Wanted | None = None) -> Paging:
        """The listing of a source; what it has to say is among the notices from then on."""
        wanted = wanted_of(fetch, self._metrics) if wanted is None else wanted
        paging = Paging(self._places[fetch.at], fetch, wanted, per_page)
        self._facts.pagings.append(paging)
        return paging

    def first_page(self, runs: Runs) -> Sequence[RunRecord] | None:
        """The first runs that a source gives, read now: whoever pulls the operation gets them too. `None` if no source
        is asked."""
        fetch = next((one for one in those(runs, Fetch) if not one.is_empty), None)
        if fetch is None:
            return None
        pages = self.paging(fetch).pages()
        first = next(pages)
        self._begun[id(fetch)] = chain([first], pages)
        return first.records

    def pull(self, node: Runs) -> Iterator[Sequence[FoundRun]]:
        """The runs of an operation, part by part."""
        steps: list[_Step] = []
        while True:
            match node:
                case Filter(condition=condition) if self._aggregates.nodes and aggregates_in(condition):
                    return self._passed_on(steps, self._by_histories(node))
                case Limit(input=Sort() as sort):
                    return self._passed_on(steps, self._first_of_order(node, sort))
                case Filter(condition=condition, input=below):
                    casts = _CountedCasts(condition, self._facts) if casts_in(condition) else None
                    steps.insert(0, _Step(node, compile_value(condition), casts))
                    node = below
                case Watch(input=below) | Limit(input=below) | Slice(input=below):
                    steps.insert(0, _Step(node))
                    node = below
                case Fetch():
                    begun = self._begun.pop(id(node), None)
                    pages = begun or (() if node.is_empty else self.paging(node).pages())
                    return self._passed_on(steps, pages, node.at)
                case Merge():
                    return self._passed_on(steps, self._merge(node))
                case Sort():
                    return self._passed_on(steps, self._sort(node))
                case RunScan():
                    raise RunQLError.of("RQL901", "nobody said which source scans the runs")
                case _:
                    assert_never(node)

    def ordered(self, kept: Sequence[FoundRun], keys: tuple[TOrderKey, ...]) -> Sequence[FoundRun]:
        """Runs in an order, the very same ones if they stand in it; what it needs of their histories is read."""
        given, of_histories = records_in(kept), self._aggregates.nodes and aggregates_in(*(key.value for key in keys))
        if of_histories:
            self._aggregates.load(kept)
        records = sort_records(given, keys, self._aggregates.of if of_histories else None)
        return kept if records is given or all(map(is_, given, records)) else with_records(kept, records)

    # ---------------------------------------------------------------- part by part

    def _passed_on(
        self, steps: Sequence[_Step], parts: Iterable[Sequence[FoundRun]], at: int | None = None
    ) -> Iterator[Sequence[FoundRun]]:
        """What operations pass on of parts, each of which goes through all of them. `at`: of the source that gives the
        parts, if it is one."""
        for came in parts:
            passed = came
            if at is not None:
                self._facts.fetched += len(came)
                passed = came if len(self._places) < 2 else self._among_others(at, came)
            for step in steps:
                passed = self._taken(step, passed)
            yield passed
            if any(step.is_done for step in steps):
                self._facts.matching = self._facts.total_of_source()
                return
        for step in steps:
            if isinstance(step.node, Limit):
                self._facts.matching = step.came if step.came >= step.node.count else None

    def _taken(self, step: _Step, part: Sequence[FoundRun]) -> Sequence[FoundRun]:
        """What an operation passes on of a part."""
        kept = part
        match step.node:
            case Filter():
                records, truth = records_in(part), step.truth
                if step.casts is not None:
                    step.casts.add(records)
                passed = [one for one in records if truth is None or truth(one, NO_AGGREGATES) is True]
                kept = part if len(passed) == len(records) else with_records(part, passed)
            case Watch(keys=keys):
                kept = self.ordered(part, keys)
                edge = joined_found((step.last, kept[:1])) if step.last and kept else ()
                if edge and self.ordered(edge, keys) is not edge:
                    self._facts.displaced += 1
                step.last = kept[-1:] or step.last
            case Limit(count=count, stops=stops):
                kept = part[: count - step.given]
                step.is_done = stops and step.given + len(kept) >= count
            case Slice(kept=of_all):
                places = range(step.came + len(part))[of_all][step.given :]
                kept = part[places.start - step.came :: places.step]
                self._facts.left_out += len(part) - len(kept)
            case _:
                assert_never(step.node)
        step.came += len(part)
        step.given += len(kept)
        return kept

    def _among_others(self, at: int, page: Sequence[FoundRun]) -> Sequence[FoundRun]:
        """Of a page of one of several sources those runs that count; a run that knows no project gets the name of its
        source, for the column that tells the sources apart."""
        place, records = self._places[at], records_in(page)
        if self._overlap is not None:
            records = [one for one in records if not self._overlap.is_stale(at, one)]
        name = place.project or place.name
        return FoundRuns([one if one.project else replace(one, project=name) for one in records], place)

    # ---------------------------------------------------------------- those that pull

    def _by_histories(self, node: Filter) -> Iterator[Sequence[FoundRun]]:
        """A filter by values of histories: few runs at a time, for the next ones may not be needed."""
        passes = compile_value(node.condition)
        casts = _CountedCasts(node.condition, self._facts)
        for part in self.pull(node.input):
            for start in range(0, len(part), _HISTORIES_AT_ONCE):
                few = part[start : start + _HISTORIES_AT_ONCE]
                self._aggregates.load(few)
                casts.add(records_in(few), self._aggregates.of)
                kept = [found for found in few if passes(found.record, self._aggregates.of(found.record)) is True]
                self._aggregates.forget([found for found in few if found not in kept])
                yield kept

    def _merge(self, node: Merge) -> Iterator[Sequence[FoundRun]]:
        overlap = Overlap(self._places)
        if overlap.is_possible:
            self._overlap = overlap
            self._facts.doubles = overlap.count
            for said in overlap.said():
                self._facts.say(said)
        earlier: dict[str, list[FoundRun]] = {}
        for below, most in zip(node.inputs, node.most, strict=True):
            own: list[FoundRun] = []
            for part in self.pull(below):
                fresh = [one for one in part if not any(map(one.is_same_run, earlier.get(one.record.id, ())))]
                self._facts.doubles += len(part) - len(fresh)
                fresh = fresh if most is None else fresh[: most - len(own)]
                own += fresh
                yield fresh
                if most is not None and len(own) >= most:
                    break
            for one in own:
                earlier.setdefault(one.record.id, []).append(one)

    def _sort(self, node: Sort) -> Iterator[Sequence[FoundRun]]:
        self.held = []
        for part in self.pull(node.input):
            self.held += part
        self.held = list(self.ordered(self.held, node.keys))
        yield self.held

    def _first_of_order(self, limit: Limit, sort: Sort) -> Iterator[Sequence[FoundRun]]:
        """The last of many cannot be among the first few: so not all of them are held."""
        self.held, passed = [], 0
        for part in self.pull(sort.input):
            passed += len(part)
            self.held += part
            if len(self.held) >= max(2 * limit.count, _BUFFER):
                self.held = list(self.ordered(self.held, sort.keys)[: limit.count])
        self.held = list(self.ordered(self.held, sort.keys)[: limit.count])
        is_cut = isinstance(sort.input, Merge) and any(most is not None for most in sort.input.most)
        self._facts.matching = passed if passed >= limit.count and not is_cut else None
        yield self.held


class _CountedCasts:
    """What the casts of a filter make nothing of, of the runs for which its other terms hold: so it does not depend on
    what a source has decided before."""

    def __init__(self, condition: TypedExpr, facts: RunFacts) -> None:
        terms = condition.terms if isinstance(condition, TAnd) else (condition,)
        self._others = all_of([term for term in terms if not casts_in(term)])
        self._losses = facts.casts_of(condition)

    def add(self, records: Sequence[RunRecord], aggregates_of: AggregatesOf | None = None) -> None:
        if not self._losses.looks:
            return
        if self._others is not None:
            holds = values_of(self._others, records, aggregates_of)
            records = [record for record, value in zip(records, holds, strict=True) if value is True]
        self._losses.add_records(records, aggregates_of)
