"""The runs that the server holds: plain dictionaries in, the nodes of the schema out."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.server.faults import HttpFault, Knobs
from tests.server.judge import Judge, arrange

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


def encode_id(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def run_of_id(storage_id: str) -> list[str]:
    """The run, its project and its entity in a storage id."""
    return base64.b64decode(storage_id).decode().split(":")[2:]


class Store:
    """Projects by (entity, name), each a list of runs.

    A run is a dict: `name` (the id) and any of `displayName state tags config summary history events group jobType
    notes sweep host username createdAt heartbeatAt updatedAt duration commit systemMetrics`. `config` and
    `summary` are plain, `history` and `events` lists of rows.
    """

    def __init__(self) -> None:
        self.projects: dict[tuple[str, str], list[dict[str, Any]]] = {}
        self.sweeps: dict[tuple[str, str], list[dict[str, Any]]] = {}
        self.version = 0
        self._answers: dict[tuple[Any, ...], tuple[int, list[dict[str, Any]]]] = {}

    def add_project(self, entity: str, project: str, runs: Iterable[Mapping[str, Any]] = ()) -> None:
        self.projects.setdefault((entity, project), [])
        for run in runs:
            self.add_run(entity, project, run)

    def add_run(self, entity: str, project: str, run: Mapping[str, Any], *, at: int | None = None) -> None:
        runs = self.projects.setdefault((entity, project), [])
        full = {"displayName": run["name"], "state": "finished", "tags": [], "config": {}, "summary": {}, **run}
        full.setdefault("createdAt", stamp(len(runs)))
        full.setdefault("heartbeatAt", full["createdAt"])
        full.setdefault("updatedAt", full["heartbeatAt"])
        full.setdefault("storage_id", encode_id(f"Run:v1:{run['name']}:{project}:{entity}"))
        runs.insert(len(runs) if at is None else at, full)
        self.version += 1

    def remove_run(self, entity: str, project: str, name: str) -> None:
        runs = self.projects[entity, project]
        runs[:] = [run for run in runs if run["name"] != name]
        self.version += 1

    def select(
        self, key: tuple[str, str], filters: str | None, order: str | None, knobs: Knobs
    ) -> list[dict[str, Any]]:
        """The runs of a filter in an order; remembered until the store changes."""
        text = None if "filters" in knobs.ignores else without_operators(filters, knobs.mute)
        text = _folded_names(text) if text and knobs.folds_case else text
        wanted = "+created_at" if "order" in knobs.ignores else order
        question = (key, text, wanted, knobs.order_as_text)
        kept = self._answers.get(question)
        if kept is not None and kept[0] == self.version and not knobs.shuffle_ties:
            return kept[1]
        judge = Judge(text, knobs.blind)
        judge.check_names()
        runs = self.projects[key]
        matching = [run for run in runs if judge.holds(_folded(run) if knobs.folds_case else run)]
        as_stored = "order" in knobs.ignores
        answer = (
            matching
            if as_stored
            else arrange(matching, wanted, shuffle_ties=knobs.shuffle_ties, as_text=knobs.order_as_text)
        )
        self._answers[question] = (self.version, answer)
        return answer

    def find(self, key: tuple[str, str], name: str, *, folds_case: bool = False) -> dict[str, Any] | None:
        for run in self.projects.get(key, ()):
            if run["name"] == name or (folds_case and run["name"].casefold() == name.casefold()):
                return run
        return None


def without_operators(filters: str | None, mute: frozenset[str]) -> str | None:
    """A filter as a server reads it that passes over some operators."""

    def cut(node: Any) -> Any:
        if isinstance(node, list):
            return [cut(each) for each in node]
        if not isinstance(node, Mapping):
            return node
        kept = {key: cut(value) for key, value in node.items() if key not in mute}
        return {key: value for key, value in kept.items() if value != {}}

    return json.dumps(cut(json.loads(filters))) if filters and mute else filters


def _folded_names(filters: str) -> str:
    """A filter in which the ids that runs are asked for are in small letters, and no field and no other value."""

    def folded(node: Any, key: str = "") -> Any:
        if isinstance(node, list):
            return [folded(each, key) for each in node]
        if isinstance(node, dict):
            return {name: folded(each, key if name.startswith("$") else name) for name, each in node.items()}
        return node.lower() if key == "name" and isinstance(node, str) else node

    return json.dumps(folded(json.loads(filters)))


def _folded(run: dict[str, Any]) -> dict[str, Any]:
    return {**run, "name": run["name"].lower()}


def stamp(minutes: float) -> str:
    """An ISO time so many minutes after the start of 2026."""
    return (EPOCH + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def wrapped_config(run: Mapping[str, Any], keys: list[str] | None) -> str:
    """Config as W&B sends it: each value in a wrapper, and `_wandb` among them."""
    config = run["config"]
    picked = config if keys is None else {key: config[key] for key in keys if key in config}
    document: dict[str, Any] = {key: {"value": value, "desc": None} for key, value in picked.items()}
    if keys is None:
        document["_wandb"] = {"value": {"cli_version": "0.31.0"}, "desc": None}
    return json.dumps(document)


def summary_text(run: Mapping[str, Any], keys: list[str] | None) -> str:
    summary = run["summary"]
    if keys is None:
        return json.dumps({"_wandb": {"runtime": 1}, **summary})
    return json.dumps({key: summary[key] for key in keys if key in summary})


_CURSORS = {"offsets": "arrayconnection", "other": "run", "opaque": ""}


def cursor_of(offset: int, make: str = "offsets") -> str | None:
    """The cursor of a run. An opaque one is a plain number that no client can make up."""
    if make == "none":
        return None
    return f"c{offset * 7 + 3}" if make == "opaque" else encode_id(f"{_CURSORS[make]}:{offset}")


def offset_after(cursor: str | None, make: str = "offsets") -> int:
    if not cursor:
        return 0
    try:
        if make == "opaque":
            return (int(cursor.removeprefix("c")) - 3) // 7 + 1
        kind, _, offset = base64.b64decode(cursor).decode().partition(":")
        if kind != _CURSORS[make]:
            raise ValueError(kind)
        return int(offset) + 1
    except ValueError:
        raise HttpFault(400, "bad cursor") from None
