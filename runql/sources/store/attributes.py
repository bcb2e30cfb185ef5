"""The config and the summary of a run as rows of `attr`, a row a leaf, and back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from runql.semantic.json_text import whole_text
from runql.semantic.values import Value
from runql.sources.store.layout import AttrSpace
from runql.sources.store.values import cell_of, is_whole, value_of

AttrRow: TypeAlias = tuple[Any, ...]
"""`space`, `root`, `path`, `keys`, `place`, `el`, `t`, `num`, `str`, `whole`."""

_SCALARS = frozenset({str, int, float, bool, type(None)})


def rows_of_part(space: AttrSpace, part: Mapping[str, Any]) -> Iterator[AttrRow]:
    """The rows of a nested record: one for each value and each record in it, in their order; one for each element of
    a list."""
    at = 0
    waiting: list[tuple[tuple[str, ...], Value]] = [((str(key),), value) for key, value in reversed([*part.items()])]
    while waiting:
        keys, value = waiting.pop()
        root, path, spelt = _names(keys)
        t, num, text, whole = ("o", float(len(value)), None, None) if isinstance(value, Mapping) else cell_of(value)
        yield (space.value, root, path, spelt, at, False, t, num, text, whole)
        if isinstance(value, Mapping):
            waiting += [((*keys, str(key)), below) for key, below in reversed([*value.items()])]
        elif isinstance(value, list | tuple):
            for element in value:
                if type(element) in _SCALARS:
                    yield (space.value, root, path, spelt, at, True, *cell_of(element))
        at += 1


def _names(keys: tuple[str, ...]) -> tuple[str, str, str | None]:
    """The top key, the path with dots, and the keys as JSON where the path alone does not tell them."""
    path = ".".join(keys)
    if is_whole(path) and not any("." in key for key in keys):
        return keys[0], path, None
    return whole_text(keys[0]), whole_text(path), json.dumps(keys)


def rows_of_logged(kinds: Mapping[str, Mapping[str, int]]) -> Iterator[AttrRow]:
    """How many values of each kind a metric has: a row a kind, its name in `str`, the number in `num`."""
    for at, (name, counts) in enumerate(kinds.items()):
        path, keys = (name, None) if is_whole(name) else (whole_text(name), json.dumps([name]))
        for kind, count in counts.items():
            yield (AttrSpace.LOGGED.value, path, path, keys, at, False, "k", float(count), kind, None)


def parts_of_rows(rows: Iterable[tuple[Any, ...]]) -> dict[str, dict[str, Any]]:
    """The nested records of runs, from rows of `run`, `path`, `keys`, `t`, `num`, `str`, `whole` in their order."""
    parts: dict[str, dict[str, Any]] = {}
    for run, path, spelt, t, num, text, whole in rows:
        keys = path.split(".") if spelt is None else json.loads(spelt)
        inner: Any = parts.setdefault(run, {})
        for key in keys[:-1]:
            inner = inner.setdefault(key, {})
        inner[keys[-1]] = value_of(t, num, text, whole)
    return parts


def logged_of_rows(rows: Iterable[tuple[Any, ...]]) -> dict[str, dict[str, dict[str, int]]]:
    """The kinds of each metric of runs, from the same columns."""
    found: dict[str, dict[str, dict[str, int]]] = {}
    for run, path, spelt, _, num, kind, _ in rows:
        name = path if spelt is None else json.loads(spelt)[0]
        found.setdefault(run, {}).setdefault(name, {})[kind] = int(num)
    return found
