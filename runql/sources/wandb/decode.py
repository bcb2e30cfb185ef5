"""From the nodes of an answer to plain records. Everything may be null; nothing here raises over a strange value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from runql.engine.mongo.history_keys import read_history_keys
from runql.semantic.json_text import read_json
from runql.semantic.record import AgentRecord, LoggedMetrics, ProjectRecord, SweepRecord, UserRecord
from runql.sources.wandb.history_keys import NON_FINITE
from runql.text.frozen import frozen

_SECONDS_LENGTH = len("2026-01-31T12:00:00")

INTERNAL_CONFIG = frozenset({"_wandb", "wandb_version"})


@frozen
class ProjectPlace:
    """Where a run belongs: entity, project, and the address of the project in a browser."""

    entity: str
    project: str
    app_url: str

    @property
    def path(self) -> str:
        return f"{self.entity}/{self.project}"

    def run_urls(self, run_ids: Iterable[str]) -> list[str]:
        """The addresses of runs in a browser."""
        runs = f"{_project_url(self)}/runs/"
        return [runs + (each if each.isascii() and each.isalnum() else quote(each, safe="")) for each in run_ids]


@lru_cache(maxsize=64)
def _project_url(place: ProjectPlace) -> str:
    return "/".join((place.app_url, *(quote(part, safe="") for part in (place.entity, place.project))))


def as_mapping(value: Any) -> Mapping[str, Any]:
    """A JSON text, or the object itself, as a mapping; anything else is an empty one."""
    if type(value) is dict:
        return value
    if isinstance(value, str):
        try:
            value = read_json(value).value
        except ValueError:
            return {}
    return value if isinstance(value, Mapping) else {}


def finite_or_float(value: Any) -> Any:
    """The texts in which some servers write NaN and the infinities, as floats."""
    return NON_FINITE.get(value, value) if isinstance(value, str) else value


def unwrap_config(value: Any) -> dict[str, Any]:
    """A config without W&B's wrappers (`{"lr": {"value": 0.1, "desc": null}}`) and without W&B's own keys.

    A wrapper may hold more beside the value, as W&B's own client has it.
    """
    found: dict[str, Any] = {}
    for key, entry in (value if type(value) is dict else as_mapping(value)).items():
        if key not in INTERNAL_CONFIG:
            plain = entry["value"] if type(entry) is dict and "value" in entry else entry
            found[key] = NON_FINITE.get(plain, plain) if type(plain) is str else plain
    return found


def read_summary(value: Any) -> dict[str, Any]:
    """A summary without W&B's own key."""
    found = value if type(value) is dict else as_mapping(value)
    if type(found) is dict and "_wandb" not in found and str not in map(type, found.values()):
        return found
    return {
        key: finite_or_float(entry) if isinstance(entry, str) else entry
        for key, entry in found.items()
        if key != "_wandb"
    }


def read_logged(value: Any) -> LoggedMetrics:
    """What a run says that it logged."""
    return read_history_keys(as_mapping(value))


