"""What stands before the numbers of a listing and after them: asked for when its turn comes, and looked at."""

from __future__ import annotations

from collections.abc import Container, Sequence

from runql.engine.mongo.fields import values_in
from runql.engine.selectors import sort_by_fields
from runql.semantic.record import RunRecord
from runql.sources.protocol import Wanted
from runql.sources.wandb.decode import ProjectPlace
from runql.sources.wandb.failures.failures import Failure, Fault
from runql.sources.wandb.listing.brackets import Brackets
from runql.sources.wandb.listing.fetch import RunKey, all_pages, key_of
from runql.sources.wandb.listing.losses import ListingLoss
from runql.sources.wandb.listing.order_check import is_number
from runql.sources.wandb.listing.pages import Pages
from runql.sources.wandb.listing.questions import ListQuestion
from runql.sources.wandb.project import WandbServer
from runql.syntax.mongo.nodes import BY_CREATION, MongoFilter, MongoOrder
from runql.text.diagnostic import Diagnostic


class Bracketed:
    """The parts of a listing around its numbers. `None` of a method: the server does not give what it counted, and the
    whole listing must be made here."""

    def __init__(self, server: WandbServer, place: ProjectPlace, wanted: Wanted, brackets: Brackets) -> None:
        self._server = server
        self._place = place
        self._wanted = wanted
        self._brackets = brackets
        self._odd: int | None = None
        self._first = 0
        self.lost: list[ListingLoss] = []
        self.partial: dict[str, tuple[Diagnostic, ...]] = {}
        """Runs that the server cannot read, or not all of, of the parts that were asked for."""

    def is_odd(self, runs: Sequence[RunRecord], numbers: Pages) -> bool:
        """Whether a page of numbers holds anything else, or the counts are not what they were."""
        odd = self._brackets.odd_runs(numbers.counts, numbers.total)
        # A list passes as a number if one is in it: the server puts it among them, RunQL does not.
        are_numbers = all(map(is_number, values_in(self._brackets.field, runs)))
        return odd is None or not are_numbers or (self._odd is not None and odd != self._odd)

    def before(self, runs: Sequence[RunRecord], numbers: Pages) -> Sequence[RunRecord] | None:
        """The infinities that stand before the first page of numbers."""
        if self._odd is not None:
            return []
        self._odd = self._brackets.odd_runs(numbers.counts, numbers.total) or 0
        self._first = self._brackets.first_runs(numbers.counts)
        if not self._first:
            return []
        found = self._all(self._brackets.first)
        if found is None or len(found) + len(self.lost) != self._first or not self._brackets.are_first(found):
            return None
        return None if self._brackets.are_first(runs[:1]) and runs else sort_by_fields(found, ())

    @property
    def has_more(self) -> bool:
        """Whether anything but runs without a value comes after the numbers."""
        return bool(self._odd) and self._odd != self._first

    def after(self, seen: Container[RunKey], keys: MongoOrder) -> Sequence[RunRecord] | None:
        """What is neither a number nor absent, but for those that stood before the numbers."""
        if not self.has_more:
            return []
        first = self._first - len(self.lost)
        # The infinities are among them, and so are those of them that cannot be read.
        self.lost.clear()
        found = self._all(self._brackets.odd)
        fresh = [run for run in found or () if key_of(run) not in seen]
        are_all = found is not None and len(found) + len(self.lost) == self._odd
        are_all = are_all and len(fresh) == len(found or ()) - first
        return sort_by_fields(fresh, keys) if are_all and self._brackets.are_odd(fresh) else None

    def _all(self, filters: MongoFilter) -> list[RunRecord] | None:
        pages = Pages(self._server, ListQuestion(self._place, filters, BY_CREATION, self._wanted))
        try:
            found = list(all_pages(pages))
            self.lost += pages.lost
            self.partial |= pages.partial
            return found
        except Failure as failure:
            if failure.kind is Fault.REFUSED:
                return None  # a filter that the server does not take
            raise
