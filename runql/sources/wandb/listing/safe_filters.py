"""Which part of a filter may go to W&B's server: what it is known to read as RunQL does. The rest is evaluated here, on
the runs that come back.
"""

from __future__ import annotations

from runql.language.fields import Space
from runql.plan.to_mongo.server_reading import is_read_alike, with_infinities
from runql.syntax.mongo.nodes import MongoFilter, conjuncts, fields_in, mongo_and
from runql.text.frozen import frozen


@frozen
class Narrowed:
    """`sent` lets through every run that matches; `is_whole`: it is the whole filter."""

    sent: MongoFilter
    is_whole: bool


def names_in(filters: MongoFilter) -> frozenset[str]:
    """The fields that a filter reads, as it writes them."""
    return frozenset(field.written for field in fields_in(filters))


def doubted_in(filters: MongoFilter) -> frozenset[str]:
    """The fields of a filter that is in doubt: what stands below a config or a summary, if anything does."""
    below = frozenset(field.written for field in fields_in(filters) if field.space is not Space.RUN)
    return below or names_in(filters)


def narrow(filters: MongoFilter, misread: frozenset[str] = frozenset()) -> Narrowed:
    """The part of a filter to send. `misread`: fields that the server was seen to read otherwise."""
    terms = conjuncts(filters)
    safe = [term for term in terms if is_read_alike(term) and misread.isdisjoint(names_in(term))]
    return Narrowed(with_infinities(mongo_and(safe)), len(safe) == len(terms))
