"""Which copy of a source answers a query that says `as of`, `fresh` or `cached`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from runql.config import STORE, Settings
from runql.errors import SourceError
from runql.pull.targets import target_of
from runql.semantic.copy_asked import CopyAsked
from runql.sources.names import DEMO
from runql.sources.open import ON_SERVER, SourcePlace
from runql.text.diagnostic import Diagnostic
from runql.text.frozen import frozen

if TYPE_CHECKING:
    from runql.pull.pull import PullReport
    from runql.sources.store.service import StoreService

_PARTS = frozenset({"RQL584", "RQL585"})
"""What a store says that was told of a part of its source only."""


@frozen(kw_only=True)
class Copies:
    """Finds copies. `open`: opens a source by its name, once. `asks`: a copy that is too old asks its source for what
    changed; without it the copy is taken as it is, and nothing is written."""

    settings: Settings
    open: Callable[[str], SourcePlace]
    asks: bool

    def of(self, place: SourcePlace, asked: CopyAsked) -> SourcePlace:
        """Who answers in the place of a source.

        Raises:
            SourceError: there is no such copy, or it cannot be brought up to date.
            BackendError: the source that it was copied from did not answer.
        """
        if asked.at is not None:
            return self._at(place, asked.at)
        assert asked.within is not None
        return self._within(place, asked.within)

    # ---------------------------------------------------------------- as of

    def _at(self, place: SourcePlace, moment: datetime) -> SourcePlace:
        from runql.sources.store.table import number_at

        name = copy_of(place, self.settings)
        if name is None:
            hint = f"`runql pull {place.name}` makes one, which answers for every time from then on"
            raise SourceError.of("RQL588", f"there is no copy of `{place.name}`, so nobody knows how it was", hint)
        copy = self.open(name)
        number = number_at(_store(copy).folder, name.removeprefix(STORE), moment)
        return self.open(f"{name}@{number}")

    # ---------------------------------------------------------------- fresh, cached

    def _within(self, place: SourcePlace, age: timedelta) -> SourcePlace:
        name = copy_of(place, self.settings)
        if _is_copy(place):
            assert name is not None
            copy = place
        elif name is None or not age:
            return self._itself(place, age)
        else:
            copy = self.open(name)
        if _age_of(copy) <= age:
            return copy
        origin = _store(copy).about.origin
        source = place if not _is_copy(place) else self._origin_of(copy, origin)
        if not self.asks:
            message = f"`{origin.partition(' on ')[0]}` is asked for what changed before this is answered"
            return _with(copy, Diagnostic("RQL589", message))
        return _with(copy, _said(self._pulled(copy, name, source, origin), source))

    def _itself(self, place: SourcePlace, age: timedelta) -> SourcePlace:
        """A source without a copy: its own answer is of no age."""
        if place.service.capabilities.cheap_pages or not age:
            return place
        hint = f"`runql pull {place.name}` makes one"
        message = f"there is no copy of `{place.name}`: it was asked itself"
        return _with(place, Diagnostic("RQL589", message, hints=(hint,)))

    def _pulled(self, copy: SourcePlace, name: str, source: SourcePlace, origin: str) -> PullReport:
        from runql.pull.pull import PullCounts, pull

        store = _store(copy)
        if self.settings.read_only:
            raise SourceError.of("RQL535", "what changed would be written to a store, and here no text writes anything")
        short = name.removeprefix(STORE)
        parts = next((one for one in store.newest_listing.said if one.code in _PARTS), None)
        if parts is not None:
            hints = (f"`pull {query} into {short}` copies what changed of it" for query in parts.names)
            message = f"the store `{short}` holds a part of `{source.name}`: `fresh` would copy all of it"
            raise SourceError.of("RQL588", message, *hints)
        report = pull(source, store.folder, short, origin, PullCounts())
        store.look_again()
        return report

    def _origin_of(self, copy: SourcePlace, origin: str) -> SourcePlace:
        """The source that a copy was made of, opened. Raises `SourceError` if that is another one here."""
        name, _, server = origin.partition(" on ")
        if server and self.settings.offline:
            message = f"`{copy.name}` is a copy of `{name}`, and with `--offline` nothing is asked of a server"
            raise SourceError.of("RQL588", message, "without `fresh` and `cached` the copy answers as it is")
        source = self.open(f"{ON_SERVER}{name}" if server else name)
        found = target_of(source, None, self.settings).origin
        if found != origin:
            message = f"`{copy.name}` is a copy of `{origin}`, and here that name means `{found}`"
            raise SourceError.of("RQL588", message, "without `fresh` and `cached` the copy answers as it is")
        return source


def copy_of(place: SourcePlace, settings: Settings) -> str | None:
    """The store that is a copy of a source, as it is named; `None` if there is none. Raises `SourceError`."""
    from runql.sources.store import table
    from runql.sources.store.duck import check_extra

    if _is_copy(place):
        if _store(place).number is not None:
            message = f"`{place.name}` is one version of a store"
            raise SourceError.of("RQL588", message, f"`{place.name.rpartition('@')[0]}` is all of it")
        return place.name if place.name.startswith(STORE) else f"{STORE}{place.name}"
    if place.service.accounts is None and place.name != DEMO and not _is_there(place.name, settings):
        return None  # runs in memory
    try:
        target = target_of(place, None, settings)
    except SourceError:
        return None
    if not table.is_there(target.store.folder):
        return None
    check_extra()
    about = table.about(target.store.folder, target.store.name)
    return f"{STORE}{target.store.name}" if about.origin == target.origin else None


def _is_there(name: str, settings: Settings) -> bool:
    return (settings.folder / Path(name.partition(":")[2] or name).expanduser()).exists()


def _is_copy(place: SourcePlace) -> bool:
    """Whether a source is a store."""
    from runql.sources.store.service import StoreService

    return isinstance(place.service, StoreService)


def _store(place: SourcePlace) -> StoreService:
    from runql.sources.store.service import StoreService

    assert isinstance(place.service, StoreService)
    return place.service


def _age_of(copy: SourcePlace) -> timedelta:
    """How long ago a copy was all that its source had; for ever, if that was never so."""
    store = _store(copy)
    ended = store.newest_listing.ended
    return timedelta.max if ended is None or not store.is_whole else datetime.now(UTC) - ended


def _with(place: SourcePlace, said: Diagnostic) -> SourcePlace:
    return replace(place, said=(*place.said, said))


def _said(report: PullReport, source: SourcePlace) -> Diagnostic:
    counts = report.counts
    changes = {"new": counts.new, "changed": counts.changed, "gone": counts.gone}
    found = ", ".join(f"{count:,} {what}" for what, count in changes.items() if count) or "nothing"
    return Diagnostic("RQL589", f"`{source.name}` was asked for what changed: {found} of {counts.listed:,} runs")
