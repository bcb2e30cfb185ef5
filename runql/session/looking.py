"""`show …` and `describe FIELD`: what there is, as tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from runql.config import Settings
from runql.engine.patterns import star_matcher
from runql.errors import QueryError
from runql.results.frame import Frame
from runql.semantic.catalog import Catalog, FieldInfo, Space
from runql.semantic.names import Names, Resolved
from runql.semantic.operands import literal_text
from runql.semantic.report import CheckContext, Report
from runql.semantic.spelling import info_text
from runql.semantic.typed import TypedQuery
from runql.semantic.values import MISSING, Kind, Value
from runql.session.answer import Answer
from runql.session.named import Named, is_last, text_of
from runql.session.reading import Reading
from runql.session.saved import saved_queries
from runql.session.sources import DEMO, Place
from runql.session.spent import Spent
from runql.syntax.stage_tree import DescribeStatement, Show, ShowStatement
from runql.syntax.tree import Target
from runql.text.diagnostic import Diagnostic
from runql.text.source import Source

_FIELD_COLUMNS = ("field", "type", "runs", "missing", "min", "median", "max", "values")


class TableAnswer(Answer):
    """A table that is no query's: made when it is read."""

    def __init__(self, make: Callable[[], Frame], names: Sequence[str], places: Sequence[Place]) -> None:
        query, nothing = TypedQuery(Target.RUNS), Catalog("")
        super().__init__(query, Reading(query, places, nothing), nothing, "", Spent())
        self._make = make
        self._titles = tuple(names)
        self._length = 0

    @property
    def names(self) -> tuple[str, ...]:
        """The columns."""
        return self._titles

    @property
    def final_names(self) -> tuple[str, ...]:
        """The same."""
        return self._titles

    def _parts(self) -> Iterator[Frame]:
        frame = self._make()
        self._length = frame.length
        yield frame

    def _noticed(self) -> dict[Diagnostic, None]:
        return {}

    @property
    def _why_empty(self) -> tuple[Diagnostic, ...]:
        return ()

    def footer(self) -> tuple[str, ...]:
        """How many rows."""
        return (f"{self._length:,} row{'s' * (self._length != 1)}",)


# ---------------------------------------------------------------- show


def shown(
    statement: ShowStatement,
    place: Callable[[], Place],
    catalog: Callable[[bool], Catalog],
    settings: Settings,
    lets: Mapping[str, Named],
) -> TableAnswer:
    """The table of a `show`. A source is only opened for what it holds."""
    match statement.what:
        case Show.SOURCES:
            return _answer(("source", "means"), lambda: _sources(settings))
        case Show.LETS:
            return _answer(("name", "query", "comment"), lambda: _lets(lets, settings))
        case Show.PROJECTS:
            here = place()
            return _answer(("project", "entity", "runs", "active"), lambda: _projects(here), here)
        case Show.SWEEPS:
            here = place()
            return _answer(("sweep", "name", "method", "state", "runs", "best"), lambda: _sweeps(here), here)
        case Show.TAGS:
            tags = catalog(False).tags
            return _answer(("tag", "runs"), lambda: sorted(tags.items(), key=lambda one: (-one[1], one[0])))
        case Show.FIELDS:
            space = Space(statement.space) if statement.space is not None else None
            facts = catalog(space in (None, Space.LOGGED))
            return _answer(_FIELD_COLUMNS, lambda: _fields(facts, space, statement.like))


def _answer(names: Sequence[str], rows: Callable[[], Iterable[Sequence[Value]]], *places: Place) -> TableAnswer:
    return TableAnswer(lambda: Frame.of_rows(names, rows()), names, places)


def _sources(settings: Settings) -> Iterator[tuple[Value, ...]]:
    default = settings.default_source()
    named = {DEMO: "the runs that come with RunQL", **settings.sources}
    if default is not None and default not in named:
        named = {default: "the default", **named}
    yield from named.items()


def _lets(lets: Mapping[str, Named], settings: Settings) -> Iterator[tuple[Value, ...]]:
    for name, named in lets.items():
        yield name, text_of(named), "one of the last queries" if is_last(name) else MISSING
    for saved in saved_queries(settings.saved):
        yield f"@{saved.name}", str(saved.path), saved.comment or MISSING


def _projects(place: Place) -> Iterator[tuple[Value, ...]]:
    for one in place.service.projects(place.entity):
        yield one.name, one.entity, _given(one.run_count), _given(one.last_active)


def _sweeps(place: Place) -> Iterator[tuple[Value, ...]]:
    for one in place.service.sweeps(place.entity, place.project):
        known = (one.name, one.method, one.state, one.run_count, one.best_loss)
        yield one.id, *map(_given, known)


def _given(value: Any) -> Value:
    return MISSING if value is None else value


def _fields(catalog: Catalog, space: Space | None, like: str | None) -> Iterator[tuple[Value, ...]]:
    spaces = (Space.CONFIG, Space.SUMMARY, Space.LOGGED) if space is None else (space,)
    matches = star_matcher(like) if like is not None else None
    for one in spaces:
        for info in sorted((info for info in catalog.fields if info.space is one), key=lambda info: info.dotted):
            if matches is None or matches(info.dotted) or matches(info_text(info)):
                yield field_facts(info, catalog)


def field_facts(info: FieldInfo, catalog: Catalog) -> tuple[Value, ...]:
    """A row about a field: its name, types, how many runs have it, its range, its most frequent values."""
    kinds = sorted(((kind, count) for kind, count in info.kinds.items() if count), key=lambda one: -one[1])
    types = ", ".join(kind.value for kind, _ in kinds if kind is not Kind.MISSING)
    top = ", ".join(f"{literal_text(value)} ({count:,})" for value, count in info.top[:5])
    return (
        info_text(info),
        types or MISSING,
        info.runs,
        max(0, catalog.run_count - info.runs),
        *map(_given, (info.minimum, info.median, info.maximum)),
        top or MISSING,
    )


# ---------------------------------------------------------------- describe


def described(statement: DescribeStatement, catalog: Catalog, context: CheckContext, source: Source) -> TableAnswer:
    """What is known of one field. Raises `QueryError` for one that is not there."""
    report = Report()
    span = statement.path.span
    segments = statement.path.segments
    found: list[FieldInfo] = []
    if segments and segments[0] == "logged":
        name = ".".join(map(str, segments[1:]))
        found = list(catalog.by_dotted.get((Space.LOGGED, name), ()))
        if not found:
            report.add("RQL208", f"no metric `{name}` in {catalog.source}", span)
    else:
        resolved = Names(catalog, context, report).resolve(statement.path, span)
        if isinstance(resolved, Resolved) and resolved.info is not None:
            found = [resolved.info]
        elif isinstance(resolved, Resolved) and resolved.key.space is Space.RUN:
            name = resolved.key.written
            hint = f"its values: `runs | group {name} : n = count()`"
            report.add("RQL213", f"`{name}` is a field that every run has", span, hint)
        elif resolved is not None:
            report.add("RQL213", "only a field of config or summary, or a metric, is described", span)
    if not found:
        raise QueryError([one for one in report.diagnostics if one.is_error], source)
    return _answer(_FIELD_COLUMNS, lambda: [field_facts(info, catalog) for info in found])
