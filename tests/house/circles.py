"""Who imports whom in the package, and where that goes round: between modules, and between the rooms of a package.

Every import counts: at the top of a file, within a function, and for type checkers alone.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Set
from functools import cache
from typing import TypeAlias

from tests.house.sources import imported, package_files, tree_of

Graph: TypeAlias = Mapping[str, Set[str]]
"""The names that each name leads to."""


def module_of(file: str) -> str:
    """The dotted name of a file: `runql/text/source.py` is `runql.text.source`."""
    return file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


@cache
def modules() -> frozenset[str]:
    return frozenset(map(module_of, package_files()))


@cache
def imports() -> dict[str, frozenset[str]]:
    """For each module those that it imports."""
    return {module_of(file): frozenset(_imports(file)) for file in package_files()}


def _imports(file: str) -> Iterator[str]:
    for node in ast.walk(tree_of(file)):
        for name in imported(node):
            found = name if name in modules() else name.rpartition(".")[0]
            if found in modules() and found != module_of(file):
                yield found


def between_rooms(package: str) -> dict[str, set[str]]:
    """The rooms of a package, its modules and packages, and for each those that anything in it imports from."""
    found: dict[str, set[str]] = defaultdict(set)
    for module, targets in imports().items():
        for target in targets:
            one, other = room(module, package), room(target, package)
            if one and other and one != other:
                found[one].add(other)
    return found


def room(module: str, package: str) -> str | None:
    """Where in a package a module stands; `None` if it is not in it, or is the package's own file."""
    if not module.startswith(f"{package}."):
        return None
    return f"{package}.{module[len(package) + 1 :].partition('.')[0]}"


def circles(graph: Graph) -> list[tuple[str, ...]]:
    """The groups of names that lead to each other, sorted (Tarjan's strongly connected components)."""
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    path: list[str] = []
    found: list[tuple[str, ...]] = []

    def visit(name: str) -> None:
        order[name] = low[name] = len(order)
        path.append(name)
        for other in sorted(graph.get(name, ())):
            if other not in order:
                visit(other)
                low[name] = min(low[name], low[other])
            elif other in path:
                low[name] = min(low[name], order[other])
        if low[name] == order[name]:
            at = path.index(name)
            if len(path) - at > 1:
                found.append(tuple(sorted(path[at:])))
            del path[at:]

    for name in sorted(graph):
        if name not in order:
            visit(name)
    return sorted(found)


def packages() -> list[str]:
    """Every package that has rooms."""
    return sorted({module.rpartition(".")[0] for module in modules() if "." in module})


def edges(circle: Iterable[str], graph: Graph) -> list[str]:
    """The imports that make a circle."""
    members = set(circle)
    return [f"{one} -> {other}" for one in sorted(members) for other in sorted(graph.get(one, ())) if other in members]
