"""Values and names between their spelling and what they mean."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runql.syntax.literals import (
    BadLiteral,
    read_duration,
    read_number,
    read_path,
    read_string,
    read_time,
    write_duration,
    write_path,
    write_string,
)
from runql.syntax.tree import Path


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("1_000", 1000),
        ("10k", 10_000),
        ("10K", 10_000),
        ("1.5M", 1_500_000),
        ("2G", 2_000_000_000),
        ("0.01", 0.01),
        (".5", 0.5),
        ("1e-4", 0.0001),
        ("1e3", 1000.0),
        ("0.0001k", 0.1),
    ],
)
def test_numbers(text: str, value: float) -> None:
    assert read_number(text) == value
    assert type(read_number(text)) is type(value)


@pytest.mark.parametrize("text", ["1e999", "9" * 400, "9" * 5000, "1e400k"])
def test_numbers_that_are_too_large(text: str) -> None:
    with pytest.raises(BadLiteral):
        read_number(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r'"a\\b"', "a\\b"),
        (r'"a\"b"', 'a"b'),
        (r"'it\'s'", "it's"),
        (r'"a\nb\tc"', "a\nb\tc"),
        (r'"\u00e9"', "é"),
        (r'"\ud83d\ude00"', "😀"),
        (r'"\d+\.\w"', r"\d+\.\w"),
        (r'"\u12"', r"\u12"),
        ('""', ""),
    ],
)
def test_strings(text: str, value: str) -> None:
    assert read_string(text) == value


@given(st.text(st.characters(), max_size=12))
def test_a_written_string_is_read_again(value: str) -> None:
    written = write_string(value)
    assert read_string(written) == value
    assert "\n" not in written
    assert all(char.isprintable() for char in written)


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("15m", 900), ("2h", 7200), ("7d", 604800), ("3w", 1814400), ("1h30m", 5400)]
)
def test_durations(text: str, seconds: int) -> None:
    assert read_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["0s", "7d", "2w", "1h30m", "1d2h3m4s", "0.5s", "-2d", "90d"])
def test_durations_are_written_in_the_fewest_parts(text: str) -> None:
    length = -read_duration(text[1:]) if text.startswith("-") else read_duration(text)
    assert write_duration(length) == text


def test_times() -> None:
    assert read_time("2026-01-31") == date(2026, 1, 31)
    assert read_time("2026-01-31T12:00") == datetime(2026, 1, 31, 12)
    assert read_time("2026-01-31t12:00:00z") == datetime(2026, 1, 31, 12, tzinfo=UTC)
    for text in ("2026-02-30", "2026-01-31T25:00"):
        with pytest.raises(BadLiteral):
            read_time(text)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("lr", Path(("lr",))),
        ("config.model.depth", Path(("config", "model", "depth"))),
        ("summary.val/loss", Path(("summary", "val/loss"))),
        ("config.layers.0.weight", Path(("config", "layers", "0", "weight"))),
        ("config.layers[0][-1].w", Path(("config", "layers", 0, -1, "w"))),
        ("summary.`top-1 acc`", Path(("summary", "top-1 acc"), exact=True)),
        ("`a``b`", Path(("a`b",), exact=True)),
        ("val/`top-1`", Path(("val/top-1",), exact=True)),
        ("``", Path(("",), exact=True)),
        ("system.gpu.*", Path(("system", "gpu", "*"))),
    ],
)
def test_paths(text: str, path: Path) -> None:
    assert read_path(text) == path
    assert read_path(write_path(path)) == path


def test_backticks_stand_only_where_they_must() -> None:
    assert write_path(Path(("config", "a.b"), exact=True)) == "config.`a.b`"
    assert write_path(Path(("config", "lr"), exact=True)) == "config.`lr`"
    assert write_path(Path(("0x",))) == "`0x`"
