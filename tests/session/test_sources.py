"""Which source a name means, and what several sources give together."""

from __future__ import annotations

from pathlib import Path

import pytest

from runql import config
from runql.errors import SettingsError, SourceError
from runql.session import Result, Session
from runql.sources.catalogs import merged
from runql.sources.open import default_name, open_place
from tests.session.fixtures import Watched, session


def names(text: str, *services: Watched) -> list[tuple[str, str]]:
    (result,) = session(services[0], **{f"s{at}": service for at, service in enumerate(services)}).run(text)
    assert isinstance(result, Result)
    return [(row["id"], row["project"]) for row in result]


def test_several_sources_are_one_list_with_the_project() -> None:
    one, other = Watched(3, "a", project="p"), Watched(3, "b")
    assert names("runs from s0, s1 order -config.lr limit 3", one, other) == [("a2", "p"), ("b2", "s1"), ("a1", "p")]


def test_a_run_that_two_sources_hold_is_there_once() -> None:
    one, other = Watched(2, "a", project="p"), Watched(3, "a", project="p")
    (result,) = session(one, s0=one, s1=other).run("runs from s0, s1")
    assert isinstance(result, Result)
    assert [row["id"] for row in result] == ["a0", "a1", "a2"]
    assert any("2 runs of `s1` are left out" in line for line in result.footer())
    (count,) = session(one, s0=one, s1=other).run("count runs from s0, s1")
    assert isinstance(count, Result)
    assert count.value == 3


def test_equal_ids_in_two_projects_are_two_runs_each_with_its_own_history() -> None:
    one, other = Watched(2, "a", project="p"), Watched(2, "a", project="q")
    assert names("runs from s0, s1", one, other) == [("a0", "p"), ("a0", "q"), ("a1", "p"), ("a1", "q")]
    (result,) = session(one, s0=one, s1=other).run(
        "runs from s0, s1 where last(logged.loss) < 0.05 keys loss steps 0..0"
    )
    assert isinstance(result, Result)
    assert [(row["run_id"], row["project"]) for row in result] == [("a0", "p"), ("a0", "q")]


def test_catalogs_add_up() -> None:
    one, other = Watched(2, "a"), Watched(3, "b")
    catalog = merged([one.catalog("", ""), other.catalog("", "")])
    assert catalog.run_count == 5
    (info,) = [info for info in catalog.fields if info.dotted == "lr"]
    assert (info.runs, info.minimum, info.maximum) == (5, 0.0, 0.02)


def test_no_source_offers_the_demo(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as error:
        default_name(config.load({"RUNQL_CONFIG": str(tmp_path / "no")}, tmp_path))
    assert "`-s demo`" in error.value.diagnostics[0].hints[0]


@pytest.mark.parametrize(
    ("name", "message", "hint"),
    [
        ("./nowhere", "there is no folder `./nowhere`", "nearest: `./nowhere2`"),
        ("./nowhere2/a/b", "there is no folder", "`{0}/nowhere2` is there, and has no folder `a`"),
        ("nowher", "no source `nowher`", "nearest: `nowhere2`"),
        ("nowhere2/wanbd", "there is no folder `nowhere2/wanbd`", "nearest folder: `nowhere2/wandb`"),
        ("dmo", "no source `dmo`", "nearest: `demo`"),
        ("loop", "the source `loop` of the settings stands for itself", None),
    ],
)
def test_what_is_no_source(tmp_path: Path, name: str, message: str, hint: str | None) -> None:
    (tmp_path / "nowhere2" / "wandb").mkdir(parents=True)
    settings = config.Settings(sources={"loop": "pool", "pool": "loop"}, folder=tmp_path)
    with pytest.raises(SourceError) as error:
        open_place(name, settings)
    (diagnostic,) = error.value.diagnostics
    assert diagnostic.message.startswith(message)
    assert hint is None or diagnostic.hints[0].startswith(hint.format(tmp_path))


def test_a_project_that_is_called_nearly_as_a_folder_is_said_to_be_one(tmp_path: Path) -> None:
    (tmp_path / "mine" / "wandb").mkdir(parents=True)
    server = config.ServerSettings(base_url="http://127.0.0.1:9", api_key="a" * 40)
    settings = config.Settings(folder=tmp_path, server=server)
    (notice,) = open_place("mine/wanbd", settings).said
    assert (notice.code, notice.hints[0]) == ("RQL516", "nearest folder: `mine/wandb`")
    assert open_place("wandb:mine/wanbd", settings).said == ()


def test_aliases_stand_for_expressions() -> None:
    settings = config.Settings(aliases={"rate": "coalesce(config.opt, config.lr)"})
    with Session(Watched(), settings) as made:
        (result,) = made.run("runs where config.lr < 0.02 select id, rate as rate")
        assert isinstance(result, Result)
        assert [*result] == [{"id": "r0", "rate": 0.0}, {"id": "r1", "rate": "adam"}]


def test_an_alias_that_cannot_be_read_is_named() -> None:
    made = Session(Watched(), config.Settings(aliases={"rate": "config.lr >"}))
    with pytest.raises(SettingsError, match="the alias `rate` cannot be read"):
        made.run("runs where rate > 1")
