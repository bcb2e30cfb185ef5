"""Aggregates within a text that is offered for a call: as they are written where that call stands."""

from __future__ import annotations

import re
from typing import Final

from runql.semantic.folds import fold_named, history_fold_named

_CALL: Final = re.compile(r"\b(?P<name>[a-z_]\w*)\((?P<field>[^\W\d][\w./]*)\)(?!\s*over\b)")


def of_histories(text: str) -> str:
    """Left of a pipe: `max(acc)` is of the metric's history."""

    def written(found: re.Match[str]) -> str:
        name, field = found["name"], found["field"]
        if history_fold_named(name) is None or field.startswith(("logged.", "config.")):
            return found[0]
        return f"{name}(logged.{field.removeprefix('summary.')})"

    return _CALL.sub(written, text)


def over_rows_of(text: str, keys: str) -> str:
    """In a stage that looks at one row at a time: beside each row."""

    def written(found: re.Match[str]) -> str:
        is_fold = fold_named(found["name"]) is not None and not found["field"].startswith("logged.")
        return f"{found[0]} over {keys}" if is_fold else found[0]

    return _CALL.sub(written, text)
