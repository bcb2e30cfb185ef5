"""How long a file and a function may be, and how many files a folder has."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator

from tests.house.sources import ROOT, package_files, tree_of
from tests.house.unions import is_closed

MOST_LINES_OF_A_FILE = 400
MOST_LINES_OF_A_FUNCTION = 40
MOST_LINES_ELSEWHERE = 80
MOST_FILES_OF_A_FOLDER = 20

MATCHES = {
    "runql/semantic/check_stages/pipeline.py": ("_checked", "the stages"),
    "runql/engine/stages/arrays/expressions.py": ("_worked_out", "the typed expressions"),
    "runql/syntax/printer/stages.py": ("stage_items", "the stages"),
    "runql/syntax/printer/to_text.py": ("items", "the clauses"),
    "runql/engine/stages/pipeline.py": ("_parts", "the typed stages"),
    "runql/plan/to_mongo/narrow.py": ("narrow", "the typed expressions"),
    "runql/ide/counting.py": ("likely", "the typed expressions"),
    "runql/engine/evaluate.py": ("_operation", "the typed expressions"),
    "runql/semantic/check/expressions.py": ("operand", "the expressions"),
}
"""Functions that are one closed `match`, a line or two a case: to cut one would hide which case is missing."""

OTHERS = {"runql/sources/local/samples.py": ("add", "its loop is entered for each byte field: a call would cost most")}
"""Longer functions, and why."""


def checked_files() -> list[str]:
    folders = ("tests", "benchmarks", "examples", "docs", "editors", "tools")
    others = (path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return [*package_files(), *sorted(path.relative_to(ROOT).as_posix() for path in others)]


def functions(file: str) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree_of(file)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def test_no_file_is_longer_than_a_reader_takes_in() -> None:
    lengths = {file: (ROOT / file).read_text(encoding="utf-8").count("\n") for file in checked_files()}
    assert len(lengths) > 1000
    assert not {file: length for file, length in lengths.items() if length > MOST_LINES_OF_A_FILE}, "split it at a seam"


def test_no_function_is_longer_than_a_reader_takes_in() -> None:
    assert not [found for file in checked_files() for found in long_functions(file)], "name their steps"


def long_functions(file: str) -> Iterator[str]:
    exempt = {one.get(file, ("",))[0] for one in (MATCHES, OTHERS)}
    for function in functions(file):
        is_ours = file.startswith("runql/") and function.name not in exempt
        most = MOST_LINES_OF_A_FUNCTION if is_ours else MOST_LINES_ELSEWHERE
        length = (function.end_lineno or function.lineno) - function.lineno + 1
        if length > most:
            yield f"{file}:{function.lineno} {function.name} has {length} lines of {most}"


def test_a_longer_function_is_one_closed_match() -> None:
    for file, (name, _) in MATCHES.items():
        (function,) = (one for one in functions(file) if one.name == name)
        *_, last = function.body
        *_, last = last.body if isinstance(last, ast.Try) else (last,)
        assert isinstance(last, ast.Match), f"{file}: {name}"
        assert is_closed(last), f"{file}: {name}"


def test_no_folder_of_the_package_holds_more_files_than_a_reader_takes_in() -> None:
    folders = Counter(file.rpartition("/")[0] for file in package_files())
    assert len(folders) > 30
    assert not {folder: count for folder, count in folders.items() if count > MOST_FILES_OF_A_FOLDER}, "make a room"
