"""The combinations that never ran as the parameters of W&B sweeps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from runql.results.cell_text import json_text
from runql.results.columns import Columns
from runql.results.formats.yaml_text import Plain, plain, yaml_text

Axis: TypeAlias = tuple[str, ...]
"""The values of a parameter, each as the JSON text that tells it from the others."""


def sweep_documents(frame: Columns) -> Iterator[str]:
    """The parameters of grid searches that run exactly these combinations, a document each.

    Combinations that form no whole grid are parted into several, for one grid would run others again.
    """
    values = {json_text(cell): plain(cell) for row in frame.tuples() for cell in row}
    grids = _grids([tuple(map(json_text, row)) for row in frame.tuples()])
    if not grids:
        yield "# every combination has run: there is nothing left to sweep\n"
    for place, grid in enumerate(grids, start=1):
        if len(grids) > 1:
            yield "---\n" if place > 1 else ""
            yield f"# grid {place} of {len(grids)}: a file of its own for `wandb sweep`\n"
        named = {
            name.removeprefix("config."): [values[text] for text in axis]
            for name, axis in zip(frame.names, grid, strict=True)
        }
        yield yaml_text({"method": "grid", "parameters": _parameters(named)})


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


def _parameters(named: Mapping[str, list[Plain]]) -> dict[str, Plain]:
    """Dotted names as W&B nests them; whole where one of the outer names has values of its own."""
    tree: dict[str, Plain] = {}
    for name, values in named.items():
        bare = name.replace("`", "")
        *outer, last = [bare] if "`" in name else bare.split(".")
        if any(".".join(outer[:count]) in named for count in range(1, len(outer) + 1)):
            outer, last = [], bare
        level = tree
        for key in outer:
            group = level.setdefault(key, {"parameters": {}})
            assert isinstance(group, dict)
            inner = group["parameters"]
            assert isinstance(inner, dict)
            level = inner
        level[last] = {"values": values} if len(values) > 1 else {"value": values[0]}
    return tree
