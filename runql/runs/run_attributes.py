"""What W&B calls the attributes of a run: its camel-case spellings, and what RunQL leaves out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from runql.semantic.record import RunRecord

SPELLINGS: Mapping[str, str] = {
    "displayName": "name",
    "display_name": "name",
    "storageId": "storage_id",
    "jobType": "job_type",
    "createdAt": "created_at",
    "heartbeatAt": "heartbeat_at",
    "updatedAt": "updated_at",
    "sweepName": "sweep_name",
    "readOnly": "read_only",
    "historyLineCount": "history_line_count",
    "summaryMetrics": "summary_metrics",
    "systemMetrics": "system_metrics",
    "historyKeys": "history_keys",
}
"""Other spellings, and the attribute of `Run` that each means."""

_WRITES = ("create", "delete", "log_artifact", "save", "stop", "update", "update_state", "upload_file", "use_artifact")
_FILES = ("console_logs", "download_history_exports", "file", "files", "logged_artifacts", "used_artifacts")

NOT_OFFERED: Mapping[str, str] = {
    **dict.fromkeys(_WRITES, "RunQL only reads runs"),
    **dict.fromkeys(_FILES, "RunQL reads the data of runs, not their files"),
    "wait_until_finished": "RunQL does not wait; read the run again with `load(force=True)`",
    "beta_scan_history": "use `scan_history`",
}
"""Methods of W&B's client that are left out, and why."""

INTERNAL_KEYS = frozenset({"_wandb", "wandb_version"})
"""What W&B keeps in a config for itself."""


def iso_text(time: datetime | None) -> str | None:
    """A time as W&B writes it: `2026-01-31T12:00:00Z`."""
    return None if time is None else time.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def attributes(record: RunRecord) -> dict[str, Any]:
    """A run as W&B's server gives it: the heavy parts only where they were asked for."""
    light = {
        "id": record.storage_id,
        "name": record.id,
        "displayName": record.name,
        "state": record.state,
        "tags": list(record.tags),
        "group": record.group,
        "jobType": record.job_type,
        "notes": record.notes,
        "user": None if record.user is None else {"name": record.user, "username": record.user},
        "sweepName": record.sweep,
        "commit": record.commit,
        "readOnly": record.read_only,
        "createdAt": iso_text(record.created),
        "heartbeatAt": iso_text(record.heartbeat),
        "historyLineCount": record.history_line_count,
    }
    heavy = {
        "config": record.config,
        "summaryMetrics": record.summary,
        "systemMetrics": record.system_metrics,
        "historyKeys": record.history_keys,
    }
    return light | {name: dict(part) for name, part in heavy.items() if part is not None}
