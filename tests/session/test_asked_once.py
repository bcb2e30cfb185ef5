"""A folder is looked at once a query, whatever the query asks of it, and what is wrong with it is found once."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import pytest

from runql.engine import selectors
from runql.session import Session
from runql.sources.local import folder, service


@pytest.mark.parametrize(
    "query",
    [
        "runs where config.lr > 0.01 order -summary.loss limit 3",
        "count runs where config.lr > 0.01",
        "runs where config.lr > 0.01 order -summary.loss limit 2 sample 20 keys loss",
        'runs where config.lr > 0.01 and id = "nothing"',
        "runs where config.lr > 0.01 | group config.optimizer : n = count()",
        "run 8d6u5231",
    ],
)
def test_once(query: str, monkeypatch: pytest.MonkeyPatch) -> None:
    called: Counter[str] = Counter()
    with Session("demo") as before:
        runs = before.catalog().run_count

    def counted(module: Any, name: str) -> None:
        real = getattr(module, name)

        def call(*arguments: Any, **named: Any) -> Any:
            called[name] += 1
            return real(*arguments, **named)

        monkeypatch.setattr(module, name, call)

    # On a slow machine a question may take longer than a look at a folder is good for.
    monkeypatch.setattr(service, "MOST_SECONDS", math.inf)
    counted(folder, "find_run_files")
    counted(folder, "_notices")
    counted(selectors, "compile_value")
    counted(service, "build_catalog")
    with Session("demo") as session:
        for frame in session.run(query):
            str(frame)
    assert called["find_run_files"] == called["build_catalog"] == 1
    assert called["_notices"] == runs
    assert called["compile_value"] <= 1
