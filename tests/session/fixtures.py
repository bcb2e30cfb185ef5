"""Runs in memory for the tests of sessions."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime, timedelta
from typing import Any

from runql import config
from runql.session import Result, Session
from runql.sources.memory import MemoryService
from runql.sources.open import SourcePlace

START = datetime(2026, 1, 1, tzinfo=UTC)
SETTINGS = config.Settings()


def run(number: int, prefix: str = "r", **more: Any) -> dict[str, Any]:
    """Run number N: created at hour N, lr N/100, every fourth without an optimizer, odd ones failed."""
    return {
        "id": f"{prefix}{number}",
        "name": f"run {number}",
        "state": "failed" if number % 2 else "finished",
        "created": START + timedelta(hours=number),
        "config": {"lr": number / 100, **({"opt": "adam" if number % 3 else "sgd"} if number % 4 else {})},
        **more,
    }


def rows(number: int, steps: int = 30) -> list[dict[str, Any]]:
    """`loss` falls from N+1, at every step; `val/loss` stands at every tenth."""
    return [
        {"loss": (number + 1) / (step + 1), **({"val/loss": 1 / (step + 1)} if step % 10 == 0 else {})}
        for step in range(steps)
    ]


class Watched(MemoryService):
    """A source that writes down what it is asked."""

    def __init__(self, count: int = 12, prefix: str = "r", **more: Any) -> None:
        super().__init__(
            [run(number, prefix, **more) for number in range(count)],
            histories={f"{prefix}{number}": rows(number) for number in range(count)},
        )
        self.asked: list[str] = []
        self.history_ids: list[str] = []

    def runs_page(self, request: Any) -> Any:
        self.asked.append("page")
        return super().runs_page(request)

    def count(self, entity: Any, project: Any, filters: Any) -> Any:
        self.asked.append("count")
        return super().count(entity, project, filters)

    def histories(self, request: Any) -> Any:
        self.asked.append("histories")
        self.history_ids += request.run_ids
        return super().histories(request)


class CountedLine:
    """A line of which each request is counted by whoever sends it."""

    def __init__(self) -> None:
        self.requests = 0

    def within(self, seconds: float | None) -> AbstractContextManager[None]:
        return nullcontext()

    def cancel(self) -> None:
        """Nothing is under way."""


class Lined(Watched):
    """A source that says how many requests it sent."""

    def __init__(self) -> None:
        super().__init__()
        self.line: CountedLine = CountedLine()


def session(service: MemoryService | None = None, **places: MemoryService) -> Session:
    """A session over a source in memory, in which other sources are open under their names."""
    made = Session(service or Watched(), SETTINGS, now=START + timedelta(days=2), zone=UTC)
    made._places.update({name: SourcePlace(name, other) for name, other in places.items()})
    return made


def ask(text: str, service: MemoryService | None = None, **params: Any) -> Result:
    """The result of one query."""
    (result,) = session(service).run(text, params)
    assert isinstance(result, Result)
    return result
