"""What W&B's classes are beside their calls: texts, dicts, pictures in a notebook, pickles."""

from __future__ import annotations

import copy
import json
import pickle
import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

import runql
from runql.errors import ArgumentError, BackendError, NotFound, RunQLError, ServerError
from runql.semantic.record import ProjectRecord, RunRecord, SweepRecord
from runql.sources.local import LocalService
from runql.sources.memory import MemoryService
from runql.wandb_api.api import WandbApi
from runql.wandb_api.explained import Pictured
from runql.wandb_api.projects import Project, Projects
from runql.wandb_api.run_facts import User
from runql.wandb_api.runs import Run
from tests.server import LoopbackServer
from tests.server.samples import vision

SECRET = "5ec2e7" * 7
FIXTURES = Path(__file__).parents[1] / "fixtures" / "wandb_files"


def memory(**attributes: Any) -> WandbApi:
    run = {"id": "a1", "entity": "acme", "project": "vision", "sweep": "s", **attributes}
    sweeps = [SweepRecord("s", entity="acme", project="vision", state="RUNNING")]
    service = MemoryService([run], {"a1": [{"loss": 2}, {"loss": 1}]}, sweeps=sweeps)
    return WandbApi(service_api=service, entity="acme", project="vision")


def test_a_user_is_a_text_with_the_attributes_of_a_user() -> None:
    record = RunRecord("a", user="ada", user_name="Ada L.")
    user = Run(MemoryService([record]), "", "", "a", record).user
    assert isinstance(user, str)
    assert (user, str(user), user.username, user.name) == ("ada", "ada", "ada", "Ada L.")
    assert json.dumps([user]) == '["ada"]'
    assert {str(user), user} == {"ada"}
    assert memory(user="bo").run("a1").user == "bo"
    named = memory(user="bo").run("a1").user
    assert named is not None
    assert named.name == "bo"
    assert memory().run("a1").user is None
    with pytest.raises(AttributeError, match=r"`User\.email` is not known: "):
        _ = user.email
    again = pickle.loads(pickle.dumps(user))
    assert (again, again.name) == ("ada", "Ada L.")
    assert User("x", {"email": "x@y"}).email == "x@y"


def test_a_summary_reads_as_a_dict_and_as_an_object() -> None:
    summary = memory(summary={"loss": 1, "val": {"acc": [1]}, "update": 5}).run("a1").summary
    assert (summary.loss, summary.val.acc, summary["val"]["acc"], summary["val.acc"]) == (1, [1], [1], [1])
    plain = summary._json_dict
    assert type(plain) is type(plain["val"]) is dict
    plain.pop("loss")
    plain["val"]["acc"].append(2)
    assert (summary["loss"], summary["val"]["acc"]) == (1, [1])
    assert {**summary} == dict(summary.items()) == {"loss": 1, "val": {"acc": [1]}, "update": 5}
    assert summary.update == 5
    assert not hasattr(summary, "nothing")
    assert summary.get("nothing", 3) == 3
    with pytest.raises(KeyError, match="the summary has no value `nothing`"):
        _ = summary.nothing
    assert copy.deepcopy(summary) == pickle.loads(pickle.dumps(summary)) == summary


def test_a_summary_only_reads() -> None:
    summary = memory(summary={"loss": 1}).run("a1").summary
    with pytest.raises(AttributeError, match=r"`Summary\.update` is not offered: RunQL only reads"):
        summary.update({"loss": 2})
    with pytest.raises(AttributeError, match="only reads"):
        summary.loss = 2
    with pytest.raises(TypeError, match="only reads"):
        del summary["loss"]


def test_what_wandb_keeps_for_itself_is_in_the_raw_forms_alone() -> None:
    kept = {"_wandb": {"cli_version": "0.31.0"}}
    record = RunRecord("a", config={"lr": 1}, internal_config=kept, summary={"x": 1}, internal_summary={"_wandb": {}})
    run = WandbApi(service_api=MemoryService([record])).run("a")
    assert (run.config, run.rawconfig) == ({"lr": 1}, {**kept, "lr": 1})
    assert json.loads(run.json_config) == {key: {"value": each, "desc": None} for key, each in run.rawconfig.items()}
    assert (run.summary["x"], run.summary["_wandb"], run.record.summary) == (1, {}, {"x": 1})
    loaded = run.load()
    assert (loaded["config"], loaded["rawconfig"]) == (run.config, run.rawconfig)


