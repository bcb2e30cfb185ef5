"""Reads JSON texts that others wrote: whatever they hold, what comes is a value that every part of RunQL can take.

Numbers are within the range of a double, texts have no half of a surrogate pair, and lists and records are nested a
hundred deep at the most. What is beyond that stays as the text that it was written as, and is told.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache
from json.decoder import scanstring  # type: ignore[attr-defined]
from os import urandom
from typing import Any, Final

from runql.text.frozen import frozen

MOST_DEPTH: Final = 100
_DIGITS_IN_RANGE: Final = 308
MOST_PARSED_DIGITS: Final = 4000

_LONG_TEXT: Final = 4096
"""From so many bytes on the faster reader is worth its checks."""
MOST_DIGITS: Final = 18
"""Every integer of so many digits fits into 64 bits."""
_AS_ZERO: Final = bytes(ord("0") if chr(code).isdigit() and code < 128 else code for code in range(256))
_LONG_NUMBER: Final = b"0" * (_DIGITS_IN_RANGE + 1)
_SHAPE: Final = bytes(ord("0") if 48 <= code < 58 else ord(".") if code == 46 else ord("x") for code in range(256))
_LONG_INTEGER: Final = b"x" + b"0" * (MOST_DIGITS + 1)
_NO_BRACKETS: Final = bytes(code for code in range(256) if chr(code) not in "[]{}")


_MARK: Final = urandom(8).hex()
_BETWEEN: Final = f',"{_MARK}",'

_scan: Final = json.JSONDecoder(strict=False).scan_once  # type: ignore[attr-defined]


@frozen
class Oddity:
    """One value that became text. `path`: the keys and places that lead to it, outermost first."""

    path: tuple[str, ...]
    what: str


HUGE: Final = "a number beyond the range of a double"
DEEP: Final = f"nested more than {MOST_DEPTH} levels deep"


@frozen
class Reading:
    """A JSON text as a value, and what of it became text."""

    value: Any
    oddities: tuple[Oddity, ...] = ()


def read_json(text: str | bytes, *, is_flat: bool = False) -> Reading:
    """The value of a JSON text. NaN and infinities may stand bare, control characters in texts, as W&B writes them.

    `is_flat`: it was seen that no integer in it has more than `MOST_DIGITS`, and that nothing in it is nested.

    Raises:
        ValueError: it is no JSON.
    """
    is_fast = isinstance(text, bytes) and len(text) >= _LONG_TEXT and (is_flat or not _is_beyond_fast(text))
    if is_fast and (loads := _orjson_loads()) is not None:
        with suppress(ValueError, RecursionError):  # of bare NaN, half characters, control characters, …
            return Reading(loads(text))
    try:
        whole = text if isinstance(text, str) else text.decode()
        value, end = _scan(whole, 0)  # `json.loads` makes a decoder each time, for the many short texts of an answer
        is_read = end == len(whole)
    except (StopIteration, ValueError, RecursionError):
        is_read = False
    try:
        if not is_read:  # of bytes in another encoding the library finds out which
            value = json.loads(text, strict=False)
        if not is_read or "\\ud" in whole or "\\uD" in whole:
            value = _without_surrogates(value)
    except (ValueError, RecursionError) as error:
        return _patiently(text, error)
    raw = text if isinstance(text, bytes) else None
    if len(text) > 2 * MOST_DEPTH:
        raw = raw if raw is not None else text.encode("utf-8", "surrogatepass")  # type: ignore[union-attr]
        if (_has_long_number(raw) or _may_be_deep(raw)) and _is_outsize(value):
            return _patiently(text, None)
    return Reading(value)


def reader_of(texts: Sequence[str]) -> Callable[[str], Any]:
    """The function that reads each of these texts, fit for what is in all of them: of many texts it is the faster one.

    What it reads has no oddities. Raises ValueError, as the function does, for a text that only `read_json` reads.
    """
    joined = "\n".join(["", *texts]).encode("utf-8", "surrogatepass")
    loads = _orjson_loads() if len(joined) >= _LONG_TEXT else None
    return _read_plain if loads is None or _is_beyond_fast(joined) else loads


def read_together(texts: Sequence[str]) -> list[Any] | None:
    """The values of many short texts, read in one go; `None` where one of them has to be read by itself.

    Between them stands what no text can hold, since it was drawn for this process: so one that ends too early cannot be
    mended by the next.
    """
    loads = _orjson_loads()
    body = f"[{_BETWEEN.join(texts)}]".encode("utf-8", "surrogatepass")
    if loads is None or _is_beyond_fast(body):
        return None
    try:
        found: list[Any] = loads(body)
    except (ValueError, RecursionError):
        return None
    are_apart = len(found) == 2 * len(texts) - 1 and found[1::2] == [_MARK] * (len(texts) - 1)
    return found[::2] if are_apart else None


def _read_plain(text: str) -> Any:
    reading = read_json(text)
    if reading.oddities:
        raise ValueError("it holds what no value can be")
    return reading.value


def _is_beyond_fast(text: bytes) -> bool:
    """Whether it may hold an integer that the faster reader would round, or be too deep."""
    return _LONG_INTEGER in text.translate(_SHAPE) or _may_be_deep(text)


@cache
def _orjson_loads() -> Callable[[bytes | str], Any] | None:
    try:
        from orjson import loads
    except ImportError:
        return None
    return loads


def _patiently(text: str | bytes, error: BaseException | None) -> Reading:
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace").removeprefix("\ufeff")
    is_of_interest = error is None or isinstance(error, RecursionError | UnicodeDecodeError) or "digit" in str(error)
    if not is_of_interest and isinstance(error, ValueError):
        raise error
    return _Patient(text).read()


def _has_long_number(raw: bytes) -> bool:
    """Whether more digits stand in a row than a double has, at any place, texts included."""
    return len(raw) > _DIGITS_IN_RANGE and _LONG_NUMBER in raw.translate(_AS_ZERO)


def _may_be_deep(raw: bytes) -> bool:
    """Whether brackets may be nested deeper than is allowed: pairs are taken out, from the inside, until none is left.

    Each turn takes two levels at the most. Brackets within texts only make it more cautious.
    """
    brackets = raw.translate(None, _NO_BRACKETS)
    turns = 0
    while len(brackets) > MOST_DEPTH and 2 * turns <= MOST_DEPTH:
        fewer = brackets.replace(b"[]", b"").replace(b"{}", b"")
        if len(fewer) == len(brackets):
            break
        brackets, turns = fewer, turns + 1
    return 2 * turns + brackets.count(b"[") + brackets.count(b"{") > MOST_DEPTH


def _is_outsize(value: Any) -> bool:
    """Whether a value holds a number that is too large, or is nested too deeply."""
    level = [value]
    for depth in range(MOST_DEPTH + 1):
        if any(type(each) is int and is_huge(each) for each in level):
            return True
        if depth == MOST_DEPTH:
            return any(isinstance(each, list | dict) for each in level)
        level = [below for each in level for below in _below(each)]
    return False


def _below(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list):
        yield from value


def is_huge(value: int) -> bool:
    """Whether an integer is beyond the range of a double."""
    if value.bit_length() < 1024:
        return False
    try:
        float(value)
    except OverflowError:
        return True
    return False


def _without_surrogates(value: Any) -> Any:
    """Half of a surrogate pair is legal in JSON, but no terminal and no file takes it."""
    if isinstance(value, str):
        return whole_text(value)
    if isinstance(value, list):
        return [_without_surrogates(each) for each in value]
    if isinstance(value, dict):
        return {whole_text(key): _without_surrogates(below) for key, below in value.items()}
    return value


def whole_text(text: str) -> str:
    """A text in which U+FFFD stands for each half of a surrogate pair."""
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


_SPACE = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(r"(-?(?:0|[1-9]\d*))(\.\d+)?([eE][-+]?\d+)?", re.ASCII)
_BRACKET = re.compile(r"[\"\[\]{}]")
_WORDS: Mapping[str, Any] = {
    "true": True,
    "false": False,
    "null": None,
    "NaN": math.nan,
    "Infinity": math.inf,
    "-Infinity": -math.inf,
}


@frozen
class _Open:
    """A list or a record that is not closed yet, and the key under which the next value goes."""

    value: Any
    keys: list[str]


class _Patient:
    """Reads without a Python frame for each level, and keeps what no value can be as its text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._stack: list[_Open] = []
        self._oddities: list[Oddity] = []

    def read(self) -> Reading:
        result: list[Any] = []
        self._stack.append(_Open(result, []))
        self._value()
        while len(self._stack) > 1:
            self._step(self._stack[-1])
        self._skip()
        if self._at != len(self._text):
            raise self._error()
        return Reading(result[0], tuple(self._oddities))

    def _step(self, opened: _Open) -> None:
        """One element of the innermost list or record, or its end."""
        is_record = isinstance(opened.value, dict)
        self._skip()
        if self._next() == ("}" if is_record else "]"):
            self._at += 1
            self._stack.pop()
            return
        if opened.value or opened.keys:
            self._take(",")
        if is_record:
            self._skip()
            self._take('"')
            key, self._at = scanstring(self._text, self._at, False)
            opened.keys[:] = [whole_text(key)]
            self._skip()
            self._take(":")
        self._value()

    def _value(self) -> None:
        self._skip()
        head = self._next()
        if head in ("[", "{") and head:
            if len(self._stack) > MOST_DEPTH:
                self._put(self._raw(), DEEP)
                return
            self._at += 1
            value: Any = {} if head == "{" else []
            self._put(value)
            self._stack.append(_Open(value, []))
        elif head == '"':
            value, self._at = scanstring(self._text, self._at + 1, False)
            self._put(whole_text(value))
        else:
            self._scalar()

    def _scalar(self) -> None:
        number = _NUMBER.match(self._text, self._at)
        if number is None:
            word = next((word for word in _WORDS if self._text.startswith(word, self._at)), None)
            if word is None:
                raise self._error()
            self._at += len(word)
            self._put(_WORDS[word])
            return
        self._at = number.end()
        if number[2] or number[3]:
            self._put(float(number[0]))
        elif len(number[0]) > MOST_PARSED_DIGITS or is_huge(int(number[0])):
            self._put(number[0], HUGE)
        else:
            self._put(int(number[0]))

    def _raw(self) -> str:
        """The text of the list or record that begins here."""
        start, depth = self._at, 0
        while True:
            bracket = _BRACKET.search(self._text, self._at)
            if bracket is None:
                raise self._error()
            self._at = bracket.end()
            if bracket[0] == '"':
                _, self._at = scanstring(self._text, self._at, False)
                continue
            depth += 1 if bracket[0] in "[{" else -1
            if not depth:
                return whole_text(self._text[start : self._at])

    def _put(self, value: Any, what: str = "") -> None:
        opened = self._stack[-1]
        if what:
            self._oddities.append(Oddity(self._path(), what))
        if isinstance(opened.value, dict):
            opened.value[opened.keys[0]] = value
        else:
            opened.value.append(value)

    def _path(self) -> tuple[str, ...]:
        steps = []
        for opened in self._stack[1:]:
            # What is open itself already stands in the list around it.
            place = len(opened.value) - (opened is not self._stack[-1])
            steps.append(opened.keys[0] if isinstance(opened.value, dict) else str(place))
        return tuple(steps)

    def _skip(self) -> None:
        space = _SPACE.match(self._text, self._at)
        self._at = space.end() if space else self._at

    def _next(self) -> str:
        return self._text[self._at : self._at + 1]

    def _take(self, character: str) -> None:
        if self._next() != character:
            raise self._error()
        self._at += 1

    def _error(self) -> ValueError:
        return json.JSONDecodeError("no JSON", self._text[:100], min(self._at, 100))
