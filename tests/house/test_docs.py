"""Documents that cannot lie: every query in them runs, every command shows what they say, every link leads somewhere.

```runql                  runs on the demo
```runql check            is checked and planned, not run
```runql error=RQL201     fails with exactly this code
```console              `$ ` lines are run, and what they write stands below them; `make accept` writes it anew
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import runql
from tests.house.documents import Block, anchors, blocks, documents, links, replace, text_of
from tests.house.sources import ROOT, package_files
from tests.house.terminal import show

DURATION = re.compile(r"\b\d+(\.\d+)? m?s\b")
ACCEPT = bool(os.environ.get("RUNQL_ACCEPT"))


@pytest.mark.parametrize("block", blocks("runql"), ids=str)
def test_a_query(block: Block) -> None:
    expected = [option.removeprefix("error=") for option in block.options if option.startswith("error=")]
    assert set(block.options) <= {"check", *(f"error={code}" for code in expected)}
    if expected:
        with pytest.raises(runql.RunQLError) as caught:
            list(runql.query(block.text, source="demo"))
        assert sorted(d.code for d in caught.value.diagnostics if d.is_error) == sorted(expected)
    elif "check" in block.options:
        assert runql.query(block.text, source="demo").explain()
    else:
        assert list(runql.query(block.text, source="demo")), "a document shows no query without an answer"


if ACCEPT:

    def test_accept(tmp_path: Path) -> None:
        for block in reversed(blocks("console")):
            now = shown(block, tmp_path)
            if timeless(now) != timeless(block.text):
                replace(block, now)

else:

    @pytest.mark.parametrize("block", blocks("console"), ids=str)
    def test_a_command(block: Block, tmp_path: Path) -> None:
        assert timeless(shown(block, tmp_path)) == timeless(block.text), "`make accept` writes what it shows now"


def shown(block: Block, folder: Path) -> str:
    if "tb:./logs" in block.text:
        shutil.copytree(ROOT / "tests" / "fixtures" / "tensorboard_files", folder / "logs", dirs_exist_ok=True)
    if "-s ./wandb" in block.text:
        shutil.copytree(ROOT / "tests" / "fixtures" / "guide_files" / "wandb", folder / "wandb", dirs_exist_ok=True)
    return "".join(f"$ {line}\n{show(line, folder)}{gap}" for line, gap in commands(block))


def commands(block: Block) -> Iterator[tuple[str, str]]:
    """The command lines of a block, each with the empty line that parts it from the next."""
    lines = [line.removeprefix("$ ") for line in block.text.splitlines() if line.startswith("$ ")]
    assert lines, "a console block has a line that begins with `$ `"
    for number, line in enumerate(lines, start=1):
        yield line, "" if number == len(lines) else "\n"


def timeless(text: str) -> str:
    """The text without what differs from one time to the next."""
    # A pull commits every five seconds: on a slow machine more often.
    return re.sub(r"\(version \d+\)", "(version …)", DURATION.sub("… s", text))


@pytest.mark.parametrize("document", documents())
def test_links_lead_somewhere(document: str) -> None:
    for link in links(document):
        if link.startswith(("https://", "http://", "mailto:")):
            continue
        path, _, anchor = link.partition("#")
        target = (ROOT / document).parent / path if path else ROOT / document
        assert target.resolve().is_relative_to(ROOT), link
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


FILE = re.compile(r"`((?:[\w-]+/)*\w+\.py)(?:::[^`]*)?`")
ROOM = re.compile(r"`((?:[a-z_]+/)+)`")


@pytest.mark.parametrize("document", documents())
def test_a_file_that_is_named_is_there(document: str) -> None:
    """By its path from the root of the repository, or by the end of its path."""
    files = [path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*.py") if ".venv" not in path.parts]
    named = set(FILE.findall(text_of(document))) if document != "CHANGELOG.md" else set()
    assert not {name for name in named if not any(f"/{file}".endswith(f"/{name}") for file in files)}


@pytest.mark.parametrize("document", [name for name in documents() if name.startswith("docs/design/")])
def test_a_room_that_is_named_is_there(document: str) -> None:
    """A folder of the package or of the repository, by the end of its path."""
    folders = {file.rpartition("/")[0] for file in package_files()}
    named = {name.rstrip("/") for name in ROOM.findall(text_of(document))}
    assert not {
        name
        for name in named
        if not (ROOT / name).is_dir() and not any(f"/{one}".endswith(f"/{name}") for one in folders)
    }


def test_the_documents_are_found() -> None:
    """A test of the test."""
    assert {"README.md", "docs/design/semantics.md"} <= set(documents())
    assert blocks("console")
