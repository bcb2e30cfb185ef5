"""Listing, config and summary, attributes."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Callable
from typing import Any

from tests.wandb_api.snippets.registry import PATH, snippet


@snippet
def runs_df(wandb: Any) -> Any:
    import pandas as pd

    api = wandb.Api()
    runs = api.runs(PATH)
    summary_list, config_list, name_list = [], [], []
    for run in runs:
        summary_list.append(run.summary._json_dict)
        config_list.append({k: v for k, v in run.config.items() if not k.startswith("_")})
        name_list.append(run.name)
    return pd.DataFrame({"summary": summary_list, "config": config_list, "name": name_list})


@snippet
def csv_of_all(wandb: Any) -> Any:
    import pandas as pd

    rows = []
    for run in wandb.Api().runs(PATH):
        summary = run.summary._json_dict
        summary.pop("_wandb")
        row = {k: v for k, v in run.config.items() if not k.startswith("_")}
        row.update(summary)
        row["name"] = run.name
        rows.append(row)
    text = io.StringIO()
    pd.DataFrame(rows).to_csv(text)
    return text.getvalue()


@snippet
def config_and_summary_in_one_dict(wandb: Any) -> Any:
    return [{**run.config, **run.summary} for run in wandb.Api().runs(PATH, per_page=5)]


@snippet
def finished_runs(wandb: Any) -> Any:
    runs = wandb.Api().runs(PATH, filters={"state": "finished"})
    return [len(runs), [run.id for run in runs]]


@snippet
def one_or_the_other(wandb: Any) -> Any:
    runs = wandb.Api().runs(PATH, {"$or": [{"config.optimizer": "adam"}, {"config.seed": 2}]})
    return [f"Found {len(runs)}", sorted(run.id for run in runs)]


@snippet
def ordered_by_a_summary(wandb: Any) -> Any:
    runs = wandb.Api().runs(path=PATH, order="+summary_metrics.loss", per_page=3)
    return [runs[0].id, [run.id for run in runs[:5]]]


@snippet
def by_display_name(wandb: Any) -> Any:
    runs = wandb.Api().runs(PATH, {"display_name": "brave-river-3"})
    if not runs:
        return None
    found = list(runs)
    return [len(found), found[0].id]


@snippet
def by_regex(wandb: Any) -> Any:
    return [run.name for run in wandb.Api().runs(PATH, filters={"displayName": {"$regex": "^brave.*[13]$"}})]


@snippet
def by_date_and_tag(wandb: Any) -> Any:
    wanted = {"$and": [{"created_at": {"$gt": "2026-01-01T00:02:00Z"}}, {"tags": {"$in": ["paper"]}}]}
    return [run.name for run in wandb.Api().runs(PATH, filters=wanted)]


@snippet
def attributes(wandb: Any) -> Any:
    return [
        [
            *(run.id, run.name, run.state, run.tags, run.group, run.job_type, run.notes, run.description, run.commit),
            *(run.url, run.path, run.entity, run.project, run.sweep_name, run.storage_id, run.historyLineCount),
            *(run.display_name, run.displayName, run.jobType, run.createdAt, run.created_at, run.heartbeat_at),
        ]
        for run in wandb.Api().runs(PATH)
    ]


@snippet
def users(wandb: Any) -> Any:
    return [[run.user.name, run.user.username] for run in wandb.Api().runs(PATH)]


@snippet
def old_attributes(wandb: Any) -> Any:
    return [[run._attrs["displayName"], run._attrs.get("createdAt")] for run in wandb.Api().runs(PATH)]


@snippet
def one_run(wandb: Any) -> Any:
    run = wandb.Api().run(f"{PATH}/run00003")
    return [run.name, run.config, dict(run.summary.items()), run.state, run.lastHistoryStep, run.system_metrics]


@snippet
def with_runs_in_the_path(wandb: Any) -> Any:
    api = wandb.Api()
    return [api.run(path).id for path in (f"{PATH}/runs/run00003", f"/{PATH}/run00003", "acme/vision:run00003")]


@snippet
def summary_as_a_dict(wandb: Any) -> Any:
    summary = wandb.Api().run(f"{PATH}/run00003").summary
    nested = summary["val"]["best"]["acc"]
    return [summary["loss"], summary.get("nothing"), summary.get("nothing", 0), nested, "loss" in summary]


@snippet
def summary_as_an_object(wandb: Any) -> Any:
    summary = wandb.Api().run(f"{PATH}/run00003").summary
    return [summary.loss, summary.val.best.acc, sorted(summary.keys())]


@snippet
def summary_that_lacks_a_key(wandb: Any) -> Any:
    summary = wandb.Api().run(f"{PATH}/run00003").summary
    told = []
    lookups: list[Callable[[], Any]] = [lambda: summary["nothing"], lambda: summary.nothing]
    for lookup in lookups:
        try:
            lookup()
        except KeyError:
            told.append("KeyError")
    return told


@snippet
def raw_config(wandb: Any) -> Any:
    run = wandb.Api().run(f"{PATH}/run00003")
    return [run.rawconfig, json.loads(run.json_config), run.rawconfig["_wandb"]["cli_version"]]


@snippet
def best_of_all(wandb: Any) -> Any:
    runs = wandb.Api().runs(PATH)
    best = min(runs, key=lambda run: run.summary.get("loss", math.inf))
    return [best.id, sorted(runs, key=lambda run: run.summary.get("acc", 0), reverse=True)[0].id]


@snippet
def a_run_again(wandb: Any) -> Any:
    run = wandb.Api().run(f"{PATH}/run00003")
    loaded = run.load(force=True)
    names = ("name", "displayName", "state", "tags", "user", "description", "projectId", "group", "summaryMetrics")
    return [loaded[name] for name in (*names, "config", "rawconfig", "id", "notes", "readOnly", "historyLineCount")]


@snippet
def history_keys(wandb: Any) -> Any:
    run = wandb.Api().run(f"{PATH}/run00003")
    keys = run.history_keys["keys"]
    return [sorted(keys), run.history_keys["lastStep"], keys["loss"]["typeCounts"][0]["type"]]


@snippet
def texts(wandb: Any) -> Any:
    api = wandb.Api()
    run = api.run(f"{PATH}/run00003")
    return [str(run), repr(api.runs(PATH)), repr(api.projects("acme")), str(api.sweep(f"{PATH}/sw1"))]


@snippet
def in_a_set(wandb: Any) -> Any:
    runs = list(wandb.Api().runs(PATH))
    return [len(set(runs)), runs[0] == runs[0], runs[0] == runs[1], runs.index(runs[2])]


@snippet
def other_spellings(wandb: Any) -> Any:
    run = wandb.Api().run(f"{PATH}/run00003")
    return [run.snake_to_camel("created_at"), run.historyKeys["lastStep"], run.systemMetrics, run.summaryMetrics]
