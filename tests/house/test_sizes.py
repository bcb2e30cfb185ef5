"""How long a file and a function may be."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.house.sources import ROOT, package_files, tree_of

MOST_LINES_OF_A_FILE = 400
MOST_LINES_OF_A_FUNCTION = 80


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
