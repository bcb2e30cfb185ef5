"""`show …` and `describe FIELD`: what there is, as tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, assert_never

from runql.config import Settings
from runql.engine.patterns import star_matcher
from runql.engine.table import Table
from runql.errors import QueryError
from runql.execute.answer import Answer
from runql.execute.executor import Executor
from runql.execute.tables import TableOperator
from runql.language.fields import Space
from runql.language.kinds import Kind
from runql.plan.nodes import Projection, RunScan
from runql.results.frame import Frame
from runql.script.named_queries import NamedQuery, is_last, text_of
from runql.script.saved import saved_queries
from runql.semantic.catalog import Catalog, FieldInfo
from runql.semantic.check_context import CheckContext, Report
from runql.semantic.names.resolver import Names
from runql.semantic.operands import Operand, literal_text
from runql.semantic.record import SweepRecord
from runql.semantic.spelling import PREFIXES, info_text
from runql.semantic.values import MISSING, Value
from runql.sources.concurrent import together
from runql.sources.names import known_sources
from runql.sources.open import SourcePlace
from runql.syntax.tree import DescribeStatement, Show, ShowStatement
from runql.text.diagnostic import Diagnostic
from runql.text.nearest import nearest
from runql.text.source import Source

_VALUE_SPACES = (Space.CONFIG, Space.SUMMARY, Space.SYSTEM)
_SHOWN_SPACES = (Space.CONFIG, Space.SUMMARY, Space.LOGGED, Space.SYSTEM)
_METRICS = (Space.LOGGED, Space.SYSTEM)
_WHICH = {space: f"which there are: `show fields {space}`" for space in _METRICS}
_NOT_TOLD = "the source does not say which metrics were logged"
_FIELD_COLUMNS = ("field", "type", "runs", "missing", "min", "median", "max", "values")


class MadeTable(TableOperator):
    """A table that is no query's: made when it is read. `notes`: what its rows are made of; `said`: what they lack."""

    def __init__(
        self, make: Callable[[dict[Diagnostic, None]], Frame], names: Sequence[str], notes: Sequence[str]
    ) -> None:
        self._make = make
        self._names = tuple(names)
        self._notes = tuple(notes)
        self._length = 0
        self.said: dict[Diagnostic, None] = {}

    @property
    def names(self) -> tuple[str, ...]:
        return self._names

    def tables(self) -> Iterator[Table]:
        frame = self._make(self.said)
        self._length = frame.length
        yield Table(frame.columns, frame.length)

    def notices(self) -> Iterable[Diagnostic]:
        return self.said

    def footer(self, counted: tuple[str, ...]) -> tuple[str, ...]:  # noqa: ARG002 - no runs are counted
        return (f"{self._length:,} row{'s' * (self._length != 1)}", *self._notes)


# ---------------------------------------------------------------- show


def shown(
    statement: ShowStatement,
    place: Callable[[], SourcePlace],
    places: Callable[[], Sequence[SourcePlace]],
    catalog: Callable[[bool], Catalog],
    *,
    settings: Settings,
    lets: Mapping[str, NamedQuery],
) -> Answer:
    """The table of a `show`. A source is only opened for what it holds; `places` are those that its `*` stands for."""
    match statement.what:
        case Show.SOURCES:
            return _answer(("source", "means"), lambda: _sources(settings))
        case Show.LETS:
            return _answer(("name", "query", "comment"), lambda: _lets(lets, settings))
        case Show.PROJECTS:
            here = place()
            return _listed(("project", "entity", "runs", "active"), partial(_projects, here), here)
        case Show.SWEEPS:
            all_here = places()
            own = ("project",) if len(all_here) > 1 else ()
            names = (*own, "sweep", "name", "method", "state", "runs", "best")
            return _listed(names, partial(_sweeps, all_here, bool(own)), *all_here)
        case Show.TAGS:
            facts = catalog(False)
            rows = sorted(facts.tags.items(), key=lambda one: (-one[1], one[0]))
            return _answer(("tag", "runs"), lambda: rows, notes=looked_at(facts, Space.CONFIG))
        case Show.FIELDS:
            space = Space(statement.space) if statement.space is not None else None
            facts = catalog(space in (None, Space.LOGGED, Space.SYSTEM))
            spaces = _SHOWN_SPACES if space is None else (space,)
            notes = looked_at(facts, *spaces)
            return _answer(_FIELD_COLUMNS, lambda: _fields(facts, spaces, statement.like), notes=notes)
        case _:
            assert_never(statement.what)


