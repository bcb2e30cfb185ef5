"""Pulls from a server on loopback and from folders: what is asked for again, what was cut off, what is gone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from runql.errors import BackendError, OutputError
from runql.language.fields import Space
from runql.pull.pull import PullCounts, PullReport, pull
from runql.semantic.record import RunHistory
from runql.sources.local import LocalService
from runql.sources.open import SourcePlace
from runql.sources.protocol import FULL, HistoryRequest, PageRequest, ServiceApi
from runql.sources.store import table
from runql.sources.store.service import StoreService
from runql.sources.store.writer import StoreWriter
from runql.sources.wandb import Credentials, WandbService
from runql.sources.wandb.http.transport import LineSettings
from runql.sources.wandb.service import ServiceOptions
from runql.text.diagnostic import Diagnostic
from tests.contract.sample import SAMPLE, SampleProject
from tests.pull.conftest import RUNS, project_run
from tests.server import LoopbackServer
from tests.server.faults import Fault
from tests.server.store import stamp
from tests.sources.local import files
from tests.sources.local.sample import folder_of
from tests.sources.store.sample import pulled


def ask(server: LoopbackServer) -> WandbService:
    line = LineSettings(backoff_seconds=0.01, give_up_seconds=2.0)
    return WandbService(Credentials(server.base_url), ServiceOptions(line=line))


def pull_from(server: LoopbackServer, folder: Path) -> PullReport:
    service = ask(server)
    try:
        return pull(SourcePlace("acme/vision", service, "acme", "vision"), folder, "s", "acme/vision", PullCounts())
    finally:
        service.close()


def whole(service: ServiceApi, entity: str = "acme", project: str = "vision") -> list[Any]:
    """All that a source says of its runs and their rows."""
    request = PageRequest(entity, project, wanted=FULL, per_page=1000)
    runs = sorted(service.runs_page(request).runs, key=lambda run: run.id)
    ids = tuple(run.id for run in runs)
    rows = []
    for stream in ("default", "system"):
        asked = HistoryRequest(entity, project, ids, samples=None, stream=stream)
        for each in service.histories(asked):
            rows.append((each.run_id, {name: list(cells) for name, cells in each.columns.items()}))
    parts = [(run.config, run.summary, run.system_metrics, run.logged and run.logged.kinds) for run in runs]
    names = ("id", "name", "state", "tags", "created", "heartbeat", "history_line_count", "sweep")
    facts = [[getattr(run, name) for name in names] for run in runs]
    return [facts, parts, rows]


def requests(server: LoopbackServer) -> list[str]:
    """What was asked for, by the names of the questions; forgotten then."""
    names = [seen.operation for seen in server.seen]
    server.seen.clear()
    return names


def test_a_copy_of_a_project(server: LoopbackServer, tmp_path: Path) -> None:
    report = pull_from(server, tmp_path / "s")
    assert (report.counts.new, report.counts.changed, report.counts.gone) == (RUNS, 0, 0)
    service = ask(server)
    assert whole(StoreService(tmp_path / "s", name="s")) == whole(service)
    service.close()


def test_machine_metrics_that_the_last_sample_lacks_are_known(server: LoopbackServer, tmp_path: Path) -> None:
    for run in ("r02", "r05"):
        found = server.store.find(("acme", "vision"), run)
        assert found is not None
        found["events"] = [{"system.disk": 4.0, "_timestamp": 1.7e9}, {"system.cpu": 1.0, "_timestamp": 1.7e9 + 9}]
    pull_from(server, tmp_path / "s")
    store = StoreService(tmp_path / "s", name="s")
    known = {info.path: info.runs for info in store.catalog("acme", "vision").fields if info.space is Space.SYSTEM}
    assert known == {("cpu",): RUNS, ("disk",): 2}
    (history,) = store.histories(
        HistoryRequest("acme", "vision", ("r05",), keys=("system.disk",), samples=None, stream="system")
    )
    assert list(history.columns["system.disk"]) == [4.0]


def test_the_second_pull_asks_for_what_changed(server: LoopbackServer, tmp_path: Path) -> None:
    pull_from(server, tmp_path / "s")
    first = len(requests(server))
    report = pull_from(server, tmp_path / "s")
    assert (report.counts.new, report.counts.changed, report.counts.same) == (0, 0, RUNS)
    assert len(requests(server)) < first / 2
    assert report.version == table.version(tmp_path / "s", "s").number

    run = server.store.find(("acme", "vision"), "r07")
    assert run is not None
    run.update(project_run(70), name="r07")
    run["heartbeatAt"] = stamp(300)
    server.store.version += 1
    report = pull_from(server, tmp_path / "s")
    assert (report.counts.new, report.counts.changed, report.counts.same) == (0, 1, RUNS - 1)
    store = StoreService(tmp_path / "s", name="s")
    (history,) = store.histories(HistoryRequest("acme", "vision", ("r07",), keys=("loss",), samples=None))
    assert list(history.columns["loss"]) == [70 + step / 8 for step in range(4)]


def test_a_run_that_is_gone_is_kept_and_said(server: LoopbackServer, tmp_path: Path) -> None:
    pull_from(server, tmp_path / "s")
    server.store.remove_run("acme", "vision", "r03")
    assert pull_from(server, tmp_path / "s").counts.gone == 1
    assert pull_from(server, tmp_path / "s").counts.gone == 0
    store = StoreService(tmp_path / "s", name="s")
    page = store.runs_page(PageRequest("acme", "vision", per_page=1000))
    assert len(page.runs) == RUNS
    assert [(said.code, said.names) for said in page.notices] == [("RQL580", ("r03",))]
    (history,) = store.histories(HistoryRequest("acme", "vision", ("r03",), keys=("loss",), samples=None))
    assert list(history.columns["loss"]) == [3 + step / 8 for step in range(4)]

    server.store.add_run("acme", "vision", project_run(3))
    assert pull_from(server, tmp_path / "s").counts.changed == 1
    assert not StoreService(tmp_path / "s", name="s").runs_page(PageRequest("acme", "vision")).notices


@pytest.mark.parametrize("after", [3, 5, 8])
def test_a_cut_line_loses_nothing_and_the_next_pull_goes_on(server: LoopbackServer, tmp_path: Path, after: int) -> None:
    server.knobs.fault_for = lambda _: Fault("status", 502) if len(server.seen) > after else None
    with pytest.raises(BackendError):
        pull_from(server, tmp_path / "s")
    server.knobs.fault_for = None
    there = StoreService(tmp_path / "s", name="s").snapshot().runs
    report = pull_from(server, tmp_path / "s")
    assert report.counts.same == len(there)
    assert report.counts.new == RUNS - len(there)
    service = ask(server)
    assert whole(StoreService(tmp_path / "s", name="s")) == whole(service)
    service.close()


def test_a_full_disk_promises_nothing(server: LoopbackServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OutputError.of("RQL506", "no space left")

    counts, source = PullCounts(), ask(server)
    with monkeypatch.context() as patch, pytest.raises(OutputError):
        patch.setattr(StoreWriter, "_write", full)
        pull(SourcePlace("acme/vision", source, "acme", "vision"), tmp_path / "s", "s", "acme/vision", counts)
    source.close()
    assert "runs were read, and none of them is in the store: the next pull reads them again" in counts.broken_off
    service = StoreService(tmp_path / "s", name="store:s")
    assert [(said.code, said.message) for said in service.said()] == [("RQL587", "nothing was pulled into `s` yet")]
    service.close()


def test_ctrl_c_keeps_the_runs_that_were_whole(
    server: LoopbackServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = ask(server)
    asked = WandbService.upgrade

    def upgrade(self: WandbService, entity: str, project: str, run_ids: tuple[str, ...], wanted: Any) -> Any:
        if "r05" in run_ids:
            raise KeyboardInterrupt
        return asked(self, entity, project, run_ids, wanted)

    monkeypatch.setattr(WandbService, "upgrade", upgrade)
    with pytest.raises(KeyboardInterrupt):
        pull_from(server, tmp_path / "s")
    monkeypatch.undo()
    assert 0 < len(StoreService(tmp_path / "s", name="s").snapshot().runs) < RUNS
    pull_from(server, tmp_path / "s")
    assert whole(StoreService(tmp_path / "s", name="s")) == whole(service)
    service.close()


def test_where_something_could_not_be_read_nothing_is_gone(server: LoopbackServer, tmp_path: Path) -> None:
    for at in range(RUNS, 20):
        server.store.add_run("acme", "vision", project_run(at))
    pull_from(server, tmp_path / "s")
    server.knobs.panics = {"r03": frozenset({"name"})}
    report = pull_from(server, tmp_path / "s")
    assert report.counts.gone == 0
    assert "none is marked as gone" in " ".join(said.message for said in report.said)


# ---------------------------------------------------------------- folders


def test_a_folder(tmp_path: Path) -> None:
    folder = folder_of(SAMPLE, tmp_path / "wandb")
    report = pulled(folder, tmp_path / "s")
    assert report.counts.new == len(SAMPLE.runs)
    assert repr(whole(StoreService(tmp_path / "s", name="s"), "", "")) == repr(whole(folder, "", ""))
    assert pulled(folder, tmp_path / "s").counts.same == len(SAMPLE.runs)


def test_a_run_that_goes_on_is_read_again(tmp_path: Path) -> None:
    small = SampleProject("acme", "vision", SAMPLE.runs[:2])
    folder = folder_of(small, tmp_path / "wandb")
    pulled(folder, tmp_path / "s")
    body = [files.run("beta", "vision", entity="acme", started=1.77e9), files.row({"loss": 9.0}, 0), files.exit_()]
    files.write(tmp_path / "wandb", files.log(body), "beta", stamp="20260102_120000")
    report = pulled(folder, tmp_path / "s")
    assert (report.counts.changed, report.counts.same) == (1, 1)
    store = StoreService(tmp_path / "s", name="s")
    assert repr(whole(store, "", "")) == repr(whole(folder, "", ""))


def test_what_is_said_of_a_folder_is_said_of_its_copy(tmp_path: Path) -> None:
    body = [files.run("cut", "vision"), *(files.row({"loss": 9.0 - step}, step) for step in range(20)), files.exit_()]
    log = bytearray(files.log(body))
    log[len(log) // 2] ^= 0xFF
    files.write(tmp_path / "wandb", bytes(log), "cut")
    folder = LocalService(tmp_path / "wandb")
    pulled(folder, tmp_path / "s")
    asked = HistoryRequest("", "", ("cut",), samples=None)
    (own,), (copy,) = folder.histories(asked), StoreService(tmp_path / "s", name="s").histories(asked)
    assert [said.code for said in own.notices] == ["RQL501"]
    assert copy.notices == own.notices


def test_a_history_that_does_not_come_is_said_and_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = folder_of(SampleProject("acme", "vision", SAMPLE.runs[:3]), tmp_path / "wandb")
    lost, histories = SAMPLE.runs[1].id, LocalService.histories

    def short(self: LocalService, request: HistoryRequest) -> Iterator[RunHistory]:
        for history in histories(self, request):
            said = (Diagnostic("RQL412", "rows are missing", names=(lost,)),) if history.run_id == lost else ()
            yield replace(history, notices=said)

    with monkeypatch.context() as patch:
        patch.setattr(LocalService, "histories", short)
        report = pulled(folder, tmp_path / "s")
    assert {(said.code, said.names) for said in report.said} == {("RQL412", (lost,))}
    again = pulled(folder, tmp_path / "s")
    assert (again.counts.changed, again.counts.same, again.said) == (1, 2, ())


def test_fewer_rows_than_the_server_has_are_said_and_read_again_once(server: LoopbackServer, tmp_path: Path) -> None:
    server.knobs.line_count = 5  # and four come of each
    said, read = [], []
    for _ in range(3):
        report = pull_from(server, tmp_path / "s")
        said.append([(one.code, len(one.names)) for one in report.said])
        read.append(report.counts.written)
    assert said == [[("RQL596", RUNS)], [("RQL596", RUNS)], []]
    assert read == [RUNS, RUNS, 0]
