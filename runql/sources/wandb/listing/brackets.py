"""An order by a field in brackets: what the server is asked for one after the other, so that its order is ours.

RunQL's order is numbers, then bools, texts, lists and so on, then NaN and null, then the runs without a value, in both
directions; the numbers begin with an infinity, which JSON may hold as a text. A server's order is only known among
numbers. So those are asked for first, with the counts of the others. What is neither a number nor absent is odd, and
is asked for when the numbers are exhausted.
"""

from __future__ import annotations

import math
from collections.abc import Container, Mapping, Sequence
from dataclasses import field as attribute
from dataclasses import replace

from runql.engine.mongo.filters import values_in
from runql.engine.selectors import sort_by_fields
from runql.language.fields import Space
from runql.plan.to_mongo.server_reading import INFINITY, MINUS_INFINITY, is_plain
from runql.semantic.record import RunRecord
from runql.semantic.values import MISSING
from runql.sources.wandb.failures.failures import Failure, Fault
from runql.sources.wandb.listing.chunks import RunKey, is_number, key_of
from runql.sources.wandb.listing.fetch import all_pages
from runql.sources.wandb.listing.losses import ListingLoss
from runql.sources.wandb.listing.pages import Pages
from runql.syntax.mongo.nodes import (
    BY_CREATION,
    FilterField,
    MongoCompare,
    MongoExists,
    MongoFilter,
    MongoNor,
    MongoOperator,
    MongoOr,
    MongoOrder,
    mongo_and,
)
from runql.text.diagnostic import Diagnostic
from runql.text.frozen import changeable

_LEAST = -1.7976931348623157e308


@changeable
class Brackets:
    """The parts of a listing: filters for them, and what of them was seen. `first`: the infinity that stands before the
    numbers. `counts`: the filters whose runs are counted, by the names of their variables.

    `None` of a method: the server does not give what it counted, and the whole listing must be made here.
    """

    field: FilterField
    numbers: MongoFilter
    odd: MongoFilter
    first: MongoFilter
    absent: MongoFilter
    first_value: float
    counts: Mapping[str, MongoFilter]
    has_begun: bool = False
    """Whether it was looked for what stands before the numbers."""
    has_more: bool = False
    """Whether anything but runs without a value comes after the numbers."""
    lost: list[ListingLoss] = attribute(default_factory=list)
    partial: dict[str, tuple[Diagnostic, ...]] = attribute(default_factory=dict)
    """Runs that the server cannot read, or not all of, of the parts that were asked for."""
    _odd: int | None = None
    _first: int = 0

    def is_odd(self, runs: Sequence[RunRecord], numbers: Pages) -> bool:
        """Whether a page of numbers holds anything else, or the counts are not what they were, or contradict one
        another."""
        counts = numbers.counts
        if numbers.total is None or not {"whole", "absent", "high", "low"} <= counts.keys():
            return True
        odd = counts["whole"] - counts["absent"] - numbers.total
        has_changed = self._odd is not None and odd != self._odd
        self._odd = odd
        # A list passes as a number if one is in it: the server puts it among them, RunQL does not.
        return odd < 0 or has_changed or not all(map(is_number, values_in(self.field, runs)))

    def before(self, runs: Sequence[RunRecord], numbers: Pages) -> Sequence[RunRecord] | None:
        """The infinities that stand before the first page of numbers."""
        self.has_begun = True
        self._first = numbers.counts.get("high" if self.first_value > 0 else "low", 0)
        self.has_more = bool(self._odd) and self._odd != self._first
        if not self._first:
            return []
        found = self._all(self.first, numbers)
        if found is None or len(found) + len(self.lost) != self._first or not self._are_first(found):
            return None
        return None if runs and self._are_first(runs[:1]) else sort_by_fields(found, ())

    def after(self, seen: Container[RunKey], keys: MongoOrder, numbers: Pages) -> Sequence[RunRecord] | None:
        """What is neither a number nor absent, but for those that stood before the numbers."""
        first = self._first - len(self.lost)
        # The infinities are among them, and so are those of them that cannot be read.
        self.lost.clear()
        found = self._all(self.odd, numbers)
        fresh = [run for run in found or () if key_of(run) not in seen]
        are_all = found is not None and len(found) + len(self.lost) == self._odd
        are_all = are_all and len(fresh) == len(found or ()) - first
        # None of them may be one that another part holds.
        values = values_in(self.field, fresh)
        are_odd = all(value is not MISSING and not (is_number(value) and math.isfinite(value)) for value in values)
        return sort_by_fields(fresh, keys) if are_all and are_odd else None

    def _are_first(self, runs: Sequence[RunRecord]) -> bool:
        return all(value == self.first_value for value in values_in(self.field, runs))

    def _all(self, filters: MongoFilter, numbers: Pages) -> list[RunRecord] | None:
        pages = Pages(numbers.server, replace(numbers.question, filters=filters, order=BY_CREATION))
        try:
            found = list(all_pages(pages))
            self.lost += pages.lost
            self.partial |= pages.partial
            return found
        except Failure as failure:
            if failure.kind is Fault.REFUSED:
                return None  # a filter that the server does not take
            raise


def brackets_of(field: FilterField, sent: MongoFilter, *, descending: bool) -> Brackets | None:
    """The brackets for an order by a field; `None` where the server cannot be asked for them."""
    if field.space not in (Space.CONFIG, Space.SUMMARY) or not is_plain(field):
        return None
    numbers = MongoCompare(field, MongoOperator.GTE, _LEAST)
    below = MongoCompare(field, MongoOperator.LT, _LEAST)
    least, most = (MongoCompare(field, MongoOperator.EQ, text) for text in (MINUS_INFINITY, INFINITY))
    absent = mongo_and((sent, MongoExists(field, False)))
    high, low = mongo_and((sent, most)), mongo_and((sent, MongoOr((least, below))))
    return Brackets(
        field=field,
        numbers=mongo_and((sent, numbers)),
        odd=mongo_and((sent, MongoExists(field, True), MongoNor((numbers,)))),
        first=high if descending else low,
        absent=absent,
        first_value=math.inf if descending else -math.inf,
        counts={"wholeFilters": sent, "absentFilters": absent, "highFilters": high, "lowFilters": low},
    )
