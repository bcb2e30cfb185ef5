"""YAML: rows as a list of mappings, and the combinations that never ran as the parameters of a W&B sweep."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from runql.results.formats.cells import Lost, to_json
from runql.results.frame import Frame
from runql.semantic.values import Value


def yaml_lines(frame: Frame, lost: Lost) -> Iterator[str]:
    """A list with a mapping a row, in the part of YAML that is also JSON."""
    if not frame.length:
        yield "[]"
    for row in frame.tuples():
        for place, (name, cell) in enumerate(zip(frame.names, row, strict=True)):
            yield f"{'- ' if place == 0 else '  '}{_scalar(name)}: {_scalar(to_json(cell, lost))}"


def sweep_lines(frame: Frame) -> Iterator[str]:
    """The parameters of grid searches that run exactly these combinations, a document each.

    Combinations that form no whole grid are parted into several, for one grid would run others again.
    """
    grids = _grids([tuple(map(_frozen, row)) for row in frame.tuples()])
    if not grids:
        yield "# every combination has run: there is nothing left to sweep"
    for place, grid in enumerate(grids, start=1):
        if len(grids) > 1:
            yield from ("---",) if place > 1 else ()
            yield f"# grid {place} of {len(grids)}: a file of its own for `wandb sweep`"
        yield "method: grid"
        yield "parameters:"
        named = {name.removeprefix("config."): values for name, values in zip(frame.names, grid, strict=True)}
        yield from _parameters(_nested(named), 1)


Axis = tuple[str, ...]


def _frozen(value: Value) -> str:
    """A value as the text that stands in the file: equal texts are equal values."""
    return _scalar(to_json(value, Lost()))


def _grids(rows: Sequence[tuple[str, ...]]) -> list[tuple[Axis, ...]]:
    """The rows as few products of lists: rows that differ in one place are joined, place by place, from the last."""
    boxes: dict[tuple[Axis, ...], None] = dict.fromkeys(tuple((value,) for value in row) for row in rows)
    width = len(rows[0]) if rows else 0
    for place in reversed(range(width)):
        joined: dict[tuple[Axis, ...], dict[str, None]] = {}
        for box in boxes:
            others = (*box[:place], (), *box[place + 1 :])
            joined.setdefault(others, {}).update(dict.fromkeys(box[place]))
        boxes = {(*others[:place], tuple(values), *others[place + 1 :]): None for others, values in joined.items()}
    return list(boxes)


def _nested(named: Mapping[str, Axis]) -> dict[str, Any]:
    """Dotted names as W&B nests them."""
    tree: dict[str, Any] = {}
    for name, values in named.items():
        *outer, last = name.replace("`", "").split(".") if "`" not in name else [name.replace("`", "")]
        level = tree
        for key in outer:
            level = level.setdefault(key, {})
        level[last] = values
    return tree


def _parameters(tree: Mapping[str, Any], depth: int) -> Iterator[str]:
    indent = "  " * depth
    for name, inner in tree.items():
        yield f"{indent}{_scalar(name)}:"
        if isinstance(inner, dict):
            yield f"{indent}  parameters:"
            yield from _parameters(inner, depth + 2)
        elif len(inner) == 1:
            yield f"{indent}  value: {inner[0]}"
        else:
            yield f"{indent}  values: [{', '.join(inner)}]"


def _scalar(value: Any) -> str:
    """A value as JSON, which is YAML too, but for numbers: YAML takes `1e-05` for text, and `1.0e-05` for a number."""
    if isinstance(value, float):
        text = repr(value)
        mantissa, exponent, power = text.partition("e")
        return f"{mantissa}.0e{power}" if exponent and "." not in mantissa else text
    if isinstance(value, str) and value.isidentifier() and value.lower() not in _WORDS:
        return value
    return json.dumps(value, ensure_ascii=False)


_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n", "nan", "inf"})
