"""Histories over HTTP: few requests, every row, whatever fails."""

from __future__ import annotations

import json
import math
from itertools import product
from typing import Any, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runql.errors import NotFound, ServerError
from runql.semantic.record import RunHistory
from runql.semantic.values import MISSING
from runql.sources.protocol import HistoryRequest
from runql.sources.wandb import WandbService
from tests.server import Fault, Knobs, LoopbackServer, Seen, Store
from tests.server.samples import vision
from tests.sources.wandb.conftest import Connect, Serve


def ask(service: WandbService, run_ids: Any, keys: Any = ("loss", "acc"), **more: Any) -> list[RunHistory]:
    return list(service.histories(HistoryRequest("acme", "vision", tuple(run_ids), keys, **more)))


def rows_of(history: RunHistory) -> list[dict[str, Any]]:
    names = list(history.columns)
    cells = zip(*history.columns.values(), strict=True)
    return [{n: c for n, c in zip(names, row, strict=True) if c is not MISSING} for row in cells]


def truth(server: LoopbackServer, run_id: str, keys: Any, rows: str, axis: str = "_step") -> list[dict[str, Any]]:
    """The rows that a request should give when nothing is sampled."""
    run = server.store.find(("acme", "vision"), run_id)
    assert run is not None
    test = all if rows == "all" else any
    wanted = [*dict.fromkeys(("_step", axis, *keys))]
    return [
        {key: row[key] for key in wanted if key in row}
        for row in run["history"]
        if test(key in row for key in keys) and axis in row
    ]


RUNS = [f"run{at:05d}" for at in range(60)]


def test_many_runs_travel_together_in_their_order(serve: Serve, connect: Connect) -> None:
    server = serve()
    found = ask(connect(server), reversed(RUNS))
    assert [history.run_id for history in found] == RUNS[::-1]
    assert [rows_of(history) for history in found] == [
        truth(server, run_id, ("loss", "acc"), "any") for run_id in RUNS[::-1]
    ]
    assert len(server.seen) == 3  # twenty runs each
    assert all(dict(history.rows_of) == {"loss": 40, "acc": 40} and not history.sampled for history in found)


@pytest.mark.parametrize("rows", ["all", "any"])
@pytest.mark.parametrize("keys", [("loss",), ("val/loss", "loss"), ("nothing", "loss"), ("nothing",)])
@pytest.mark.parametrize("samples", [500, None])
def test_metrics_of_different_steps(
    serve: Serve, connect: Connect, rows: str, keys: tuple[str, ...], samples: int | None
) -> None:
    server = serve()
    found = ask(connect(server), RUNS[:30], keys, rows=rows, samples=samples)
    assert [rows_of(history) for history in found] == [truth(server, run_id, keys, rows) for run_id in RUNS[:30]]
    # Both batches learn of the sets at once, and ask for what is missing.
    assert len(server.seen) <= 4


def test_sets_that_were_learned_are_asked_for_at_once(serve: Serve, connect: Connect) -> None:
    server = serve(vision(400, 40))
    run_ids = [f"run{at:05d}" for at in range(400)]
    found = ask(connect(server), run_ids, ("loss", "val/loss"))
    assert [rows_of(history) for history in found[::50]] == [
        truth(server, run_id, ("loss", "val/loss"), "any") for run_id in run_ids[::50]
    ]
    assert len(server.seen) < 2 * 400 / 20


def test_a_sample_says_so(serve: Serve, connect: Connect) -> None:
    server = serve()
    (history,) = ask(connect(server), RUNS[:1], ("loss", "val/loss"), samples=10)
    assert history.sampled
    assert dict(history.rows_of) == {"loss": 40, "val/loss": 4}
    assert sum(cell is not MISSING for cell in history.columns["val/loss"]) == 4
    assert 10 <= sum(cell is not MISSING for cell in history.columns["loss"]) <= 14
    (whole,) = ask(connect(server), RUNS[:1], None, samples=10)
    assert whole.sampled
    assert whole.length == 10
    assert whole.rows_of["loss"] == 40


