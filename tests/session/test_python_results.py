"""Results in Python: lazy, looked at again, cut, handed to other libraries, awaited."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterator
from itertools import islice
from typing import Any

import duckdb
import pandas
import polars
import pytest

import runql
from runql.errors import BackendError, Unreachable
from runql.results.frame import Frame
from runql.session import Result
from runql.session.parts_read import PartsRead

HISTORIES = "runs keys loss scan steps 0..9"
RUNS = "runs order -summary.val/acc select name, summary.val/acc, created, config.model.sizes, config.momentum"


def plain(rows: Any) -> list[str]:
    return [repr(row) for row in rows]


def demo(text: str) -> Result:
    return runql.query(text, source="demo")


def test_rows_can_be_looked_at_again_and_from_two_places() -> None:
    once = plain(demo(HISTORIES))
    result = demo(HISTORIES)
    first, second = iter(result), iter(result)
    assert plain(islice(first, 50)) == plain(islice(second, 50)) == once[:50]
    assert plain(second) == once[50:]
    assert plain(first) == once[50:]
    assert plain(result) == plain(result.frame.rows()) == once


def test_a_query_of_as_many_stages_as_there_may_be_is_answered() -> None:
    assert len(demo("runs" + " | limit 3" * 100)) == 3


SHAPES = (HISTORIES, RUNS, "runs | pivot count() by state across config.optimizer")


@pytest.mark.parametrize("text", SHAPES)
def test_slices_are_those_of_a_list(text: str) -> None:
    result = demo(text)
    first = plain(result[2:7].rows())
    rows = plain(result)
    assert first == rows[2:7]
    cuts = [slice(5), slice(0, 0), slice(3, 1), slice(-3, None), slice(None, -2), slice(1, None, 7)]
    cuts += [slice(None, None, -1), slice(10_000, 10_001), slice(60, 10_000)]
    for cut in cuts:
        assert plain(result[cut].rows()) == rows[cut], cut
    for at in (0, len(rows) - 1, -1, -len(rows)):
        assert repr(result[at]) == rows[at]
    for at in (len(rows), -len(rows) - 1):
        with pytest.raises(IndexError, match=f"it has {len(rows):,}"):
            result[at]


def test_no_more_is_read_than_is_wanted() -> None:
    asked: list[int] = []

    def parts() -> Iterator[Frame]:
        for number in range(100):
            asked.append(number)
            yield Frame({"a": [number, number]})

    reading = PartsRead(parts)
    assert [part.length for part in reading.until(3)] == [2, 2]
    assert asked == [0, 1]
    assert sum(part.length for part in reading) == 200
    assert sum(part.length for part in reading) == 200
    assert asked == list(range(100))


def test_what_failed_half_way_is_no_whole_answer() -> None:
    def parts() -> Iterator[Frame]:
        yield Frame({"a": [1]})
        raise Unreachable.of("RQL404", "gone")

    reading = PartsRead(parts)
    for _ in range(2):
        with pytest.raises(BackendError):
            list(reading)
    assert not reading.is_whole


def test_other_libraries_take_a_result() -> None:
    result = demo(RUNS)
    ours = [row["summary.val/acc"] for row in result]
    of_polars = polars.DataFrame(result)
    assert of_polars.height == 64
    assert of_polars["created"].dtype == polars.Datetime("us", "UTC")
    answered = duckdb.sql('select count(*), max("summary.val/acc") from result')
    assert answered is not None
    assert answered.fetchall() == [(64, max(value for value in ours if isinstance(value, float)))]
    frames: Any = pandas.DataFrame
    of_pandas = frames.from_arrow(result)
    assert of_pandas["config.momentum"].isna().sum() == 46
    exchanged: Any = result.__dataframe__()
    assert exchanged.num_rows() == 64
    cut = polars.DataFrame(result[:5])
    assert [value for value in cut["summary.val/acc"] if not math.isnan(value)] == ours[:5]


def test_a_library_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(runql.OutputError, match=r"pyarrow"):
        demo("runs limit 1").__arrow_c_stream__()


def test_queries_are_awaited_together() -> None:
    texts = [HISTORIES, "count runs", "runs | group config.optimizer : mean(summary.val/acc)"]

    async def ask() -> list[Result]:
        async with runql.connect("demo") as connection:
            found = await asyncio.gather(*map(connection.aquery, texts))
            assert (await connection.aquery("count runs where config.lr > $lr", lr=0.01)).value == 44
            with pytest.raises(runql.QueryError):
                await connection.aquery("runs where config.lrr > 1")
            return list(found)

    for text, result in zip(texts, asyncio.run(ask()), strict=True):
        assert plain(result) == plain(demo(text))


def test_the_loop_goes_on_while_an_answer_is_read() -> None:
    async def ask() -> int:
        turns = 0
        async with runql.connect("demo") as connection:
            task = asyncio.ensure_future(connection.aquery(HISTORIES))
            while not task.done():
                turns += 1
                await asyncio.sleep(0)
            assert len(await task) > 500
        return turns

    assert asyncio.run(ask()) > 1
