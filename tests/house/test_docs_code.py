"""The rest of what documents show: Python runs, command lines are calls of the command, their queries are right.

A page is one session: a block of Python uses what those before it made; one with the option `check` asks a server, and
is only compiled. A block of `rql` or `sh` asks sources that are not here, so its text is read and not asked.
"""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest

from runql.frontends.cli.arguments import parse as parse_call
from runql.syntax import parse
from tests.house.documents import Block, blocks
from tests.house.sources import ROOT
from tests.wandb_api.test_documents import PAGES

PYTHON = sorted({block.document for block in blocks("python")} - set(PAGES))
_CALL = re.compile(r"""(?:^|\$\(|[|;&] *)runql +((?:'[^']*'|"[^"]*"|[^'"\n);|&])*)""", re.MULTILINE)
_QUERIES = frozenset({"run", "explain", "check", "open"})


@pytest.mark.parametrize("page", PYTHON)
def test_the_python_of_a_page_runs(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = [block for block in blocks("python") if block.document == page]
    if any("tb:./logs" in block.text for block in found):
        shutil.copytree(ROOT / "tests" / "fixtures" / "tensorboard_files", tmp_path / "logs")
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for block in found:
        code = compile("\n" * block.line + block.text, page, "exec")
        if "check" not in block.options:
            exec(code, names)


@pytest.mark.parametrize("block", blocks("rql"), ids=str)
def test_a_query_of_another_source_is_right(block: Block) -> None:
    assert not [one.message for one in parse(block.text).diagnostics if one.is_error]


@pytest.mark.parametrize("block", blocks("sh"), ids=str)
def test_a_command_line_is_a_call(block: Block) -> None:
    calls = [shlex.split(line, comments=True) for line in lines(block.text)]
    for words in calls:
        call = parse_call(words)
        if call.command in _QUERIES and call.words != ("-",) and not any(one.endswith(".rql") for one in call.words):
            text = " ".join(call.words)
            assert not [one.message for one in parse(text).diagnostics if one.is_error], text


def lines(text: str) -> list[str]:
    """What stands behind `runql` in the lines of a shell."""
    joined = text.replace("\\\n", " ")
    return [match[1] for match in _CALL.finditer(joined)]


def test_the_lines_are_found() -> None:
    """A test of the test."""
    assert lines('until [ "$(runql -q "a|b; c" -o json)" = 0 ]; do x; done\nrunql pull x  # y') == [
        '-q "a|b; c" -o json',
        "pull x  # y",
    ]
    assert sum(len(lines(block.text)) for block in blocks("sh")) > 10
