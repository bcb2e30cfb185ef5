"""What the answer to a document must look like, said once: every field that was asked for is there, of its type.

The fields are taken from the document that was sent, their types from the tables here, by their names in W&B's schema.
Whatever reads an answer can rely on it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from operator import itemgetter
from typing import Any, Final, TypeAlias

from runql.semantic.json_text import Oddity
from runql.sources.wandb.failures.failures import Failure, Fault, clean
from runql.sources.wandb.history_keys import NON_FINITE, Odd, odd_history_keys, odd_lines, odd_samples
from runql.text.frozen import frozen

_NULL: Final = type(None)


@frozen
class Leaf:
    """A value of one of these types, called so. `odd`: where within it something is that cannot be, and what it must
    be; `None` if all is well. `are_right`: whether nothing of that kind is in any of many values, told at once."""

    says: str
    types: frozenset[type]
    odd: Callable[[Any], Odd | None] | None = None
    are_right: Callable[[list[Any]], bool] | None = None

    def all_fit(self, values: list[Any]) -> bool:
        """Whether each of these values is one."""
        if _NULL in self.types and is_empty(values):
            return True
        if not self.types.issuperset(map(type, values)):
            return False
        if self.odd is None or (self.are_right is not None and self.are_right(values)):
            return True
        return all(self.odd(each) is None for each in values)


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

Columns: TypeAlias = dict[str, list[Any]]
"""What stands under each of the fields of some records, record by record."""

Fields: TypeAlias = Mapping[tuple[str, ...], Columns]
"""The records of an answer field by field, by the path to them: `project.runs.edges.node` has a cell for each run."""


_COUNT_SAYS: Final = "a count or null"


def _odd_count(value: Any) -> Odd | None:
    return ((), value, _COUNT_SAYS) if value is not None and value < 0 else None


def _odd_name(value: Any) -> Odd | None:
    return None if value else ((), value, "a name")


def _odd_number(value: Any) -> Odd | None:
    return ((), value, "a number or null") if type(value) is str and value not in NON_FINITE else None


def _odd_element(value: Any, types: frozenset[type], says: str) -> Odd | None:
    if value is None or {*map(type, value)} <= types:
        return None
    return next(((str(at),), each, says) for at, each in enumerate(value) if type(each) not in types)


_NAME = Leaf("a text", frozenset({str}), _odd_name, all)
_TEXT = Leaf("a text or null", frozenset({str, _NULL}))
_COUNT = Leaf(
    _COUNT_SAYS, frozenset({int, _NULL}), _odd_count, lambda values: min(filter(None, values), default=0) >= 0
)
_NUMBER = Leaf(
    "a number or null",
    frozenset({int, float, str, _NULL}),
    _odd_number,
    lambda values: str not in {*map(type, values)},
)
_JSON = Leaf("a JSON text, a record or null", frozenset({str, dict, _NULL}))
_BOOL = Leaf("true, false or null", frozenset({bool, _NULL}))
_TEXTS = Leaf(
    "a list of texts or null",
    frozenset({list, _NULL}),
    lambda value: _odd_element(value, frozenset({str, _NULL}), "a text or null"),
    lambda values: frozenset({str, _NULL}).issuperset(map(type, chain.from_iterable(filter(None, values)))),
)
_ROWS = Leaf("a list of rows or null", frozenset({list, _NULL}), odd_lines)

_LEAVES: Mapping[str, Leaf] = {
    "name": _NAME,
    "runCount": _COUNT,
    "runCountExpected": _COUNT,
    "historyLineCount": _COUNT,
    "computeSeconds": _NUMBER,
    "bestLoss": _NUMBER,
    "readOnly": _BOOL,
    "isBenchmark": _BOOL,
    "admin": _BOOL,
    "codeSaved": _BOOL,
    "totalRuns": _COUNT,
    "cpuCount": _COUNT,
    "gpuCount": _COUNT,
    "args": _TEXTS,
    "hasNextPage": Leaf("true or false", frozenset({bool})),
    "tags": _TEXTS,
    "config": _JSON,
    "summaryMetrics": _JSON,
    "systemMetrics": _JSON,
    "historyKeys": Leaf("a record, its JSON text or null", frozenset({str, dict, _NULL}), odd_history_keys),
    "sampledHistory": Leaf("a list of lists of rows or null", frozenset({list, _NULL}), odd_samples),
    "history": _ROWS,
    "events": _ROWS,
    "parquetUrls": _TEXTS,
    "liveData": Leaf("a list or null", frozenset({list, _NULL})),
    "projectId": Leaf("a text, a number or null", frozenset({str, int, _NULL})),
}
"""By the names of the schema. Whatever is not here is a text or null."""

_NEVER_NULL: Final = frozenset({"runs", "sweeps", "pageInfo", "node"})
_LISTS: Final = frozenset({"edges", "nodes"})
_VALUES: Final = frozenset(
    {"config", "someConfig", "summaryMetrics", "someSummary", "systemMetrics", "sampledHistory", "history", "events"}
)
"""Fields that hold what people logged, whatever that is."""

_NULL_NAMES: Final = frozenset({"user", "viewer", "entity"})
"""Records whose `name` may be null."""


def conform(document: str, data: Mapping[str, Any], oddities: Iterable[Oddity] = ()) -> Fields:
    """Holds the answer to a document against what was asked for. `oddities`: what of it was no JSON value to hold.

    Gives the records of the answer field by field, without those that are null.

    Raises:
        Failure: something of it is missing, or of another type; it says where.
    """
    shape = shape_of(document)
    found: dict[tuple[str, ...], Columns] = {}
    if not _all_fit(shape, [data], (), found):
        found.clear()
        _check(shape, data, ())
    for oddity in oddities:
        if _VALUES.isdisjoint(oddity.path):
            raise _failure(oddity.path[1:], f"is {oddity.what}", "something else")
    return found


def _all_fit(shape: Shape, values: list[Any], path: tuple[str, ...], found: dict[tuple[str, ...], Columns]) -> bool:
    """Whether each of these values is what a shape says: looked at field by field, for an answer has few fields and
    many records. Of one that is not, `_check` says where. `found` gets the fields of records."""
    if isinstance(shape, Leaf):
        return shape.all_fit(values)
    if isinstance(shape, Each):
        if not {list}.issuperset(map(type, values)):
            return False
        return _all_fit(shape.item, values[0] if len(values) == 1 else [*chain.from_iterable(values)], path, found)
    records = [each for each in values if each is not None] if shape.may_be_null else values
    if not {dict}.issuperset(map(type, records)):
        return False
    columns = columns_of_records([key for key, _ in shape.fields], records)
    if columns is None:
        return False
    found[path] = columns
    return all(_all_fit(part, columns[key], (*path, key), found) for key, part in shape.fields)


def columns_of_records(names: Sequence[str], records: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]] | None:
    """What stands under each of these names, record by record; `None` if one of them lacks one.

    Each record is looked into once.
    """
    if not records:
        return {name: [] for name in names}
    try:
        if len(names) < 2:  # for a single name no tuple is made
            return {name: list(map(itemgetter(name), records)) for name in names}
        return dict(zip(names, map(list, zip(*map(itemgetter(*names), records), strict=True)), strict=True))
    except KeyError:
        return None


def is_empty(values: Sequence[Any]) -> bool:
    """Whether each of these values is null: told without a look at their types, for most fields of most answers are."""
    return not values or (values[0] is None and values.count(None) == len(values))


def _check(shape: Record, value: Any, path: tuple[str, ...]) -> None:
    for key, part in shape.fields:
        if key not in value:
            raise _failure((*path, key), "is missing", _called(part))
        found = value[key]
        if isinstance(part, Leaf):
            if type(found) not in part.types:
                raise _failure((*path, key), _is(found), part.says)
            odd = None if part.odd is None else part.odd(found)
            if odd is not None:
                raise _failure((*path, key, *odd[0]), _is(odd[1]), odd[2])
        elif isinstance(part, Record):
            _check_record(part, found, (*path, key))
        else:
            if type(found) is not list:
                raise _failure((*path, key), _is(found), "a list")
            for index, each in enumerate(found):
                _check_record(part.item, each, (*path, key, str(index)))


def _check_record(shape: Record, value: Any, path: tuple[str, ...]) -> None:
    if type(value) is dict:
        _check(shape, value, path)
    elif value is not None or not shape.may_be_null:
        raise _failure(path, _is(value), _called(shape))


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
    match value:
        case None:
            return "is null"
        case bool() | int():
            return f"is `{str(value).lower()[:40]}`"
        case float():
            return f"is `{value:g}`"
        case str():
            return "is a text" if value else "is an empty text"
        case list():
            return "is a list"
        case _:
            return "is a record"


def _failure(path: tuple[str, ...], what: str, wanted: str) -> Failure:
    return Failure(Fault.ODD, f"`{clean('.'.join(path))}` {what}, where {wanted} must stand")


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
        # Of a server that has neither, the runs themselves stand there.
        is_bare = name == "runs" and _LISTS.isdisjoint(key for key, _ in fields)
        if name in _LISTS or is_bare:
            yield key, Each(Record(fields, may_be_null=False))
        else:
            yield key, Record(fields, may_be_null=name not in _NEVER_NULL)
