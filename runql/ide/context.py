"""What the language service is told of the world: a snapshot, taken by whoever asks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import field, replace
from datetime import UTC, datetime, tzinfo
from types import MappingProxyType
from typing import TypeAlias

from runql.plan.capabilities import Capabilities
from runql.semantic.catalog import Catalog
from runql.semantic.check_context import CheckContext
from runql.semantic.typed import FieldKey
from runql.syntax import tree
from runql.syntax.parse import Parsed, parse
from runql.text.frozen import frozen

Occurring: TypeAlias = Iterable[tuple[str | int | float | bool, int]]
"""Values with how many runs hold each."""

ValuesOf: TypeAlias = Callable[[FieldKey, tuple[tree.Expr, ...]], "Occurring | None"]
"""The values of a field in the runs for which some conditions hold, most frequent first; none if that is not known
at once: it is asked while somebody types, and must never wait for anything."""

SavedQueryOf: TypeAlias = Callable[[str], "tree.Query | None"]
"""The saved query of a name; none where there is none, or it has mistakes. It is a small file of this machine."""

Text: TypeAlias = str | Parsed
"""A text, or what it was parsed to: whoever keeps that saves reading it again."""

_NO_TEXTS: Mapping[str, str] = MappingProxyType({})
_NO_CATALOGS: Mapping[str, Catalog] = MappingProxyType({})
_NO_VALUES: Mapping[str, object] = MappingProxyType({})
_NO_ALIASES: Mapping[str, tree.Expr] = MappingProxyType({})


@frozen
class Context:
    """What is known where a text is written. All of it may be empty.

    `catalog` is that of the source of queries that name none, and none while it loads; `catalogs` are those of other
    sources. `parameters` are the names that may be used, with a description each, `values` those that have a value.
    `sources`, `lets` and `saved` are names with a description each: of places, of queries named in this session, and of
    saved ones; `saved_query` reads a saved one where a text names it. `capabilities` and `values_of` are of the same
    source as `catalog`, if they are known.
    """

    catalog: Catalog | None = None
    parameters: Mapping[str, str] = field(default_factory=lambda: _NO_TEXTS)
    values: Mapping[str, object] = field(default_factory=lambda: _NO_VALUES)
    sources: Mapping[str, str] = field(default_factory=lambda: _NO_TEXTS)
    lets: Mapping[str, str] = field(default_factory=lambda: _NO_TEXTS)
    saved: Mapping[str, str] = field(default_factory=lambda: _NO_TEXTS)
    aliases: Mapping[str, tree.Expr] = field(default_factory=lambda: _NO_ALIASES)
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    zone: tzinfo = UTC
    source_name: str | None = None
    catalogs: Mapping[str, Catalog] = field(default_factory=lambda: _NO_CATALOGS)
    capabilities: Capabilities | None = None
    values_of: ValuesOf | None = None
    saved_query: SavedQueryOf | None = None

    def for_check(self, text: str | None = None) -> CheckContext:
        """The same for the checker."""
        return CheckContext(self.values, self.now, self.zone, self.source_name, self.aliases, text)

    def of(self, sources: tuple[str, ...]) -> Context:
        """The same for a query from these sources; of several, or of one that was not looked at, nothing is known."""
        if not sources or sources == (self.source_name,):
            return self
        catalog = self.catalogs.get(sources[0]) if len(sources) == 1 else None
        return replace(self, catalog=catalog, capabilities=None, values_of=None, source_name=None)


def parsed(text: Text) -> Parsed:
    return text if isinstance(text, Parsed) else parse(text)
