"""An order by a field in brackets: what the server is asked for one after the other, so that its order is ours.

RunQL's order is numbers, then bools, texts, lists and so on, then NaN and null, then the runs without a value, in both
directions; the numbers begin with an infinity, which JSON may hold as a text. A server's order is only known among
numbers. So those are asked for first, with the counts of the others. What is neither a number nor absent is odd, and
is asked for when the numbers are exhausted.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from runql.engine.mongo.fields import FilterField, parse_field
from runql.language.fields import Space
from runql.plan.selectors import Filters
from runql.semantic.record import RunRecord
from runql.semantic.values import MISSING
from runql.sources.wandb.listing.order_check import is_number
from runql.sources.wandb.listing.safe_filters import conjunction, is_plain
from runql.sources.wandb.project import filters_text
from runql.text.frozen import frozen

_LEAST = -1.7976931348623157e308


@frozen
class Brackets:
    """Filters for the parts of a listing. `first`: the infinity that stands before the numbers."""

    field: FilterField
    whole: Filters
    numbers: Filters
    odd: Filters
    first: Filters
    absent: Filters
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
        return all(self.field.value(run) == self.first_value for run in runs)

    def are_odd(self, runs: Sequence[RunRecord]) -> bool:
        """Whether none of them is one that another part holds."""
        values = [self.field.value(run) for run in runs]
        return all(value is not MISSING and not (is_number(value) and math.isfinite(value)) for value in values)


def brackets_of(name: str, sent: Filters, *, descending: bool) -> Brackets | None:
    """The brackets for an order by a field; `None` where the server cannot be asked for them."""
    field = parse_field(name)
    if field.space not in (Space.CONFIG, Space.SUMMARY) or not is_plain(field):
        return None
    numbers, absent = {name: {"$gte": _LEAST}}, {name: {"$exists": False}}
    high = conjunction(sent, {name: "Infinity"})
    low = conjunction(sent, {"$or": [{name: "-Infinity"}, {name: {"$lt": _LEAST}}]})
    counts = {"whole": sent, "absent": conjunction(sent, absent), "high": high, "low": low}
    return Brackets(
        field=field,
        whole=sent,
        numbers=conjunction(sent, numbers),
        odd=conjunction(sent, {name: {"$exists": True}}, {"$nor": [numbers]}),
        first=high if descending else low,
        absent=counts["absent"],
        first_value=math.inf if descending else -math.inf,
        counts={f"{key}Filters": filters_text(filters) for key, filters in counts.items()},
    )