def test_what_a_script_changes_in_a_run_is_changed_for_it_alone() -> None:
    api = runql.Api("demo")
    run, other = api.run("ujehh0om"), api.run("ujehh0om")
    run.config["model"]["sizes"].append("one more")
    run.config["new"] = 1
    run.tags.append("new")
    run.summary_metrics.clear()
    run.rawconfig["model"].clear()
    assert run.config["new"] == 1
    assert run.tags == ["baseline", "new"]
    assert run.config["model"]["sizes"][-1] == "one more"
    for one in (other, api.run("ujehh0om"), pickle.loads(pickle.dumps(other))):
        assert "new" not in one.config
        assert one.tags == ["baseline"]
        assert "one more" not in one.config["model"]["sizes"]
        assert one.summary_metrics
    run.load(force=True)
    assert "new" not in run.config
    assert run.tags == ["baseline"]


def test_each_name_of_the_module_is_there_or_said_why_not() -> None:
    spec = find_spec("wandb")
    assert spec is not None
    assert spec.origin is not None
    stub = Path(spec.origin).with_suffix(".pyi").read_text()
    names = re.findall(r'"(\w+)"', stub.partition("__all__ = (")[2].partition(")")[0])
    assert len(names) > 30
    assert (runql.CommError, runql.Error) == (BackendError, RunQLError)
    for name in {*names} - {*runql.__all__, "config"}:  # `runql.config` is a module of ours
        if not name.startswith("_"):
            with pytest.raises(AttributeError, match=rf"`runql\.{name}` is not offered: "):
                getattr(runql, name)


def test_a_page_in_a_notebook() -> None:
    api = memory(url='https://w.test/acme/vision/runs/a1"><b>', name="<i>bee</i>")
    run = api.run("a1")
    html = run.to_html(height=100)
    assert html.startswith("<iframe src=")
    assert "?jupyter=true" in html
    assert "height:100px" in html
    assert "<b>" not in html
    assert "<button" in run.to_html(hidden=True)
    assert "display:none" in run.to_html(hidden=True)
    assert not run.display()
    assert "<i>" not in run._repr_html_()
    sweep, project = api.sweep("s"), api.project("vision")
    for each in (sweep, project):
        assert isinstance(each, Pictured)
        assert "iframe" not in each.to_html()
        assert "&lt;" in each._repr_html_()
    script = memory(url="javascript:alert(1)").run("a1")
    assert "javascript" not in script.to_html() + script._repr_html_()


def test_projects_are_a_list_that_is_fetched_page_by_page() -> None:
    runs = [{"id": "a", "entity": "acme", "project": name} for name in ("p1", "p2", "p3", "p4", "p5")]
    api = WandbApi(service_api=MemoryService(runs), entity="acme")
    projects = api.projects(per_page=2)
    assert projects.more
    assert projects[0].path == ["acme", "p1"]
    assert len(projects.objects) == 2
    assert projects.next() is projects[0]
    assert [each.name for each in projects[1:3]] == ["p2", "p3"]
    assert projects[-1].name == "p5"
    assert (len(projects), projects.length, projects.more) == (5, 5, False)
    assert [each.name for each in projects] == ["p1", "p2", "p3", "p4", "p5"]
    assert projects[0].run_count == 1
    with pytest.raises(IndexError):
        projects[5]
    assert api.project("p3").id is None
    with pytest.raises(NotFound, match="no project `acme/nothing`"):
        _ = api.project("nothing").id


class Breaking(MemoryService):
    """Five projects, of which the third is an error the first time that it is asked for."""

    broken = False

    def projects(self, entity: str) -> Iterator[ProjectRecord]:
        for at in range(5):
            if at == 2 and not self.broken:
                self.broken = True
                raise ServerError.of("RQL405", "broken")
            yield ProjectRecord(f"p{at}", entity)


def test_a_stream_that_breaks_is_no_end() -> None:
    projects = Projects(Breaking([]), "acme", per_page=2)
    with pytest.raises(ServerError):
        list(projects)
    assert [each.name for each in projects] == ["p0", "p1", "p2", "p3", "p4"]


def test_sweeps_have_no_filters_and_say_so() -> None:
    project = memory().project("vision")
    assert [sweep.id for sweep in project.sweeps()] == ["s"]
    for wrong in ({"filters": {"state": "RUNNING"}}, {"order": "x"}):
        with pytest.raises(ArgumentError, match="in Python"):
            project.sweeps(**wrong)


