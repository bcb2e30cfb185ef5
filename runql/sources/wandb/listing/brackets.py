"""An order by a field in brackets: what the server is asked for one after the other, so that its order is ours.

RunQL's order is numbers, then bools, texts, lists and so on, then NaN and null, then the runs without a value, in both
directions; the numbers begin with an infinity, which JSON may hold as a text. A server's order is only known among
numbers. So those are asked for first, with the counts of the others. What is neither a number nor absent is odd, and
is asked for when the numbers are exhausted.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from runql.engine.mongo.fields import values_in
from runql.language.fields import Space
from runql.plan.to_mongo.server_reading import INFINITY, MINUS_INFINITY, is_plain
from runql.plan.to_mongo.wire import wire_json
from runql.semantic.record import RunRecord
from runql.semantic.values import MISSING
from runql.sources.wandb.listing.order_check import is_number
from runql.syntax.mongo.nodes import (
    FilterField,
    MongoCompare,
    MongoExists,
    MongoFilter,
    MongoNor,
    MongoOperator,
    MongoOr,
    mongo_and,
)
from runql.text.frozen import frozen

_LEAST = -1.7976931348623157e308


@frozen
class Brackets:
    """Filters for the parts of a listing. `first`: the infinity that stands before the numbers."""

    field: FilterField
    whole: MongoFilter
    numbers: MongoFilter
    odd: MongoFilter
    first: MongoFilter
    absent: MongoFilter
    first_value: float
    counts: Mapping[str, str]

    def odd_runs(self, counts: Mapping[str, int], numbers: int | None) -> int | None:
        """How many runs are neither numbers nor absent; `None` if the counts contradict one another."""
        if numbers is None or not {"whole", "absent", "high", "low"} <= counts.keys():
            return None
        odd = counts["whole"] - counts["absent"] - numbers
        return odd if odd >= 0 else None

    def first_runs(self, counts: Mapping[str, int]) -> int:
        """How many runs come before the numbers."""
        return counts["high" if self.first_value > 0 else "low"]

    def are_first(self, runs: Sequence[RunRecord]) -> bool:
        return all(value == self.first_value for value in values_in(self.field, runs))

    def are_odd(self, runs: Sequence[RunRecord]) -> bool:
        """Whether none of them is one that another part holds."""
        values = values_in(self.field, runs)
        return all(value is not MISSING and not (is_number(value) and math.isfinite(value)) for value in values)


def brackets_of(field: FilterField, sent: MongoFilter, *, descending: bool) -> Brackets | None:
    """The brackets for an order by a field; `None` where the server cannot be asked for them."""
    if field.space not in (Space.CONFIG, Space.SUMMARY) or not is_plain(field):
        return None
    numbers = MongoCompare(field, MongoOperator.GTE, _LEAST)
    below = MongoCompare(field, MongoOperator.LT, _LEAST)
    least, most = (MongoCompare(field, MongoOperator.EQ, text) for text in (MINUS_INFINITY, INFINITY))
    absent = mongo_and((sent, MongoExists(field, False)))
    high, low = mongo_and((sent, most)), mongo_and((sent, MongoOr((least, below))))
    counts = {"whole": sent, "absent": absent, "high": high, "low": low}
    return Brackets(
        field=field,
        whole=sent,
        numbers=mongo_and((sent, numbers)),
        odd=mongo_and((sent, MongoExists(field, True), MongoNor((numbers,)))),
        first=high if descending else low,
        absent=absent,
        first_value=math.inf if descending else -math.inf,
        counts={f"{key}Filters": wire_json(filters) for key, filters in counts.items()},
    )
