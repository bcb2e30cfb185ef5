"""Values of a run's history where a table holds the rows of histories: what is written there instead."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from runql.semantic.spelling import code, path_text
from runql.syntax import to_text, tree

OF_CURVES: Final = frozenset({"at", "when", "auc", "slope", "spikes"})
"""The values of a history that no aggregate over rows has the name of."""

_PREFIX: Final = re.compile(r"\blogged\.")


def over_rows(node: tree.Call, x_axis: str | None) -> str:
    """The way out: `when` and `at` are rows of the table, what is of a whole curve is a column of its run."""
    argument = node.arguments[0] if node.arguments else None
    if node.name == "when" and argument is not None:
        condition = _PREFIX.sub("", to_text(argument))
        return f"the first such row of each run is {code(f'| where {condition} | first')}"
    if node.name == "at" and len(node.arguments) == 2:
        place = f"{path_text([x_axis or 'x'])} <= {to_text(node.arguments[1])}"
        return f"the last row of each run up to there is {code(f'| where {place} | last')}"
    if isinstance(argument, tree.Field) and argument.path.segments:
        segments = argument.path.segments
        metric = segments[1:] if segments[0] == "logged" and len(segments) > 1 else segments
        field = tree.Field(tree.Path(("logged", *metric)))
        text = to_text(replace(node, arguments=(field, *node.arguments[1:])))
        return f"of each run it is a column: {code(f'runs select {text}')}"
    return "of each run it is a column: `runs select auc(logged.loss)`"
