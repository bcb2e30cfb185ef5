"""RunQL as people get it: a wheel, an sdist, an editable install, a bare checkout. Each answers from the demo.

Nothing is downloaded: each way has an environment of its own, which sees the dependencies of the environment of the
tests but not the RunQL in it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import zipfile
from dataclasses import dataclass
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
import yaml

from hatch_build import AddressesHook
from runql import __version__
from tests.house.sources import ROOT
from tools.addresses import addresses

HOME_PAGE = "https://git.example.org/ml/runql"
FACTS = """
import runql.syntax.grammar as grammar
print(grammar.grammar_path())
print(grammar._read_table(grammar._PACKED_TABLE) is not None)
"""
COUNT = ("-s", "demo", "-o", "json", "count runs where config.lr > 0.01")


@dataclass(frozen=True)
class Place:
    """An environment, and a home for its user."""

    folder: Path

    @property
    def python(self) -> Path:
        return self.folder / "venv" / "bin" / "python"

    @property
    def site(self) -> Path:
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        return self.folder / "venv" / "lib" / version / "site-packages"

    @property
    def cached_tables(self) -> list[Path]:
        return sorted(self.folder.rglob("*.table"))

    def run(self, *command: str, path: Path | None = None) -> str:
        """What a command writes to standard output. It must succeed, and say nothing else."""
        kept = {name: value for name, value in os.environ.items() if name.startswith("PIP_") or name == "LANG"}
        home = {"HOME": str(self.folder), "XDG_CACHE_HOME": str(self.folder / "cache")}
        environment = {**kept, **home, "PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"}
        if path is not None:
            environment["PYTHONPATH"] = str(path)
        done = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def install(self, *what: str) -> None:
        options = ("--quiet", "--no-deps", "--no-index", "--no-build-isolation", "--disable-pip-version-check")
        self.run(str(self.python), "-m", "pip", "install", *options, *what)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """An environment without RunQL, that finds what RunQL and its build need."""
    made = Place(tmp_path)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "venv")], check=True)
    (made.site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return made


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds the sdist, and the wheel that is built from it, which is what `pip install` does with one.

    Nothing is isolated: the packages that a build needs are here.
    """
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    environment = {**os.environ, "RUNQL_HOME_PAGE": f"{HOME_PAGE}.git"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def only(folder: Path, pattern: str) -> Path:
    (found,) = folder.glob(pattern)
    return found


def assert_works_installed(place: Place) -> None:
    grammar, is_packed = place.run(str(place.python), "-c", FACTS).split()
    assert grammar == str(place.site / "runql" / "syntax" / "runql.lark")
    assert is_packed == "True"
    assert int(place.run(str(place.python.with_name("runql")), "--quiet", *COUNT)) >= 30
    assert place.run(str(place.python), "-m", "runql", "--version").startswith("runql ")
    assert_pygments_finds_runql(place)
    assert place.cached_tables == [place.site / "runql" / "syntax" / "runql.table"]


def assert_pygments_finds_runql(place: Place) -> None:
    """The name `runql` is ours; `rql` stays the other language that Pygments brings under it."""
    pygments = (str(place.python), "-m", "pygments", "-H", "lexer")
    assert place.run(*pygments, "runql").startswith("Help on the RunQL")
    assert "Relation Query Language" in place.run(*pygments, "rql")


def test_the_wheel_of_the_sdist(place: Place, built: Path) -> None:
    place.install(str(only(built, "*.whl")))
    assert_works_installed(place)


def test_an_editable_install(place: Place) -> None:
    place.install("--editable", str(ROOT))
    grammar, _ = place.run(str(place.python), "-c", FACTS).split()
    assert grammar == str(ROOT / "grammar" / "runql.lark")
    assert int(place.run(str(place.python.with_name("runql")), "--quiet", *COUNT)) >= 30
    assert_pygments_finds_runql(place)


def test_a_bare_checkout(place: Place) -> None:
    """As it is before anything was run in it: without the table that the tests put there."""
    checkout = place.folder / "checkout"
    for folder in ("runql", "grammar"):
        shutil.copytree(ROOT / folder, checkout / folder, ignore=shutil.ignore_patterns("*.table", "__pycache__"))
    grammar, is_packed = place.run(str(place.python), "-c", FACTS, path=checkout).split()
    assert grammar == str(checkout / "grammar" / "runql.lark")
    assert is_packed == "False"
    assert int(place.run(str(place.python), "-m", "runql", "--quiet", *COUNT, path=checkout)) >= 30
    (table,) = place.cached_tables
    assert table.parent.stat().st_mode & 0o077 == 0


def test_what_is_in_the_wheel(built: Path) -> None:
    with zipfile.ZipFile(only(built, "*.whl")) as wheel:
        names = set(wheel.namelist())
    assert {"runql/py.typed", "runql/syntax/runql.lark", "runql/syntax/runql.table"} <= names
    assert sum(name.startswith("runql/demo/wandb/") for name in names) >= 60
    manual = f"runql-{__version__}.data/data/share/man/man1/runql.1"
    assert manual in names
    assert not {name for name in names - {manual} if not name.startswith("runql/") and ".dist-info/" not in name}
    assert not {name for name in names if name.endswith(".pth")}
    assert not {name for name in names if "__pycache__" in name}


def test_what_the_wheel_says_of_itself(built: Path) -> None:
    with zipfile.ZipFile(only(built, "*.whl")) as wheel:
        (name,) = [one for one in wheel.namelist() if one.endswith(".dist-info/METADATA")]
        said = message_from_bytes(wheel.read(name))
    assert said["Name"] == "runql"
    assert said["Version"] == __version__
    assert said["Author"] == "The RunQL authors"
    assert "Typing :: Typed" in (said.get_all("Classifier") or [])
    assert {"mcp", "store", "lsp"} <= set(said.get_all("Provides-Extra") or [])
    assert said["Description-Content-Type"] == "text/markdown"
    assert addresses(only(built, "*.whl")) == [
        f"Homepage, {HOME_PAGE}",
        f"Documentation, {HOME_PAGE}/blob/HEAD/docs/index.md",
        f"Changelog, {HOME_PAGE}/blob/HEAD/CHANGELOG.md",
        f"Issues, {HOME_PAGE}/issues",
    ]


def test_the_readme_of_a_release_links_to_the_repository(built: Path) -> None:
    """Where it is shown, beside a wheel, there are no files: each path in it is an address, of a file that there is."""
    with zipfile.ZipFile(only(built, "*.whl")) as wheel:
        (name,) = [one for one in wheel.namelist() if one.endswith(".dist-info/METADATA")]
        readme = wheel.read(name).decode("utf-8").partition("\n\n")[2]
    paths = re.findall(rf"{re.escape(HOME_PAGE)}/(blob|raw)/HEAD/([^)\"\s#]+)", readme)
    assert len(paths) > 30
    assert {kind for kind, path in paths if path.endswith(".svg")} == {"raw"}
    assert all((ROOT / path).exists() for _, path in paths)
    assert not re.findall(r"\]\((?!https://)[^)]*\)|src(?:set)?=\"(?!https://)", readme)


def test_no_address_is_invented(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Addresses are what somebody gave; without one the README stands as it is."""
    (tmp_path / "README.md").write_text("[a](docs/a.md)", encoding="utf-8")
    monkeypatch.delenv("RUNQL_HOME_PAGE", raising=False)
    assert released(tmp_path) == ({}, "[a](docs/a.md)")
    (tmp_path / "CITATION.cff").write_text('repository-code: "https://a.example/b/c"\n', encoding="utf-8")
    urls, readme = released(tmp_path)
    assert (urls["Issues"], readme) == (
        "https://a.example/b/c/issues",
        "[a](https://a.example/b/c/blob/HEAD/docs/a.md)",
    )
    monkeypatch.setenv("RUNQL_HOME_PAGE", "https://fork.example/b/c/")
    assert released(tmp_path)[0]["Homepage"] == "https://fork.example/b/c"
    monkeypatch.setenv("RUNQL_HOME_PAGE", "git@fork.example:b/c")
    with pytest.raises(ValueError, match="no address of a repository"):
        released(tmp_path)


def released(root: Path) -> tuple[dict[str, str], str]:
    """The addresses and the README of a release from a folder."""
    metadata: dict[str, Any] = {}
    AddressesHook(str(root), {}).update(metadata)
    return metadata["urls"], metadata["readme"]["text"]


def test_the_address_of_the_repository_is_one() -> None:
    """It stands in the citation, as soon as there is one; the extension of VS Code says the same."""
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    extension = json.loads((ROOT / "editors" / "vscode" / "package.json").read_text(encoding="utf-8"))
    assert extension.get("repository", {}).get("url") == citation.get("repository-code")


def test_the_version_is_one() -> None:
    """It stands in the package; what cannot read it there says the same."""
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == __version__
    extension = json.loads((ROOT / "editors" / "vscode" / "package.json").read_text(encoding="utf-8"))
    assert extension["version"] == __version__
    assert f'"runql {__version__}"' in (ROOT / "docs" / "man" / "runql.1").read_text(encoding="utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert "version" not in project["project"]


def test_the_manual_is_one_that_man_reads() -> None:
    groff = shutil.which("groff")
    if groff is None:
        pytest.skip("there is no groff here")
    page = ROOT / "docs" / "man" / "runql.1"
    done = subprocess.run([groff, "-man", "-Tutf8", "-ww", str(page)], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert "ask questions" in done.stdout


def test_what_is_in_the_sdist(built: Path) -> None:
    with tarfile.open(only(built, "*.tar.gz")) as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames()}
    needed = {
        "grammar/runql.lark",
        "hatch_build.py",
        "LICENSE",
        "README.md",
        "CHANGELOG.md",
        "CITATION.cff",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "skills/runql/SKILL.md",
        "action/action.yml",
        "docs/man/runql.1",
        "Makefile",
        "pyproject.toml",
    }
    assert needed <= names
    assert "tests/house/test_packaging.py" in names
