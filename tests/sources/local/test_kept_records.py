"""Records as plain values and back."""

from __future__ import annotations

import marshal
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from runql.semantic.record import RunRecord
from runql.sources.local.kept.picture import can_be_kept
from runql.sources.local.kept.records import plain_records, read_records
from runql.text.diagnostic import Diagnostic

_MOMENTS = st.none() | st.integers(-(10**15), 4 * 10**15).map(
    lambda value: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=value)
)
_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
    max_leaves=6,
)
_PARTS = st.none() | st.dictionaries(st.sampled_from(["a", "b", "c"]), _VALUES, max_size=3)
_RECORDS = st.builds(
    RunRecord,
    st.text(max_size=3),
    name=st.none() | st.text(max_size=3),
    state=st.sampled_from(["finished", "failed"]),
    created=_MOMENTS,
    heartbeat=_MOMENTS,
    tags=st.lists(st.text(max_size=2), max_size=2).map(tuple),
    runtime=st.none() | st.floats(allow_nan=False) | st.integers(),
    read_only=st.booleans(),
    config=_PARTS,
    summary=_PARTS,
    system_metrics=_PARTS,
    internal_config=_PARTS,
)


@given(st.lists(_RECORDS, max_size=6))
def test_records_come_back_as_they_were(records: list[RunRecord]) -> None:
    assert all(map(can_be_kept, records))
    found = read_records(marshal.loads(marshal.dumps(plain_records(records))))
    # By their texts too: to Python `1` and `True` are equal, and two records of the same keys in another order.
    assert found == records
    assert repr(found) == repr(records)


def test_a_record_of_which_there_is_something_to_say_is_not_kept() -> None:
    assert not can_be_kept(RunRecord("a", said=(Diagnostic("RQL501", "cut off"),)))
    assert not can_be_kept(RunRecord("a", config={"odd": object()}))
