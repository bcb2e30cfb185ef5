"""A run that the server cannot read costs its own row and no other, few requests, and is told."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest

from runql.errors import NotFound, RunQLError, ServerError
from runql.session import Result, Session
from runql.sources.protocol import FULL, PageRequest, Wanted
from runql.text.diagnostic import Diagnostic
from runql.text.source import Source
from runql.wandb_api.projects import Sweeps
from runql.wandb_api.runs import Runs
from tests.server import Fault, Knobs, Seen
from tests.server.samples import vision, wide
from tests.sources.wandb.conftest import HASTY, Connect, Serve

PANIC = '{"errors":[{"message":"panic occurred"}]}'
FEW = 30
"""Requests: two for each halving of a page, and a few to be sure of it."""

EVERYTHING = frozenset({"name"})


def name(at: int) -> str:
    return f"run{at:05d}"


def but(*bad: int, count: int = 60) -> list[str]:
    return [name(at) for at in range(count) if at not in bad]


def ask(service: Any, text: str) -> Result:
    (result,) = Session(service).run(Source(text), {})
    assert isinstance(result, Result)
    assert result.frame.length >= 0  # read now
    return result


def ids(result: Result) -> list[str]:
    return [row["id"] for row in result.frame.rows()]


def said(result: Result, code: str) -> list[str]:
    return [notice.message for notice in result.notices if notice.code == code]


def codes(notices: tuple[Diagnostic, ...]) -> list[str]:
    return [notice.code for notice in notices]


def offset_after(cursor: str | None) -> int:
    return 0 if not cursor else int(base64.b64decode(cursor).decode().removeprefix("arrayconnection:")) + 1


def covering(*bad: int, names_pass: bool = True, fault: Fault | None = None) -> Callable[[Seen], Fault | None]:
    """A server that breaks over every page that holds one of these runs, in whatever order it is asked."""
    operations = {"RunqlRuns"} if names_pass else {"RunqlRuns", "RunqlRunNames"}
    broken = fault or Fault("status", 500, PANIC)

    def of(seen: Seen) -> Fault | None:
        if seen.operation not in operations:
            return None
        start = offset_after(seen.variables.get("after"))
        return broken if any(start <= at < start + seen.variables["first"] for at in bad) else None

    return of


# ------------------------------------------------------------ by the page


@pytest.mark.parametrize("bad", [(17,), (0,), (59,), (17, 18), (0, 59), (3, 30, 44)], ids=str)
def test_all_others_come_and_each_loss_is_told(serve: Serve, connect: Connect, bad: tuple[int, ...]) -> None:
    server = serve(knobs=Knobs(fault_for=covering(*bad)))
    result = ask(connect(server, entity="acme", project="vision"), "runs select id, config.lr")
    assert ids(result) == but(*bad)
    for at, message in zip(bad, said(result, "RQL408"), strict=True):
        assert message.startswith(f"run `{name(at)}` could not be read, and is left out: ")
        assert message.endswith("failed: panic occurred (status 500)")
    assert said(result, "RQL407") == []
    assert len(server.seen) <= FEW * len(bad)


@pytest.mark.parametrize("bad", [17, 59])
def test_a_run_whose_id_cannot_be_read_either_is_told_by_its_place(serve: Serve, connect: Connect, bad: int) -> None:
    server = serve(knobs=Knobs(fault_for=covering(bad, names_pass=False)))
    result = ask(connect(server, entity="acme", project="vision"), "runs select id")
    assert ids(result) == but(bad)
    (message,) = said(result, "RQL408")
    assert message.startswith(f"a run (number {bad + 1} by `+created_at`, after run `{name(bad - 1)}`) could not be")
    assert len(server.seen) <= FEW


@pytest.mark.parametrize(
    "fault",
    [
        Fault.graphql('{"errors":[{"message":"interface conversion: interface {} is nil, not string"}],"data":null}'),
        Fault.graphql('{"errors":[{"message":"no idea"}],"data":null}'),
        Fault("drop"),
        Fault("cut"),
        Fault("status", 504, '{"errors": [{"message": "context deadline exceeded"}]}'),
    ],
    ids=str,
)
def test_whatever_it_is_that_the_server_breaks_with(serve: Serve, connect: Connect, fault: Fault) -> None:
    server = serve(knobs=Knobs(fault_for=covering(17, fault=fault)))
    result = ask(connect(server, entity="acme", project="vision"), "runs select id")
    assert ids(result) == but(17)
    assert len(said(result, "RQL408")) == 1
    assert len(server.seen) <= FEW + 6


def test_a_large_project_stays_fast_behind_the_run(serve: Serve, connect: Connect) -> None:
    server = serve(wide(3000), Knobs(fault_for=covering(700)))
    service = connect(server)
    runs = Runs(service, "acme", "wide", per_page=500)
    assert len(list(runs)) == 2999
    assert codes(runs.notices) == ["RQL408"]
    assert len(server.seen) <= FEW + 10
    assert len(runs) == 2999


def test_a_page_of_which_none_can_be_read(serve: Serve, connect: Connect) -> None:
    bad = range(20, 40)
    server = serve(knobs=Knobs(fault_for=covering(*bad)))
    result = ask(connect(server, entity="acme", project="vision"), "runs select id")
    assert ids(result) == but(*bad)
    told = said(result, "RQL408")
    assert len(told) == 11
    assert told[-1] == "10 more runs could not be read, and left out likewise"


def test_a_server_that_can_read_no_run_at_all_is_an_error(serve: Serve, connect: Connect) -> None:
    server = serve(knobs=Knobs(fault_for=covering(*range(60))))
    with pytest.raises(ServerError, match="panic occurred"):
        ask(connect(server, entity="acme", project="vision"), "runs select id")
    assert len(server.seen) <= FEW


def test_a_server_that_breaks_over_everything_is_waited_for(serve: Serve, connect: Connect) -> None:
    """What is down for a while costs no row, however often it failed meanwhile."""
    left = [40]

    def down(_: Seen) -> Fault | None:
        left[0] -= 1
        return Fault("status", 503) if left[0] >= 0 else None

    server = serve(knobs=Knobs(fault_for=down))
    result = ask(connect(server, entity="acme", project="vision"), "runs select id, config.lr")
    assert ids(result) == but()
    assert not {"RQL405", "RQL407", "RQL408", "RQL411"} & set(codes(result.notices))


def test_a_server_that_goes_away_behind_the_first_page_costs_no_row(serve: Serve, connect: Connect) -> None:
    served = [0]

    def down(_: Seen) -> Fault | None:
        served[0] += 1
        return Fault("status", 503) if 1 < served[0] < 40 else None

    server = serve(wide(1500), Knobs(fault_for=down))
    runs = Runs(connect(server), "acme", "wide", per_page=100)
    assert len(list(runs)) == 1500
    assert runs.notices == ()


# ------------------------------------------------------------ by the run


@pytest.mark.parametrize("tells_where", [False, True])
@pytest.mark.parametrize("order", ["created", "-created", "config.lr", "-summary.loss", "name, id"])
def test_whatever_the_order(serve: Serve, connect: Connect, order: str, tells_where: bool) -> None:
    good = ask(connect(serve(), entity="acme", project="vision"), f"runs order {order} select id")
    server = serve(knobs=Knobs(panics={name(17): EVERYTHING}, tells_where=tells_where))
    result = ask(connect(server, entity="acme", project="vision"), f"runs order {order} select id")
    assert ids(result) == [each for each in ids(good) if each != name(17)]
    assert len(said(result, "RQL408")) == 1
    assert said(result, "RQL407") == []
    assert len(server.seen) <= FEW + 15


@pytest.mark.parametrize("tells_where", [False, True])
@pytest.mark.parametrize(
    "where", ["config.lr > 0.03", "state = 'finished'", "config.model.depth = 18", "tags has 'good'", "id != 'x'"]
)
def test_whatever_the_condition(serve: Serve, connect: Connect, where: str, tells_where: bool) -> None:
    good = ids(ask(connect(serve(), entity="acme", project="vision"), f"runs where {where} select id"))
    bad = good[len(good) // 2]
    server = serve(knobs=Knobs(panics={bad: EVERYTHING}, tells_where=tells_where))
    result = ask(connect(server, entity="acme", project="vision"), f"runs where {where} select id")
    assert ids(result) == [each for each in good if each != bad]
    assert len(said(result, "RQL408")) == 1


@pytest.mark.parametrize("text", ["runs limit 10 select id", "runs limit 17 select id"])
def test_a_limit_before_the_run_has_nothing_to_say(serve: Serve, connect: Connect, text: str) -> None:
    server = serve(knobs=Knobs(panics={name(25): EVERYTHING}))
    result = ask(connect(server, entity="acme", project="vision"), text)
    assert ids(result) == but()[: len(ids(result))]
    assert said(result, "RQL408") == []
    assert len(server.seen) == 1


def test_a_limit_counts_the_runs_that_came(serve: Serve, connect: Connect) -> None:
    server = serve(knobs=Knobs(panics={name(4): EVERYTHING}))
    result = ask(connect(server, entity="acme", project="vision"), "runs limit 10 select id")
    assert ids(result) == but(4)[:10]
    assert len(said(result, "RQL408")) == 1


def test_counts_do_not_pass_for_the_whole(serve: Serve, connect: Connect) -> None:
    lr = {run["name"]: run["config"]["lr"] for run in vision(60, 40).projects["acme", "vision"]}
    bad = next(each for each in lr if lr[each] > 0.03)
    server = serve(knobs=Knobs(panics={bad: EVERYTHING}))
    service = connect(server, entity="acme", project="vision")
    counted = ask(service, "count runs where config.lr > 0.03")
    assert [*counted.frame.rows()] == [{"count": sum(value > 0.03 for value in lr.values()) - 1}]
    assert len(said(counted, "RQL408")) == 1
    grouped = ask(connect(server, entity="acme", project="vision"), "runs | group state : n = count()")
    assert sum(row["n"] for row in grouped.frame.rows()) == 59
    assert len(said(grouped, "RQL408")) == 1
    # That the run is there the server knows without reading it.
    assert [*ask(service, "count runs").frame.rows()] == [{"count": 60}]


def test_histories_of_the_others_come(serve: Serve, connect: Connect) -> None:
    server = serve(knobs=Knobs(panics={name(17): EVERYTHING}))
    result = ask(connect(server, entity="acme", project="vision"), "runs keys loss sample 5")
    assert {row["run_id"] for row in result.frame.rows()} == set(but(17))
    assert len(said(result, "RQL408")) == 1


def test_a_server_with_other_cursors(serve: Serve, connect: Connect) -> None:
    knobs = Knobs(panics={name(17): frozenset({"user"})}, cursors="opaque")
    result = ask(connect(serve(knobs=knobs), entity="acme", project="vision"), "runs select id")
    assert ids(result) == but(17)
    (message,) = said(result, "RQL408")
    assert message.startswith(f"run `{name(17)}` could not be read")


def test_where_nothing_leads_past_the_run_it_is_an_error(serve: Serve, connect: Connect) -> None:
    service = connect(serve(knobs=Knobs(panics={name(17): EVERYTHING}, cursors="opaque")))
    with pytest.raises(ServerError, match="panic occurred") as caught:
        list(Runs(service, "acme", "vision"))
    assert "order -created" in caught.value.diagnostics[0].hints[0]
    assert [run.id for run in Runs(service, "acme", "vision", order="-created_at", per_page=20)[:20]] == but()[:39:-1]


# ------------------------------------------------------------ a part of the run


@pytest.mark.parametrize("tells_where", [False, True])
def test_a_run_whose_config_cannot_be_read_keeps_its_row(serve: Serve, connect: Connect, tells_where: bool) -> None:
    server = serve(knobs=Knobs(panics={name(17): frozenset({"config"})}, tells_where=tells_where))
    result = ask(connect(server, entity="acme", project="vision"), "runs select id, config.lr, summary.acc")
    rows = {row["id"]: row for row in result.frame.rows()}
    assert list(rows) == but()
    assert rows[name(17)]["config.lr"] is None
    assert {row["summary.acc"] for row in rows.values()} == {0.5}
    (message,) = said(result, "RQL411")
    assert message.startswith(f"the config of run `{name(17)}` cannot be read, and is left out: ")
    assert "panic occurred" in message
    assert said(result, "RQL408") == []
    assert len(server.seen) <= (FEW if not tells_where else 4)


def test_a_condition_on_what_cannot_be_read_tells_the_run(serve: Serve, connect: Connect) -> None:
    lr = {run["name"]: run["config"]["lr"] for run in vision(60, 40).projects["acme", "vision"]}
    bad = next(each for each in lr if lr[each] > 0.03)
    server = serve(knobs=Knobs(panics={bad: frozenset({"config"})}))
    result = ask(connect(server, entity="acme", project="vision"), "runs where config.lr > 0.03 select id")
    assert ids(result) == [each for each, value in lr.items() if value > 0.03 and each != bad]
    (message,) = said(result, "RQL408")
    assert message.startswith(f"run `{bad}` could not be read, and is left out: ")


@pytest.mark.parametrize("text", [f"run {name(17)}", f"runs where id = '{name(17)}' select id"])
def test_the_run_itself_is_an_error_that_says_so(serve: Serve, connect: Connect, text: str) -> None:
    server = serve(knobs=Knobs(panics={name(17): EVERYTHING}))
    with pytest.raises(ServerError, match="panic occurred") as caught:
        ask(connect(server, entity="acme", project="vision"), text)
    assert caught.value.diagnostics[0].code == "RQL405"
    assert f"run acme/vision/{name(17)}" in caught.value.diagnostics[0].message
    assert len(server.seen) <= FEW


# ------------------------------------------------------------ W&B's classes, catalogs


def test_the_classes_give_the_others(serve: Serve, connect: Connect) -> None:
    server = serve(knobs=Knobs(panics={name(17): frozenset({"config"})}))
    runs = Runs(connect(server), "acme", "vision", per_page=50)
    read = {}
    for run in runs:
        try:
            read[run.id] = run.config["lr"]
        except RunQLError as error:
            assert not isinstance(error, NotFound)
            assert "panic occurred" in str(error)
            assert name(17) in str(error)
    assert list(read) == but(17)


@pytest.mark.parametrize("wanted", [Wanted(), FULL], ids=["light", "full"])
def test_the_paginator_counts_what_it_has(serve: Serve, connect: Connect, wanted: Wanted) -> None:
    server = serve(knobs=Knobs(panics={name(17): EVERYTHING}))
    runs = Runs(connect(server), "acme", "vision", per_page=20, wanted=wanted)
    assert [run.id for run in runs] == but(17)
    assert len(runs) == 59
    assert codes(runs.notices) == ["RQL408"]


def test_one_run_by_its_id(serve: Serve, connect: Connect) -> None:
    server = serve(knobs=Knobs(panics={name(17): EVERYTHING}))
    service = connect(server)
    with pytest.raises(ServerError, match="panic occurred"):
        service.run("acme", "vision", name(17), FULL)
    assert len(server.seen) <= 8
    assert service.run("acme", "vision", name(16), FULL) is not None


def test_many_runs_by_their_ids(serve: Serve, connect: Connect) -> None:
    server = serve(knobs=Knobs(panics={name(17): EVERYTHING}))
    found = connect(server).upgrade("acme", "vision", tuple(name(at) for at in range(40)), FULL)
    assert list(found) == [name(at) for at in range(40) if at != 17]


@pytest.mark.parametrize("tells_where", [False, True])
@pytest.mark.parametrize("fields", [EVERYTHING, frozenset({"config"}), frozenset({"historyKeys"})], ids=str)
def test_the_catalog_is_of_the_others(
    serve: Serve, connect: Connect, fields: frozenset[str], tells_where: bool
) -> None:
    server = serve(knobs=Knobs(panics={name(17): fields}, tells_where=tells_where))
    catalog = connect(server).catalog("acme", "vision", metrics=True)
    by_path = {(info.space.value, ".".join(info.path)): info for info in catalog.fields}
    counted = 60 if fields == {"historyKeys"} else 59
    assert by_path["config", "lr"].runs == counted
    assert catalog.run_count == 60
    assert not catalog.complete
    assert (catalog.sample or 60) == counted
    assert by_path["logged", "loss"].runs == (60 if fields == {"config"} else 59)


def test_a_server_that_is_down_is_no_run_at_fault(serve: Serve, connect: Connect) -> None:
    service = connect(serve(knobs=Knobs(fault_for=lambda _: Fault("status", 500, PANIC))), line=HASTY)
    with pytest.raises(ServerError, match="panic occurred"):
        service.runs_page(PageRequest("acme", "vision"))


# ------------------------------------------------------------ sweeps and projects


@pytest.mark.parametrize("bad", [1, 2, 4])
def test_a_sweep_that_cannot_be_read_costs_no_other(serve: Serve, connect: Connect, bad: int) -> None:
    store = vision(20, 5)
    store.sweeps["acme", "vision"] = [{"name": f"sw{at}", "displayName": f"sweep {at}"} for at in range(5)]
    server = serve(store, Knobs(panics={f"sw{bad}": EVERYTHING}))
    service = connect(server, entity="acme", project="vision")
    result = ask(service, "show sweeps")
    assert [row["sweep"] for row in result.frame.rows()] == [f"sw{at}" for at in range(5) if at != bad]
    (message,) = said(result, "RQL408")
    assert message.startswith(f"sweep number {bad + 1} could not be read, and is left out: ")
    assert len(server.seen) <= FEW
    sweeps = Sweeps(service, "acme", "vision")
    assert [sweep.id for sweep in sweeps] == [f"sw{at}" for at in range(5) if at != bad]
    assert codes(sweeps.notices) == ["RQL408"]


@pytest.mark.parametrize("bad", ["p1", "p3"])
def test_a_project_that_cannot_be_read_costs_no_other(serve: Serve, connect: Connect, bad: str) -> None:
    store = vision(20, 5)
    for at in range(4):
        store.add_project("team", f"p{at}", [{"name": f"r{at}"}])
    server = serve(store, Knobs(panics={bad: EVERYTHING}))
    service = connect(server, entity="team")
    result = ask(service, "show projects")
    assert [row["project"] for row in result.frame.rows()] == [f"p{at}" for at in range(4) if f"p{at}" != bad]
    assert len(said(result, "RQL408")) == 1
