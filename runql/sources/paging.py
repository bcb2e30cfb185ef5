"""Pages of runs for sources that have all their runs in the process: choose, filter, order, cut; and which calls belong
to one question, so that a folder is looked at once for all of them."""

from __future__ import annotations

import base64
import binascii
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from typing import Any, TypeAlias, TypeVar

from runql.errors import ArgumentError, NotFound
from runql.language.fields import Space
from runql.semantic.record import RunRecord, joined_runs
from runql.sources.protocol import Page, PageRequest, Wanted
from runql.syntax.mongo.nodes import FilterField, MongoFilter, MongoOrder, fields_in
from runql.text.diagnostic import Diagnostic, folded
from runql.text.frozen import frozen
from runql.text.nearest import nearest

_CURSOR_PREFIX = "arrayconnection:"

_Key = TypeVar("_Key", bound=Hashable)

ReadRuns: TypeAlias = Callable[[int, int, PageRequest], Sequence[RunRecord]]

_KEPT_LISTINGS = 8

_ASKED: ContextVar[object | None] = ContextVar("runql_question", default=None)

question: Callable[[], object | None] = _ASKED.get
"""What is asked just now in this context; `None` if nobody said so: then each call is a question of its own."""


@contextmanager
def asking(asked: object | None) -> Iterator[None]:
    """All calls inside the `with` belong to one question."""
    token = _ASKED.set(asked)
    try:
        yield
    finally:
        _ASKED.reset(token)


@frozen
class Picture:
    """The runs of one listing, in its order, and what is to be said of them as a whole.

    `complete`: gives a run with what it logged, for a source that reads that only when it is asked for.
    `of`: what the runs are read from page by page, for a source whose `runs` are what stands for them there.
    """

    request: PageRequest
    runs: Sequence[Any]
    said: tuple[Diagnostic, ...] = ()
    complete: Callable[[RunRecord], RunRecord] | None = None
    of: Any = None


class Pictures(list[Picture]):
    """What the pages of the listings that are being read are cut from: all of one from the same picture."""

    def find(self, request: PageRequest) -> Picture | None:
        """The picture that a page is cut from; `None` where it was let go."""
        return next((one for one in tuple(self) if _is_of_one_listing(one.request, request)), None)

    def keep(self, picture: Picture) -> Picture:
        """Hold a picture, in the place of an older one of the same listing."""
        others = [one for one in self if not _is_of_one_listing(one.request, picture.request)]
        self[:] = [*others, picture][-_KEPT_LISTINGS:]
        return picture


def _is_of_one_listing(one: PageRequest, other: PageRequest) -> bool:
    """By their text, since `1` and `true` are equal to Python but not in a filter."""
    if (one.entity, one.project) != (other.entity, other.project):
        return False
    return one.selector is other.selector or repr(one.selector) == repr(other.selector)


def page_of(picture: Picture, request: PageRequest, read: ReadRuns | None = None) -> Page:
    """The page that a request asks for. What there is to say comes with the first one.

    `read` gives the runs from one place to another, for a picture that has what stands for them.
    """
    if request.per_page < 1:
        raise ArgumentError.because(f"`per_page` must be 1 or more, not {request.per_page}")
    start = 0 if request.cursor is None else _offset(request.cursor)
    end = min(start + request.per_page, len(picture.runs))
    runs = picture.runs[start:end] if read is None else read(start, end, request)
    if picture.complete is not None and request.wanted.history_keys:
        runs = [picture.complete(record) for record in runs]
    cursor = request.cursor
    if start < end:
        cursor = base64.b64encode(f"{_CURSOR_PREFIX}{end - 1}".encode()).decode()
    return Page(
        runs=tuple(runs) if read is not None else tuple(trimmed(record, request.wanted) for record in runs),
        cursor=cursor,
        has_next=end < len(picture.runs),
        total=len(picture.runs),
        notices=() if request.cursor else folded(picture.said),
    )


