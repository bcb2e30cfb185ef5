"""How long a file and a function may be, and how many files a folder has."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.house.sources import ROOT, package_files, tree_of

MOST_LINES_OF_A_FILE = 400
MOST_LINES_OF_A_FUNCTION = 80
MOST_FILES_OF_A_FOLDER = 20


def checked_files() -> list[str]:
    folders = ("tests", "benchmarks", "examples", "docs", "editors", "tools")
    others = (path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return [*package_files(), *sorted(path.relative_to(ROOT).as_posix() for path in others)]


def functions(file: str) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree_of(file)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


@pytest.mark.parametrize("file", checked_files())
def test_sizes(file: str) -> None:
    lines = (ROOT / file).read_text(encoding="utf-8").count("\n")
    assert lines <= MOST_LINES_OF_A_FILE, "split it at a seam"
    for function in functions(file):
        length = (function.end_lineno or function.lineno) - function.lineno + 1
        assert length <= MOST_LINES_OF_A_FUNCTION, f"{function.name} at line {function.lineno}"


def test_no_folder_of_the_package_holds_more_files_than_a_reader_takes_in() -> None:
    folders = Counter(file.rpartition("/")[0] for file in package_files())
    assert len(folders) > 30
    assert not {folder: count for folder, count in folders.items() if count > MOST_FILES_OF_A_FOLDER}, "make a room"
