"""One listing of runs, from its first page to its last: each run once, in RunQL's own order, counted at the end.

While the server does as it is asked, pages pass through; only the runs that tie at the end of a page wait for the
next one. What the server cannot order as RunQL does, or ignores, is fetched whole and ordered here.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from runql.engine.mongo.filters import compile_filter, values_in
from runql.engine.selectors import selected, sort_by_fields
from runql.language.fields import Space
from runql.plan.selectors import WandbSelector
from runql.plan.to_mongo.wire import wire_json, wire_order
from runql.semantic.record import RunRecord, cells_of, joined_runs
from runql.sources.paging import RunQueue, add_new, first_of, needed, trimmed
from runql.sources.protocol import Page, PageRequest
from runql.sources.wandb.decode import ProjectPlace
from runql.sources.wandb.listing.brackets import Brackets, brackets_of
from runql.sources.wandb.listing.chunks import Chunk, GivenRuns, RunKey, breaks_order, key_of
from runql.sources.wandb.listing.fetch import fetch_all
from runql.sources.wandb.listing.losses import Losses
from runql.sources.wandb.listing.order_check import ask_for_nobody, ignores_order, prove_filters
from runql.sources.wandb.listing.pages import Pages
from runql.sources.wandb.listing.questions import (
    ListQuestion,
    cursor_at,
    doubted_in,
    is_watchable,
    joined,
    matching_at_hand,
    narrow,
)
from runql.sources.wandb.odd_values import OddRuns
from runql.sources.wandb.project import WandbServer, concerned_by
from runql.sources.wandb.schema.abilities import FILTERS, ORDER, PAGING
from runql.syntax.mongo.nodes import BY_CREATION, EVERY_RUN
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

    def __init__(self, server: WandbServer, request: PageRequest, place: ProjectPlace, asked: WandbSelector) -> None:
        self._server = server
        self._request = request
        self._place = place
        self._asked = asked
        self._keys = asked.order
        self._narrowed = narrow(asked.filters, server.abilities.misread)
        self._watches = is_watchable(asked.filters)
        decides_here = self._watches or not self._narrowed.is_whole
        self._wanted = joined(request.wanted, needed(asked.filters if decides_here else EVERY_RUN, asked.order))
        self._test = compile_filter(asked.filters) if decides_here and asked.filters != EVERY_RUN else None
        self._brackets: Brackets | None = None
        self._segments = deque(self._first_segments())
        self._are_parts = len(self._segments) > 1
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
        is_filtered, abilities = self._asked.filters != EVERY_RUN, self._server.abilities
        if is_filtered and not self.position and not abilities.counts_filtered:
            prove_filters(self._server, self._place, self._narrowed.sent)
        if self._whole is None and not self._can_stream():
            self._make_whole("" if self._is_ordered else self._unordered())
        ahead = 0 if self._calls == 0 else min(_MOST_AHEAD_ROWS, self._request.per_page * _AHEAD_PAGES**self._calls)
        if self._pages is not None and self._pages.most is not None:
            ahead = min(_MOST_AHEAD_ROWS, max(0, self._pages.most - self.position - per_page))
        self._calls += 1
        least = 2 if self._seen else _ROWS_TO_WATCH
        while self._whole is None and len(self._ready) < per_page and (pages := self._pages) is not None:
            if pages.is_over:
                # The numbers were enough for the page before.
                self._go_on(pages)
            else:
                # One more than is needed shows whether the last one ties with those after it.
                rows = per_page - len(self._ready) - len(self._held) + 1
                self._take(pages, pages.next(max(least, rows), ahead))
                least = _LEAST_ROWS
        if self._whole is None and self._pages is None:
            self._check_end()
        return self._made(per_page)

    def _made(self, per_page: int) -> Page:
        """The page that is given of what came, and what there is to say with it."""
        runs = self._ready.take(per_page) if self._whole is None else first_of(self._whole, per_page)
        self.position += len(runs)
        self._given.add(runs)
        wanted = self._request.wanted
        if self._whole is None:
            has_next = bool(self._ready) or self._pages is not None
            is_trim = self._wanted == wanted and self._server.abilities.column_subsets
            is_counted = self._total is not None and self._narrowed.is_whole and not self._differs
            total = max(0, (self._total or 0) - self._losses.count) if is_counted else None
        else:
            has_next, is_trim, total = bool(self._whole), False, self._total
        odd = self._odd.of(runs) if any(cells_of(runs, "said")) else ()
        return Page(
            runs=runs if is_trim else tuple(trimmed(run, wanted) for run in runs),
            cursor=cursor_at(self.position),
            has_next=has_next,
            total=total,
            notices=(*self._notices(), *odd, *(() if has_next else self._last_notices())),
        )

    def skip(self, count: int) -> None:
        """Goes on from after so many runs: for a listing that was forgotten meanwhile."""
        while self.position < count:
            if not self.page(min(500, count - self.position)).has_next:
                return

    def close(self) -> None:
        for pages in filter(None, (self._pages, *self._segments)):
            pages.close()

    # What is asked, and whether the server can be left to it.

    def _first_segments(self) -> list[Pages]:
        """The listings that make up this one, in order; none if the server cannot order it as RunQL does."""
        sent, order, abilities = self._narrowed.sent, self._asked.order, self._server.abilities
        if len(self._keys) != 1 or not (abilities.does(ORDER) and abilities.does(PAGING)):
            return []
        field = self._keys[0].field
        if field.space is Space.RUN:
            parts = [(sent, order)] if field.segments == ("created",) else []
        else:
            brackets = brackets_of(field, sent, descending=self._keys[0].descending)
            if brackets is None or not abilities.counts_filtered:
                return []
            self._brackets = brackets
            parts = [(brackets.numbers, order), (brackets.absent, BY_CREATION)]
        most = self._request.most if self._narrowed.is_whole else None
        found = [
            Pages(
                self._server,
                ListQuestion(self._place, filters, by, self._wanted),
                most=most,
                test=compile_filter(filters) if self._watches and filters != EVERY_RUN else None,
            )
            for filters, by in parts
        ]
        if self._brackets is not None:
            counts = self._brackets.counts
            found[0].also_counts = {name: wire_json(filters) for name, filters in counts.items()}
        return found

    def _can_stream(self) -> bool:
        abilities = self._server.abilities
        filters_hold = not self._asked.filters or abilities.does(FILTERS)
        return self._is_ordered and filters_hold and abilities.does(ORDER) and abilities.does(PAGING)

    # Streaming: the server does it all.

    def _take(self, pages: Pages, chunk: Chunk | None) -> None:
        """Looks at a page, and passes on those of its runs whose place is certain; or makes the whole listing here."""
        runs = () if chunk is None else chunk.runs
        keys = list(zip(cells_of(runs, "storage_id"), cells_of(runs, "id"), strict=True))
        if chunk is not None and (chunk.lost or chunk.partial):
            self._losses.note(chunk.lost, chunk.partial)
        if chunk is not None and self._is_odd(runs, pages):
            self._make_whole(self._unordered() if pages.also_counts else "")
            return
        # If runs come twice though none was added, the server shuffles ties, so others did not come at all.
        if pages.shrank or sum(map(self._seen.__contains__, keys)) > pages.grown:
            self._make_whole(_MOVED)
            return
        brackets = self._brackets
        if brackets is not None and not brackets.has_begun:
            first = brackets.before(runs, pages)
            if first is None:
                self._make_whole(self._unordered())
                return
            if first:
                self._pass_on(first)
        if not add_new(keys, self._seen):
            fresh: dict[RunKey, RunRecord] = {}
            for run, key in zip(runs, keys, strict=True):
                if key not in self._seen:
                    fresh.setdefault(key, run)
            self._seen.update(fresh)
            runs = [*fresh.values()]
        self._held = joined_runs((self._held, runs))
        if self._total is None or not self._are_parts:
            self._total = pages.counts.get("whole", pages.total)
        self._came, self._counted = self._found, self._total
        is_last = chunk is None or pages.is_over
        self._settle(everything=is_last)
        if is_last and (brackets is None or not brackets.has_more):
            self._go_on(pages)

    def _check_end(self) -> None:
        """Whether all came: the listing is made anew if runs at hand did not, or fewer than were counted."""
        filters = self._asked.filters
        known = matching_at_hand(self._server, self._place, filters) if filters != EVERY_RUN else ()
        if missed := {run.id for run in known if key_of(run) not in self._seen}:
            doubted = doubted_in(filters)
            self._narrowed = narrow(filters, self._server.abilities.misread | doubted)
            self._make_whole("")
            if not missed.isdisjoint(run.id for run in self._whole or ()):
                self._server.abilities.learn_misread(doubted)
        elif self._total is not None and self._found < self._total:
            self._make_whole(_MOVED)

    @property
    def _found(self) -> int:
        """How many runs there turned out to be, those that cannot be read among them."""
        return len(self._seen) + self._losses.count

    def _go_on(self, done: Pages) -> None:
        """Passes on what is neither a number nor absent, after the numbers, and goes on to the next part: there is none
        if the server counted that nothing comes."""
        brackets, self._brackets = self._brackets, None
        if brackets is not None and brackets.has_more:
            odd = brackets.after(self._seen, self._keys, done)
            if odd is None:
                self._make_whole(self._unordered())
                return
            self._pass_on(odd)
        if brackets is not None and (brackets.lost or brackets.partial):
            self._losses.note(brackets.lost, brackets.partial)
            self._came = self._found
        has_next = self._segments and done.counts.get("absent") != 0
        self._pages, self._last = self._segments.popleft() if has_next else None, ()

    def _pass_on(self, runs: Sequence[RunRecord]) -> None:
        """Passes on runs whose place is certain: those that pass the filter, where that is looked at here."""
        self._seen.update(map(key_of, runs))
        self._came = self._found
        self._ready.add(runs if self._test is None else list(filter(self._test, runs)))

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
        self._ready.add(settled if self._test is None else list(filter(self._test, settled)))

    def _is_odd(self, runs: Sequence[RunRecord], pages: Pages) -> bool:
        """Whether this page shows that the server does not do what it is asked, or holds what it cannot order."""
        abilities, question = self._server.abilities, pages.question
        if not self._can_stream() or pages.ignores_filters:
            return True
        if self._brackets is not None and self._brackets.is_odd(runs, pages):
            return True
        names = tuple(cells_of(runs, "id"))
        if not self._first_names:
            self._first_names = names
        elif len(names) > 1 and names == self._first_names[: len(names)]:
            abilities.learn_ignores(PAGING)
            return True
        if pages.test is not None and not all(map(pages.test, runs)):
            ask_for_nobody(self._server, self._place, question.filters)
            if not abilities.does(FILTERS):
                return True
            self._differs = True
        before, self._last = self._last, runs[-1:] or self._last
        if not breaks_order(before, runs, question.order or BY_CREATION):
            return False
        if ignores_order(self._server, question):
            abilities.learn_ignores(ORDER)
        # Otherwise it orders, but not as RunQL does: texts perhaps, of which `10` comes before `9`.
        return True

    # What there is to say.

    def _notices(self) -> tuple[Diagnostic, ...]:
        """What was not yet said of the server."""
        abilities, host = self._server.abilities, self._server.host
        notices: list[Diagnostic] = []
        if abilities.lacks or abilities.ignores:
            concerned = [*concerned_by(self._request.wanted)]
            concerned += [FILTERS, "Project.runs(filters)"] if self._asked.filters != EVERY_RUN else []
            concerned += [ORDER, "Project.runs(order)", PAGING, "Project.runs(after)"]
            notices += abilities.notices(host, concerned)
        if self._whole_because and not notices:
            notices.append(Diagnostic("RQL406", self._whole_because))
        if self._given.twice:
            notices.append(self._given.notice(host))
        if self._losses.unsaid:
            notices += self._losses.said()
        new = tuple(notice for notice in notices if notice not in self._said)
        self._said.update(new)
        return new

    def _last_notices(self) -> tuple[Diagnostic, ...]:
        lost = self._losses.at_end() if self._losses.count or self._losses.partial else ()
        came, total = self._came, self._counted
        odd = self._odd.at_end() if self._odd.more else ()
        if total is None or came == total:
            return (*lost, *odd)
        hint = "runs were added, changed or deleted meanwhile: ask again for a still picture"
        said = Diagnostic("RQL407", f"{came:,} runs came, and {self._server.host} counts {total:,}", hints=(hint,))
        return (*lost, *odd, said)

    # Whole: everything is fetched once and the listing is made here.

    def _unordered(self) -> str:
        field = wire_order(self._asked.order).lstrip("+-")
        return f"{self._server.host} cannot order by `{field}` as RunQL does: all runs were fetched for it"

    def _make_whole(self, because: str) -> None:
        self.close()
        self._whole_because = because
        sent = self._narrowed.sent
        wanted = joined(self._wanted, needed(self._asked.filters, self._asked.order))
        fetched = fetch_all(self._server, self._place, sent, wanted, self._asked.order)
        self._losses = Losses()
        self._losses.note(fetched.lost, fetched.partial)
        self._came, self._counted = len(fetched.runs) + len(fetched.lost), fetched.counted
        if because == _MOVED and self._came == self._counted:
            self._whole_because += _NONE_MISSING
        chosen = selected(fetched.runs, self._asked)
        self._whole = deque(run for run in chosen if run.id not in self._given)
        self._total = len(self._whole) + self.position
