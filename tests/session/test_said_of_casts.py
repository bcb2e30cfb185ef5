"""What is said of casts, and of parts of times that a zone moves out of the calendar, wherever they stand."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from runql import config
from runql.session import Result, Session
from runql.sources.memory import MemoryService

BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")
TIMES = ("0001-01-01T01:00:00Z", "9999-12-31T23:30:00Z", "2020-01-01T00:00:00Z", "0001-06-01T01:00:00Z", "soon")
RUNS = [{"id": f"r{at}", "config": {"t": text}} for at, text in enumerate(TIMES)]
OUTSIDE = "outside of the calendar, which has the years 1 to 9999"


def said(text: str, zone: ZoneInfo, copies: int = 1) -> list[str]:
    runs = [{**run, "id": f"{run['id']}-{copy}"} for copy in range(copies) for run in RUNS]
    session = Session(MemoryService(runs, {}), config.Settings(), now=datetime(2026, 1, 1, tzinfo=UTC), zone=zone)
    (result,) = session.run(text)
    assert isinstance(result, Result)
    return [one.message for one in result.notices if one.code == "RQL345"]


@pytest.mark.parametrize(
    ("part", "zone", "lost"),
    [
        *[(f"{name}(t)", BERLIN, 1) for name in ("year", "hour", "weekday")],
        ('format(t, "%Y")', BERLIN, 1),
        *[(f"{name}(t)", BERLIN, 2) for name in ("date", "month", "week")],
        *[(f"{name}(t)", NEW_YORK, 1) for name in ("year", "hour", "weekday", "date")],
        ("week(t)", ZoneInfo("UTC"), 0),
    ],
)
def test_a_part_of_a_time_outside_of_the_calendar_is_counted(part: str, zone: ZoneInfo, lost: int) -> None:
    name = part.partition("(")[0]
    for copies in (1, 400):  # one by one, and on arrays
        count = lost * copies
        told = [f"`{name}(t)` is missing for {count:,} value{'s' * (count != 1)}: {OUTSIDE}"] * bool(lost)
        every = f'`time(config.t)` is missing for {copies} of {5 * copies:,} values: no time, as "soon"'
        for stage in (f"derive p = {part}", f"group {part} : count()", f"derive p = count() over {part}"):
            assert sorted(said(f"runs | derive t = time(config.t) | {stage}", zone, copies)) == sorted([every, *told])


@pytest.mark.parametrize("text", ["runs select week(time(config.t))", "runs order week(time(config.t)) select id"])
def test_left_of_the_pipe_too(text: str) -> None:
    assert f"`week(…)` is missing for 2 values: {OUTSIDE}" in said(text, BERLIN)


@pytest.mark.parametrize(
    "window",
    [
        "mean(number(config.t)) over all",
        "count() over number(config.t)",
        "lag(number(config.t)) over all order id",
        "row_number() over all order number(config.t)",
    ],
)
def test_a_cast_inside_of_a_window_is_counted_once(window: str) -> None:
    lost = f'`number(config.t)` is missing for 5 of 5 values: no number, as "{TIMES[0]}"'
    assert said(f"runs | derive w = {window}", BERLIN) == [lost]
