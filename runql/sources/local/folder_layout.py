"""How run folders are called, and the files in them."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Final

from runql.text.frozen import frozen

LOG_SUFFIX: Final = ".wandb"
FILES: Final = "files"
"""The folder in a run's folder where SDKs since 0.10 put what is not the log; older ones have no such folder."""

CONFIG: Final = "config.yaml"
SUMMARY: Final = "wandb-summary.json"
METADATA: Final = "wandb-metadata.json"
HISTORY: Final = "wandb-history.jsonl"
EVENTS: Final = "wandb-events.jsonl"
SIDE_FILES: Final = (CONFIG, SUMMARY, METADATA, HISTORY, EVENTS)

_RUN_FOLDER: Final = re.compile(r"(offline-run-|dryrun-|run-)(?:(\d{8}_\d{6})-)?(.+)\Z", re.DOTALL)
_OF_THE_SDK: Final = frozenset({FILES, "logs", "tmp", "code", "media"})
_SWEEP_FOLDER: Final = re.compile(r"sweep-(.+)\Z", re.DOTALL)
_SWEEP_CONFIG: Final = re.compile(r"config-.+\.yaml\Z", re.DOTALL)
_NO_RUNS_IN: Final = frozenset(
    {".git", ".hg", ".svn", "node_modules", "__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache"}
)


@frozen
class FolderName:
    """The name of a run's folder: `date` as it is written there (`20260131_120000`), or empty."""

    prefix: str
    date: str
    run_id: str


def folder_name(name: str) -> FolderName | None:
    """What the name of a folder says, if it is that of a run."""
    match = _RUN_FOLDER.match(name)
    return None if match is None else FolderName(match[1], match[2] or "", match[3])


def is_run_folder(name: str, files: Collection[str], in_files: Collection[str]) -> bool:
    """Whether a folder without a log is that of a run: by its files and those of its folder `files`, and its name.

    A `config.yaml` alone makes no run of a folder of any name: other programs write such files too.
    """
    held = {side for side in SIDE_FILES if side in files or side in in_files}
    called = folder_name(name)
    if called is None:
        return bool(held - {CONFIG})
    return bool(held) or (bool(called.date) and bool(files))


def belongs_to_run(name: str) -> bool:
    """Whether a folder in the folder of a run holds parts of that run, and no other runs."""
    return name in _OF_THE_SDK


def holds_no_runs(name: str) -> bool:
    """Whether nobody puts runs into folders of this name, which may be huge."""
    return name in _NO_RUNS_IN


def sweep_of(folder: str, file: str) -> str | None:
    """The id of the sweep to one of whose runs this file in this folder gave its settings."""
    match = _SWEEP_FOLDER.match(folder)
    return match[1] if match is not None and _SWEEP_CONFIG.match(file) else None


def date_of(written: str, *, utc: bool = False) -> float:
    """Seconds since 1970 of the date in a folder's name; 0 if there is none.

    It is the local time of whoever wrote it, which for want of better is taken for that of this machine.
    """
    if not written:
        return 0.0
    try:
        naive = datetime.strptime(written, "%Y%m%d_%H%M%S")
        return (naive.replace(tzinfo=UTC) if utc else naive.astimezone()).timestamp()
    except (ValueError, OverflowError, OSError):
        return 0.0  # a date that no calendar has


_QUARTER: Final = 900
_MOST_APART: Final = 120


def started_at(written: str, told: float, *, utc: bool) -> float:
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
