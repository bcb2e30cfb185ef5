"""Short questions to a source."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from runql.semantic.record import RunHistory, RunRecord
from runql.semantic.values import MISSING
from runql.sources.local import LocalService
from runql.sources.protocol import FULL, HistoryRequest, Page, PageRequest
from runql.text.diagnostic import Diagnostic


def page(source: LocalService | Path, **request: Any) -> Page:
    service = source if isinstance(source, LocalService) else LocalService(source)
    return service.runs_page(PageRequest(**{"entity": "", "project": "", "wanted": FULL, "per_page": 1000, **request}))


def runs(source: LocalService | Path, **request: Any) -> dict[str, RunRecord]:
    return {run.id: run for run in page(source, **request).runs}


def only(source: LocalService | Path) -> RunRecord:
    (run,) = page(source).runs
    return run


def history(source: LocalService | Path, run_id: str, *keys: str, **request: Any) -> RunHistory:
    """The whole history of one run (of all metrics if none is named)."""
    service = source if isinstance(source, LocalService) else LocalService(source)
    asked = {"entity": "", "project": "", "keys": keys or None, "samples": None, **request}
    (found,) = service.histories(HistoryRequest(run_ids=(run_id,), **asked))
    return found


def rows(found: RunHistory) -> list[dict[str, Any]]:
    """The rows, each without what it does not hold."""
    return [
        {name: cells[at] for name, cells in found.columns.items() if cells[at] is not MISSING}
        for at in range(found.length)
    ]


def codes(found: Page | RunHistory) -> list[str]:
    return [notice.code for notice in notices(found)]


def notices(found: Page | RunHistory) -> list[Diagnostic]:
    """What is said of a listing, of its folder and then of its runs; or of a history."""
    of_runs = [notice for run in found.runs for notice in run.said] if isinstance(found, Page) else []
    return [*found.notices, *of_runs]
