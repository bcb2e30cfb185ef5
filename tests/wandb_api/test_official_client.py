"""Against the official client's own classes: what they have, RunQL has, or says why not."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from wandb.apis import public
from wandb.apis.public.history import HistoryScan as TheirScan
from wandb.apis.public.projects import Project as TheirProject
from wandb.apis.public.projects import Projects as TheirProjects
from wandb.apis.public.summary import HTTPSummary
from wandb.apis.public.sweeps import Agent as TheirAgent
from wandb.apis.public.sweeps import Sweep as TheirSweep
from wandb.apis.public.sweeps import Sweeps as TheirSweeps
from wandb.apis.public.users import User as TheirUser

from runql.semantic.record import AgentRecord, SweepRecord
from runql.sources.memory import MemoryService
from runql.wandb_api.api import WandbApi
from runql.wandb_api.history_scan import HistoryScan
from runql.wandb_api.projects import Project, Projects, Sweeps
from runql.wandb_api.run_facts import User
from runql.wandb_api.runs import Agent, Run, Runs, Sweep
from runql.wandb_api.summary import Summary

CLASSES: list[tuple[type, type]] = [
    (public.Api, WandbApi),
    (public.Runs, Runs),
    (public.Run, Run),
    (TheirSweep, Sweep),
    (TheirSweeps, Sweeps),
    (TheirAgent, Agent),
    (TheirProject, Project),
    (TheirProjects, Projects),
    (TheirUser, User),
    (HTTPSummary, Summary),
    (TheirScan, HistoryScan),
]
BUILT_ALIKE = {Runs, Run, Sweep, Sweeps, Project, Projects}
"""The classes whose objects people make themselves: their arguments are the same. Others come from these alone."""

FREER = {("to_html", User), ("display", User), ("to_html", Agent)}
"""Arguments that are read and mean nothing."""


def public_names(cls: type) -> list[str]:
    return [name for name in dir(cls) if not name.startswith("_")]


def pairs() -> Iterator[tuple[str, Callable[..., Any], Callable[..., Any]]]:
    """Each call that both have, by name."""
    for theirs, ours in CLASSES:
        names = [*public_names(theirs), *(("__init__",) if ours in BUILT_ALIKE else ())]
        for name in names:
            if (name, ours) in FREER or not callable(getattr(theirs, name)):
                continue
            found = inspect.getattr_static(ours, name, None)
            if found is not None and callable(getattr(ours, name)) and not isinstance(found, property):
                yield f"{theirs.__name__}.{name}", getattr(theirs, name), getattr(ours, name)


@pytest.mark.parametrize(("theirs", "ours"), [each[1:] for each in pairs()], ids=[each[0] for each in pairs()])
def test_a_call_takes_what_theirs_takes(theirs: Callable[..., Any], ours: Callable[..., Any]) -> None:
    wanted = inspect.signature(inspect.unwrap(theirs)).parameters
    found = inspect.signature(ours).parameters
    positional = [name for name, each in found.items() if each.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD]
    assert positional == list(wanted)
    theirs_by_default = [(name, each.default) for name, each in wanted.items()]
    assert [(name, found[name].default) for name in wanted] == theirs_by_default


def test_the_calls_are_there() -> None:
    names = {name for name, _, _ in pairs()}
    assert {
        "Api.runs",
        "Api.run",
        "Api.sweep",
        "Api.projects",
        "Api.project",
        "Api.user",
        "Api.users",
        "Api.from_path",
        "Runs.__init__",
        "Runs.histories",
        "Run.__init__",
        "Run.history",
        "Run.scan_history",
        "Run.load",
        "Run.to_html",
        "Run.display",
        "Sweep.best_run",
        "Sweep.agents",
        "Sweep.agent",
        "Sweep.load",
        "Sweep.to_html",
        "Agent.runs",
        "Project.sweeps",
        "Projects.__init__",
    } <= names


def test_the_api_takes_theirs_in_their_order() -> None:
    wanted = list(inspect.signature(public.Api.__init__).parameters)
    found = [
        name
        for name, each in inspect.signature(WandbApi.__init__).parameters.items()
        if each.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
    ]
    assert wanted == ["self", "overrides", "timeout", "api_key"]
    assert found == ["self", "source", "timeout", "api_key"]  # a dict for `source` is taken for `overrides`
    assert "overrides" in inspect.signature(WandbApi.__init__).parameters


def objects() -> Mapping[type, Any]:
    """One object of each class."""
    service = MemoryService(
        [{"id": "a", "entity": "e", "project": "p", "user": "ada", "sweep": "s", "summary": {"loss": 1}}],
        sweeps=[SweepRecord("s", entity="e", project="p")],
    )
    api = WandbApi(service_api=service, entity="e", project="p")
    run = api.run("a")
    projects = api.projects()
    project = projects[0]
    agent = Agent(service, AgentRecord("x"), "e", "p", "s")
    made = [api, api.runs(), run, api.sweep("s"), project.sweeps(), agent, project, projects]
    return {type(each): each for each in [*made, run.user, run.summary, run.scan_history()]}


@pytest.mark.parametrize(("theirs", "ours"), CLASSES, ids=[ours.__name__ for _, ours in CLASSES])
def test_each_public_name_of_theirs_works_or_says_why_not(theirs: type, ours: type) -> None:
    thing = objects()[ours]
    reasons: Mapping[str, str] = getattr(ours, "REASONS", {})
    for name in public_names(theirs):
        if name in reasons and inspect.getattr_static(ours, name, None) is None:
            with pytest.raises(
                AttributeError, match=rf"`{ours.__name__.removeprefix('Wandb')}\.{name}` is not offered: \w"
            ):
                getattr(thing, name)
        elif (ours, name) == (WandbApi, "viewer"):
            with pytest.raises(ValueError, match="knows no users"):
                getattr(thing, name)
        elif (ours, name) == (User, "teams"):
            with pytest.raises(AttributeError, match="is not known: the source says no more"):
                getattr(thing, name)
        else:
            getattr(thing, name)


@pytest.mark.parametrize(("theirs", "ours"), CLASSES, ids=[ours.__name__ for _, ours in CLASSES])
def test_a_reason_is_given_only_for_what_theirs_has(theirs: type, ours: type) -> None:
    old = {(Run, "dir"), (WandbApi, "client"), (Runs, "QUERY")}
    """Attributes of their objects that the class does not show."""
    reasons = [name for name in getattr(ours, "REASONS", {}) if (ours, name) not in old]
    assert [name for name in reasons if not hasattr(theirs, name)] == []