def test_equally_often_is_not_together(serve: Serve, connect: Connect) -> None:
    store = Store()
    history = [{"_step": step, "ab"[step % 2]: step} for step in range(20)]
    store.add_project("acme", "vision", [{"name": "odd", "history": history}])
    (found,) = ask(connect(serve(store)), ["odd"], ("a", "b"))
    assert rows_of(found) == history
    assert dict(found.rows_of) == {"a": 10, "b": 10}


@pytest.mark.parametrize("samples", [500, None])
def test_steps_have_both_ends(serve: Serve, connect: Connect, samples: int | None) -> None:
    server = serve()
    service = connect(server)
    for keys in (("loss", "val/loss"), None):
        (found,) = ask(service, RUNS[:1], keys, min_step=10, max_step=20, samples=samples)
        assert list(found.columns["_step"]) == list(range(10, 21))
        assert found.rows_of["loss"] == 11
        assert found.rows_of["val/loss"] == 2


def test_nan_however_it_is_written(serve: Serve, connect: Connect) -> None:
    store = Store()
    history = [{"_step": 0, "loss": math.nan, "note": "NaN"}, {"_step": 1, "loss": -math.inf, "note": "x"}]
    store.add_project("acme", "vision", [{"name": "a", "history": history}])
    spellings: tuple[Literal["string", "bare"], ...] = ("string", "bare")
    for nan_as in spellings:
        knobs = Knobs()
        knobs.nan_as = nan_as
        (found,) = ask(connect(serve(store, knobs)), ["a"], ("loss", "note"))
        assert math.isnan(found.columns["loss"][0])
        assert found.columns["loss"][1] == -math.inf
        assert list(found.columns["note"]) == ["NaN", "x"]


def test_a_poisoned_run_costs_no_other(serve: Serve, connect: Connect) -> None:
    server = serve(knobs=Knobs(poisoned=frozenset({"run00007", "run00033"})))
    found = ask(connect(server), RUNS)
    assert [history.run_id for history in found] == RUNS
    lost = [history for history in found if history.notices]
    assert [history.run_id for history in lost] == ["run00007", "run00033"]
    assert [notice.code for history in lost for notice in history.notices] == ["RQL408", "RQL408"]
    assert all(history.length == 40 for history in found if history not in lost)
    assert len(server.seen) < 40


def test_a_run_that_fails_the_graphql_way_costs_no_other(serve: Serve, connect: Connect) -> None:
    def fault(seen: Seen) -> Fault | None:
        body = '{"errors": [{"message": "could not read run"}], "data": {"project": null}}'
        return Fault.graphql(body) if "run00003" in str(seen.variables.get("filters")) else None

    found = ask(connect(serve(knobs=Knobs(fault_for=fault))), RUNS[:10])
    assert [bool(history.notices) for history in found] == [at == 3 for at in range(10)]
    assert "could not read run" in found[3].notices[0].message


def test_a_server_that_always_fails_is_no_matter_of_runs(serve: Serve, connect: Connect) -> None:
    server = serve(knobs=Knobs(poisoned=frozenset(RUNS)))
    with pytest.raises(ServerError, match="RQL405"):
        ask(connect(server), RUNS)
    assert len(server.seen) < 80


def test_answers_that_are_too_large_are_asked_for_in_parts(serve: Serve, connect: Connect) -> None:
    server = serve(knobs=Knobs(max_body=20_000))
    found = ask(connect(server), RUNS)
    assert [history.length for history in found] == [40] * 60
    assert not any(history.notices for history in found)


def test_runs_that_are_gone_are_told(serve: Serve, connect: Connect) -> None:
    found = ask(connect(serve()), ["run00001", "gone", "run00002"])
    assert [history.length for history in found] == [40, 0, 40]
    assert "`gone`" in found[1].notices[0].message
    for samples in (500, None):
        with pytest.raises(NotFound):
            list(connect(serve()).histories(HistoryRequest("acme", "visoin", ("a",), samples=samples)))


