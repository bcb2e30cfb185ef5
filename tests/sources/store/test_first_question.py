"""The first question of a process reads the parts themselves; the second one, and a damaged part, change no answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from runql.semantic.record import RunRecord
from runql.session import Session
from runql.sources.protocol import FULL, PageRequest
from runql.sources.store import table
from runql.sources.store.duck import Duck
from runql.sources.store.layout import Fact
from runql.sources.store.service import StoreService
from tests.sources.store.judged import store_of_records

RUNS = [
    RunRecord(
        f"r{at}", "p", state="finished" if at % 3 else "failed", config={"x": at, "y": -at}, summary={"z": at / 2}
    )
    for at in range(40)
]
QUESTION = "runs where config.x > 2 and state = 'finished' order -summary.z limit 3 select id"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A store of two parts, in which each run stands once, with what is kept of it."""
    store = store_of_records(RUNS, tmp_path / "s", once=True)
    assert store.snapshot().statistics.runs.each_counts
    store.close()
    return tmp_path / "s"


@pytest.fixture
def statements() -> Iterator[list[str]]:
    """All that DuckDB is told."""
    told: list[str] = []

    def listening(given: Callable[..., Any]) -> Callable[..., Any]:
        def ask(self: Duck, sql: str, *rest: Any) -> Any:
            told.append(sql)
            return given(self, sql, *rest)

        return ask

    with (
        patch.object(Duck, "do", listening(Duck.do)),
        patch.object(Duck, "rows", listening(Duck.rows)),
        patch.object(Duck, "column", listening(Duck.column)),
    ):
        yield told


def ids(session: Session, text: str = QUESTION) -> list[str]:
    result: Any = session.run(text)[0]
    return list(result.frame.columns["id"])


def test_a_first_question_holds_no_table_and_reads_no_field_that_sql_decided(
    folder: Path, statements: list[str]
) -> None:
    with Session(f"store:{folder}") as session:
        assert ids(session) == ["r38", "r37", "r35"]
        assert not [sql for sql in statements if "CREATE TABLE" in sql]
        fields = [sql for sql in statements if "FROM attr" in sql and "LEFT JOIN" not in sql]
        assert ["space = 'summary'" in sql for sql in fields] == [True]  # that the order says where it is missing
        assert ids(session) == ["r38", "r37", "r35"]
        assert [sql.partition(" AS ")[0] for sql in statements if "CREATE TABLE runs" in sql] == [
            "CREATE TABLE runs_1",
            "CREATE TABLE runs_2",
        ]


def test_what_is_said_of_fields_that_sql_decided_stays(folder: Path) -> None:
    store = store_of_records([*RUNS, RunRecord("bare", "p", config={}, summary={})], folder.parent / "t", once=True)
    assert store.snapshot().statistics
    with Session(f"store:{folder.parent / 't'}") as session:
        result: Any = session.run("runs where config.x != 3 order -summary.z select id")[0]
        assert result.frame.length == 40
        assert [(one.code, one.message) for one in result.notices if one.code != "RQL587"] == [
            ("RQL303", "incl. 1 run without `config.x`"),
            ("RQL306", "last in the order by `summary.z`: 1 run without a value"),
        ]


def _without_rows(path: Path) -> None:
    raw = path.read_bytes()
    path.write_bytes(raw[:4] + bytes(len(raw) // 2) + raw[4 + len(raw) // 2 :])


def _without_end(path: Path) -> None:
    raw = path.read_bytes()
    path.write_bytes(raw[: len(raw) // 2] + bytes(len(raw) - len(raw) // 2))


@pytest.mark.parametrize("damage", [_without_rows, _without_end])
@pytest.mark.parametrize("fact", [Fact.RUNS, Fact.ATTR])
def test_a_first_question_says_what_cannot_be_decoded(folder: Path, fact: Fact, damage: Callable[[Path], None]) -> None:
    damage(folder / min(table.version(folder, "s").of(fact), key=lambda part: part.pull).path)
    store = StoreService(folder, name="s")
    page = store.runs_page(PageRequest("", "", wanted=FULL))
    whole = {run.id: run.config for run in RUNS[len(RUNS) // 2 :]}
    lost: dict[str, Any] = {run.id: {} for run in RUNS[: len(RUNS) // 2]} if fact is Fact.ATTR else {}
    assert {run.id: run.config for run in page.runs} == {**lost, **whole}
    assert [one.code for one in page.notices] == ["RQL501", "RQL587"]
    assert store.count("", "", PageRequest("", "").selector) == len(page.runs)
