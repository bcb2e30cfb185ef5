"""From a text to its answer, over runs in memory."""

from __future__ import annotations

from typing import Any

import pytest

from runql.errors import NotFound, QueryError, RunNotFoundError
from runql.results.terminal_table.options import View
from runql.semantic.values import MISSING
from runql.session import Result
from tests.session.fixtures import Watched, ask, session


def ids(text: str, service: Watched | None = None, **params: Any) -> list[str]:
    return [row["id"] for row in ask(text, service, **params)]


def codes(result: Result) -> list[str]:
    return [notice.code for notice in result.notices]


def test_the_sentence_of_the_language() -> None:
    result = ask("runs where config.lr > 0.01 order -summary.loss sample 5 keys loss, val/loss limit 2")
    assert result.frame.names == ("run_id", "_step", "loss", "val/loss")
    assert list(dict.fromkeys(row["run_id"] for row in result)) == ["r11", "r10"]
    first = next(iter(result))
    assert first == {"run_id": "r11", "_step": 0, "loss": 12, "val/loss": 1}
    assert result.footer()[:2] == (f"{len(result)} rows", "2 of 10 matching runs")
    assert {"RQL302", "RQL507"} <= set(codes(result))


def test_named_fields_are_the_columns() -> None:
    result = ask("runs where config.lr > 0.05 and state = 'finished' order -summary.loss")
    assert result.frame.names == ("id", "name", "state", "created", "config.lr", "summary.loss")
    assert [row["id"] for row in result] == ["r10", "r8", "r6"]
    assert result.footer()[0] == "3 of 12 runs"


def test_with_nothing_named_what_differs_is_shown() -> None:
    frame = ask("runs").frame
    assert frame.names[:4] == ("id", "name", "state", "created")
    assert {"config.lr", "config.opt", "summary.loss"} <= set(frame.names)
    assert frame.columns["config.opt"][0] is MISSING


def test_nothing_is_read_before_it_is_asked_for() -> None:
    service = Watched()
    result = ask("runs where config.lr > 0.05 sample 5 keys loss", service)
    assert service.asked == []
    assert result.explain()
    assert service.asked == []
    len(result)
    assert service.asked == ["page", "histories"]


def test_a_limit_reads_no_more_histories_than_it_must() -> None:
    service = Watched()
    len(ask("runs order -config.lr limit 3 scan keys loss", service))
    assert service.history_ids == ["r11", "r10", "r9"]


def test_histories_behind_a_condition_are_read_only_for_runs_that_pass_the_rest() -> None:
    service = Watched()
    assert ids("runs where min(logged.loss) < 0.4 and config.lr > 0.07", service) == ["r8", "r9", "r10"]
    assert service.history_ids == ["r8", "r9", "r10", "r11"]


def test_aggregates_may_order_and_be_shown_and_each_history_is_read_once() -> None:
    service = Watched()
    result = ask("runs order -last(logged.loss) limit 2 select id, last(logged.loss) as end, max(logged.loss)", service)
    assert [*result] == [
        {"id": "r11", "end": 0.4, "max(logged.loss)": 12},
        {"id": "r10", "end": 11 / 30, "max(logged.loss)": 11},
    ]
    assert sorted(service.history_ids) == sorted(f"r{number}" for number in range(12))


def test_counts() -> None:
    service = Watched()
    result = ask("count runs where config.lr >= 0.1", service)
    assert (int(result), result.value, [*result]) == (2, 2, [{"count": 2}])
    assert service.asked == ["page"]
    assert int(ask("count runs where min(logged.loss) < 0.2")) == 5
    assert int(ask("count runs where config.lr > 0.05 and not (config.lr > 0.05)")) == 0
    with pytest.raises(TypeError):
        int(ask("runs"))


def test_one_run_shows_all_of_it() -> None:
    result = ask("run r3")
    (row,) = result
    assert (row["id"], row["config.lr"], row["summary.loss"]) == ("r3", 0.03, 4 / 30)
    assert ask("run r3 keys val/loss").frame.names == ("run_id", "_step", "val/loss")


def test_a_run_that_is_not_there() -> None:
    result = ask("run r33")
    with pytest.raises(RunNotFoundError) as error:
        len(result)
    assert "nearest: `r3`" in error.value.diagnostics[0].message


