"""Walking the tree: the nodes around a place, and the statements of a text."""

from __future__ import annotations

from collections.abc import Iterator

from runql.syntax import tree as t
from runql.syntax.tree import query_of


def children(node: t.Node) -> Iterator[t.Node]:
    """The nodes right below one, in the order of the text."""
    names: tuple[str, ...] = type(node).__match_args__  # all that a node has but where it stands
    for name in names:
        yield from _within(getattr(node, name))


def _within(value: object) -> Iterator[t.Node]:
    if isinstance(value, t.Node):
        yield value
    elif isinstance(value, tuple):
        for each in value:
            yield from _within(each)


def chain_at(node: t.Node, offset: int) -> tuple[t.Node, ...]:
    """The nodes that hold an offset (their last character counts), from the outermost to the innermost."""
    chain: list[t.Node] = []
    at: t.Node | None = node
    while at is not None:
        chain.append(at)
        at = next((child for child in children(at) if child.span.start <= offset <= child.span.end), None)
    return tuple(chain)


def chain_to(node: t.Node, mark: str) -> tuple[t.Node, ...]:
    """The nodes from the outermost to the one whose own text holds a mark; empty if there is none."""
    waiting: list[tuple[t.Node, ...]] = [(node,)]
    while waiting:
        chain = waiting.pop()
        if _holds(chain[-1], mark):
            return chain
        waiting.extend((*chain, child) for child in children(chain[-1]))
    return ()


def _holds(node: t.Node, mark: str) -> bool:
    match node:
        case t.Path(segments=segments):
            return any(isinstance(segment, str) and mark in segment for segment in segments)
        case t.Column(name=str(name)):
            return mark in name
        case _:
            return False


def queries(script: t.Script) -> Iterator[t.Query]:
    """The queries of a text: those that are asked, explained, named or pulled."""
    for statement in script.statements:
        query = query_of(statement)
        if query is not None:
            yield query


def names_of(clause: t.FromClause | None) -> tuple[str, ...]:
    """What stands after `from`: names of sources and of queries, those of saved ones with their sign."""
    return tuple(map(name_of, clause.sources)) if clause is not None else ()


def name_of(source: t.SourceRef) -> str:
    return f"@{source.name}" if source.kind is t.SourceKind.SAVED else source.name
