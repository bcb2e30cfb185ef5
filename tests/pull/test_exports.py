"""A pull takes what a server exported of long histories, where that is whole, and its pages where it is not."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from runql.pull.pull import PullCounts, pull
from runql.sources.open import SourcePlace
from runql.sources.protocol import HistoryRequest
from runql.sources.store.service import StoreService
from runql.sources.wandb import Credentials, WandbService
from runql.sources.wandb.http.transport import LineSettings
from runql.sources.wandb.service import ServiceOptions
from tests.server import LoopbackServer, Store
from tests.server.faults import Fault, Seen

STEPS = 450


@pytest.fixture(autouse=True)
def hundred_rows_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runql.sources.wandb.histories.scans.PAGE_STEPS", 100)
    monkeypatch.setattr("runql.sources.wandb.histories.scans.PAGE_ROWS", 100)


def _row(step: int) -> dict[str, Any]:
    """Numbers with gaps, NaN and infinities, integers, texts and bools."""
    row: dict[str, Any] = {"_step": step, "_timestamp": 1.7e9 + step, "loss": 1.0 / (step + 1), "epoch": step // 10}
    if step % 5 == 0:
        row["val/loss"] = math.nan if step % 35 == 0 else math.inf if step % 45 == 0 else step / 4
    if step % 7 == 0:
        row |= {"note": f"at {step}", "ok": step % 2 == 0}
    if step > STEPS // 2:
        row["late"] = step
    return row


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    """Runs `long`, `nested` and `short`; one metric of the second is a record."""
    store = Store()
    store.add_project("acme", "vision", [{"name": "long", "history": [_row(step) for step in range(STEPS)]}])
    nested = [{**_row(step), "pair": {"a": step}} for step in range(STEPS)]
    store.add_run("acme", "vision", {"name": "nested", "history": nested})
    store.add_run("acme", "vision", {"name": "short", "history": [_row(step) for step in range(40)]})
    server = LoopbackServer(store).start()
    server.knobs.export_address = server.base_url
    yield server
    server.stop()


def _pulled(server: LoopbackServer, folder: Path) -> tuple[PullCounts, dict[str, list[dict[str, Any]]]]:
    """What a pull counted, and the rows of each run as the store has them."""
    line = LineSettings(backoff_seconds=0.01, give_up_seconds=2.0)
    service = WandbService(Credentials(server.base_url), ServiceOptions(line=line))
    counts = PullCounts()
    report = pull(SourcePlace("acme/vision", service, "acme", "vision"), folder, "vision", "acme/vision", counts)
    assert report.said == ()
    found: dict[str, list[dict[str, Any]]] = {"long": [], "nested": [], "short": []}
    request = HistoryRequest("acme", "vision", tuple(found), samples=None)
    for history in StoreService(folder, name="vision").histories(request):
        cells = zip(*history.columns.values(), strict=True)
        found[history.run_id] += [dict(zip(history.columns, map(repr, row), strict=True)) for row in cells]
    service.close()
    return counts, found


def test_whole_exports_are_taken_for_long_histories(server: LoopbackServer, tmp_path: Path) -> None:
    _, by_pages = _pulled(server, tmp_path / "pages")
    pages = server.operations
    server.forget()
    server.knobs.exports = "whole"
    counts, by_files = _pulled(server, tmp_path / "files")
    assert counts.exported == 1, "of the others one is short, and one has a record"
    assert by_files == by_pages
    assert server.operations["export"] == 4
    assert server.operations["RunqlHistories"] < pages["RunqlHistories"]
    assert not any("Authorization" in seen.headers for seen in server.seen if seen.operation == "export")


@pytest.mark.parametrize("exports", ["growing", "short", "other"])
def test_an_export_that_is_not_whole_is_not_taken(server: LoopbackServer, tmp_path: Path, exports: Any) -> None:
    server.knobs.exports = exports
    counts, rows = _pulled(server, tmp_path / "store")
    assert counts.exported == 0
    assert [len(rows[name]) for name in ("long", "nested", "short")] == [STEPS, STEPS, 40]
    assert rows["long"][1]["loss"] == "0.5"


def _drop(seen: Seen) -> Fault | None:
    return Fault("drop") if seen.operation == "export" else None


def _cut(seen: Seen) -> Fault | None:
    return Fault("cut") if seen.operation == "export" else None


@pytest.mark.parametrize("fault_for", [_drop, _cut])
def test_pages_stand_in_for_files_that_do_not_come(
    server: LoopbackServer, tmp_path: Path, fault_for: Callable[[Seen], Fault | None]
) -> None:
    server.knobs.exports, server.knobs.fault_for = "whole", fault_for
    counts, rows = _pulled(server, tmp_path / "store")
    assert counts.exported == 0
    assert len(rows["long"]) == STEPS


def test_no_file_is_fetched_from_a_place_that_is_less_safe(server: LoopbackServer, tmp_path: Path) -> None:
    server.knobs.exports, server.knobs.export_address = "whole", "http://127.0.0.1:1"
    counts, rows = _pulled(server, tmp_path / "store")
    assert (counts.exported, len(rows["long"])) == (0, STEPS)


def test_a_server_without_exports_is_asked_once(server: LoopbackServer, tmp_path: Path) -> None:
    server.knobs.lacks = frozenset({"Run.parquetHistory"})
    counts, rows = _pulled(server, tmp_path / "store")
    assert (counts.exported, len(rows["long"])) == (0, STEPS)
