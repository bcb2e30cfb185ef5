"""Filters of Neptune, NQL: ``(`lr`:float > 0.01) AND (`sys/tags`:stringSet CONTAINS "a")``."""

from __future__ import annotations

import re
from typing import Final

from runql.errors import ArgumentError
from runql.syntax.literals import read_path, write_path, write_string
from runql.syntax.tree import Path

_TYPES: Final = "float|int|integer|string|bool|boolean|datetime|stringSet|floatSeries|experimentState"
_ATTRIBUTE: Final = rf"`(?P<name>(?:[^`]|``)+)`\s*:\s*(?P<type>{_TYPES})\b"
_BEGINS: Final = re.compile(rf"[\s(]*(?:not\b[\s(]*)?(?:\w+\s*\(\s*)?{_ATTRIBUTE}", re.I)
_STRING: Final = r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'"
_TOKEN: Final = re.compile(
    rf"""\s*(?:
        (?:(?P<fold>last|min|max|average|avg|variance)\s*\(\s*)?{_ATTRIBUTE}(?(fold)\s*\))
        | (?P<string>{_STRING})
        | (?P<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\b
        | (?P<sign>>=|<=|!=|==|=|>|<)
        | (?P<bracket>[()])
        | (?P<word>not\s+contains|not\s+matches|contains|matches|and|or|not|true|false)\b
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_SYSTEM: Final = {
    "sys/id": "id",
    "sys/custom_run_id": "id",
    "sys/name": "name",
    "sys/owner": "user",
    "sys/tags": "tags",
    "sys/description": "notes",
    "sys/creation_time": "created",
    "sys/modification_time": "updated",
    "sys/ping_time": "heartbeat",
    "sys/running_time": "runtime",
    "sys/hostname": "host",
}
_FOLDS: Final = {"last": "last", "min": "min", "max": "max", "average": "mean", "avg": "mean"}
_WORDS: Final = {"contains": "contains", "matches": "~", "not contains": "contains", "not matches": "~"}
_LONGEST: Final = 20_000


def read_nql(text: str) -> str | None:
    """A filter of Neptune as a condition; none if the text is not one.

    Raises:
        ArgumentError: it is one, and a query cannot say it.
    """
    if len(text) > _LONGEST or not _BEGINS.match(text):
        return None
    out: list[str] = []
    position, subject, is_set = 0, 0, False
    while position < len(text.rstrip()):
        token = _TOKEN.match(text, position)
        if token is None:
            return None
        position = token.end()
        if token["name"]:
            subject, is_set = len(out), token["type"].lower() == "stringset"
        if token["word"] and token["word"].lower().startswith("not "):
            out.insert(subject, "not")
        out.append(_written(token, is_set=is_set))
    if len(out) < 3:
        return None
    return " ".join(out).replace("( ", "(").replace(" )", ")")


def _written(token: re.Match[str], *, is_set: bool) -> str:
    if token["name"]:
        return _attribute(token["name"].replace("``", "`"), token["fold"], token["type"])
    if token["string"]:
        return write_string(re.sub(r"\\(.)", r"\1", token["string"][1:-1]))
    if token["number"]:
        return re.sub(r"\.(?!\d)", ".0", re.sub(r"(?<!\d)\.", "0.", token["number"].lstrip("+")))
    if token["word"]:
        word = " ".join(token["word"].lower().split())
        return "has" if is_set and word.endswith("contains") else _WORDS.get(word, word)
    return "=" if token["sign"] == "==" else token["sign"] or token["bracket"]


def _attribute(name: str, fold: str | None, kind: str) -> str:
    if name in _SYSTEM:
        return _SYSTEM[name]
    if name.startswith("sys/"):
        raise ArgumentError.because(f"`{name}` of Neptune is no field of a run here", "`show fields` lists those")
    written = _path(name, ("logged",)) if fold or kind.lower() == "floatseries" else _path(name, ())
    if not fold:
        return f"last({written})" if kind.lower() == "floatseries" else written
    if fold.lower() not in _FOLDS:
        raise ArgumentError.because(
            f"`{fold}` of a series is nothing that RunQL computes", "it has min, max, mean, last"
        )
    return f"{_FOLDS[fold.lower()]}({written})"


def _path(name: str, space: tuple[str, ...]) -> str:
    plain = Path((*space, *name.split(".")))
    return write_path(plain) if read_path(write_path(plain)) == plain else write_path(Path((*space, name), exact=True))
