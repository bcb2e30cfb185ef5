"""JSON texts of others: the same as Python's own reader, but for values that no table can hold."""

from __future__ import annotations

import json
import math
import sys
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from runql.semantic.json_text import (
    DEEP,
    HUGE,
    MOST_DEPTH,
    Oddity,
    _orjson_loads,
    _Patient,
    read_json,
    read_together,
    reader_of,
)

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**1020), 2**1020) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(VALUES, st.booleans(), st.sampled_from([None, 1]))
def test_what_is_common_is_read_as_python_reads_it(value: Any, ascii_only: bool, indent: int | None) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    reading = read_json(text)
    assert (reading.value, reading.oddities) == (value, ())
    assert _Patient(text).read().value == value
    assert read_json(text.encode("utf-8", "replace")).oddities == ()


@given(st.text(alphabet='[]{}",:0129eE+-.tfnNI \\ud8', max_size=12))
def test_what_is_no_json_is_none_for_both(text: str) -> None:
    try:
        right = json.loads(text)
    except ValueError:
        with pytest.raises(ValueError):
            read_json(text)
        with pytest.raises(ValueError):
            _Patient(text).read()
    else:
        assert repr(_Patient(text).read().value) == repr(read_json(text).value)
        assert "\\ud" in text.lower() or repr(right) == repr(read_json(text).value)


@pytest.mark.parametrize("digits", [str(2**1024), str(-(2**1024)), "7" * 5000, "-" + "9" * 100_000])
def test_integers_beyond_a_double_are_texts(digits: str) -> None:
    reading = read_json(f'{{"a": [1, {digits}], "b": 2}}')
    assert reading.value == {"a": [1, digits], "b": 2}
    assert reading.oddities == (Oddity(("a", "1"), HUGE),)


def test_integers_within_it_are_numbers() -> None:
    largest = 2**1024 - 2**970 - 1
    assert read_json(f"[{largest}, {-largest}]").value == [largest, -largest]
    assert math.isfinite(float(largest))


@pytest.mark.parametrize("depth", [101, 900, 2000, 100_000])
@pytest.mark.parametrize(("head", "tail"), [("[", "]"), ('{"a":', "}"), ('[{"[": ', "}]")])
def test_what_is_nested_too_deeply_is_a_text_from_there(depth: int, head: str, tail: str) -> None:
    text = f'{{"x": {head * depth}1{tail * depth}, "y": 2}}'
    for given_text in (text, text.encode()):
        reading = read_json(given_text)
        assert reading.value["y"] == 2
        assert [(oddity.path[0], oddity.what) for oddity in reading.oddities] == [("x", DEEP)]
        inner, levels = reading.value["x"], 1
        while not isinstance(inner, str):
            (inner,) = inner if isinstance(inner, list) else inner.values()
            levels += 1
        assert levels == MOST_DEPTH
        assert inner in text


def test_bytes_that_are_no_unicode_and_halves_of_pairs() -> None:
    assert read_json(b'\xef\xbb\xbf["\xff"]').value == ["\ufffd"]
    assert read_json('["\\ud800a", "\\ud83d\\ude00", {"\\udfff": 1}]').value == ["\ufffda", "😀", {"\ufffd": 1}]


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a": ' * 3000, "[1,]" + "[" * 2000, "1" * 5000 + "x"])
def test_no_json_that_is_deep_or_long(text: str) -> None:
    with pytest.raises(ValueError):
        read_json(text)


@given(VALUES, st.booleans())
def test_long_texts_are_read_as_short_ones_are(value: Any, ascii_only: bool) -> None:
    body = json.dumps([" " * 5000, value], ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    short = json.dumps([" ", value], ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    assert repr(read_json(body).value[1]) == repr(read_json(short).value[1])


@pytest.mark.parametrize(
    "text",
    [
        "1", "-0", "-0.0", "1e5", "1E400", "-1e400", "9007199254740993", "18446744073709551615", "18446744073709551616",
        "-9223372036854775809", "123456789012345678901234567890", "1e0000000000000000000003", "0.1234567890123456789",
        "0.00012345678901234567890123", "NaN", "-Infinity", '"\\ud83d"', '"\\ud83d\\ude00"', '"a\x01"', '{"a":1,"a":2}',
        "1" * 400, "0." + "1" * 400, '"é"',
    ],
)  # fmt: skip
def test_no_reader_of_long_texts_rounds_or_refuses(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    body = f"[{' ' * 5000}{text}]".encode()
    fast = read_json(body)
    monkeypatch.setitem(sys.modules, "orjson", None)
    _orjson_loads.cache_clear()
    slow = read_json(body)
    _orjson_loads.cache_clear()
    assert repr(fast) == repr(slow)


def test_the_reader_of_long_texts_is_at_hand() -> None:
    assert _orjson_loads() is not None


@given(st.lists(VALUES | st.sampled_from([math.inf, 2**63, 2**70, "\ud800", {"a": "\udfff"}]), min_size=1, max_size=6))
@example([[[[]]] * 30, 12345678901234567890])
def test_many_texts_are_read_as_one_is(values: list[Any]) -> None:
    texts = [json.dumps(value) for value in values]
    texts += ['{"a": 1', "] [", '"\\ud83d\\ude00"', "1e999", "", json.dumps(["x" * 5000])]
    read = reader_of(texts)
    for text in texts:
        try:
            right = read_json(text)
        except ValueError:
            with pytest.raises(ValueError):
                read(text)
            continue
        try:
            found = read(text)
        except ValueError:
            continue  # whoever asks reads it by `read_json`
        assert (repr(found), ()) == (repr(right.value), right.oddities)


@given(st.lists(VALUES | st.sampled_from([2**63, "\ud800"]), min_size=1, max_size=6), st.integers(0, 6))
def test_texts_that_are_read_together_are_read_as_each_is(values: list[Any], spoilt: int) -> None:
    texts = [json.dumps(value) for value in values]
    found = read_together(texts)
    assert found is None or repr(found) == repr([read_json(text).value for text in texts])
    texts.insert(min(spoilt, len(texts)), '{"a": ')
    assert read_together(texts) is None


def test_a_text_is_not_mended_by_the_next() -> None:
    assert read_together(['{"x": [{}', "{}]}", "{}, {}"]) is None
    assert read_together(['{"x": 1}', "[2, 3]", '"text"']) == [{"x": 1}, [2, 3], "text"]
