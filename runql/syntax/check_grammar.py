"""What a new parser must fit: the methods that build the tree, and how keywords are written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from runql.language.entry import StagePart
from runql.language.kinds import SEVERAL, PartKind
from runql.language.stages import STAGES
from runql.syntax.lr_table import ParserTable

KEYWORD: Final = re.compile(r"\(\?i:([a-z_|]+)\)")
"""How the spellings of a keyword stand in the pattern of its terminal: `"limit"i`, or `/min|max/i`."""

KEYWORD_PRIORITY: Final = 5
KEYWORD_PRIORITIES: Final = frozenset({KEYWORD_PRIORITY, 9})
"""The higher one is of words inside a window, which win over those of the clause around it."""
_OR_PLAIN: Final = {
    "stage": ", or declare its parts in `language/stages.py`",
    "clause": ", or make its node a `CountClause`",
}
_TABLES: Final = frozenset({"NODES", "LISTS", "TUPLES"})
"""The tables of `parser/build.py` that name rules."""
_PLAIN: Final = frozenset({"PlainStage", "CountClause"})
"""The nodes that the builder makes without a method."""

_BEGIN_WITH_A_WORD: Final = ("_clause", "_stage", "_statement")


PARTS_STAGES: Final[Mapping[str, str]] = {
    f"{terminal.lower()}_stage": terminal for terminal, entry in STAGES.items() if entry.parts is not None
}
"""The stages whose entries declare their parts, by their rules, which are called as their words."""


class GrammarMismatchError(Exception):
    """The grammar and the code that reads it do not fit: one line each."""


def check_grammar(table: ParserTable) -> None:
    """Raises `GrammarMismatchError` if a text could be parsed and not built, or a keyword not be found."""
    wrong = (
        *_rules_without_method(table),
        *_rules_unlike_their_parts(table),
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


def rules_in_tables() -> frozenset[str]:
    """The rules that need no method, for a table says which node they make of what stands in them."""
    import ast

    source = (Path(__file__).parent / "parser" / "build.py").read_bytes()
    given = (one for one in ast.parse(source).body if isinstance(one, ast.AnnAssign))
    tables = (one for one in given if isinstance(one.target, ast.Name) and one.target.id in _TABLES)
    found = (one for table in tables for one in ast.walk(table) if isinstance(one, ast.Constant))
    return frozenset(one.value for one in found if isinstance(one.value, str))


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
    methods = builder_methods() | rules_in_tables() | plain_nodes() | PARTS_STAGES.keys()
    for name in rule_names(table):
        if name not in methods:
            where = "build_stages.py" if name.endswith("stage") else "build.py"
            other = _OR_PLAIN.get(name.rpartition("_")[2], "")
            yield f"the rule `{name}` of the grammar has no method in {where}: add `def {name}(self, part)`{other}"


def _rules_unlike_their_parts(table: ParserTable) -> Iterator[str]:
    keywords = {one.name for one in table.terminals if one.priority in KEYWORD_PRIORITIES}
    for one in table.productions:
        word = PARTS_STAGES.get(one.origin)
        written = [
            symbol for place, symbol in enumerate(one.expansion) if one.kept is None or (place, False) in one.kept
        ]
        if word is not None and not _fit(written[1:], STAGES[word].parts or (), keywords):
            yield (
                f"the rule `{one.origin}` of the grammar does not fit the parts of its entry in `language/stages.py`:"
                f" `{' '.join(written)}`"
            )


def _fit(written: list[str], parts: tuple[StagePart, ...], keywords: set[str]) -> bool:
    """Whether the builder finds a part for each symbol behind the word of a stage."""
    begins = {part.after: place for place, part in enumerate(parts) if part.after}
    held = [0] * len(parts)
    place = 0
    for symbol in written:
        if symbol in begins:
            place = begins[symbol]
            continue
        place += place < len(parts) and held[place] > 0 and parts[place].kind not in SEVERAL
        if place >= len(parts) or (symbol in keywords) != (parts[place].kind is PartKind.WORD):
            return False
        held[place] += 1
    return all(count or part.optional for count, part in zip(held, parts, strict=True))


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
