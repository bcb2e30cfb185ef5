"""What is asked of a listing: by which part of a filter, and after which cursor."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping
from typing import Any

from runql.engine.mongo.filters import compile_filter
from runql.errors import ArgumentError
from runql.language.fields import Space
from runql.plan.to_mongo.server_reading import is_read_alike, with_infinities
from runql.plan.to_mongo.wire import wire_json, wire_order
from runql.semantic.record import RunRecord
from runql.sources.protocol import Wanted
from runql.sources.wandb.decode import ProjectPlace
from runql.sources.wandb.http.flow_control import Stakes
from runql.sources.wandb.project import Question, WandbServer, wanted_options
from runql.syntax.mongo.nodes import EVERY_RUN, MongoFilter, MongoOrder, conjuncts, fields_in, mongo_and
from runql.text.frozen import frozen

_PREFIX = "arrayconnection:"
_CURSOR = "runql:"


def cursor_after(offset: int) -> str | None:
    """The cursor of the run before `offset`: what to ask `after` for the runs from there on."""
    return base64.b64encode(f"{_PREFIX}{offset - 1}".encode()).decode() if offset > 0 else None


def offset_in(cursor: str | None) -> int | None:
    """The offset after a cursor of W&B's; `None` if it is of another make."""
    if not cursor:
        return None
    try:
        text = base64.b64decode(cursor, validate=True).decode()
        return int(text.removeprefix(_PREFIX)) + 1 if text.startswith(_PREFIX) else None
    except (binascii.Error, ValueError):
        return None


def filtered(filters: MongoFilter) -> str:
    """The option of a document that takes a filter, or none."""
    return "unfiltered" if filters == EVERY_RUN else "filtered"


def count_in(project: Mapping[str, Any], filters: MongoFilter) -> Any:
    """How many runs pass a filter, as the project of an answer says."""
    return project.get("allRuns" if filters == EVERY_RUN else "runCount")


@frozen
class ListQuestion:
    """What is listed. `order` `None`: in whatever order."""

    place: ProjectPlace
    filters: MongoFilter
    order: MongoOrder | None
    wanted: Wanted

    def page(
        self,
        size: int,
        after: str | None,
        *,
        name: str = "runs",
        options: Iterable[str] = (),
        stakes: Stakes | None = None,
        filters: str | None = None,
        **variables: Any,
    ) -> Question:
        """The question for one page: `size` runs after a cursor. `name`: of the document that asks it. `filters`: its
        own as they are sent, from whoever asks for many pages by them."""
        chosen, heavy = wanted_options(self.wanted)
        ordered = () if self.order is None else ("order",)
        variables |= {
            "entity": self.place.entity,
            "project": self.place.project,
            "first": size,
            "after": after,
            "order": None if self.order is None else wire_order(self.order),
            "filters": wire_json(self.filters) if filters is None else filters,
        }
        return Question(name, chosen | {filtered(self.filters), *ordered, *options}, heavy | variables, stakes=stakes)

    def names(self, size: int, after: str | None, *, stakes: Stakes | None = None) -> Question:
        """The question for nothing but the ids and cursors of a page."""
        return self.page(size, after, name="run_names", stakes=stakes)

    def count(self) -> Question:
        """The question for nothing but the number of runs."""
        return self.page(0, None, name="count")


# Which part of a filter may go to the server: what it is known to read as RunQL does. The rest is evaluated here.


@frozen
class Narrowed:
    """`sent` lets through every run that matches; `is_whole`: it is the whole filter."""

    sent: MongoFilter
    is_whole: bool


def names_in(filters: MongoFilter) -> frozenset[str]:
    """The fields that a filter reads, as it writes them."""
    return frozenset(field.written for field in fields_in(filters))


def doubted_in(filters: MongoFilter) -> frozenset[str]:
    """The fields of a filter that is in doubt: what stands below a config or a summary, if anything does."""
    below = frozenset(field.written for field in fields_in(filters) if field.space is not Space.RUN)
    return below or names_in(filters)


def narrow(filters: MongoFilter, misread: frozenset[str] = frozenset()) -> Narrowed:
    """The part of a filter to send. `misread`: fields that the server was seen to read otherwise."""
    terms = conjuncts(filters)
    safe = [term for term in terms if is_read_alike(term) and not (misread and misread & names_in(term))]
    return Narrowed(with_infinities(mongo_and(safe)), len(safe) == len(terms))


def is_watchable(filters: MongoFilter) -> bool:
    """Whether runs can be held against a filter for a small price: the keys of all metrics are too large for that."""
    return all(field.space is not Space.LOGGED for field in fields_in(filters))


def joined(one: Wanted, other: Wanted) -> Wanted:
    """The parts of both."""
    config, summary = (
        None if some is None or more is None else tuple(dict.fromkeys((*some, *more)))
        for some, more in ((one.config, other.config), (one.summary, other.summary))
    )
    return Wanted(config, summary, one.system_metrics or other.system_metrics, one.history_keys or other.history_keys)


def matching_at_hand(server: WandbServer, place: ProjectPlace, filters: MongoFilter) -> list[RunRecord]:
    """Those of the runs that came whole just now that match."""
    at_hand = server.learning.at_hand(place)
    if not at_hand or any(field.space is Space.LOGGED for field in fields_in(filters)):
        return []
    return list(filter(compile_filter(filters), at_hand))


# Cursors of our own: how many runs of a listing lie before a page, whatever the server's are.


def cursor_at(position: int) -> str | None:
    """The cursor after so many runs of a listing."""
    return base64.b64encode(f"{_CURSOR}{position}".encode()).decode() if position else None


def position_in(cursor: str) -> int:
    """How many runs lie before a cursor.

    Raises:
        ArgumentError: it is none of this source.
    """
    try:
        text = base64.b64decode(cursor, validate=True).decode()
        if not text.startswith(_CURSOR):
            raise ValueError(text)
        return int(text.removeprefix(_CURSOR))
    except (binascii.Error, ValueError) as error:
        raise ArgumentError.because(f"`{cursor}` is not a cursor of this source") from error
