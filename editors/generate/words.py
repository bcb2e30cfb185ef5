"""What an editor's patterns can know of the language, read off the parser's own table: each word and its neighbours.

A keyword of RunQL is one only where the parser can take it. Patterns don't parse; but the table says what can follow
what, so a word is taken for a keyword only if its neighbours could be its neighbours in a query.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from runql.ide.semantic_tokens import Shade
from runql.language.aggregates import HISTORY_AGGREGATES
from runql.language.fields import RUN_FIELD_SPELLINGS, Space
from runql.language.functions import FUNCTIONS
from runql.semantic.spelling import PREFIXES
from runql.syntax.grammar import load_table
from runql.syntax.keywords import keywords
from runql.syntax.lexer import lexer
from runql.syntax.tokens import kind_of

BEGIN = "^BEGIN"
"""What stands before the first word of a statement."""

PUNCTUATION = {"LPAR": ("(",), "COMMA": (",",)}

_OFTEN_NAMES = frozenset({"X", "AXIS", "GOAL", "SHAPE"})
"""Keywords that are good names of fields: what stands behind one of them may stand behind a name."""


@dataclass(frozen=True)
class Place:
    """Where a keyword can stand, by the spellings of its neighbours.

    `begins`: at the beginning of a statement. `behind` are the only words, and `behind_signs` the only signs, that it
    stands behind, if there is such a list; else `not_behind` are words, and `not_behind_signs` signs, that it cannot
    stand behind though a name can.
    `before` are the terminals that can follow, `not_before` the words that can follow a name but not it.
    """

    shade: Shade
    begins: bool
    behind: tuple[str, ...]
    behind_signs: tuple[str, ...]
    not_behind: tuple[str, ...]
    not_behind_signs: tuple[str, ...]
    before: frozenset[str]
    not_before: tuple[str, ...]


@cache
def following() -> dict[str, frozenset[str]]:
    """For each terminal those that the parser's table has behind it."""
    states = load_table().actions
    found: defaultdict[str, set[str]] = defaultdict(set)
    found[BEGIN].update(keywords().heads)
    for actions in states:
        for name, target in actions.items():
            if target >= 0 and name.isupper():
                found[name].update(each for each in states[target] if each.isupper())
    return {name: frozenset(names) for name, names in found.items()}


@cache
def places() -> dict[Place, tuple[str, ...]]:
    """Every place of keywords, and the words that can stand there; the words of stages are in `stage_words`."""
    table, follow = keywords(), following()
    found: defaultdict[Place, list[str]] = defaultdict(list)
    for terminal, spellings in table.words.items():
        preceding = frozenset(name for name, names in follow.items() if terminal in names)
        if preceding != {"PIPE"}:
            found[_place(terminal, preceding)].extend(spellings)
    return {place: tuple(words) for place, words in found.items()}


def _place(terminal: str, preceding: frozenset[str]) -> Place:
    table, follow = keywords(), following()
    begins = BEGIN in preceding
    is_narrow = begins or preceding <= set(table.words)
    named = [name for name in table.words if "PATH" in follow[name] and name not in _OFTEN_NAMES]
    strange = {name: texts for name, texts in {**table.symbols, **PUNCTUATION}.items() if name not in preceding}
    # What ends with a star may be the pattern of a name.
    strange_signs = [text for texts in strange.values() for text in texts if "GLOB" not in preceding or text[-1] != "*"]
    # Two keywords may be spelled alike: `order` of a window, and the clause.
    behind = {text for name in table.words if name in follow[terminal] for text in spellings(name)}
    others = (name for name in table.words if name in follow["PATH"] and name not in follow[terminal])
    not_before = [name for name in others if behind.isdisjoint(spellings(name))]
    return Place(
        Shade.STATEMENT if terminal in table.heads else Shade(kind_of(terminal).value),
        begins,
        _spelled(name for name in table.words if is_narrow and name in preceding),
        ("=",) if begins and "EQ" in preceding else (),
        () if is_narrow else _spelled(name for name in named if name not in preceding),
        () if is_narrow else tuple(strange_signs),
        follow[terminal],
        () if begins and "PATH" in follow[terminal] else _spelled(not_before),
    )


def takes_words(place: Place) -> bool:
    """Whether any word may follow. At the beginning of a statement a word that is not finished may."""
    return place.begins or "PATH" in place.before


def _spelled(terminals: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for terminal in terminals for word in keywords().words[terminal]))


def spellings(terminal: str) -> tuple[str, ...]:
    """How a keyword is spelled; nothing for another terminal."""
    return keywords().words.get(terminal, ())


def symbols() -> Mapping[str, tuple[str, ...]]:
    """How each operator is spelled, by its terminal."""
    return keywords().symbols


def stage_words() -> tuple[str, ...]:
    return _spelled(keywords().stages)


def source_words() -> tuple[str, ...]:
    """The words that nothing but a source, or an id, stands behind."""
    follow = following()
    return _spelled(name for name in keywords().words if "SOURCE" in follow[name] and "PATH" not in follow[name])


def signs() -> Iterator[str]:
    """The operators that are signs, longest first."""
    spellings = {text for texts in symbols().values() for text in texts}
    yield from sorted(spellings - {"|", ";", ".."}, key=lambda text: (-len(text), text))


def pattern(terminal: str) -> str:
    """A terminal's own pattern in the grammar."""
    return lexer().terminal_pattern(terminal).pattern


def functions() -> tuple[str, ...]:
    return tuple(sorted({*FUNCTIONS, *HISTORY_AGGREGATES, *_presence()}))


def _presence() -> Iterator[str]:
    table = keywords()
    for terminal, spellings in table.words.items():
        if kind_of(terminal).value == Shade.FUNCTION.value:
            yield from spellings


def namespaces() -> tuple[str, ...]:
    return tuple(PREFIXES)


def metric_namespaces() -> tuple[str, ...]:
    return tuple(name for name, space in PREFIXES.items() if space in {Space.LOGGED, Space.SYSTEM})


def run_fields() -> tuple[str, ...]:
    return tuple(RUN_FIELD_SPELLINGS)