def test_one_sweep() -> None:
    service = Watched(4, sweep="s1")
    assert ids("sweep s1 where config.lr > 0.01", service) == ["r2", "r3"]
    assert int(ask("count sweep s1", service)) == 4
    with pytest.raises(NotFound, match="no sweep `s2`"):
        int(ask("count sweep s2", service))
    with pytest.raises(NotFound, match="no sweep `s2`"):
        len(ask("sweep s2", service))
    assert len(ask("sweep s1 where config.lr > 5", service)) == 0


def test_parameters_are_bound() -> None:
    assert ids("runs where id in $ids and config.lr > $lr", ids=["r1", "r5", "r6"], lr=0.03) == ["r5", "r6"]
    assert ids("runs where name = $name", name="' or true or '") == []
    assert ids("runs limit $n", n=2) == ["r0", "r1"]


@pytest.mark.parametrize(
    ("text", "params", "expected"),
    [
        ("runs where config.lrr > 0", {}, ["RQL201"]),
        ("runs where config.lr > $x", {}, ["RQL207"]),
        ("runs", {"sorce": "demo"}, ["RQL217"]),
        ("runs keys losss sample 5", {}, ["RQL208"]),
        ("runs where config.lr >", {}, None),
        ("runs from _", {}, ["RQL220"]),
        ("runs from @best", {}, ["RQL220"]),
        ("runs limit 3; runs where config.no = 1; runs where config.nay = 1", {}, ["RQL201", "RQL201"]),
    ],
)
def test_what_is_wrong_stops_before_anything_is_asked(
    text: str, params: dict[str, Any], expected: list[str] | None
) -> None:
    service = Watched()
    with pytest.raises(QueryError) as error:
        session(service).run(text, params)
    if expected is not None:
        assert [diagnostic.code for diagnostic in error.value.diagnostics] == expected
    assert error.value.source is not None
    assert error.value.source.text == text
    assert service.asked == []


@pytest.mark.parametrize("asked", ["runs", "count runs"])
def test_what_is_counted_in_is_said(asked: str) -> None:
    result = ask(f"{asked} where config.opt != 'sgd'")
    (notice,) = [notice for notice in result.notices if notice.code == "RQL303"]
    assert notice.message == "incl. 3 runs without `config.opt`"
    assert notice.message in result.footer()


@pytest.mark.parametrize(
    ("condition", "matching"),
    [("exists(logged.loss)", 12), ("not missing(logged.loss)", 12), ("missing(logged.loss)", 0)],
)
def test_what_a_run_at_hand_logged_is_known_without_its_rows(condition: str, matching: int) -> None:
    service = Watched()
    found = ask(f"runs where {condition} limit 5 select id", service)
    assert len(found) == min(5, matching)
    assert not matching or found.footer()[0] == f"5 of {matching} matching runs"
    assert ask(f"count runs where {condition}", service).value == matching
    assert service.history_ids == []


def test_a_script_gives_a_result_for_each_statement() -> None:
    results = session().run("runs limit 1; count runs; run r2")
    assert [len(result) for result in results if isinstance(result, Result)] == [1, 1, 1]


def test_select_over_histories_repeats_on_each_row() -> None:
    result = ask("runs where config.lr > 0.09 keys loss steps 3..4 select name, config.lr as rate")
    assert [*result] == [
        {"run_id": f"r{n}", "_step": step, "loss": (n + 1) / (step + 1), "name": f"run {n}", "rate": n / 100}
        for n in (10, 11)
        for step in (3, 4)
    ]


@pytest.mark.parametrize(("align", "count"), [("outer", 30), ("inner", 3), ("ffill", 30)])
def test_align(align: str, count: int) -> None:
    result = ask(f"run r1 keys loss, val/loss scan align {align}")
    assert len(result) == count
    assert (result.frame.columns["val/loss"][1] is MISSING) is (align == "outer")


def test_patterns_of_keys() -> None:
    assert ask("runs keys *loss scan limit 1").frame.names == ("run_id", "_step", "loss", "val/loss")