def test_what_a_source_does_not_know_is_an_error_that_says_so() -> None:
    api = memory()
    with pytest.raises(NotFound, match="knows no users"):
        _ = api.viewer
    with pytest.raises(NotFound, match="knows no users"):
        api.users("ada")
    with pytest.raises(NotFound, match="knows no agents"):
        api.sweep("s").agents()
    with pytest.raises(KeyError, match="the metadata has no `gpu`: the source knows no more"):
        _ = api.run("a1").metadata["gpu"]


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("vision", "<Project acme/vision>"),
        ("acme/vision", "<Project acme/vision>"),
        ("https://wandb.ai/acme/vision/workspace?nw=x", "<Project acme/vision>"),
        ("acme/vision/a1", "<Run acme/vision/a1 (None)>"),
        ("acme/vision/runs/a1", "<Run acme/vision/a1 (None)>"),
        ("https://wandb.ai/acme/vision/runs/a1/overview", "<Run acme/vision/a1 (None)>"),
        ("acme/vision/sweeps/s", "<Sweep acme/vision/s (RUNNING)>"),
    ],
)
def test_what_a_path_names(path: str, shown: str) -> None:
    assert repr(memory().from_path(path)) == shown


@pytest.mark.parametrize(
    ("path", "message"), [("acme/vision/reports/x--1", "is a report"), ("a/b/tables/d", "is not the path")]
)
def test_what_is_no_path(path: str, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        memory().from_path(path)


def test_the_settings_of_wandb() -> None:
    assert memory().settings == {"base_url": None, "entity": "acme", "project": "vision", "organization": None}
    assert WandbApi({"entity": "x", "run": "r"}, 5, service_api=MemoryService([])).settings["run"] == "r"


def everything(api: WandbApi, entity: str, project: str) -> list[Any]:
    runs = api.runs(f"{entity}/{project}" if project else None, per_page=2)
    return [api, runs, runs[0], *runs[:3], *([runs[0].sweep] if runs[0].sweep else []), api.project(project, entity)]


def checked_pickles(things: list[Any]) -> bytes:
    """Each of the objects, pickled and read, is what it was."""
    content = pickle.dumps(things)
    again = pickle.loads(content)
    api, runs, run = again[:3]
    assert [repr(each) for each in again] == [repr(each) for each in things]
    assert [each.id for each in runs] == [each.id for each in things[1]]
    assert (run.config, run.summary, run.user) == (things[2].config, things[2].summary, things[2].user)
    assert run.history().equals(things[2].history())
    assert api.run(run.id if not run.project else f"{run.entity}/{run.project}/{run.id}").name == run.name
    assert copy.deepcopy(things[2]).config == copy.copy(things[2]).config == things[2].config
    return content


def test_pickles_of_runs_in_memory() -> None:
    checked_pickles(everything(memory(config={"lr": 1}, user="ada"), "acme", "vision"))


def test_pickles_of_runs_on_disk() -> None:
    service = LocalService(FIXTURES / "0.31.0")
    run = WandbApi(service_api=service).runs()[0]
    things = everything(WandbApi(service_api=service), run.entity, run.project)
    checked_pickles(things)


def test_a_pickle_of_runs_on_a_server_holds_no_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with LoopbackServer(vision(7, 5)) as server:
        server.knobs.key = SECRET
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("RUNQL_CACHE", str(tmp_path))
        monkeypatch.setenv("WANDB_BASE_URL", server.base_url)
        monkeypatch.setenv("WANDB_API_KEY", SECRET)
        monkeypatch.chdir(tmp_path)
        for api in (runql.Api(), runql.Api(api_key=SECRET), runql.Api({"api_key": SECRET, "entity": "acme"})):
            content = checked_pickles(everything(api, "acme", "vision"))
            assert SECRET.encode() not in content
            assert SECRET not in repr(vars(pickle.loads(content)[0]))
            pickle.loads(content)[0].service_api.close()
            api.service_api.close()


def test_a_result_says_why_it_is_not_pickled() -> None:
    runs = runql.query("runs limit 2", source="demo").runs
    with pytest.raises(TypeError, match=r"pickle `list\(runs\)`"):
        pickle.dumps(runs)
    assert [run.id for run in pickle.loads(pickle.dumps(list(runs)))] == [run.id for run in runs]


def test_project_paths() -> None:
    project = memory().project("vision")
    assert isinstance(project, Project)
    assert (project.entity, project.name, project.path) == ("acme", "vision", ["acme", "vision"])
