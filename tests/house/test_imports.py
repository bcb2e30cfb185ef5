"""What each entry point loads, seen in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.sources import ROOT

MISSION = "runs where config.lr > 0.01 order -summary.loss sample 200 keys loss,acc"
HEAVY = {
    "httpx",
    "numpy",
    "orjson",
    "pandas",
    "polars",
    "prompt_toolkit",
    "pyarrow",
    "pygments",
    "rapidfuzz",
    "rich",
    "wandb",
    "wcwidth",
}
COMMAND = {
    "runql",
    "runql.frontends",
    "runql.frontends.cli",
    "runql.frontends.cli.arguments",
    "runql.frontends.cli.command_table",
    "runql.frontends.cli.main",
    "runql.terminal",
    "runql.terminal.stdout",
    "runql.text",
    "runql.text.replace",
    "runql.text.signals",
}
FOR_MISTAKES = ("runql.syntax.mistakes.recognisers", "runql.syntax.mistakes.denials", "runql.syntax.foreign")
"""What is loaded where a text is none of the language, or has a mistake."""
SPY = """
import sys
from pathlib import Path
status = 0
{code}
Path({report!r}).write_text("\\n".join(sys.modules))
sys.exit(status)
"""


def loaded(code: str, folder: Path) -> set[str]:
    """The modules that a piece of Python has loaded at its end, in a home that holds no settings."""
    report = folder / "modules"
    environment = {"PYTHONPATH": str(ROOT), "HOME": str(folder), "PATH": "/usr/bin:/bin", "TZ": "UTC"}
    done = subprocess.run(
        [sys.executable, "-c", SPY.format(code=code, report=str(report))],
        env=environment,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return set(report.read_text().splitlines())


def command(*argv: str) -> str:
    return f"from runql.frontends.cli.main import main; status = main({list(argv)!r})"


def ours(modules: set[str]) -> set[str]:
    return {name for name in modules if name.partition(".")[0] == "runql"}


def outside(modules: set[str]) -> set[str]:
    return {name for name in modules if name in {*HEAVY, "lark", "re2"}}


@pytest.mark.parametrize("option", ["--version", "--help"])
def test_a_word_about_itself_loads_the_command_alone(option: str, tmp_path: Path) -> None:
    modules = loaded(command(option), tmp_path)
    assert ours(modules) == COMMAND
    assert not outside(modules)


def test_the_package_loads_nothing(tmp_path: Path) -> None:
    modules = loaded("import runql", tmp_path)
    assert ours(modules) == {"runql"}
    assert not outside(modules)


@pytest.mark.parametrize("call", [("fmt", MISSION), ("check", "--offline", MISSION)], ids=lambda call: str(call[0]))
def test_the_text_alone_needs_nothing_else(call: tuple[str, ...], tmp_path: Path) -> None:
    assert outside(loaded(command(*call), tmp_path)) <= {"lark"}, "a checkout builds its table once"
    modules = loaded(command(*call), tmp_path)
    assert not outside(modules)
    above = ("runql.sources.wandb", "runql.sources.local", "runql.engine.")
    assert not {name for name in ours(modules) if name.startswith((*above, *FOR_MISTAKES))}


def test_a_word_completed_at_a_shell_loads_what_it_needs(tmp_path: Path) -> None:
    asked = command("complete-line", "--", "bash", "", "runql runs where config.lr > 1 or")
    loaded(asked, tmp_path)  # a checkout builds its table once
    modules = loaded(asked, tmp_path)
    assert "runql.ide.completion.complete" in modules
    assert not outside(modules)
    others = ("argparse", "runql.ide.hover", "runql.ide.service", "runql.semantic.check_query")
    fixes = ("runql.text.proof", *FOR_MISTAKES)
    assert not {name for name in modules if name.startswith((*others, *fixes, "runql.sources.store", "runql.session"))}


@pytest.mark.parametrize("text", ["runs were config.lr > 0.01", "runs where lr isn't 3", "runs where {"])
def test_a_mistake_loads_what_knows_mistakes(text: str, tmp_path: Path) -> None:
    modules = loaded(command("check", "--offline", text).replace("status = main", "status = 0; main"), tmp_path)
    assert "runql.syntax.mistakes.recognisers" in modules


@pytest.mark.parametrize("form", ["table", "csv", "json", "md"])
def test_local_runs_need_nothing_heavy(form: str, tmp_path: Path) -> None:
    modules = loaded(command("-s", "demo", "-o", form, MISSION), tmp_path)
    assert not modules & HEAVY
    unused = ("runql.sources.wandb", "runql.engine.stages", "runql.advice.schema", *FOR_MISTAKES)
    assert not {name for name in modules if name.startswith(unused)}


def test_rows_in_python_need_nothing_heavy(tmp_path: Path) -> None:
    code = f"import runql; assert sum(1 for row in runql.query({MISSION!r}, source='demo')) > 1000"
    assert not loaded(code, tmp_path) & HEAVY


def test_a_heavy_module_is_seen(tmp_path: Path) -> None:
    """A test of the test."""
    code = f"import runql; runql.query({MISSION!r}, source='demo').pandas()"
    assert loaded(code, tmp_path) >= {"pandas", "numpy"}