LACKING: list[set[str]] = [
    {"Run.sampledHistory"},
    {"Run.historyKeys"},
    {"Run.history(maxKeyLimit)"},
    {"Run.sampledHistory", "Run.historyKeys"},
    {"Project.runs(filters)"},
]


@pytest.mark.parametrize("samples", [500, None])
@pytest.mark.parametrize("lacks", LACKING, ids=lambda parts: " ".join(sorted(parts)))
def test_older_servers_give_the_same(serve: Serve, connect: Connect, lacks: set[str], samples: int | None) -> None:
    server = serve(knobs=Knobs(lacks=frozenset(lacks)))
    service = connect(server)
    for keys in (("loss", "val/loss"), ("acc",), None):
        found = ask(service, RUNS[:25], keys, samples=samples)
        logged = keys or ("_timestamp", "_runtime", "loss", "acc", "val/loss")
        assert [rows_of(each) for each in found] == [truth(server, run_id, logged, "any") for run_id in RUNS[:25]]
    said = {
        notice.code for each in ask(connect(server), RUNS[:1], ("loss",), samples=samples) for notice in each.notices
    }
    assert said == ({"RQL406"} if lacks & {"Run.sampledHistory", "Run.historyKeys"} else set())


def test_a_server_without_any_history_says_so(serve: Serve, connect: Connect) -> None:
    server = serve(knobs=Knobs(lacks=frozenset({"Run.sampledHistory", "Run.history", "Run.historyKeys"})))
    for samples, keys in product((500, None), (("loss",), None)):
        server.forget()
        service = connect(server)
        with pytest.raises(ServerError, match=r"RQL415.*`history`"):
            ask(service, RUNS, keys, samples=samples)
        assert len(server.seen) <= 10
        server.forget()
        with pytest.raises(ServerError, match=r"RQL415.*`history`"):
            ask(service, RUNS, keys, samples=samples)
        assert server.seen == []


@pytest.mark.parametrize("samples", [500, None])
def test_a_server_without_machine_metrics_says_so(serve: Serve, connect: Connect, samples: int | None) -> None:
    server = serve(knobs=Knobs(lacks=frozenset({"Run.events"})))
    with pytest.raises(ServerError, match=r"RQL415.*`events`"):
        ask(connect(server), RUNS, ("system.gpu.0.gpu",), samples=samples, stream="system")


def test_a_server_that_ignores_filters_is_asked_by_name(serve: Serve, connect: Connect) -> None:
    server = serve(knobs=Knobs(ignores=frozenset({"filters"})))
    found = ask(connect(server), RUNS[:30])
    assert [history.length for history in found] == [40] * 30
    assert server.operations["RunqlHistoriesByName"] >= 2


def test_the_machines_stream(serve: Serve, connect: Connect) -> None:
    server = serve()
    found = ask(connect(server), RUNS[:25], None, stream="system")
    assert [history.length for history in found] == [20] * 25
    assert list(found[0].columns["system.gpu.0.gpu"]) == [90.0 + at for at in range(20)]
    (one,) = ask(connect(server), RUNS[:1], ("system.gpu.0.gpu", "system.nothing"), stream="system", samples=None)
    assert list(one.columns) == ["_timestamp", "system.gpu.0.gpu"]
    assert len(server.seen) == 3


def scanned(found: list[RunHistory], run_id: str) -> list[dict[str, Any]]:
    return [row for history in found if history.run_id == run_id for row in rows_of(history)]


