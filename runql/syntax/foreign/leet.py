"""Filters of LEET, W&B's terminal program: `config.lr>=0.1 has:acc adam`.

A text counts as one only if something in it is LEET's alone (`has:acc`, `name:vit`, `cfg.lr>0.1`), and nothing in it
is the language's: a bare word alone may as well be a mistake in a query.
"""

from __future__ import annotations

import re
from typing import Final

from runql.errors import ArgumentError
from runql.syntax.keywords import keywords
from runql.syntax.literals import BadLiteral, read_number, read_path, write_path, write_string
from runql.syntax.tree import Path
from runql.text.frozen import frozen

_RUN: Final = {
    "name": "name",
    "run": "name",
    "display": "name",
    "display_name": "name",
    "id": "id",
    "run_id": "id",
    "notes": "notes",
    "note": "notes",
    "tags": "tags",
    "tag": "tags",
}
_CANNOT: Final = {
    "project": ("`project:` chooses a project", "in RunQL write `runs from ENTITY/PROJECT`"),
    "key": ("`key:` asks for the name of a folder", "`name` and `id` are what RunQL knows of it"),
    "run_key": ("`run_key:` asks for the name of a folder", "`name` and `id` are what RunQL knows of it"),
    "path": ("`path:` asks for the name of a folder", "`name` and `id` are what RunQL knows of it"),
}
_CONFIGS: Final = frozenset({"config", "cfg"})
_NAMES: Final = "|".join((*_RUN, *_CANNOT, *_CONFIGS))
_FIELD: Final = rf"(?:(?:config|cfg)\.[\w./-]*\w|{_NAMES})"
_HAS: Final = re.compile(r"(?:has|exists):(?P<field>[\w./-]*\w)", re.I)
_TEST: Final = re.compile(rf"(?P<field>{_FIELD})(?P<sign>>=|<=|!=|=|>|<|:)(?P<value>.+)", re.I | re.S)
_MARK: Final = re.compile(
    rf"(?:^|\s)[-!]*(?:(?:has|exists):[\w]|{_FIELD}:[^\s=]|cfg\.[\w./-]*\w\s*(?:[<>]=?|!?=)\S)", re.I
)
_WORD: Final = re.compile(r"[\w.*^$/@+-]+")
_PART: Final = re.compile(r"(?:'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"|[^\s'\"])+")
_NUMBER: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_LONGEST: Final = 2_000
_EXACT: Final = "`=` tells capitals from small letters here; `:` does not"
_BARE: Final = "a bare word was looked for in id, name, notes, group, tags, and the keys and values of the config"
_OF_CONFIG: Final = "`config:` was looked for in the values of the config, not in the names of its keys"


@frozen
class LeetFilter:
    """The condition of a filter, and what there is to say of it."""

    where: str
    notes: tuple[str, ...]


class _NoLeetFilterError(ValueError):
    """The text is no filter of LEET."""


def read_leet(text: str) -> LeetFilter | None:
    """A filter of LEET as a condition; none if the text is not one.

    Raises:
        ArgumentError: it is one, and a query cannot say it.
    """
    parts = _PART.findall(text) if len(text) <= _LONGEST and _MARK.search(text) else []
    if not parts or "".join(parts) != re.sub(r"\s+(?=(?:[^'\"]|'[^']*'|\"[^\"]*\")*\Z)", "", text.strip()):
        return None
    if parts[0].lower() in _heads() or parts[-1].lower() in {"and", "or", "not", "|"}:
        return None
    notes: dict[str, None] = {}
    groups: list[list[str]] = [[]]
    is_negated = False
    try:
        for part in parts:
            match part.lower():
                case "|" | "or":
                    groups.append([])
                case "and":
                    continue
                case "not":
                    is_negated = not is_negated
                    continue
                case _:
                    groups[-1].append(_clause(part, notes, is_negated=is_negated))
            is_negated = False
    except _NoLeetFilterError:
        return None
    if not all(groups):
        return None
    joined = [" and ".join(group) for group in groups]
    return LeetFilter(" or ".join(joined), tuple(notes))


def _heads() -> frozenset[str]:
    table = keywords()
    return frozenset(table.spelling(one).lower() for one in (*table.heads, *table.clauses, *table.stages))


def _clause(part: str, notes: dict[str, None], *, is_negated: bool) -> str:
    term = part.lstrip("-!")
    is_negated ^= (len(part) - len(term)) % 2 == 1
    condition, field = _condition(term, notes)
    if not is_negated:
        return condition
    # There a test of what a run lacks fails, so its negation holds; here neither does.
    return f"not (exists({field}) and {condition})" if field is not None else f"not {condition}"


def _condition(term: str, notes: dict[str, None]) -> tuple[str, str | None]:
    """A condition, and the field that a run may lack."""
    if found := _HAS.fullmatch(term):
        return f"exists({_written(found['field'])})", None
    if found := _TEST.fullmatch(term):
        return _tested(found["field"], found["sign"], _plain(found["value"]), notes)
    word = _plain(term)
    if word == term and (not _WORD.fullmatch(word) or word.lower() in _heads()):
        raise _NoLeetFilterError
    notes[_BARE] = None
    return f"any_field ~* {write_string(word)}", None


def _tested(name: str, sign: str, value: str, notes: dict[str, None]) -> tuple[str, str | None]:
    if name.lower() in _CANNOT:
        message, hint = _CANNOT[name.lower()]
        raise ArgumentError.because(f"{message}, which a query does not", hint)
    field = _written(name)
    if field == "tags":
        if sign not in {":", "=", "!="}:
            raise ArgumentError.because("tags have no order", 'one tag is `tags has "x"`')
        return f"{'not ' * (sign == '!=')}tags has {write_string(value)}", None
    if name.lower() in _CONFIGS:
        field = "config.*"
        notes[_OF_CONFIG] = None
    if field == "config.*" and sign == "!=":
        condition, _ = _tested(name, "=", value, notes)
        return f"not {condition}", None
    lacked = None if field in {"id", "name", "config.*"} else field
    if sign == ":":
        return f"{field} ~* {write_string(value)}", lacked
    if not _NUMBER.fullmatch(value):
        if sign not in {"=", "!="}:
            raise ArgumentError.because(f"`{sign}` compares with numbers, not with `{value}`", "text is tested by `:`")
        notes[_EXACT] = None
        return f"{field} {sign} {write_string(value)}", lacked
    return f"{field} {sign} {_number(value)}", lacked


def _number(text: str) -> str:
    digits = re.sub(r"\.(?!\d)", ".0", re.sub(r"(?<!\d)\.", "0.", text.lstrip("+")))
    try:
        read_number(digits.lstrip("-"))
    except BadLiteral:
        raise _NoLeetFilterError from None
    return digits


def _written(name: str) -> str:
    """A field as the language spells it."""
    if name.lower() in _RUN:
        return _RUN[name.lower()]
    space, dot, rest = name.partition(".")
    segments = ("config", *rest.split(".")) if dot and space.lower() in {"config", "cfg"} else tuple(name.split("."))
    plain = Path(segments)
    return write_path(plain) if read_path(write_path(plain)) == plain else write_path(Path(segments, exact=True))


def _plain(text: str) -> str:
    """Without the quotes, which may stand anywhere in a word."""
    return re.sub(
        r"'((?:\\.|[^'\\])*)'|\"((?:\\.|[^\"\\])*)\"",
        lambda match: re.sub(r"\\(.)", r"\1", match[1] if match[1] is not None else match[2]),
        text,
    )
