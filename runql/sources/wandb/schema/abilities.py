"""What a server turned out not to do: learned from its errors and from what comes back, and remembered; and the filters
that show whether it filters."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import field
from datetime import UTC, datetime
from typing import Final, TypeAlias, assert_never

from runql.language.fields import Space
from runql.language.kinds import Kind
from runql.sources.wandb.schema.refusals import Learned
from runql.syntax.mongo.names import read_field
from runql.syntax.mongo.nodes import (
    LOWER_BOUNDS,
    UPPER_BOUNDS,
    MongoAll,
    MongoCompare,
    MongoContains,
    MongoExists,
    MongoFilter,
    MongoIn,
    MongoOperator,
    MongoRegex,
    MongoSize,
    MongoTest,
    field_tests,
    mongo_or,
    run_field,
)
from runql.text.diagnostic import Diagnostic
from runql.text.frozen import changeable, frozen

FILTERS: Final = "filters"
ORDER: Final = "order"
PAGING: Final = "paging"

_ARGUMENTS: Final = {
    FILTERS: "Project.runs(filters)",
    ORDER: "Project.runs(order)",
    PAGING: "Project.runs(after)",
}

_SAID = {
    "Run.config(keys)": "sends whole configs: it cannot be asked for single fields",
    "Run.summaryMetrics(keys)": "sends whole summaries: it cannot be asked for single fields",
    "Run.sampledHistory": "does not sample single metrics: rows are fetched whole and chosen here",
    "Run.historyKeys": "does not say which metrics a run logged",
    "Run.history": "gives no whole histories",
    "Run.events": "gives no machine metrics",
    "Project.runCount(filters)": "does not count the runs of a filter",
    "Project.runCount": "does not count runs: they are listed, and nothing tells whether all came",
    "Project.runs(after)": "does not page: all runs are fetched at once",
    "Project.runs(order)": "does not order runs: that is done here, over all of them",
    "Project.runs(filters)": "does not filter runs: all are fetched and filtered here",
}

_IGNORED = {
    FILTERS: "ignores filters: all runs are fetched and filtered here",
    ORDER: "ignores the order: all runs are fetched and ordered here",
    PAGING: "ignores paging: all runs are fetched at once",
}

FIELDS: Mapping[str, str] = {
    "name": "displayName",
    "state": "state",
    "tags": "tags",
    "group": "group",
    "job_type": "jobType",
    "notes": "notes",
    "user": "user",
    "sweep": "sweepName",
    "host": "host",
    "created": "createdAt",
    "heartbeat": "heartbeatAt",
    "updated": "updatedAt",
    "runtime": "computeSeconds",
    "config": "config",
    "summary": "summaryMetrics",
    "logged": "historyKeys",
    "system": "systemMetrics",
}
"""What of a run a query may name, and the field of W&B's schema that brings it."""

_QUIET = {"Run.host", "Run.updatedAt", "Run.computeSeconds", "Run.history(maxKeyLimit)"}
"""Lacked by servers that are otherwise whole; the fields are then missing in the runs, which shows."""


NOBODY: Final = "runql-asks-for-no-run"
_NO_FIELD: Final = "runql_asks_for_no_run"
_LATE, _EARLY = datetime(2999, 1, 1, tzinfo=UTC), datetime(1971, 1, 1, tzinfo=UTC)
_NOBODY_BY_ID: Final = MongoCompare(run_field("name"), MongoOperator.EQ, NOBODY)

_PREFIXES: Mapping[Space, str] = {
    Space.CONFIG: "config",
    Space.SUMMARY: "summary_metrics",
    Space.LOGGED: "keys_info.keys",
}

Shape: TypeAlias = tuple[Space, Kind, str]
"""A kind of field and an operator."""


@frozen
class Probe:
    """A filter that no run passes, and the shapes that it proves."""

    filters: MongoFilter
    shapes: frozenset[Shape]