@pytest.mark.parametrize("keys", [None, ("a", "b")])
@pytest.mark.parametrize("stride", [1, 7, 5000])
def test_a_scan_reads_every_row_of_long_runs(
    serve: Serve, connect: Connect, keys: tuple[str, ...] | None, stride: int
) -> None:
    store = Store()
    long = [{"_step": at * stride, "a": at, **({"b": -at} if at % 3 == 0 else {})} for at in range(3500)]
    # Sparse and then dense: a wide page comes back full, and is read again in halves.
    uneven = [{"_step": at * 100_000 if at < 200 else 19_900_000 + at, "a": at} for at in range(2500)]
    runs = [("long", long), ("short", long[:5]), ("none", []), ("uneven", uneven)]
    store.add_project("acme", "vision", ({"name": name, "history": rows} for name, rows in runs))
    server = serve(store)
    found = ask(connect(server), [name for name, _ in runs], keys, samples=None)
    order = [history.run_id for history in found]
    assert list(dict.fromkeys(order)) == [name for name, _ in runs]
    assert order == sorted(order, key=[name for name, _ in runs].index)
    for name, rows in runs:
        assert scanned(found, name) == rows
    assert not any(history.sampled or history.notices for history in found)
    assert len(server.seen) < 80


METRICS = st.sets(st.sampled_from(["a", "b", "c", "t"]), max_size=4)


@given(
    runs=st.lists(st.lists(METRICS, max_size=25), min_size=1, max_size=4),
    keys=st.lists(st.sampled_from(["a", "b", "c", "t", "zz"]), min_size=1, max_size=4, unique=True),
    rows=st.sampled_from(["all", "any"]),
    samples=st.sampled_from([500, None]),
    lacks=st.sampled_from([set(), {"Run.sampledHistory"}, {"Run.historyKeys"}]),
)
@settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_any_mix_of_metrics(  # noqa: PLR0917 - one a drawn value
    serve: Serve, connect: Connect, runs: Any, keys: list[str], rows: str, samples: int | None, lacks: set[str]
) -> None:
    store = Store()
    for at, steps in enumerate(runs):
        history = [{"_step": step, **dict.fromkeys(sorted(names), step)} for step, names in enumerate(steps) if names]
        store.add_run("acme", "vision", {"name": f"r{at}", "history": history})
    server = serve(store, Knobs(lacks=frozenset(lacks)))
    found = ask(connect(server), [f"r{at}" for at in range(len(runs))], tuple(keys), rows=rows, samples=samples)
    for at in range(len(runs)):
        assert scanned(found, f"r{at}") == truth(server, f"r{at}", keys, rows)


def test_it_stops_asking_when_nobody_reads_on(serve: Serve, connect: Connect) -> None:
    server = serve(vision(400, 5))
    stream = connect(server).histories(HistoryRequest("acme", "vision", tuple(f"run{at:05d}" for at in range(400))))
    next(stream)
    stream.close()  # type: ignore[attr-defined]
    assert len(server.seen) <= 9


def test_specs_are_what_the_protocol_says(serve: Serve, connect: Connect) -> None:
    server = serve()
    ask(connect(server), RUNS[:1], ("loss",), samples=7, min_step=3, max_step=9, x_axis="_runtime")
    (spec,) = (json.loads(each) for each in server.seen[0].variables["specs"])
    assert spec == {"keys": ["_step", "_runtime", "loss"], "samples": 7, "minStep": 3, "maxStep": 9}
    assert json.loads(server.seen[0].variables["filters"]) == {"name": {"$in": ["run00000"]}}


@pytest.mark.parametrize("query", [{"samples": 20}, {"samples": None}])
def test_a_server_may_cap_its_pages(serve: Serve, connect: Connect, query: dict[str, Any]) -> None:
    whole, capped = serve(vision(60, 12)), serve(vision(60, 12), Knobs(max_first=7))
    ids = tuple(f"run{at:05}" for at in range(60))
    request = HistoryRequest("acme", "vision", ids, ("loss",), **query)
    histories = list(connect(capped).histories(request))
    assert [history.run_id for history in histories] == list(ids)
    assert histories == list(connect(whole).histories(request))
    assert not any(history.notices for history in histories)
    assert len(capped.seen) <= 24
