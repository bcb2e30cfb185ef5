"""A run that two sources hold: the fresher one counts, before any condition is asked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from runql.session import Result
from runql.sources.memory import MemoryService
from tests.session.fixtures import session

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


class Copy(MemoryService):
    """A copy of another source, as of noon."""

    @property
    def as_of(self) -> datetime | None:
        return NOON


def run(name: str, minutes: float | None, state: str, **more: Any) -> dict[str, Any]:
    heartbeat = None if minutes is None else NOON + timedelta(minutes=minutes)
    return {"id": name, "project": "p", "state": state, "created": NOON, "heartbeat": heartbeat, **more}


def asked(text: str, *sources: MemoryService) -> Result:
    (result,) = session(sources[0], **{f"s{at}": one for at, one in enumerate(sources)}).run(text)
    assert isinstance(result, Result)
    return result


def test_the_fresher_one_is_asked_and_the_other_is_not() -> None:
    server = MemoryService([run("a", 5, "running"), run("b", 9, "finished"), run("c", 1, "running")])
    disk = MemoryService([run("a", 7, "finished"), run("b", 2, "running"), run("d", 1, "running")])
    for one, other in ((server, disk), (disk, server)):
        running = asked("runs from s0, s1 where state = 'running' order id select id", one, other)
        assert [row["id"] for row in running] == ["c", "d"]
        found = asked("runs from s0, s1 order id select id, state", one, other)
        assert [row["state"] for row in found] == ["finished", "finished", "running", "running"]
        assert asked("count runs from s0, s1 where state = 'finished'", one, other).value == 2
        said = {notice.names: notice.message for notice in found.notices if notice.code == "RQL595"}
        assert {*said} == {("a",), ("b",)}
        assert "is left out: another source has the same or a later state" in said[("a",)]


@pytest.mark.parametrize(
    ("mine", "theirs", "wins"),
    [
        (run("a", 0, "running"), run("a", 0.01, "running"), 1),  # the later sign of life
        (run("a", 0, "finished"), run("a", 0.5, "finished"), 0),  # as fresh: what was named first
        (run("a", 0, "finished"), run("a", 5, "finished"), 1),  # it went on elsewhere
        (run("a", 0, "running"), run("a", 0, "finished"), 1),  # what has ended does not run again
        (run("a", None, "running"), run("a", 5, "running"), 1),
    ],
)
def test_which_one_is_fresher(mine: dict[str, Any], theirs: dict[str, Any], wins: int) -> None:
    sources = [MemoryService([{**one, "notes": str(at)}]) for at, one in enumerate((mine, theirs))]
    assert [row["notes"] for row in asked("runs from s0, s1 select notes", *sources)] == [str(wins)]


def test_of_equal_ones_the_source_wins_over_its_copy() -> None:
    sources = [kind([run("a", 0, "finished", notes=kind.__name__)]) for kind in (Copy, MemoryService)]
    assert [row["notes"] for row in asked("runs from s0, s1 select notes", *sources)] == ["MemoryService"]


def test_runs_of_three_sources_and_a_limit() -> None:
    sources = [MemoryService([run(f"r{at}", (at + number) % 3, "running") for at in range(9)]) for number in range(3)]
    found = asked("runs from s0, s1, s2 order heartbeat, id limit 4 select id, heartbeat", *sources)
    assert [row["id"] for row in found] == ["r0", "r1", "r2", "r3"]
    assert {row["heartbeat"] for row in found} == {NOON + timedelta(minutes=2)}


def test_runs_of_other_projects_are_others() -> None:
    sources = [MemoryService([{**run("a", at, "running"), "project": name}]) for at, name in enumerate("pq")]
    assert len([*asked("runs from s0, s1", *sources)]) == 2
