"""A hint names no option of the command to somebody who has no command line."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from typing import Final

import pytest

from runql.advice.doors import Door, said_at
from runql.config import Settings
from runql.frontends.mcp.answers import Answers
from runql.frontends.mcp.fixed_session import FixedSession
from runql.text.diagnostic import Diagnostic
from tests.house.sources import ROOT, tree_of

OPTION: Final = re.compile(r"`(?:-[a-z]|--[a-z][\w-]*)(?:[ =][^`]*)?`")
AT_THE_COMMAND: Final = {
    "runql/__main__.py": "the command itself",
    "runql/execute/sql/outside.py": "of `runql sql` alone",
    "runql/language/pages.py": "pages of the reference, which name where each stands",
    "runql/prompt_options.py": "the settings file",
    "runql/pull/copies.py": "of `--offline` alone",
    "runql/results/formats/formats.py": "of `-o` alone",
    "runql/script/given_values.py": "of `-p` alone",
    "runql/sources/store/lake/service.py": "of the service of a lake, which the command starts",
    "runql/sources/store/objects/mirror.py": "of `--offline` alone",
    "runql/sources/store/places.py": "of `--offline` alone",
    "runql/terminal/show.py": "of what the command shows",
    "runql/text/codes.py": "the table of codes",
}
"""Where a text names an option that whoever reads it has."""


def texts(file: str) -> Iterator[str]:
    """The texts of a file that are no docstrings; what is put into them is `X`."""
    tree = tree_of(file)
    parts = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    parts |= {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(one.value) if isinstance(one, ast.Constant) else "X" for one in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in parts:
            yield node.value


@cache
def named() -> tuple[tuple[str, str], ...]:
    """The texts that name an option, each with its file."""
    found = []
    for path in sorted((ROOT / "runql").rglob("*.py")):
        file = path.relative_to(ROOT).as_posix()
        if file.startswith("runql/frontends/") or file == "runql/advice/doors.py":
            continue
        if "`-" in path.read_text(encoding="utf-8"):  # few files are worth reading as Python
            found += [(file, text) for text in texts(file) if OPTION.search(text)]
    return tuple(found)


@pytest.mark.parametrize("door", Door, ids=lambda door: door.name)
def test_no_option_is_left(door: Door) -> None:
    found = named()
    assert {file for file, _ in found} >= AT_THE_COMMAND.keys()
    for file, text in found:
        if file not in AT_THE_COMMAND:
            (said,) = said_at(door, [Diagnostic("RQL207", "", hints=(text,))])
            allowed = said.hints[0].replace("`%rql -s", "")
            assert not OPTION.search(allowed), f"{file}: a row in `runql/advice/doors.py` says it at {door.name}"


@pytest.mark.parametrize(
    ("door", "expected"),
    [
        (Door.AGENT, 'give it one: `params: {"lr": …}`'),
        (Door.EDITOR, 'give it one: `param lr` with a default in the text, or the setting `runql.params`: `{"lr": …}`'),
        (Door.NOTEBOOK, "give it one: a variable of the notebook: `lr = …`"),
        (Door.PROMPT, r"give it one: `\params lr=VALUE`"),
    ],
)
def test_the_value_of_a_parameter(door: Door, expected: str) -> None:
    hint = "give it one: `-p lr=VALUE`, or `lr=` in Python"
    (said,) = said_at(door, [Diagnostic("RQL207", "the parameter `$lr` has no value", hints=("first", hint))])
    assert said.hints == ("first", expected)


def test_a_value_is_written_as_json() -> None:
    (said,) = said_at(Door.AGENT, [Diagnostic("RQL209", "", hints=("`-p age=10m`, or a `timedelta` in Python",))])
    assert said.hints == ('`params: {"age": "10m"}`',)


def test_an_agent_is_told_of_its_argument() -> None:
    with FixedSession(("demo",), Settings()) as session:
        answer, is_error = Answers(session, None).check("count runs where config.lr > $lr", {}, explains=False)
        assert not is_error
        assert answer["said"][0]["hints"] == ['give it one: `params: {"lr": …}`']
