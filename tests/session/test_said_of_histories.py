"""What is said of histories: metrics that nobody logged, rows without an x, values that `ffill` carries."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from runql.plan.capabilities import Capabilities
from runql.semantic.record import RunHistory
from runql.session import Result
from runql.sources.memory import MemoryService
from runql.sources.protocol import HistoryRequest
from runql.text.diagnostic import Diagnostic
from tests.session.fixtures import Lined, Watched, ask, session

RUNS = [{"id": "a", "config": {"lr": 0.1}}, {"id": "b", "config": {"lr": 0.2}}, {"id": "c", "config": {"lr": 0.3}}]
ROWS: dict[str, list[dict[str, Any]]] = {
    "a": [{"loss": 0.5, "epoch": 0}, {"loss": 0.4}, {"val": 0.3}],
    "b": [{"loss": 0.5}, {"loss": 0.4, "epoch": 1}, {"loss": 0.4}],
    "c": [{"loss": 1}],
}


def said(text: str, code: str, system: dict[str, list[dict[str, Any]]] | None = None) -> list[tuple[str, str]]:
    notices = ask(text, MemoryService(RUNS, ROWS, system=system)).notices
    return [(notice.message, "; ".join(notice.hints)) for notice in notices if notice.code == code]


ONE_HAS_IT = "1 of 3 runs have `summary.val`; those that logged it: `where exists(logged.val)`"
OUTER = "`align outer`: rows that hold any of them"


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("runs where id = 'b' keys val", "the run has no value of `val`", ONE_HAS_IT),
        ("runs where id != 'a' keys loss, val", "these 2 runs have no value of `val`", ONE_HAS_IT),
        ("runs keys loss steps 7..", "these 3 runs have no value of `loss` within the steps 7..", ""),
        ("runs where id = 'b' keys v*", "the run has no metric that matches `v*`", ""),
        ("runs where id = 'b' select at(logged.val, 2)", "the run has no value of `val`", ONE_HAS_IT),
        ("runs where id = 'b' | derive v = when(logged.val < 1)", "the run has no value of `val`", ONE_HAS_IT),
        ("runs where id = 'b' order auc(logged.val)", "the run has no value of `val`", ONE_HAS_IT),
        ("runs where id = 'b' and min(logged.val) < 1", "the run has no value of `val`", ONE_HAS_IT),
        ("runs where id = 'b' | group : mean(max(logged.val))", "the run has no value of `val`", ONE_HAS_IT),
        ("runs keys system.*", "no machine metrics were logged in memory", ""),
        ("runs keys loss, val align inner", "no row holds all of `loss`, `val`", OUTER),
        ("runs steps 70..80 scan", "these 3 runs logged nothing within the steps 70..80", ""),
    ],
)
def test_what_none_of_the_runs_logged(text: str, message: str, hint: str) -> None:
    assert said(text, "RQL308") == [(message, hint)]


def test_machine_metrics_of_other_runs() -> None:
    system = {"a": [{"_timestamp": 1, "system.cpu": 5}]}
    text = "runs where id = 'b' keys system.cpu"
    assert said(text, "RQL308", system) == [("the run has no value of `system.cpu`", "1 of 3 runs have it")]
    assert said("runs keys system.cpu", "RQL308", system) == []


def test_machine_metrics_that_were_joined_are_values() -> None:
    rows = {name: [{"loss": 1, "_timestamp": 5}] for name in ROWS}
    system = {"a": [{"_timestamp": 1, "system.cpu": 5}], "b": [{"_timestamp": 9, "system.cpu": 5}]}
    notices = ask("runs keys loss, system.cpu scan", MemoryService(RUNS, rows, system=system)).notices
    assert [(notice.code, notice.message) for notice in notices] == [("RQL323", "1 of 3 runs logged `system.cpu`")]


AFTER_ONE = "stopped after 1 of 2 matching runs"


@pytest.mark.parametrize(
    ("text", "footer"),
    [
        ("runs keys loss scan | limit 1", ("1 row", "from 2 rows", "stopped after 1 of 3 runs")),
        ("runs keys loss scan | limit 3", ("3 rows", "from 5 rows", "stopped after 2 of 3 runs")),
        ("runs keys loss scan | limit 30", ("6 rows", "3 runs")),
        ("runs limit 2 keys loss scan | limit 1", ("1 row", "from 2 rows", "stopped after 1 of 2 runs")),
        (
            "runs where id != 'c' keys loss scan | limit 1",
            ("1 row", "from 2 rows", "stopped after 1 of 2 matching runs"),
        ),
        ("runs | limit 1", ("1 row", "from 3 runs")),
        ("runs where id = 'a' | limit 1", ("1 row", "from 1 of 3 runs")),
    ],
)
def test_a_limit_that_stops_the_reading_leaves_what_was_read(text: str, footer: tuple[str, ...]) -> None:
    result = ask(text, MemoryService(RUNS, ROWS))
    result.pandas()
    assert result.footer()[: len(footer)] == footer


def test_rows_without_an_x_are_summed_up() -> None:
    (text,) = said("runs keys loss x epoch", "RQL508")
    assert text[0] == "4 rows of 3 runs left out: no `epoch`"
    (text,) = said("runs where id = 'a' keys loss x epoch", "RQL508")
    assert text[0] == "1 row of run `a` left out: no `epoch`"


SPARSE = [{"loss": 1 / (step + 1), **({"val": step} if step % 7 == 0 else {})} for step in range(300)]


class AtHand(MemoryService):
    def __init__(self) -> None:
        super().__init__([{"id": "a"}], {"a": SPARSE})


class Sampling(AtHand):
    """A server, which samples by itself."""

    @property
    def capabilities(self) -> Capabilities:
        return replace(super().capabilities, cheap_pages=False)


@pytest.mark.parametrize("samples", [1, 5, 40, 299, 300, 1000])
def test_a_sample_of_filled_rows_has_what_was_logged_last(samples: int) -> None:
    every = {row["_step"]: row for row in ask("runs keys loss, val scan align ffill", AtHand())}
    filled = [*ask(f"runs keys loss, val sample {samples} align ffill", AtHand())]
    plain = [*ask(f"runs keys loss, val sample {samples}", AtHand())]
    assert [row["_step"] for row in filled] == [row["_step"] for row in plain]
    assert filled == [every[row["_step"]] for row in filled]


def test_what_is_said_of_a_sample_is_the_same_filled_or_not() -> None:
    def counts(align: str) -> list[str]:
        result = ask(f"runs keys loss, val sample 5 align {align}", AtHand())
        len(result)
        return [result.footer()[0], *(notice.message for notice in result.notices if notice.code == "RQL302")]

    assert counts("ffill") == counts("outer")


def test_where_only_a_sample_can_be_had_it_is_said_that_it_was_filled() -> None:
    result = ask("runs keys loss, val sample 5 align ffill", Sampling())
    assert "filled with the last sampled value, not the last logged one" in [each.message for each in result.notices]
    assert "filled with" not in str(ask("runs keys loss, val scan align ffill", Sampling()).notices)


class Damaged(Watched):
    """A source of which something could not be read."""

    def runs_page(self, request: Any) -> Any:
        torn = tuple(Diagnostic("RQL503", f"`run-{number}.wandb` could not be read") for number in range(9))
        return replace(super().runs_page(request), notices=torn)

    def histories(self, request: HistoryRequest) -> Iterator[RunHistory]:
        for history in super().histories(request):
            notice = Diagnostic("RQL505", f"run `{history.run_id}` is still being written", hints=("wait",))
            yield replace(history, notices=(notice,))


def test_a_count_tells_of_what_could_not_be_read() -> None:
    result = ask("count runs where config.lr > 0.05", Damaged())
    assert int(result) == 6
    assert {notice.code for notice in result.warnings} == {"RQL503"}


def test_of_many_notices_of_a_kind_a_few_are_shown() -> None:
    result = ask("runs keys loss", Damaged())
    assert len([notice for notice in result.notices if notice.code == "RQL505"]) == 12
    footer = result.footer()
    assert [part for part in footer if "being written" in part] == [
        f"run `r{number}` is still being written" for number in range(3)
    ]
    assert "and 9 more like it" in footer
    assert result.ways_out()[0] == "RQL505 wait"


def test_time_and_requests_of_the_check_count_too() -> None:
    class Counting(Lined):
        def catalog(self, entity: str, project: str, *, metrics: bool = False) -> Any:
            self.line.requests += 1
            return super().catalog(entity, project, metrics=metrics)

        def runs_page(self, request: Any) -> Any:
            self.line.requests += 1
            return super().runs_page(request)

    first, second = session(Counting()).run("runs; count runs")
    assert isinstance(first, Result)
    assert isinstance(second, Result)
    assert (len(first), int(second)) == (12, 12)
    assert first.footer()[-1].startswith("2 requests, ")
    assert second.footer()[-1].startswith("2 requests, ")
    assert "request" not in str(ask("runs").footer())


def test_the_mean_of_truths_is_their_share_and_what_is_skipped_is_said() -> None:
    rows = {"a": [{"_step": at, "ok": at > 0, "note": "x"} for at in range(4)]}
    asked = "runs select mean(logged.ok) as share, max(logged.ok) as most, mean(logged.note) as note"
    result = ask(asked, MemoryService([{"id": "a"}], rows))
    assert result.pandas()["share"].tolist() == [0.75]
    said = {notice.message for notice in result.notices if notice.code == "RQL312"}
    assert said == {
        "`max(logged.ok)`: 4 values that are no numbers skipped; empty for 1 run: no number among the values",
        "`mean(logged.note)`: 4 values that are no numbers skipped; empty for 1 run: no number among the values",
    }


def test_what_was_skipped_in_histories_is_said_before_what_follows_from_it() -> None:
    rows: dict[str, list[dict[str, Any]]] = {"a": [{"note": "x"}], "b": [{"note": 1}]}
    source = MemoryService([{"id": "a", "config": {"lr": 1}}, {"id": "b"}], rows)
    result = ask("runs where config.lr != 2 order max(logged.note)", source)
    assert [row["id"] for row in result] == ["b", "a"]
    assert [notice.code for notice in result.notices] == ["RQL312", "RQL303", "RQL306"]


def test_groups_that_look_alike_are_told_apart() -> None:
    runs = [
        {"id": id_, "config": config}
        for id_, config in (("a", {}), ("b", {"m": None}), ("c", {"m": ""}), ("d", {"m": "x"}))
    ]
    notices = ask("runs | group config.m : count()", MemoryService(runs, {})).notices
    said = [notice.message for notice in notices if notice.code == "RQL332"]
    assert said == ["`config.m` has groups that look alike in CSV and JSON: missing and null and the empty text"]
    assert not [
        n
        for n in ask("runs where id in ('a', 'd') | group config.m : count()", MemoryService(runs, {})).notices
        if n.code == "RQL332"
    ]


@pytest.mark.parametrize(
    ("stages", "warned"),
    [
        ("where epoch > 0", True),
        ("first | where epoch > 0", True),
        ("last | where epoch > 0", False),
        ("where summary.epoch > 0", False),
        ("derive epoch = loss | where epoch > 0", False),
    ],
)
def test_a_metric_that_keys_lacks_is_warned_of_by_a_source_that_tells_what_was_logged(
    stages: str, warned: bool
) -> None:
    runs = [{**run, "summary": {"epoch": 1, "loss": 0.4}} for run in RUNS]
    notices = ask(f"runs keys loss scan | {stages}", MemoryService(runs, ROWS)).notices
    assert ("RQL576" in [one.code for one in notices]) is warned


def test_a_field_of_the_summary_alone_is_not_called_a_metric() -> None:
    service = MemoryService([{"id": "a", "summary": {"minutes": 3}}], {"a": [{"loss": 1}]})
    (notice,) = [one for one in ask("runs keys minutes", service).notices if one.code == "RQL308"]
    assert notice.hints == ("1 of 1 runs have it, in the summary: `summary.minutes`",)
    (notice,) = [one for one in ask("runs where exists(logged.minutes)", service).notices if one.code == "RQL307"]
    assert "none logged it, and 1 have `summary.minutes`" in str(notice)
