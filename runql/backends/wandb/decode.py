"""From the nodes of an answer to plain records. Everything may be null; nothing here raises over a strange value."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from runql.backends.wandb.failures import loads
from runql.backends.wandb.logged import NON_FINITE
from runql.semantic.record import ProjectRecord, RunRecord, SweepRecord
from runql.text.frozen import frozen

INTERNAL_CONFIG = frozenset({"_wandb", "wandb_version"})


@frozen
class Place:
    """Where a run belongs: entity, project, and the address of the project in a browser."""

    entity: str
    project: str
    app_url: str

    @property
    def path(self) -> str:
        return f"{self.entity}/{self.project}"

    def run_url(self, run_id: str) -> str:
        return (
            f"{_project_url(self)}/runs/{run_id if run_id.isascii() and run_id.isalnum() else quote(run_id, safe='')}"
        )


@lru_cache(maxsize=64)
def _project_url(place: Place) -> str:
    return "/".join((place.app_url, *(quote(part, safe="") for part in (place.entity, place.project))))


def as_mapping(value: Any) -> Mapping[str, Any]:
    """A JSON text, or the object itself, as a mapping; anything else is an empty one."""
    if isinstance(value, str):
        try:
            value = loads(value)
        except (ValueError, RecursionError):
            return {}
    return value if isinstance(value, Mapping) else {}


def finite_or_float(value: Any) -> Any:
    """The texts in which some servers write NaN and the infinities, as floats."""
    return NON_FINITE.get(value, value) if isinstance(value, str) else value


def unwrap_config(value: Any) -> dict[str, Any]:
    """A config without W&B's wrappers (`{"lr": {"value": 0.1, "desc": null}}`) and without W&B's own keys."""
    found = {}
    for key, entry in as_mapping(value).items():
        if key not in INTERNAL_CONFIG:
            wrapped = isinstance(entry, Mapping) and "value" in entry and entry.keys() <= {"value", "desc"}
            found[key] = finite_or_float(entry["value"] if wrapped else entry)
    return found


def read_summary(value: Any) -> dict[str, Any]:
    """A summary without W&B's own key."""
    return {key: finite_or_float(entry) for key, entry in as_mapping(value).items() if key != "_wandb"}


def read_history_keys(value: Any) -> dict[str, Any]:
    """What a run says that it logged, without the parts that are null."""
    return {key: part for key, part in as_mapping(value).items() if part is not None}


def read_time(value: Any) -> datetime | None:
    """An ISO text as an aware time in UTC; one without a zone is in UTC."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    if moment.tzinfo is UTC:
        return moment
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _whole(value: Any) -> int | None:
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return None


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def read_run(node: Mapping[str, Any], place: Place) -> RunRecord | None:
    """One run; `None` for a node without an id."""
    run_id = _text(node.get("name"))
    if run_id is None:
        return None
    user = as_mapping(node.get("user"))
    tags = node.get("tags")
    get = node.get
    return RunRecord(
        id=run_id,
        name=_text(get("displayName")),
        state=_text(get("state")),
        entity=place.entity,
        project=place.project,
        storage_id=_text(get("id")),
        tags=tuple(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else (),
        group=_text(get("group")),
        job_type=_text(get("jobType")),
        notes=_text(get("notes")),
        user=_text(user.get("username")) or _text(user.get("name")),
        sweep=_text(get("sweepName")),
        host=_text(get("host")),
        created=read_time(get("createdAt")),
        heartbeat=read_time(get("heartbeatAt")),
        updated=read_time(get("updatedAt")),
        runtime=_number(get("computeSeconds")),
        url=place.run_url(run_id),
        commit=_text(get("commit")),
        read_only=bool(get("readOnly")),
        history_line_count=_whole(get("historyLineCount")),
        config=_part(node, "config", "someConfig", unwrap_config),
        summary=_part(node, "summaryMetrics", "someSummary", read_summary),
        system_metrics=read_summary(node["systemMetrics"]) if "systemMetrics" in node else None,
        history_keys=read_history_keys(node["historyKeys"]) if "historyKeys" in node else None,
    )


def _part(node: Mapping[str, Any], whole: str, some: str, read: Any) -> Mapping[str, Any] | None:
    for name in (whole, some):
        if name in node:
            found: dict[str, Any] = read(node[name])
            return found
    return None


def read_sweep(node: Mapping[str, Any], place: Place) -> SweepRecord | None:
    """One sweep. Its name is what people call it, else that of its config, else its id, as in W&B's client."""
    sweep_id = _text(node.get("name"))
    if sweep_id is None:
        return None
    config = _sweep_config(node.get("config"))
    return SweepRecord(
        id=sweep_id,
        name=_text(node.get("displayName")) or _text(config.get("name")) or sweep_id,
        entity=place.entity,
        project=place.project,
        method=_text(node.get("method")),
        state=_text(node.get("state")),
        config=config or None,
        best_loss=_number(node.get("bestLoss")),
        run_count=_whole(node.get("runCount")),
        expected_run_count=_whole(node.get("runCountExpected")),
        url="/".join((_project_url(place), "sweeps", quote(sweep_id, safe=""))),
    )


def _sweep_config(value: Any) -> Mapping[str, Any]:
    """The config of a sweep: YAML, of which JSON is a part. Empty where it cannot be read."""
    found = as_mapping(value)
    if found or not isinstance(value, str):
        return found
    import yaml

    try:
        read = yaml.safe_load(value)
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError):
        return {}
    return read if isinstance(read, Mapping) else {}


def read_project(node: Mapping[str, Any], entity: str) -> ProjectRecord | None:
    """One project."""
    name = _text(node.get("name"))
    if name is None:
        return None
    return ProjectRecord(
        name=name,
        entity=_text(node.get("entityName")) or entity,
        run_count=_whole(node.get("runCount")),
        last_active=read_time(node.get("lastActive")),
    )
