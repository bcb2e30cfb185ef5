"""Runs in a list of dicts: for examples, for tests, and for whoever has runs from elsewhere.

MemoryService(
    [{"id": "a1", "state": "finished", "config": {"lr": 0.1}, "summary": {"loss": 0.5}}],
    histories={"a1": [{"loss": 0.9}, {"loss": 0.5}]},
)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from runql.engine.histories.sampling import AXES
from runql.engine.mongo.history_keys import read_history_keys
from runql.errors import ArgumentError
from runql.language.fields import RUN_FIELD_SPELLINGS
from runql.semantic.catalog import Catalog
from runql.semantic.huge_values import outsize_notice
from runql.semantic.json_text import HUGE, is_huge
from runql.semantic.record import LoggedMetrics, RunRecord, SweepRecord
from runql.semantic.values import MISSING, Value, kind_of
from runql.sources.at_hand import RunsAtHand
from runql.sources.protocol import Stream
from runql.text.diagnostic import Diagnostic
from runql.text.nearest import nearest

Rows = Sequence[Mapping[str, Any]]
_Columns = dict[str, list[Value]]

_ATTRIBUTES = frozenset(each.name for each in fields(RunRecord))
_ALIASES: Mapping[str, str] = {
    **{spelling: field.name for spelling, field in RUN_FIELD_SPELLINGS.items()},
    "summary_metrics": "summary",
    "summaryMetrics": "summary",
    "systemMetrics": "system_metrics",
}
_TIMES = frozenset({"created", "heartbeat", "updated"})
_PARTS = ("config", "summary")
_HISTORY_KEYS = ("history_keys", "historyKeys")
"""What a run logged, as W&B gives it: taken too."""


class MemoryService(RunsAtHand):
    """A source that is a list of runs. Nothing that is put in is changed, or read again later.

    Args:
        runs: Each a `RunRecord` or a dict with its attributes (`id` is needed; W&B's spellings such as
            `displayName` are taken too). Times are `datetime`s or ISO text.
        histories: The logged rows by run id, each row a dict. A row without `_step` gets the one after the row
            before. Where a run has no summary of its own, it is the last value of each metric.
        system: The same for machine metrics (`system.…` and `_timestamp`).
        sweeps: The sweeps that runs belong to.
        name: What the source is called in messages.

    Raises:
        ArgumentError: a run without an id, two of one id in a project, an attribute that runs do not have.
    """

    def __init__(
        self,
        runs: Iterable[Mapping[str, Any] | RunRecord],
        histories: Mapping[str, Rows] | None = None,
        *,
        system: Mapping[str, Rows] | None = None,
        sweeps: Iterable[SweepRecord] = (),
        name: str = "memory",
    ) -> None:
        histories, system = histories or {}, system or {}
        super().__init__(name)
        self._columns = {run_id: _columns(rows, steps=True) for run_id, rows in histories.items()}
        self._system = {run_id: _columns(rows, steps=False) for run_id, rows in system.items()}
        every = {run_id: (*histories.get(run_id, ()), *system.get(run_id, ())) for run_id in {*histories, *system}}
        self._outsize = {run_id: _outsize_metrics(rows) for run_id, rows in every.items()}
        records = [_record(run) for run in runs]
        _check_ids(records, {*histories, *system})
        self._records = tuple(
            _complete(run, histories.get(run.id, ()), self._columns.get(run.id, {}), system.get(run.id, ()))
            for run in records
        )
        self._sweeps = tuple(sweeps)
        self._catalogs: dict[tuple[str, str, bool], Catalog] = {}

    def look(self) -> Sequence[RunRecord]:
        """The runs that were put in."""
        return self._records

    def columns(
        self,
        record: RunRecord,
        names: frozenset[str] | None,
        stream: Stream,
    ) -> tuple[Mapping[str, Sequence[Value]], tuple[Diagnostic, ...]]:
        """The rows that were put in."""
        found = (self._system if stream == "system" else self._columns).get(record.id, {})
        outsize = {name: HUGE for name in self._outsize.get(record.id, ()) if name in found and _is_of(name, names)}
        return found, (outsize_notice(record.id, outsize),) if outsize else ()

    def sweeps(self, entity: str, project: str) -> Iterator[SweepRecord]:
        """The sweeps of a project."""
        return (sweep for sweep in self._sweeps if _matches(sweep, entity, project))

    def catalog(self, entity: str, project: str, *, metrics: bool = False) -> Catalog:
        """The facts of all the runs."""
        wanted = (entity, project, metrics)
        if wanted not in self._catalogs:
            self._catalogs[wanted] = super().catalog(entity, project, metrics=metrics)
        return self._catalogs[wanted]


def _complete(record: RunRecord, rows: Rows, columns: _Columns, system: Rows) -> RunRecord:
    """The run with what its history tells, where it does not say so itself."""
    summary = _summary(rows, columns)
    if record.summary is None:
        record = _with_notice(record, {"summary": summary})
    told: dict[str, Any] = {
        "config": {},
        "summary": _held(summary),
        "system_metrics": {name: value for row in system for name, value in row.items() if name not in AXES},
        "logged": _logged(columns),
        "history_line_count": len(rows),
    }
    return replace(record, **{name: value for name, value in told.items() if getattr(record, name) is None})


def _matches(item: SweepRecord, entity: str, project: str) -> bool:
    return (not entity or item.entity == entity) and (not project or item.project == project)


def _record(run: Mapping[str, Any] | RunRecord) -> RunRecord:
    if isinstance(run, RunRecord):
        outsize = {part: value for part in _PARTS if _is_outsize(value := getattr(run, part))}
        return replace(_with_notice(run, outsize), **{part: _held(value) for part, value in outsize.items()})
    if not isinstance(run, Mapping):
        raise ArgumentError.because(f"a run is a dict, not a `{type(run).__name__}`")
    if not isinstance(run.get("id"), str) or not run["id"]:
        raise ArgumentError.because("a run has no `id`: give each one a text of its own")
    values: dict[str, Any] = {}
    parts: dict[str, Any] = {}
    for key, value in run.items():
        if key in _HISTORY_KEYS:
            values["logged"] = read_history_keys(value)
            continue
        attribute = key if key in _ATTRIBUTES else _ALIASES.get(key)
        if attribute is None:
            near = nearest(key, [*_ATTRIBUTES, *_ALIASES], 1)
            hints = [f"nearest: `{near[0]}`"] if near else ["hyperparameters go into `config`, metrics into `summary`"]
            raise ArgumentError.because(f"runs have no attribute `{key}`", *hints)
        is_time = attribute in _TIMES
        values[attribute] = _time(value) if is_time else tuple(value) if attribute == "tags" else _held(value)
        if attribute in _PARTS:
            parts[attribute] = value
    return _with_notice(RunRecord(**values), parts)


def _with_notice(record: RunRecord, parts: Mapping[str, Any]) -> RunRecord:
    """The run with what is to be said of whole numbers in its parts that no table can hold."""
    outsize = {
        f"{part}.{key}": HUGE
        for part, values in parts.items()
        if isinstance(values, Mapping) and _is_outsize(values)
        for key, value in values.items()
        if _is_outsize(value)
    }
    return replace(record, said=(*record.said, outsize_notice(record.id, outsize))) if outsize else record


def _time(value: datetime | str | None) -> datetime | None:
    if value is None:
        return None
    try:
        time = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError as error:
        raise ArgumentError.because(f"`{value}` is not a time: write it as `2026-01-31T12:00:00Z`") from error
    return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)


def _check_ids(records: Sequence[RunRecord], with_rows: set[str]) -> None:
    seen = Counter((record.entity, record.project, record.id) for record in records)
    for (_, _, run_id), count in seen.items():
        if count > 1:
            raise ArgumentError.because(f"{count} runs have the id `{run_id}`")
    if shared := with_rows & {run_id for run_id, count in Counter(each[2] for each in seen).items() if count > 1}:
        raise ArgumentError.because(f"rows for `{min(shared)}`, and runs of that id in several projects")
    if strangers := with_rows - {record.id for record in records}:
        raise ArgumentError.because(f"rows for `{min(strangers)}`, and no run of that id")


def _columns(rows: Rows, *, steps: bool) -> _Columns:
    """The rows by columns, nested names joined with dots."""
    columns: _Columns = {}
    step = -1
    for at, row in enumerate(rows):
        flat = dict(_flat(row))
        if steps:
            step = flat.setdefault("_step", step + 1)
        for name, value in flat.items():
            columns.setdefault(name, [MISSING] * len(rows))[at] = value
    return columns


def _flat(row: Mapping[str, Any]) -> Iterator[tuple[str, Value]]:
    return ((name, _held(value)) for name, value in _raw(row, ""))


def _raw(row: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Value]]:
    """The values of a row as they were put in."""
    for key, value in row.items():
        if isinstance(value, Mapping) and value and "_type" not in value:
            yield from _raw(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _held(value: Value) -> Value:
    """A value whose whole numbers are in the range of floats: larger ones are their digits, as in each other source."""
    if not _is_outsize(value):
        return value
    if isinstance(value, Mapping):
        return {key: _held(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_held(inner) for inner in value]
    return f"{Decimal(value):f}" if type(value) is int and is_huge(value) else value


def _is_outsize(value: Value) -> bool:
    below = [value]
    while below:
        one = below.pop()
        if type(one) is int and is_huge(one):
            return True
        if isinstance(one, Mapping | list | tuple):
            below += one.values() if isinstance(one, Mapping) else one
    return False


def _summary(rows: Rows, columns: _Columns) -> dict[str, Value]:
    """The last value of each metric, nested as it was logged."""
    summary: dict[str, Value] = {}
    for row in rows:
        _merge(summary, row)
    if "_step" in columns:
        summary["_step"] = columns["_step"][-1]
    return summary


def _merge(into: dict[str, Value], row: Mapping[str, Any]) -> None:
    for key, value in row.items():
        if isinstance(value, Mapping) and "_type" not in value:
            inner = into.get(key)
            nested = dict(inner) if isinstance(inner, Mapping) and "_type" not in inner else {}
            _merge(nested, value)
            into[key] = nested
        else:
            into[key] = value


def _outsize_metrics(rows: Rows) -> tuple[str, ...]:
    """The metrics of which a row has a whole number that no table can hold, in the order of the rows."""
    outsize = [row for row in rows if _is_outsize(row)]
    return tuple(dict.fromkeys(name for row in outsize for name, value in _raw(row, "") if _is_outsize(value)))


def _is_of(name: str, names: frozenset[str] | None) -> bool:
    return names is None or name in names


def _logged(columns: _Columns) -> LoggedMetrics:
    kinds = {name: Counter(map(_kind, filter(_is_logged, cells))) for name, cells in columns.items()}
    return LoggedMetrics(kinds, max(columns.get("_step", []), default=-1))


def _is_logged(value: Value) -> bool:
    return value is not MISSING


def _kind(value: Value) -> str:
    media = value.get("_type") if isinstance(value, Mapping) else None
    return kind_of(value).value if media is None else str(media)
