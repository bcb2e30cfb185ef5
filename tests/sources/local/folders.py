"""Writes folders of runs as SDKs leave them beside a log, or without one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

OLD_CONFIG = """wandb_version: 1

_wandb:
  desc: null
  value:
    cli_version: 0.8.31
lr:
  desc: null
  value: 1.0e-05
name:
  desc: null
  value: 1e-05
odd:
  desc: null
  value:
    value: 3
"""
NEW_CONFIG = """_wandb:
    value:
        cli_version: 0.19.8
lr:
    value: 1e-05
name:
    value: "1e-05"
"""
NEW_SUMMARY = {"loss": 0.5, "_step": 9, "_runtime": 30, "_wandb": {"runtime": 30}}
NEW_METADATA = {"host": "h", "startedAt": "2025-01-01T00:00:00Z", "program": "t.py", "git": {"commit": "c0ffee"}}
OLD_METADATA = {
    "host": "h",
    "username": "ada",
    "startedAt": "2020-03-24T02:01:47.5",
    "heartbeatAt": "2020-03-24T02:02:47",
    "state": "finished",
    "exitcode": 0,
    "project": "vision",
    "name": "first try",
    "notes": "a note",
    "jobType": "train",
}
OLD_ROWS: list[dict[str, Any]] = [
    {"loss": 1.0, "net": {"a": 1}, "_runtime": 3.1, "_timestamp": 1585015309.1, "_step": 0},
    {"loss": float("nan"), "_runtime": 4.1, "_timestamp": 1585015310.1, "_step": 1},
]
OLD_SAMPLES: list[dict[str, Any]] = [
    {"system.cpu": 5.1, "system.proc.memory.rssMB": 7, "_wandb": True, "_timestamp": 1585015311, "_runtime": 5}
]


def put(folder: Path, **files: Any) -> Path:
    """Write files whose names are given with `__` for a dot: a text or bytes as it is, anything else as JSON."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        raw = content if isinstance(content, str | bytes) else json.dumps(content)
        path = folder / name.replace("__", ".").replace("wandb_", "wandb-")
        path.write_bytes(raw if isinstance(raw, bytes) else raw.encode())
    return folder


def lines(rows: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def old_run(root: Path, run_id: str = "old", prefix: str = "run-20200324_020146-", **more: Any) -> Path:
    """A run of an SDK before 0.10: all of it lies in its folder, as text."""
    whole: dict[str, Any] = {
        "config__yaml": OLD_CONFIG,
        "wandb_history__jsonl": lines(OLD_ROWS),
        "wandb_events__jsonl": lines(OLD_SAMPLES),
        "wandb_summary__json": {"loss": 0.25, "best": {"at": 1}},
        "wandb_metadata__json": OLD_METADATA,
    }
    return put(root / f"{prefix}{run_id}", **{**whole, **more})


def side_run(
    root: Path, run_id: str = "side", log: bytes | None = None, stamp: str = "20250101_000000", **more: Any
) -> Path:
    """A run of a new SDK of which the files beside the log are there; the log may be."""
    folder = root / f"run-{stamp}-{run_id}"
    whole = {"config__yaml": NEW_CONFIG, "wandb_summary__json": NEW_SUMMARY, "wandb_metadata__json": NEW_METADATA}
    put(folder / "files", **{**whole, **more})
    if log is not None:
        (folder / f"run-{run_id}.wandb").write_bytes(log)
    return folder
