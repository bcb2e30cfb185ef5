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
            words.append(_metric(place) if terminal == "PATH" else _SINGLE[terminal])
    words.extend(_named(terminal) for terminal in _LIKELIEST if terminal in could)
    return tuple(dict.fromkeys(words))[:_MOST]


def _metric(place: Place) -> str:
    in_history = place.clause is not None and place.clause.terminal in {"KEYS", "X"}
    return "a metric" if in_history else "a name" if place.back_terminal() == "AS" else "a field"


def _named(terminal: str) -> str:
    if terminal in _SINGLE:
        return _SINGLE[terminal]
    return f"`{keywords().spelling(terminal)}`"


def needed(place: Place) -> str:
    """What must stand there, in one phrase."""
    could, before = place.accepted, place.back_terminal()
    if "RUNS" in could:
        return "a query"
    if "STRING" in could and "TIME" in could:
        conditions = {"WHERE", "AND", "OR", "NOT"}
        return "a condition" if before in conditions else "a field" if before in {"ORDER", "SELECT"} else "a value"
    if "PATH" in could:
        return _metric(place)
    for terminal, phrase in (
        ("SOURCE", "an id" if before in {"RUN", "SWEEP"} else "a source"),
        ("NUMBER", "a whole number"),
        ("DOTDOT", "a range"),
        ("LPAR", "a list in parentheses"),
        ("STAGE", "a stage"),
        ("RPAR", "`)`"),
    ):
        if terminal in could:
            return phrase
    words = expected_words(place)
    return words[0] if words else "something else"
