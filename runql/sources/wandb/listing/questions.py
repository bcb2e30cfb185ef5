"""What is asked of a listing, and the cursors of W&B's in which it is asked."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping
from typing import Any

from runql.plan.to_mongo.wire import wire_json, wire_order
from runql.sources.protocol import Wanted
from runql.sources.wandb.decode import ProjectPlace
from runql.sources.wandb.http.flow_control import Stakes
from runql.sources.wandb.project import Question, wanted_options
from runql.syntax.mongo.nodes import EVERY_RUN, MongoFilter, MongoOrder
from runql.text.frozen import frozen

_PREFIX = "arrayconnection:"


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
        options: Iterable[str] = (),
        stakes: Stakes | None = None,
        **variables: Any,
    ) -> Question:
        """The question for one page: `size` runs after a cursor."""
        chosen, heavy = wanted_options(self.wanted)
        return Question(
            "runs",
            chosen | self._options | set(options),
            self._variables(size, after) | heavy | variables,
            stakes=stakes,
        )

    def names(self, size: int, after: str | None, *, stakes: Stakes | None = None) -> Question:
        """The question for nothing but the ids and cursors of a page."""
        return Question("run_names", self._options, self._variables(size, after), stakes=stakes)

    def count(self) -> Question:
        """The question for nothing but the number of runs."""
        return Question("count", frozenset({filtered(self.filters)}), self._variables(0, None))

    @property
    def _options(self) -> frozenset[str]:
        return frozenset({filtered(self.filters), *(() if self.order is None else ("order",))})

    def _variables(self, size: int, after: str | None) -> dict[str, Any]:
        return {
            "entity": self.place.entity,
            "project": self.place.project,
            "first": size,
            "after": after,
            "order": None if self.order is None else wire_order(self.order),
            "filters": wire_json(self.filters),
        }
