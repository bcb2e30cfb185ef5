"""Many draws of a comparison, outside of the suite: `python -m tests.sources.store.test_series --draws 2000`."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

T = TypeVar("T")

_QUESTIONS = 20


def draw_many(
    doc: str | None,
    stores: st.SearchStrategy[T],
    questions: st.SearchStrategy[str],
    compare: Callable[[T, Sequence[str], Path], int],
    what: str,
) -> None:
    """Ask many questions of many stores, and print of how many answers `compare` counts what it counts."""
    parser = argparse.ArgumentParser(description=doc)
    parser.add_argument("--draws", type=int, default=2_000)
    asked_of = {"questions": 0, "counted": 0}

    @settings(
        deadline=None,
        database=None,
        max_examples=parser.parse_args().draws // _QUESTIONS,
        phases=[Phase.generate],
        suppress_health_check=[*HealthCheck],
    )
    @given(stores, st.lists(questions, min_size=_QUESTIONS, max_size=_QUESTIONS))
    def drawn(store: T, asked: list[str]) -> None:
        with TemporaryDirectory() as folder:
            asked_of["counted"] += compare(store, asked, Path(folder) / "s")
            asked_of["questions"] += len(asked)

    drawn()
    print(f"{asked_of['questions']} questions, {asked_of['counted']} {what}")  # noqa: T201
