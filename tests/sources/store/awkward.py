"""Random runs that are awkward in every way that runs are."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from runql.semantic.record import RunRecord

KEYS = st.sampled_from(["lr", "a", "b", "a.b", "", "ünï/cödé", "it's", 'quo"te', "*", "null", "x\n", "_step2"])
NUMBERS = st.one_of(
    st.integers(-5, 5),
    st.sampled_from([2**53 - 1, 2**53, 2**53 + 1, -(2**53) - 1, 2**63, -(2**64) - 1, 10**40, 10**300]),
    st.floats(allow_nan=True, allow_infinity=True),
    st.sampled_from([-0.0, 5e-324, 1.7976931348623157e308, math.inf, -math.inf, math.nan, 1.0, 0.1]),
)
TEXTS = st.one_of(st.text(max_size=4), st.sampled_from(["", "NaN", "null", "1", "true", "\x00", "😀", "\ud800", "a'b"]))
SCALARS = st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=6,
)
PARTS = st.dictionaries(KEYS, VALUES, max_size=4)
METRICS = st.sampled_from(["loss", "acc", "a.b", "ünï", "it's"])
ROWS = st.lists(st.dictionaries(METRICS, st.one_of(NUMBERS, SCALARS, VALUES), max_size=3), max_size=6)
_PLAIN = st.text(st.characters(codec="utf-8"), max_size=5)
MAYBE = st.one_of(st.none(), _PLAIN)


@st.composite
def records(draw: st.DrawFn, at: int) -> RunRecord:
    """One run; its id holds the number."""
    second = draw(st.integers(0, 2**31))
    created = datetime.fromtimestamp(second, UTC).replace(microsecond=second % 10**6)
    return RunRecord(
        id=f"r{at}",
        name=draw(MAYBE),
        state=draw(st.sampled_from([None, "finished", "running", "crashed"])),
        entity=draw(st.sampled_from(["", "acme", "a/b", "ü"])),
        project=draw(st.sampled_from(["", "vision"])),
        tags=tuple(draw(st.lists(_PLAIN, max_size=3))),
        group=draw(MAYBE),
        notes=draw(MAYBE),
        created=draw(st.one_of(st.none(), st.just(created))),
        runtime=draw(st.one_of(st.none(), st.floats(0, 1e9))),
        read_only=draw(st.booleans()),
        config=draw(PARTS),
        summary=draw(PARTS),
        system_metrics=draw(PARTS),
        internal_config=draw(st.one_of(st.none(), PARTS)),
    )


@st.composite
def projects(draw: st.DrawFn) -> tuple[list[RunRecord], dict[str, list[dict[str, Any]]]]:
    """Some runs, and the rows of some of them."""
    runs = [draw(records(at)) for at in range(draw(st.integers(0, 4)))]
    rows = {run.id: draw(ROWS) for run in runs if draw(st.booleans())}
    return runs, {run_id: each for run_id, each in rows.items() if each}


def told(value: Any) -> Any:
    """A value such that only equal ones are equal: NaN is, `1`, `1.0` and `True` are not, nor 0.0 and -0.0."""
    if isinstance(value, dict):
        return [("record", *((key, told(below)) for key, below in value.items()))]
    if isinstance(value, list | tuple):
        return ["list", *map(told, value)]
    if isinstance(value, float):
        return "float", repr(value)
    return type(value).__name__, value
