"""The sources that a session opened, what is known of them, and the check of queries against that, the questions inside
of them against their own sources."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from functools import partial
from threading import Lock
from time import monotonic
from typing import Any, Final, Self

from runql.config import Settings
from runql.errors import SourceError
from runql.execute.deferred_names import Doubt, is_doubtful
from runql.plan.lower import lower
from runql.script.aliases import alias_of
from runql.script.interpreter import QueryTask
from runql.script.saved import saved_queries
from runql.script.unknown_names import placed, with_query_meant
from runql.semantic.catalog import Catalog, FieldInfo, KnownCatalog
from runql.semantic.check.expressions import Expressions
from runql.semantic.check_context import CheckContext, Report
from runql.semantic.check_query import Checked, check
from runql.semantic.copy_asked import COPY_CLAUSES, copy_asked
from runql.semantic.questions import InnerTable
from runql.semantic.spelling import info_text
from runql.semantic.typed import TSql, TTo
from runql.session.checked_query import KnownSources
from runql.session.inner_questions import InnerChecks
from runql.sources.catalogs import (
    at_hand,
    catalogs_of,
    learned_for,
    metrics_named,
    must_be_looked_up,
    needs_metrics,
    remembered,
)
from runql.sources.open import SourcePlace, default_name, matching_projects, open_place, opens_unasked
from runql.sources.protocol import ServiceApi
from runql.sources.time_limit import Limits
from runql.syntax import parse_query, tree
from runql.text.diagnostic import without_secrets
from runql.text.frozen import frozen
from runql.text.hidden import secrets_in
from runql.text.source import NOWHERE, Source


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


@frozen
class CheckHow:
    """How a query is checked. `offline`: no source is opened. `may_wait`: what its names mean may be seen when its runs
    come, where to look costs. `asks`: a copy that is older than the query takes asks its source for what changed."""

    offline: bool = False
    may_wait: bool = False
    asks: bool = False


_AT_ONCE: Final = CheckHow()


class QueryChecker(OpenSources):
    """Open sources, against which queries are checked. `zone`: of times that name none."""

    zone: tzinfo
    _now: datetime | None
    _aliases: Mapping[str, tree.Expr] | None = None

    @property
    def aliases(self) -> Mapping[str, tree.Expr]:
        """The expressions that names of the settings stand for. Raises `SettingsError` for one that cannot be read."""
        if self._aliases is None:
            self._aliases = {name: alias_of(name, text) for name, text in self.settings.aliases.items()}
        return self._aliases

    def checked(
        self,
        item: QueryTask,
        source: Source,
        how: CheckHow = _AT_ONCE,
        inner: InnerChecks | None = None,
        depth: int = 0,
    ) -> tuple[Checked, KnownSources]:
        """A query, checked. `inner`: takes what is found of the questions inside of it, each of which is checked
        against its own sources."""
        query, checks = item.query, InnerChecks() if inner is None else inner

        def table_of(one: tree.Query) -> InnerTable:
            return checks.table(one, lambda: self.checked(replace(item, query=one), source, how, checks, depth + 1))

        if how.offline:
            context = self.context(item.params, (), source, table_of, depth)
            return self.against(query, None, context), KnownSources()
        clause = query.clause(tree.FromClause)
        places = self.places(item.source) if clause is None else self._places_named(clause, item, source)
        context = self.context(item.params, places, source, table_of, depth)
        if item.pull is None and any(isinstance(one, COPY_CLAUSES) for one in query.clauses):
            places = self._copies(query, places, context, source, asks=how.asks)
        against = partial(self.against, query, context=context, names=item.names)
        known_now = at_hand(places) if how.may_wait else None
        found = None if known_now is None else _put_off(query, places, source, against, known_now)
        if found is None:
            catalog = learned_for(query, places)
            found = against(catalog), KnownSources(places, catalog)
        checked, known = found
        checked = checked if known.catalog is None else linted(checked, places, known.catalog)
        if item.params:
            secrets = secrets_in(item.params)
            checked = replace(checked, diagnostics=tuple(without_secrets(checked.diagnostics, secrets)))
        return checked, known

    def _places_named(self, clause: tree.FromClause, item: QueryTask, source: Source) -> tuple[SourcePlace, ...]:
        """The sources that a query names. Raises `SourceError` at a name that is none, with those of queries."""
        found: dict[SourcePlace, None] = {}
        for ref in clause.sources:
            try:
                found.update(dict.fromkeys(self.places(ref.name)))
            except SourceError as error:
                saved = (f"@{one.name}" for one in saved_queries(tuple(self.settings.saved)))
                raise placed(error, ref.name, ref.span, (*item.names, *saved), source) from None
        return tuple(found)

    def _copies(
        self, query: tree.Query, places: Sequence[SourcePlace], context: CheckContext, source: Source, *, asks: bool
    ) -> tuple[SourcePlace, ...]:
        """The copies that a query asks in the place of its sources; these, where what it says of copies is wrong."""
        from runql.pull.copies import Copies

        report = Report()
        asked = copy_asked(query, Expressions(None, context, report))
        if asked is None or report.has_errors:
            return tuple(places)
        copies = Copies(settings=self.settings, open=self.place, asks=asks)
        clause = next(one for one in query.clauses if isinstance(one, COPY_CLAUSES))
        try:
            return tuple(dict.fromkeys(copies.of(place, asked) for place in places))
        except SourceError as error:
            found = [one if one.span != NOWHERE else replace(one, span=clause.span) for one in error.diagnostics]
            raise type(error)(found, source) from None

    def context(
        self,
        params: Mapping[str, Any],
        places: Sequence[SourcePlace],
        source: Source,
        inner: Callable[[tree.Query], InnerTable] | None = None,
        depth: int = 0,
    ) -> CheckContext:
        """What the checker is told beside a query and its catalog. `inner`, `depth`: of the questions inside of it, and
        how many it stands in."""
        return CheckContext(
            params=params,
            now=self._now or datetime.now(UTC),
            zone=self.zone,
            source_name=", ".join(place.name for place in places) or None,
            aliases=self.aliases if self.settings.aliases else {},
            text=source.text,
            alias_files=self.settings.alias_files,
            inner=inner,
            depth=depth,
        )

    def against(
        self, query: tree.Query, catalog: Catalog | None, context: CheckContext, names: Collection[str] = ()
    ) -> Checked:
        """A query against a catalog, its files and the extras that it needs looked at too. `names`: of other queries,
        one of which may be meant where there is no such field."""
        checked = check(query, catalog, context)
        if any(isinstance(stage, TTo) for stage in checked.stages):
            from runql.execute.write_files import wrong_files

            if wrong := tuple(wrong_files(checked.stages, self.settings)):
                checked = Checked(None, (*checked.diagnostics, *wrong))
        if any(isinstance(stage, TSql) for stage in checked.stages):
            from runql.execute.sql.extra import lacking_extra

            if lacking := tuple(lacking_extra(checked.stages)):
                checked = Checked(None, (*checked.diagnostics, *lacking))
        if names and checked.diagnostics:
            checked = replace(checked, diagnostics=with_query_meant(checked.diagnostics, names, context.text or ""))
        return checked


def _put_off(
    query: tree.Query,
    places: tuple[SourcePlace, ...],
    source: Source,
    against: Callable[[Catalog], Checked],
    known: KnownCatalog,
) -> tuple[Checked, KnownSources] | None:
    """A query against what is known of its sources, with what is to be seen when runs come; `None` if more must be
    learned of them first."""
    is_blank = not known.catalog.fields
    if must_be_looked_up(query) or (not is_blank and needs_metrics(query, known.catalog)):
        return None
    checked = against(known.catalog)
    if is_doubtful(checked):
        return None
    metrics = tuple(metrics_named(query)) if is_blank else ()
    doubt = Doubt(against, lambda: learned_for(query, places), source, metrics, is_blank)
    return checked, KnownSources(places, known.catalog, None if known.is_true else doubt)


def linted(checked: Checked, places: Sequence[SourcePlace], catalog: Catalog) -> Checked:
    """With lint of intent. Only where pages are free the runs themselves are asked whether any has both of two
    fields."""
    if checked.query is None:
        return checked
    from runql.advice.lint import lint

    def have_both(a: FieldInfo, b: FieldInfo) -> int | None:
        from runql.execute.executor import Executor

        if not all(place.service.capabilities.cheap_pages for place in places):
            return None
        parsed = parse_query(f"count runs where exists({info_text(a)}) and exists({info_text(b)})")[0]
        both = check(parsed, catalog, CheckContext()).query if parsed is not None else None
        return None if both is None else Executor(lower(both), places, catalog).count()

    said = lint(lower(checked.query, checked.stages), catalog, have_both)
    return replace(checked, diagnostics=(*checked.diagnostics, *said))
