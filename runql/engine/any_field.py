"""The values of a run that a test of any field asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from runql.engine.fields import PART_OF_SPACE
from runql.engine.patterns import star_matcher
from runql.errors import RunQLError
from runql.language.fields import Space
from runql.semantic.record import RunRecord
from runql.semantic.typed import TAnyField
from runql.semantic.values import Value

ValuesOf = Callable[[RunRecord], Iterator[Value]]

_OWN: Final = "_wandb"
"""W&B's own record in config and summary."""


def values_asked(node: TAnyField) -> ValuesOf:
    """A function from a run to the values that the test asks, nested ones and elements of lists among them.

    Raises RQL901 if the part of the run that holds them was not loaded.
    """
    return _of_run if node.space is None else _under(node.space, node.pattern)


def _of_run(record: RunRecord) -> Iterator[Value]:
    """What a run is called, its notes and tags, and the keys and values of its config."""
    yield from (text for text in (record.id, record.name, record.notes, record.group) if text is not None)
    yield from record.tags
    for path, value in _inside(_part(record, Space.CONFIG)):
        if path[0] == _OWN:
            continue
        if path[-1]:  # an element of a list has no key
            yield path[-1]
            if len(path) > 1:
                yield ".".join(filter(None, path))
        yield value


def _under(space: Space, pattern: str) -> ValuesOf:
    matches, inside = star_matcher(pattern), star_matcher(f"{pattern}.*")
    is_own = _begins_with_line if space is Space.SUMMARY else _is_wandb
    hides = not pattern.startswith("_")

    def values(record: RunRecord) -> Iterator[Value]:
        for path, value in _inside(_part(record, space)):
            name = ".".join(filter(None, path))
            if not (hides and is_own(path[0])) and (matches(name) or inside(name)):
                yield value

    return values


def _begins_with_line(key: str) -> bool:
    return key.startswith("_")


def _is_wandb(key: str) -> bool:
    return key == _OWN


def _part(record: RunRecord, space: Space) -> Mapping[str, Any]:
    part: Mapping[str, Any] | None = getattr(record, PART_OF_SPACE[space])
    if part is None:
        message = f"the {space.value} of run `{record.id}` was not loaded, a test of any field needs it"
        raise RunQLError.of("RQL901", message)
    return part


def _inside(part: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], Value]]:
    """Each value with its path: records and lists, and what they hold. Media objects (`_type`) are values.

    The elements of a list have the path of the list and an empty key behind it.
    """
    waiting: list[tuple[tuple[str, ...], Value]] = [((name,), value) for name, value in reversed([*part.items()])]
    while waiting:
        path, value = waiting.pop()
        yield path, value
        if isinstance(value, Mapping):
            if "_type" not in value:
                waiting += [((*path, str(name)), inner) for name, inner in reversed([*value.items()])]
        elif isinstance(value, list | tuple):
            waiting += [((*path, ""), inner) for inner in reversed(value)]
