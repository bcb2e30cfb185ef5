"""What the answer to a document must look like, said once: every field that was asked for is there, of its type.

The fields are taken from the document that was sent, their types from the tables here, by their names in W&B's schema.
Whatever reads an answer can rely on it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Final, TypeAlias

from runql.backends.wandb.failures import Failure, Kind, clean
from runql.text.frozen import frozen

_NULL: Final = type(None)
_NUMBERS: Final = frozenset({int, float})


@frozen
class Leaf:
    """A value without parts. `holds` says more than its type does; `says` is what it is called."""

    says: str
    types: frozenset[type]
    holds: Callable[[Any], bool] | None = None


@frozen
class Record:
    """A record with these fields, by the keys of the answer."""

    fields: tuple[tuple[str, Shape], ...]
    may_be_null: bool


@frozen
class Each:
    """A list of records."""

    item: Record


Shape: TypeAlias = Leaf | Record | Each


def _is_count(value: Any) -> bool:
    return value is None or value >= 0


def _are_texts(value: Any) -> bool:
    return value is None or all(each is None or type(each) is str for each in value)


def _are_rows(value: Any) -> bool:
    return value is None or all(type(each) in (str, dict) for each in value)


def _are_row_lists(value: Any) -> bool:
    return value is None or all(type(rows) is list and all(type(row) is dict for row in rows) for rows in value)


def _is_like_number(value: Any) -> bool:
    return type(value) is not str or value in ("NaN", "Infinity", "-Infinity")


_NAME = Leaf("a text", frozenset({str}), bool)
_TEXT = Leaf("a text or null", frozenset({str, _NULL}))
_COUNT = Leaf("a count or null", frozenset({int, _NULL}), _is_count)
_NUMBER = Leaf("a number or null", frozenset({int, float, str, _NULL}), _is_like_number)
_FLAG = Leaf("true, false or null", frozenset({bool, _NULL}))
_JSON = Leaf("a JSON text, a record or null", frozenset({str, dict, _NULL}))

_LEAVES: Mapping[str, Leaf] = {
    "name": _NAME,
    "runCount": _COUNT,
    "runCountExpected": _COUNT,
    "historyLineCount": _COUNT,
    "computeSeconds": _NUMBER,
    "bestLoss": _NUMBER,
    "readOnly": _FLAG,
    "hasNextPage": Leaf("true or false", frozenset({bool})),
    "tags": Leaf("a list of texts or null", frozenset({list, _NULL}), _are_texts),
    "config": _JSON,
    "summaryMetrics": _JSON,
    "systemMetrics": _JSON,
    "historyKeys": _JSON,
    "sampledHistory": Leaf("a list of lists of records or null", frozenset({list, _NULL}), _are_row_lists),
    "history": Leaf("a list of rows or null", frozenset({list, _NULL}), _are_rows),
    "events": Leaf("a list of rows or null", frozenset({list, _NULL}), _are_rows),
    "projectId": Leaf("a text, a number or null", frozenset({str, int, _NULL})),
}
"""By the names of the schema. Whatever is not here is a text or null."""

_NEVER_NULL: Final = frozenset({"runs", "sweeps", "pageInfo", "node"})
_LISTS: Final = frozenset({"edges"})
_NULL_NAMES: Final = frozenset({"user", "viewer", "entity"})
"""Records whose `name` may be null."""


def conform(document: str, data: Mapping[str, Any]) -> None:
    """Holds the answer to a document against what was asked for.

    Raises:
        Failure: something of it is missing, or of another type; it says where.
    """
    _check(shape_of(document), data, ())


def _check(shape: Record, value: Any, path: tuple[str, ...]) -> None:
    for key, part in shape.fields:
        if key not in value:
            raise _odd((*path, key), "is missing", _called(part))
        found = value[key]
        if isinstance(part, Leaf):
            if type(found) not in part.types or (part.holds is not None and not part.holds(found)):
                raise _odd((*path, key), _is(found), part.says)
        elif isinstance(part, Record):
            _check_record(part, found, (*path, key))
        else:
            if type(found) is not list:
                raise _odd((*path, key), _is(found), "a list")
            for index, each in enumerate(found):
                _check_record(part.item, each, (*path, key, str(index)))


def _check_record(shape: Record, value: Any, path: tuple[str, ...]) -> None:
    if type(value) is dict:
        _check(shape, value, path)
    elif value is not None or not shape.may_be_null:
        raise _odd(path, _is(value), _called(shape))


def _called(shape: Shape) -> str:
    match shape:
        case Leaf(says=says):
            return says
        case Record(may_be_null=may_be_null):
            return "a record or null" if may_be_null else "a record"
        case Each():
            return "a list"


def _is(value: Any) -> str:
    """What stands there, in a few words."""
    if isinstance(value, bool | int | float) and not (isinstance(value, float) and math.isnan(value)):
        return f"is `{str(value).lower()[:40]}`"
    kinds: tuple[tuple[type | tuple[type, ...], str], ...] = (
        (_NULL, "is null"),
        (float, "is NaN"),
        (str, "is a text"),
        (list, "is a list"),
    )
    return next((said for kind, said in kinds if isinstance(value, kind)), "is a record") + (
        " with something else in it" if isinstance(value, list) and value else ""
    )


def _odd(path: tuple[str, ...], what: str, wanted: str) -> Failure:
    return Failure(Kind.ODD, f"`{clean('.'.join(path))}` {what}, where {wanted} must stand")


# ---------------------------------------------------------------- from the document to its shape


_TOKEN = re.compile(r"\.\.\.|\w+|[{}():]|[^\s\w{}():]", re.ASCII)


@lru_cache(maxsize=128)
def shape_of(document: str) -> Record:
    """The shape of the answer to a document: that of its operation, its fragments put in."""
    tokens = [*_without_arguments(_TOKEN.findall(document))]
    bodies: dict[str, list[str]] = {}
    while tokens:
        at = tokens.index("{")
        body, rest = _block(tokens, at)
        bodies[tokens[1] if tokens[0] == "fragment" else ""] = body
        tokens = rest
    return Record(tuple(_fields(bodies[""], bodies, "")), may_be_null=False)


def _without_arguments(tokens: list[str]) -> Iterator[str]:
    depth = 0
    for token in tokens:
        depth += token == "("
        if not depth:
            yield token
        depth -= token == ")"


def _block(tokens: list[str], at: int) -> tuple[list[str], list[str]]:
    """What stands between the brace at a place and the one that closes it, and what comes after."""
    depth = 0
    for index in range(at, len(tokens)):
        depth += (tokens[index] == "{") - (tokens[index] == "}")
        if not depth:
            return tokens[at + 1 : index], tokens[index + 1 :]
    raise AssertionError("a document with an open brace")


def _fields(tokens: list[str], bodies: Mapping[str, list[str]], parent: str) -> Iterator[tuple[str, Shape]]:
    while tokens:
        if tokens[0] == "...":
            yield from _fields(bodies[tokens[1]], bodies, parent)
            tokens = tokens[2:]
            continue
        key = name = tokens[0]
        tokens = tokens[1:]
        if tokens[:1] == [":"]:
            name, tokens = tokens[1], tokens[2:]
        if tokens[:1] != ["{"]:
            nullable = name == "name" and parent in _NULL_NAMES
            yield key, _TEXT if nullable else _LEAVES.get(name, _TEXT)
            continue
        body, tokens = _block(tokens, 0)
        fields = tuple(_fields(body, bodies, name))
        if name in _LISTS:
            yield key, Each(Record(fields, may_be_null=False))
        else:
            yield key, Record(fields, may_be_null=name not in _NEVER_NULL)
