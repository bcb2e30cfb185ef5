"""Completion at a prompt of bash, zsh and fish: what the line means, what is offered, and the real shells."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runql import config
from runql.frontends.cli.command_table import COMMANDS, HIDDEN
from runql.frontends.cli.shells.learned import known_catalog, write_catalog
from runql.frontends.cli.shells.line import quoted, read_line
from runql.frontends.cli.shells.scripts import SHELLS
from runql.frontends.cli.shells.situation import Situation, situation
from runql.sources.catalog_files import file_name
from tests.cli.conftest import Runql
from tests.repl.screen import terminal
from tests.server import LoopbackServer, Store

# ---------------------------------------------------------------- the line


def test_the_word_at_the_cursor() -> None:
    words, word = read_line('cd x && runql -s demo "runs where config.')
    assert [one.value for one in words] == ["runql", "-s", "demo"]
    assert (word.value, word.raw, word.quote) == ("runs where config.", '"runs where config.', '"')
    assert word.head(len("config.")) == '"runs where '
    words, word = read_line("runql runs\\ where 'a b'c")
    assert [one.value for one in words] == ["runql", "runs where"]
    assert (word.value, word.head(2)) == ("a bc", "'a ")
    assert read_line("runql ")[1].value == ""


@given(st.lists(st.text("ab \"'\\$`é&|;", min_size=1), max_size=4))
def test_words_are_read_as_pythons_shell_reader_does(texts: list[str]) -> None:
    line = f"{shlex.join(['runql', *texts])} "
    words, word = read_line(line)
    assert [one.value for one in words] == shlex.split(line) == ["runql", *texts]
    assert word.value == ""


@given(st.text("ab \"'\\$`é&|;!*", min_size=1), st.sampled_from(["", '"', "'"]))
def test_what_is_offered_is_read_back_as_it_was(text: str, quote: str) -> None:
    written = quoted(text, quote)
    if written is None:
        assert quote == "'"
        return
    words, word = read_line(f"runql {quote}{written}")
    assert (word.value, word.quote, len(words)) == (text, quote, 1)
    if quote != '"' or not set(text) & {"$", "`"}:  # of which Python's reader does not know
        assert shlex.split(f"{quote}{written}{quote}") == [text]


def test_bash_reads_what_is_offered_as_it_was() -> None:
    text = "a \"'\\$x`b`é&|;!*?[c]{d,e}#~<>()"
    for quote in ("", '"'):
        line = f"printf %s {quote}{quoted(text, quote)}{quote}"
        assert subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=True).stdout == text


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("runql ", Situation("run")),
        ("runql -s ", Situation("run", value_of="--source")),
        ("runql --source=d", Situation("run", value_of="--source", head="--source=")),
        ("runql -s demo runs order -", Situation("run", ("runs", "order"), source="demo")),
        ("runql check --offline ", Situation("check")),
        ("runql -s demo check ", Situation("check", source="demo")),
        ("runql -- -o ", Situation("run", ("-o",), is_free=True)),
        ("runql store check ", Situation("store", ("check",))),
    ],
)
def test_what_the_word_is_to_the_command(line: str, expected: Situation) -> None:
    words, word = read_line(line)
    assert situation([one.value for one in words[1:]], word.value) == expected


# ---------------------------------------------------------------- what is offered


@pytest.fixture
def world(tmp_path: Path, runql: Runql, demo: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with files, a saved query, and what the demo holds in the cache."""
    monkeypatch.setenv("RUNQL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("RUNQL_STORE", str(tmp_path / "stores"))
    (tmp_path / "best.rql").write_text("runs limit 1\n")
    (tmp_path / ".runql").mkdir()
    (tmp_path / ".runql" / "good.rql").write_text("# the good ones\nruns where state = 'finished'\n")
    (tmp_path / "config.toml").write_text("[sources]\nvision = 'acme/vision'\n")
    monkeypatch.setattr("runql.frontends.cli.shells.learned._learn", lambda _work, file, _wait: put(demo, file))
    return tmp_path


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of what the demo holds."""
    file = tmp_path_factory.mktemp("learned") / "demo.json"
    write_catalog("demo", config.Settings(), file)
    return file


def put(known: Path, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(known, file)


def offered(runql: Runql, line: str) -> list[str]:
    said = runql("complete-line", "--", "fish", "", line)
    assert (said.status, said.err) == (0, "")
    return [one.partition("\t")[0] for one in said.out.splitlines()]


def test_commands_words_and_files(runql: Runql, world: Path) -> None:
    first = offered(runql, "runql ")
    assert {name for name in COMMANDS if COMMANDS[name] not in HIDDEN} <= set(first)
    assert {"runs", "count"} <= set(first)
    assert "complete-line" not in first
    assert offered(runql, "runql b") == ["best.rql"]
    assert offered(runql, "runql fmt ")[0] == "best.rql"
    assert offered(runql, "runql completion ") == ["bash", "zsh", "fish"]


def test_values_of_options(runql: Runql, world: Path) -> None:
    assert {"demo", "vision"} <= set(offered(runql, "runql -s "))
    assert offered(runql, "runql --source=vi") == ["--source=vision"]
    assert {"csv", "json", "best.rql"} <= set(offered(runql, "runql -o "))
    assert all(one.startswith("RQL3") for one in offered(runql, "runql --no RQL3"))
    assert offered(runql, "runql runs --errors j") == ["json"]


def test_inside_the_query(runql: Runql, world: Path) -> None:
    fields = offered(runql, 'runql -s demo "runs where config.')
    assert "runs where config.lr" in fields
    assert all(one.startswith("runs where config.") for one in fields)
    assert "runs where state = 'finished'" in offered(runql, 'runql -s demo "runs where state = ')
    assert "runs where state = 'finished'" in offered(runql, "runql -s demo \"runs where state = 'fi")
    assert 'runs where state = "finished"' in offered(runql, "runql -s demo 'runs where state = ")
    assert offered(runql, "runql -s demo runs where config.op") == ["config.optimizer"]
    assert "runs order -summary.loss" in offered(runql, 'runql -s demo "runs order -summary.lo')
    assert "-summary.loss" in offered(runql, "runql -s demo runs order -summary.lo")
    assert offered(runql, "runql -s demo -") == [], "an option, which the shell's script knows"
    assert "runs from @good" in offered(runql, 'runql -s demo "runs from @')
    assert "runs | select" in offered(runql, 'runql "runs | sel')
    assert "config.optimizer" in offered(runql, "runql describe demo config.o")


def test_the_forms_of_the_shells(runql: Runql, world: Path) -> None:
    line = 'runql -s demo "runs where config.op'
    bash = runql("complete-line", "--", "bash", "runs where config.op", line).out.splitlines()
    assert bash[:2] == ["nospace", "runs where config.optimizer"]
    assert len(bash) > 2, "bash closes the quotes behind a single one"
    assert runql("complete-line", "--", "bash", "op", "runql -s store:o").out == ""
    zsh = runql("complete-line", "--", "zsh", "", line).out.splitlines()
    assert zsh[:2] == ["nospace", str(len("config.op"))]
    assert zsh[2].split("\t")[0] == "config.optimizer"
    assert runql("complete-line", "--", "zsh", "", "runql -s de").out.splitlines()[0] == "space"


def test_no_server_is_asked_and_what_it_said_before_is_known(
    runql: Runql, world: Path, demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with LoopbackServer(Store()) as server:
        monkeypatch.setenv("WANDB_BASE_URL", server.base_url)
        monkeypatch.setenv("WANDB_API_KEY", "a" * 40)
        assert known_catalog("acme/vision", config.load(), 1.0) is None
        of_server = config.load().server.cache_folder
        assert of_server is not None
        assert offered(runql, 'runql -s acme/vision "runs where config.') == []
        assert offered(runql, 'runql -s acme/vision "runs wh')[0] == "runs where"
        assert not server.seen
        put(demo, of_server / "catalogs" / file_name(server.base_url.removeprefix("http://"), "acme", "vision"))
        assert "runs where config.lr" in offered(runql, 'runql -s acme/vision "runs where config.')
        assert "runs where config.lr" in offered(runql, 'runql -s vision "runs where config.')
        assert not server.seen


@pytest.mark.parametrize("call", ["complete-line", "complete-line -- tcsh x runql", "completion tcsh", "completion"])
def test_a_shell_that_is_none(runql: Runql, call: str) -> None:
    said = runql(*call.split())
    assert (said.status, said.out) == (2, "")


def test_a_mistake_in_the_settings_offers_nothing(runql: Runql, world: Path) -> None:
    (world / "config.toml").write_text("nothing = 1\n")
    assert offered(runql, 'runql -s demo "runs where config.') == []


# ---------------------------------------------------------------- real shells

START = {
    "bash": (("--norc", "--noprofile", "-i"), 'eval "$(runql completion bash)"; PS1="$ "; clear\r'),
    "zsh": (("-f", "-i"), 'autoload -U compinit; compinit -u -D; eval "$(runql completion zsh)"; PROMPT="$ "; clear\r'),
    "fish": (("--no-config", "-i"), "runql completion fish | source; function fish_prompt; echo -n '$ '; end; clear\r"),
}


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_is_one_of_the_shell(shell: str, runql: Runql) -> None:
    said = runql("completion", shell)
    assert said.status == 0
    assert "--max-rows" in said.out or "-l max-rows" in said.out
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"there is no {shell} here")
    subprocess.run([program, "-n"], input=said.out, text=True, check=True, capture_output=True)


@pytest.mark.parametrize("shell", SHELLS)
def test_in_the_shell_itself(shell: str, tmp_path: Path, demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"there is no {shell} here")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RUNQL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("runql.frontends.cli.shells.learned._learn", lambda _work, file, _wait: put(demo, file))
    assert known_catalog("demo", config.load(), 0.0) is not None
    here = tmp_path / "bin"
    here.mkdir()
    (here / "runql").write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m runql "$@"\n')
    (here / "runql").chmod(0o755)
    arguments, begin = START[shell]
    with terminal(tmp_path, *arguments, program=program, PATH=f"{here}:{os.environ['PATH']}") as seen:
        seen.press(begin)
        seen.wait(lambda: seen.text.strip() == "$")
        seen.press('runql -s demo "runs where config.opt\t')
        seen.wait('$ runql -s demo "runs where config.optimizer')
        seen.press(" = 'ad\t")
        seen.wait("config.optimizer = 'adam'")
        seen.press('"\x01# \r')
        seen.wait(lambda: seen.lines[seen.screen.cursor.y].strip() == "$")
        seen.press("runql -s demo runs order -summary.val/lo\t")
        seen.wait("$ runql -s demo runs order -summary.val/loss")
        seen.press("\x01# \r")
        seen.wait(lambda: seen.lines[seen.screen.cursor.y].strip() == "$")
        seen.press("runql -s de\t")
        seen.wait("$ runql -s demo")
        seen.press("--offl\t")
        seen.wait("$ runql -s demo --offline")
