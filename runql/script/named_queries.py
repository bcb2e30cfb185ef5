"""Queries by their names: what `let` and saved queries give, and how a query goes on from one of them."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import field, replace
from typing import Any, TypeVar, assert_never

from runql.language.clauses import CLAUSES
from runql.script.inner_queries import HOLDERS, with_inner
from runql.semantic.check.piped import ALSO_STAGES
from runql.syntax import to_text, tree
from runql.syntax.tree import SourceKind, Target
from runql.syntax.tree.walk import nodes
from runql.text.diagnostic import Diagnostic, Edit, Fix
from runql.text.frozen import changeable, frozen
from runql.text.nearest import nearest
from runql.text.source import NOWHERE, Span

_NodeT = TypeVar("_NodeT", bound=tree.Node)
LAST = "_"
MOST_LEVELS = 100
"""How many queries may stand behind a name, each going on from the next."""
MOST_INNER = 200
"""How many questions may stand inside of those of one text, names put in."""
MOST_KEPT = 9
"""How many of the last queries have a name: `_`, `_2` and so on."""
LAST_NAMES = (LAST, *(f"{LAST}{number}" for number in range(2, MOST_KEPT + 1)))


@changeable
class NamedQuery:
    """A query with the values of its own parameters. `is_placed`: its places mean something in the text at hand."""

    _query: tree.Query
    params: Mapping[str, Any] = field(default_factory=dict)
    is_placed: bool = True
    _is_bare: bool = False

    @property
    def query(self) -> tree.Query:
        """The query. Its places are taken out when it is asked for: most of the last queries never are."""
        if not (self.is_placed or self._is_bare):
            self._query, self._is_bare = nowhere(self._query), True
        return self._query

    def placeless(self) -> NamedQuery:
        """The query for other texts than its own: its places mean nothing there."""
        return NamedQuery(self._query, self.params, is_placed=False) if self.is_placed else self

    def __eq__(self, other: object) -> bool:
        return isinstance(other, NamedQuery) and (self.query, self.params) == (other.query, other.params)

    def __hash__(self) -> int:
        return hash(self.query)

    def __repr__(self) -> str:
        return f"NamedQuery({self.query!r}, {self.params!r})"


@frozen
class Expanded:
    """A query that names no other one any more."""

    query: tree.Query
    params: Mapping[str, Any]
    diagnostics: tuple[Diagnostic, ...] = ()


@changeable
class QueryNames:
    """What names stand for. `lets` are by their names, the last query among them as `_`; `saved` reads one of a file.

    `saved` gives the query or what is wrong with it.
    """

    lets: Mapping[str, NamedQuery]
    saved: Callable[[str, Span], NamedQuery | Diagnostic]
    is_source: Callable[[str], bool] = field(default=lambda _: False)
    _inner: int = 0

    @property
    def named(self) -> tuple[str, ...]:
        """The names of queries, the last ones apart."""
        return tuple(name for name in self.lets if not is_last(name))

    def expand(self, query: tree.Query, seen: tuple[str, ...] = ()) -> Expanded:
        """The query with what it goes on from, and the names of the tables beside it, put in."""
        source = query.clause(tree.FromClause)
        base = None if source is None else self._base(query, source, seen)
        if base is not None and base.diagnostics:
            return base
        if any(isinstance(node, HOLDERS) for node in nodes((query.clauses, query.stages))):
            own = self._with_inner(query, source, source if base is None else base.query.clause(tree.FromClause), seen)
        else:
            own = Expanded(query, {}, () if source is None else tuple(self._slips(source)))
        if own.diagnostics or base is None:
            return own
        return Expanded(continued(base.query, own.query), {**own.params, **base.params})

    def _with_inner(
        self, query: tree.Query, own: tree.FromClause | None, source: tree.FromClause | None, seen: tuple[str, ...]
    ) -> Expanded:
        """With the queries inside of it put in. One in parentheses that names no source is about the outer one's."""
        params: dict[str, Any] = {}
        found = [] if own is None else self._slips(own)

        def change(node: tree.QueryNode | tree.SourceRef) -> tuple[tree.QueryNode | tree.SourceRef, str]:
            self._inner += 1
            if self._inner > MOST_INNER:
                message = f"more than {MOST_INNER} questions stand inside of each other"
                found.append(Diagnostic("RQL534", message, node.span, hints=("ask the inner ones by themselves",)))
            if found:
                return node, ""
            if isinstance(node, tree.SourceRef):
                inner, label = _named(node), _written(node)
            else:
                inner, label = with_source(tree.query_in(node), source), ""
            expanded = self.expand(inner, seen)
            params.update(expanded.params)
            found.extend(_at(one, node.span) for one in expanded.diagnostics)
            return expanded.query, label

        return Expanded(with_inner(query, change), params, tuple(found))

    def _base(  # noqa: PLR0911 - one line a mistake
        self, query: tree.Query, clause: tree.FromClause, seen: tuple[str, ...]
    ) -> Expanded | None:
        """The query that a query goes on from; `None` where it names sources."""
        refs = [ref for ref in clause.sources if self._is_query(ref)]
        if not refs:
            return None
        ref = refs[0]
        if len(clause.sources) > 1:
            message = f"`{_written(ref)}` is a query, and a query is continued alone"
            return Expanded(
                query, {}, (Diagnostic("RQL220", message, ref.span, hints=("name one query, or sources",)),)
            )
        name = _written(ref)
        if name in seen:
            chain = " → ".join(f"`{one}`" for one in (*seen[seen.index(name) :], name))
            return Expanded(query, {}, (Diagnostic("RQL220", f"`{name}` means itself: {chain}", ref.span),))
        if len(seen) >= MOST_LEVELS:
            return Expanded(query, {}, (too_many_levels(name, ref.span),))
        found = self._found(ref)
        if isinstance(found, Diagnostic):
            return Expanded(query, {}, (found,))
        base = self.expand(found.query, (*seen, name))
        if base.diagnostics:
            return Expanded(query, {}, tuple(_at(one, ref.span) for one in base.diagnostics))
        against = _contradiction(base.query, query, name)
        if against is not None:
            return Expanded(query, {}, (against,))
        return replace(base, params={**base.params, **found.params})

    def _is_query(self, ref: tree.SourceRef) -> bool:
        return ref.kind is not SourceKind.NAME or ref.name in self.lets

    def _found(self, ref: tree.SourceRef) -> NamedQuery | Diagnostic:
        if ref.kind is SourceKind.SAVED:
            return self.saved(ref.name.removeprefix("@"), ref.span)
        name = LAST if ref.kind is SourceKind.LAST else ref.name
        if name in self.lets:
            return self.lets[name]
        return Diagnostic("RQL220", "there is no last query yet: `_` is the one before", ref.span)

    def _slips(self, clause: tree.FromClause) -> list[Diagnostic]:
        """A name that is no source but near to one of a query."""
        found = []
        for ref in clause.sources:
            if self._is_query(ref):
                continue
            near = nearest(ref.name, self.named, most=1)
            if near and not self.is_source(ref.name):
                message = f"there is no query and no source `{ref.name}`"
                fixes = (Fix(f"write `{near[0]}`", (Edit(ref.span, near[0]),)),) if ref.span != NOWHERE else ()
                found.append(Diagnostic("RQL220", message, ref.span, hints=(f"nearest: `{near[0]}`",), fixes=fixes))
        return found


