"""What TensorBoard reads of a folder, and the rows that this makes."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any, TypeAlias

from tensorboard.backend.event_processing.data_provider import _convert_scalar_event
from tensorboard.backend.event_processing.io_wrapper import GetLogdirSubdirectories
from tensorboard.backend.event_processing.plugin_event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import metadata, plugin_data_pb2

from runql.semantic.values import MISSING
from runql.sources.protocol import HistoryRequest
from runql.sources.tensorboard import TensorboardService

Point: TypeAlias = tuple[int, float, Any]
Row: TypeAlias = dict[str, Any]


def run_names(folder: Path) -> set[str]:
    """What TensorBoard calls the runs below a folder."""
    return {Path(found).relative_to(folder).as_posix() for found in GetLogdirSubdirectories(str(folder))}


def points_of(folder: Path) -> dict[str, list[Point]]:
    """The scalars of one run by tag, each with step and time, in TensorBoard's order."""
    read = _read(folder)
    tags = {tag for tag, found in read.AllSummaryMetadata().items() if found.plugin_data.plugin_name == "scalars"}
    data = {tag: [_convert_scalar_event(one) for one in read.Tensors(tag)] for tag in sorted(tags)}
    return {tag: [(one.step, one.wall_time, one.value) for one in found] for tag, found in data.items() if found}


def config_of(folder: Path) -> dict[str, Any]:
    """The hyperparameters of one run."""
    read = _read(folder)
    if "hparams" not in read.ActivePlugins():
        return {}
    content = read.PluginTagToContent("hparams").get(metadata.SESSION_START_INFO_TAG)
    if content is None:
        return {}
    found = plugin_data_pb2.HParamsPluginData.FromString(content).session_start_info.hparams
    return {key: getattr(value, value.WhichOneof("kind")) for key, value in found.items()}


def rows_of(points: dict[str, list[Point]]) -> list[Row]:
    """One row a step, more where a tag was logged several times at it; the time is that of the last point."""
    rows: dict[tuple[int, int], Row] = {}
    for tag, found in points.items():
        seen: Counter[int] = Counter()
        for step, time, value in found:
            row = rows.setdefault((step, seen[step]), {"_step": step, "_timestamp": time})
            row[tag] = value
            row["_timestamp"] = max(row["_timestamp"], time)
            seen[step] += 1
    return [rows[at] for at in sorted(rows)]


def rows_read(service: TensorboardService, run_id: str) -> list[Row]:
    """All rows of a run, as RunQL reads them."""
    request = HistoryRequest("", "", (run_id,), samples=None, rows="any")
    found: list[Row] = []
    for piece in service.histories(request):
        names = [name for name in piece.columns if name != "_runtime"]
        cells = zip(*(piece.columns[name] for name in names), strict=True)
        found += [{n: v for n, v in zip(names, row, strict=True) if v is not MISSING} for row in cells]
    return found


def _read(folder: Path) -> Any:
    return EventAccumulator(str(folder), size_guidance={"tensors": 0}, tensor_size_guidance={"scalars": 0}).Reload()
