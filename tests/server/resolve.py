"""Answers a validated document over the store: one function a field that is not simply stored.

The documents are parsed and validated by graphql-core; only the walk over the answer is done here, because
graphql-core's own takes ten times as long and would drown what the benchmarks measure.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    SelectionSetNode,
    get_named_type,
)
from graphql.execution.values import VariableValues, get_argument_values

from tests.server import exports, history
from tests.server.faults import HttpFault, Knobs
from tests.server.store import Store, cursor_of, encode_id, offset_after, run_of_id, summary_text, wrapped_config

MARK = "\0json:"


@dataclass(frozen=True)
class Context:
    schema: GraphQLSchema
    store: Store
    knobs: Knobs
    variables: VariableValues
    fragments: Mapping[str, FragmentDefinitionNode]
    viewer: Mapping[str, Any] | None
    errors: list[dict[str, Any]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    """JSON that is at hand as text; the walk leaves a mark for each, so that no row is encoded twice."""

    def mark(self, text: str) -> str:
        self.texts.append(text)
        return f"{MARK}{len(self.texts) - 1}"


Resolver = Callable[[Context, Any, Mapping[str, Any]], Any]


def _project(ctx: Context, _: Any, args: Mapping[str, Any]) -> Any:
    key = (args.get("entityName") or "", args.get("name") or "")
    if key not in ctx.store.projects:
        return None
    return {
        "key": key,
        "id": encode_id(f"Project:v1:{key[1]}:{key[0]}"),
        "internalId": "77",
        "name": key[1],
        "entityName": key[0],
        "createdAt": "2026-01-01T00:00:00Z",
        "lastActive": "2026-02-01T00:00:00Z",
        "isBenchmark": False,
        "readOnly": False,
    }


def _projects(ctx: Context, entity: str, args: Mapping[str, Any]) -> Any:
    nodes = [
        _project(ctx, None, {"entityName": key[0], "name": key[1]}) for key in ctx.store.projects if key[0] == entity
    ]
    return _connection(nodes, args, ctx.knobs)


def _connection(nodes: list[Any], args: Mapping[str, Any], knobs: Knobs, default_first: int = 50) -> dict[str, Any]:
    start = 0 if "paging" in knobs.ignores else offset_after(args.get("after"), knobs.cursors)
    asked = args.get("first")
    first = default_first if asked is None else int(asked)
    if knobs.max_first is not None:
        first = min(first, knobs.max_first)
    chunk = nodes[start:] if "paging" in knobs.ignores else nodes[start : start + first]
    edges = [{"node": node, "cursor": cursor_of(start + index, knobs.cursors)} for index, node in enumerate(chunk)]
    more = start + len(chunk) < len(nodes) and not knobs.denies_more
    end = edges[-1]["cursor"] if edges else None
    return {
        "edges": edges,
        "nodes": chunk,
        "pageInfo": {"endCursor": end, "hasNextPage": more},
        "totalCount": len(nodes),
    }


def _runs(ctx: Context, parent: Any, args: Mapping[str, Any]) -> Any:
    listed = ctx.store.select(parent["key"], args.get("filters"), args.get("order"), ctx.knobs)
    return _connection(listed, args, ctx.knobs)


def _run_count(ctx: Context, parent: Any, args: Mapping[str, Any]) -> int:
    matching = ctx.store.select(parent["key"], args.get("filters"), "+created_at", ctx.knobs)
    return len(matching) + (ctx.knobs.count_off if matching else 0)


def _checked(ctx: Context, run: Mapping[str, Any]) -> None:
    """A poisoned run takes its whole request down; a slow one delays it."""
    if run["name"] in ctx.knobs.poisoned:
        raise HttpFault(502, "bad gateway")
    if run["name"] in ctx.knobs.slow_runs:
        time.sleep(ctx.knobs.slow_runs[run["name"]])


def _sampled_history(ctx: Context, run: Any, args: Mapping[str, Any]) -> Any:
    _checked(ctx, run)
    return [ctx.mark(history.sampled_text(run, spec, ctx.knobs)) for spec in args["specs"]]


def _history(ctx: Context, run: Any, args: Mapping[str, Any]) -> Any:
    _checked(ctx, run)
    low, high = args.get("minStep"), args.get("maxStep")
    if "steps" in ctx.knobs.ignores:
        low = high = None
    return history.whole(run, args.get("samples") or 500, _int(low), _int(high), ctx.knobs)


def _line_count(ctx: Context, run: Any, _: Mapping[str, Any]) -> int:
    return len(history.rows_of(run)) if ctx.knobs.line_count is None else ctx.knobs.line_count


def _int(value: Any) -> int | None:
    return None if value is None else int(value)


def _events(ctx: Context, run: Any, args: Mapping[str, Any]) -> Any:
    _checked(ctx, run)
    return [json.dumps(row) for row in history.pick(run.get("events", ()), args.get("samples") or 500, ctx.knobs)]


def _parquet(ctx: Context, run: Any, _: Mapping[str, Any]) -> Any:
    if ctx.knobs.exports != "none":
        name, project, entity = run_of_id(run["storage_id"])
        return exports.told(run, f"{ctx.knobs.export_address}/exports/{entity}/{project}/{name}", ctx.knobs)
    rows = [dict(row, _step=float(row["_step"])) for row in history.rows_of(run)]
    return {"parquetUrls": [], "liveData": rows if ctx.knobs.parquet_live else []}


def _user(_: Context, run: Any, __: Mapping[str, Any]) -> Any:
    name = run.get("username")
    return name and {"id": encode_id(f"User:{name}"), "name": name.title(), "username": name}


def _sweeps(ctx: Context, parent: Any, args: Mapping[str, Any]) -> Any:
    return _connection([_sweep_node(ctx, parent["key"], s) for s in _sweeps_of(ctx, parent["key"])], args, ctx.knobs)


def _sweeps_of(ctx: Context, key: tuple[str, str]) -> list[dict[str, Any]]:
    return ctx.store.sweeps.get(key, [])


def _sweep_node(ctx: Context, key: tuple[str, str], sweep: Mapping[str, Any]) -> dict[str, Any]:
    count = sum(1 for run in ctx.store.projects[key] if run.get("sweep") == sweep["name"])
    base = {"method": "random", "state": "RUNNING", "config": "method: random", "createdAt": "2026-01-01T00:00:00Z"}
    known = {"key": key, "id": encode_id(f"Sweep:{sweep['name']}")}
    return {**known, **base, "runCount": count, **sweep}


def _sweep(ctx: Context, parent: Any, args: Mapping[str, Any]) -> Any:
    found = next((s for s in _sweeps_of(ctx, parent["key"]) if s["name"] == args["sweepName"]), None)
    return found and _sweep_node(ctx, parent["key"], found)


def _agent_node(sweep: Mapping[str, Any], agent: Mapping[str, Any]) -> dict[str, Any]:
    node = {"id": encode_id(f"Agent:{agent['name']}"), "state": "FINISHED", "host": "node1", "key": sweep["key"]}
    return {**node, "totalRuns": len(agent.get("ran", ())), **agent}


def _agents(_: Context, sweep: Any, __: Mapping[str, Any]) -> Any:
    return {"edges": [{"node": _agent_node(sweep, agent)} for agent in sweep.get("agents", ())]}


def _agent(_: Context, sweep: Any, args: Mapping[str, Any]) -> Any:
    found = next((each for each in sweep.get("agents", ()) if each["name"] == args["agentName"]), None)
    return found and _agent_node(sweep, found)


def _agent_runs(ctx: Context, agent: Any, args: Mapping[str, Any]) -> Any:
    runs = [run for run in ctx.store.projects[agent["key"]] if run["name"] in agent.get("ran", ())]
    return _connection(runs, args, ctx.knobs)


def _users(ctx: Context, _: Any, args: Mapping[str, Any]) -> Any:
    """The users that ran anything, by a part of their names."""
    names = {str(run["username"]) for runs in ctx.store.projects.values() for run in runs if run.get("username")}
    found = sorted(name for name in names if str(args.get("query", "")) in name)
    return {"edges": [{"node": _user(ctx, {"username": name}, {})} for name in found]}


RESOLVERS: Mapping[tuple[str, str], Resolver] = {
    ("Query", "viewer"): lambda ctx, _, __: ctx.viewer,
    ("Query", "users"): _users,
    ("Sweep", "agents"): _agents,
    ("Sweep", "agent"): _agent,
    ("Agent", "runs"): _agent_runs,
    ("Query", "serverInfo"): lambda *_: {"features": []},
    ("Query", "project"): _project,
    ("Query", "model"): _project,
    ("Query", "entity"): lambda _, __, args: {"id": "e", "name": args["name"]},
    ("Query", "models"): lambda ctx, _, args: _projects(ctx, args.get("entityName") or "", args),
    ("Entity", "projects"): lambda ctx, parent, args: _projects(ctx, parent["name"], args),
    ("Project", "runs"): _runs,
    ("Project", "runCount"): _run_count,
    ("Project", "totalRuns"): lambda ctx, parent, _: len(ctx.store.projects[parent["key"]]),
    ("Project", "run"): lambda ctx, parent, args: ctx.store.find(
        parent["key"], args["name"], folds_case=ctx.knobs.folds_case
    ),
    ("Project", "bucket"): lambda ctx, parent, args: ctx.store.find(
        parent["key"], args["name"], folds_case=ctx.knobs.folds_case
    ),
    ("Project", "sweeps"): _sweeps,
    ("Project", "sweep"): _sweep,
    ("Project", "totalSweeps"): lambda ctx, parent, _: len(_sweeps_of(ctx, parent["key"])),
    ("Run", "id"): lambda _, run, __: run["storage_id"],
    ("Run", "projectId"): lambda *_: "77",
    ("Run", "sweepName"): lambda _, run, __: run.get("sweep"),
    ("Run", "computeSeconds"): lambda _, run, __: run.get("duration"),
    ("Run", "user"): _user,
    ("Run", "historyLineCount"): _line_count,
    ("Run", "eventsLineCount"): lambda _, run, __: len(run.get("events", ())),
    ("Run", "config"): lambda _, run, args: wrapped_config(run, args.get("keys")),
    ("Run", "summaryMetrics"): lambda _, run, args: summary_text(run, args.get("keys")),
    ("Run", "systemMetrics"): lambda _, run, __: json.dumps(run.get("systemMetrics", {})),
    ("Run", "historyKeys"): lambda _, run, __: history.history_keys(run),
    ("Run", "sampledHistory"): _sampled_history,
    ("Run", "history"): _history,
    ("Run", "events"): _events,
    ("Run", "parquetHistory"): _parquet,
}

_Step = tuple[str, str, Resolver | None, Mapping[str, Any], "list[_Step] | None"]


def compile_selection(ctx: Context, kind: GraphQLObjectType, selections: SelectionSetNode) -> list[_Step]:
    """A selection with its arguments evaluated once, as the steps of the walk."""
    merged: dict[str, _Step] = {}
    for node in selections.selections:
        if isinstance(node, FragmentSpreadNode):
            inner = compile_selection(ctx, kind, ctx.fragments[node.name.value].selection_set)
            merged.update({step[0]: step for step in inner})
        elif isinstance(node, InlineFragmentNode):
            merged.update({step[0]: step for step in compile_selection(ctx, kind, node.selection_set)})
        elif isinstance(node, FieldNode):
            name = node.name.value
            key = node.alias.value if node.alias else name
            if name == "__typename":
                merged[key] = (key, name, lambda *_, kind=kind: kind.name, {}, None)
                continue
            definition = kind.fields[name]
            args = get_argument_values(definition, node, ctx.variables)
            named = get_named_type(definition.type)
            below = None
            if node.selection_set is not None and isinstance(named, GraphQLObjectType):
                below = compile_selection(ctx, named, node.selection_set)
            merged[key] = (key, name, RESOLVERS.get((kind.name.removesuffix("Type"), name)), args, below)
    return list(merged.values())


def walk(ctx: Context, steps: list[_Step], parent: Any, path: tuple[str | int, ...] = ()) -> dict[str, Any]:
    out: dict[str, Any] = {}
    panics = ctx.knobs.panics.get(str(parent.get("name")), ()) if ctx.knobs.panics else ()
    for key, name, resolver, args, below in steps:
        if panics and name in panics:
            _break(ctx, name, (*path, key))
            out[key] = None
            continue
        value = resolver(ctx, parent, args) if resolver is not None else parent.get(name)
        value = None if name in ctx.knobs.nulls else value
        if below is not None and value is not None:
            if isinstance(value, list):
                value = [_walk_item(ctx, below, item, (*path, key, at)) for at, item in enumerate(value)]
            else:
                value = walk(ctx, below, value, (*path, key))
        out[key] = value
    return out


class _Broken(Exception):  # noqa: N818 - a fault on purpose
    """A record without its name is none: its parent has null there."""


def _break(ctx: Context, name: str, path: tuple[str | int, ...]) -> None:
    """The server breaks over a field: over the whole request, or only this field, or the record that needs it."""
    if not ctx.knobs.tells_where:
        raise HttpFault(500, "panic occurred")
    ctx.errors.append({"message": "panic occurred", "path": list(path)})
    if name == "name":
        raise _Broken


def _walk_item(ctx: Context, below: list[_Step], item: Any, path: tuple[str | int, ...]) -> Any:
    try:
        return walk(ctx, below, item, path)
    except _Broken:
        return {**item, "node": None}
