"""The tree of a filter of W&B: what joins filters, and the tests of one field.

`reader` makes it of a dict, `plan/to_mongo/wire` a dict of it. Between the two nobody sees the dict: evaluation, the
query of the same meaning, what a server may be sent are each a `match` over `MongoFilter` that ends in `assert_never`.
Several entries of one dict are a `MongoAnd`, several operators under a field too, and `$not` is a `MongoNor` of one
part: so MongoDB's manual has it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import field as attribute
from enum import StrEnum
from typing import Any, Final, TypeAlias, assert_never

from runql.language.fields import FILTER_NAMES, Space
from runql.language.kinds import Kind
from runql.text.frozen import frozen

_WRAPPER = "value"
"""W&B's server keeps each config value in a record `{"value": …}`; RunQL shows it unwrapped."""


class MongoOperator(StrEnum):
    """The comparisons with one value."""

    EQ = "$eq"
    NE = "$ne"
    GT = "$gt"
    GTE = "$gte"
    LT = "$lt"
    LTE = "$lte"


LOWER_BOUNDS: Final = frozenset({MongoOperator.GT, MongoOperator.GTE})
UPPER_BOUNDS: Final = frozenset({MongoOperator.LT, MongoOperator.LTE})


@frozen
class FilterField:
    """One field, as a filter or an order names it. For `Space.RUN`, `segments` is RunQL's name of it."""

    written: str
    space: Space
    segments: tuple[str, ...]
    kind: Kind = Kind.UNKNOWN

    def readings(self) -> Iterator[tuple[str, ...]]:
        """The paths it may mean, the likeliest first: a `value` after the first key is W&B's wrapper, or a key."""
        if self.space is Space.CONFIG:
            for at, segment in enumerate(self.segments):
                if at and segment == _WRAPPER:
                    yield self.segments[:at] + self.segments[at + 1 :]
        yield self.segments

    @property
    def is_id(self) -> bool:
        """Whether it is what tells a run from the others of its project."""
        return self.space is Space.RUN and self.segments == ("id",)

    @property
    def is_tags(self) -> bool:
        """Whether it is the one field of a run that holds a list."""
        return self.kind is Kind.LIST


@frozen(kw_only=True)
class MongoNode:
    """A part of a filter. `place`: the keys that lead to it, `$or[1].config.lr.$gt`, for what is to be said of it."""

    place: str = attribute(default="", compare=False, repr=False)


@frozen
class MongoAnd(MongoNode):
    """All of its parts hold; without any, of every run."""

    parts: tuple[MongoFilter, ...]


@frozen
class MongoOr(MongoNode):
    """One of its parts holds."""

    parts: tuple[MongoFilter, ...]


@frozen
class MongoNor(MongoNode):
    """None of its parts holds."""

    parts: tuple[MongoFilter, ...]


@frozen
class MongoCompare(MongoNode):
    """A comparison with a value. NaN and null are equal to their like, and neither less nor greater than anything."""

    field: FilterField
    op: MongoOperator
    value: Any


@frozen
class MongoIn(MongoNode):
    """The field equals one of some values, or, `negated`, none."""

    field: FilterField
    values: tuple[Any, ...]
    negated: bool = False


@frozen
class MongoExists(MongoNode):
    """Whether there is a value, which may be null."""

    field: FilterField
    wanted: bool


@frozen
class MongoRegex(MongoNode):
    """A text in which a pattern is found. `options` are some of RE2's flags `i`, `m` and `s`."""

    field: FilterField
    pattern: str
    options: str = ""


@frozen
class MongoAll(MongoNode):
    """A list that holds all of some values."""

    field: FilterField
    values: tuple[Any, ...]


@frozen
class MongoSize(MongoNode):
    """A list of so many elements."""

    field: FilterField
    size: int


@frozen
class MongoContains(MongoNode):
    """A text that another one is part of."""

    field: FilterField
    text: str


MongoTest: TypeAlias = MongoCompare | MongoIn | MongoExists | MongoRegex | MongoAll | MongoSize | MongoContains
"""What is asked of one field."""

MongoFilter: TypeAlias = MongoAnd | MongoOr | MongoNor | MongoTest
"""A filter of W&B: MongoDB's query language over `config.…`, `summary_metrics.…`, `state`, `displayName`, …"""

EVERY_RUN: Final = MongoAnd(())
"""The filter that takes every run."""


@frozen
class OrderField:
    """One key of an order."""

    field: FilterField
    descending: bool = False


MongoOrder: TypeAlias = tuple[OrderField, ...]
"""An order of W&B, its first key first."""


def run_field(spelling: str) -> FilterField:
    """A field of the run itself, by its name in filters."""
    entry = FILTER_NAMES[spelling]
    return FilterField(spelling, Space.RUN, (entry.name,), entry.kind)


BY_CREATION: Final[MongoOrder] = (OrderField(run_field("created_at")),)
NEWEST_FIRST: Final[MongoOrder] = (OrderField(run_field("created_at"), descending=True),)
BY_ID: Final[MongoOrder] = (OrderField(run_field("name")),)


def turned(order: MongoOrder) -> MongoOrder:
    """The other way round."""
    return tuple(OrderField(key.field, not key.descending) for key in order)


def mongo_and(parts: Iterable[MongoFilter]) -> MongoFilter:
    """All of several filters, of one that one; what itself joins by `$and` is joined anew."""
    flat = [each for part in parts for each in (part.parts if isinstance(part, MongoAnd) else (part,))]
    return flat[0] if len(flat) == 1 else MongoAnd(tuple(flat))


def mongo_or(parts: Iterable[MongoFilter]) -> MongoFilter:
    """One of several filters, of one that one."""
    flat = [each for part in parts for each in (part.parts if isinstance(part, MongoOr) else (part,))]
    return flat[0] if len(flat) == 1 else MongoOr(tuple(flat))


def conjuncts(filters: MongoFilter) -> tuple[MongoFilter, ...]:
    """The parts that must all hold."""
    return filters.parts if isinstance(filters, MongoAnd) else (filters,)


def only_id(filters: MongoFilter) -> str | None:
    """The id of the run that a filter asks for, if it asks for nothing else."""
    if isinstance(filters, MongoCompare) and filters.op is MongoOperator.EQ and filters.field.is_id:
        return filters.value if isinstance(filters.value, str) else None
    return None


def field_tests(filters: MongoFilter) -> Iterator[MongoTest]:
    """Each test of a field, from left to right."""
    match filters:
        case MongoAnd(parts=parts) | MongoOr(parts=parts) | MongoNor(parts=parts):
            for part in parts:
                yield from field_tests(part)
        case MongoCompare() | MongoIn() | MongoExists() | MongoRegex() | MongoAll() | MongoSize() | MongoContains():
            yield filters
        case _:
            assert_never(filters)


def fields_in(filters: MongoFilter) -> Iterator[FilterField]:
    """The field of each test."""
    return (test.field for test in field_tests(filters))
