"""The terms of a condition, and the keys of an order, as a W&B server is asked for them."""

from __future__ import annotations

from runql.plan.capabilities import LARGEST_TERM, Capabilities, Trust
from runql.plan.to_mongo.narrow import Narrower
from runql.plan.to_mongo.narrowing import conjunction
from runql.plan.to_mongo.paths import order_path
from runql.plan.to_mongo.wire import wire_json
from runql.semantic.catalog import Catalog
from runql.semantic.typed import TField, TOrderKey, TypedExpr
from runql.syntax.mongo.names import read_field
from runql.syntax.mongo.nodes import BY_CREATION, MongoFilter, MongoOrder, OrderField


class NarrowedTerms:
    """What a source is asked for of the terms of a condition and the keys of an order, in the form of W&B.

    `filters`: all that it takes, as one filter. `there`: the terms that stand in it, `here`: the others. `exact`: it
    lets through the runs of the condition and no other. `at_once`: only terms that are short enough for one request.
    `order`: what is asked for, and `ordered`: the answer then comes in the order of the keys.
    """

    def __init__(
        self,
        terms: tuple[TypedExpr, ...],
        capabilities: Capabilities,
        catalog: Catalog | None,
        keys: tuple[TOrderKey, ...] = (),
        *,
        at_once: bool = False,
    ) -> None:
        takes_any = capabilities.filters is not Trust.NONE
        narrower = Narrower(capabilities, catalog) if takes_any else None
        found = [(term, None if narrower is None else narrower.narrow(term)) for term in terms]
        taken = [
            (term, narrowing)
            for term, narrowing in found
            if narrowing is not None and (not at_once or len(wire_json(narrowing.filter)) <= LARGEST_TERM)
        ]
        whole = conjunction([narrowing for _, narrowing in taken])
        left = {id(term) for term, _ in taken}
        self.filters: MongoFilter = whole.filter
        self.there = tuple(term for term, _ in taken)
        self.here = tuple(term for term in terms if id(term) not in left)
        self.exact = whole.exact and not self.here
        first = keys[0].value if keys and capabilities.order is not Trust.NONE else None
        path = order_path(first.key, catalog) if isinstance(first, TField) else None
        self.order: MongoOrder = BY_CREATION
        if path is not None:
            self.order = (OrderField(read_field(path), keys[0].descending),)
        self.ordered = capabilities.order is Trust.EXACT and len(keys) == (0 if path is None else 1)
