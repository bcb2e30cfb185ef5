"""Watches whether a server did what it was asked: do the runs match the filter, do they stand in the order?

A suspicion costs one more request, which decides; a server that is in order costs none.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from operator import eq, gt, lt
from typing import Any

from runql.engine.mongo.fields import values_in
from runql.language.fields import Space
from runql.plan.to_mongo.wire import wire_json
from runql.semantic.record import RunRecord
from runql.sources.protocol import Wanted
from runql.sources.wandb.decode import ProjectPlace
from runql.sources.wandb.failures.failures import Failure
from runql.sources.wandb.http.flow_control import Stakes
from runql.sources.wandb.listing.chunks import edges_of
from runql.sources.wandb.listing.questions import ListQuestion
from runql.sources.wandb.project import Question, WandbServer
from runql.sources.wandb.schema.abilities import FILTERS
from runql.sources.wandb.schema.probes import probe_of
from runql.syntax.mongo.nodes import BY_CREATION, MongoFilter, MongoOrder, OrderField, fields_in, turned

PROBE_SIZE = 5
_OF_PROBE = Stakes(3)


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


def breaks_order(before: Sequence[RunRecord], runs: Sequence[RunRecord], order: MongoOrder) -> bool:
    """Whether neighbours stand the wrong way round, as far as that is beyond doubt: two numbers, or two times.

    `before`: the run that came before these, if one did.
    """
    key = order[0]
    values = [*values_in(key.field, before), *values_in(key.field, runs)]
    types = set(map(type, values))
    if types == {datetime} or (types <= {int, float} and all(map(eq, values, values))):  # NaN is not equal to itself
        return any(map(lt if key.descending else gt, values, values[1:]))
    return any(_wrong(a, b, key) for a, b in pairwise(values))


def _wrong(a: Any, b: Any, key: OrderField) -> bool:
    comparable = (is_number(a) and is_number(b)) or (isinstance(a, datetime) and isinstance(b, datetime))
    if not comparable:
        return False
    return bool(a < b) if key.descending else bool(a > b)


def is_number(value: Any) -> bool:
    """Whether a value has a place among the numbers."""
    return isinstance(value, int | float) and not isinstance(value, bool) and not math.isnan(value)


def ask_for_nobody(server: WandbServer, place: ProjectPlace, filters: MongoFilter) -> None:
    """Asks for a run that cannot be, by a filter of this shape, if it is not proven yet: whoever gives one does not
    filter."""
    probe = probe_of(filters, server.abilities.proven)
    if probe is None:
        return
    variables = {"entity": place.entity, "project": place.project, "filters": wire_json(probe.filters)}
    answer = server.ask(Question("runs", frozenset({"filtered"}), {**variables, "first": 1, "after": None}))
    if server.abilities.does(FILTERS):
        server.abilities.learn_proof(probe, len(node_names(answer.data)))


def prove_filters(server: WandbServer, place: ProjectPlace, filters: MongoFilter) -> None:
    """Makes sure, once, that a server which cannot count the runs of a filter does filter."""
    abilities = server.abilities
    if abilities.does(FILTERS) and not abilities.counts_filtered:
        ask_for_nobody(server, place, filters)


def ignores_order(server: WandbServer, question: ListQuestion) -> bool:
    """Asks for the first runs both ways round: whoever gives the same does not order.

    Raises:
        Failure: it was not answered.
    """
    order = question.order or BY_CREATION

    def ask(way: MongoOrder) -> list[str]:
        asked = replace(question, order=way, wanted=Wanted()).page(PROBE_SIZE, None, stakes=_OF_PROBE)
        return node_names(server.ask(asked).data)

    try:
        forwards = ask(order)
        return len(forwards) > 1 and forwards == ask(turned(order))
    except Failure as failure:
        if failure.is_hopeless or not failure.treatment.patience:
            raise
        return False  # one of these runs cannot be read: nothing is known of the order


def node_names(data: Mapping[str, Any]) -> list[str]:
    """The ids of the runs of an answer."""
    return [str(edge["node"].get("name")) for edge in edges_of(data)]


def says_more(project: Mapping[str, Any]) -> bool:
    """Whether an answer says that more runs follow."""
    runs = project.get("runs")
    info = runs.get("pageInfo") if isinstance(runs, Mapping) else None
    return isinstance(info, Mapping) and bool(info.get("hasNextPage"))