def internal_config(entries: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What W&B keeps in a config for itself, unwrapped; `None` if there is nothing of that kind."""
    found = {key: entry for key, entry in entries.items() if key in INTERNAL_CONFIG}
    for key, entry in found.items():
        if isinstance(entry, Mapping) and "value" in entry:
            found[key] = entry["value"]
    return found or None


def read_time(value: Any) -> datetime | None:
    """An ISO text as an aware time in UTC; one without a zone is in UTC."""
    if not isinstance(value, str):
        return None
    try:
        if len(value) == _SECONDS_LENGTH and value[-6] == value[-3] == ":":
            return datetime.fromisoformat(f"{value}+00:00")
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is UTC:
            return moment
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):  # the first and the last day have no other zones
        return None


def read_times(values: Sequence[Any]) -> list[datetime | None]:
    """Each of many ISO texts as `read_time` reads it."""
    if {str}.issuperset(map(type, values)) and {text[-1:] for text in values} == {"Z"}:
        try:
            return list(map(datetime.fromisoformat, values))
        except ValueError:
            pass
    return list(map(read_time, values))


def text_of(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def whole_of(value: Any) -> int | None:
    if value is None:
        return None
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return None


def number_of(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def read_sweep(node: Mapping[str, Any], place: ProjectPlace) -> SweepRecord | None:
    """One sweep. Its name is what people call it, else that of its config, else its id, as in W&B's client."""
    sweep_id = text_of(node.get("name"))
    if sweep_id is None:
        return None
    config = _sweep_config(node.get("config"))
    return SweepRecord(
        id=sweep_id,
        name=text_of(node.get("displayName")) or text_of(config.get("name")) or sweep_id,
        entity=place.entity,
        project=place.project,
        method=text_of(node.get("method")),
        state=text_of(node.get("state")),
        config=config or None,
        best_loss=number_of(node.get("bestLoss")),
        run_count=whole_of(node.get("runCount")),
        expected_run_count=whole_of(node.get("runCountExpected")),
        url="/".join((_project_url(place), "sweeps", quote(sweep_id, safe=""))),
        storage_id=text_of(node.get("id")),
        description=text_of(node.get("description")),
        created=read_time(node.get("createdAt")),
        updated=read_time(node.get("updatedAt")),
        source_text=text_of(node.get("config")),
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


def read_project(node: Mapping[str, Any], entity: str, app_url: str) -> ProjectRecord | None:
    """One project."""
    name = text_of(node.get("name"))
    if name is None:
        return None
    owner = text_of(node.get("entityName")) or entity
    benchmark, read_only = node.get("isBenchmark"), node.get("readOnly")
    return ProjectRecord(
        name=name,
        entity=owner,
        run_count=whole_of(node.get("runCount")),
        last_active=read_time(node.get("lastActive")),
        storage_id=text_of(node.get("id")),
        created=read_time(node.get("createdAt")),
        is_benchmark=benchmark if isinstance(benchmark, bool) else None,
        read_only=read_only if isinstance(read_only, bool) else None,
        url=f"{_project_url(ProjectPlace(owner, name, app_url))}/workspace",
        owner=read_user(node.get("user")),
    )


def read_user(value: Any) -> UserRecord | None:
    """One user; `None` for a node that names nobody. Keys are never read."""
    node = as_mapping(value)
    name = text_of(node.get("username")) or text_of(node.get("name"))
    if name is None:
        return None
    plain = {"id": "id", "name": "name", "email": "email", "entity": "entity", "admin": "admin", "flags": "flags"}
    facts = {ours: node[theirs] for ours, theirs in (plain | {"deleted_at": "deletedAt"}).items() if theirs in node}
    if "teams" in node:
        facts["teams"] = [team["name"] for team in nodes_of(node["teams"]) if isinstance(team.get("name"), str)]
    return UserRecord(name, facts)


def read_agent(node: Mapping[str, Any]) -> AgentRecord | None:
    """One agent of a sweep; `None` for a node without an id and a name."""
    name = text_of(node.get("id")) or text_of(node.get("name"))
    if name is None:
        return None
    times = {"created_at": "createdAt", "heartbeat_at": "heartbeatAt"}
    facts = {key: text_of(node.get(key)) for key in ("name", "host", "state")}
    return AgentRecord(
        name, {**facts, **{ours: node.get(them) for ours, them in times.items()}, "total_runs": node.get("totalRuns")}
    )


def nodes_of(connection: Any) -> list[Mapping[str, Any]]:
    """The nodes of a connection, whatever else stands in it."""
    edges = as_mapping(connection).get("edges")
    found = [edge.get("node") for edge in edges if isinstance(edge, Mapping)] if isinstance(edges, list) else []
    return [node for node in found if isinstance(node, Mapping)]


_METADATA = {"cpuCount": "cpu_count", "gpuCount": "gpu_count", "codeSaved": "codeSaved"}


def read_run_info(value: Any) -> Mapping[str, Any] | None:
    """Where a run ran, by the names of `wandb-metadata.json`, without what the server left empty."""
    node = as_mapping(value)
    found = {_METADATA.get(key, key): entry for key, entry in node.items() if entry is not None}
    return found or None
