"""Reading the runs of a query: page by page from each source, and what the sources can't decide decided here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

from runql.engine.aggregates import aggregates_in
from runql.engine.columns import expressions_of
from runql.engine.evaluate import compile_truth
from runql.engine.facts import counted_in, misplaced
from runql.engine.order import sort_records
from runql.errors import NotFound
from runql.plan.push import Pushed, push
from runql.runs.loader import not_found
from runql.runs.runs import Runs
from runql.runs.service import FULL, LIGHT, Wanted
from runql.semantic.catalog import Catalog, Space
from runql.semantic.record import RunRecord
from runql.semantic.typed import FieldKey, TAnd, TCompare, TConst, TField, TypedExpr, TypedQuery
from runql.semantic.values import Kind
from runql.session.found import Found
from runql.session.histories import AggregateReader
from runql.session.sources import Place
from runql.syntax.tree import Comparison, Target
from runql.text.diagnostic import Diagnostic
from runql.text.nearest import nearest

_HISTORIES_AT_ONCE = 16
"""For how many runs histories are read before it is seen whether the limit is reached."""

_IDENT_FIELDS = {Target.RUN: "id", Target.SWEEP: "sweep", Target.COUNT: "sweep"}


class Reading:
    """The runs that pass a query, in its order, from all its sources. Nothing is read before it is asked for.

    `fetched`: how many runs were looked at. `doubles`: how many were left out because another source holds them too.
    `matching`: how many runs match in all, where a limit cut them and that is known.
    """

    def __init__(self, query: TypedQuery, places: Sequence[Place], catalog: Catalog | None) -> None:
        self.query = query
        self.places = tuple(places)
        self.fetched = 0
        self.doubles = 0
        self.matching: int | None = None
        self.aggregates = AggregateReader(aggregates_in(*expressions_of(query)))
        narrowed = with_ident(query)
        self.pushed = tuple(push(narrowed, place.service.capabilities, catalog) for place in self.places)
        self._early, self._late = _by_cost(self.pushed[0].residual) if self.pushed else (None, None)
        self._listed: list[Runs] = []
        self._found: tuple[Found, ...] | None = None

    @property
    def notices(self) -> tuple[Diagnostic, ...]:
        """What is to be said of the reading so far."""
        said: dict[Diagnostic, None] = {}
        for place, pushed in zip(self.places, self.pushed, strict=True):
            # Where a page costs no request, "done here" says nothing.
            said.update(dict.fromkeys(() if place.service.capabilities.cheap_pages else pushed.notes))
        for runs in self._listed:
            said.update(dict.fromkeys(runs.notices))
        said.update(self.aggregates.notices)
        records = [found.record for found in self._found or ()]
        said.update(dict.fromkeys(counted_in(self.query.where, records)))
        said.update(dict.fromkeys(misplaced(self.query.order, records, self.aggregates.of)))
        return tuple(said)

    def found(self) -> tuple[Found, ...]:
        """The runs. Raises `NotFound` if the query names a run or a sweep that is not there."""
        if self._found is None:
            self._found = self._read()
            if not self._found and self.query.ident is not None:
                self._check_ident()
        return self._found

    def count(self) -> int:
        """How many runs match, without listing them where the source can say so."""
        if len(self.places) == 1 and self.query.limit is None:
            place, pushed = self.places[0], self.pushed[0]
            if pushed.nothing:
                return 0
            if pushed.exact and place.service.capabilities.counts:
                counted = self._counted(place, pushed)
                if counted == 0 and self.query.ident is not None:
                    self._check_ident()
                if counted is not None:
                    return counted
        return len(self.found())

    def _counted(self, place: Place, pushed: Pushed) -> int | None:
        if not place.service.capabilities.cheap_pages:
            return place.service.count(place.entity, place.project, pushed.filters)
        # Only a page tells of runs that could not be read, without which the count would pass for the whole.
        runs = self._runs(place, pushed, 1, LIGHT)
        return len(runs) if runs else 0

    # ---------------------------------------------------------------- the runs

    def _read(self) -> tuple[Found, ...]:
        limit = self.query.limit
        kept: list[Found] = []
        for place, pushed in zip(self.places, self.pushed, strict=True):
            passing = self._passing(place, pushed, [*kept])
            # One that stops early may only do so in the order of the query; then no more than the limit can count.
            kept.extend(islice(passing, limit) if self._may_stop(place, pushed) else passing)
        ordered = self._ordered(kept)
        if limit is not None and len(ordered) >= limit:
            self.matching = self._matching(len(ordered))
            ordered = ordered[:limit]
        self.aggregates.load(ordered)
        return tuple(ordered)

    def _may_stop(self, place: Place, pushed: Pushed) -> bool:
        """Whether to stop at the limit. Where pages are for free all are read, to say how many runs match."""
        is_free = place.service.capabilities.cheap_pages and self._late is None
        return self.query.limit is not None and pushed.limit_crosses and not is_free

    def _passing(self, place: Place, pushed: Pushed, earlier: Sequence[Found]) -> Iterator[Found]:
        """The runs of a source that pass, page by page, without those that an earlier source holds."""
        if pushed.nothing:
            return
        runs = self._runs(place, pushed, pushed.per_page, self.wanted(pushed))
        by_id: dict[str, list[Found]] = {}
        for found in earlier:
            by_id.setdefault(found.record.id, []).append(found)
        listed = iter(runs)
        found_at = _found_among_many if len(self.places) > 1 else Found
        while page := [found_at(run.record, place) for run in islice(listed, pushed.per_page)]:
            self.fetched += len(page)
            for found in self._filtered(page):
                if any(found.is_same_run(other) for other in by_id.get(found.record.id, ())):
                    self.doubles += 1
                else:
                    yield found

    def _runs(self, place: Place, pushed: Pushed, per_page: int, wanted: Wanted) -> Runs:
        """The listing of a source; what it has to say is among the notices from then on."""
        runs = Runs(
            place.service,
            place.entity,
            place.project,
            pushed.filters,
            pushed.order,
            per_page,
            self.query.with_sweeps,
            lazy=self.query.lazy is not False,
            wanted=wanted,
        )
        self._listed.append(runs)
        return runs

    def wanted(self, pushed: Pushed) -> Wanted:
        """The heavy parts of each run that the query reads; with `full` all of them."""
        if self.query.lazy is False:
            return FULL
        if self.query.target is Target.COUNT:
            return Wanted(pushed.wanted.config, pushed.wanted.summary)
        return Wanted(pushed.wanted.config, pushed.wanted.summary, history_keys=pushed.wanted.history_keys)

    def _filtered(self, page: list[Found]) -> Iterator[Found]:
        """The runs of a page that pass. Histories are read only for those that pass everything else."""
        if self._early is not None:
            passes = compile_truth(self._early)
            page = [found for found in page if passes(found.record)]
        if self._late is None:
            yield from page
            return
        passes = compile_truth(self._late)
        for start in range(0, len(page), _HISTORIES_AT_ONCE):
            few = page[start : start + _HISTORIES_AT_ONCE]
            self.aggregates.load(few)
            yield from (found for found in few if passes(found.record, self.aggregates.of(found.record)))

    def _ordered(self, kept: list[Found]) -> list[Found]:
        keys = self.query.order
        if aggregates_in(*(key.value for key in keys)):
            self.aggregates.load(kept)
        by_record = {id(found.record): found for found in kept}
        records = sort_records((found.record for found in kept), keys, self.aggregates.of)
        return [by_record[id(record)] for record in records]

    def _matching(self, passed: int) -> int | None:
        """How many runs match in all: all were read, or the only source knows."""
        if not any(map(self._may_stop, self.places, self.pushed)):
            return passed
        return len(self._listed[0]) if len(self._listed) == 1 and self.pushed[0].exact else None

    def _check_ident(self) -> None:
        """No run is an error if there is no such run or sweep, not if it fails the condition."""
        ident = self.query.ident or ""
        is_run = self.query.target is Target.RUN
        for place in self.places:
            service, entity, project = place.service, place.entity, place.project
            if is_run and service.run(entity, project, ident, LIGHT) is not None:
                return
            if not is_run and (
                service.sweep(entity, project, ident) or service.count(entity, project, {"sweep": ident})
            ):
                return
        place = self.places[0]
        if is_run:
            raise not_found(place.service, place.entity, place.project, ident)
        near = nearest(ident, [sweep.id for sweep in place.service.sweeps(place.entity, place.project)])
        hints = [f"nearest: {', '.join(f'`{sweep}`' for sweep in near)}"] if near else []
        raise NotFound.of("RQL402", f"no sweep `{ident}` in {place.name}", *hints)


def with_ident(query: TypedQuery) -> TypedQuery:
    """`run ID` and `sweep ID` as a condition, so that they narrow like any other."""
    if query.ident is None or query.target not in _IDENT_FIELDS:
        return query
    name = _IDENT_FIELDS[query.target]
    key = FieldKey(Space.RUN, (name,), written=name)
    test = TCompare(Comparison.EQ, TField(key, kind=Kind.TEXT), TConst(query.ident, kind=Kind.TEXT), kind=Kind.BOOL)
    where = test if query.where is None else TAnd((test, query.where), kind=Kind.BOOL)
    return replace(query, where=where)


def _by_cost(where: TypedExpr | None) -> tuple[TypedExpr | None, TypedExpr | None]:
    """The terms of a condition that need no history, and those that do."""
    if where is None:
        return None, None
    terms = where.terms if isinstance(where, TAnd) else (where,)
    cheap = tuple(term for term in terms if not aggregates_in(term))
    dear = tuple(term for term in terms if aggregates_in(term))
    return _all(cheap), _all(dear)


def _all(terms: tuple[TypedExpr, ...]) -> TypedExpr | None:
    return None if not terms else terms[0] if len(terms) == 1 else TAnd(terms, kind=Kind.BOOL)


def _found_among_many(record: RunRecord, place: Place) -> Found:
    """One that knows no project gets the name of its source, for the column that tells the sources apart."""
    return Found(record if record.project else replace(record, project=place.project or place.name), place)
