"""Samples of histories by an engine: the rows that the store itself takes, of which no others come back."""

from __future__ import annotations

import math
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

import runql
from runql.sources.memory import MemoryService
from runql.sources.store.compact import compact
from runql.sources.store.lake import sampled
from runql.sources.store.lake.engine import LakeEngine
from runql.sources.store.lake.names import LakeName
from runql.sources.store.lake.service import LakeService
from runql.sources.store.lake.snapshot import LakeSnapshot
from runql.sources.store.lake.views import LakeViews
from runql.sources.store.service import StoreService
from tests.engines.depth import drawn
from tests.engines.test_columns import given_of
from tests.sources.store.sample import pulled, store_of

_value = st.one_of(
    st.floats(-1e3, 1e3, allow_nan=False),
    st.integers(-9, 9),
    st.sampled_from([0.0, -0.0, math.nan, math.inf, -math.inf]),
)
_odd = st.sampled_from([True, None, "a", 2**53 + 1, [1]])


@st.composite
def _history(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Metrics that were logged every so many rows, some of them now and then; a row here and there without a step."""
    length, every = draw(st.integers(0, 70)), draw(st.lists(st.integers(1, 13), min_size=3, max_size=3))
    stride, is_odd = draw(st.sampled_from([1, 1, 10])), draw(st.integers(0, 9)) == 0
    rows: list[dict[str, Any]] = []
    step = draw(st.integers(0, 5))
    for row in range(length):
        step += stride if draw(st.integers(0, 30)) else draw(st.integers(0, 50))
        names = [name for name, each in zip(("loss", "acc", "val/loss"), every, strict=True) if row % each == 0]
        own = {name: draw(_odd if is_odd and draw(st.integers(0, 20)) == 0 else _value) for name in names}
        rows.append(own if is_odd and draw(st.integers(0, 20)) == 0 else {**own, "_step": step})
    return rows


_questions = st.builds(
    "runs{} keys {} sample {}{}".format,
    st.sampled_from(["", "", " order name select name", " limit 2"]),
    st.sampled_from(
        ["loss", "acc", "loss, acc", "val/loss, loss", "loss, acc, val/loss", "loss, acc align inner", "acc ffill"]
    ),
    st.sampled_from([1, 2, 5, 5, 12, 40]),
    st.sampled_from(["", "", "", " steps 7..33", " steps 12..", " | best min loss"]),
)


@drawn(3)
@given(st.lists(_history(), min_size=1, max_size=5), st.lists(_questions, min_size=5, max_size=5), st.booleans())
def test_samples(
    lake: tuple[LakeName, LakeEngine], rows: list[list[dict[str, Any]]], asked: list[str], is_compacted: bool
) -> None:
    """Of a store of which one run was replaced, before and after a compaction."""
    runs = [{"id": f"r{at}", "name": f"n{at % 2}", "config": {}} for at in range(len(rows))]
    source = MemoryService(runs, {f"r{at}": own for at, own in enumerate(rows) if own})
    before = MemoryService([{**runs[0], "name": "old"}, *runs[1:]], {"r0": [{"loss": 9.0, "_step": 1}, *rows[-1]]})
    with TemporaryDirectory() as folder, patch.object(sampled, "_WORTH", 0):
        path = Path(folder) / "s"
        pulled(before, path)
        pulled(source, path)
        if is_compacted:
            compact(path, "s")
        ours = StoreService(path, name=lake[0].shown)
        theirs = LakeService(path, name=lake[0], number=None, engine=lake[1])
        for text in asked:
            assert given_of(theirs, text) == given_of(ours, text), (text, rows)
        ours.close()


def test_few_rows_come_of_long_histories(lake: tuple[LakeName, LakeEngine], tmp_path: Path) -> None:
    """Of 3 runs with 2,000 steps of two metrics, of which one was logged every tenth step."""
    rows = [
        [
            {"_step": step, "loss": math.sin(step * run), **({"val/loss": step / 7} if step % 10 == 0 else {})}
            for step in range(2_000)
        ]
        for run in (1, 2, 3)
    ]
    runs = [{"id": f"r{at}", "config": {}} for at in range(3)]
    source = MemoryService(runs, {f"r{at}": own for at, own in enumerate(rows)})
    store_of(source, tmp_path / "s").close()
    ours = StoreService(tmp_path / "s", name="s")
    theirs = LakeService(tmp_path / "s", name=lake[0], number=None, engine=lake[1])
    came: list[int] = []
    native = LakeViews.native

    def noted(views: LakeViews, *given: Any) -> Any:
        found = native(views, *given)
        came.append(len(found))
        return found

    text = "runs keys loss, val/loss sample 20"
    with patch.object(LakeViews, "native", noted), patch.object(LakeSnapshot, "columns", None):
        found = [tuple(row.values()) for row in runql.query(text, theirs)]
    assert found == [tuple(row.values()) for row in runql.query(text, ours)]
    assert 60 < sum(came) < 500, came
    ours.close()
