"""Filters that narrow, and how they are put together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeGuard

from runql.syntax.mongo.nodes import (
    LOWER_BOUNDS,
    UPPER_BOUNDS,
    MongoCompare,
    MongoFilter,
    MongoOperator,
    conjuncts,
    mongo_and,
    mongo_or,
)
from runql.text.frozen import frozen


@frozen
class Narrowing:
    """A filter that lets through every run asked for; `exact`: and no other."""

    filter: MongoFilter
    exact: bool = False

    def inexact(self) -> Narrowing:
        return Narrowing(self.filter)


def conjunction(parts: Sequence[Narrowing]) -> Narrowing:
    """All of several filters, of one that one."""
    if len(parts) == 1:
        return parts[0]
    distinct = _distinct(parts)
    return Narrowing(_without_presence(mongo_and(p.filter for p in distinct)), all(p.exact for p in distinct))


def disjunction(parts: Iterable[Narrowing]) -> Narrowing:
    """Any of several filters."""
    distinct = _distinct(parts)
    return Narrowing(mongo_or(p.filter for p in distinct), all(p.exact for p in distinct))


def _distinct(parts: Iterable[Narrowing]) -> list[Narrowing]:
    """Each filter once. By their text, since `1` and `true` are equal to Python but not to a filter."""
    return list({repr(part): part for part in parts}.values())


def _without_presence(filters: MongoFilter) -> MongoFilter:
    """A comparison of order is true of no null, so "not null" beside it says nothing."""
    parts = conjuncts(filters)
    ordered = {
        part.field.written
        for part in parts
        if isinstance(part, MongoCompare) and part.op in LOWER_BOUNDS | UPPER_BOUNDS
    }
    return mongo_and(part for part in parts if not (_is_presence(part) and part.field.written in ordered))


def _is_presence(part: MongoFilter) -> TypeGuard[MongoCompare]:
    return isinstance(part, MongoCompare) and part.op is MongoOperator.NE and part.value is None
