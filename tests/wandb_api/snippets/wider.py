"""Sweeps, projects, users, paths, paging, errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.wandb_api.snippets.registry import PATH, snippet


@snippet
def default_project(wandb: Any) -> Any:
    api = wandb.Api(overrides={"entity": "acme", "project": "vision"})
    return [api.run("run00003").path, api.run("vision/run00003").path, len(api.runs()), api.settings["entity"]]


@snippet
def best_of_a_sweep(wandb: Any) -> Any:
    sweep = wandb.Api().sweep(f"{PATH}/sw1")
    best = sweep.best_run()
    return [sweep.order, best.id, best.name, best.config, best.summary.get("loss")]


@snippet
def best_of_a_sweep_by_another_metric(wandb: Any) -> Any:
    sweep = wandb.Api().sweep(f"{PATH}/sweeps/sw1")
    orders = ("acc", "-acc", "+acc", "summary_metrics.acc", "config.lr", "+config.lr")
    return [sweep.best_run(order=order).id for order in orders]


@snippet
def runs_of_a_sweep(wandb: Any) -> Any:
    sweep = wandb.Api().sweep(f"{PATH}/sw1")
    runs = sorted(sweep.runs, key=lambda run: run.summary.get("acc", 0), reverse=True)
    return [len(sweep.runs), [run.id for run in runs], [sweep.runs[at].id for at in range(len(sweep.runs))]]


@snippet
def facts_of_a_sweep(wandb: Any) -> Any:
    sweep = wandb.Api().sweep(f"{PATH}/sw1")
    facts = [sweep.id, sweep.name, sweep.state, sweep.url, sweep.path, sweep.entity, sweep.project, sweep.username]
    loaded = sweep.load(force=True)
    return [*facts, sweep.config, sweep.expected_run_count, repr(sweep), loaded["state"], loaded["bestLoss"]]


@snippet
def agents_of_a_sweep(wandb: Any) -> Any:
    sweep = wandb.Api().sweep(f"{PATH}/sw1")
    found = [[a.id, a.name, a.state, a.host, a.totalRuns, [run.id for run in a.runs()]] for a in sweep.agents()]
    return [found, sweep.agent("agent1").name, repr(sweep.agents()[0])]


@snippet
def sweep_of_a_run(wandb: Any) -> Any:
    api = wandb.Api()
    lazy = [run.sweep.id if run.sweep else None for run in api.runs(PATH)]
    eager = [run.sweep and run.sweep.name for run in api.runs(PATH, include_sweeps=True)]
    return [lazy, eager]


@snippet
def sweeps_of_a_project(wandb: Any) -> Any:
    sweeps = wandb.Api().project("vision", entity="acme").sweeps()
    return [len(sweeps), [sweep.id for sweep in sweeps], sweeps[0].name]


@snippet
def projects(wandb: Any) -> Any:
    found = wandb.Api().projects("acme")
    first = found[0]
    return [[each.name for each in found], first.entity, first.path, first.url, first.id, first.created_at, str(first)]


@snippet
def projects_page_by_page(wandb: Any) -> Any:
    found = wandb.Api().projects(entity="acme", per_page=1)
    first = found.next()
    return [first.name, found.more, found.per_page, [each.name for each in found[:2]], first.is_benchmark]


@snippet
def all_runs_of_all_projects(wandb: Any) -> Any:
    api = wandb.Api()
    return {project.name: len(api.runs(f"{project.entity}/{project.name}")) for project in api.projects("acme")}


@snippet
def project_facts(wandb: Any) -> Any:
    project = wandb.Api().project("vision", "acme")
    return [project.name, project.entity, project.path, project.url, project.id, project.createdAt, repr(project)]


@snippet
def who_am_i(wandb: Any) -> Any:
    api = wandb.Api()
    viewer = api.viewer
    return [viewer.username, viewer.name, viewer.entity, viewer.email, viewer.teams, api.default_entity]


@snippet
def other_users(wandb: Any) -> Any:
    api = wandb.Api()
    return [api.user("grace").username, [user.username for user in api.users("a")], api.user("nobody")]


@snippet
def from_a_path(wandb: Any) -> Any:
    api = wandb.Api()
    paths = ("acme/vision", f"{PATH}/runs/run00003", f"{PATH}/run00003", f"{PATH}/sweeps/sw1")
    return [repr(api.from_path(path)) for path in paths]


@snippet
def paging(wandb: Any) -> Any:
    runs = wandb.Api().runs(PATH, per_page=4)
    before = [runs.more, runs.cursor, runs.last_response]
    first = runs.next()
    second = next(runs)
    return [*before, first.id, second.id, runs.more, len(runs), runs.per_page, runs.variables["perPage"]]


@snippet
def last_response(wandb: Any) -> Any:
    runs = wandb.Api().runs(PATH, per_page=4)
    runs[0]
    project = runs.last_response["project"]
    names = [edge["node"]["displayName"] for edge in project["runs"]["edges"]]
    info = project["runs"]["pageInfo"]
    return [project["runCount"], names, info["hasNextPage"], [run.id for run in runs.convert_objects()]]


@snippet
def a_config_that_is_filled(wandb: Any) -> Any:
    rows = []
    for run in wandb.Api().runs(PATH):
        run.config["id"] = run.id
        run.config.pop("lr", None)
        run.config.update(score=run.summary.get("acc"))
        rows.append(run.config)
        run.tags.append("seen")
    return [rows, run.tags, "id" in wandb.Api().run(f"{PATH}/{run.id}").load(force=True)["config"]]


@snippet
def the_machine_as_old_scripts_say(wandb: Any) -> Any:
    return wandb.Api().run(f"{PATH}/run00003").history(stream="events")


@snippet
def lazy_and_full(wandb: Any) -> Any:
    runs = wandb.Api().runs(PATH, lazy=True)
    first = runs[0]
    runs.upgrade_to_full()
    return [first.config, [run.config.get("lr") for run in runs], first.load_full_data()["summaryMetrics"]]


@snippet
def what_is_not_there(wandb: Any) -> Any:
    api = wandb.Api()
    told = []
    calls: list[Callable[[], Any]] = [
        lambda: api.run(f"{PATH}/nothing"),
        lambda: api.run(""),
        lambda: api.run(":"),
        lambda: api.run("acme/vision:"),
        lambda: api.sweep(f"{PATH}/nothing"),
        lambda: api.runs("acme/nothing")[0],
        lambda: api.runs(PATH)[1000],
        lambda: api.runs(PATH).histories(format="xml"),
        lambda: api.project("nothing", "acme").id,
        lambda: api.from_path("a/b/c/d/e/f"),
    ]
    for call in calls:
        try:
            call()
            told.append("no error")
        except IndexError:
            told.append("IndexError")
        except Exception:  # noqa: BLE001 - theirs has no common base
            told.append("error")
    return told


@snippet
def iteration_goes_on(wandb: Any) -> Any:
    runs = wandb.Api().runs(PATH, per_page=3)
    return [[run.id for run in runs], [run.id for run in runs], len(list(runs)), [run.id for run in runs[2:4]]]


@snippet
def errors_by_their_names(wandb: Any) -> Any:
    api = wandb.Api()
    told = []
    for path in (f"{PATH}/nothing", "acme/nothing/x"):
        try:
            api.run(path)
        except wandb.errors.CommError:
            told.append("CommError")
    try:
        len(list(api.runs("acme/nothing")))
    except (wandb.errors.Error, ValueError):
        told.append("ValueError")
    return told