def _answer(
    names: Sequence[str], rows: Callable[[], Iterable[Sequence[Value]]], *places: SourcePlace, notes: Sequence[str] = ()
) -> Answer:
    return _answer_of(MadeTable(lambda _: Frame.of_rows(names, rows()), names, notes), places)


def _listed(
    names: Sequence[str], rows: Callable[[dict[Diagnostic, None]], Iterable[Sequence[Value]]], *places: SourcePlace
) -> Answer:
    """The same of rows that say what is missing among them."""
    return _answer_of(MadeTable(lambda said: Frame.of_rows(names, rows(said)), names, ()), places)


def _answer_of(table: MadeTable, places: Sequence[SourcePlace]) -> Answer:
    nothing = Catalog("")
    return Answer(Executor(Projection(RunScan(), ()), places, nothing), nothing, Source(""), top=table)


def looked_at(catalog: Catalog, *spaces: Space) -> tuple[str, ...]:
    """Of how many runs the counts of a catalog are, where these are not all."""
    found = {space: catalog.looked_at(space) for space in spaces}
    few = {space: count for space, count in found.items() if count < catalog.run_count}
    if few.get(Space.LOGGED) == 0:
        return (*looked_at(catalog, *(space for space in spaces if space is not Space.LOGGED)), _NOT_TOLD)
    if not few:
        return ()
    counts = dict.fromkeys(few.values())
    if len(counts) == 1:
        return (f"counts are of {next(iter(counts)):,} of {catalog.run_count:,} runs, there may be other fields",)
    values, metrics = (max(few.get(space, 0) for space in some) for some in (_VALUE_SPACES, (Space.LOGGED,)))
    of = f"{values:,}, of metrics of {metrics:,}, of {catalog.run_count:,} runs"
    return (f"counts are of {of}, there may be other fields",)


def _sources(settings: Settings) -> Iterator[tuple[Value, ...]]:
    default = settings.default_source()
    named = known_sources(settings)
    if default is not None and default not in named:
        named = {default: "the default", **named}
    yield from named.items()


def _lets(lets: Mapping[str, NamedQuery], settings: Settings) -> Iterator[tuple[Value, ...]]:
    for name, named in lets.items():
        yield name, text_of(named), "one of the last queries" if is_last(name) else MISSING
    for saved in saved_queries(settings.saved):
        yield f"@{saved.name}", str(saved.path), saved.comment or MISSING


def _projects(place: SourcePlace, said: dict[Diagnostic, None]) -> Iterator[tuple[Value, ...]]:
    matches = star_matcher(place.project) if "*" in place.project else None
    for one in place.service.projects(place.entity):
        said.update(dict.fromkeys(one.said))
        if matches is not None and not matches(one.name):
            continue
        yield one.name, one.entity, _given(one.run_count), _given(one.last_active)


def _sweeps(
    places: Sequence[SourcePlace], names_project: bool, said: dict[Diagnostic, None]
) -> Iterator[tuple[Value, ...]]:
    def ask(place: SourcePlace) -> list[SweepRecord]:
        return [*place.service.sweeps(place.entity, place.project)]

    for place, sweeps in zip(places, together([partial(ask, place) for place in places], places), strict=True):
        own = (place.project or place.name,) if names_project else ()
        for one in sweeps:
            said.update(dict.fromkeys(one.said))
            yield (*own, one.id, *map(_given, (one.name, one.method, one.state, one.run_count, one.best_loss)))


