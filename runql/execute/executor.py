"""Reading the runs of a query: page by page from each source, and what the sources can't decide decided here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

from runql.advice.intent import Compared
from runql.advice.missing_capabilities import lacking
from runql.engine.columns import expressions_of
from runql.engine.evaluate import compile_truth
from runql.engine.facts import CountedIn, Misplaced
from runql.engine.histories.aggregates import aggregates_in, by_cost
from runql.engine.order import sort_records
from runql.errors import BackendError, NotFound
from runql.execute.counts import counted
from runql.execute.deferred_names import Doubt
from runql.execute.found_run import Found
from runql.execute.histories import AggregateReader
from runql.execute.pages import Paging
from runql.language.kinds import Kind
from runql.plan.push import Pushed, push
from runql.semantic.catalog import Catalog, Space
from runql.semantic.record import RunRecord
from runql.semantic.typed import FieldKey, TAnd, TCompare, TConst, TField, TOr, TypedExpr, TypedQuery
from runql.sources.catalogs import known_runs
from runql.sources.open import Place
from runql.sources.protocol import FULL, LIGHT, Wanted
from runql.syntax.tree import Comparison, Target
from runql.text.diagnostic import Diagnostic
from runql.text.nearest import nearest
from runql.wandb_api.loader import not_found

_HISTORIES_AT_ONCE = 16
"""For how many runs histories are read before it is seen whether the limit is reached."""

_KEPT = 1000
"""Of how many runs an answer stays in memory after it was passed on."""

_BUFFER = 1024

_IDENT_FIELDS = {Target.RUN: "id", Target.SWEEP: "sweep", Target.COUNT: "sweep"}


class Reading:
    """The runs that pass a query, in its order, from all its sources. Nothing is read before it is asked for.

    `fetched`: how many runs were looked at. `passed`: how many the answer has so far. `doubles`: how many were left out
    because another source holds them too. `matching`: how many runs match in all, where a limit cut them and that is
    known.
    """

    def __init__(
        self, query: TypedQuery, places: Sequence[Place], catalog: Catalog | None, doubt: Doubt | None = None
    ) -> None:
        self.query = query
        self.doubt = doubt
        self.places = tuple(places)
        self.aggregates = AggregateReader(aggregates_in(*expressions_of(query)))
        narrowed = with_ident(query)
        self.pushed = tuple(push(narrowed, place.service.capabilities, catalog) for place in self.places)
        self._early, self._late = by_cost(self.pushed[0].residual) if self.pushed else (None, None)
        self._found: tuple[Found, ...] | None = None
        self._begin()

    def _begin(self) -> None:
        """Forget what an earlier reading counted."""
        self.fetched = 0
        self.passed = 0
        self.doubles = 0
        self.matching: int | None = None
        self.is_whole = False
        self.compared = Compared()
        self._counted_in = CountedIn(self.query.where)
        self._misplaced = Misplaced(self.query.order)
        self._displaced = 0
        self._said: dict[Diagnostic, None] = {}
        self._paged: list[Paging] = []
        self._kept: list[Found] = []

    @property
    def notices(self) -> tuple[Diagnostic, ...]:
        """What is to be said of the reading so far."""
        said: dict[Diagnostic, None] = {}
        for place, pushed in zip(self.places, self.pushed, strict=True):
            # Where a page costs no request, "done here" says nothing.
            said.update(dict.fromkeys(() if place.service.capabilities.cheap_pages else pushed.notes))
        for paging in self._paged:
            said.update(paging.notices)
        said.update(dict.fromkeys(lacking(self.query, zip(self.places, self.pushed, strict=True))))
        said.update(dict.fromkeys(self.aggregates.notices))
        said.update(dict.fromkeys(self._counted_in.notices()))
        said.update(dict.fromkeys(self._misplaced.notices()))
        said.update(self._said)
        if self.doubt is not None:
            said.update(self.doubt.said)
        if self._displaced:
            said[_displaced_notice(self._displaced)] = None
        return tuple(said)

    def found(self) -> tuple[Found, ...]:
        """The runs, all at once. Raises `NotFound` if the query names a run or a sweep that is not there."""
        if self._found is None:
            parts = list(self._streamed(keep=True)) if self.streams else [self._read()]
            self._found = tuple(found for part in parts for found in part)
        return self._found

    def parts(self) -> Iterator[Sequence[Found]]:
        """The runs, part by part in the order of the query, as they come; see `streams`. Raises as `found` does.

        Whoever is done with a part says so (`forget`). Answers of up to a thousand runs are kept, to be read again.
        """
        if self._found is not None or not self.streams:
            yield self.found()
        else:
            yield from self._streamed(keep=False)

    @property
    def streams(self) -> bool:
        """Whether runs come in the order of the query, so that each may be passed on before the next is read."""
        return len(self.places) == 1 and self.pushed[0].limit_crosses

    def forget(self, part: Sequence[Found]) -> None:
        """Drop what was read for a part that nobody will ask about again."""
        if self._found is None and not self._kept:
            self.aggregates.forget(part)

    def came(self) -> tuple[Found, ...]:
        """The runs of a reading that failed, as far as they are a part of the answer and are still held."""
        is_part = self.streams or (self.query.limit is None and not self.aggregates.nodes)
        return tuple(self._ordered(self._kept)) if is_part else ()

    @property
    def announced(self) -> int | None:
        """How many runs will be looked at, as far as the sources have said so; unknown where a limit ends it early."""
        if len(self._paged) < len(self.places) or any(map(self._may_stop, self.places, self.pushed)):
            return None
        totals = [paging.announced for paging in self._paged]
        return sum(total for total in totals if total is not None) if None not in totals else None

    def count(self) -> int:
        """How many runs match, without listing them where the source can say so."""
        total = counted(self)
        if total is None:
            for part in self.parts():
                self.forget(part)
            return self.passed
        if total == 0 and self.query.ident is not None:
            self._check_ident()
        return total

    def counted_at(self, place: Place, pushed: Pushed) -> int | None:
        """How many runs of a source its filter lets through."""
        if not place.service.capabilities.cheap_pages:
            return place.service.count(place.entity, place.project, pushed.filters)
        # Only a page tells of runs that could not be read, without which the count would pass for the whole.
        paging = self.paging(place, pushed, 1, LIGHT)
        return paging.total() if next(paging.pages(), ()) else 0

    # ---------------------------------------------------------------- the runs

    def _streamed(self, *, keep: bool) -> Iterator[Sequence[Found]]:
        """The runs of the only source, which gives them in the order of the query."""
        self._begin()
        place, pushed = self.places[0], self.pushed[0]
        limit, matching = self.query.limit, 0
        is_held = True
        last: Found | None = None
        for passing in self._passing(place, pushed, ()):
            matching += len(passing)
            part = self._in_order(last, passing if limit is None else passing[: max(0, limit - self.passed)])
            if part:
                last = part[-1]
                self._note(part)
                is_held = is_held and (keep or self.passed <= _KEPT)
                self._keep(part if is_held else None)
                yield part
            if limit is not None and self.passed >= limit and self._may_stop(place, pushed):
                self.matching = self._total_of_source()
                break
        else:
            self.matching = matching if limit is not None and matching >= limit else None
        self.is_whole = True
        if is_held:
            self._found = tuple(self._kept)
        self._check_emptiness()

    def _keep(self, part: Sequence[Found] | None) -> None:
        """Hold on to some runs; with `None` to none any more."""
        if part is None:
            self._kept = []
        else:
            self._kept.extend(part)

    def _in_order(self, last: Found | None, part: list[Found]) -> list[Found]:
        """A part in the order of the query. Runs that changed their place while others were read are counted."""
        ordered = self._ordered(part)
        if last is not None and ordered and self._ordered([last, ordered[0]])[0] is not last:
            self._displaced += 1
        return ordered

    def _read(self) -> tuple[Found, ...]:
        """The runs of all sources, ordered here."""
        self._begin()
        limit = self.query.limit
        passed = 0
        for place, pushed in zip(self.places, self.pushed, strict=True):
            passing = (found for part in self._passing(place, pushed, [*self._kept]) for found in part)
            # One that stops early may only do so in the order of the query; then no more than the limit can count.
            for found in islice(passing, limit) if self._may_stop(place, pushed) else passing:
                passed += 1
                self._kept.append(found)
                # The last of many cannot be among the first few; with several sources they tell what is there twice.
                if limit is not None and len(self.places) == 1 and len(self._kept) >= max(2 * limit, _BUFFER):
                    self._kept = self._ordered(self._kept)[:limit]
        ordered = self._ordered(self._kept)
        if limit is not None and passed >= limit:
            self.matching = self._matching(passed)
            ordered = ordered[:limit]
        self._note(ordered)
        self.is_whole = True
        self._kept = ordered
        self._check_emptiness()
        return tuple(ordered)

    def _note(self, part: Sequence[Found]) -> None:
        """Read what else the answer needs of some of its runs, and count what is to be said about them."""
        self.aggregates.load(part)
        self.passed += len(part)
        records = [found.record for found in part]
        if self.query.target is not Target.COUNT:
            self._said.update(dict.fromkeys(said for record in records for said in record.said))
        self.compared.add(records)
        self._counted_in.add(records)
        self._misplaced.add(records, self.aggregates.of)

    def _check_emptiness(self) -> None:
        if not self.passed and self.query.ident is not None:
            self._check_ident()

    def _may_stop(self, place: Place, pushed: Pushed) -> bool:
        """Whether to stop at the limit. Where pages are for free all are read, to say how many runs match."""
        is_free = place.service.capabilities.cheap_pages and self._late is None
        return self.query.limit is not None and pushed.limit_crosses and not is_free

    def _passing(self, place: Place, pushed: Pushed, earlier: Sequence[Found]) -> Iterator[list[Found]]:
        """The runs of a source that pass, as pages come, without those of an earlier source."""
        if pushed.nothing:
            return
        by_id: dict[str, list[Found]] = {}
        for found in earlier:
            by_id.setdefault(found.record.id, []).append(found)
        found_at = _found_among_many if len(self.places) > 1 else Found
        most = self.query.limit if pushed.exact and self._may_stop(place, pushed) else None
        for page in self.paging(place, pushed, pushed.per_page, self.wanted(pushed), most=most).pages():
            self.look(page)
            for part in self._filtered([found_at(record, place) for record in page]):
                fresh = [one for one in part if not any(map(one.is_same_run, by_id.get(one.record.id, ())))]
                self.doubles += len(part) - len(fresh)
                yield fresh

    def look(self, page: Sequence[RunRecord]) -> None:
        """A page came. Raises `QueryError` if it shows that the query names what is not there."""
        self.fetched += len(page)
        if self.doubt is not None:
            self.doubt.look(page)

    def say(self, notice: Diagnostic) -> None:
        """Something to be said of this reading."""
        self._said[notice] = None

    def known(self, catalog: Catalog) -> Catalog:
        """The catalog for what is said of an answer: asked for now, if it was put off."""
        try:
            return self.doubt.settle(late=True) if self.doubt is not None else catalog
        except BackendError:
            return catalog  # the answer is there: that no more can be said of it is no reason to take it back

    def total(self, catalog: Catalog) -> int:
        """How many runs the sources hold, as far as that is known."""
        known = known_runs(self.places)
        if known is None:
            known = catalog.run_count or self.known(catalog).run_count
        return max(known, self.fetched)

    @property
    def selected(self) -> int | None:
        """How many runs the query takes, also where its reading was stopped; `None` if nobody knows."""
        if self.is_whole or (total := self._total_of_source()) is None:
            return self.passed if self.is_whole else None
        return total if self.query.limit is None else min(total, self.query.limit)

    def paging(self, place: Place, pushed: Pushed, per_page: int, wanted: Wanted, *, most: int | None = None) -> Paging:
        """The listing of a source; what it has to say is among the notices from then on."""
        paging = Paging(place, pushed, per_page, wanted, most=most)
        self._paged.append(paging)
        return paging

    def wanted(self, pushed: Pushed) -> Wanted:
        """The heavy parts of each run that the query reads; with `full` all of them."""
        if self.query.lazy is False:
            return FULL
        if self.query.target is Target.COUNT:
            return Wanted(pushed.wanted.config, pushed.wanted.summary)
        summary = pushed.wanted.summary
        if self.doubt is not None and summary is not None:
            summary = tuple(dict.fromkeys((*summary, *self.doubt.metrics)))
        return Wanted(pushed.wanted.config, summary, history_keys=pushed.wanted.history_keys)

    def _filtered(self, page: list[Found]) -> Iterator[list[Found]]:
        """The runs of a page that pass. Histories are read only for those that pass everything else."""
        if self._early is not None:
            passes = compile_truth(self._early)
            page = [found for found in page if passes(found.record)]
        if self._late is None:
            yield page
            return
        passes = compile_truth(self._late)
        for start in range(0, len(page), _HISTORIES_AT_ONCE):
            few = page[start : start + _HISTORIES_AT_ONCE]
            self.aggregates.load(few)
            kept = [found for found in few if passes(found.record, self.aggregates.of(found.record))]
            self.aggregates.forget([found for found in few if found not in kept])
            yield kept

    def _ordered(self, kept: list[Found]) -> list[Found]:
        keys = self.query.order
        if aggregates_in(*(key.value for key in keys)):
            self.aggregates.load(kept)
        by_record = {id(found.record): found for found in kept}
        records = sort_records((found.record for found in kept), keys, self.aggregates.of)
        return [by_record[id(record)] for record in records]

    def _matching(self, passed: int) -> int | None:
        """How many runs match in all."""
        if not any(map(self._may_stop, self.places, self.pushed)):
            return passed
        return self._total_of_source()

    def _total_of_source(self) -> int | None:
        """How many runs match, where the only source knows."""
        return self._paged[0].total() if len(self._paged) == 1 and self.pushed[0].exact else None

    def _check_ident(self) -> None:
        """No run is an error if there is no such run or sweep, not if it fails the condition."""
        ident = self.query.ident or ""
        is_run = self.query.target is Target.RUN
        for place in self.places:
            service, entity, project = place.service, place.entity, place.project
            short = ident.rpartition("/")[2]
            name = short if f"/{entity}/{project}/{short}".endswith(f"/{ident}") else ident
            if is_run and service.run(entity, project, name, LIGHT) is not None:
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


def _displaced_notice(times: int) -> Diagnostic:
    how_often = "once" if times == 1 else f"{times:,} times"
    message = f"runs changed while they were read: the order is broken {how_often}"
    return Diagnostic("RQL407", message, hints=("ask again for a still picture",))


def with_ident(query: TypedQuery) -> TypedQuery:
    """`run ID` and `sweep ID` as a condition, so that they narrow like any other."""
    if query.ident is None or query.target not in _IDENT_FIELDS:
        return query
    name = _IDENT_FIELDS[query.target]
    test = _equals(name, query.ident)
    *owners, last = query.ident.split("/")
    if query.target is Target.RUN and 0 < len(owners) < 3 and last:
        # An id with its project before it, or its entity and project: as a listing shows it where two runs have one id.
        named = (_equals("id", last), *map(_equals, ("project", "entity"), reversed(owners)))
        test = TOr((test, TAnd(named, kind=Kind.BOOL)), kind=Kind.BOOL)
    where = test if query.where is None else TAnd((test, query.where), kind=Kind.BOOL)
    return replace(query, where=where)


def _equals(name: str, text: str) -> TypedExpr:
    key = FieldKey(Space.RUN, (name,), written=name)
    return TCompare(Comparison.EQ, TField(key, kind=Kind.TEXT), TConst(text, kind=Kind.TEXT), kind=Kind.BOOL)


def _found_among_many(record: RunRecord, place: Place) -> Found:
    """One that knows no project gets the name of its source, for the column that tells the sources apart."""
    return Found(record if record.project else replace(record, project=place.project or place.name), place)
