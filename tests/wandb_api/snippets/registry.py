"""The shapes of code that people write over W&B's `Api`, one function each: `wandb` is the official package, or ours.

They are written anew after what stands in guides, questions and repositories, and do what is done there: list, take
the summary and the config apart, put histories into one frame, find the best run of a sweep, write a CSV. Each gives a
plain value. They are in the files beside this one.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

PATH = "acme/vision"
SNIPPETS: dict[str, Callable[[Any], Any]] = {}


def snippet(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Puts a function into `SNIPPETS` under its name."""
    SNIPPETS[function.__name__] = function
    return function


def plain(value: Any) -> Any:
    """A value as JSON has it, a frame as its columns and rows."""
    if type(value).__name__ == "DataFrame":
        return {"columns": list(value.columns), "rows": [plain(list(row)) for row in value.itertuples(index=False)]}
    if isinstance(value, dict) or "Summary" in type(value).__name__:
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if type(value).__module__ == "numpy":
        value = value.item()
    if isinstance(value, float) and math.isnan(value):
        return "NaN"
    return str(value) if isinstance(value, str) else value
