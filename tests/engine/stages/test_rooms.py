"""Who imports whom among the stages: two rooms behind one dispatch. Deferred imports and those for types count."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from graphlib import TopologicalSorter
from types import SimpleNamespace

import pytest

from runql.engine.stages import dispatch
from runql.engine.stages.arrays import groups as arrays
from runql.engine.stages.reference import groups as reference
from runql.engine.stages.shared.groups import Groups
from runql.semantic.values import Value
from tests.house.sources import imported, package_files, tree_of

HERE = "runql.engine.stages."
MAY_IMPORT = {
    "shared": {"shared"},
    "reference": {"shared", "reference"},
    "arrays": {"shared", "arrays"},
    "dispatch": {"shared", "reference", "arrays"},
    "layout": set[str](),
    "context": {"layout", "shared"},
}


def _module(file: str) -> str:
    return file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


FILES = {_module(file): file for file in package_files() if _module(file).startswith(HERE)}


def _imports(module: str) -> Iterator[str]:
    for node in ast.walk(tree_of(FILES[module])):
        for name in imported(node):
            whose = name if name in FILES else name.rpartition(".")[0]
            if whose in FILES and whose != module:
                yield whose


def _room(module: str) -> str:
    return module.removeprefix(HERE).partition(".")[0]


def test_the_rooms_know_nothing_of_each_other() -> None:
    wrong = [
        (module, other)
        for module in FILES
        for other in _imports(module)
        if (may := MAY_IMPORT.get(_room(module))) is not None and _room(other) not in may
    ]
    assert not wrong


def test_there_is_no_circle() -> None:
    order = list(TopologicalSorter({module: set(_imports(module)) for module in FILES}).static_order())
    assert set(order) == set(FILES)


def test_only_the_dispatch_asks_arrays() -> None:
    askers = {_room(module) for module in FILES for other in _imports(module) if _room(other) == "arrays"}
    assert askers == {"arrays", "dispatch"}


def test_what_arrays_do_the_reference_does_too() -> None:
    """Each function that the dispatch takes from a file of `arrays` stands in the file of that name in `reference`."""
    taken = [
        name.removeprefix(f"{HERE}arrays.")
        for node in ast.walk(tree_of(FILES[f"{HERE}dispatch"]))
        for name in imported(node)
        if name.startswith(f"{HERE}arrays.")
    ]
    assert len(taken) > 8
    for name in taken:
        file, _, function = name.partition(".")
        tree = tree_of(FILES[f"{HERE}reference.{file}"])
        assert function in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, name


def test_arrays_do_fewer_rows_where_numpy_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    by_arrays: list[int] = []

    def grouped(keys: Sequence[Sequence[Value]], length: int) -> Groups:
        by_arrays.append(length)
        return reference.grouped(keys, length)

    monkeypatch.setattr(arrays, "grouped", grouped)
    for loaded in ({"numpy": None}, {}):
        monkeypatch.setattr(dispatch, "sys", SimpleNamespace(modules=loaded))
        for length in (999, 1_000, 49_999, 50_000):
            dispatch.grouped([["a"] * length], length)
    assert by_arrays == [1_000, 49_999, 50_000, 50_000]
