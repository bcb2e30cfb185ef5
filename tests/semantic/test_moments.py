"""Days as people write them, and what is said of a day that others take for its midnight."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

import runql
from runql.semantic.check.moments import moments_meant
from runql.semantic.check_context import CheckContext

WEDNESDAY = CheckContext(now=datetime(2026, 1, 14, 12, tzinfo=UTC), zone=UTC)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("Monday", ("2026-01-12",)),
        ("wednesday", ("2026-01-14",)),
        ("thursday", ("2026-01-08",)),
        ("last wednesday", ("2026-01-07",)),
        ("last monday", ("2026-01-12", "2026-01-05")),
        ("this week", ("week(now)",)),
        ("last week", ("7d ago", "week(7d ago)")),
        ("Jan 3 2026", ("2026-01-03",)),
        ("January 3rd, 2026", ("2026-01-03",)),
        ("3 January 2026", ("2026-01-03",)),
        ("31.12.2025", ("2025-12-31",)),
        ("03/01/2026", ("2026-01-03", "2026-03-01")),
        ("31/12/2025", ("2025-12-31",)),
        ("2026/01/03", ("2026-01-03",)),
        ("20260103", ("2026-01-03",)),
        ("31.31.2025", ()),
        ("soon", ()),
    ],
)
def test_days_as_people_write_them(text: str, meant: tuple[str, ...]) -> None:
    assert moments_meant(text, WEDNESDAY) == meant


def test_a_stretch_is_not_offered_for_a_moment_that_something_equals() -> None:
    assert moments_meant("this week", WEDNESDAY, is_equality=True) == ()
    assert moments_meant("monday", WEDNESDAY, is_equality=True) == ("2026-01-12",)


@pytest.mark.parametrize(
    ("condition", "instead"),
    [
        ("created > '2026-01-13'", "created >= 2026-01-13"),
        ("created <= '2026-01-13'", "created < 2026-01-13"),
        ("created between '2026-01-12' and '2026-01-13'", "created < 2026-01-13"),
        ("created = '2026-01-12 09:14'", "created >= 2026-01-12T09:14 and created < 2026-01-12T09:15"),
    ],
)
def test_what_others_read_differently_is_said(condition: str, instead: str) -> None:
    found = runql.query(f"runs where {condition}", source="demo")
    others = runql.query(f"runs where {instead}", source="demo")
    assert found.frame.length != others.frame.length
    (said,) = (one for one in found.notices if one.code == "RQL591")
    assert said.hints[0].endswith(f"`{instead}`")
    assert not [one for one in others.notices if one.code == "RQL591"]


@pytest.mark.parametrize("condition", ["created > 2026-01-13", "created >= '2026-01-13'", "created = '2026-01-13'"])
def test_what_all_read_alike_is_not_said(condition: str) -> None:
    found = runql.query(f"runs where {condition}", source="demo")
    assert not [one for one in found.notices if one.code == "RQL591"]