def _given(value: Any) -> Value:
    return MISSING if value is None else value


def _fields(catalog: Catalog, spaces: Sequence[Space], like: str | None) -> Iterator[tuple[Value, ...]]:
    matches = star_matcher(like) if like is not None else None
    for one in spaces:
        for info in sorted((info for info in catalog.fields if info.space is one), key=lambda info: info.dotted):
            if matches is None or matches(info.dotted) or matches(info_text(info)):
                yield field_facts(info, catalog)


def field_facts(info: FieldInfo, catalog: Catalog) -> tuple[Value, ...]:
    """A row about a field: its name, types, how many runs have it, its range, its most frequent values and elements."""
    kinds = sorted(((kind, count) for kind, count in info.kinds.items() if count), key=lambda one: -one[1])
    types = ", ".join(kind.value for kind, _ in kinds if kind is not Kind.MISSING)
    # Values that no two runs share say no more than the range.
    tells = info.minimum is None or any(count > 1 for _, count in info.top) or info.runs < 3
    values = info.top[:5] if tells else ()
    held = ("", values), ("in lists: ", info.elements[:5])
    parts = [before + ", ".join(f"{literal_text(value)} ({n:,})" for value, n in some) for before, some in held if some]
    top = " · ".join(parts) or _cadence(info)
    return (
        info_text(info),
        types or MISSING,
        info.runs,
        max(0, catalog.looked_at(info.space) - info.runs),
        *map(_given, (info.minimum, info.median, info.maximum)),
        top or MISSING,
    )


def _cadence(info: FieldInfo) -> str:
    """How often a metric was logged: `3,000 rows, every 10 steps`."""
    if info.rows is None:
        return ""
    often = "" if info.every is None else ", every step" if info.every < 1.05 else f", every {info.every:.3g} steps"
    return f"{info.rows:,} row{'s' * (info.rows != 1)}{often}"


# ---------------------------------------------------------------- describe


def described(statement: DescribeStatement, catalog: Catalog, context: CheckContext, source: Source) -> Answer:
    """What is known of one field. Raises `QueryError` for one that is not there."""
    report = Report()
    span = statement.path.span
    segments = statement.path.segments
    found: list[FieldInfo] = []
    space = PREFIXES.get(str(segments[0]).lower()) if len(segments) > 1 else None
    if space in _METRICS:
        name = ".".join(map(str, segments[1:]))
        found = list(catalog.index.by_dotted.get((space, name), ()))
        if not found:
            names = [info.dotted for info in catalog.fields if info.space is space]
            near = [f"nearest: `{space}.{one}`" for one in nearest(name, names, most=1)]
            report.add("RQL208", f"no metric `{space}.{name}` in {catalog.source}", span, *near, _WHICH[space])
    else:
        resolved = Names(catalog, context, report).resolve(statement.path, span)
        if isinstance(resolved, Operand) and resolved.info is not None:
            found = [resolved.info]
        elif isinstance(resolved, Operand) and resolved.key.space is Space.RUN:
            name = resolved.key.written
            hint = f"its values: `runs | group {name} : n = count()`"
            report.add("RQL213", f"`{name}` is a field that every run has", span, hint)
        elif resolved is not None:
            report.add("RQL213", "only a field of config or summary, or a metric, is described", span)
        elif segments == ("runs",):
            ways = (
                "which fields the runs have: `show fields`",
                "what a table holds, a row a column: `runs | describe`",
            )
            report.amend(0, ("RQL201",), ways, ())
    if not found:
        raise QueryError([one for one in report.found if one.is_error], source)
    notes = looked_at(catalog, *(info.space for info in found))
    return _answer(_FIELD_COLUMNS, lambda: [field_facts(info, catalog) for info in found], notes=notes)
