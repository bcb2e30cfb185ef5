"""The unions of the language are closed: what tells their members apart names them all, so that a new one is missed."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import get_args

import pytest

from runql.plan import nodes
from tests.house.sources import ROOT, package_files, tree_of
from tests.house.unions import UNIONS, chains, dispatches, is_closed, name_of, told_apart


def files_with(pattern: str) -> list[str]:
    return [file for file in package_files() if re.search(pattern, (ROOT / file).read_text("utf-8"), re.MULTILINE)]


@pytest.mark.parametrize("union", UNIONS)
def test_a_node_belongs_to_the_union_of_its_base_class(union: str) -> None:
    base, alias = UNIONS[union]
    if base is None:  # an operation of the plan, which stands over another one
        declared = {name for name, one in vars(nodes).items() if "input" in getattr(one, "__match_args__", ())}
        declared -= {each.__name__ for one in vars(nodes).values() if isinstance(one, type) for each in one.__bases__}
        assert declared <= {kind.__name__ for each in (nodes.Runs, nodes.Plan) for kind in get_args(each)}
        return
    classes = [node for file in package_files() for node in ast.walk(tree_of(file)) if isinstance(node, ast.ClassDef)]
    found: set[str] = set()
    parents = {base.__name__}
    while parents:  # a class between the base and its members is no member itself
        below = {node.name for node in classes if parents & {*map(name_of, node.bases)}}
        found = (found - parents) | below
        parents = {name for name in below if any(name in map(name_of, node.bases) for node in classes)}
    assert found == {member.__name__ for member in get_args(alias)}, f"add the class to `{union}`, below the classes"


def test_a_match_over_nodes_ends_in_assert_never() -> None:
    assert len(files_with(r"^ *match ")) > 100
    wrong = [fault for file in files_with(r"^ *match ") for fault in open_matches(file)]
    assert not wrong, "\n".join(wrong)


def open_matches(file: str) -> Iterator[str]:
    for node in ast.walk(tree_of(file)):
        if not isinstance(node, ast.Match):
            continue
        members, bases = told_apart(node)
        if members and not is_closed(node):
            yield (
                f"{file}:{node.lineno} tells nodes of {', '.join(sorted(members))} apart: name all the others in a case"
                " (`case A() | B():`) and end with `case _: assert_never(…)`"
            )
        if members & bases:
            yield f"{file}:{node.lineno}: a base class beside its members is a wildcard; name the members"
        if bases and not members and not is_closed(node):
            yield f"{file}:{node.lineno} tells {', '.join(sorted(bases))} apart: end with `assert_never`"


def test_nodes_are_told_apart_by_match_and_not_by_chains_of_isinstance() -> None:
    wrong = [
        f"{file}:{line} asks {count} times which {union} a value is: write a `match` and end it with `assert_never`"
        for file in files_with(r"isinstance\(")
        for block in _blocks(tree_of(file))
        for line, union, count in chains(block)
    ]
    assert not wrong, "\n".join(wrong)


def _blocks(tree: ast.Module) -> Iterator[list[ast.stmt]]:
    for node in ast.walk(tree):
        for block in (getattr(node, "body", None), getattr(node, "orelse", None)):
            if isinstance(block, list):
                yield block


def test_a_dictionary_keyed_by_nodes_has_them_all() -> None:
    wrong = []
    for file in package_files():
        for line, name, union, keys in dispatches(tree_of(file)):
            members = {member.__name__ for member in get_args(UNIONS[union][1])}
            # One without text of its own is in none.
            lacking = {member for member in members - keys if not member.startswith("Broken")}
            if not name:
                wrong.append(f"{file}:{line}: {union} nodes as keys: make it a constant, or write a `match`")
            elif lacking:
                wrong.append(f"{file}:{line}: `{name}` lacks {', '.join(sorted(lacking))}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    "source",
    [
        "match node:\n    case t.Compare():\n        a()\n    case _:\n        b()",
        "match node:\n    case t.Compare(left=t.Field()):\n        a()",
        "match node:\n    case t.Compare() | t.Is() as one:\n        a()\n    case other:\n        b(other)",
        "match op:\n    case t.Comparison.EQ:\n        a()\n    case _:\n        b()",
    ],
)
def test_a_wildcard_is_seen(source: str) -> None:
    (match,) = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Match))
    assert told_apart(match)[0]
    assert not is_closed(match)


def test_a_chain_and_a_dictionary_are_seen() -> None:
    chain = ast.parse("if isinstance(a, TAnd):\n    b()\nelif isinstance(a, TOr) and c:\n    d()")
    follow = ast.parse("if isinstance(a, TAnd):\n    b()\nif isinstance(a, TOr):\n    d()")
    for block in (chain.body, follow.body):
        assert [(union, count) for _, union, count in chains(block)] == [("TypedExpr", 2)]
    tables = ast.parse("_WORDS: Final = {t.LimitClause: 1}\ndef a():\n    return {t.ScanStage: 1, s.WhereStage: 2}")
    found = [(name, union) for _, name, union, _ in dispatches(tables)]
    assert found == [("_WORDS", "Clause"), ("", "Stage")]
    assert not [*dispatches(ast.parse("{ast.Call: 1, token.Literal: 2}"))]
