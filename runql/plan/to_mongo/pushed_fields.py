"""A field as a filter sees it, and the equalities that are asked of it."""

from __future__ import annotations

from collections.abc import Sequence

from runql.language.fields import Space
from runql.language.kinds import Kind
from runql.plan.to_mongo.narrowing import Narrowing, disjunction
from runql.semantic.typed import FieldKey
from runql.semantic.values import Value, kind_of
from runql.syntax.mongo.nodes import FilterField, MongoCompare, MongoFilter, MongoIn, MongoOperator
from runql.text.frozen import frozen

_SCALARS = frozenset({Kind.NUMBER, Kind.BOOL, Kind.TEXT, Kind.TIME})


@frozen
class PushedField:
    """A field as a filter sees it. `kinds` are those it holds, `None` if they are not known for every run."""

    key: FieldKey
    field: FilterField
    kinds: frozenset[Kind] | None

    @property
    def is_run_field(self) -> bool:
        return self.key.space is Space.RUN

    @property
    def name(self) -> str:
        return str(self.key.segments[0]) if self.is_run_field else ""

    @property
    def is_top(self) -> bool:
        """Not below a record: so no list can stand above it."""
        return len(self.key.segments) == 1

    @property
    def is_scalar(self) -> bool:
        """Whether no run holds a list or a record there: a filter asks a list for any of its elements."""
        return self.is_top and self.kinds is not None and self.kinds <= _SCALARS

    def holds_only(self, kind: Kind) -> bool:
        return len(self.key.segments) == 1 and self.kinds == frozenset({kind})

    def is_unmixed_with(self, value: Value) -> bool:
        """Whether no list, and no bool beside a number, can make an equality true elsewhere than here."""
        if not self.is_scalar or self.kinds is None:
            return False
        return not {Kind.BOOL, Kind.NUMBER} <= self.kinds | {kind_of(value)}


def equal_to(field: FilterField, value: Value) -> MongoFilter:
    """The field is a value, or holds it."""
    return MongoCompare(field, MongoOperator.EQ, value)


def not_equal_to(field: FilterField, value: Value) -> MongoFilter:
    """The field is not a value, nor holds it."""
    return MongoCompare(field, MongoOperator.NE, value)


def holds_one(field: FilterField, values: Sequence[Value], wanted: bool, *, exact: bool, trusted: bool) -> Narrowing:
    """A list holds one of some values, or none of them. W&B keeps no tags as null, which differs from nothing."""
    one, several = values[0], tuple(values)
    if wanted:
        return Narrowing(equal_to(field, one) if len(several) == 1 else MongoIn(field, several), exact)
    differs = not_equal_to(field, one) if len(several) == 1 else MongoIn(field, several, negated=True)
    plain = Narrowing(differs, exact)
    return plain if trusted else disjunction([Narrowing(equal_to(field, None), exact), plain])
