"""What SQL decides of a store is what the engine decides: conditions, orders, pages, counts."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from runql.plan.selectors import TypedSelector
from runql.semantic.record import RunRecord
from tests.sources.store.judged import awkward_runs, judge, selectors


@settings(deadline=None, max_examples=4)
@given(awkward_runs, st.lists(selectors, min_size=15, max_size=15))
def test_a_store_takes_the_runs_that_the_engine_takes(runs: list[RunRecord], asked: list[TypedSelector]) -> None:
    with TemporaryDirectory() as folder:
        judge(runs, asked, Path(folder) / "s")
