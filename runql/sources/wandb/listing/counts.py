"""How many runs match: as the server counts them, or by a list of them."""

from __future__ import annotations

from runql.engine.mongo.filters import compile_filter
from runql.plan.to_mongo.wire import wire_json
from runql.sources.paging import needed
from runql.sources.wandb.decode import ProjectPlace
from runql.sources.wandb.failures.failures import Failure, Fault
from runql.sources.wandb.listing.fetch import fetch_all
from runql.sources.wandb.listing.questions import count_in, doubted_in, filtered, matching_at_hand, narrow
from runql.sources.wandb.project import Question, WandbServer
from runql.sources.wandb.schema.abilities import probe_of
from runql.syntax.mongo.nodes import BY_CREATION, EVERY_RUN, MongoFilter, fields_in


def count_of(server: WandbServer, place: ProjectPlace, filters: MongoFilter) -> int | None:
    """How many runs match: one request, unless the server cannot count them, or counts fewer than are at hand; `None`
    if they must be listed for it and the server cannot read some.

    Raises:
        Failure: it was not answered.
    """
    abilities = server.abilities
    narrowed = narrow(filters, abilities.misread)
    countable = abilities.counts_filtered if filters != EVERY_RUN else abilities.has("Project.runCount")
    # Runs that are named are few, and a server may compare names without regard to their case: they are looked at.
    countable = countable and not any(field.is_id for field in fields_in(filters))
    count = counted_by(server, place, narrowed.sent) if countable and narrowed.is_whole else None
    if count is None:
        return listed_for(server, place, filters, narrowed.sent)
    if filters != EVERY_RUN and count < len(matching_at_hand(server, place, filters)):
        doubted = doubted_in(filters)
        seen = listed_for(server, place, filters, narrow(filters, abilities.misread | doubted).sent)
        if seen is not None and seen > count:
            abilities.learn_misread(doubted)
        return seen
    return count


def counted_by(server: WandbServer, place: ProjectPlace, filters: MongoFilter) -> int | None:
    """The server's count; `None` where it gives none, or one that is no use.

    Raises:
        Failure: it was not answered.
    """
    abilities = server.abilities
    is_filtered = filters != EVERY_RUN
    options = {filtered(filters)}
    probe = probe_of(filters, abilities.proven) if is_filtered else None
    variables = {"entity": place.entity, "project": place.project, "filters": wire_json(filters)}
    if probe is not None:
        options.add("probe")
        variables["never"] = wire_json(probe.filters)
    needs = frozenset({"Project.runCount(filters)" if is_filtered else "Project.runCount"})
    try:
        answer = server.ask(Question("count", frozenset(options), variables, needs=needs))
    except Failure as failure:
        if failure.kind is Fault.LACKING and not abilities.has_all(needs):
            return None
        raise
    found = server.project_of(answer, place)
    none = found.get("none")
    if isinstance(none, int) and probe is not None:
        abilities.learn_proof(probe, none)
    count = count_in(found, filters)
    return count if isinstance(count, int) and (not is_filtered or abilities.counts_filtered) else None


def listed_for(server: WandbServer, place: ProjectPlace, filters: MongoFilter, sent: MongoFilter) -> int | None:
    """The count of the runs that come and match. `sent`: the part of the filter that the server is left. `None` if the
    server cannot read some: then a count would pass for the whole.

    Raises:
        Failure: they could not be fetched.
    """
    test = compile_filter(filters)
    fetched = fetch_all(server, place, sent, needed(filters, BY_CREATION), BY_CREATION)
    return None if fetched.lost or fetched.partial else sum(1 for run in fetched.runs if test(run))
