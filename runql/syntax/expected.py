"""What can stand at a place, in words."""

from __future__ import annotations

from typing import Final

from runql.syntax.keywords import keywords
from runql.syntax.lexer import END
from runql.syntax.mistakes import Place

_MOST: Final = 5
_GROUPS: Final[tuple[tuple[str, frozenset[str]], ...]] = (
    ("a value", frozenset({"NUMBER", "STRING", "TIME", "DURATION"})),
    ("a comparison such as `>`", frozenset({"EQ", "NE", "LT", "LE", "GT", "GE"})),
)
_SINGLE: Final = {
    "PATH": "a field",
    "GLOB": "a pattern such as `val/*`",
    "SOURCE": "a source such as `acme/vision`",
    "NUMBER": "a number",
    "STRING": "a string",
    "PARAM": "a parameter such as `$n`",
    "STAGE": "a stage",
    "COMMA": "`,`",
    "RPAR": "`)`",
    "LPAR": "`(`",
    "DOTDOT": "`..`",
    "SEMI": "`;`",
}
_LIKELIEST: Final = (
    "RPAR",
    "RUNS",
    "COUNT",
    "EXPLAIN",
    "RUN",
    "SWEEP",
    "COMMA",
    "AND",
    "OR",
    "WHERE",
    "ORDER",
    "LIMIT",
    "KEYS",
    "SELECT",
    "SWEEPS",
    "NULL",
    "NAN",
    "FINITE",
    "UNSET",
    "OUTER",
    "INNER",
    "FFILL",
    "DEFAULT",
    "SYSTEM",
    "IN",
    "BETWEEN",
    "CONTAINS",
    "HAS",
    "STARTSWITH",
    "ENDSWITH",
    "LIKE_GLOB",
    "NOT",
    "DOTDOT",
    "LPAR",
    "STAGE",
)


def expected_words(place: Place) -> tuple[str, ...]:
    """At most five things that could stand there, likeliest first, as a reader would name them."""
    could = set(place.accepted) - {END}
    words: list[str] = []
    if "STRING" in could and "TIME" in could:
        words = ["a field", "a value", "`(`"] + (["`not`"] if "NOT" in could else [])
        return tuple(words)
    for name, members in _GROUPS:
        if members <= could:
            words.append(name)
            could -= members
    for terminal in ("PATH", "SOURCE", "NUMBER", "PARAM", "GLOB", "STRING"):
        if terminal in could:
            words.append(_single(terminal, place.back_terminal(), place.clause.terminal if place.clause else ""))
    words.extend(_named(terminal) for terminal in _LIKELIEST if terminal in could)
    return tuple(dict.fromkeys(words))[:_MOST]


def _single(terminal: str, before: str, clause: str) -> str:
    """What one terminal is called where it stands."""
    if terminal == "PATH":
        return "a metric" if clause in {"KEYS", "X"} else "a name" if before == "AS" else "a field"
    return "an id" if terminal == "SOURCE" and before in {"RUN", "SWEEP"} else _SINGLE[terminal]


def _named(terminal: str) -> str:
    if terminal in _SINGLE:
        return _SINGLE[terminal]
    return f"`{keywords().spelling(terminal)}`"


def needed(could: frozenset[str], before: str, clause: str) -> str:
    """What must stand where these terminals are accepted, in one phrase.

    `before` is the terminal before that place, `clause` the one that begins its clause.
    """
    if "RUNS" in could:
        return "a query"
    if "STRING" in could and "TIME" in could:
        conditions = {"WHERE", "AND", "OR", "NOT"}
        return "a condition" if before in conditions else "a field" if before in {"ORDER", "SELECT"} else "a value"
    for terminal, phrase in (
        ("PATH", ""),
        ("SOURCE", ""),
        ("NUMBER", "a whole number" if "PARAM" in could else "a number"),
        ("DOTDOT", "a range"),
        ("LPAR", "a list in parentheses"),
        ("STAGE", "a stage"),
        ("RPAR", "`)`"),
    ):
        if terminal in could:
            return phrase or _single(terminal, before, clause).partition(" such as")[0]
    return either(tuple(_named(terminal) for terminal in _LIKELIEST if terminal in could)) or "something else"


def either(words: tuple[str, ...]) -> str:
    """`a, b or c`."""
    return " or ".join(part for part in (", ".join(words[:-1]), *words[-1:]) if part)
