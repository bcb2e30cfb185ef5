"""A keyword is spelled in the grammar and explained in `runql/language`: no other file keeps a table of them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from runql.language.aggregates import HISTORY_AGGREGATES, ROW_AGGREGATES
from runql.language.fields import RUN_FIELDS
from runql.language.functions import FUNCTIONS
from runql.language.kinds import Kind
from runql.language.words import WORDS
from runql.semantic.spelling import PREFIXES
from runql.syntax.keywords import keywords
from tests.house.sources import package_files, tree_of

FEW = 4
"""So many of them in one list, set or tuple, or in one dictionary as keys or values, are a table of keywords."""

JUSTIFIED = {
    "runql/frontends/cli/commands.py": "the commands, some of which are called like statements",
    "runql/frontends/cli/arguments.py": "how each command is called",
    "runql/frontends/cli/command_table.py": "the commands, some of which are called like statements",
    "runql/frontends/repl/commands/actions.py": "the commands of the prompt, some of which are called like statements",
    "runql/sources/wandb/schema/documents.py": "the names of W&B's documents",
    "runql/syntax/mistakes/characters.py": "what signs of other languages are here",
    "runql/syntax/mistakes/piped/curves.py": "words of prose that stand before a number",
    "runql/syntax/mistakes/frames/expressions.py": "what arguments the methods of a column have",
    "runql/syntax/mistakes/frames/methods.py": "what methods of pandas are here",
    "runql/syntax/mistakes/numbers.py": "behind which a day is a condition of its own",
    "runql/syntax/mistakes/python.py": "what methods of Python are here, and which clauses take lists",
    "runql/syntax/mistakes/piped/stages.py": "what stages of other languages are here",
    "runql/syntax/mistakes/best_few.py": "words of prose, and of questions within questions",
    "runql/ide/completion/words.py": "what is written behind a word because it is only that word where this follows",
    "runql/syntax/parser/build_expressions.py": "the bodies: what node a terminal becomes",
    "runql/syntax/tokens.py": "the bodies: what a terminal is to a reader",
}
"""Files whose tables say something else of some keywords, and what."""


def names_of_other_things() -> set[str]:
    """Words that are keywords and something else too: a table of functions is no table of keywords."""
    values = (*("TRUE", "FALSE", "NULL", "NAN", "INF"),)
    spelled = {word for terminal in values for word in keywords().words[terminal]}
    return {*FUNCTIONS, *HISTORY_AGGREGATES, *ROW_AGGREGATES, *RUN_FIELDS, *PREFIXES, *map(str, Kind), *spelled}


def texts(node: ast.AST) -> set[str]:
    """The texts of a collection that is written out: of a dictionary the keys and the values."""
    match node:
        case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items):
            found: list[ast.expr | None] = list(items)
        case ast.Dict(keys=keys, values=values):
            found = [*keys, *values]
        case _:
            return set()
    unpacked = [one.value for one in found if isinstance(one, ast.Starred)]
    inner = {text for one in unpacked for text in texts(one)}
    return inner | {one.value for one in found if isinstance(one, ast.Constant) and isinstance(one.value, str)}


def copies(tree: ast.AST) -> Iterator[tuple[int, set[str]]]:
    """The tables of keywords in a file, by their spellings or by their terminals, with the line of each."""
    alone = set(keywords().all_words) - names_of_other_things()
    for node in ast.walk(tree):
        found = texts(node)
        for words in (alone & found, keywords().words.keys() & found):
            if len(words) >= FEW:
                yield getattr(node, "lineno", 0), set(words)


def test_no_second_table_of_keywords() -> None:
    sources = [file for file in package_files() if not file.startswith("runql/language/")]
    tables = {file: found for file in sources if (found := dict(copies(tree_of(file))))}
    assert not JUSTIFIED.keys() - tables.keys(), "they hold no table any more: take them off the list"
    assert not {file: tables[file] for file in tables.keys() - JUSTIFIED.keys()}, "say it in `runql/language`"


@pytest.mark.parametrize(
    "source",
    [
        "ORDER = ['from', 'where', 'order', 'keys']",
        "NAMES = {FromClause: 'from', WhereClause: 'where', OrderClause: 'order', KeysClause: 'keys'}",
        "DOCS = {'WHERE': 1, 'ORDER': 2, 'LIMIT': 3, 'KEYS': 4}",
        "SOME = {*('where', 'order'), 'limit', 'keys'}",
        "ALIGN = ('outer', 'inner', 'ffill', 'nearest')",
    ],
)
def test_a_copy_is_seen(source: str) -> None:
    """A test of the test."""
    assert list(copies(ast.parse(source)))


def test_what_is_no_copy() -> None:
    assert not list(copies(ast.parse("BODIES = {'min': 1, 'max': 2, 'first': 3, 'last': 4, 'mean': 5}")))
    assert {"WHERE", "ORDER", "LIMIT", "KEYS", "SELECT"} <= WORDS.keys()
