"""The unions of the language are closed: what tells their members apart names them all, so that a new one is missed."""

from __future__ import annotations

import ast
from typing import get_args

import pytest

from tests.house.sources import package_files, tree_of
from tests.house.unions import UNIONS, chains, is_closed, name_of, told_apart


@pytest.mark.parametrize("union", UNIONS)
def test_a_node_belongs_to_the_union_of_its_base_class(union: str) -> None:
    base, alias = UNIONS[union]
    declared = {
        node.name
        for file in package_files()
        for node in ast.walk(tree_of(file))
        if isinstance(node, ast.ClassDef) and any(name_of(parent) == base.__name__ for parent in node.bases)
    }
    assert declared == {member.__name__ for member in get_args(alias)}, f"add the class to `{union}`, below the classes"


@pytest.mark.parametrize("file", package_files())
def test_a_match_over_nodes_ends_in_assert_never(file: str) -> None:
    wrong = []
    for node in ast.walk(tree_of(file)):
        if not isinstance(node, ast.Match):
            continue
        members, bases = told_apart(node)
        if members and not is_closed(node):
            wrong.append(
                f"{file}:{node.lineno} tells nodes of {', '.join(sorted(members))} apart: name all the others in a case"
                " (`case A() | B():`) and end with `case _: assert_never(…)`"
            )
        if members & bases:
            wrong.append(f"{file}:{node.lineno}: a base class beside its members is a wildcard; name the members")
        if bases and not members and not is_closed(node):
            wrong.append(f"{file}:{node.lineno} tells {', '.join(sorted(bases))} apart: end with `assert_never`")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("file", package_files())
def test_nodes_are_told_apart_by_match_and_not_by_chains_of_isinstance(file: str) -> None:
    wrong = [
        f"{file}:{line} asks {count} times which {union} a value is: write a `match` and end it with `assert_never`"
        for node in ast.walk(tree_of(file))
        for block in (getattr(node, "body", None), getattr(node, "orelse", None))
        if isinstance(block, list)
        for line, union, count in chains(block)
    ]
    assert not wrong, "\n".join(wrong)
