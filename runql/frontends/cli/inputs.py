"""From the words of a call to a text: a query, a file, or standard input; and the values of `-p`."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from runql.errors import wrong_call
from runql.session.spelled import SpelledFloat, SpelledInt
from runql.text.source import Source

_NAME = re.compile(r"[A-Za-z_]\w*\Z")
_NUMBER = re.compile(r"[+-]?(\d[\d_]*\.?\d*|\.\d+)([eE][+-]?\d+)?\Z")
_WORDS: dict[str, Any] = {
    "true": True,
    "false": False,
    "null": None,
    "nan": float("nan"),
    "inf": float("inf"),
    "-inf": float("-inf"),
}


def is_file_name(word: str) -> bool:
    """Whether a word can only be meant as the name of a file."""
    return word.endswith(".rql") and not any(char.isspace() for char in word)


def text_of(words: Sequence[str]) -> Source:
    """The text that the words stand for: `-` is standard input, one file name the file, all else the query itself."""
    if list(words) == ["-"]:
        return Source(_decoded(sys.stdin.buffer.read(), "standard input"), "<stdin>")
    if len(words) == 1 and (is_file_name(words[0]) or _is_path_of_file(words[0])):
        return read_file(Path(words[0]))
    return Source(" ".join(words))


def read_file(path: Path) -> Source:
    """The text of a file. Raises `QueryError` if there is none."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        there = sorted(found.name for found in path.parent.glob("*.rql")) if path.parent.is_dir() else []
        near = f"there are: {', '.join(f'`{name}`' for name in there[:8])}" if there else ""
        raise wrong_call(f"there is no file `{path}`", *([near] if near else [])) from None
    except OSError as error:
        raise wrong_call(f"cannot read `{path}`: {error.strerror or error}") from error
    return Source(_decoded(raw, f"`{path}`"), str(path))


def _is_path_of_file(word: str) -> bool:
    return "/" in word and len(word) < 4096 and not any(char.isspace() for char in word) and Path(word).is_file()


def _decoded(raw: bytes, what: str) -> str:
    try:
        return raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise wrong_call(f"{what} is not UTF-8: {error.reason} at byte {error.start}") from error


def values_of(params: Iterable[str]) -> dict[str, Any]:
    """The values of `-p NAME=VALUE`: numbers, `true`, `false`, `null`, JSON lists; a JSON string or any other is text.

    Raises `QueryError` for what is no name, and for a name that is given twice.
    """
    values: dict[str, Any] = {}
    for param in params:
        name, equals, value = param.partition("=")
        if not equals or not _NAME.match(name):
            raise wrong_call(f"`-p {param}` is not of the form NAME=VALUE")
        if name in values:
            raise wrong_call(f"`-p {name}` is given twice")
        values[name] = value_of(name, value)
    return values


def value_of(name: str, text: str) -> Any:
    """One value: typed as it looks."""
    if text in _WORDS:
        return _WORDS[text]
    if _NUMBER.match(text):
        number: SpelledInt | SpelledFloat = SpelledFloat(text) if re.search(r"[.eE]", text) else SpelledInt(text)
        number.text = text
        return number
    if text[:1] not in {"[", '"'}:
        return text
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        kind = "list" if text[0] == "[" else "text"
        hints = (f'write it as JSON: `-p \'{name}=["a", "b"]\'`',) if kind == "list" else ()
        raise wrong_call(
            f"the {kind} of `-p {name}` is not JSON: {error.msg} at character {error.pos + 1}", *hints
        ) from None
