"""What a source turned out to lack of what a query asks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from runql.engine.columns import expressions_of
from runql.plan.push import Pushed
from runql.semantic.catalog import Space
from runql.semantic.needed import walk
from runql.semantic.typed import TField, TLogged, TypedQuery
from runql.sources.open import Place
from runql.sources.protocol import TellsLacks
from runql.syntax.tree import Target
from runql.text.diagnostic import Diagnostic

_DEFAULT = ("name", "state", "created")
"""What a table of runs shows of a run if the query names no columns."""


def lacking(query: TypedQuery, asked: Iterable[tuple[Place, Pushed]]) -> Iterator[Diagnostic]:
    """What is to be said of it, as far as it is known by now."""
    fields = tuple(dict.fromkeys(_fields(query)))
    counts = query.target is Target.COUNT
    for place, pushed in asked:
        if isinstance(place.service, TellsLacks):
            # A source that decides the whole condition knows what was logged, though its runs may not tell.
            is_left = pushed.exact and place.service.capabilities.narrows
            named = tuple(name for name in fields if not (is_left and name == Space.LOGGED))
            yield from place.service.lacking(named, counts=counts, narrows=bool(pushed.filters))


def _fields(query: TypedQuery) -> Iterator[str]:
    for expr in expressions_of(query):
        for node in walk(expr):
            if isinstance(node, TLogged):
                yield Space.LOGGED.value
            elif isinstance(node, TField):
                yield str(node.key.segments[0]) if node.key.space is Space.RUN else node.key.space.value
    if query.target is Target.RUNS and query.columns is None and query.histories is None:
        yield from _DEFAULT
