"""Runs that two sources of a question hold: the fresher one counts.

Which one that is has to be known before a condition is asked: a run that one source calls running may be finished in
the other, and then it is not among those that run.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from itertools import combinations
from typing import Final, TypeAlias

from runql.execute.pages import FoundRun
from runql.semantic.record import RunRecord
from runql.sources.concurrent import together
from runql.sources.open import SourcePlace
from runql.sources.protocol import LIGHT, PageRequest
from runql.text.diagnostic import Diagnostic

_Key: TypeAlias = tuple[str, str, str]
_PER_PAGE: Final = 1000
_GO_ON: Final = frozenset({"running", "pending", "preempting"})
_AS_FRESH: Final = timedelta(minutes=1)
"""What a server and a disk may tell apart of the last sign of a run that has ended."""
_NEVER: Final = datetime.min.replace(tzinfo=UTC)
_NOW: Final = datetime.max.replace(tzinfo=UTC)


class Overlap:
    """Which runs of several sources are left out. Nothing is asked before somebody wants to know."""

    def __init__(self, places: Sequence[SourcePlace]) -> None:
        self._places = tuple(places)

    @cached_property
    def is_possible(self) -> bool:
        """Whether two of the sources may hold one run."""
        return bool(self._pairs)

    def is_stale(self, at: int, record: RunRecord) -> bool:
        """Whether another source has a fresher state of a run than that of this number."""
        return _key(record) in self._stale[at]

    @property
    def count(self) -> int:
        """How many runs are left out."""
        return sum(map(len, self._stale))

    def said(self) -> Iterator[Diagnostic]:
        """Which runs are left out where."""
        for at, stale in enumerate(self._stale):
            if stale:
                place, ids = self._places[at], tuple(dict.fromkeys(run_id for _, _, run_id in stale))
                many = f"{{n}} runs of `{place.name}` are left out: another source has the same or a later state"
                one = f"run `{ids[0]}` of `{place.name}` is left out: another source has the same or a later state"
                message = one if len(ids) == 1 else many.replace("{n}", f"{len(ids):,}")
                yield Diagnostic("RQL595", message, names=ids, many=many)

    @cached_property
    def _pairs(self) -> list[tuple[int, int]]:
        owners = [(place.entity, place.project) for place in self._places]

        def may_meet(one: int, other: int) -> bool:
            return all(
                not mine or not theirs or mine == theirs
                for mine, theirs in zip(owners[one], owners[other], strict=True)
            )

        return [pair for pair in combinations(range(len(owners)), 2) if may_meet(*pair)]

    @cached_property
    def _stale(self) -> tuple[frozenset[_Key], ...]:
        meeting = sorted({at for pair in self._pairs for at in pair})
        by_id: dict[str, list[tuple[int, FoundRun]]] = {}
        at_hand = [at for at in meeting if self._places[at].service.capabilities.cheap_pages]
        listed = together([partial(_listed, self._places[at]) for at in at_hand], self._places)
        for at, runs in zip(at_hand, listed, strict=True):
            for found in runs:
                by_id.setdefault(found.record.id, []).append((at, found))
        others = [at for at in meeting if at not in at_hand]
        # A server is asked for the runs that a disk has, not for all; of two of them one lists its runs.
        asked = [self._asked(at, by_id, others) for at in others]
        for at, runs in zip(others, asked, strict=True):
            for found in runs:
                by_id.setdefault(found.record.id, []).append((at, found))
        stale: list[set[_Key]] = [set() for _ in self._places]
        for several in by_id.values():
            for at, record in _left_out(several, self._places):
                stale[at].add(_key(record))
        return tuple(map(frozenset, stale))

    def _asked(self, at: int, by_id: dict[str, list[tuple[int, FoundRun]]], others: Sequence[int]) -> list[FoundRun]:
        place = self._places[at]
        if any(at in pair and all(one in others for one in pair) for pair in self._pairs):
            return _listed(place)
        ids = tuple(run_id for run_id, found in by_id.items() if any(_may_be_of(one, place) for _, one in found))
        if not ids:
            return []
        known = place.service.upgrade(place.entity, place.project, ids, LIGHT)
        return [FoundRun(record, place) for record in known.values()]


def _key(record: RunRecord) -> _Key:
    return record.entity, record.project, record.id


def _may_be_of(found: FoundRun, place: SourcePlace) -> bool:
    owners = ((found.entity, place.entity), (found.project, place.project))
    return all(not mine or not theirs or mine == theirs for mine, theirs in owners)


def _listed(place: SourcePlace) -> list[FoundRun]:
    """All runs of a source, with what a listing tells of them."""
    request = PageRequest(place.entity, place.project, per_page=_PER_PAGE)
    found: list[FoundRun] = []
    while True:
        page = place.service.runs_page(request)
        found += (FoundRun(record, place) for record in page.runs)
        if not page.has_next:
            return found
        request = replace(request, cursor=page.cursor)


def _left_out(
    several: Sequence[tuple[int, FoundRun]], places: Sequence[SourcePlace]
) -> Iterator[tuple[int, RunRecord]]:
    """Of runs of one id those that are the same as a fresher one."""
    rest = list(several)
    while len(rest) > 1:
        first, *others = rest
        same = [first, *(one for one in others if one[0] != first[0] and one[1].is_same_run(first[1]))]
        best = same[0]
        for one in same[1:]:
            best = one if _is_fresher(one, best, places) else best
        yield from ((at, found.record) for at, found in same if found is not best[1])
        gone = {id(found) for _, found in same}
        rest = [one for one in rest if id(one[1]) not in gone]


def _is_fresher(one: tuple[int, FoundRun], other: tuple[int, FoundRun], places: Sequence[SourcePlace]) -> bool:
    """Whether a run is fresher than the same one of a source that was named before: its last sign of life is later.

    Of two that have ended within a minute, and of equal ones, the source that is asked as it is now wins over a copy,
    the newer copy over the older one, and then what was named first.
    """
    (at, mine), (before, theirs) = one, other
    signs = [found.record.heartbeat or found.record.created or _NEVER for found in (mine, theirs)]
    goes_on = [found.record.state is None or found.record.state in _GO_ON for found in (mine, theirs)]
    have_ended = not any(goes_on) and mine.record.state == theirs.record.state
    if signs[0] != signs[1] and not (have_ended and abs(signs[0] - signs[1]) < _AS_FRESH):
        return signs[0] > signs[1]
    if goes_on[0] is not goes_on[1]:
        return goes_on[1]
    times = [places[number].service.as_of or _NOW for number in (at, before)]
    return times[0] > times[1]
