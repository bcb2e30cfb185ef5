"""Histories as a server exports them: Parquet files, which are taken where they hold every row as the pages have it.

An export is made hours after a run ended, and nothing says that it is whole. So it is taken only if

- no row is told to be outside of it (`liveData` is empty),
- it has as many rows as the run, and of each metric as many as the server counts,
- each of its columns holds numbers, bools or texts,
- each value of the first steps, which came as rows before, is that of the row.

Else, and if it does not come, the pages are asked for.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from runql.engine.table import Table
from runql.engine.values.column import column_of
from runql.semantic.values import MISSING
from runql.sources.protocol import ExportedRows, HistoryRequest
from runql.sources.wandb.decode import as_mapping
from runql.sources.wandb.failures.failures import Failure
from runql.sources.wandb.histories.batches import STEP, Asker, HistoryQuestion
from runql.sources.wandb.project import WandbServer
from runql.text.frozen import frozen

FEWEST_PAGES: Final = 3
"""A run with fewer pages behind the first is read by pages: an export is a request for where it is, and its files."""

_AXES: Final = frozenset({STEP, "_timestamp", "_runtime"})
_MOST_FILES: Final = 64
_MOST_VALUES: Final = 1_000_000
"""So many values of an export are rows at a time."""


@frozen
class ToldOfRun:
    """What is known of a run beside its export: its rows before the step `low`, how many it has, and of each metric."""

    run_id: str
    first: Table
    low: int
    rows: int | None
    rows_of: Mapping[str, int]


class Exports:
    """The exports of the runs of one request, where who asks can read them."""

    def __init__(self, server: WandbServer, asker: Asker, request: HistoryRequest) -> None:
        self._server = server
        self._asker = asker
        is_whole = request.keys is None and request.rows == "any"
        self._reader = request.exports if is_whole and request.min_step is request.max_step is None else None

    def are_worth(self, pages: int) -> bool:
        """Whether a run with so many pages behind the first is better read from its export."""
        return self._reader is not None and pages >= FEWEST_PAGES and self._server.abilities.has("Run.parquetHistory")

    def rows_behind(self, told: ToldOfRun) -> Iterator[Table] | None:
        """The rows of a run from a step on, some at a time; `None` where it has no export that holds them all."""
        urls = self._addresses(told.run_id)
        if not urls or self._reader is None:
            return None
        with ExitStack() as files:
            folder = Path(files.enter_context(tempfile.TemporaryDirectory(prefix="runql-export-")))
            paths = self._fetched(urls, folder)
            found = None if paths is None else self._reader.open(paths)
            if found is None:
                return None
            files.callback(found.close)
            whole = _whole_numbers(found, told)
            if whole is None or not _is_alike(found, told, whole):
                return None
            self._reader.took(told.run_id)
            return _tables(found, told, whole, files.pop_all())

    def _addresses(self, run_id: str) -> list[str]:
        """Where the files of a run are; none where the export lacks rows, or cannot be had."""
        batch = self._asker.send((run_id,), HistoryQuestion("parquetHistory"))
        try:
            self._asker.collect(batch)
        except Failure:  # the pages are asked next, and say what is wrong
            return []
        export = as_mapping(as_mapping(batch.nodes.get(run_id)).get("parquetHistory"))
        urls, live = export.get("parquetUrls"), export.get("liveData")
        if live or not isinstance(urls, list) or len(urls) > _MOST_FILES:
            return []
        return [url for url in urls if isinstance(url, str)] if all(isinstance(url, str) for url in urls) else []

    def _fetched(self, urls: Sequence[str], folder: Path) -> list[Path] | None:
        """The files, as they came; `None` if one did not."""
        waiting = [self._server.client.fetch(url) for url in urls]
        paths = []
        try:
            for at, future in enumerate(waiting):
                path = folder / f"{at}.parquet"
                path.write_bytes(self._server.client.wait(future))
                paths.append(path)
        except Failure:
            return None
        finally:
            for future in waiting:
                future.cancel()
        return paths


def _whole_numbers(found: ExportedRows, told: ToldOfRun) -> frozenset[str] | None:
    """The columns in which a whole number is an integer; `None` if rows are counted otherwise than the server does."""
    counts = {name: count for name, count in found.counts.items() if count}
    if found.rows != told.rows or counts.get(STEP) != found.rows or not told.rows_of:
        return None
    if any(counts.get(name, 0) != rows for name, rows in told.rows_of.items()):
        return None
    if not counts.keys() <= told.rows_of.keys() | _AXES:
        return None
    return frozenset(
        name for name, cells in told.first.columns.items() if any(type(cell) is int for cell in column_of(cells))
    )


def _is_alike(found: ExportedRows, told: ToldOfRun, whole: frozenset[str]) -> bool:
    """Whether the export has what came as rows, and nothing else before that step."""
    came: dict[str, list[Any]] = {name: [] for name in found.counts}
    length = 0
    for columns in found.parts(None, told.low, _size(found)):
        for name, cells in _as_logged(columns, whole).items():
            came[name] += cells
        length += len(columns[STEP])
    if length != told.first.length:
        return False
    names = {*came, *told.first.columns}
    gaps = [MISSING] * length
    return all(
        _is_same(one, other)
        for name in names
        for one, other in zip(came.get(name, gaps), told.first.columns.get(name, gaps), strict=True)
    )


def _is_same(one: Any, other: Any) -> bool:
    if type(one) is not type(other):
        return False
    return bool(one == other) or (isinstance(one, float) and math.isnan(one) and math.isnan(other))


def _tables(found: ExportedRows, told: ToldOfRun, whole: frozenset[str], files: ExitStack) -> Iterator[Table]:
    with files:
        for columns in found.parts(told.low, None, _size(found)):
            logged = _as_logged(columns, whole)
            held = {name: column_of(cells) for name, cells in logged.items() if any(c is not MISSING for c in cells)}
            yield Table(held, len(columns[STEP]))


def _size(found: ExportedRows) -> int:
    return max(1, _MOST_VALUES // max(1, len(found.counts)))


def _as_logged(columns: Mapping[str, Sequence[Any]], whole: frozenset[str]) -> dict[str, list[Any]]:
    """The cells as rows have them: what is not there is missing, and an integer is one where rows have integers."""
    return {
        name: [
            MISSING if cell is None else int(cell) if is_whole and type(cell) is float and cell.is_integer() else cell
            for cell in cells
        ]
        for name, cells in columns.items()
        for is_whole in (name in whole,)
    }
