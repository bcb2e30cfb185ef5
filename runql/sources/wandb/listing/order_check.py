"""Watches whether a server did what it was asked: do the runs match the filter, do they stand in the order?

A suspicion costs one more request, which decides; a server that is in order costs none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from runql.plan.to_mongo.wire import wire_json
from runql.sources.protocol import Wanted
from runql.sources.wandb.decode import ProjectPlace
from runql.sources.wandb.failures.failures import Failure
from runql.sources.wandb.http.flow_control import Stakes
from runql.sources.wandb.listing.chunks import edges_of
from runql.sources.wandb.listing.questions import ListQuestion
from runql.sources.wandb.project import Question, WandbServer
from runql.sources.wandb.schema.abilities import FILTERS, probe_of
from runql.syntax.mongo.nodes import BY_CREATION, MongoFilter, MongoOrder, turned

PROBE_SIZE = 5
_OF_PROBE = Stakes(3)


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
