"""How many runs match, without listing them: one request a project."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from runql.engine.evaluate import compile_truth
from runql.execute.deferred_names import Doubt
from runql.execute.operators import RunOperators
from runql.execute.run_facts import RunFacts
from runql.plan.nodes import Fetch, Filter, Merge, Runs, those
from runql.plan.push import FIRST_RUNS
from runql.sources.concurrent import together
from runql.sources.open import SourcePlace
from runql.sources.protocol import LIGHT
from runql.text.diagnostic import Diagnostic


class RunCounter:
    """Counts the runs of a plan by its sources."""

    def __init__(
        self, places: Sequence[SourcePlace], operators: RunOperators, facts: RunFacts, doubt: Doubt | None
    ) -> None:
        self._places = places
        self._operators = operators
        self._facts = facts
        self._doubt = doubt

    def total(self, runs: Runs) -> int | None:
        """The sum over the sources; `None` if the runs must be listed for it."""
        inputs = runs.inputs if isinstance(runs, Merge) else (runs,)
        if not self._are_apart() or not all(isinstance(one, Fetch | Filter) for one in inputs):
            return None
        counts = together([partial(self._of_source, one) for one in inputs], self._places)
        return None if None in counts else sum(count or 0 for count in counts)

    def _are_apart(self) -> bool:
        """Whether no run can be in two of the sources."""
        owners = {(place.entity, place.project) for place in self._places}
        return len(self._places) == 1 or (len(owners) == len(self._places) and all(map(all, owners)))

    def _of_source(self, runs: Runs) -> int | None:
        """`runs`: what a source gives, with the filters over it."""
        (fetch,) = those(runs, Fetch)
        if fetch.is_empty:
            return 0
        place = self._places[fetch.at]
        can = place.service.capabilities
        if not (fetch.exact and can.counts):
            return None if can.cheap_pages or not can.counts or fetch.here else self._with_first_runs(runs, fetch)
        if not can.cheap_pages:
            return place.service.count(place.entity, place.project, fetch.selector)
        if self._facts.tells_of_runs:
            return None
        # Only a page tells of runs that could not be read, without which the count would pass for the whole.
        paging = self._operators.paging(fetch, 1, LIGHT)
        return paging.total() if next(paging.pages(), ()) else 0

    def _with_first_runs(self, runs: Runs, fetch: Fetch) -> int | None:
        """The server's count, with the first runs that it means: mostly these are all, and decided here."""
        paging = self._operators.paging(fetch, FIRST_RUNS)
        first = next(paging.pages()).records
        self._facts.fetched += len(first)
        if self._doubt is not None:
            self._doubt.look(first)
        tests = [compile_truth(node.condition) for node in those(runs, Filter)]
        passed = sum(1 for record in first if all(passes(record) is True for passes in tests))
        if not paging.has_more:
            return passed
        if passed < len(first):
            return None
        if not self._places[fetch.at].service.capabilities.counts:
            return None  # it turned out not to count: what was counted then are the runs that came
        total = paging.total()
        if total is not None:
            self._facts.say(_left_to_the_server(len(first), total))
        return total


def _left_to_the_server(looked_at: int, total: int) -> Diagnostic:
    message = f"the server counted: of {total:,} runs the first {looked_at:,} were looked at, and all match"
    return Diagnostic("RQL326", message, hints=("`runs where … select id` looks at each",))
