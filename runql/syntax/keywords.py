"""The keywords of the language, read off the grammar: for messages, completion, highlighting and the reference."""

from __future__ import annotations

import re
from functools import cache, cached_property
from types import MappingProxyType

from runql.syntax.check_grammar import KEYWORD, KEYWORD_PRIORITIES
from runql.syntax.grammar import load_table
from runql.text.frozen import frozen

_LOOK_AHEAD = re.compile(r"\(\?!(?:\[[^]]*\]|[^)])*\)\Z")
_SYMBOL_PRIORITY = 1
_BEFORE_OTHERS = frozenset({"AS_OF"})


@frozen(slots=False)
class Keywords:
    """What the grammar spells.

    `words` maps each keyword's terminal to its spellings, `symbols` each operator's. `clauses` are the terminals that
    begin a clause, in the order of the formatter; `stages` those that begin a stage behind its pipe; `queries` those
    that begin a query, `statements` those that begin any other statement, and `heads` both. A word may begin a clause
    and a stage.
    """

    words: MappingProxyType[str, tuple[str, ...]]
    symbols: MappingProxyType[str, tuple[str, ...]]
    clauses: tuple[str, ...]
    stages: tuple[str, ...]
    queries: tuple[str, ...]
    statements: tuple[str, ...]
    heads: tuple[str, ...]

    def spelling(self, terminal: str) -> str:
        """The canonical spelling of a keyword or an operator."""
        return (self.words.get(terminal) or self.symbols[terminal])[0]

    @cached_property
    def beginnings(self) -> frozenset[str]:
        """The terminals that begin a statement, a clause or a stage."""
        return frozenset((*self.clauses, *self.stages, *self.heads))

    @property
    def clause_words(self) -> tuple[str, ...]:
        """The words that begin a clause by themselves: `as` does only before `of` and a time."""
        return tuple(self.spelling(terminal) for terminal in self.clauses if terminal not in _BEFORE_OTHERS)

    @property
    def query_words(self) -> tuple[str, ...]:
        return tuple(self.spelling(terminal) for terminal in self.queries)

    @property
    def stage_words(self) -> tuple[str, ...]:
        return tuple(self.spelling(terminal) for terminal in self.stages)

    @property
    def head_words(self) -> tuple[str, ...]:
        return tuple(self.spelling(terminal) for terminal in self.heads)

    @property
    def all_words(self) -> tuple[str, ...]:
        return tuple(sorted({word for words in self.words.values() for word in words}))


def _first(rule_ending: str) -> tuple[str, ...]:
    """The terminals that begin the rules whose name ends so, in the order of the grammar."""
    table = load_table()
    firsts = (table.first_terminal(one) for one in table.productions if one.origin.endswith(rule_ending))
    return tuple(dict.fromkeys(first for first in firsts if first is not None))


@cache
def keywords() -> Keywords:
    words: dict[str, tuple[str, ...]] = {}
    symbols: dict[str, tuple[str, ...]] = {}
    for terminal in load_table().terminals:
        pattern = terminal.pattern
        found = tuple(word for group in KEYWORD.findall(pattern) for word in group.split("|"))
        if terminal.priority in KEYWORD_PRIORITIES and found:
            words[terminal.name] = found
        elif terminal.priority == _SYMBOL_PRIORITY:
            symbols[terminal.name] = _symbols(pattern)
    queries, statements = _first("head"), _first("_statement")
    return Keywords(
        MappingProxyType(words),
        MappingProxyType(symbols),
        clauses=_first("_clause"),
        stages=_first("_stage"),
        queries=queries,
        statements=statements,
        heads=(*queries, *statements),
    )


def _symbols(pattern: str) -> tuple[str, ...]:
    """The spellings of an operator from its regex, shortest first: `(?:==|=)` is `=` and `==`."""
    plain = _LOOK_AHEAD.sub("", pattern)
    parts = plain[3:-1].split("|") if plain.startswith("(?:") else [plain]
    return tuple(sorted((part.replace("\\", "") for part in parts), key=len))
