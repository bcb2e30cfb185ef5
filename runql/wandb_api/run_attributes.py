"""What W&B calls the attributes of a run: its camel-case spellings, and the forms in which its parts are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from runql.engine.mongo.history_keys import history_keys_of
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
    "historyKeys": "history_keys",
    "systemMetrics": "system_metrics",
    "projectId": "project_internal_id",
    "project_id": "project_internal_id",
}
"""Other spellings, and the attribute of `Run` that each means."""

INTERNAL_KEYS = frozenset({"_wandb", "wandb_version"})
"""What W&B keeps in a config for itself."""


def iso_text(time: datetime | None) -> str | None:
    """A time as W&B writes it: `2026-01-31T12:00:00Z`."""
    return None if time is None else time.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def config_of(record: RunRecord) -> dict[str, Any]:
    """The hyperparameters, without what W&B keeps among them for itself."""
    return {key: value for key, value in (record.config or {}).items() if key not in INTERNAL_KEYS}


def rawconfig_of(record: RunRecord) -> dict[str, Any]:
    """The hyperparameters, with what W&B keeps among them for itself."""
    return {**(record.internal_config or {}), **(record.config or {})}


def summary_of(record: RunRecord) -> dict[str, Any]:
    """The summary, with what W&B keeps in it for itself."""
    return {**(record.internal_summary or {}), **(record.summary or {})}


def own_copy(values: dict[str, Any]) -> dict[str, Any]:
    """Values that may be changed: the record that they are of is shared by all who ask for it."""
    return {key: _own(value) for key, value in values.items()}


def _own(value: Any) -> Any:
    if isinstance(value, dict):
        return own_copy(value)
    return [_own(item) for item in value] if isinstance(value, list) else value


def attributes(record: RunRecord) -> dict[str, Any]:
    """A run as W&B's server gives it: the heavy parts only where they were asked for."""
    light = {
        "id": record.storage_id,
        "name": record.id,
        "projectId": record.project_id,
        "displayName": record.name,
        "state": record.state,
        "tags": list(record.tags),
        "group": record.group,
        "jobType": record.job_type,
        "description": record.description,
        "notes": record.notes,
        "user": None if record.user is None else {"name": record.user_name or record.user, "username": record.user},
        "sweepName": record.sweep,
        "commit": record.commit,
        "readOnly": record.read_only,
        "createdAt": iso_text(record.created),
        "heartbeatAt": iso_text(record.heartbeat),
        "historyLineCount": record.history_line_count,
    }
    heavy = {
        "config": None if record.config is None else config_of(record),
        "rawconfig": None if record.config is None else rawconfig_of(record),
        "summaryMetrics": None if record.summary is None else summary_of(record),
        "systemMetrics": record.system_metrics,
        "historyKeys": None if record.logged is None else history_keys_of(record),
    }
    return light | {name: dict(part) for name, part in heavy.items() if part is not None}


class Metadata(dict[str, Any]):
    """What is known of `wandb-metadata.json`, by the names used there. A name that it lacks is an explained `KeyError`.

    `origin`: where it is from.
    """

    def __init__(self, facts: Mapping[str, Any], origin: str) -> None:
        super().__init__(facts)
        self._origin = origin

    def __missing__(self, key: str) -> Any:
        raise KeyError(f"the metadata has no `{key}`: {self._origin}")

    def __reduce__(self) -> tuple[Any, ...]:
        return Metadata, (dict(self), self._origin)
