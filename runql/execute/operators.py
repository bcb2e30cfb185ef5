"""The operations of a plan that give runs, pulled: each takes the parts of the one below it, as they come."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from operator import is_
from typing import assert_never

from runql.engine.evaluate import NO_AGGREGATES, AggregatesOf, compile_value, values_of
from runql.engine.order import sort_records
from runql.errors import RunQLError
from runql.execute.deferred_names import Doubt
from runql.execute.found_run import FoundRun, FoundRuns, Overlap, joined_found, records_in
from runql.execute.histories import AggregateReader
from runql.execute.pages import Paging, wanted_of
from runql.execute.run_facts import RunFacts
from runql.plan.nodes import Fetch, Filter, Limit, Merge, Runs, RunScan, Slice, Sort, Watch
from runql.plan.simplify import all_of
from runql.semantic.needed import aggregates_in, casts_in
from runql.semantic.record import RunRecord
from runql.semantic.typed import TAnd, TOrderKey, TypedExpr
from runql.sources.open import SourcePlace
from runql.sources.protocol import Wanted

_HISTORIES_AT_ONCE = 16
"""For how many runs histories are read before it is seen whether the limit is reached."""

_BUFFER = 1024
"""Runs held for the first few of an order, if they are fewer than that."""


class RunOperators:
    """One execution of the operations of a plan, over its sources. Pulling an operation reads it anew.

    `held`: the runs that wait to be ordered. `metrics`: those of the summary that are read beside what the plan needs.
    """

    def __init__(
        self,
        places: Sequence[SourcePlace],
        aggregates: AggregateReader,
        facts: RunFacts,
        doubt: Doubt | None,
        metrics: Sequence[str],
    ) -> None:
        self.held: list[FoundRun] = []
        self._places = places
        self._aggregates = aggregates
        self._facts = facts
        self._doubt = doubt
        self._metrics = tuple(metrics)
        self._overlap = Overlap(places)
        self._meets = False

    def pull(self, node: Runs) -> Iterator[Sequence[FoundRun]]:  # noqa: PLR0911 - one line an operation
        """The runs of an operation, part by part."""
        match node:
            case Fetch():
                return self._fetch(node)
            case Filter():
                return self._filter(node)
            case Merge():
                return self._merge(node)
            case Sort():
                return self._sort(node)
            case Watch():
                return self._watch(node)
            case Limit(input=Sort() as below):
                return self._first_of_order(node, below)
            case Limit():
                return self._limit(node)
            case Slice():
                return self._slice(node)
            case RunScan():
                raise RunQLError.of("RQL901", "nobody said which source scans the runs")
            case _:
                assert_never(node)

    def paging(self, fetch: Fetch, per_page: int | None = None, wanted: Wanted | None = None) -> Paging:
        """The listing of a source; what it has to say is among the notices from then on."""
        wanted = wanted_of(fetch, self._metrics) if wanted is None else wanted
        paging = Paging(self._places[fetch.at], fetch, wanted, per_page)
        self._facts.pagings.append(paging)
        return paging

    def look(self, page: Sequence[RunRecord]) -> None:
        """A page came. Raises `QueryError` if it shows that the query names what is not there."""
        self._facts.fetched += len(page)
        if self._doubt is not None:
            self._doubt.look(page)

    def ordered(self, kept: Sequence[FoundRun], keys: tuple[TOrderKey, ...]) -> Sequence[FoundRun]:
        """Runs in an order, the very same ones if they stand in it; what it needs of their histories is read."""
        if aggregates_in(*(key.value for key in keys)):
            self._aggregates.load(kept)
        given = records_in(kept)
        records = sort_records(given, keys, self._aggregates.of)
        if records is given or all(map(is_, given, records)):
            return kept
        by_record = {id(found.record): found for found in kept}
        return [by_record[id(record)] for record in records]

    # ---------------------------------------------------------------- one operation each

    def _fetch(self, node: Fetch) -> Iterator[Sequence[FoundRun]]:
        if node.is_empty:
            return
        place = self._places[node.at]
        for page in self.paging(node).pages():
            self.look(page)
            fresh = page if not self._meets else [one for one in page if not self._overlap.is_stale(node.at, one)]
            told = fresh if len(self._places) < 2 else [_told_apart(record, place) for record in fresh]
            yield FoundRuns(told, place)

    def _filter(self, node: Filter) -> Iterator[Sequence[FoundRun]]:
        passes = compile_value(node.condition)
        casts = _CountedCasts(node.condition, self._facts)
        if not aggregates_in(node.condition):
            for part in self.pull(node.input):
                casts.add(records_in(part))
                yield [found for found in part if passes(found.record, NO_AGGREGATES) is True]
            return
        for part in self.pull(node.input):
            for start in range(0, len(part), _HISTORIES_AT_ONCE):
                few = part[start : start + _HISTORIES_AT_ONCE]
                self._aggregates.load(few)
                casts.add([found.record for found in few], self._aggregates.of)
                kept = [found for found in few if passes(found.record, self._aggregates.of(found.record)) is True]
                self._aggregates.forget([found for found in few if found not in kept])
                yield kept

    def _merge(self, node: Merge) -> Iterator[Sequence[FoundRun]]:
        if self._overlap.is_possible:
            self._meets = True
            self._facts.doubles = self._overlap.count
            for said in self._overlap.said():
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

    def _limit(self, node: Limit) -> Iterator[Sequence[FoundRun]]:
        matching = passed = 0
        for part in self.pull(node.input):
            matching += len(part)
            kept = part[: node.count - passed]
            passed += len(kept)
            yield kept
            if node.stops and passed >= node.count:
                self._facts.matching = self._facts.total_of_source()
                return
        self._facts.matching = matching if matching >= node.count else None

    def _slice(self, node: Slice) -> Iterator[Sequence[FoundRun]]:
        passed = given = 0
        for part in self.pull(node.input):
            places = range(passed + len(part))[node.kept][given:]
            kept = part[places.start - passed :: places.step]
            passed += len(part)
            given += len(kept)
            self._facts.left_out += len(part) - len(kept)
            yield kept

    def _watch(self, node: Watch) -> Iterator[Sequence[FoundRun]]:
        last: Sequence[FoundRun] = ()
        for part in self.pull(node.input):
            ordered = self.ordered(part, node.keys)
            edge = joined_found((last, ordered[:1])) if last and ordered else ()
            if edge and self.ordered(edge, node.keys) is not edge:
                self._facts.displaced += 1
            last = ordered[-1:] or last
            yield ordered


def _told_apart(record: RunRecord, place: SourcePlace) -> RunRecord:
    """Among several sources, a run that knows no project gets the name of its source, for the column that tells the
    sources apart."""
    return record if record.project else replace(record, project=place.project or place.name)


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
