"""Runs of an answer read field by field: as good as their records, which are made only where somebody asks for one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runql import connect
from runql.engine.order import sort_records
from runql.engine.selectors import sort_by_fields
from runql.language.fields import Space
from runql.semantic.record import RunBlock, RunRecord, RunRows, cells_of, joined_runs
from runql.semantic.typed import FieldKey, TField, TOrderKey
from runql.sources.wandb.decode import ProjectPlace
from runql.sources.wandb.run_nodes import read_runs
from runql.syntax.mongo.nodes import BY_CREATION, turned
from tests.server import LoopbackServer
from tests.server.samples import wide

PLACE = ProjectPlace("acme", "vision", "https://w.test")
START = datetime(2026, 1, 1, tzinfo=UTC)
NAMES = [each.name for each in fields(RunRecord)]
"""The fields of a run."""


@st.composite
def blocks(draw: st.DrawFn) -> tuple[list[RunRecord], list[RunRows]]:
    """Some records in parts, and the same as rows."""
    records: list[RunRecord] = []
    rows: list[RunRows] = []
    for _ in range(draw(st.integers(0, 3))):
        minutes = draw(st.lists(st.none() | st.integers(0, 4), max_size=5))
        part = [
            RunRecord(
                id=f"r{len(records) + at}",
                created=None if minute is None else START + timedelta(minutes=minute),
                config=draw(st.fixed_dictionaries({}, optional={"lr": st.sampled_from([0.1, 1, float("nan"), "x"])})),
                tags=("a",) * (at % 2),
            )
            for at, minute in enumerate(minutes)
        ]
        records += part
        rows.append(RunRows((block_of(part), 0, len(part))))
    return records, rows


def block_of(records: Sequence[RunRecord]) -> RunBlock:
    return RunBlock(len(records), {name: partial(cells_of, records, name) for name in NAMES})


@given(blocks(), st.data())
@settings(max_examples=25)
def test_rows_are_as_their_records(given_runs: tuple[list[RunRecord], list[RunRows]], data: st.DataObject) -> None:
    records, several = given_runs
    rows = joined_runs(several)
    ends = st.none() | st.integers(-6, 16)
    cut = slice(data.draw(ends), data.draw(ends), data.draw(st.sampled_from([None, 1, 2, -1])))
    assert repr(list(rows[cut])) == repr(records[cut])
    assert [repr(cells_of(rows[cut], name)) for name in NAMES] == [repr(cells_of(records[cut], name)) for name in NAMES]
    assert len(rows) == len(records)
    for at in range(-len(records), len(records)):
        assert repr(rows[at]) == repr(records[at])
        assert rows[at] is rows[at]
    with pytest.raises(IndexError):
        _ = rows[len(records)]


@given(blocks(), st.booleans(), st.sampled_from(["created", "id", "config.lr"]))
@settings(max_examples=25)
def test_rows_are_ordered_as_their_records(
    given_runs: tuple[list[RunRecord], list[RunRows]], descending: bool, name: str
) -> None:
    records, several = given_runs
    space, _, path = name.rpartition(".")
    key = TOrderKey(TField(FieldKey(Space(space or "run"), (path,))), descending)
    rows = joined_runs(several)
    assert ids(sort_records(rows, (key,))) == ids(sort_records(records, (key,)))
    assert ids(sort_records(rows)) == ids(sort_records(records))
    if name == "created":
        order = turned(BY_CREATION) if descending else BY_CREATION
        assert ids(sort_by_fields(rows, order)) == ids(sort_by_fields(records, order))


def ids(runs: Sequence[RunRecord]) -> list[str]:
    return [run.id for run in runs]


NODES: list[dict[str, Any]] = [
    {
        "id": f"U{at}",
        "name": f"r{at}",
        "displayName": f"run {at}",
        "tags": ["a", None],
        "user": {"username": None, "name": "Ada"} if at else None,
        "createdAt": f"2026-01-0{at + 1}T00:00:00Z",
        "updatedAt": "soon" if at == 2 else None,
        "computeSeconds": at,
        "projectId": 7,
        "someConfig": '{"lr": {"value": 0.1}}',
        "summaryMetrics": f'{{"loss": {at}, "_wandb": {{"runtime": 1}}}}' if at else "no JSON",
    }
    for at in range(3)
]


def test_nodes_and_columns_give_the_same_runs() -> None:
    columns = {name: [node[name] for node in NODES] for name in NODES[0]}
    uneven = [*NODES, {"name": "r9"}]
    assert (
        list(read_runs((), PLACE, dict(columns))) == list(read_runs(NODES, PLACE)) == list(read_runs(uneven, PLACE))[:3]
    )


def test_what_is_odd_is_said_before_a_record_is_made() -> None:
    runs = read_runs(NODES, PLACE)
    assert [len(said) for said in cells_of(runs, "said")] == [1, 0, 1]
    assert [run.said for run in runs] == cells_of(runs, "said")


@pytest.fixture(scope="module")
def server() -> Iterator[LoopbackServer]:
    with LoopbackServer(wide(700)) as server:
        yield server


@pytest.mark.parametrize("order", ["", " order created", " order -created"])
def test_a_table_of_fields_makes_no_records_of_later_pages(
    server: LoopbackServer, order: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []
    records: Callable[[RunBlock], Sequence[RunRecord]] = vars(RunBlock)["records"].fget

    def counted(self: RunBlock) -> Sequence[RunRecord]:
        made.append(self.length)
        return records(self)

    monkeypatch.setattr(RunBlock, "records", property(counted))
    monkeypatch.setenv("WANDB_BASE_URL", server.base_url)
    monkeypatch.setenv("WANDB_API_KEY", "0" * 40)
    with connect("acme/wide") as connection:
        table = connection.query(f"runs{order} select id, config.c1, summary.s1").pandas()
        assert len(table) == 700
        assert sum(set(made)) < 300, "only runs of the first page were looked at one by one"
        assert list(table["id"]) == sorted(table["id"], reverse=order.endswith("-created"))
