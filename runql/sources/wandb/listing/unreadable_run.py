"""One run that a listing cannot get past: is it the run, a part of it, or the server?

A run is given up on only after something else of the same kind came, asked for after the run had failed, and the run
has failed once more. Where nothing comes at all it is the server, which is waited for as ever.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from runql.sources.paging import needed
from runql.sources.protocol import Wanted
from runql.sources.wandb.failures.failures import Failure, Fault
from runql.sources.wandb.http.client import GraphqlAnswer
from runql.sources.wandb.http.flow_control import Stakes
from runql.sources.wandb.listing.chunks import edges_of
from runql.sources.wandb.listing.losses import PARTS, Came
from runql.sources.wandb.listing.questions import ListQuestion, offset_in
from runql.sources.wandb.project import Question, Sent, WandbServer
from runql.sources.wandb.schema.abilities import ORDER
from runql.syntax.mongo.nodes import BY_CREATION, BY_ID, turned
from runql.text.frozen import frozen

OF_PAGE = Stakes(2, isolates=True)
OF_SMALL_PAGE = Stakes(3, isolates=True)
OF_PART = Stakes(1, isolates=True, doubt=0.25)
"""What is in a page that failed fails again, or did not fail for itself."""

_OF_RUN = Stakes(1, isolates=True, doubt=1e-5)

_HOPELESS_AFTER = 3
"""Runs of which a part fails, before any other came: from then on it matters whether any does."""

_OF_ONE_RUN = frozenset({Fault.OVERLOADED, Fault.TIMED_OUT, Fault.BROKEN, Fault.NOT_JSON, Fault.TOO_LARGE})
MAY_BE_DOWN = frozenset({Fault.OVERLOADED, Fault.BROKEN, Fault.NOT_JSON})
"""Of these, failures that come of the whole server as well."""

_OF_ONE_RUN_AMONG_OTHERS = frozenset({Fault.MISSING, Fault.FORBIDDEN, Fault.ODD})
"""Where others of the same listing came, these are not about the whole of it either."""


def may_be_one_run(failure: Failure, *, others_came: bool) -> bool:
    """Whether a page may fail over one of its runs: then it is asked for in halves."""
    if failure.is_hopeless:
        return False
    if failure.kind is Fault.REFUSED:
        # With a status of its own the question is refused, whatever runs it is about.
        return "(status " not in failure.detail and not failure.detail.startswith("status ")
    return failure.kind in _OF_ONE_RUN or (others_came and failure.kind in _OF_ONE_RUN_AMONG_OTHERS)


@frozen
class Unread:
    """A run that cannot be read. `cursor`: that of the run, if it was told without the run."""

    run_id: str | None
    cursor: str | None
    failure: Failure


class Isolation:
    """The runs at fault of one listing. `good`: a question for another run, which was answered."""

    def __init__(self, server: WandbServer, question: ListQuestion) -> None:
        self._server = server
        self._question = question
        self._known: set[tuple[Fault, str]] = set()
        """What the server says of the runs that were found to be at fault."""
        self._alone = 0
        self.good: Question | None = None
        self.counts_offsets = False
        """Whether a cursor that came was the offset of its run."""

    def settle(self, after: str | None, failure: Failure) -> Came | Unread:
        """What comes of the run after a cursor, which failed.

        Raises:
            Failure: it is not a matter of single runs.
        """
        is_known = (failure.kind, failure.detail) in self._known
        if (came := self._in_parts(after, is_known=is_known)) is not None:
            return came
        run_id, cursor = self._named(after)
        # The name of the run is an answer too, but none to this question.
        others_come = (run_id is not None and self.good is not None) or self._others_come(cursor)
        try:
            stakes = OF_PART if is_known else _OF_RUN if others_come else OF_PAGE
            return Came(self._server.ask(self._question.page(1, after, stakes=stakes)))
        except Failure as last:
            if not others_come or not may_be_one_run(last, others_came=True):
                raise
            self._known.add((last.kind, last.detail))
            return Unread(run_id, cursor, last)

    def _others_come(self, cursor: str | None) -> bool:
        """Whether the server gives others now. A run that came before is waited for as long as any answer is."""
        if self.good is not None:
            self._server.ask(self.good)
            return True
        for question, after in self._others(cursor):
            try:
                edges = edges_of(self._server.ask(question.page(1, after, stakes=OF_PART)).data)
            except Failure as failure:
                if not may_be_one_run(failure, others_came=True):
                    raise
                continue
            if edges:
                self.good = question.page(1, after)
                self.counts_offsets = self.counts_offsets or (after is None and offset_in(edges[0].get("cursor")) == 1)
                return True
        # Is it there at all? It is waited for, as long as any answer is.
        self._server.ask(self._question.count())
        return False

    def _others(self, cursor: str | None) -> Iterator[tuple[ListQuestion, str | None]]:
        """Where another run may be found before any came: behind this one, else at the beginning of other orders."""
        if cursor is not None:
            yield self._question, cursor
        order = self._question.order or BY_CREATION
        others = (turned(order), BY_ID, turned(BY_ID)) if self._server.abilities.does(ORDER) else ()
        for other in dict.fromkeys(others):
            yield replace(self._question, order=other), None

    def _named(self, after: str | None) -> tuple[str | None, str | None]:
        """The id and the cursor of a run that is asked for nothing else, if these come."""
        try:
            edges = edges_of(self._server.ask(self._question.names(1, after, stakes=OF_PART)).data)
        except Failure as failure:
            if failure.kind is Fault.LACKING or may_be_one_run(failure, others_came=True):
                return None, None
            raise
        return (str(edges[0]["node"].get("name")), edges[0].get("cursor")) if edges else (None, None)

    # A run of which only a heavy part fails.

    def _in_parts(self, after: str | None, *, is_known: bool) -> Came | None:
        """The run without the parts that fail; `None` if it fails without any, or is chosen or ordered by one."""
        wanted = self._question.wanted
        also = needed(self._question.filters, self._question.order or BY_CREATION)
        if wanted.is_light or not also.is_light:
            return None
        light = replace(self._question, wanted=Wanted())
        try:
            answer = self._server.ask(light.page(1, after, stakes=OF_PART))
        except Failure as failure:
            if may_be_one_run(failure, others_came=True):
                return None
            raise
        stakes = OF_PART if is_known else OF_PAGE
        asked = {
            part: self._server.submit(replace(light, wanted=only).page(1, after, stakes=stakes))
            for part, only in _parts_of(wanted)
        }
        found: dict[str, Any] = {}
        unread: dict[str, str] = {}
        last: Failure | None = None
        for part, sent in asked.items():
            try:
                found |= self._heavy(sent)
            except Failure as failure:
                if not may_be_one_run(failure, others_came=True):
                    raise
                last = failure
                unread[part] = failure.why(self._server.host)
                found |= dict.fromkeys(_keys_of(part, wanted))
        if last is not None:
            self._alone += 1
            if (
                self.good is None
                and self._alone >= _HOPELESS_AFTER
                and not self._others_come(edges_of(answer.data)[0].get("cursor"))
            ):
                raise last
        return Came(_joined(answer, found), unread={0: unread} if unread else {})

    def _heavy(self, sent: Sent) -> dict[str, Any]:
        edges = edges_of(self._server.wait(sent).data)
        return {key: value for key, value in (edges[0]["node"] if edges else {}).items() if key in PARTS}


def _parts_of(wanted: Wanted) -> list[tuple[str, Wanted]]:
    """The heavy parts, each alone."""
    found = [
        ("config", Wanted(config=wanted.config)),
        ("summary", Wanted(summary=wanted.summary)),
        ("system metrics", Wanted(system_metrics=wanted.system_metrics)),
        ("list of metrics", Wanted(history_keys=wanted.history_keys)),
    ]
    return [(part, only) for part, only in found if not only.is_light]


def _keys_of(part: str, wanted: Wanted) -> list[str]:
    """The fields of an answer that hold a part."""
    keys = [key for key, name in PARTS.items() if name == part]
    is_some = {"config": wanted.config, "summary": wanted.summary}.get(part) is not None
    return keys[1:] if is_some else keys[:1]


def _joined(answer: GraphqlAnswer, found: Mapping[str, Any]) -> GraphqlAnswer:
    """The answer with more fields of its only run."""
    project = answer.data["project"]
    runs = project["runs"]
    if isinstance(runs, list):
        more: Any = [{**node, **found} for node in runs]
    elif "edges" in runs:
        more = {**runs, "edges": [{**edge, "node": {**edge["node"], **found}} for edge in runs["edges"]]}
    else:
        more = {**runs, "nodes": [{**node, **found} for node in runs["nodes"]]}
    return replace(answer, data={**answer.data, "project": {**project, "runs": more}})
