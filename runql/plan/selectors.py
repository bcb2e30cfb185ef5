"""Which runs a source is asked for, and in which order: in RunQL's own terms, or in the form of W&B.

A source takes one of the two, its `Capabilities` say which. The other use of W&B's form is `Runs(filters=…, order=…)`,
where it means what the MongoDB manual says; every source answers that too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any, TypeAlias

from runql.semantic.typed import TOrderKey, TypedExpr
from runql.text.frozen import frozen

Filters: TypeAlias = Mapping[str, Any]
"""A W&B filter: a MongoDB query over `config.…`, `summary_metrics.…`, `state`, `displayName`, …"""

DEFAULT_ORDER = "+created_at"


@frozen
class TypedSelector:
    """The runs of which a condition is true, in the order of some keys. Neither reads a history of a run."""

    condition: TypedExpr | None = None
    order: tuple[TOrderKey, ...] = ()


@frozen
class WandbSelector:
    """The runs that a W&B filter lets through, in one of W&B's orders: `-summary_metrics.loss`, several with commas."""

    filters: Filters = field(default_factory=dict)
    order: str = DEFAULT_ORDER


Selector: TypeAlias = TypedSelector | WandbSelector
"""A `match` over it ends in `assert_never`."""
