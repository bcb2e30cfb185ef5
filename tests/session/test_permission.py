"""Where a text may write that came with a folder, and where one that was typed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import runql
from runql.config import Settings
from runql.errors import QueryError
from runql.session import Result, Session
from runql.text.source import Source

ROWS = "runs limit 1 select id"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The working folder, with one beside it."""
    (tmp_path / "outside").mkdir()
    folder = tmp_path / "work"
    (folder / "below").mkdir(parents=True)
    (folder / ".hidden").mkdir()
    (folder / "link").symlink_to(tmp_path / "outside")
    (folder / "inner").symlink_to(folder / "below")
    (folder / "link.csv").symlink_to(tmp_path / "outside" / "x.csv")
    return folder


def run(folder: Path, text: str, *more: str, script: bool = True) -> None:
    """Answer a text that came in a file of a folder, or that was typed."""
    home = folder.parent / "home"
    settings = Settings(
        folder=folder,
        saved=(folder / ".runql", home / "queries"),
        file=home / "config.toml",
        allow_write=tuple(map(Path, more)),
    )
    with Session("demo", settings) as session:
        for answer in session.run(Source(text, "x.rql", is_script=script)):
            assert isinstance(answer, Result)
            assert len(answer) == 1


OUTSIDE = [
    "{outside}/x.csv",
    "../outside/x.csv",
    "below/../../outside/x.csv",
    "link/x.csv",
    "link.csv",
    "inner/../../outside/x.csv",
    "~/x.csv",
    ".hidden/x.csv",
    ".x.csv",
]


@pytest.mark.parametrize("path", OUTSIDE)
@pytest.mark.parametrize("form", ["{rows} | to '{path}'", "let a = {rows} | to '{path}'; runs from a"])
def test_a_script_writes_nowhere_else(folder: Path, monkeypatch: pytest.MonkeyPatch, path: str, form: str) -> None:
    monkeypatch.setenv("HOME", str(folder.parent / "outside"))
    path = path.format(outside=folder.parent / "outside")
    with pytest.raises(QueryError) as error:
        run(folder, form.format(rows=ROWS, path=path))
    assert [one.code for one in error.value.diagnostics] == ["RQL535"]
    assert "--allow-write" in error.value.diagnostics[0].hints[0]
    assert list((folder.parent / "outside").iterdir()) == []


@pytest.mark.parametrize("path", ["x.csv", "./x.csv", "below/x.csv", "below/../x.csv", "inner/x.csv"])
def test_a_script_writes_below_its_folder(folder: Path, path: str) -> None:
    run(folder, f"{ROWS} | to '{path}'")
    assert (folder / path).read_text().startswith("id\n")


@pytest.mark.parametrize("path", [path for path in OUTSIDE if path[0] != "~"])
def test_what_the_user_typed_writes_anywhere(folder: Path, path: str) -> None:
    path = path.format(outside=folder.parent / "outside")
    run(folder, f"{ROWS} | to '{path}'", script=False)
    assert (folder / path).read_text().startswith("id\n")


@pytest.mark.parametrize("allowed", ["{outside}", "../outside", "{outside}/x.csv", "link", "/"])
def test_a_script_writes_where_the_user_allows(folder: Path, allowed: str) -> None:
    run(folder, f"{ROWS} | to '../outside/x.csv'", allowed.format(outside=folder.parent / "outside"))
    assert (folder.parent / "outside" / "x.csv").exists()


@pytest.mark.parametrize("allowed", ["../outsid", "../outside/y.csv", "below"])
def test_what_is_allowed_is_that_alone(folder: Path, allowed: str) -> None:
    with pytest.raises(QueryError, match="RQL535"):
        run(folder, f"{ROWS} | to '../outside/x.csv'", allowed)


def test_a_saved_query_of_the_project_writes_below_it_alone_whoever_names_it(folder: Path) -> None:
    text = f"{ROWS} | to '{folder.parent}/outside/x.csv'"
    for place, script in ((folder / ".runql", True), (folder.parent / "home" / "queries", False)):
        place.mkdir(parents=True)
        (place / f"{'theirs' if script else 'mine'}.rql").write_text(text)
    for asked in ("runs from @theirs", "let a = runs from @theirs; runs from a | limit 1"):
        with pytest.raises(QueryError, match="RQL535"):
            run(folder, asked, script=False)
    run(folder, "runs from @mine", script=False)
    assert (folder.parent / "outside" / "x.csv").exists()


def test_a_link_that_comes_between_the_check_and_the_rows_is_seen(folder: Path) -> None:
    with Session("demo", Settings(folder=folder)) as session:
        (answer,) = session.run(Source(f"{ROWS} | to 'below/x.csv'", "x.rql", is_script=True))
        (folder / "below" / "x.csv").symlink_to(folder.parent / "outside" / "x.csv")
        assert isinstance(answer, Result)
        with pytest.raises(QueryError, match="RQL535"):
            len(answer)
    assert list((folder.parent / "outside").iterdir()) == []


def test_a_pipe_elsewhere_is_elsewhere(folder: Path) -> None:
    (folder / "null.csv").symlink_to("/dev/null")
    with pytest.raises(QueryError, match="RQL535"):
        run(folder, f"{ROWS} | to 'null.csv'")
    run(folder, f"{ROWS} | to 'null.csv'", script=False)


def test_python_may_hold_a_text_to_the_same(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    text = f"{ROWS} | to '../outside/x.csv'"
    with runql.connect("demo", allow_write=()) as careful, pytest.raises(QueryError, match="RQL535"):
        careful.query(text)
    with runql.connect("demo", allow_write=[folder.parent / "outside"]) as allowed:
        assert len(allowed.query(text)) == 1
    assert len(runql.query(text, "demo")) == 1


def test_explain_says_where_a_link_leads(folder: Path) -> None:
    settings = replace(Settings(), folder=folder)
    (folder / "x.csv").write_text("old")
    with Session("demo", settings) as session:
        (told,) = session.explain(f"{ROWS} | to 'link.csv' | to 'x.csv' | to 'below/y.json'")
    told = " ".join(told.split())
    outside = folder.parent / "outside" / "x.csv"
    assert f"| to link.csv → {outside}: written" in told
    assert (
        "| to x.csv: written while the rows pass on; in the place of the file there when it is whole here | to" in told
    )
    assert "| to below/y.json: written while the rows pass on; in its place when it is whole" in told
