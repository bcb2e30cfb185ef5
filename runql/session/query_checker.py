"""Checks queries against the catalogs of their sources, the questions inside of them against theirs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from functools import partial
from typing import Any

from runql.config import Settings
from runql.errors import SourceError
from runql.execute.deferred_names import Doubt, is_doubtful
from runql.script.interpreter import QueryTask
from runql.script.saved import saved_queries
from runql.script.unknown_names import placed, with_query_meant
from runql.semantic.catalog import Catalog
from runql.semantic.check.expressions import Expressions
from runql.semantic.check_context import CheckContext, Report
from runql.semantic.check_query import Checked, check
from runql.semantic.copy_asked import COPY_CLAUSES, copy_asked
from runql.semantic.questions import InnerTable
from runql.semantic.typed import TSql, TTo
from runql.session.checked_query import KnownSources, linted
from runql.session.inner_questions import InnerChecks
from runql.sources.catalogs import at_hand, learned_for, metrics_named, must_be_looked_up, needs_metrics
from runql.sources.open import SourcePlace
from runql.syntax import tree
from runql.text.diagnostic import without_secrets
from runql.text.frozen import frozen
from runql.text.hidden import secrets_in
from runql.text.source import NOWHERE, Source


@frozen(kw_only=True)
class QueryChecker:
    """What queries are checked with. `places` opens the sources of a name, `open` one; `now`: by default that of each
    query."""

    settings: Settings
    places: Callable[[str | None], Sequence[SourcePlace]]
    open: Callable[[str], SourcePlace]
    aliases: Mapping[str, tree.Expr]
    now: datetime | None
    zone: tzinfo

    def check(
        self,
        item: QueryTask,
        source: Source,
        *,
        offline: bool = False,
        may_wait: bool = False,
        asks: bool = False,
        inner: InnerChecks | None = None,
        depth: int = 0,
    ) -> tuple[Checked, KnownSources]:
        """A query, checked. `may_wait`: what its names mean may be seen when its runs come, where to look costs.
        `asks`: a copy that is older than the query takes asks its source for what changed. `inner`: takes what is found
        of the questions inside of it, each of which is checked against its own sources."""
        query, checks = item.query, InnerChecks() if inner is None else inner

        def table_of(one: tree.Query) -> InnerTable:
            def checked() -> tuple[Checked, KnownSources]:
                task = replace(item, query=one)
                return self.check(
                    task, source, offline=offline, may_wait=may_wait, asks=asks, inner=checks, depth=depth + 1
                )

            return checks.table(one, checked)

        told: Callable[[CheckContext], CheckContext] = partial(replace, inner=table_of, depth=depth)
        if offline:
            return self.against(query, None, told(self.context(item.params, (), source))), KnownSources()
        places = self._places_named(query.clause(tree.FromClause), item, source)
        context = told(self.context(item.params, places, source))
        if item.pull is None and any(isinstance(one, COPY_CLAUSES) for one in query.clauses):
            places = self._copies(query, places, context, source, asks=asks)

        def against(catalog: Catalog) -> Checked:
            checked = self.against(query, catalog, context)
            said = checked.diagnostics and with_query_meant(checked.diagnostics, item.names, source.text)
            return replace(checked, diagnostics=said)

        checked, known = _checked_against(query, places, source, against, may_wait=may_wait)
        return replace(checked, diagnostics=tuple(without_secrets(checked.diagnostics, secrets_in(item.params)))), known

    def _places_named(self, clause: tree.FromClause | None, item: QueryTask, source: Source) -> tuple[SourcePlace, ...]:
        """The sources of a query. Raises `SourceError` at a name that is none, with those of queries."""
        if clause is None:
            return tuple(self.places(item.source))
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
        copies = Copies(settings=self.settings, open=self.open, asks=asks)
        clause = next(one for one in query.clauses if isinstance(one, COPY_CLAUSES))
        try:
            return tuple(dict.fromkeys(copies.of(place, asked) for place in places))
        except SourceError as error:
            found = [one if one.span != NOWHERE else replace(one, span=clause.span) for one in error.diagnostics]
            raise type(error)(found, source) from None

    def context(self, params: Mapping[str, Any], places: Sequence[SourcePlace], source: Source) -> CheckContext:
        """What the checker is told beside a query and its catalog."""
        return CheckContext(
            params=params,
            now=self.now or datetime.now(UTC),
            zone=self.zone,
            source_name=", ".join(place.name for place in places) or None,
            aliases=self.aliases,
            text=source.text,
            alias_files=self.settings.alias_files,
        )

    def against(self, query: tree.Query, catalog: Catalog | None, context: CheckContext) -> Checked:
        """A query against a catalog, its files and the extras that it needs looked at too."""
        checked = check(query, catalog, context)
        if any(isinstance(stage, TTo) for stage in checked.stages):
            from runql.execute.write_files import wrong_files

            if wrong := tuple(wrong_files(checked.stages, self.settings)):
                checked = Checked(None, (*checked.diagnostics, *wrong))
        if any(isinstance(stage, TSql) for stage in checked.stages):
            from runql.execute.sql.extra import lacking_extra

            if lacking := tuple(lacking_extra(checked.stages)):
                checked = Checked(None, (*checked.diagnostics, *lacking))
        return checked


def _checked_against(
    query: tree.Query,
    places: tuple[SourcePlace, ...],
    source: Source,
    against: Callable[[Catalog], Checked],
    *,
    may_wait: bool,
) -> tuple[Checked, KnownSources]:
    """A query against what is known of its sources, or else what is learned of them; with what is found of it then."""
    known = at_hand(places) if may_wait else None
    if known is not None and must_be_looked_up(query):
        known = None
    is_blank = known is not None and not known.catalog.fields
    if known is not None and (is_blank or not needs_metrics(query, known.catalog)):
        checked = against(known.catalog)
        if not is_doubtful(checked):
            metrics = tuple(metrics_named(query)) if is_blank else ()
            doubt = Doubt(against, lambda: learned_for(query, places), source, metrics, is_blank=is_blank)
            found = KnownSources(places, known.catalog, None if known.is_true else doubt)
            return linted(checked, places, known.catalog), found
    catalog = learned_for(query, places)
    return linted(against(catalog), places, catalog), KnownSources(places, catalog)