def trimmed(record: RunRecord, wanted: Wanted) -> RunRecord:
    """The run with no more heavy parts than were asked for."""
    parts: list[Mapping[str, Any] | None] = []
    for part, keys in ((record.config, wanted.config), (record.summary, wanted.summary)):
        if part is None or keys is None or tuple(part) == keys:
            parts.append(part)
        else:
            parts.append({key: part[key] for key in keys if key in part} if keys else None)
    config, summary = parts
    others = (record.system_metrics, record.logged, record.internal_config, record.internal_summary)
    if config is record.config and summary is record.summary and others == (None,) * len(others):
        return record
    return replace(
        record,
        config=config,
        summary=summary,
        internal_config=record.internal_config if wanted.config is None else None,
        internal_summary=record.internal_summary if wanted.summary is None else None,
        system_metrics=record.system_metrics if wanted.system_metrics else None,
        logged=record.logged if wanted.history_keys else None,
    )


def needed(filters: MongoFilter, order: MongoOrder) -> Wanted:
    """The heavy parts of a run that a filter and an order read."""
    fields = [*fields_in(filters), *(key.field for key in order)]
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
    chosen = [run for run in every if is_of_project(run.entity, run.project, entity, project)]
    if not chosen:
        check_project(((run.entity, run.project) for run in every), entity, project)
    return chosen


def is_of_project(own_entity: str, own_project: str, entity: str, project: str) -> bool:
    """Whether a run is of a project; an empty name stands for all."""
    return (not entity or own_entity == entity) and (not project or own_project == project)


def check_project(paths: Iterable[tuple[str, str]], entity: str, project: str) -> None:
    """Raise `NotFound` if none of the entities and projects that there are is the one that is asked for."""
    known = [*paths]
    if not (entity or project) or any(is_of_project(*one, entity, project) for one in known):
        return
    path = _path(entity, project)
    near = nearest(path, {_path(*one) for one in known}, 1)
    raise NotFound.of("RQL402", f"no project `{path}`" + "".join(f"; nearest: `{each}`" for each in near))


def _path(entity: str, project: str) -> str:
    return "/".join(part for part in (entity, project) if part)


def _offset(cursor: str) -> int:
    """How many runs lie before the page: a cursor names the last run of the page before."""
    try:
        text = base64.b64decode(cursor, validate=True).decode()
        if not text.startswith(_CURSOR_PREFIX):
            raise ValueError(text)
        return int(text.removeprefix(_CURSOR_PREFIX)) + 1
    except (binascii.Error, ValueError) as error:
        raise ArgumentError.because(f"`{cursor}` is not a cursor of this source") from error


def add_new(keys: Sequence[_Key], seen: set[_Key]) -> bool:
    """Add keys to those that were seen, if each is new and stands once: in one go, as it nearly always is. Else nothing
    is added."""
    fresh = set(keys)
    if len(fresh) < len(keys) or not fresh.isdisjoint(seen):
        return False
    seen |= fresh
    return True


class RunQueue:
    """Runs that wait to be passed on, in the parts that they came in."""

    def __init__(self) -> None:
        self._parts: deque[Sequence[RunRecord]] = deque()

    def __len__(self) -> int:
        return sum(map(len, self._parts))

    def add(self, runs: Sequence[RunRecord]) -> None:
        if runs:
            self._parts.append(runs)

    def take(self, most: int) -> Sequence[RunRecord]:
        """So many runs at the most, which do not wait any more."""
        taken: list[Sequence[RunRecord]] = []
        while self._parts and most > 0:
            part = self._parts.popleft()
            if len(part) > most:
                self._parts.appendleft(part[most:])
                part = part[:most]
            taken.append(part)
            most -= len(part)
        return joined_runs(taken)


def first_of(waiting: deque[RunRecord], most: int) -> list[RunRecord]:
    """So many runs at the most of those that wait, which do not wait any more."""
    if len(waiting) > most:
        return [waiting.popleft() for _ in range(most)]
    runs = list(waiting)
    waiting.clear()
    return runs
