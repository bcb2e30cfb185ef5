"""What only the files beside a log tell of a run."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, Final

from runql.sources.local.discover import RunFile, date_of, folder_name
from runql.sources.local.head import Head, LogState
from runql.sources.local.side_files import jsonl
from runql.sources.local.side_files.read import Sides, json_object, read_sides

_MOST_STATE_BYTES: Final = 1 << 20
_QUARTER: Final = 900
_MOST_APART: Final = 120
_STATES: Final = frozenset({"finished", "failed", "crashed", "killed", "preempted"})
_TEXTS: Final = {
    "project": ("project",),
    "name": ("name", "run_name"),
    "notes": ("notes",),
    "job_type": ("jobType", "job_type"),
    "group": ("group",),
}


def complete(file: RunFile, head: Head) -> None:
    """Take what a log lacks from the files beside it."""
    assert file.folder is not None
    sides = read_sides(file.folder)
    head.sign = sides.heartbeat
    head.user = head.user or sides.told("username")
    if head.log is not LogState.HELD:
        head.bad_sides = tuple(sides.bad)
        head.outsize.update(sides.outsize)
        _take_all(file, head, sides)
    elif head.exit_code is None:
        head.bad_sides = tuple(sides.bad)
        _fill(head, sides)
        head.outsize.update({name: what for name, what in sides.outsize.items() if name in head.filled})


def first_step(path: Path) -> int | None:
    """The step at which a resumed run went on, from the file in which some SDKs keep it; `None` if it tells none."""
    try:
        with path.open("rb") as file:
            step = json_object(file.read(_MOST_STATE_BYTES)).get("starting_step")
    except (OSError, ValueError):
        return None  # it is gone, or none of ours: the log tells the step then, or nothing does
    return step if isinstance(step, int) and not isinstance(step, bool) else None


def _fill(head: Head, sides: Sides) -> None:
    """What a log that was cut off lacks. What it holds is newer, or the same."""
    named = []
    for space, own, beside in (("config", head.config, sides.config), ("summary", head.summary, sides.summary)):
        for key in [key for key in beside if key not in own]:
            own[key] = beside[key]
            if not key.startswith("_"):
                named.append(f"{space}.{key}")
    head.filled = tuple(sorted(named))


def _take_all(file: RunFile, head: Head, sides: Sides) -> None:
    """Everything, for a run whose log holds nothing."""
    metadata = sides.metadata
    run: dict[str, Any] = {"id": file.run_id}
    for own, names in _TEXTS.items():
        if (text := sides.told(*names)) is not None:
            run[own] = text
    run["host"] = sides.told("host")
    git = metadata.get("git")
    run["commit"] = git.get("commit") if isinstance(git, dict) and isinstance(git.get("commit"), str) else None
    run["tags"] = sides.tags
    run["started"] = sides.start_time or _started_at(_date_in(file), sides.started, utc=sides.history is not None)
    head.run = run
    head.config, head.summary = sides.config, sides.summary
    head.internal_config = {"_wandb": sides.internal} if sides.internal else {}
    head.history, head.events = sides.history, sides.events
    _read_rows(head)
    _read_end(head, metadata)


def _started_at(written: str, told: float, *, utc: bool) -> float:
    """When a run began, from the date in its folder's name and the time that its metadata tells, each 0 if unknown.

    The metadata is written a little later, and in UTC: it tells the zone of the name.
    """
    named = date_of(written, utc=True)
    if not named:
        return told
    if not told:
        return date_of(written, utc=utc)
    zone = round((told - named) / _QUARTER) * _QUARTER
    return named + zone if abs(told - named - zone) <= _MOST_APART else told


def _date_in(file: RunFile) -> str:
    called = folder_name(file.folder.name) if file.folder is not None else None
    return "" if called is None else called.date


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _read_rows(head: Head) -> None:
    """Count the rows and the samples; a summary that is missing is made of the rows."""
    latest: dict[str, Any] = {}
    from_file = bool(head.summary)
    if head.history is not None:
        for row in jsonl.Lines(head.history):
            head.last_step = jsonl.step_of(row, 0 if head.last_step is None else head.last_step + 1)
            head.first_step = head.last_step if head.first_step is None else head.first_step
            head.rows += 1
            if is_number(row.get("_runtime")):
                head.exit_runtime = row["_runtime"]
            if not from_file:
                latest |= {**row, "_step": head.last_step}
    if latest:
        head.summary, head.summary_from_rows = latest, True
    for sample in jsonl.Lines(head.events) if head.events is not None else ():
        head.samples += 1
        head.system |= {key.removeprefix("system."): sample[key] for key in sample if key.startswith("system.")}
        if is_number(time := sample.get("_timestamp")):
            head.last_sample = max(head.last_sample, float(time or 0))


def _read_end(head: Head, metadata: dict[str, Any]) -> None:
    """How the run ended, as far as its metadata tells: SDKs since 0.10 write that into the log alone."""
    code, state = metadata.get("exitcode"), metadata.get("state")
    if isinstance(state, str) and state in _STATES:
        head.state = state
    elif isinstance(code, int) and not isinstance(code, bool):
        head.state = "failed" if code else "finished"
    elif state == "running":
        head.state = "crashed"  # unless it still runs, which its files tell
    elif head.log is LogState.EMPTY and not (head.summary or head.rows):
        head.state = "crashed"
