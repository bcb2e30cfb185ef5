"""The runs of a plan, pulled from its sources: what the sources can't decide is decided here."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import chain

from runql.engine.histories.facts import LoggedIn
from runql.errors import BackendError, NotFound, RunQLError
from runql.execute.counts import RunCounter
from runql.execute.deferred_names import Doubt
from runql.execute.histories import AggregateReader
from runql.execute.operators import RunOperators
from runql.execute.pages import FoundRun, joined_found
from runql.execute.run_facts import RunFacts
from runql.language.fields import Space
from runql.plan.nodes import (
    Count,
    Fetch,
    Limit,
    Merge,
    Plan,
    Slice,
    Sort,
    expressions_of,
    keys_of,
    scan_of,
    table_of,
    taken_of,
    those,
)
from runql.plan.push import named_selector, selector_of_runs, spread
from runql.plan.selectors import WandbSelector
from runql.semantic.catalog import Catalog
from runql.semantic.needed import aggregates_in
from runql.semantic.typed import FieldKey
from runql.sources.open import SourcePlace
from runql.sources.protocol import LIGHT, Digest, RunColumns, RunDigest, RunValue
from runql.text.nearest import nearest
from runql.wandb_api.loader import not_found

_KEPT = 1000
"""Of how many runs an answer stays in memory after it was passed on."""


class Executor:
    """The runs that a plan takes, in its order, from all its sources. Nothing is read before it is asked for.

    `pushed`: the plan with what each source does of it. `facts`: what is known of the last reading.
    """

    def __init__(
        self, plan: Plan, places: Sequence[SourcePlace], catalog: Catalog | None, doubt: Doubt | None = None
    ) -> None:
        self.plan = plan
        self.places = tuple(places)
        self.doubt = doubt
        self._catalog = catalog
        self.pushed = spread(plan, [place.service.capabilities for place in places], catalog) if places else plan
        nodes = aggregates_in(*expressions_of(plan))
        self.aggregates = AggregateReader(nodes, LoggedIn(nodes), LoggedIn(nodes))
        self.aggregates_of = self.aggregates.of if nodes else None
        """What is known of the histories of a run, where anything is asked of them."""
        self.metrics = doubt.metrics if doubt is not None and not isinstance(plan, Count) else ()
        self._runs = table_of(self.pushed).input
        self.streams = not those(self.pushed, Sort)
        """Whether runs come in the order of the plan, so that each may be passed on before the next is read."""
        self._begin()

    def _begin(self) -> None:
        """Forget what an earlier reading counted."""
        self.facts = RunFacts(self.plan, self.pushed, self.places, self.aggregates, self.doubt)
        self._operators = RunOperators(self.places, self.aggregates, self.facts, self.metrics)
        self._kept: list[Sequence[FoundRun]] = []
        self._has_all = False
        """Whether the parts that were kept are the whole answer."""

    @property
    def asked(self) -> WandbSelector:
        """What `Runs` is asked for the runs, of the first source; the rest of the plan is done here."""
        selector = those(self.pushed, Fetch)[0].selector
        if isinstance(selector, WandbSelector):
            return selector
        return selector_of_runs(self.plan, self.places[0].service.capabilities, self._catalog)

    # ---------------------------------------------------------------- the runs

    def found(self) -> tuple[FoundRun, ...]:
        """The runs, all at once. Raises `NotFound` if the query names a run or a sweep that is not there."""
        if not self._has_all:
            for _ in self.parts(keep=True):
                pass
        if len(self._kept) != 1 or not isinstance(self._kept[0], tuple):
            self._kept = [tuple(chain.from_iterable(self._kept))]
        return tuple(self._kept[0])

    def parts(self, *, keep: bool = False, least: int = 1) -> Iterator[Sequence[FoundRun]]:
        """The runs, part by part in the order of the plan, as they come; see `streams`. Raises as `found` does.

        Whoever is done with a part says so (`forget`). Answers of up to a thousand runs are kept, to be read again;
        with `keep` any. `least`: how many runs a part has, but for the last.
        """
        if self._has_all:
            if self._kept:
                yield joined_found(self._kept)
            return
        self._begin()
        if self.doubt is not None and not self.doubt.has_looked:
            self.doubt.look(self._operators.first_page(self._runs))
        is_held, waiting = True, list[Sequence[FoundRun]]()
        for part in filter(None, self._operators.pull(self._runs)):
            if self.aggregates.nodes:
                self.aggregates.load(part)
                self.aggregates.take(part)
            self.facts.add(part)
            is_held = is_held and (keep or not self.streams or self.facts.passed <= _KEPT)
            if is_held:
                self._kept.append(part)
            else:
                self._kept = []
            waiting.append(part)
            if sum(map(len, waiting)) >= least:
                yield joined_found(waiting)
                waiting = []
        self.facts.is_whole, self._has_all = True, is_held
        if not self.facts.passed:
            self._check_name()
        if waiting:
            yield joined_found(waiting)

    def columns(self, fetch: Fetch, keys: tuple[RunValue, ...]) -> RunColumns | None:
        """The runs that a source gives, as columns of fields; `None` where it gives none, or they were read before."""
        if self._has_all:
            return None
        place = self.places[fetch.at]
        if not place.service.capabilities.columns:
            return None
        self._begin()
        found = self._operators.paging(fetch).columns(keys)
        if found is None:
            self._begin()
        return found

    def digest(
        self, fetch: Fetch, digest: Digest, keys: tuple[FieldKey, ...], of_all: tuple[FieldKey, ...]
    ) -> RunDigest | None:
        """What the first stage needs of the runs that a source gives; `None` where that does not say it with less, or
        they were read before."""
        if self._has_all:
            return None
        self._begin()
        found = self._operators.paging(fetch).digest(digest, keys, of_all)
        if found is None:
            self._begin()
        return found

    def forget(self, part: Sequence[FoundRun]) -> None:
        """Drop what was read for a part that nobody will ask about again."""
        if not self._kept:
            self.aggregates.forget(part)

    def came(self) -> tuple[FoundRun, ...]:
        """The runs of a reading that failed, as far as they are a part of the answer and are still held."""
        if self.streams:
            return tuple(chain.from_iterable(self._kept))
        is_part = not those(self.plan, Limit) and not those(self.plan, Slice) and not self.aggregates.nodes
        return tuple(self._operators.ordered(self._operators.held, keys_of(self.plan))) if is_part else ()

    # ---------------------------------------------------------------- counts

    def count(self) -> int:
        """How many runs match, without listing them where the sources can say so."""
        total = RunCounter(self.places, self._operators, self.facts, self.doubt).total(self._runs)
        if total is None:
            for part in self.parts():
                self.forget(part)
            return self.facts.passed
        if total == 0:
            if self.doubt is not None:
                self.doubt.settle()
            self._check_name()
        return total

    @property
    def selected(self) -> int | None:
        """How many runs the plan takes, also where its reading was stopped; `None` if nobody knows."""
        if self.facts.is_whole:
            return self.facts.passed
        total = self.facts.total_of_source()
        return None if total is None else taken_of(self.plan, total)

    @property
    def announced(self) -> int | None:
        """How many runs will be looked at, as far as the sources have said so; unknown where a limit ends it early."""
        cut = any(node.stops for node in those(self.pushed, Limit))
        return None if cut or any(any(node.most) for node in those(self.pushed, Merge)) else self.facts.announced

    @property
    def metrics_known(self) -> Collection[str]:
        """The metrics that the runs of the sources logged, where all of them are known."""
        catalog = self._catalog
        return catalog.index.metrics[Space.LOGGED] if catalog is not None and catalog.complete else ()

    def known(self, catalog: Catalog) -> Catalog:
        """The catalog for what is said of an answer: asked for now, if it was put off."""
        try:
            return self.doubt.settle(late=True) if self.doubt is not None else catalog
        except BackendError:
            return catalog  # the answer is there: that no more can be said of it is no reason to take it back

    # ---------------------------------------------------------------- the run or the sweep that is named

    def _check_name(self) -> None:
        """No run is an error if there is no such run or sweep, not if it fails the condition."""
        named = scan_of(self.plan).named
        if named is None:
            return
        for place in self.places:
            service, entity, project = place.service, place.entity, place.project
            short = named.ident.rpartition("/")[2]
            name = short if f"/{entity}/{project}/{short}".endswith(f"/{named.ident}") else named.ident
            if named.is_run and service.run(entity, project, name, LIGHT) is not None:
                return
            if not named.is_run and service.sweep(entity, project, named.ident):
                return
            if not named.is_run and service.count(entity, project, named_selector(named, service.capabilities)):
                return
        raise _no_run(self.places[0], named.ident) if named.is_run else _no_sweep(self.places[0], named.ident)


def _no_run(place: SourcePlace, ident: str) -> RunQLError:
    return not_found(place.service, place.entity, place.project, ident)


def _no_sweep(place: SourcePlace, ident: str) -> RunQLError:
    near = nearest(ident, [sweep.id for sweep in place.service.sweeps(place.entity, place.project)])
    hints = [f"nearest: {', '.join(f'`{sweep}`' for sweep in near)}"] if near else []
    return NotFound.of("RQL402", f"no sweep `{ident}` in {place.name}", *hints)
