"""Scripts from Python: what a text names stays known to the next one."""

from __future__ import annotations

from pathlib import Path

import pytest

import runql
from runql.session.checked_query import Explanation
from runql.sources.memory import MemoryService

RUNS = [{"id": f"r{n}", "state": "failed" if n % 2 else "finished", "config": {"lr": n / 10}} for n in range(6)]


def test_a_text_may_name_what_its_query_starts_from() -> None:
    with runql.connect(MemoryService(RUNS)) as connection:
        assert connection.query("let bad = runs where state = 'failed'; count runs from bad").value == 3
        assert [row["id"] for row in connection.query("runs from bad where config.lr > $least", least=0.1)] == [
            "r3",
            "r5",
        ]


def test_a_script_has_an_answer_for_each_statement_that_gives_one() -> None:
    with runql.connect(MemoryService(RUNS)) as connection:
        first, shown = connection.run("param n: int = 2; runs limit $n; explain count runs", n=1)
        assert isinstance(first, runql.Result) and len(first) == 1
        assert isinstance(shown, Explanation)
        with pytest.raises(runql.QueryError, match="has not one answer"):
            connection.query("runs; count runs")


def test_what_writes_a_file_or_asserts_is_carried_out_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    runs = MemoryService(RUNS)
    answer = runql.query("runs | to 'a.csv'", source=runs)
    assert Path("a.csv").read_text().startswith("id,")
    Path("a.csv").unlink()
    assert len(answer) == 6
    assert not Path("a.csv").exists(), "it is written once"
    with pytest.raises(runql.AssertionFailed):
        runql.query("runs | assert count() > 100", source=runs)
    with runql.connect(runs) as connection:
        with pytest.raises(runql.AssertionFailed):
            connection.run("runs | to 'b.csv'; runs | assert count() > 100; runs | to 'c.csv'")
        assert Path("b.csv").exists()
        assert not Path("c.csv").exists()


def test_a_text_that_is_none() -> None:
    with runql.connect(MemoryService(RUNS)) as connection, pytest.raises(runql.ArgumentError, match="a `str`, not int"):
        connection.query(123)  # type: ignore[arg-type]


def test_the_value_of_a_table() -> None:
    with runql.connect(MemoryService(RUNS)) as connection:
        assert not hasattr(connection.query("runs"), "value")
        assert connection.query("count runs").value == 6