def with_source(inner: tree.Query, source: tree.FromClause | None) -> tree.Query:
    """An inner query with the source of the outer one, if it names none."""
    if source is None or inner.clause(tree.FromClause) is not None:
        return inner
    return replace(inner, clauses=(source, *inner.clauses))


def _named(ref: tree.SourceRef) -> tree.Query:
    """All the runs of what a name stands for."""
    return tree.Query(Target.RUNS, (tree.FromClause((ref,), span=ref.span),), span=ref.span)


def too_many_levels(name: str, span: Span) -> Diagnostic:
    """What to say where queries go on from queries without an end."""
    message = f"more than {MOST_LEVELS} queries go on from each other, and `{name}` is one of them"
    return Diagnostic("RQL534", message, span, hints=("write out the query that is meant",))


def is_last(name: str) -> bool:
    """Whether a name stands for one of the last queries, so that it means another one after the next."""
    return name == LAST or (name[:1] == LAST and name[1:].isdecimal())


def continued(base: tree.Query, over: tree.Query) -> tree.Query:
    """A query that goes on from another: conditions are and-ed, any other clause that is given replaces what stands for
    the same or contradicts it."""
    given = {type(clause) for clause in over.clauses}
    terminals = {tree.terminal_of(clause) for clause in over.clauses} & CLAUSES.keys()
    gone = {other for terminal in terminals for other in CLAUSES[terminal].excludes}
    clauses: list[tree.Clause] = []
    for clause in base.clauses:
        if over.target is Target.COUNT and isinstance(clause, _NOT_COUNTED):
            continue
        if isinstance(clause, tree.WhereClause):
            further = over.clause(tree.WhereClause)
            clauses.append(clause if further is None else _both(clause, further))
        elif isinstance(clause, tree.FromClause) or not (type(clause) in given or tree.terminal_of(clause) in gone):
            clauses.append(clause)
    has_where = base.clause(tree.WhereClause) is not None
    clauses += [
        clause
        for clause in over.clauses
        if not isinstance(clause, tree.FromClause) and not (has_where and isinstance(clause, tree.WhereClause))
    ]
    target = base.target if over.target is Target.RUNS else over.target
    return replace(
        over, target=target, ident=over.ident or base.ident, clauses=tuple(clauses), stages=(*base.stages, *over.stages)
    )


