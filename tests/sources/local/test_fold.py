"""Thousands of updates of a summary leave what applying them one by one leaves."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runql.sources.local import items
from runql.sources.local.items import Fold, lasting, put, remove
from tests.sources.local import files
from tests.sources.local.real import same

NAMES = st.sampled_from(["a", "b", "a.b", "loss", "ü", "x" * 130, "k\n\x12"])
PATHS = st.one_of(st.tuples(NAMES), st.tuples(NAMES, NAMES))
VALUES = st.one_of(st.integers(), st.floats(), st.text(max_size=5), st.dictionaries(NAMES, st.integers(), max_size=2))
UPDATES = st.lists(st.tuples(st.dictionaries(PATHS, VALUES, max_size=4), st.lists(PATHS, max_size=2)), max_size=30)


def _content(values: dict[Any, Any], removed: list[tuple[str, ...]]) -> bytes:
    return files.items(values) + b"".join(files.message(2, files.item(path, value_json="")) for path in removed)


def _result(fold: Fold) -> dict[str, Any]:
    tree, unread = fold.result()
    assert not unread
    return tree


def _one_by_one(updates: list[bytes]) -> dict[str, Any]:
    fold = Fold()
    for offset, content in enumerate(updates):
        fold.add(content, 0, len(content), offset)
    return _result(fold)


def _together(updates: list[bytes]) -> dict[str, Any]:
    fold = Fold()
    assert fold.add_all(lasting([(content, offset) for offset, content in enumerate(updates)])) == []
    return _result(fold)


@settings(max_examples=150, deadline=None)
@given(updates=UPDATES)
def test_only_the_last_of_each_key_counts(updates: list[tuple[dict[Any, Any], list[tuple[str, ...]]]]) -> None:
    wanted: dict[str, Any] = {}
    for values, removed in updates:
        for path, value in values.items():
            put(wanted, path, dict(value) if isinstance(value, dict) else value)
        for path in removed:
            remove(wanted, path)
    contents = [_content(values, removed) for values, removed in updates]
    assert same(_one_by_one(contents), wanted)
    assert same(_together(contents), wanted)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(items, "_BATCH", 2)
        assert same(_together(contents), wanted)


def test_what_cannot_be_read_is_told_in_its_order() -> None:
    contents = [files.items({("loss",): at}) for at in range(300)]
    for at in (5, 130, 299):
        contents[at] += b"\x0a"
    assert Fold().add_all(lasting([(content, at) for at, content in enumerate(contents)])) == [5, 130, 299]


def test_batches_that_are_skipped_and_batches_that_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = 0
    add = Fold.add

    def counted(self: Fold, data: bytes, pos: int, end: int, offset: int) -> None:
        nonlocal taken
        taken += 1
        add(self, data, pos, end, offset)

    monkeypatch.setattr(Fold, "add", counted)
    contents = [_content({("loss",): at, ("_step",): at}, []) for at in range(2000)]
    contents[100] = _content({("once",): 1}, [])
    contents[500] = _content({("loss",): "é"}, [])
    contents[900] = _content({}, [("loss",)])
    assert _together(contents) == {"loss": 1999, "_step": 1999, "once": 1}
    assert taken < 10 * items._BATCH