@pytest.mark.parametrize("text", ["runs lazy", "runs lazy order name"])
def test_lazy_loads_nothing_heavy(text: str) -> None:
    result = ask(text)
    assert result.frame.names == ("id", "name", "state", "created")


def test_the_runs_of_a_result_are_exactly_those() -> None:
    result = ask("runs where summary.loss * 2 > 0.5 order -summary.loss limit 3")
    assert [run.id for run in result.runs] == ["r11", "r10", "r9"]
    assert len(result.runs) == 3
    assert result.runs[0].config == {"lr": 0.11, "opt": "adam"}
    assert {row["run_id"] for row in result.runs.histories(samples=3, keys=["loss"])} == {"r11", "r10", "r9"}


def test_a_result_looks_like_a_table() -> None:
    result = ask("runs order -config.lr limit 2 select id, config.lr")
    assert repr(result).startswith("id   config.lr\n")
    assert "2 rows × 2 columns · 2 of 12 matching runs" in repr(result)
    page = result._repr_html_() or ""
    assert ">r11</td>" in page
    assert "2 rows × 2 columns" in page
    assert "2 of 12 matching runs" in page
    assert "<b>12</b>" in (ask("count runs")._repr_html_() or "")
    assert repr(ask("count runs")) == "12"
    assert result.pandas().shape == result.polars().shape == result.arrow().shape == (2, 2)


def test_histories_stream_when_the_columns_are_known() -> None:
    service = Watched()
    frames = ask("runs scan keys loss", service).output(View()).frames
    assert next(iter(frames)).columns["run_id"][0] == "r0"


def test_no_row_is_no_error() -> None:
    result = ask("runs where config.lr > 5")
    assert [*result] == []
    assert result.frame.names == ("id", "name", "state", "created", "config.lr")
    assert result.footer()[0] == "0 of 12 runs"
    assert len(ask("runs where config.lr > 5 keys loss")) == 0
    assert ask("runs where config.lr > 5 keys loss").frame.names == ("run_id", "_step", "loss")


def test_an_offset_is_a_page_further_on() -> None:
    assert ids("runs order config.lr limit 2 offset 3") == ["r3", "r4"]
    assert ids("runs order config.lr offset 10") == ["r10", "r11"]
    assert ask("runs order config.lr limit 2 offset 3").footer()[0] == "2 of 12 matching runs, behind the first 3"
    assert ask("runs order config.lr offset 10").footer()[0] == "2 of 12 runs, behind the first 10"


def test_an_offset_behind_the_last_run_is_said_and_not_taken_for_an_empty_source() -> None:
    result = ask("runs where config.lr > 0.05 offset 100")
    assert len(result) == 0
    (said,) = [notice for notice in result.notices if notice.code == "RQL307"]
    assert said.message.startswith("6 runs match, and `offset 100` leaves out all: ")


def test_what_an_offset_leaves_out_has_no_history_read() -> None:
    service = Watched()
    len(ask("runs order -config.lr limit 2 offset 3 scan keys loss", service))
    assert service.history_ids == ["r8", "r7"]


@pytest.mark.parametrize("text", ["count runs offset 3", "runs offset $n", "runs | offset $n"])
def test_an_offset_that_means_nothing(text: str) -> None:
    with pytest.raises(QueryError, match=r"RQL2(13|09)"):
        len(ask(text, n=-1) if "$" in text else ask(text))


def test_a_column_of_numbers_keeps_its_type_where_no_row_has_a_value() -> None:
    one_each = ask("runs where id in ('r1', 'r2') | group id : spread = std(summary.loss), which = max(name)")
    assert one_each.frame.columns["spread"].count(MISSING) == 2
    assert one_each.pandas().dtypes["spread"] == "float64"
    assert str(one_each.polars().schema["spread"]) == "Float64"
    assert str(one_each.arrow().schema.field("spread").type) == "double"
    renamed = ask("runs where id in ('r1', 'r2') | group id : s = std(summary.loss) | derive d = s * 2 | rename s as t")
    assert [str(dtype) for dtype in renamed.pandas()[["t", "d"]].dtypes] == ["float64", "float64"]
    assert ask("runs limit 2 select id, notes").pandas().dtypes["notes"] == "object"
