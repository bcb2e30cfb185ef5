"""Paging over sources that misbehave: rows that come twice, pages that fail, counts that are not known."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runql.errors import RunNotFoundError, ServerError, Unreachable
from runql.sources.protocol import FULL, Page, PageRequest, Wanted
from runql.wandb_api.runs import Run, Runs
from tests.wandb_api.stub import StubService

IDS = [f"r{at:02}" for at in range(10)]
TEN = [{"id": run_id, "config": {"n": at}} for at, run_id in enumerate(IDS)]


def without_total(_request: PageRequest, page: Page) -> Page:
    return replace(page, total=None)


def test_a_run_that_comes_twice_is_there_once() -> None:
    def overlapping(request: PageRequest, page: Page) -> Page:
        # As when a run is added in front while somebody pages: the last run of a page opens the next one.
        return page if request.cursor is None else replace(page, runs=(first.runs[-1], *page.runs))

    first = StubService(TEN).runs_page(PageRequest("", "", per_page=4))
    runs = Runs(StubService(TEN, overlapping), "", "", per_page=4)
    assert [run.id for run in runs] == IDS
    assert len(runs) == 10


def test_a_page_without_a_new_run_does_not_end_the_list() -> None:
    def stuttering(request: PageRequest, page: Page) -> Page:
        return replace(page, runs=()) if len(service.requests) == 2 else page

    service = StubService(TEN, stuttering)
    assert [run.id for run in Runs(service, "", "", per_page=4)] == [*IDS[:4], *IDS[8:]]


def test_a_source_that_does_not_say_where_to_go_on_is_an_error() -> None:
    runs = Runs(StubService(TEN, lambda _request, page: replace(page, cursor=None)), "", "", per_page=4)
    with pytest.raises(ServerError, match="not where they start"):
        list(runs)
    first = StubService(TEN).runs_page(PageRequest("", "", per_page=4))
    stuck = Runs(StubService(TEN, lambda _request, page: replace(page, cursor=first.cursor)), "", "", per_page=4)
    with pytest.raises(ServerError, match="not where they start"):
        list(stuck)


def test_a_page_that_failed_can_be_asked_for_again() -> None:
    def failing(_request: PageRequest, page: Page) -> Page:
        if len(service.requests) == 2:
            raise Unreachable.of("RQL404", "no connection")
        return page

    service = StubService(TEN, failing)
    runs = Runs(service, "", "", per_page=4)
    with pytest.raises(Unreachable):
        list(runs)
    assert [run.id for run in runs.objects] == IDS[:4]
    assert [run.id for run in runs] == IDS


def test_the_length_where_nobody_counts_is_that_of_the_list() -> None:
    service = StubService(TEN, without_total)
    assert len(Runs(service, "", "", per_page=4)) == 10
    assert len(service.requests) == 3


def test_the_length_of_a_page_that_says_it_costs_nothing_more() -> None:
    service = StubService(TEN)
    assert len(Runs(service, "", "", per_page=4)) == 10
    assert len(service.requests) == 1


def test_many_threads_fetch_each_page_once() -> None:
    service = StubService(TEN)
    runs = Runs(service, "", "", per_page=2)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: [run.id for run in runs], range(16)))
    assert answers == [IDS] * 16
    assert len(service.requests) == 5


def test_exactly_what_is_wanted_is_fetched() -> None:
    wanted = Wanted(config=("n",))
    service = StubService([{"id": "a", "config": {"n": 1, "m": 2}}])
    (run,) = Runs(service, "", "", wanted=wanted)
    assert run.record.config == {"n": 1}
    assert service.requests[0].wanted == wanted
    assert run.config == {"n": 1, "m": 2}


def test_a_run_that_is_gone_is_told_when_it_is_read() -> None:
    service = StubService(TEN)
    runs = list(Runs(service, "", ""))
    service._records = service._records[1:]
    assert runs[3].config == {"n": 3}
    with pytest.raises(RunNotFoundError, match="no run `r00`"):
        _ = runs[0].config


def test_a_light_record_given_as_full_is_completed() -> None:
    service = StubService(TEN)
    light = service.runs_page(PageRequest("", "")).runs[2]
    assert Run(service, "", "", "r02", light, lazy=False).config == {"n": 2}
    assert Run(service, "", "", "r02", replace(light, config={"n": 5}), lazy=False).config == {"n": 5}


def test_full_listings_ask_for_everything() -> None:
    service = StubService(TEN)
    list(Runs(service, "", "", lazy=False))
    assert [request.wanted for request in service.requests] == [FULL]


bounds = st.one_of(st.none(), st.integers(-12, 12))


@settings(max_examples=150, deadline=None)
@given(bounds, bounds, st.one_of(st.none(), st.integers(-3, 3).filter(bool)), st.integers(1, 4))
def test_every_slice_is_that_of_the_list(start: int | None, stop: int | None, step: int | None, per_page: int) -> None:
    service = StubService(TEN)
    index = slice(start, stop, step)
    found = [run.id for run in Runs(service, "", "", per_page=per_page)[index]]
    assert found == IDS[index]
    touched = range(10)[index]
    bounded = all(bound is None or bound >= 0 for bound in (start, stop))
    if bounded and (step is None or step > 0) and stop is not None:
        reach = min(stop, 10) if touched else min(stop, 10) if (start or 0) < stop else 0
        assert len(service.requests) == -(-reach // per_page)
