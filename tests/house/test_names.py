"""A class has a name of its own in the whole package: whoever searches for it finds one."""

from __future__ import annotations

import ast
from collections import defaultdict

from tests.house.sources import package_files, tree_of

TWICE = {"Column"}
"""The names that two classes still have."""


def homes() -> dict[str, list[str]]:
    """For each name of a class the files that define one, nested ones too."""
    found: dict[str, list[str]] = defaultdict(list)
    for file in package_files():
        for node in ast.walk(tree_of(file)):
            if isinstance(node, ast.ClassDef):
                found[node.name].append(file)
    return found


def test_class_names_are_unique() -> None:
    found = homes()
    assert len(found) > 500
    twice = {name: files for name, files in found.items() if len(files) > 1}
    assert set(twice) == TWICE, {name: files for name, files in twice.items() if name not in TWICE} or "take it off"
