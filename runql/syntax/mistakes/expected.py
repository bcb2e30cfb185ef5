"""What can stand at a place, in words."""

from __future__ import annotations

from typing import Final

from runql.language.operators import INFIX
from runql.language.stages import STAGES
from runql.language.words import LIKELIEST, WORDS
from runql.syntax.keywords import keywords
from runql.syntax.lexer import END
from runql.syntax.mistake import Mistake, Place, shown

_MOST: Final = 5
_GROUPS: Final[tuple[tuple[str, frozenset[str]], ...]] = (
    ("a value", frozenset({"NUMBER", "STRING", "TIME", "DURATION"})),
    ("a comparison such as `>`", frozenset({"EQ", "NE", "LT", "LE", "GT", "GE"})),
)
_STAGE: Final = "a stage such as `group`"
_SINGLE: Final = {
    "PATH": "a field",
    "GLOB": "a pattern such as `val/*`",
    "SOURCE": "a source such as `acme/vision`",
    "NUMBER": "a number",
    "STRING": "a string",
    "PARAM": "a parameter such as `$n`",
    "COMMA": "`,`",
    "RPAR": "`)`",
    "LPAR": "`(`",
    "DOTDOT": "`..`",
    "SEMI": "`;`",
    "COLON": "`:`",
}


def expected_words(place: Place) -> tuple[str, ...]:
    """At most five things that could stand there, likeliest first, as a reader would name them."""
    could = set(place.accepted) - {END}
    words: list[str] = []
    if "STRING" in could and "TIME" in could:
        words = ["a field", "a value", "`(`"] + (["`not`"] if "NOT" in could else [])
        return tuple(words)
    for name, members in (*_GROUPS, (_STAGE, frozenset(keywords().stages))):
        if members <= could:
            words.append(name)
            could -= members
    for terminal in ("PATH", "SOURCE", "NUMBER", "PARAM", "GLOB", "STRING"):
        if terminal in could:
            words.append(_single(terminal, place.back_terminal(), place.clause.terminal if place.clause else ""))
    words.extend(word for terminal in LIKELIEST if terminal in could for word in _named(terminal))
    return tuple(dict.fromkeys(words))[:_MOST]


def _single(terminal: str, before: str, clause: str) -> str:
    """What one terminal is called where it stands."""
    if terminal == "PATH":
        wanted = _wanted(clause) if _wanted(clause) == "a metric" else _wanted(before)
        return wanted if wanted in {"a metric", "a name", "an axis"} else "a field"
    return "an id" if terminal == "SOURCE" and _wanted(before) == "an id" else _SINGLE[terminal]


def _wanted(terminal: str) -> str:
    """What the language says must stand behind a terminal; empty if it says nothing."""
    entry = WORDS.get(terminal) or STAGES.get(terminal)
    return entry.wants if entry is not None else ""


def _named(terminal: str) -> tuple[str, ...]:
    """What a terminal is called, one name for each of its words."""
    if terminal in _SINGLE:
        return (_SINGLE[terminal],)
    table = keywords()
    return tuple(f"`{word}`" for word in table.words.get(terminal, table.symbols.get(terminal, ())[:1]))


def needed(could: frozenset[str], before: str, clause: str) -> str:  # noqa: PLR0911 - one line a phrase
    """What must stand where these terminals are accepted, in one phrase.

    `before` is the terminal before that place, `clause` the one that begins its clause.
    """
    if END not in could and could - INFIX:
        could -= INFIX
    if "LET" in could:
        return "a statement"
    if set(keywords().stages) <= could:
        return "a stage"
    if "STRING" in could and "TIME" in could:
        return _wanted(before) or "a value"
    if "RUNS" in could:
        return "a query"
    if "ON" in could:
        return "`on` and a key"
    for terminal, phrase in (
        ("PATH", ""),
        ("SOURCE", ""),
        ("NUMBER", "a whole number" if "PARAM" in could and clause not in {"SMOOTH", "BIN"} else "a number"),
        ("DOTDOT", "a range"),
        ("LPAR", "a list in parentheses"),
        ("RPAR", "`)`"),
        ("STRING", _wanted(before) or "a string"),
    ):
        if terminal in could:
            return phrase or _single(terminal, before, clause).partition(" such as")[0]
    words = tuple(word for terminal in LIKELIEST if terminal in could for word in _named(terminal))
    return either(words) or "something else"


def either(words: tuple[str, ...]) -> str:
    """`a, b or c`."""
    return " or ".join(part for part in (", ".join(words[:-1]), *words[-1:]) if part)


def unexpected(place: Place) -> Mistake:
    """What could have stood there instead."""
    words = expected_words(place)
    hints = (f"expected {either(words)}",) if words else ()
    before = place.back()
    if "RUNS" in place.accepted and "NUMBER" not in place.accepted and place.found.terminal != END:
        what = "statement" if "LET" in place.accepted else "query"
        if what == "statement":
            hints = (
                *hints,
                'for example: `runs where state = "failed" limit 5`, `show fields`; `runql help` says more',
            )
        message = f"`{shown(place.found.text)}` does not begin a {what}"
        return Mistake("RQL106", message, place.span, hints, expected=words)
    if END in place.accepted or before is None:
        code = "RQL106" if place.found.terminal == "PATH" else "RQL101"
        return Mistake(code, f"`{shown(place.found.text)}` cannot stand here", place.span, hints, expected=words)
    what = needed(place.accepted, before.terminal, place.clause.terminal if place.clause else "")
    after = f"{what} must follow `{shown(before.text)}`"
    if place.found.terminal == END:
        return Mistake("RQL102", f"{after}, but the text ends", place.span, hints, expected=words)
    return Mistake("RQL101", f"{after}, not `{shown(place.found.text)}`", place.span, hints, expected=words)
