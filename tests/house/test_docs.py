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
def test_a_query(block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
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


def test_links_lead_somewhere() -> None:
    assert not [
        f"{document}: {link}" for document in documents() for link in links(document) if not leads(document, link)
    ]


def leads(document: str, link: str) -> bool:
    """Whether a link points to a file of the repository, and to a heading of it where it names one."""
    if link.startswith(("https://", "http://", "mailto:")):
        return True
    path, _, anchor = link.partition("#")
    target = ((ROOT / document).parent / path if path else ROOT / document).resolve()
    return target.is_relative_to(ROOT) and target.exists() and (not anchor or anchor in anchors(target))


FILE = re.compile(r"`((?:[\w-]+/)*\w+\.py)(?:::[^`]*)?`")
ROOM = re.compile(r"`((?:[a-z_]+/)+)`")


def test_a_file_that_is_named_is_there() -> None:
    """By its path from the root of the repository, or by the end of its path."""
    ends = {end for file in python_files() for end in ends_of(file)}
    assert not [
        f"{document}: {name}"
        for document in documents()
        if document != "CHANGELOG.md"
        for name in FILE.findall(text_of(document))
        if name not in ends
    ]


def test_a_room_that_is_named_is_there() -> None:
    """A folder of the package or of the repository, by the end of its path."""
    ends = {end for file in package_files() for end in ends_of(file.rpartition("/")[0])}
    assert not [
        f"{document}: {name}"
        for document in documents()
        if document.startswith("docs/design/")
        for name in ROOM.findall(text_of(document))
        if name.rstrip("/") not in ends and not (ROOT / name).is_dir()
    ]


def ends_of(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[at:]) for at in range(len(parts))]


def python_files() -> Iterator[str]:
    """Every Python file of the repository, from its root; environments and what was built have none of ours."""
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [name for name in folders if not name.startswith(".") and name not in ("node_modules", "build")]
        for name in files:
            if name.endswith(".py"):
                yield (Path(folder) / name).relative_to(ROOT).as_posix()


def test_the_documents_are_found() -> None:
    """A test of the test."""
    assert {"README.md", "docs/design/semantics.md"} <= set(documents())
    assert blocks("console")
    assert leads("README.md", "docs/guide/first-steps.md#what-comes-extra")
    assert not leads("README.md", "docs/guide/first-steps.md#what-is-not-there")
    assert not leads("README.md", "docs/no-page.md")
    assert "tests/house/test_docs.py" in set(python_files())
