"""A keyword is spelled in the grammar alone: no other file keeps a list of them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from runql.syntax.keywords import keywords
from tests.house.sources import package_files, tree_of

FEW = 3
"""So many of them in one list, set, or dictionary's keys are a table of keywords."""


def tables(file: str) -> Iterator[tuple[int, list[str]]]:
    """The texts of each collection that is written out, with its line: of a dictionary the keys."""
    for node in ast.walk(tree_of(file)):
        if isinstance(node, ast.List | ast.Tuple | ast.Set):
            items = list(node.elts)
        elif isinstance(node, ast.Dict):
            items = [key for key in node.keys if key is not None]
        else:
            continue
        texts = [item.value for item in items if isinstance(item, ast.Constant) and isinstance(item.value, str)]
        yield node.lineno, texts


@pytest.mark.parametrize("file", package_files())
def test_no_second_table_of_clauses(file: str) -> None:
    clauses = {word.lower() for word in keywords().clause_words}
    for line, texts in tables(file):
        assert len(clauses.intersection(texts)) < FEW, f"a table of clauses at line {line}: read them off the grammar"


def test_the_grammar_has_clauses() -> None:
    assert {"where", "order", "limit", "keys", "select"} <= {word.lower() for word in keywords().clause_words}
