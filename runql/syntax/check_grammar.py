"""What a new parser must fit: the methods that build the tree, and how keywords are written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from runql.syntax.lr_table import ParserTable

KEYWORD: Final = re.compile(r"\(\?i:([a-z_|]+)\)")
"""How the spellings of a keyword stand in the pattern of its terminal: `"limit"i`, or `/min|max/i`."""

KEYWORD_PRIORITY: Final = 5
KEYWORD_PRIORITIES: Final = frozenset({KEYWORD_PRIORITY, 9})
"""The higher one is of words inside a window, which win over those of the clause around it."""
_OR_PLAIN: Final = {"stage": ", or make its node a `PlainStage`", "clause": ", or make its node a `CountClause`"}
_PLAIN: Final = frozenset({"PlainStage", "CountClause"})
"""The nodes that the builder makes without a method."""

_BEGIN_WITH_A_WORD: Final = ("_clause", "_stage", "_statement")


class GrammarMismatchError(Exception):
    """The grammar and the code that reads it do not fit: one line each."""


def check_grammar(table: ParserTable) -> None:
    """Raises `GrammarMismatchError` if a text could be parsed and not built, or a keyword not be found."""
    wrong = (
        *_rules_without_method(table),
        *_rules_without_keyword(table),
        *_keywords_without_spelling(table),
    )
    if wrong:
        raise GrammarMismatchError("\n".join(dict.fromkeys(wrong)))


def rule_names(table: ParserTable) -> tuple[str, ...]:
    """The names that the nodes of a parse have: an alias, or the rule's own; not the helpers of `*` and `+`."""
    names: dict[str, None] = {}
    for production in table.productions:
        is_only_child = production.is_unwrapped and len(production.expansion) == 1
        if not production.name.startswith("_") and not is_only_child:
            names[production.name] = None
    return tuple(names)


def builder_methods() -> frozenset[str]:
    """The methods that build the tree, read off their sources: the room of the parser stands above the grammar."""
    import ast

    found = set[str]()
    for source in sorted((Path(__file__).parent / "parser").glob("build*.py")):
        for kind in ast.parse(source.read_bytes()).body:
            for one in kind.body if isinstance(kind, ast.ClassDef) and kind.name.endswith("Builder") else ():
                if isinstance(one, ast.FunctionDef):
                    found.add(one.name)
                elif isinstance(one, ast.Assign):
                    found |= {target.id for target in one.targets if isinstance(target, ast.Name)}
    return frozenset(found)


def plain_nodes() -> frozenset[str]:
    """The rules of the stages and clauses that need no method, read off the sources of the tree."""
    import ast

    tree = Path(__file__).parent / "tree"
    parsed = (ast.parse((tree / f"{part}.py").read_bytes()) for part in ("stages", "clauses"))
    kinds = [kind for part in parsed for kind in part.body if isinstance(kind, ast.ClassDef)]
    is_plain = {kind.name: any(isinstance(b, ast.Name) and b.id in _PLAIN for b in kind.bases) for kind in kinds}
    return frozenset(rule_of(name) for name, plain in is_plain.items() if plain)


def rule_of(class_name: str) -> str:
    """The rule of the grammar that makes a node: `thin_stage` of `ThinStage`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", class_name).lower()


def _rules_without_method(table: ParserTable) -> Iterator[str]:
    methods = builder_methods() | plain_nodes()
    for name in rule_names(table):
        if name not in methods:
            where = next((f"build_{part}s.py" for part in ("stage", "statement") if name.endswith(part)), "build.py")
            other = _OR_PLAIN.get(name.rpartition("_")[2], "")
            yield f"the rule `{name}` of the grammar has no method in {where}: add `def {name}(self, part)`{other}"


def _rules_without_keyword(table: ParserTable) -> Iterator[str]:
    for production in table.productions:
        name = production.origin
        is_one = name.endswith(_BEGIN_WITH_A_WORD) and not production.is_unwrapped
        if is_one and table.first_terminal(production) is None:
            yield f"the rule `{name}` of the grammar does not begin with a keyword in each of its alternatives"


def _keywords_without_spelling(table: ParserTable) -> Iterator[str]:
    for terminal in table.terminals:
        if terminal.priority in KEYWORD_PRIORITIES and not KEYWORD.search(terminal.pattern):
            yield (
                f"the keyword `{terminal.name}` of the grammar has no spelling that can be read off it: write"
                f' `{terminal.name}.{KEYWORD_PRIORITY}: "word"i _B`, in small letters and `_`'
            )
