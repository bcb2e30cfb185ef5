"""A run as a row of the fact `runs`, and back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from runql.semantic.json_text import whole_text
from runql.semantic.record import LoggedMetrics, RunRecord
from runql.sources.protocol import RunMetadata, Stream
from runql.sources.store.attributes import AttrRow, rows_of_logged, rows_of_part
from runql.sources.store.layout import FACTS, RUN_COLUMNS, AttrSpace, Fact, run_key
from runql.sources.store.values import exact_json
from runql.text.diagnostic import Diagnostic
from runql.text.frozen import frozen

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


@frozen
class StoredRun:
    """The newest row of a run in a store.

    `body`: the pull whose rows hold its attributes and its history. `mark`: what told that it was as it was.
    `metrics`: the names of its columns by stream, in their order. `said`: what there was to say of its histories.
    The record has no config, summary, system metrics or logged ones yet.
    """

    run: str
    pull: int
    body: int
    record: RunRecord
    mark: str
    gone: datetime | None
    last_step: int | None
    parts: frozenset[AttrSpace]
    metrics: Mapping[Stream, tuple[str, ...]]
    said: Mapping[Stream, tuple[Diagnostic, ...]]


def mark_of(record: RunRecord, *, whole: bool) -> str:
    """A digest of all that a listing tells of a run; `whole`: with its config and summary, where they are at hand."""
    told: list[Any] = [plain_of(getattr(record, name)) for name in RUN_COLUMNS]
    if whole:
        told += [record.config, record.summary, record.system_metrics]
    text = exact_json([*told, [said.message for said in record.said]])
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def key_of(record: RunRecord) -> str:
    """What tells a run from all others of a store."""
    return run_key(record.entity, record.project, record.id)


def row_of(stored: StoredRun, place: int) -> dict[str, Any]:
    """The row of a run, by columns: times in microseconds, lists as JSON. `place`: where it stood among the runs."""
    record = stored.record
    row: dict[str, Any] = {
        "run": stored.run,
        "pull": stored.pull,
        "body": stored.body,
        "place": place,
        "gone": plain_of(stored.gone),
        "mark": stored.mark,
        "last_step": stored.last_step,
        "parts": json.dumps(sorted(space.value for space in stored.parts)),
        "metrics": exact_json(stored.metrics.get("default", ())),
        "system_metrics": exact_json(stored.metrics.get("system", ())),
        "said": written_said({"run": record.said, **{str(of): said for of, said in stored.said.items()}}),
    }
    for name, kind in RUN_COLUMNS.items():
        value = plain_of(getattr(record, name))
        if kind == "strings":
            value = exact_json([whole_text(each) for each in value])
        row[name] = whole_text(value) if isinstance(value, str) else value
    return row


def plain_of(value: Any) -> Any:
    """A time as its microseconds since 1970, and anything else as it is."""
    return (value - _EPOCH) // _MICROSECOND if isinstance(value, datetime) else value


def select_columns() -> str:
    """The columns of `runs` as `stored_of` reads them: times in microseconds."""
    kinds = FACTS[Fact.RUNS].columns
    return ", ".join(f'epoch_us("{name}")' if kinds[name] == "timestamp" else f'"{name}"' for name in kinds)


def stored_of(row: Sequence[Any]) -> StoredRun:
    """A run, from a row of these columns."""
    given = dict(zip(FACTS[Fact.RUNS].columns, row, strict=True))
    told: dict[str, Any] = {}
    for name, kind in RUN_COLUMNS.items():
        value = given[name]
        if kind == "timestamp":
            value = moment_of(value)
        elif kind == "strings":
            value = tuple(value or ())
        told[name] = value
    said = read_said(given["said"])
    return StoredRun(
        run=given["run"],
        pull=given["pull"],
        body=given["body"],
        record=RunRecord(**told, said=said.pop("run", ())),
        mark=given["mark"],
        gone=moment_of(given["gone"]),
        last_step=given["last_step"],
        parts=frozenset(map(AttrSpace, json.loads(given["parts"]))),
        metrics={
            "default": tuple(json.loads(given["metrics"])),
            "system": tuple(json.loads(given["system_metrics"])),
        },
        said={stream: found for stream, found in said.items() if stream in ("default", "system")},
    )


def moment_of(microseconds: int | None) -> datetime | None:
    """The time of so many microseconds since 1970."""
    return None if microseconds is None else _EPOCH + microseconds * _MICROSECOND


# ---------------------------------------------------------------- what hangs on a run


def parts_of(record: RunRecord) -> dict[AttrSpace, Mapping[str, Any]]:
    """The nested parts that a record has."""
    found = {
        AttrSpace.CONFIG: record.config,
        AttrSpace.SUMMARY: record.summary,
        AttrSpace.SYSTEM: record.system_metrics,
        AttrSpace.INTERNAL_CONFIG: record.internal_config,
        AttrSpace.INTERNAL_SUMMARY: record.internal_summary,
    }
    return {space: part for space, part in found.items() if part is not None}


def attributes_of(record: RunRecord) -> Iterator[AttrRow]:
    """The rows of `attr` of a run."""
    for space, part in parts_of(record).items():
        yield from rows_of_part(space, part)
    if record.logged is not None:
        yield from rows_of_logged(record.logged.kinds)


def with_parts(stored: StoredRun, found: Mapping[AttrSpace, Mapping[str, Any]]) -> RunRecord:
    """The record of a run with the parts that were read; one that was read and had no rows is empty."""

    def part(space: AttrSpace) -> Mapping[str, Any] | None:
        return found.get(space, {}) if space in stored.parts and space in found else None

    logged = None
    if AttrSpace.LOGGED in found and AttrSpace.LOGGED in stored.parts:
        logged = LoggedMetrics(found[AttrSpace.LOGGED], stored.last_step)
    return replace(
        stored.record,
        config=part(AttrSpace.CONFIG),
        summary=part(AttrSpace.SUMMARY),
        system_metrics=part(AttrSpace.SYSTEM),
        internal_config=part(AttrSpace.INTERNAL_CONFIG),
        internal_summary=part(AttrSpace.INTERNAL_SUMMARY),
        logged=logged,
    )


def rows_of_metadata(told: RunMetadata) -> Iterator[AttrRow]:
    """The rows of `attr` of where a run ran: one at least, which no run has that was pulled before they were kept."""
    yield from rows_of_part(AttrSpace.METADATA, {"origin": told.origin, "facts": told.facts})


# ---------------------------------------------------------------- what is said


def written_said(said: Mapping[str, Sequence[Diagnostic]]) -> str | None:
    """What is said of several things, as JSON; `None` where nothing is."""
    told = {
        of: [[one.code, one.message, one.hints, one.names, one.many, one.count] for one in found]
        for of, found in said.items()
        if found
    }
    return exact_json(told) if told else None


def read_said(text: str | None) -> dict[Any, tuple[Diagnostic, ...]]:
    """The same read again."""
    return {
        of: tuple(
            Diagnostic(code, message, hints=tuple(hints), names=tuple(names), many=many, count=count)
            for code, message, hints, names, many, count in found
        )
        for of, found in (json.loads(text) if text else {}).items()
    }
