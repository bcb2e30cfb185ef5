"""Where runs ran is in a store of them: asked for once a batch, and added to stores that were pulled without it."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import patch

import pytest

from runql.semantic.record import RunRecord
from runql.sources.protocol import RunMetadata
from runql.sources.store import table
from runql.sources.store.service import StoreService
from runql.sources.store.writer import StoreWriter
from runql.wandb_api.api import WandbApi
from tests.pull.conftest import RUNS
from tests.pull.test_pull import ask, pull_from, requests
from tests.server import LoopbackServer
from tests.server.faults import Fault, Seen


@pytest.fixture
def told(server: LoopbackServer) -> LoopbackServer:
    """A server that says of each run where it ran."""
    for at, run in enumerate(server.store.projects["acme", "vision"]):
        run["runInfo"] = {"gpu": "H100", "gpuCount": at, "args": ["-x", str(at)], "git": {"remote": "r", "commit": "c"}}
    return server


def names() -> list[str]:
    return [f"r{at:02}" for at in range(RUNS)]


def same(server: LoopbackServer, folder: Path) -> None:
    service, store = ask(server), StoreService(folder, name="store:s")
    for run_id in names():
        assert store.metadata("acme", "vision", run_id) == service.metadata("acme", "vision", run_id)
        own, other = (WandbApi(service_api=each).run(f"acme/vision/{run_id}").metadata for each in (store, service))
        assert own == other
        assert own["gpu_count"] == int(run_id[1:])
    service.close()


def test_a_batch_is_one_request(told: LoopbackServer, tmp_path: Path) -> None:
    pull_from(told, tmp_path / "s")
    assert requests(told).count("RunqlMetadata") == 3
    same(told, tmp_path / "s")
    requests(told)
    pull_from(told, tmp_path / "s")
    assert "RunqlMetadata" not in requests(told)


def test_a_store_without_it_says_so_and_is_told_by_the_next_pull(told: LoopbackServer, tmp_path: Path) -> None:
    with patch("runql.pull.pull._metadata", lambda *_: {}):
        pull_from(told, tmp_path / "s")
    before = table.version(tmp_path / "s", "s")
    run = WandbApi(service_api=StoreService(tmp_path / "s", name="store:s")).run("acme/vision/r03")
    with pytest.warns(
        UserWarning, match=r"the store `s` does not hold where run `r03` ran: .*; `runql pull acme/vision into s`"
    ):
        metadata = run.metadata
    assert metadata["startedAt"] == run.created_at
    with pytest.raises(KeyError, match="the metadata has no `gpu`: the store `s` does not hold where run `r03` ran"):
        _ = metadata["gpu"]
    requests(told)
    report = pull_from(told, tmp_path / "s")
    assert (report.counts.same, report.counts.written) == (RUNS, 0)
    assert not [asked for asked in requests(told) if "Histor" in asked]
    assert {part.fact.value for part in {*table.version(tmp_path / "s", "s").parts} - {*before.parts}} == {"attr"}
    same(told, tmp_path / "s")


def test_what_the_server_does_not_tell_is_said_and_asked_for_again(told: LoopbackServer, tmp_path: Path) -> None:
    def refuse(seen: Seen) -> Fault | None:
        return Fault("status", 403, "no") if seen.operation == "RunqlMetadata" else None

    told.knobs.fault_for = refuse
    report = pull_from(told, tmp_path / "s")
    assert report.counts.new == RUNS
    (said,) = report.said
    assert (said.code, said.message.partition(":")[0]) == ("RQL582", f"where {RUNS} runs ran could not be read")
    told.knobs.fault_for = None
    assert pull_from(told, tmp_path / "s").said == ()
    same(told, tmp_path / "s")


def test_facts_of_any_shape_come_back(tmp_path: Path) -> None:
    facts = {
        "gpus": [{"name": "H100", "memory": "1"}],
        "disk": {"/": {"used": 2**60}, "a.b": None},
        "x": {},
        "\ud800": 1.5,
    }
    for at, told in enumerate(({}, facts)):
        folder = tmp_path / str(at)
        table.create(folder, "o")
        writer = StoreWriter(folder)
        run = writer.begin(RunRecord("a"), "mark")
        run.metadata = RunMetadata(told, "said by nobody")
        writer.end(run)
        writer.commit()
        writer.close()
        assert StoreService(folder, name="s").metadata("", "", "a") == run.metadata
