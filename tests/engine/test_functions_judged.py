"""Texts, casts and parts of times against pandas and polars, over random values."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import polars as pl
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from runql.engine.evaluate import compile_row
from runql.semantic.typed import TCall, TCell, TConst
from runql.semantic.values import MISSING, RegexValue, Value

examples = settings(max_examples=80, deadline=None)

ZONES = [
    ZoneInfo(name) for name in ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu")
]
TIMES = st.datetimes(datetime(1971, 1, 1), datetime(2037, 12, 31), timezones=st.just(UTC))
CHANGES = [
    datetime(2026, 3, 29, 0, 59, 59, 999999, UTC),
    datetime(2026, 3, 29, 1, 0, tzinfo=UTC),
    datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
    datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
    datetime(2024, 2, 29, 23, 30, tzinfo=UTC),
    datetime(2024, 12, 30, 0, 0, tzinfo=UTC),
    datetime(2021, 1, 3, 23, 59, tzinfo=UTC),
]
"""Both changes of the clock in Berlin, a leap day, ISO weeks over the end of a year."""

TEXTS = st.text(st.sampled_from("ab_-= .1é😀ß\n"), max_size=12)
PATTERNS = st.sampled_from(["a", "[ab]+", "(a)(b)?", "_", "x*", "[0-9.]+", "^a", "b$", "(?i)A", "é|😀", "a|(b)"])


def called(name: str, value: Value, *rest: Value, zone: ZoneInfo | None = None) -> Value:
    """What a function makes of a cell."""
    node = TCall(name, (TCell("x"), *map(TConst, rest)), zone)
    return compile_row(node)({"x": value})


# ---------------------------------------------------------------- times


@pytest.mark.parametrize("zone", ZONES, ids=str)
@examples
@given(moment=st.one_of(TIMES, st.sampled_from(CHANGES)))
def test_parts_of_times_are_those_of_pandas(zone: ZoneInfo, moment: datetime) -> None:
    local = pd.Timestamp(moment).tz_convert(str(zone))
    assert called("year", moment, zone=zone) == local.year
    assert called("hour", moment, zone=zone) == local.hour
    assert called("weekday", moment, zone=zone) == local.isoweekday()
    for pattern in ("%Y-%m-%d %H:%M:%S.%f", "%j %y", "%G-W%V-%u", "%a %A %b %B", "%I %p"):
        assert called("format", moment, pattern, zone=zone) == local.strftime(pattern)


SKIPPED = {("Asia/Kathmandu", date(1986, 1, 1)), ("Australia/Lord_Howe", date(1981, 3, 1))}
"""Days without a midnight, which polars does not begin."""


@pytest.mark.parametrize("zone", ZONES, ids=str)
@examples
@given(moment=st.one_of(TIMES, st.sampled_from(CHANGES)))
def test_days_weeks_and_months_begin_where_polars_has_it(zone: ZoneInfo, moment: datetime) -> None:
    series = pl.Series([moment]).dt.convert_time_zone(str(zone))
    for name, every in (("date", "1d"), ("week", "1w"), ("month", "1mo")):
        made = called(name, moment, zone=zone)
        assume((str(zone), made.astimezone(zone).date()) not in SKIPPED)
        assert made == series.dt.truncate(every)[0]
        assert made <= moment
        assert called(name, made, zone=zone) == made


@pytest.mark.parametrize(
    ("zone", "noon", "begin"),
    [
        ("Asia/Kathmandu", datetime(1986, 1, 1, 6, tzinfo=UTC), datetime(1985, 12, 31, 18, 30, tzinfo=UTC)),
        ("Australia/Lord_Howe", datetime(1981, 3, 1, 2, tzinfo=UTC), datetime(1981, 2, 28, 14, tzinfo=UTC)),
        ("America/Toronto", datetime(1919, 3, 31, 16, tzinfo=UTC), datetime(1919, 3, 31, 4, 30, tzinfo=UTC)),
    ],
)
def test_a_day_without_midnight_begins_behind_what_the_clocks_skip(zone: str, noon: datetime, begin: datetime) -> None:
    """Toronto skipped half an hour on either side of it."""
    for moment in (noon, begin):
        assert called("date", moment, zone=ZoneInfo(zone)) == begin
    assert called("date", begin - timedelta(seconds=1), zone=ZoneInfo(zone)) < begin - timedelta(hours=22)


@given(moment=TIMES)
def test_a_time_as_a_number_and_as_a_text_is_the_same_time_again(moment: datetime) -> None:
    assert abs((called("time", called("number", moment), zone=ZONES[0]) - moment).total_seconds()) < 1e-6
    assert called("time", called("text", moment), zone=ZONES[1]) == moment
    assert called("number", moment) == pytest.approx(pd.Timestamp(moment).timestamp(), abs=1e-6)


def test_differences_of_days_count_the_hours_that_the_clocks_skip() -> None:
    berlin = ZONES[1]
    before, after = (called("date", datetime(2026, 3, day, 12, tzinfo=UTC), zone=berlin) for day in (29, 30))
    assert (after - before).total_seconds() == 23 * 3600


# ---------------------------------------------------------------- texts


@examples
@given(text=TEXTS, pattern=PATTERNS, new=st.sampled_from(["", "<>", "[\\1]", "\\0\\0"]))
@example(text="é", pattern="x*", new="-")
def test_replace_is_that_of_polars(text: str, pattern: str, new: str) -> None:
    import re

    assume("\\1" not in new or "(" in pattern.replace("(?i)", ""))
    theirs = re.sub(r"\\([0-9])", r"${\1}", new)
    expected = pl.Series([text]).str.replace_all(pattern, theirs)[0]
    assert called("replace", text, RegexValue(pattern), new) == expected


@examples
@given(text=TEXTS, old=st.text(st.sampled_from("ab_é"), min_size=1, max_size=2), new=st.sampled_from(["", "\\1", "$1"]))
def test_replace_of_a_text_as_it_stands(text: str, old: str, new: str) -> None:
    assert called("replace", text, old, new) == pd.Series([text]).str.replace(old, new, regex=False)[0]


@examples
@given(text=TEXTS, pattern=PATTERNS)
def test_extract_is_that_of_polars(text: str, pattern: str) -> None:
    group = min(1, pattern.replace("(?i)", "").count("("))
    expected = pl.Series([text]).str.extract(pattern, group)[0]
    made = called("extract", text, pattern)
    assert made == (MISSING if expected is None else expected)
    whole = pl.Series([text]).str.extract(pattern, 0)[0]
    assert called("extract", text, pattern, 0) == (MISSING if whole is None else whole)


@examples
@given(text=TEXTS, start=st.integers(-15, 15), count=st.integers(0, 15))
def test_substr_is_that_of_pandas(text: str, start: int, count: int) -> None:
    series = pd.Series([text])
    assert called("substr", text, start) == series.str.slice(start)[0]
    assert called("substr", text, start, count) == series.str.slice(start).str.slice(0, count)[0]


@examples
@given(text=TEXTS, by=st.sampled_from(["_", "-", "ab", "é"]), place=st.integers(-5, 5))
def test_split_is_that_of_pandas(text: str, by: str, place: int) -> None:
    parts = pd.Series([text]).str.split(by, regex=False)
    assert called("split", text, by) == parts[0]
    there: Any = parts
    expected = there.str.get(place)[0]
    assert called("split", text, by, place) == (expected if isinstance(expected, str) else MISSING)
    assert called("split", text, RegexValue(by)) == parts[0]


@examples
@given(text=TEXTS)
def test_trim_and_case_are_those_of_pandas(text: str) -> None:
    series = pd.Series([text])
    assert called("trim", text) == series.str.strip()[0]
    assert called("trim", text, "_-") == series.str.strip("_-")[0]
    assert called("lower", text) == series.str.lower()[0]
    assert called("len", text) == series.str.len()[0]


# ---------------------------------------------------------------- casts and numbers

WRITTEN = st.one_of(
    st.floats().map(repr),
    st.integers(-(10**20), 10**20).map(str),
    st.sampled_from(["1e-3", " 5 ", "nan", "-inf", "+3", ".5", "5.", "1E5", "Infinity", str(2**53 + 1), "007"]),
)
NO_NUMBERS = ["", " ", "1,000", "0x10", "1_000", "5%", "10k", "1e", "e5", ".", "--1", "١٢", "true", "1 2", "auto"]


@examples
@given(text=WRITTEN)
def test_number_of_a_text_is_that_of_pandas(text: str) -> None:
    made, expected = called("number", text), pd.to_numeric(pd.Series([text.strip()]), errors="coerce")[0]
    assert isinstance(made, int | float)
    if isinstance(made, int):
        assert made == int(text)
    else:
        assert made == pytest.approx(float(expected), rel=1e-15) or (math.isnan(made) and math.isnan(expected))


@pytest.mark.parametrize("text", NO_NUMBERS)
def test_what_is_no_number_is_missing(text: str) -> None:
    assert called("number", text) is MISSING


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3.0, "3"),
        (3, "3"),
        (0.1, "0.1"),
        (1e300, "1e+300"),
        (2**53 + 1, "9007199254740993"),
        (math.nan, "nan"),
        (-math.inf, "-inf"),
        (True, "true"),
        ([1, "a", None], '[1,"a",null]'),
        ({"a": {"b": 2}}, '{"a":{"b":2}}'),
        (datetime(2026, 1, 31, 12, tzinfo=UTC), "2026-01-31T12:00:00Z"),
        (None, MISSING),
        (MISSING, MISSING),
    ],
    ids=str,
)
def test_values_as_texts(value: Value, text: Value) -> None:
    assert called("text", value) == text
    assert called("concat", value, "-") == (MISSING if text is MISSING else f"{text}-")


@pytest.mark.parametrize(
    ("value", "truth"),
    [
        ("True", True),
        (" yes ", True),
        ("OFF", False),
        ("0", False),
        (1, True),
        (0.0, False),
        (2, MISSING),
        ("y", MISSING),
    ],
)
def test_values_as_bools(value: Value, truth: Value) -> None:
    assert called("bool", value) == truth


@examples
@given(x=st.floats(), low=st.floats(-5, 5), width=st.floats(0, 5))
def test_clip_sign_and_log1p_are_those_of_numpy(x: float, low: float, width: float) -> None:
    import numpy as np

    with np.errstate(all="ignore"):
        pairs: list[tuple[Any, Any]] = [
            (called("clip", x, low, low + width), np.clip(x, low, low + width)),
            (called("sign", x), np.sign(x)),
            (called("log1p", x), np.log1p(x)),
        ]
    for made, expected in pairs:
        assert made == pytest.approx(expected, rel=1e-14, nan_ok=True)
