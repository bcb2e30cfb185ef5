"""Small connections, read whole: the projects of an entity, the sweeps of a project."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from runql.sources.wandb.http.failures import Failure, Kind
from runql.sources.wandb.project import Question, Server

_PAGE = 200
_MOST = 100_000

Node = Mapping[str, Any]


def project_nodes(server: Server, entity: str) -> Iterator[Node]:
    """The projects of an entity: as `models` of the server, or of the entity where there are none.

    Raises:
        Failure: they could not be fetched.
    """
    variables = {"entity": entity}
    if server.abilities.has("Query.models"):
        try:
            yield from nodes_of(server, "projects", "Query.models", variables, lambda data: data.get("models"))
        except Failure as failure:
            if failure.kind is not Kind.LACKING or server.abilities.has("Query.models"):
                raise
        else:
            return
    yield from nodes_of(server, "entity_projects", "Entity.projects", variables, _of_entity)


def _of_entity(data: Node) -> Any:
    entity = data.get("entity")
    return entity.get("projects") if isinstance(entity, Mapping) else None


def nodes_of(
    server: Server, name: str, field: str, variables: Node, connection_of: Callable[[Node], Any]
) -> Iterator[Node]:
    """The nodes of all pages, each once. Where nothing pages, ever larger pages are asked for.

    Raises:
        Failure: they could not be fetched, or more than one page holds are there and the server has no others.
    """
    seen: set[Any] = set()
    size, after = _PAGE, None
    while True:
        asked = {**variables, "first": size, "after": after}
        connection = connection_of(server.ask(Question(name, frozenset(), asked)).data)
        if connection is None:
            raise Failure(Kind.MISSING, "it has none there, or none that may be seen")
        edges = [edge for edge in connection.get("edges") or () if isinstance(edge, Mapping)]
        info = connection.get("pageInfo") or {}
        named = {edge["node"].get("name"): edge["node"] for edge in edges if isinstance(edge.get("node"), Mapping)}
        fresh = [node for name, node in named.items() if name not in seen]
        seen.update(named)
        yield from fresh
        says_more = bool(info.get("hasNextPage"))
        following = info.get("endCursor") or (edges[-1].get("cursor") if edges else None)
        # A server may deny that there is more, though its page is full; or give the first page again.
        is_full = bool(edges) and len(edges) >= size
        if says_more and not fresh and not is_full:
            raise Failure(Kind.ODD, f"it gives {len(seen):,}, says that there are more, and has no other page")
        if not (is_full if after is not None and not fresh else fresh and (says_more or is_full)):
            return
        if fresh and server.abilities.has(f"{field}(after)") and following not in (None, after):
            after = following
        elif server.abilities.has(f"{field}(first)") and len(edges) == size < _MOST:
            size, after = size * 4, None
        elif says_more:
            raise Failure(Kind.LACKING, f"it gives {len(seen):,}, says that there are more, and has no other page")
        else:
            return
