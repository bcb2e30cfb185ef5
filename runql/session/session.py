"""A session: the sources that are open, and everything from a text to its results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from functools import partial
from os import PathLike
from typing import TYPE_CHECKING, Any

from runql import config
from runql.errors import QueryError
from runql.execute.progress import Spent
from runql.plan.lower import lower
from runql.script.interpreter import QueryTask, Reader, SchemaTask, ScriptPlan, ScriptState, unused
from runql.script.named_queries import NamedQuery
from runql.script.saved import Loader
from runql.semantic.catalog import Catalog
from runql.semantic.check_query import Checked
from runql.semantic.typed import TStage, TypedQuery
from runql.session.checked_fixes import Trials
from runql.session.checked_query import CheckedQuery, Explanation, KnownSources
from runql.session.inner_questions import InnerChecks, InnerPlans
from runql.session.open_sources import CheckHow, QueryChecker
from runql.session.time_zone import LOCAL
from runql.sources.names import may_be_source
from runql.sources.open import SourcePlace, named
from runql.sources.paging import asking
from runql.sources.protocol import ServiceApi
from runql.syntax import Parsed, parse, tree
from runql.syntax.printer.to_text import to_text
from runql.syntax.tree import DescribeStatement, PlotStage
from runql.syntax.tree.walk import nodes
from runql.text.diagnostic import Diagnostic, without_echoes
from runql.text.hidden import secrets_in
from runql.text.source import Source, Span

if TYPE_CHECKING:
    from runql.execute.answer import Answer
    from runql.session.result import Result
    from runql.session.sql_answer import SqlAnswer


class Session(QueryChecker):
    """Answers texts from a source. A context manager: leaving it closes what was opened.

    Args:
        source: The source of queries that name none, by name or as a service (`ServiceApi`); by default what the
            settings say.
        settings: By default read from the environment and the settings files.
        now: The time that `now` and `today` mean; by default that of each text.
        zone: The zone of times that name none; by default the computer's.
    """

    def __init__(
        self,
        source: str | PathLike[str] | ServiceApi | None = None,
        settings: config.Settings | None = None,
        *,
        now: datetime | None = None,
        zone: tzinfo = LOCAL,
    ) -> None:
        super().__init__(named(source), config.load() if settings is None else settings)
        self.zone = zone
        self._now = now
        self.state = ScriptState()
        """What the texts so far leave to the next one."""

    @property
    def source_name(self) -> str | None:
        """The source of queries that name none, if anything says which. Nothing is opened."""
        return self.state.source if self.state.source is not None else super().source_name

    # ---------------------------------------------------------------- what a front end asks

    def run(self, text: str | Source, params: Mapping[str, Any] | None = None) -> tuple[Result | Explanation, ...]:
        """The results of the statements of a text, in order. All are checked before any is asked for.

        Raises:
            QueryError: anything is wrong with the text; then no run was asked for. Of a single query of a server a name
                may only be found wrong when the first runs come: then whoever reads the answer gets it, before a row.
            SourceError: no source, or one that cannot be opened.
        """
        parsed = parse(text)
        with asking(object()):
            script = self._script(parsed, params or {})
            ready = self._ready(parsed, script, params or {})
            self.state = script.state
            return tuple(self._answered(one, parsed.source) for one in ready)

    def explain(self, text: str | Source, params: Mapping[str, Any] | None = None) -> tuple[str, ...]:
        """What each query of a text becomes. Raises as `run` does."""
        parsed = parse(text)
        with asking(object()):
            ready = self._ready(parsed, self._script(parsed, params or {}), params or {}, explains=True)
        return tuple(_explained(one, parsed.source) for one in ready if isinstance(one, CheckedQuery))

    def sql(self, question: str | Source, params: Mapping[str, Any] | None = None) -> SqlAnswer:
        """The answer of DuckDB to a question about the tables of a store: `runs`, `config`, `summary`, `points`, …

        Raises:
            QueryError: the question is refused, or the source of the session is no store.
            SourceError: the source cannot be opened.
        """
        from runql.execute.sql.outside import SqlCall
        from runql.pull.copies import copy_of
        from runql.session.sql_answer import SqlAnswer

        source = question if isinstance(question, Source) else Source(question)
        with asking(object()):
            call = SqlCall(source, params or {}, self.zone, self.settings.sql)
            return SqlAnswer(*call.of_store(self.places(), lambda place: copy_of(place, self.settings)))

    def written_out(self, text: str | Source) -> NamedQuery:
        """The query of a text with the names of this session put in. Nothing is asked for.

        Raises `QueryError` for a text that is wrong, or that is not one query.
        """
        parsed = parse(text)
        script = self._script(parsed, {})
        asks = [item for item in script.items if isinstance(item, QueryTask)]
        wrong = [one for one in (*parsed.diagnostics, *script.diagnostics) if one.is_error]
        if wrong or len(asks) != 1:
            raise QueryError(wrong or [Diagnostic("RQL512", "the text is not one query")], parsed.source)
        return NamedQuery(asks[0].query, asks[0].params).placeless()

    def check(
        self, text: str | Source, params: Mapping[str, Any] | None = None, *, offline: bool = False
    ) -> tuple[Diagnostic, ...]:
        """Everything that is wrong with a text or worth saying, in the order of the places.

        `offline`: no source is opened, so no field is looked up. Parameters without a value count as unknown only then.
        Raises `SourceError` if a source cannot be opened.
        """
        trials = self._trials(params or {}, offline=offline)
        parsed = trials.parsed(parse(text))
        script = self._script(parsed, params or {})
        found = [*parsed.diagnostics, *script.diagnostics, *self.settings.said]
        for item in script.items:
            if isinstance(item, QueryTask):
                checked, known = self.checked(item, parsed.source, CheckHow(offline=offline))
                found += self._wrong_of_pull(item, known) if item.pull is not None and known.places else ()
                found += item.options.heard(tuple(without_echoes(checked.diagnostics, parsed.diagnostics)))
            elif not offline:
                found += self._wrong_in(item, parsed.source)
        found += unused(script, parsed, params) if params else ()
        found = sorted(dict.fromkeys(found), key=lambda diagnostic: diagnostic.span)
        return trials.proven(parsed.source, found)

    # ---------------------------------------------------------------- the way of a text

    def _script(self, parsed: Parsed, params: Mapping[str, Any], state: ScriptState | None = None) -> ScriptPlan:
        """The statements of a text with all names put in, after texts that left `state`; by default those of here."""
        state, now = self.state if state is None else state, self._now or datetime.now(UTC)

        def saved(name: str, span: Span) -> NamedQuery | Diagnostic:
            return self.loader({**state.params, **params}, now).load(name, span)

        return Reader(parsed, state, params, now, self.zone, saved, self._is_source).read()

    def loader(self, params: Mapping[str, Any], now: datetime | None = None) -> Loader:
        """What reads saved queries, given these parameters."""
        now, settings = now or self._now or datetime.now(UTC), self.settings
        return Loader(tuple(settings.saved), dict(params), now, self.zone, own=settings.own_queries)

    def _is_source(self, name: str) -> bool:
        """Whether a name may be a source, by its looks or because it is one that is known."""
        return name in self._places or may_be_source(name, self.settings)

    def _ready(
        self, parsed: Parsed, script: ScriptPlan, params: Mapping[str, Any], *, explains: bool = False
    ) -> list[CheckedQuery | SchemaTask]:
        """The statements of a text, checked. Raises `QueryError` with every mistake of the text."""
        if not parsed.ok:
            raise QueryError(_worst(self._trials(params).parsed(parsed).diagnostics), parsed.source)
        ready: list[CheckedQuery | SchemaTask] = []
        # The texts of a script are all checked before any is answered: what one names cannot wait for its runs.
        may_wait = len(script.items) == 1 and not explains
        wrong = [
            *(unused(script, parsed, params) if params else ()),
            *(one for one in script.diagnostics if one.is_error),
        ]
        for item in script.items:
            if isinstance(item, SchemaTask):
                ready.append(item)
                wrong += self._wrong_in(item, parsed.source) if len(script.items) > 1 else ()
                continue
            spent, inner = Spent(), InnerChecks()
            with spent.measured(lambda: [place.service for place in self._places.values()]):
                waits = may_wait and not (item.explains or item.pull)
                how = CheckHow(may_wait=waits, asks=not (explains or item.explains))
                checked, known = self.checked(item, parsed.source, how, inner)
            if checked.query is None or known.catalog is None:
                wrong += _worst(checked.diagnostics)
            else:
                if item.pull is not None:
                    wrong += self._wrong_of_pull(item, known)
                ready.append(self._planned(item, script, checked, known, inner=inner, spent=spent))
        if wrong:
            raise QueryError(self._trials(params).proven(parsed.source, dict.fromkeys(wrong)), parsed.source)
        return ready

    def _planned(
        self,
        item: QueryTask,
        script: ScriptPlan,
        checked: Checked,
        known: KnownSources,
        *,
        inner: InnerChecks,
        spent: Spent,
    ) -> CheckedQuery:
        """The plan of a query that is right, with what is to be said of it."""
        assert checked.query is not None
        assert known.catalog is not None
        all_places = (*known.places, *(place for _, below in inner.by_text.values() for place in below.places))
        of_places = dict.fromkeys(one for place in all_places for one in place.said)
        of_script = (one for one in script.diagnostics if not one.is_error)
        # Rows of histories have their steps.
        with_steps = checked.query.histories is None and _looks_at_steps(checked.query, checked.stages)
        plans = InnerPlans(inner) if inner.by_text else None
        plan = lower(checked.query, checked.stages, with_steps=with_steps, other=plans.plan_of if plans else None)
        if plans is not None:
            plans.add_those_of(plan)
        return CheckedQuery(
            plan=plan,
            places=known.places,
            catalog=known.catalog,
            tree=item.query,
            said=(*of_script, *self.settings.said, *of_places, *checked.diagnostics),
            explains=item.explains,
            spent=spent,
            options=item.options,
            doubt=known.doubt,
            hidden=secrets_in(item.params),
            folder=self.settings.folder,
            inner={} if plans is None else plans.made,
            pull=item.pull,
            settings=self.settings,
            params=item.params,
            source=item.source,
        )

    def _wrong_of_pull(self, item: QueryTask, known: KnownSources) -> Sequence[Diagnostic]:
        from runql.session.pull import wrong_of

        assert item.pull is not None
        return wrong_of(item.pull, item.query, known.places, self.settings)

    def _trials(self, params: Mapping[str, Any], *, offline: bool = False) -> Trials:
        """How the fixes of a text are tried before they are offered."""

        def check_of(
            item: QueryTask, places: Sequence[SourcePlace], catalog: Catalog | None, source: Source
        ) -> list[Diagnostic]:
            return list(self.against(item.query, catalog, self.context(item.params, places, source)).diagnostics)

        return Trials(lambda parsed: self._script(parsed, params), (lambda _: ()) if offline else self.places, check_of)

    def _described(self, statement: DescribeStatement, source_name: str | None, source: Source) -> Answer:
        """What is known of a field. Raises `QueryError` for one that is not there."""
        from runql.session.show import described

        catalog = self.catalog(source_name, metrics=statement.path.segments[:1] == ("logged",))
        return described(statement, catalog, self.context({}, self.places(source_name), source), source)

    def _wrong_in(self, look: SchemaTask, source: Source) -> Sequence[Diagnostic]:
        """What is wrong with the field that is to be described."""
        try:
            if isinstance(look.statement, DescribeStatement):
                self._described(look.statement, look.source, source)
        except QueryError as error:
            return error.diagnostics
        return ()

    def _looked(self, look: SchemaTask, source: Source) -> Result:
        """What a `show` or a `describe` gives."""
        from runql.session.result import Result
        from runql.session.show import shown

        statement, spent = look.statement, Spent()
        with spent.measured(lambda: [place.service for place in [*self._places.values()]]):
            if isinstance(statement, DescribeStatement):
                answer = self._described(statement, look.source, source)
            else:
                answer = shown(
                    statement,
                    lambda: self.place(look.source),
                    lambda: self.places(look.source),
                    lambda metrics: self.catalog(look.source, metrics=metrics),
                    settings=self.settings,
                    lets=look.lets,
                )
        answer.spent = spent
        # `show sources` and `show lets` open none.
        place = self._places.get(look.source or self.source_name or "")
        said = self.settings.said if place is None else (*self.settings.said, *place.said)
        return Result(answer, source, said, lambda: "asks the source what it holds", look.options, place=statement.span)

    def _answered(self, ready: CheckedQuery | SchemaTask, source: Source) -> Result | Explanation:
        """The answer of a statement; nothing is read for it yet."""
        if isinstance(ready, SchemaTask):
            return self._looked(ready, source)
        explained = partial(_explained, ready, source)
        if ready.explains:
            return Explanation(explained())
        from runql.execute.answer import Answer
        from runql.execute.executor import Executor
        from runql.session.result import Result

        executor = Executor(ready.plan, ready.places, ready.catalog, ready.doubt)
        settings, secrets = replace(self.settings, chart_look=ready.options.chart_look), secrets_in(ready.params)
        answer = Answer(executor, ready.catalog, source, ready.spent, settings, inner=ready.inner, secrets=secrets)
        if ready.pull is not None:
            from runql.session.pull import PullResult

            return PullResult(ready, answer, source, self.settings, explained)
        drawn, place = partial(self._drawn, ready), ready.tree.span
        return Result(answer, source, ready.said, explained, ready.options, drawn=drawn, place=place)

    def _drawn(self, ready: CheckedQuery, stage: PlotStage) -> Result:
        """The answer of a query with this chart at its end, not read yet. Raises `QueryError` if it is none."""
        from runql.session.drawn import with_plot

        query = with_plot(ready.tree, stage)
        parsed = parse(to_text(query))
        params = {node.name: ready.params[node.name] for node in nodes(query) if isinstance(node, tree.Param)}
        with asking(object()):
            script = self._script(parsed, params, replace(self.state, source=ready.source, options=ready.options))
            (drawn,) = self._ready(parsed, script, params)
        result = self._answered(drawn, parsed.source)
        assert not isinstance(result, Explanation)
        result.place = None  # it is no statement of the text
        return result


def _looks_at_steps(query: TypedQuery, stages: Sequence[TStage]) -> bool:
    """Whether the last steps of the runs are read too: stages sum up metrics, or a value at a step is asked for."""
    shown = [*(column.value for column in query.columns or () if column.value), *(key.value for key in query.order)]
    if not stages and not shown:
        return False
    from runql.advice.intent import hides_steps
    from runql.advice.short_runs import asks_a_step

    return hides_steps(stages) or asks_a_step(shown)


def _explained(query: CheckedQuery, source: Source) -> str:
    from runql.session.explain import explained

    return explained(query, source)


def _worst(diagnostics: tuple[Diagnostic, ...]) -> list[Diagnostic]:
    """The errors and warnings, for an error that stops a text."""
    return [diagnostic for diagnostic in diagnostics if diagnostic.severity != "notice"]
