"""What every node has, and names as they are written."""

from __future__ import annotations

from dataclasses import field

from runql.text.frozen import frozen
from runql.text.source import NOWHERE, Span


@frozen(kw_only=True)
class Node:
    """The base of all: where the node stands in its text."""

    span: Span = field(default=NOWHERE, compare=False, repr=False)


@frozen
class Path(Node):
    """A name as written: segments between dots; an `int` is a list element (`layers[0]`).

    A segment keeps its slashes (`val/loss` is one). `exact` is true when any segment was written in
    backticks: then each segment is one key. Otherwise a dot may nest, or belong to a key.
    The last segment, or a segment of a glob path, may hold `*`.
    """

    segments: tuple[str | int, ...]
    exact: bool = False

    @property
    def is_glob(self) -> bool:
        return not self.exact and any(isinstance(s, str) and "*" in s for s in self.segments)


@frozen
class QueryNode(Node):
    """A whole query, where a tree of a lower file holds one: `Query` is the only kind (`statements.query_in`)."""
