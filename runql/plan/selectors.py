"""Which runs a source is asked for, and in which order: in RunQL's own terms, or in the form of W&B.

A source takes one of the two, its `Capabilities` say which. The other use of W&B's form is `Runs(filters=…, order=…)`,
where it means what the MongoDB manual says; every source answers that too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from runql.semantic.typed import TOrderKey, TypedExpr
from runql.syntax.mongo.nodes import BY_CREATION, EVERY_RUN, MongoFilter, MongoOrder
from runql.text.frozen import frozen

Filters: TypeAlias = Mapping[str, Any]
"""A W&B filter as it is written: a MongoDB query over `config.…`, `summary_metrics.…`, `state`, `displayName`, …"""


@frozen
class TypedSelector:
    """The runs of which a condition is true, in the order of some keys. Neither reads a history of a run."""

    condition: TypedExpr | None = None
    order: tuple[TOrderKey, ...] = ()


@frozen
class WandbSelector:
    """The runs that a W&B filter lets through, in one of W&B's orders."""

    filters: MongoFilter = EVERY_RUN
    order: MongoOrder = BY_CREATION


Selector: TypeAlias = TypedSelector | WandbSelector
"""A `match` over it ends in `assert_never`."""


def wandb_selector(filters: Filters | None = None, order: str | None = None) -> WandbSelector:
    """The selector for a filter and an order as they are written.

    Raises:
        ArgumentError: one of them cannot be read.
    """
    from runql.syntax.mongo.reader import read_filter, read_order

    return WandbSelector(read_filter(filters), read_order(order) if order else BY_CREATION)
