"""How many runs match, without listing them: one request a project."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from runql.engine.evaluate import compile_truth
from runql.plan.push import Pushed
from runql.sources.concurrent import together
from runql.sources.open import Place
from runql.text.diagnostic import Diagnostic

if TYPE_CHECKING:
    from runql.execute.executor import Reading

FIRST_RUNS = 499
"""How many runs come with a count that the server cannot be left to: what a page of W&B's holds, but for the one that
shows whether the last of them ties."""


def counted(reading: Reading) -> int | None:
    """The sum over the sources; `None` if the runs must be listed for it."""
    if reading.query.limit is not None or not _are_apart(reading.places):
        return None
    pairs = list(zip(reading.places, reading.pushed, strict=True))
    counts = together([partial(_counted_there, reading, *pair) for pair in pairs], reading.places)
    if None in counts:
        return None
    total = sum(count or 0 for count in counts)
    if total == 0 and reading.doubt is not None:
        reading.doubt.settle()
    return total


def _are_apart(places: Sequence[Place]) -> bool:
    """Whether no run can be in two of them."""
    owners = {(place.entity, place.project) for place in places}
    return len(places) == 1 or (len(owners) == len(places) and all(map(all, owners)))


def _counted_there(reading: Reading, place: Place, pushed: Pushed) -> int | None:
    if pushed.nothing:
        return 0
    can = place.service.capabilities
    if pushed.exact and can.counts:
        return reading.counted_at(place, pushed)
    if can.cheap_pages or not can.counts or pushed.here:
        return None
    return _with_first_runs(reading, place, pushed)


def _with_first_runs(reading: Reading, place: Place, pushed: Pushed) -> int | None:
    """The server's count, with the first runs that it means: mostly these are all, and decided here."""
    paging = reading.paging(place, pushed, FIRST_RUNS, reading.wanted(pushed))
    first = next(paging.pages(), [])
    reading.look(first)
    passes = compile_truth(pushed.residual) if pushed.residual is not None else None
    passed = sum(1 for record in first if passes is None or passes(record) is True)
    if not paging.has_more:
        return passed
    if passed < len(first):
        return None
    if not place.service.capabilities.counts:
        return None  # it turned out not to count: what was counted then are the runs that came
    total = paging.total()
    if total is not None:
        reading.say(_left_to_the_server(len(first), total))
    return total


def _left_to_the_server(looked_at: int, total: int) -> Diagnostic:
    message = f"the server counted: of {total:,} runs the first {looked_at:,} were looked at, and all match"
    return Diagnostic("RQL326", message, hints=("`runs where … select id` looks at each",))
