"""Pages of runs for sources that have all their runs in the process: choose, filter, order, cut."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from runql.engine.mongo.fields import FilterField
from runql.engine.mongo.filters import compile_filter, filter_fields
from runql.engine.mongo.order import parse_order, sort_by_fields
from runql.errors import ArgumentError, NotFound
from runql.semantic.catalog import Space
from runql.semantic.record import RunRecord
from runql.sources.protocol import Filters, Page, PageRequest, Wanted
from runql.text.nearest import nearest

_CURSOR_PREFIX = "arrayconnection:"


def list_page(records: Iterable[RunRecord], request: PageRequest) -> Page:
    """One page of a listing. The records must hold whatever the filter and the order read (see `needed`).

    Raises:
        ArgumentError: a filter, an order, a cursor or a page size that cannot be read.
        NotFound: no run is of that entity and project.
    """
    selected = select_runs(records, request.entity, request.project, request.filters, request.order)
    return page_of(selected, request)


def count_records(records: Iterable[RunRecord], entity: str, project: str, filters: Filters) -> int:
    """How many runs match."""
    test = compile_filter(filters)
    return sum(1 for record in records_of(records, entity, project) if test(record))


def select_runs(
    records: Iterable[RunRecord], entity: str, project: str, filters: Filters, order: str
) -> list[RunRecord]:
    """The runs that match, in order, whole."""
    keys = parse_order(order)
    test = compile_filter(filters)
    return sort_by_fields((record for record in records_of(records, entity, project) if test(record)), keys)


def page_of(selected: Sequence[RunRecord], request: PageRequest) -> Page:
    """The page that a request asks for, of what `select_runs` gave for it."""
    if request.per_page < 1:
        raise ArgumentError.because(f"`per_page` must be 1 or more, not {request.per_page}")
    start = _offset(request.cursor)
    end = min(start + request.per_page, len(selected))
    return Page(
        runs=tuple(trimmed(record, request.wanted) for record in selected[start:end]),
        cursor=_cursor(end) if start < end else request.cursor,
        has_next=end < len(selected),
        total=len(selected),
    )


def trimmed(record: RunRecord, wanted: Wanted) -> RunRecord:
    """The run with no more heavy parts than were asked for."""
    return replace(
        record,
        config=_subset(record.config, wanted.config),
        summary=_subset(record.summary, wanted.summary),
        internal_config=record.internal_config if wanted.config is None else None,
        internal_summary=record.internal_summary if wanted.summary is None else None,
        system_metrics=record.system_metrics if wanted.system_metrics else None,
        history_keys=record.history_keys if wanted.history_keys else None,
    )


def needed(filters: Filters, order: str) -> Wanted:
    """The heavy parts of a run that a filter and an order read.

    Raises:
        ArgumentError: a filter or an order that cannot be read.
    """
    compile_filter(filters)
    fields = [*filter_fields(filters), *(key.field for key in parse_order(order))]
    return Wanted(
        config=_top_keys(fields, Space.CONFIG),
        summary=_top_keys(fields, Space.SUMMARY),
        history_keys=any(field.space is Space.LOGGED for field in fields),
    )


def _top_keys(fields: Iterable[FilterField], space: Space) -> tuple[str, ...]:
    """Every key that may stand at the top of a path: `a.b.c` is in `a`, in `a.b` or in `a.b.c`."""
    keys = {
        ".".join(reading[:end]): None
        for field in fields
        if field.space is space
        for reading in field.readings()
        for end in range(1, len(reading) + 1)
    }
    return tuple(keys)


def records_of(records: Iterable[RunRecord], entity: str, project: str) -> list[RunRecord]:
    """The runs of a project; an empty name stands for all.

    Raises:
        NotFound: no run is of that entity and project; the nearest project that has one is named.
    """
    every = list(records)
    chosen = [run for run in every if (not entity or run.entity == entity) and (not project or run.project == project)]
    if not chosen and (entity or project):
        path = _path(entity, project)
        near = nearest(path, {_path(run.entity, run.project) for run in every}, 1)
        raise NotFound.of("RQL402", f"no project `{path}`" + "".join(f"; nearest: `{each}`" for each in near))
    return chosen


def _path(entity: str, project: str) -> str:
    return "/".join(part for part in (entity, project) if part)


def _subset(part: Mapping[str, Any] | None, keys: tuple[str, ...] | None) -> Mapping[str, Any] | None:
    if part is None or keys is None:
        return part
    return {key: part[key] for key in keys if key in part} if keys else None


def _cursor(offset: int) -> str:
    return base64.b64encode(f"{_CURSOR_PREFIX}{offset - 1}".encode()).decode()


def _offset(cursor: str | None) -> int:
    """How many runs lie before the page: a cursor names the last run of the page before."""
    if cursor is None:
        return 0
    try:
        text = base64.b64decode(cursor, validate=True).decode()
        if not text.startswith(_CURSOR_PREFIX):
            raise ValueError(text)
        return int(text.removeprefix(_CURSOR_PREFIX)) + 1
    except (binascii.Error, ValueError) as error:
        raise ArgumentError.because(f"`{cursor}` is not a cursor of this source") from error