def _both(first: tree.WhereClause, second: tree.WhereClause) -> tree.WhereClause:
    terms: list[tree.Expr] = []
    for condition in (first.condition, second.condition):
        terms += condition.terms if isinstance(condition, tree.And) else [condition]
    return replace(second, condition=tree.And(tuple(terms), span=second.condition.span))


def _contradiction(base: tree.Query, over: tree.Query, name: str) -> Diagnostic | None:
    own = [clause for clause in over.clauses if not isinstance(clause, tree.FromClause)]
    if base.stages and own:
        message = f"`{name}` has stages, and a clause would have to stand before them"
        hint = f"go on with a stage: `runs from {name} | …`"
        starts = [Span(one.span.start, one.span.start) for one in own]
        are_stages = all(isinstance(one, ALSO_STAGES) for one in own)
        fix = Fix("write each as a stage", tuple(Edit(start, "| ") for start in starts))
        return Diagnostic("RQL220", message, own[0].span, hints=(hint,), fixes=(fix,) if are_stages else ())
    if base.stages and over.target is Target.COUNT:
        hint = f"count its rows: `runs from {name} | group : n = count()`"
        return Diagnostic("RQL220", f"`{name}` has stages, and `count` counts runs", over.span, hints=(hint,))
    if over.target is Target.COUNT and (word := _not_of_counts(base)):
        message = f"`{name}` has `{word}`, and `count` counts all runs that match"
        hint = f"count its rows: `runs from {name} | group : n = count()`"
        return Diagnostic("RQL220", message, over.span, hints=(hint,))
    if base.target is Target.COUNT:
        return Diagnostic("RQL220", f"`{name}` is a number, and nothing goes on from it", over.span)
    if over.target in (Target.RUN, Target.SWEEP) and base.target is not Target.RUNS:
        return Diagnostic("RQL220", f"`{name}` is one {base.target} already", over.span)
    return None


_NOT_COUNTED = (tree.OrderClause, tree.SelectClause)
"""What a count of a query leaves out, for there are as many runs in any order and with any columns."""


def _not_of_counts(base: tree.Query) -> str | None:
    """The word of a clause that a count of the query can neither take nor leave out."""
    for clause in base.clauses:
        entry = CLAUSES.get(tree.terminal_of(clause))
        if entry is not None and not entry.counts and not isinstance(clause, _NOT_COUNTED):
            return entry.words
    return None


def _written(ref: tree.SourceRef) -> str:
    match ref.kind:
        case SourceKind.LAST:
            return LAST
        case SourceKind.SAVED:
            return f"@{ref.name.removeprefix('@')}"
        case SourceKind.NAME:
            return ref.name
        case _:
            assert_never(ref.kind)


def _at(diagnostic: Diagnostic, span: Span) -> Diagnostic:
    """What is wrong inside a query that is named elsewhere, at the place that names it."""
    return diagnostic if diagnostic.span != NOWHERE else replace(diagnostic, span=span)


_PLAIN = frozenset({str, int, float, bool, type(None)})


def nowhere(node: _NodeT) -> _NodeT:
    """A tree without its places: it came from another text than the one that is at hand."""
    kind: Any = type(node)
    names: tuple[str, ...] = kind.__match_args__
    parts = []
    is_same = node.span is NOWHERE
    for name in names:
        value = getattr(node, name)
        part = value if type(value) in _PLAIN else _nowhere(value)
        is_same = is_same and part is value
        parts.append(part)
    moved: _NodeT = node if is_same else kind(*parts, span=NOWHERE)
    return moved


def _nowhere(value: Any) -> Any:
    if isinstance(value, tree.Node):
        return nowhere(value)
    if not isinstance(value, tuple):
        return NOWHERE if isinstance(value, Span) else value
    parts = tuple(map(_nowhere, value))
    return value if all(map(operator.is_, value, parts)) else parts


def text_of(named: NamedQuery) -> str:
    """The query of a name, as a text."""
    return to_text(named.query)
