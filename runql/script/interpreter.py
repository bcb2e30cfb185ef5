"""The statements of a text, in order: what each asks for, once names, parameters and sources are put in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime, tzinfo
from typing import Any, TypeAlias, assert_never

from runql.script.named_queries import LAST_NAMES, NamedQuery, QueryNames, is_last
from runql.script.options import Options, set_option
from runql.script.parameters import declared, is_set
from runql.script.permission import guarded
from runql.syntax import Parsed, tree
from runql.syntax import tree as s
from runql.syntax.tree.walk import nodes
from runql.text.diagnostic import Diagnostic
from runql.text.frozen import changeable, frozen
from runql.text.source import NOWHERE, Span

Saved: TypeAlias = Callable[[str, Span], "NamedQuery | Diagnostic"]


@frozen
class ScriptState:
    """What one text leaves to the next one of a session: its names, its parameters, its source, its options."""

    lets: Mapping[str, NamedQuery] = field(default_factory=dict)
    params: Mapping[str, Any] = field(default_factory=dict)
    source: str | None = None
    options: Options = field(default_factory=Options)
    secrets: frozenset[str] = frozenset()
    """The parameters whose values are shown and written nowhere."""


@frozen
class QueryTask:
    """A query to be run or explained. `written`: as the text has it, before names were put in. `names`: of queries.

    `pull`: its runs are copied to a store.
    """

    query: tree.Query
    written: tree.Query
    explains: bool
    params: Mapping[str, Any]
    source: str | None
    options: Options
    names: tuple[str, ...] = ()
    pull: s.PullStatement | None = None


@frozen
class SchemaTask:
    """`show …` or `describe FIELD`."""

    statement: s.ShowStatement | s.DescribeStatement
    source: str | None
    lets: Mapping[str, NamedQuery]
    options: Options


@frozen
class ScriptPlan:
    """What a text asks for, in order, what is wrong with it, and what it leaves. `used`: its parameters."""

    items: tuple[QueryTask | SchemaTask, ...]
    diagnostics: tuple[Diagnostic, ...]
    state: ScriptState
    used: frozenset[str] = frozenset()


@changeable
class Reader:
    """Goes through the statements of one text."""

    parsed: Parsed
    state: ScriptState
    params: Mapping[str, Any]
    now: datetime
    zone: tzinfo
    saved: Saved
    is_source: Callable[[str], bool]
    items: list[QueryTask | SchemaTask] = field(default_factory=list)
    found: list[Diagnostic] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    unfit: set[str] = field(default_factory=set)
    """The parameters of which it was said what is wrong: queries that use them are not looked at."""

    def read(self) -> ScriptPlan:
        """The whole text."""
        statements = self.parsed.script.statements
        if self.parsed.source.is_script:
            statements = tuple(map(_guarded, statements))
        parameters = [one for one in statements if isinstance(one, s.ParamStatement)]
        declared = self._declared(parameters) if parameters else {}
        params = {**self.state.params, **self.params, **declared}
        named = [one for one in statements if isinstance(one, s.LetStatement)]
        lets = {**self.state.lets, **(self._lets(named) if named else {})}
        names = QueryNames(lets, self.saved, self.is_source)
        secrets = {one.name for one in parameters if one.type_name == "secret"}
        state = replace(
            self.state,
            lets=lets,
            params={**self.state.params, **declared},
            secrets=self.state.secrets | secrets,
        )
        for statement in statements:
            state = self._after(statement, names, params, state)
        for parameter in parameters:
            if parameter.name not in self.used:
                message = f"the parameter `${parameter.name}` is declared and never used"
                self.found.append(Diagnostic("RQL222", message, _place(parameter.name_span, parameter.span)))
        lasting = {name: one.placeless() for name, one in state.lets.items()} if named else state.lets
        return ScriptPlan(
            tuple(self.items), tuple(dict.fromkeys(self.found)), replace(state, lets=lasting), frozenset(self.used)
        )

    def _after(  # noqa: PLR0911 - one a node
        self, statement: tree.Statement, names: QueryNames, params: Mapping[str, Any], state: ScriptState
    ) -> ScriptState:
        """What the statements behind this one stand on; what it asks for is added to the items."""
        match statement:
            case tree.QueryStatement(query=query) | tree.ExplainStatement(query=query):
                explains = isinstance(statement, tree.ExplainStatement)
                return self._asked(query, names, params, state, explains=explains)
            case s.LetStatement(name=name, query=query):
                return self._let(name, query, names, state)
            case s.UseStatement(source=ref):
                return replace(state, source=self._used(ref, state.source))
            case s.SetStatement():
                options, wrong = set_option(state.options, statement)
                self.found += [wrong] if wrong is not None else []
                return replace(state, options=options)
            case s.ShowStatement() | s.DescribeStatement():
                self.items.append(SchemaTask(statement, state.source, dict(state.lets), state.options))
                return state
            case s.PullStatement():
                self._pull(statement, names, params, state)
                return state
            case s.ParamStatement() | tree.BrokenStatement():
                return state  # the one is read before, of the other the parser has said what is wrong
            case _:
                assert_never(statement)

    def _asked(
        self, query: tree.Query, names: QueryNames, params: Mapping[str, Any], state: ScriptState, *, explains: bool
    ) -> ScriptState:
        """The state behind a query, which is asked if its names and its parameters are in order."""
        expanded = names.expand(query)
        self.found += expanded.diagnostics
        if expanded.diagnostics:
            return state
        named = {node.name for node in nodes(expanded.query) if isinstance(node, tree.Param)}
        self.used |= named
        if named & self.unfit:
            return state
        known = {**expanded.params, **params}
        of_queries = names.named if names.lets else ()
        self.items.append(QueryTask(expanded.query, query, explains, known, state.source, state.options, of_queries))
        # It is `_` from now on, and what was `_` before is `_2`.
        last = [name for name in LAST_NAMES if name in names.lets]
        queries = [NamedQuery(expanded.query, known, is_placed=False), *map(names.lets.__getitem__, last)]
        names.lets = {**names.lets, **dict(zip(LAST_NAMES, queries, strict=False))}
        return replace(state, lets=names.lets)

    def _let(self, name: str, query: tree.Query, names: QueryNames, state: ScriptState) -> ScriptState:
        """The state behind a named query, which is looked at although nothing may ask it."""
        expanded = names.expand(query, (name,))
        self.found += expanded.diagnostics
        self.used |= {node.name for node in nodes(query) if isinstance(node, tree.Param)}
        if not _goes_on_from_last(query) or expanded.diagnostics:
            return state
        names.lets = {**names.lets, name: NamedQuery(expanded.query, expanded.params)}
        return replace(state, lets=names.lets)

    def _declared(self, statements: Sequence[s.ParamStatement]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        seen: dict[str, Span] = {}
        for statement in statements:
            if statement.name in seen:
                message = f"the parameter `${statement.name}` is declared twice"
                self.found.append(Diagnostic("RQL221", message, _place(statement.name_span, statement.span)))
            seen[statement.name] = statement.span
            value, wrong = declared(statement, self.params, self.now, self.zone)
            if wrong is not None:
                self.found.append(wrong)
                self.unfit.add(statement.name)
            elif is_set(statement, self.params):
                values[statement.name] = value
        return values

    def _lets(self, statements: Sequence[s.LetStatement]) -> dict[str, NamedQuery]:
        lets: dict[str, NamedQuery] = {}
        for statement in statements:
            if statement.name in lets:
                place = _place(statement.name_span, statement.span)
                self.found.append(Diagnostic("RQL220", f"`{statement.name}` is named twice", place))
            lets[statement.name] = NamedQuery(statement.query)
        return lets

    def _used(self, ref: tree.SourceRef, before: str | None) -> str | None:
        if ref.kind is tree.SourceKind.NAME and ref.name not in self.state.lets:
            return ref.name
        hint = "a query is continued with `runs from …`"
        self.found.append(Diagnostic("RQL220", f"`{ref.name}` is a query, not a source", ref.span, hints=(hint,)))
        return before

    def _pull(
        self, statement: s.PullStatement, names: QueryNames, params: Mapping[str, Any], state: ScriptState
    ) -> None:
        """Checked like the query that takes its runs: all, if there is none."""
        written = statement.query or tree.Query(tree.Target.RUNS, span=statement.span)
        expanded = names.expand(written)
        self.found += expanded.diagnostics
        named = {node.name for node in nodes(expanded.query) if isinstance(node, tree.Param)}
        self.used |= named
        if not (expanded.diagnostics or named & self.unfit):
            known = {**expanded.params, **params}
            source, options = state.source, state.options
            asked = QueryTask(expanded.query, written, False, known, source, options, names.named, statement)
            self.items.append(asked)


def _guarded(statement: tree.Statement) -> tree.Statement:
    """A statement of a text that came with a folder."""
    match statement:
        case tree.QueryStatement(query=query) | tree.ExplainStatement(query=query) | s.LetStatement(query=query):
            return replace(statement, query=guarded(query))
        case s.PullStatement(query=query):
            return replace(statement, query=None if query is None else guarded(query), guarded=True)
        case tree.BrokenStatement() | tree.UseStatement() | tree.ParamStatement() | tree.ShowStatement():
            return statement
        case tree.DescribeStatement() | tree.SetStatement():
            return statement
        case _:
            assert_never(statement)


def _goes_on_from_last(query: tree.Query) -> bool:
    """Whether a query names one of the last ones, which is another one as soon as something is asked."""
    clause = query.clause(tree.FromClause)
    return clause is not None and any(ref.kind is tree.SourceKind.LAST or is_last(ref.name) for ref in clause.sources)


def _place(span: Span, otherwise: Span) -> Span:
    return span if span != NOWHERE else otherwise


def asked_for(parsed: Parsed) -> Iterator[tree.Query]:
    """The queries of a text as they are written, those of names included."""
    for statement in parsed.script.statements:
        query = s.query_of(statement)
        if query is not None:
            yield query


def unused(script: ScriptPlan, parsed: Parsed, params: Mapping[str, Any]) -> Iterator[Diagnostic]:
    """Parameters that were given but that the text does not have: mostly a slip in the name."""
    used = script.used
    bare = {node.segments for node in nodes(parsed.script) if isinstance(node, tree.Path)}
    for name in params:
        if name not in used:
            hint = f"it has {', '.join(f'`${one}`' for one in sorted(used))}" if used else "it has no parameter"
            hint = f"its value stands where `${name}` is written, not `{name}`" if (name,) in bare else hint
            yield Diagnostic("RQL217", f"the text does not use the parameter `{name}`", hints=(hint,))
