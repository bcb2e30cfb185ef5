"""Asks the official client the questions that come on standard input, one JSON a line; a process of its own.

python -m tests.sources.wandb.official < questions > answers
"""

from __future__ import annotations

import json
import sys
from typing import Any


def answer(api: Any, question: dict[str, Any]) -> dict[str, Any]:
    """The ids of the runs in order, and their histories in all three formats."""
    runs = api.runs(
        "acme/vision", filters=question["filters"], order=question["order"], per_page=question["per_page"], lazy=False
    )
    found: dict[str, Any] = {"ids": [run.id for run in runs], "length": len(runs)}
    found["config"] = [run.config for run in runs]
    given = {"samples": question["samples"], "stream": question["stream"]}
    if question["keys"] is not None:
        given["keys"] = question["keys"]
    found["default"] = runs.histories(**given, format="default")
    for name in ("pandas", "polars"):
        frame = runs.histories(**given, format=name)
        columns = list(frame.columns)
        found[name] = {column: list(frame[column]) for column in columns}
    return found


def main() -> None:
    import wandb

    api = wandb.Api()
    for line in sys.stdin:
        sys.stdout.write("answer " + json.dumps(answer(api, json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
