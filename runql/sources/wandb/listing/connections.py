"""Small connections, read whole: the projects of an entity, the sweeps of a project."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from runql.semantic.record import ProjectRecord, SweepRecord
from runql.sources.wandb.failures.failures import Failure, Fault
from runql.sources.wandb.http.flow_control import Stakes
from runql.sources.wandb.listing.questions import cursor_after, offset_in
from runql.sources.wandb.listing.unreadable_run import OF_PAGE, OF_PART, OF_SMALL_PAGE, may_be_one_run
from runql.sources.wandb.project import Question, WandbServer
from runql.text.diagnostic import Diagnostic

_PAGE = 200
_MOST = 100_000

Node = Mapping[str, Any]
_Listed = TypeVar("_Listed", SweepRecord, ProjectRecord)


def project_nodes(server: WandbServer, entity: str, lost: list[Diagnostic] | None = None) -> Iterator[Node]:
    """The projects of an entity: as `models` of the server, or of the entity where there are none. `lost` as below.

    Raises:
        Failure: they could not be fetched.
    """
    variables = {"entity": entity}
    if server.abilities.has("Query.models"):
        try:
            yield from nodes_of(
                server, "projects", "Query.models", variables, lambda data: data.get("models"), lost=lost
            )
        except Failure as failure:
            if failure.kind is not Fault.LACKING or server.abilities.has("Query.models"):
                raise
        else:
            return
    yield from nodes_of(server, "entity_projects", "Entity.projects", variables, _of_entity, lost=lost)


def _of_entity(data: Node) -> Any:
    entity = data.get("entity")
    return entity.get("projects") if isinstance(entity, Mapping) else None


def nodes_of(
    server: WandbServer,
    name: str,
    field: str,
    variables: Node,
    connection_of: Callable[[Node], Any],
    *,
    lost: list[Diagnostic] | None = None,
) -> Iterator[Node]:
    """The nodes of all pages, each once. Where nothing pages, ever larger pages are asked for. `lost` takes what is to
    be said of nodes that the server cannot read; without it they end the list.

    Raises:
        Failure: they could not be fetched, or more than one page holds are there and the server has no others.
    """
    asker, seen = _Asker(server, name, variables, connection_of, None if lost is None else lost.append), set[Any]()
    while True:
        connection, size, after = asker.page()
        if connection is None:
            raise Failure(Fault.MISSING, "it has none there, or none that may be seen")
        edges, named, info = _parts_of(connection)
        fresh = [node for name, node in named.items() if name not in seen]
        seen.update(named)
        yield from fresh
        following = info.get("endCursor") or (edges[-1].get("cursor") if edges else None)
        says_more = bool(info.get("hasNextPage"))
        # A server may deny that there is more, though its page is full; or give the first page again.
        is_full = bool(edges) and len(edges) >= size
        if says_more and not fresh and not is_full:
            raise Failure(Fault.ODD, f"it gives {len(seen):,}, says that there are more, and has no other page")
        if not (is_full if after is not None and not fresh else fresh and (says_more or is_full)):
            return
        if fresh and server.abilities.has(f"{field}(after)") and following not in (None, after):
            asker.go_on(len(edges), following)
        elif server.abilities.has(f"{field}(first)") and len(edges) == size < _MOST:
            asker.begin_anew(size * 4)
        elif says_more:
            raise Failure(Fault.LACKING, f"it gives {len(seen):,}, says that there are more, and has no other page")
        else:
            return


def _parts_of(connection: Node) -> tuple[list[Node], dict[Any, Node], Node]:
    """The edges of a page, the nodes by name, and what it says of the next one."""
    edges = [edge for edge in connection.get("edges") or () if isinstance(edge, Mapping)]
    named = {edge["node"].get("name"): edge["node"] for edge in edges if isinstance(edge.get("node"), Mapping)}
    return edges, named, connection.get("pageInfo") or {}


def saying(records: Iterable[_Listed | None], lost: list[Diagnostic]) -> Iterator[_Listed]:
    """The records that are some, each with what is to be said of those beside it that are not there."""
    waiting: list[_Listed] = []
    for record in records:
        if record is not None:
            yield from waiting
            waiting = [replace(record, said=tuple(lost)) if lost else record]
            lost.clear()
    if waiting:
        yield replace(waiting[0], said=(*waiting[0].said, *lost))


class _Asker:
    """Asks for one page after the other; in parts, where one fails."""

    def __init__(
        self,
        server: WandbServer,
        name: str,
        variables: Node,
        connection_of: Callable[[Node], Any],
        lose: Callable[[Diagnostic], None] | None,
    ) -> None:
        self._server = server
        self._name = name
        self._variables = variables
        self._connection_of = connection_of
        self._lose = lose
        self._size = _PAGE
        self._after: str | None = None
        self._passed = 0
        self._fault_end = 0
        self._counts_offsets = False
        self._first_came = False

    def page(self) -> tuple[Any, int, str | None]:
        """The next page, of how many nodes it was asked, and after which cursor."""
        while True:
            left = self._fault_end - self._passed
            size = self._size if left <= 0 else max(1, left // 2)
            try:
                data = self._server.ask(self._question(size, self._after, OF_PART if left > 0 else OF_PAGE)).data
            except Failure as failure:
                if self._lose is None or not may_be_one_run(failure, others_came=self._passed > 0):
                    raise
                self._fault_end = self._passed + size
                if size > 1:
                    continue
                settled = self._settle(failure, self._lose)
                if settled is None:
                    continue
                data = settled
            return self._connection_of(data), size, self._after

    def go_on(self, came: int, cursor: str) -> None:
        """The next page is the one behind so many nodes."""
        self._first_came = self._first_came or self._passed == 0
        self._passed += came
        self._after = cursor
        self._counts_offsets = offset_in(cursor) == self._passed

    def begin_anew(self, size: int) -> None:
        """The next page is the first one, larger."""
        self._size, self._after, self._passed, self._fault_end = size, None, 0, 0

    def _settle(self, failure: Failure, lose: Callable[[Diagnostic], None]) -> Node | None:
        """The page of one node that failed, or `None` if it is passed over.

        Raises:
            Failure: it is not a matter of this node, or nothing tells where the next one starts.
        """
        # If another comes now it is not the server, which is waited for as ever.
        self._server.ask(self._question(1, None if self._first_came else self._after))
        try:
            return self._server.ask(self._question(1, self._after, OF_SMALL_PAGE)).data
        except Failure as last:
            if not self._counts_offsets or not may_be_one_run(last, others_came=True):
                raise
        self._passed += 1
        self._after = cursor_after(self._passed)
        one = self._name.removesuffix("s").replace("entity_", "")
        why = failure.why(self._server.host)
        lose(Diagnostic("RQL408", f"{one} number {self._passed:,} could not be read, and is left out: {why}"))
        return None

    def _question(self, size: int, after: str | None, stakes: Stakes | None = None) -> Question:
        return Question(self._name, frozenset(), {**self._variables, "first": size, "after": after}, stakes=stakes)
