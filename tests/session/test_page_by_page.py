"""Tables that are passed on as pages come: nothing is held that was passed on, and what came before an error stays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

import runql
from runql.api import Connection
from runql.errors import Unreachable
from runql.plan.capabilities import Capabilities, Trust
from runql.results.columns import Columns
from runql.results.frame import Frame
from runql.results.terminal_table.options import View
from runql.session import Result
from runql.sources.protocol import Page, PageRequest
from tests.session.fixtures import Watched, ask, session

STREAMED = "runs page 10 select id, config.lr"


class Dying(Watched):
    """A source whose line breaks after so many pages."""

    def __init__(self, pages: int, count: int = 60) -> None:
        super().__init__(count)
        self.left = pages

    def runs_page(self, request: PageRequest) -> Page:
        if not self.left:
            raise Unreachable.of("RQL404", "it is gone")
        self.left -= 1
        page: Page = super().runs_page(request)
        return page


class Unordered(Watched):
    """A source that makes no order, so that all its runs wait for it here."""

    @property
    def capabilities(self) -> Capabilities:
        return replace(super().capabilities, order=Trust.NONE)


def parts(result: Result) -> Iterator[Columns]:
    return iter(result.output(View()).frames)


def test_rows_come_before_the_next_page_is_asked_for() -> None:
    service = Watched(60)
    frames = parts(ask(STREAMED, service))
    service.asked.clear()
    assert next(frames).length == 10
    assert service.asked == ["page"]
    assert sum(frame.length for frame in frames) == 50


class Sized(Watched):
    """Remembers how many runs each page was asked for."""

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self.sizes: list[int] = []

    def runs_page(self, request: PageRequest) -> Page:
        self.sizes.append(request.per_page)
        page: Page = super().runs_page(request)
        return page


def test_only_the_first_page_of_a_plain_list_is_small() -> None:
    for query, sizes in (("runs select id", [50, 500, 500]), ("runs page 100 select id", [100] * 6)):
        service = Sized(600)
        result = ask(query, service)
        service.sizes.clear()
        assert [*result.frame.columns["id"]] == [f"r{at}" for at in range(600)]
        assert service.sizes == sizes


@pytest.mark.parametrize(
    "query",
    [
        "runs page 10 select id, config.lr",
        "runs where config.opt != sgd page 10 select id, config.opt",
        "runs order -config.lr page 10 select id, config.lr limit 25",
        "runs order config.opt page 7 select id, config.opt",
        "runs order config.opt, -config.lr page 7 select id, config.opt",
        "runs page 10 select id, min(logged.loss)",
        "runs where min(logged.loss) < 1 page 10 select id",
        "runs page 10 select id, config.lr | derive twice = 2 * config.lr | where twice > 0.4",
        "runs page 10 | group config.opt : n = count()",
        "runs page 10 keys loss sample 5",
        "runs page 10",
    ],
)
def test_a_table_is_the_same_in_parts_and_whole(query: str) -> None:
    query = query.replace("sgd", '"sgd"')
    in_parts = ask(query, Watched(60))
    frames = [*parts(in_parts)]
    whole = ask(query, Unordered(60))
    assert Frame.concat(frames, whole.frame.names) == whole.frame
    assert in_parts.notices == whole.notices
    assert in_parts.footer()[:-1] == whole.footer()[:-1]


def test_no_run_is_held_that_was_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runql.execute.executor._KEPT", 15)
    (result,) = session(Watched(60)).run("runs page 10 select id, min(logged.loss)")
    assert isinstance(result, Result)
    executor = result.answer.executor
    for part in executor.parts():
        executor.forget(part)
        assert len(executor.aggregates._held) <= 15 + 10
        assert len(executor._kept) <= 15
    assert executor.facts.passed == 60


def test_a_short_answer_is_read_once_and_a_long_one_again(monkeypatch: pytest.MonkeyPatch) -> None:
    for kept, times in ((1000, 1), (30, 2)):
        monkeypatch.setattr("runql.execute.executor._KEPT", kept)
        service = Watched(60)
        result = ask(STREAMED, service)
        service.asked.clear()
        assert sum(frame.length for frame in parts(result)) == 60
        assert [run.id for run in result.runs] == [f"r{at}" for at in range(60)]
        assert service.asked.count("page") == 6 * times
        assert result.footer()[0] == "60 runs"


@pytest.mark.parametrize("query", [STREAMED, "runs page 10", "runs order config.opt, -config.lr page 10 select id"])
def test_the_rows_before_an_error_are_kept(query: str) -> None:
    result = ask(query, Dying(4))
    with pytest.raises(Unreachable) as caught:
        _ = result.frame
    assert isinstance(result.partial, Frame)
    assert caught.value.partial is result.partial
    assert result.partial.length == 40
    came = [*result.partial.columns["id"]]
    whole = [*ask(query, Watched(60)).frame.columns["id"]]
    assert came == [run_id for run_id in whole if run_id in came]
    assert len({*came}) == 40


def test_nothing_is_kept_of_the_first_few_of_an_order_made_here() -> None:
    result = ask("runs order -min(logged.loss) limit 5 page 10 select id", Dying(4))
    with pytest.raises(Unreachable) as caught:
        _ = result.frame
    assert result.partial is caught.value.partial is None


def test_runs_that_change_their_place_meanwhile_are_said() -> None:
    class Turned(Watched):
        """A server whose runs move: it gives its second page first."""

        @property
        def capabilities(self) -> Capabilities:
            return Capabilities(order=Trust.EXACT)

        def runs_page(self, request: PageRequest) -> Page:
            first, second = (
                super(Turned, self).runs_page(PageRequest("", "", cursor=cursor, per_page=10))
                for cursor in (None, super().runs_page(PageRequest("", "", per_page=10)).cursor)
            )
            is_first = request.cursor is None
            return Page((second if is_first else first).runs, first.cursor, is_first, first.total)

    turned = ask("runs page 10 select id, created", Turned(20))
    assert turned.frame.length == 20
    assert [notice.message for notice in turned.notices if notice.code == "RQL407"] == [
        "runs changed while they were read: the order is broken once"
    ]


def test_what_is_not_open_has_a_repr() -> None:
    assert repr(Connection.__new__(Connection)) == "<Connection, not open>"
    assert repr(runql.Api.__new__(runql.Api)) == "<Api, not open>"
