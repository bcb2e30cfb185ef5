"""One listing of runs, from its first page to its last: each run once, in RunQL's own order, counted at the end.

While the server does as it is asked, pages pass through; only the runs that tie at the end of a page wait for the
next one. What the server cannot order as RunQL does, or ignores, is fetched whole and ordered here.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from runql.engine.mongo.fields import values_in
from runql.engine.mongo.filters import compile_filter
from runql.engine.selectors import selected, sort_by_fields
from runql.language.fields import Space
from runql.plan.to_mongo.wire import wire_json, wire_order
from runql.semantic.record import RunRecord, cells_of, joined_runs
from runql.sources.paging import RunQueue, add_new, first_of, needed, trimmed
from runql.sources.protocol import Page, PageRequest, Wanted
from runql.sources.wandb.decode import ProjectPlace
from runql.sources.wandb.listing.bracket_edges import Bracketed
from runql.sources.wandb.listing.brackets import brackets_of
from runql.sources.wandb.listing.chunks import Chunk
from runql.sources.wandb.listing.counts import matching_at_hand
from runql.sources.wandb.listing.cursors import cursor_at
from runql.sources.wandb.listing.fetch import RunKey, fetch_all, key_of, keys_of
from runql.sources.wandb.listing.given import GivenRuns
from runql.sources.wandb.listing.losses import Losses
from runql.sources.wandb.listing.order_check import (
    ask_for_nobody,
    breaks_filter,
    breaks_order,
    ignores_order,
    is_watchable,
    joined,
    prove_filters,
    watched,
)
from runql.sources.wandb.listing.pages import Pages
from runql.sources.wandb.listing.questions import ListQuestion, filtered
from runql.sources.wandb.listing.safe_filters import doubted_in, narrow
from runql.sources.wandb.odd_values import OddRuns
from runql.sources.wandb.project import WandbServer, concerned_by, in_form_of_wandb
from runql.sources.wandb.schema.abilities import FILTERS, ORDER, PAGING
from runql.syntax.mongo.nodes import BY_CREATION, EVERY_RUN, MongoFilter, MongoOrder
from runql.text.diagnostic import Diagnostic

_AHEAD_PAGES = 4
_MOST_AHEAD_ROWS = 4000
_LEAST_ROWS = 25
_ROWS_TO_WATCH = 10
"""Of a first page: so many stand in the right order by chance on no server that ignores it, as two or three may."""
_MOVED = "runs moved between two pages, so all were fetched again"
_NONE_MISSING = ": none is missing and none comes twice"


class Listing:
    """Gives the pages of one listing, one after the other. `position` is how many runs it gave."""

    def __init__(self, server: WandbServer, request: PageRequest, place: ProjectPlace) -> None:
        self._server = server
        self._request = request
        self._place = place
        self._asked = asked = in_form_of_wandb(request.selector)
        self._keys = asked.order
        self._narrowed = narrow(asked.filters, server.abilities.misread)
        self._test = compile_filter(asked.filters) if asked.filters != EVERY_RUN else None
        self._watches = is_watchable(asked.filters)
        wanted = watched(request.wanted, asked.filters, asked.order)
        decides_here = self._watches or not self._narrowed.is_whole
        self._wanted = joined(wanted, needed(asked.filters, asked.order)) if decides_here else wanted
        self._bracketed: Bracketed | None = None
        self._parts = tuple(self._first_segments())
        self._segments = deque(self._parts)
        self._is_ordered = bool(self._segments)
        self._pages = self._segments.popleft() if self._segments else None
        self._held: Sequence[RunRecord] = ()
        self._ready = RunQueue()
        self._seen: set[RunKey] = set()
        self._given = GivenRuns()
        self._whole: deque[RunRecord] | None = None
        self._total: int | None = None
        self._whole_because = ""
        self._came = 0
        self._counted: int | None = None
        self._calls = 0
        self._first_names: tuple[str, ...] = ()
        self._last: Sequence[RunRecord] = ()
        self._said: set[Diagnostic] = set()
        self._odd = OddRuns()
        self._losses = Losses()
        self._differs = False
        self.position = 0

    def page(self, per_page: int) -> Page:
        """The next page.

        Raises:
            Failure: it could not be fetched. The listing stays where it is.
            NotFound: there is no such project, or none that may be seen.
        """
        if self._asked.filters != EVERY_RUN and not self.position:
            prove_filters(self._server, self._place.entity, self._place.project, self._narrowed.sent)
        if self._whole is None and not self._can_stream():
            self._make_whole("" if self._is_ordered else self._unordered())
        if self._whole is None:
            self._fill(per_page)
        return self._streamed_page(per_page) if self._whole is None else self._whole_page(per_page, self._whole)

    def skip(self, count: int) -> None:
        """Goes on from after so many runs: for a listing that was forgotten meanwhile."""
        while self.position < count:
            if not self.page(min(500, count - self.position)).has_next:
                return

    def close(self) -> None:
        for pages in filter(None, (self._pages, *self._segments)):
            pages.close()

    @property
    def cursor(self) -> str | None:
        """The cursor that continues here."""
        return cursor_at(self.position)

    # What is asked, and whether the server can be left to it.

    def _first_segments(self) -> list[Pages]:
        """The listings that make up this one, in order; none if the server cannot order it as RunQL does."""
        sent, order, abilities = self._narrowed.sent, self._asked.order, self._server.abilities
        if len(self._keys) != 1 or not (abilities.does(ORDER) and abilities.does(PAGING)):
            return []
        field = self._keys[0].field
        if field.space is Space.RUN:
            return [self._segment(sent, order)] if field.segments == ("created",) else []
        brackets = brackets_of(field, sent, descending=self._keys[0].descending)
        if brackets is None or not abilities.counts_filtered:
            return []
        self._bracketed = Bracketed(self._server, self._place, self._wanted, brackets)
        numbers = self._segment(brackets.numbers, order)
        numbers.also_counts = brackets.counts
        return [numbers, self._segment(brackets.absent, BY_CREATION)]

    def _segment(self, filters: MongoFilter, order: MongoOrder) -> Pages:
        most = self._request.most if self._narrowed.is_whole else None
        return Pages(self._server, ListQuestion(self._place, filters, order, self._wanted), most=most)

    def _can_stream(self) -> bool:
        abilities = self._server.abilities
        filters_hold = not self._asked.filters or abilities.does(FILTERS)
        return self._is_ordered and filters_hold and abilities.does(ORDER) and abilities.does(PAGING)

    # Streaming: the server does it all.

    def _fill(self, per_page: int) -> None:
        ahead = 0 if self._calls == 0 else min(_MOST_AHEAD_ROWS, self._request.per_page * _AHEAD_PAGES**self._calls)
        if self._pages is not None and self._pages.most is not None:
            ahead = min(_MOST_AHEAD_ROWS, max(0, self._pages.most - self.position - per_page))
        self._calls += 1
        least = 2 if self._seen else _ROWS_TO_WATCH
        while len(self._ready) < per_page and self._pages is not None:
            if self._pages.is_over:
                # The numbers were enough for the page before.
                if not self._go_on(self._pages):
                    return
                continue
            # One more than is needed shows whether the last one ties with those after it.
            chunk = self._pages.next(max(least, per_page - len(self._ready) - len(self._held) + 1), ahead)
            least = _LEAST_ROWS
            if chunk is not None:
                self._losses.note(chunk.lost, chunk.partial)
            if self._is_odd(chunk):
                self._make_whole(self._unordered() if self._pages.also_counts else "")
                return
            if self._pages.shrank or self._doubles_without_growth(chunk):
                self._make_whole(_MOVED)
                return
            runs = () if chunk is None else chunk.runs
            if not self._pass_on(self._bracketed.before(runs, self._pages) if self._bracketed is not None else []):
                return
            self._receive(runs)
            self._note_total()
            if chunk is None or self._pages.is_over:
                self._settle(everything=True)
                if self._bracketed is None or not self._bracketed.has_more:
                    self._go_on(self._pages)
            else:
                self._settle(everything=False)
        if self._pages is None:
            self._check_end()

    def _check_end(self) -> None:
        """Whether all came: the listing is made anew if runs at hand did not, or fewer than were counted."""
        if missed := self._missed():
            doubted = doubted_in(self._asked.filters)
            self._narrowed = narrow(self._asked.filters, self._server.abilities.misread | doubted)
            self._make_whole("")
            if not missed.isdisjoint(run.id for run in self._whole or ()):
                self._server.abilities.learn_misread(doubted)
        elif self._total is not None and self._found < self._total:
            self._make_whole(_MOVED)

    @property
    def _found(self) -> int:
        """How many runs there turned out to be, those that cannot be read among them."""
        return len(self._seen) + self._losses.count

    def _missed(self) -> set[str]:
        """The runs that match the filter, as they came whole just now, and did not come by it."""
        filters = self._asked.filters
        known = matching_at_hand(self._server, self._place, filters) if filters != EVERY_RUN else ()
        return {run.id for run in known if key_of(run) not in self._seen}

    def _next_segment(self, done: Pages) -> Pages | None:
        """What comes after a part: nothing, if the server counted that nothing does."""
        return self._segments.popleft() if self._segments and done.counts.get("absent") != 0 else None

    def _go_on(self, done: Pages) -> bool:
        """What comes after a part that was read to its end. Whether the listing is still made of parts."""
        bracketed, self._bracketed = self._bracketed, None
        if not self._pass_on(bracketed.after(self._seen, self._keys) if bracketed is not None else []):
            return False
        if bracketed is not None:
            self._losses.note(bracketed.lost, bracketed.partial)
        self._pages, self._last = self._next_segment(done), ()
        return True

    def _pass_on(self, runs: Sequence[RunRecord] | None) -> bool:
        """Passes on runs whose place is certain; without any the whole listing is made here."""
        if runs is None:
            self._make_whole(self._unordered())
            return False
        self._seen.update(map(key_of, runs))
        self._came = self._found
        self._ready.add(self._passing(runs))
        return True

    def _passing(self, runs: Sequence[RunRecord]) -> Sequence[RunRecord]:
        """Those that pass the filter, where that is looked at here."""
        may_test = self._watches or not self._narrowed.is_whole
        return runs if self._test is None or not may_test else list(filter(self._test, runs))

    def _note_total(self) -> None:
        """Keeps the server's newest count of the whole listing."""
        if self._pages is not None and (self._total is None or len(self._parts) == 1):
            self._total = self._pages.counts.get("whole", self._pages.total)
        self._came, self._counted = self._found, self._total

    def _receive(self, runs: Sequence[RunRecord]) -> None:
        keys = keys_of(runs)
        if not add_new(keys, self._seen):
            fresh = []
            for run, key in zip(runs, keys, strict=True):
                if key not in self._seen:
                    self._seen.add(key)
                    fresh.append(run)
            runs = fresh
        self._held = joined_runs((self._held, runs))

    def _settle(self, *, everything: bool) -> None:
        """Passes on the runs whose place is certain: those that do not tie with the last one that came."""
        if not self._held:
            return
        cut = len(self._held)
        keys = self._keys if self._pages is None or self._pages.question.order == self._asked.order else ()
        if not everything:
            values = values_in(keys[0].field, self._held) if keys else cells_of(self._held, "created")
            while cut and values[cut - 1] == values[-1]:
                cut -= 1
        settled, self._held = sort_by_fields(self._held[:cut], keys), self._held[cut:]
        self._ready.add(self._passing(settled))

    def _is_odd(self, chunk: Chunk | None) -> bool:
        """Whether this page shows that the server does not do what it is asked, or holds what it cannot order."""
        if chunk is None or self._pages is None:
            return False
        abilities = self._server.abilities
        if not self._can_stream() or self._pages.ignores_filters:
            return True
        if self._bracketed is not None and self._bracketed.is_odd(chunk.runs, self._pages):
            return True
        names = tuple(cells_of(chunk.runs, "id"))
        if not self._first_names:
            self._first_names = names
        elif len(names) > 1 and names == self._first_names[: len(names)]:
            abilities.learn_ignores(PAGING)
            return True
        return self._ignores_something(chunk, self._pages.question)

    def _doubles_without_growth(self, chunk: Chunk | None) -> bool:
        """Whether runs come twice though none was added: the server shuffles ties, so others did not come at all."""
        doubles = sum(map(self._seen.__contains__, keys_of(chunk.runs) if chunk else ()))
        return self._pages is not None and doubles > self._pages.grown

    def _ignores_something(self, chunk: Chunk, question: ListQuestion) -> bool:
        abilities = self._server.abilities
        text = wire_json(question.filters)
        base = {"entity": self._place.entity, "project": self._place.project, "filters": text}
        suspicious = self._watches and breaks_filter(chunk.runs, question.filters)
        if suspicious:
            ask_for_nobody(self._server, base, question.filters)
            if not abilities.does(FILTERS):
                return True
        self._differs |= suspicious
        before, self._last = self._last, chunk.runs[-1:] or self._last
        if breaks_order(before, chunk.runs, question.order or BY_CREATION):
            options = frozenset({"order", filtered(question.filters)})
            if ignores_order(self._server, base, question.order or BY_CREATION, options):
                abilities.learn_ignores(ORDER)
            # Otherwise it orders, but not as RunQL does: texts perhaps, of which `10` comes before `9`.
            return True
        return False

    def _streamed_page(self, per_page: int) -> Page:
        runs = self._ready.take(per_page)
        self._give(runs)
        has_next = bool(self._ready) or self._pages is not None
        wanted = self._request.wanted
        is_trim = self._wanted == wanted and self._server.abilities.column_subsets
        return Page(
            runs=runs if is_trim else tuple(trimmed(run, wanted) for run in runs),
            cursor=self.cursor,
            has_next=has_next,
            total=self._total_to_come if self._narrowed.is_whole and not self._differs else None,
            notices=(*self._notices(), *self._odd.of(runs), *(() if has_next else self._last_notices())),
        )

    @property
    def _total_to_come(self) -> int | None:
        """How many runs the whole listing gives, by what is known now."""
        return None if self._total is None else max(0, self._total - self._losses.count)

    def _notices(self) -> tuple[Diagnostic, ...]:
        """What was not yet said of the server."""
        concerned = [*concerned_by(self._request.wanted)]
        concerned += [FILTERS, "Project.runs(filters)"] if self._asked.filters != EVERY_RUN else []
        concerned += [ORDER, "Project.runs(order)", PAGING, "Project.runs(after)"]
        notices = list(self._server.abilities.notices(self._server.host, concerned))
        if self._whole_because and not notices:
            notices.append(Diagnostic("RQL406", self._whole_because))
        notices += self._given.said(self._server.host)
        notices += self._losses.said()
        new = tuple(notice for notice in notices if notice not in self._said)
        self._said.update(new)
        return new

    def _last_notices(self) -> tuple[Diagnostic, ...]:
        return (*self._losses.at_end(), *self._odd.at_end(), *self._count_notices())

    def _count_notices(self) -> tuple[Diagnostic, ...]:
        came, total = self._came, self._counted
        if total is None or came == total:
            return ()
        hint = "runs were added, changed or deleted meanwhile: ask again for a still picture"
        return (Diagnostic("RQL407", f"{came:,} runs came, and {self._server.host} counts {total:,}", hints=(hint,)),)

    # Whole: everything is fetched once and the listing is made here.

    def _unordered(self) -> str:
        field = wire_order(self._asked.order).lstrip("+-")
        return f"{self._server.host} cannot order by `{field}` as RunQL does: all runs were fetched for it"

    def _make_whole(self, because: str) -> None:
        self.close()
        self._whole_because = because
        sent = self._narrowed.sent
        fetched = fetch_all(self._server, self._place, sent, self._whole_wanted(), self._asked.order)
        self._losses = Losses()
        self._losses.note(fetched.lost, fetched.partial)
        self._came, self._counted = len(fetched.runs) + len(fetched.lost), fetched.counted
        if because == _MOVED and self._came == self._counted:
            self._whole_because += _NONE_MISSING
        chosen = selected(fetched.runs, self._asked)
        self._whole = deque(run for run in chosen if run.id not in self._given)
        self._total = len(self._whole) + self.position

    def _whole_wanted(self) -> Wanted:
        also = needed(self._asked.filters, self._asked.order)
        return joined(self._wanted, also)

    def _whole_page(self, per_page: int, whole: deque[RunRecord]) -> Page:
        runs = first_of(whole, per_page)
        self._give(runs)
        return Page(
            runs=tuple(trimmed(run, self._request.wanted) for run in runs),
            cursor=self.cursor,
            has_next=bool(whole),
            total=self._total,
            notices=(*self._notices(), *self._odd.of(runs), *(() if whole else self._last_notices())),
        )

    def _give(self, runs: Sequence[RunRecord]) -> None:
        self.position += len(runs)
        self._given.add(runs)
