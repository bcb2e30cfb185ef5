"""The sources that a session opened, and what is known of them."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from threading import Lock
from time import monotonic
from typing import Self

from runql.config import Settings
from runql.semantic.catalog import Catalog
from runql.sources.catalogs import catalogs_of, remembered
from runql.sources.open import SourcePlace, default_name, matching_projects, open_place, opens_unasked
from runql.sources.protocol import ServiceApi
from runql.sources.time_limit import Limits


class OpenSources:
    """Opens each source once, whichever thread asks first. A context manager: leaving it closes what was opened.

    `source`: that of whoever names none, by name or as a service; by default what the settings say.
    """

    def __init__(self, source: str | ServiceApi | None, settings: Settings) -> None:
        self.settings = settings
        self._source = source
        self._places: dict[str, SourcePlace] = {}
        self._matching: dict[SourcePlace, tuple[SourcePlace, ...]] = {}
        self._learned: dict[tuple[SourcePlace, ...], tuple[Catalog, float, bool]] = {}
        self._limits = Limits()
        self._opening = Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close every source that was opened here."""
        for place in self._places.values():
            if place.service is not self._source:
                place.service.close()
        self._places.clear()
        self._matching.clear()
        self._learned.clear()

    @property
    def source_name(self) -> str | None:
        """The source of queries that name none, if anything says which. Nothing is opened."""
        if self._source is None:
            return self.settings.default_source()
        return self._source if isinstance(self._source, str) else self._source.name

    def place(self, name: str | None = None) -> SourcePlace:
        """A source by its name, opened once; without a name the session's own."""
        if name is None:
            if self._source is None:
                self._source = default_name(self.settings)
            if not isinstance(self._source, str):
                return self._places.setdefault("", SourcePlace(self._source.name, self._source))
            name = self._source
        with self._opening:
            if name not in self._places:
                self._places[name] = open_place(name, self.settings)
            place = self._places[name]
        if self._limits.limit is not None:
            self._limits.hold(place.service)
        return place

    def places(self, name: str | None = None) -> tuple[SourcePlace, ...]:
        """The sources that a name means: one, or the projects of a server that its `*` matches."""
        place = self.place(name)
        if "*" not in place.project:
            return (place,)
        if place not in self._matching:
            self._matching[place] = matching_projects(place)
        return self._matching[place]

    def within(self, seconds: float | None) -> AbstractContextManager[None]:
        """All that is asked of servers inside the `with`, in this thread, must be answered within so many seconds."""
        if seconds is None:
            return nullcontext()
        return self._limits.within(seconds, [place.service for place in [*self._places.values()]])

    def catalog(self, name: str | None = None, *, metrics: bool = False) -> Catalog:
        """What a source holds. `metrics`: also what was logged, which a folder must be read through for."""
        return self.learn_catalog(name, metrics=metrics)

    def known_catalog(self, name: str | None = None, *, metrics: bool = False) -> tuple[Catalog | None, float | None]:
        """What is known of a source, at once: from this session or from the disk. Nothing is asked, no folder is read.

        Gives the catalog and its age in seconds, or `None` twice. Any thread may call it.
        """
        place = self._place_at_hand(name)
        matching = None if place is None else self._matching.get(place, None if "*" in place.project else (place,))
        if matching is None:
            return None, None
        known = remembered(matching, metrics=metrics)
        if known is not None:
            return known.catalog, known.age_seconds
        catalog, learned_at, has_metrics = self._learned.get(matching, (None, 0.0, False))
        if catalog is None or (metrics and not has_metrics):
            return None, None
        return catalog, monotonic() - learned_at

    def learn_catalog(self, name: str | None = None, *, metrics: bool = False, force: bool = False) -> Catalog:
        """What a source holds, asked for if what is known is not true any more; `force`: in any case.

        Any thread may call it. It never prints; what it asks is ended by `close`. Raises the `BackendError` family.
        """
        places = self.places(name)
        catalog = catalogs_of(places, metrics=metrics, anew=force)
        with self._opening:
            self._learned[places] = (catalog, monotonic(), metrics)
        return catalog

    def edition(self, name: str | None = None) -> tuple[int | None, ...]:
        """Another one once a source is another, as far as that is told at once."""
        return tuple(place.service.edition for place in self.places(name))

    def _place_at_hand(self, name: str | None) -> SourcePlace | None:
        """A source that is open, or opens for nothing."""
        name = self.source_name if name is None else name
        if name is None or (
            self._source is not None and not isinstance(self._source, str) and name == self._source.name
        ):
            return self._places.get("")
        is_open = name in self._places or opens_unasked(name, self.settings)
        return self.place(name) if is_open else None
