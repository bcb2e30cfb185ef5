"""What SQL says that histories come to is what the engine says: the same values, types, notices and footers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runql.execute.columns import run_ends
from runql.semantic.record import RunRecord
from runql.session import Session
from runql.sources import at_hand
from runql.sources.memory import MemoryService
from runql.sources.store import table, writer
from runql.sources.store.columns.listed import ListedColumns
from runql.sources.store.compact import compact
from runql.sources.store.layout import Fact
from runql.sources.store.service import StoreService
from runql.sources.store.statistics import kept_points
from runql.sources.store.statistics.kept_points import keep_points
from tests.sources.store.awkward import NUMBERS, SCALARS
from tests.sources.store.draws import draw_many
from tests.sources.store.sample import pulled, store_of
from tests.sources.store.test_run_columns import answered

_EASY = st.sampled_from([0, 1, 2, -1, 0.5, -0.5, 1.0, float("nan"), float("inf")])
_cells = st.one_of(_EASY, _EASY, _EASY, NUMBERS, SCALARS)
_steps = st.one_of(st.none(), st.integers(0, 9))
_rows = st.lists(
    st.tuples(st.dictionaries(st.sampled_from(["loss", "acc"]), _cells, max_size=2), st.booleans(), _steps), max_size=6
).map(lambda rows: [row if plain or step is None else {**row, "_step": step} for row, plain, step in rows])
_floats = st.lists(st.floats(-2, 2).map(lambda value: {"loss": value, "acc": int(value)}), max_size=6)
histories = st.lists(st.one_of(_rows, _floats, _floats), min_size=1, max_size=6)
_value = st.builds(
    "{}(logged.{})".format,
    st.sampled_from(["min", "max", "first", "last", "count", "argmin", "argmax", "diverged", "mean"]),
    st.sampled_from(["loss", "loss", "acc"]),
)


_ends = st.builds(
    "runs{} keys {} scan | {}".format,
    st.sampled_from(["", "", " order -min(logged.loss)", " where count(logged.loss) > 1", " limit 3", " select name"]),
    st.sampled_from(["loss", "loss", "acc", "loss align inner", "loss, acc"]),
    st.sampled_from(
        [
            *("best min loss", "best max loss", "best max loss | order -loss | limit 2", "best min loss | limit 1"),
            *("first", "last", "first 1", "last 2", "first | derive twice = loss * 2", "best max acc"),
        ]
    ),
)


@st.composite
def questions(draw: st.DrawFn) -> str:
    """A question whose table, order or condition holds values of histories, or one of the ends of histories."""
    if draw(st.booleans()):
        return draw(_ends)
    values = draw(st.lists(_value, min_size=1, max_size=3, unique=True))
    where = f" where {draw(_value)} {draw(st.sampled_from(['>', '<=', '!=']))} 0.5" if draw(st.booleans()) else ""
    order = f" order {draw(st.sampled_from(['', '-']))}{draw(_value)}" if draw(st.booleans()) else ""
    return f"runs{where}{order} select id, {', '.join(values)}"


def compare(rows: Sequence[list[dict[str, Any]]], asked: Sequence[str], folder: Path) -> int:
    """How many answers SQL told. Raises `AssertionError` where one differs."""
    runs = [RunRecord(f"r{at}", "p", config={}, summary={}) for at in range(len(rows))]
    source = MemoryService(
        [{"id": run.id, "config": {}} for run in runs], {f"r{at}": own for at, own in enumerate(rows) if own}
    )
    in_parts = len(rows) % 3 == 0  # the rows of a run come in pieces of two, each of which is a part of the store
    with patch.object(writer, "MOST_CELLS", 2 if in_parts else 10**9), patch.object(at_hand, "PIECE_ROWS", 2):
        store_of(source, folder).close()
    if len(rows) % 2:  # half of the stores have the facts of their metrics beside the points
        with patch.object(kept_points, "_WORTH", 1):
            keep_points(folder, table.version(folder, "s"))
    told: list[bool] = []
    of, single = ListedColumns.of, ListedColumns.single_values

    def counted_of(*given: Any) -> Any:
        found = of(*given)
        told.append(found is not None)
        return found

    def counted_single(*given: Any) -> Any:
        found = single(*given)
        told.append(any(found.values()))
        return found

    with Session(f"store:{folder}") as session, Session(f"store:{folder}") as by_engine:
        for text in asked:
            with (
                patch("runql.sources.store.columns.series._PART", 10**9),
                patch.object(ListedColumns, "of", counted_of),
                patch.object(ListedColumns, "single_values", counted_single),
            ):
                found = answered(session, text)
            with (
                patch.object(StoreService, "run_columns", lambda *_: None),
                patch.object(StoreService, "single_values", lambda *_: {}),
            ):
                expected = answered(by_engine, text)
            assert found == expected, f"{text}\n{found}\n{expected}"
    return sum(told)


@settings(deadline=None, max_examples=2)
@given(histories, st.lists(questions(), min_size=3, max_size=3))
def test_values_of_histories_are_those_of_the_engine(rows: list[list[dict[str, Any]]], asked: list[str]) -> None:
    with TemporaryDirectory() as folder:
        compare(rows, asked, Path(folder) / "s")


def test_values_of_plain_histories_are_told_by_sql(tmp_path: Path) -> None:
    """So that the two answers above are made in two ways."""
    rows: list[list[dict[str, Any]]] = [[{"loss": 0.5}, {"loss": 0.25}], [{"loss": 1.5}, {"loss": 2.5}]]
    assert compare(rows, ["runs select id, min(logged.loss)"], tmp_path / "s") == 1
    asked = [
        "runs keys loss scan | best min loss",
        "runs select name keys loss scan | first",
        "runs keys loss scan | last",
    ]
    rows[1].append({"loss": float("nan")})
    assert compare(rows, asked, tmp_path / "t") == len(asked)


@pytest.mark.parametrize("name", ["min", "max", "argmin", "argmax", "last", "count", "diverged"])
def test_what_nan_alone_leaves_empty_is_said_of_a_store_too(tmp_path: Path, name: str) -> None:
    nan = float("nan")
    source = MemoryService([{"id": run} for run in "ab"], {"a": [{"loss": nan}] * 2, "b": [{"loss": 1}]})
    pulled(source, tmp_path / "s")
    text = f"runs select {name}(logged.loss)"
    with Session(source) as here, Session(f"store:{tmp_path / 's'}") as stored:
        said = [[one.message for one in session.run(text)[0].notices] for session in (here, stored)]  # type: ignore[union-attr]
    lack = {"min": "among the values", "max": "among the values"}.get(name, "at a `_step`")
    is_told = name not in ("last", "count", "diverged")
    assert said == [[f"`{name}(logged.loss)` is empty for 1 run: no number {lack}"] * is_told] * 2


def test_ends_of_histories_in_several_parts_are_told_by_sql(tmp_path: Path) -> None:
    """Of a run whose steps fall from one part to the next the history is read."""
    rows: list[list[dict[str, Any]]] = [[{"loss": (7 * row) % 5, "_step": row} for row in range(9)] for _ in range(3)]
    asked = ["runs keys loss scan | best min loss", "runs keys loss scan | last"]
    assert compare(rows, asked, tmp_path / "s") == len(asked)
    assert len(table.version(tmp_path / "s", "s").of(Fact.POINTS)) > len(rows)
    rows[1][5]["_step"] = 1
    told: list[Any] = []
    ends = run_ends.ends_of_runs

    def noted(*given: Any) -> Any:
        told.append(ends(*given))
        return told[-1]

    with patch("runql.execute.columns.run_ends.ends_of_runs", noted):
        compare(rows, asked, tmp_path / "t")
    assert [table is None for table in told[::2]] == [True, True]


_ASKED = "runs select id, min(logged.loss), argmin(logged.loss), last(logged.loss), count(logged.loss)"


def test_facts_are_kept_beside_the_points_and_hold_as_the_store_changes(tmp_path: Path) -> None:
    """Runs in several parts, runs that nothing is kept of yet, runs pulled again, a compaction, a damaged file."""
    folder = tmp_path / "s"
    runs = [{"id": f"r{at}", "config": {}} for at in range(4)]
    histories = {f"r{at}": [{"loss": (at + 3 * row) % 7 / 4, "_step": 2 * row} for row in range(20)] for at in range(4)}

    def answer() -> tuple[Any, Any, int]:
        """What the store says, what the runs at hand say, and in how many statements points were read."""
        read: list[str] = []
        facts_sql = kept_points.facts_sql

        def noted(files: Sequence[Path], where: str, *, places: bool) -> str:
            read.extend(map(str, files))
            return facts_sql(files, where, places=places)

        with (
            patch("runql.sources.store.columns.point_facts.facts_sql", noted),
            Session(f"store:{folder}") as session,
        ):
            told = answered(session, _ASKED)
        with Session(MemoryService(runs, histories)) as here:
            return told[0], answered(here, _ASKED)[0], len(read)

    with patch.object(kept_points, "_WORTH", 1), patch.object(writer, "MOST_CELLS", 30):
        pulled(MemoryService(runs, histories), folder)
        assert len(table.version(folder, "s").of(Fact.POINTS)) > 1
        told, here, read = answer()
        assert (told, read) == (here, 0)
    histories["r1"] = [{"loss": 0.25 * row, "_step": row} for row in range(5)]
    runs[1]["config"] = {"again": 1}
    pulled(MemoryService(runs, histories), folder)  # so few points are worth no file
    told, here, read = answer()
    assert (told, read) == (here, 1)
    with patch.object(kept_points, "_WORTH", 1):
        compact(folder, "s")
    (path,) = (folder / kept_points.FOLDER).glob("*.parquet")
    told, here, read = answer()
    assert (told, read) == (here, 0)
    path.write_bytes(path.read_bytes()[:-9] + b"\0" * 9)
    told, here, read = answer()
    assert (told, read) == (here, 1)


if __name__ == "__main__":
    draw_many(__doc__, histories, questions(), compare, "times told by SQL")
