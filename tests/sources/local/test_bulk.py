"""Rows that are read many at once are the rows that are read one by one."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runql.semantic.values import MISSING
from runql.sources.files.wire import MalformedWire
from runql.sources.local import bulk, service
from runql.sources.local.history import HistoryReader
from runql.sources.local.rows import Batches
from tests.sources.local import files
from tests.sources.local.ask import codes, history

FLOATS = st.floats(allow_nan=False, allow_infinity=False)
NUMBERS = FLOATS | st.integers(-(2**70), 2**70)
TEXTS = st.sampled_from(
    ["NaN", "null", "true", '"a"', "[1]", '{"b": 1}', "01", "1,2", "1,[2", "3],4", '1,"2', '3",4', "1 2", "-", "1.",
     "+1",
     "1e400", "-1.5e400", "12_3", "1" * 100, "1" * 120, "", " 1", "1 "]
)  # fmt: skip
KEYS = st.sampled_from(
    ["a", "b", "a.b", "loss", "_step", "x" * 61, "x" * 62, "x" * 63, "x" * 130, "ü", "abcdefg", "abcdefgh"]
)
ITEMS = st.tuples(KEYS, NUMBERS.map(repr) | TEXTS | NUMBERS.map(repr) | NUMBERS.map(repr))
STEPS = st.none() | st.integers(-3, 2**40) | st.sampled_from([0, 1, 127, 128, 2**14, 2**21, 2**28 - 1, 2**28])
TAILS = st.sampled_from([b"", b"", b"", b"", files.number(50, 7), b"\x12\x80", b"\x0a", b"\x0a\x05"])
ROWS = st.lists(st.tuples(st.lists(ITEMS, max_size=5), STEPS, TAILS), max_size=12)


def _row(items: list[tuple[str, str]], step: int | None, tail: bytes) -> bytes:
    body = b"".join(files.message(1, files.item(key, value_json=text)) for key, text in items)
    if step is not None:
        body += files.message(2, files.number(1, step % 2**64) if step else b"")
    return body + tail


def _one_by_one(rows: list[bytes], keys: list[str] | None) -> tuple[HistoryReader, list[int]]:
    reader = HistoryReader(keys)
    malformed: list[int] = []
    for place, row in enumerate(rows):
        try:
            reader.add(b"??" + row + b"!", 2, 2 + len(row), numbered=not malformed)
        except MalformedWire:
            malformed.append(place)
    return reader, malformed


def _in_bulk(rows: list[bytes], keys: list[str] | None) -> tuple[HistoryReader, list[int]]:
    reader = HistoryReader(keys)
    batches = Batches(reader)
    for place, row in enumerate(rows):
        batches.add(b"??" + row + b"!", 2, 2 + len(row), place, numbered=True)
    batches.flush()
    return reader, batches.malformed


def _shown(reader: HistoryReader) -> Any:
    every = list(range(len(reader.steps)))
    columns = [(name, repr(list(column.dense(every)))) for name, column in reader.columns.items() if column.rows]
    return reader.steps, columns, reader.unnumbered, reader.outsize


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(logged=ROWS, keys=st.none() | st.lists(KEYS, unique=True, max_size=3))
def test_rows_in_bulk_are_rows_one_by_one(logged: list[Any], keys: list[str] | None) -> None:
    rows = [_row(*each) for each in logged]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bulk, "_FEWEST_ROWS", 1)
        many, bad = _in_bulk(rows, keys)
    one, worse = _one_by_one(rows, keys)
    assert _shown(many) == _shown(one)
    assert bad == worse


def _log(count: int, seed: int = 5) -> list[dict[str, Any]]:
    draw = random.Random(seed)
    rows = []
    for step in range(count):
        row: dict[str, Any] = {
            "loss": draw.random(),
            "acc": draw.choice([1, 0.5, 2**60 + 1]),
            "lr": 10.0 ** -draw.randrange(9),
        }
        row |= {"val/loss": draw.random()} if step % 7 == 0 else {}
        row |= {"note": "text"} if step % 50 == 49 else {}
        row |= {"loss": float("nan")} if step % 90 == 80 else {}
        names = [*row]
        draw.shuffle(names)
        rows.append({name: row[name] for name in names})
    return rows


@pytest.mark.parametrize("keys", [(), ("loss", "val/loss"), ("note", "acc")])
def test_a_long_log_in_any_order_of_keys(
    tmp_path: Path, keys: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    logged = _log(10_000)
    bodies = [files.row(row, step) for step, row in enumerate(logged)]
    bodies[5000:5000] = [files.message(2, b"\x0a\xff")]
    path = files.write(tmp_path, files.log([files.run(), *bodies, files.exit_()]))
    slow = history(path, "abc", *keys)
    monkeypatch.setattr(service, "BULK_BYTES", 0)
    read: list[bulk.Found] = []

    def watched(*given: Any) -> list[bulk.Found]:
        found = bulk.read_rows(*given)
        read.extend(found)
        return found

    monkeypatch.setattr("runql.sources.local.rows.read_rows", watched)
    fast = history(path, "abc", *keys)
    assert sum(len(found.places) for found in read) > 9_000
    assert list(fast.columns) == list(slow.columns)
    assert {name: repr(list(cells)) for name, cells in fast.columns.items()} == {
        name: repr(list(cells)) for name, cells in slow.columns.items()
    }
    assert fast.rows_of == slow.rows_of
    assert codes(fast) == codes(slow) != []
    if not keys:
        assert [row.get("val/loss", MISSING) for row in logged] == list(fast.columns["val/loss"])