@changeable
class Abilities:
    """Shared by all that ask one server; threads may share it.

    `lacks`: coordinates of the schema that it does not have; `ignores`: what of `filters order paging` it takes and
    does not obey; `types`: the variables that it wants to be of another type; `misread`: fields that it was seen to
    read read otherwise than its own runs have them; `proven`: what it was seen to obey of filters. `tells_of_more`:
    whether an answer ever said that more pages follow: one that always denies it says nothing.
    """

    lacks: frozenset[str] = frozenset()
    ignores: frozenset[str] = frozenset()
    types: frozenset[tuple[str, str]] = frozenset()
    misread: frozenset[str] = frozenset()
    proven: frozenset[Shape] = frozenset()
    tells_of_more: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def has(self, coordinate: str) -> bool:
        return coordinate not in self.lacks and coordinate.partition("(")[0] not in self.lacks

    def has_all(self, coordinates: Iterable[str]) -> bool:
        return all(map(self.has, coordinates))

    def does(self, what: str) -> bool:
        """Whether it does not only take but also obey filters, an order or paging."""
        return what not in self.ignores and self.has(_ARGUMENTS[what])

    @property
    def counts_filtered(self) -> bool:
        return self.does(FILTERS) and self.has("Project.runCount(filters)")

    @property
    def column_subsets(self) -> bool:
        """Whether it can be asked for single fields of configs and summaries."""
        return not self.lacks or self.has_all(("Run.config(keys)", "Run.summaryMetrics(keys)"))

    def learn(self, learned: Learned) -> None:
        """Remembers what refusals told."""
        with self._lock:
            self.lacks |= learned.lacks
            newest = {**dict(self.types), **dict(learned.types)}
            self.types = frozenset(newest.items())

    def learn_misread(self, names: Iterable[str]) -> None:
        """Remembers the fields of a filter that misses runs which match it."""
        with self._lock:
            self.misread |= frozenset(names)

    def learn_proof(self, probe: Probe, runs: int) -> None:
        """Remembers how many runs passed a probe: with any, the server does not filter."""
        with self._lock:
            if runs:
                self.ignores |= {FILTERS}
            else:
                self.proven |= probe.shapes

    def learn_ignores(self, what: str) -> None:
        with self._lock:
            self.ignores |= {what}

    def notices(self, host: str, concerned: Iterable[str]) -> tuple[Diagnostic, ...]:
        """What to say under an answer that asked for these coordinates, or for `filters order paging`."""
        said = []
        for name in concerned:
            if name in self.ignores:
                said.append(_IGNORED[name])
            elif not self.has(name) and name not in _QUIET:
                said.append(_SAID.get(name, f"has no `{name}`"))
        return tuple(Diagnostic("RQL406", f"{host} {text}") for text in dict.fromkeys(said))

    def lacking(self, host: str, fields: Iterable[str]) -> tuple[Diagnostic, ...]:
        """What to say under an answer to a query that names these fields: those that no run of the server has."""
        lacked = [name for name in dict.fromkeys(fields) if name in FIELDS and not self.has(f"Run.{FIELDS[name]}")]
        return tuple(
            Diagnostic("RQL406", f"{host} has no `{FIELDS[name]}` of a run, so each run counts as one without `{name}`")
            for name in lacked
        )

    def misread_notices(self, host: str) -> tuple[Diagnostic, ...]:
        """What to say under an answer that was narrowed, if the server misreads some fields."""
        if not self.misread:
            return ()
        named = ", ".join(f"`{name}`" for name in sorted(self.misread))
        message = f"{host} does not find runs by {named} that its own listings have: that is decided here"
        return (Diagnostic("RQL406", message),)


# A filter that no run passes, in the shape of one that is asked: whoever lets a run through passes over its operators.
# A server may know some operators of filters and pass over others. Each kind of field and operator is proven once, in
# the request that first brings it. What cannot be made impossible in its own shape (`$ne`, null) proves nothing.


def probe_of(filters: MongoFilter, proven: frozenset[Shape] = frozenset()) -> Probe | None:
    """The probe for a filter, of what is not proven yet; `None` if nothing is left to prove."""
    found: dict[Shape, MongoFilter] = {}
    for test in field_tests(filters):
        shape = (test.field.space, test.field.kind, _operator(test))
        if shape in proven or shape in found:
            continue
        impossible = _of_run(test) if test.field.space is Space.RUN else _of_no_field(test)
        if impossible is not None:
            found[shape] = impossible
    if found:
        return Probe(mongo_or(found.values()), frozenset(found))
    return None if proven else Probe(_NOBODY_BY_ID, frozenset({(Space.RUN, Kind.TEXT, "$eq")}))


def _operator(test: MongoTest) -> str:  # noqa: PLR0911 - one a node
    """What a test is called in a filter."""
    match test:
        case MongoCompare(op=op):
            return op.value
        case MongoIn(negated=negated):
            return "$nin" if negated else "$in"
        case MongoExists():
            return "$exists"
        case MongoRegex():
            return "$regex"
        case MongoAll():
            return "$all"
        case MongoSize():
            return "$size"
        case MongoContains():
            return "$contains"
        case _:
            assert_never(test)


def _of_run(test: MongoTest) -> MongoFilter | None:
    """A test of the same field, for a text or a time that no run has."""
    match test:
        case MongoCompare(field=field, op=MongoOperator.EQ, value=str()):
            return MongoCompare(field, MongoOperator.EQ, NOBODY)
        case MongoCompare(field=field, op=op) if field.kind is Kind.TIME and op in LOWER_BOUNDS | UPPER_BOUNDS:
            return MongoCompare(field, op, _LATE if op in LOWER_BOUNDS else _EARLY)
        case MongoIn(field=field, negated=False) if field.kind is not Kind.TIME:
            return MongoIn(field, (NOBODY,))
        case MongoRegex(field=field):
            return MongoRegex(field, f"^{NOBODY}$")
        case MongoCompare() | MongoIn() | MongoExists() | MongoAll() | MongoSize() | MongoContains():
            return None
        case _:
            assert_never(test)


def _of_no_field(test: MongoTest) -> MongoFilter | None:
    """The same test of a field that no run has, where that is true of none."""
    field = read_field(f"{_PREFIXES[test.field.space]}.{_NO_FIELD}")
    match test:
        case MongoCompare(op=op, value=value):
            is_positive = op is not MongoOperator.NE and value is not None
            return MongoCompare(field, op, value) if is_positive else None
        case MongoIn(values=values, negated=negated):
            return None if negated or None in values else MongoIn(field, values)
        case MongoExists(wanted=wanted):
            return MongoExists(field, True) if wanted else None
        case MongoRegex(pattern=pattern, options=options):
            return MongoRegex(field, pattern, options)
        case MongoAll() | MongoSize() | MongoContains():
            return None
        case _:
            assert_never(test)
