"""The stage `sql`: what DuckDB is given, what it gives back, what it cannot reach, and how long it may take."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings

import runql
from runql.config import SqlBounds
from runql.engine.stages import StageContext
from runql.engine.table import Table
from runql.errors import QueryError
from runql.execute.sql.ask import answer
from runql.execute.sql.to_sql import sql_names
from runql.extras import install_command
from runql.results.column_types import SCALARS, Shape, shape_of
from runql.semantic.typed import TSql
from runql.semantic.values import MISSING
from runql.text.diagnostic import Diagnostic
from tests.engine.stages.build import alike, tables

BOUNDS = SqlBounds(memory_mb=200, seconds=30)
BERLIN = ZoneInfo("Europe/Berlin")
T = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)


def ask(question: str, columns: Mapping[str, Sequence[Any]], **more: Any) -> tuple[Table, list[str]]:
    bounds = more.pop("bounds", BOUNDS)
    result = answer(TSql(question, **more), Table.of(columns), StageContext(), bounds)
    return result.table, [notice.message for notice in result.notices]


def column(question: str, **columns: Sequence[Any]) -> list[Any]:
    """The only column of an answer, about which nothing is to be said."""
    table, said = ask(question, columns)
    assert said == []
    (cells,) = table.columns.values()
    return list(cells)


def refused(question: str, **columns: Sequence[Any]) -> Diagnostic:
    with pytest.raises(QueryError) as error:
        ask(question, columns or {"x": [1]})
    return error.value.diagnostics[0]


# ---------------------------------------------------------------- types


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        ([1, 2**53 + 1, -(2**63)], "BIGINT"),
        ([1, 2**63, -(2**127) + 1], "HUGEINT"),
        ([0.5, math.inf, -math.inf, -0.0], "DOUBLE"),
        ([0.5, 2**53], "DOUBLE"),
        ([True, False, None], "BOOLEAN"),
        (["", "Ä", "a\x00b", "'", '"', None], "VARCHAR"),
        ([T, T + timedelta(microseconds=1), None], "TIMESTAMP WITH TIME ZONE"),
        ([[1, 2], [], None], "BIGINT[]"),
        ([[0.5, math.inf], [None]], "DOUBLE[]"),
        ([["a", 'b"'], []], "VARCHAR[]"),
        ([[T], None], "TIMESTAMP WITH TIME ZONE[]"),
        ([[True], [False]], "BOOLEAN[]"),
        ([{"a": 1, "b": [1, "x"]}, {"c": None}], "JSON"),
        ([[[1], ["x"]], []], "JSON"),
    ],
)
def test_a_column_of_one_kind_comes_back_as_it_was(cells: list[Any], kind: str) -> None:
    assert alike(column("select x from _", x=cells), _expected(cells))
    assert set(column("select typeof(x) from _", x=cells)) == {kind}


def test_nan_is_a_number_and_null_is_none() -> None:
    cells = [math.nan, None, MISSING, 1.5]
    assert alike(column("select x from _", x=cells), [math.nan, None, None, 1.5])
    assert column("select isnan(x) from _", x=cells) == [True, None, None, False]
    assert column("select count(x) from _", x=cells) == [2]


def test_unlike_values_are_text_and_that_is_said() -> None:
    table, said = ask("select x, typeof(x) as t from _", {"x": ["auto", 0.1, 2**53 + 1, True, None, T]})
    assert list(table.columns["x"]) == ["auto", "0.1", "9007199254740993", "true", None, "2026-03-29T00:30:00Z"]
    assert said == ["`x` is text in SQL: it holds values that no one type of SQL holds"]


def test_numbers_that_no_type_holds_keep_every_digit() -> None:
    table, said = ask("select x from _", {"x": [2**53 + 1, 0.5]})
    assert list(table.columns["x"]) == ["9007199254740993", "0.5"]
    assert len(said) == 1
    table, said = ask("select x from _", {"x": [10**400, 1]})
    assert list(table.columns["x"]) == [str(10**400), "1"]


def test_whole_numbers_come_back_whole_and_exact() -> None:
    assert column("select sum(x) from _", x=[2**62, 2**62, 2**62]) == [3 * 2**62]
    assert column("select 0.1 + 0.2") == [0.3]
    assert column("select 3::decimal(10, 0)") == [3]
    assert column("select 170141183460469231731687303715884105728::bignum") == [2**127]
    table, said = ask("select 0.12345678901234567890123::decimal(30, 23) as d", {"x": [1]})
    assert list(table.columns["d"]) == [0.12345678901234568]
    assert said == ["1 decimal number of SQL has more digits than a double holds: rounded"]


def test_times_keep_their_instant_and_days_begin_in_the_zone_of_the_session() -> None:
    def days(zone: Any) -> list[Any]:
        return list(ask("select date_trunc('day', t) as d from _", {"t": [T]}, zone=zone)[0].columns["d"])

    assert days(UTC) == [datetime(2026, 3, 29, tzinfo=UTC)]
    assert days(BERLIN) == [datetime(2026, 3, 28, 23, tzinfo=UTC)]
    table, _ = ask("select t::date as d, t::timestamp as naive, t as same from _", {"t": [T]}, zone=BERLIN)
    assert [list(cells) for cells in table.columns.values()] == [[datetime(2026, 3, 28, 23, tzinfo=UTC)], [T], [T]]
    table, said = ask("select timestamptz 'infinity' as a, date '5000-01-01 (BC)' as b", {"x": [1]})
    assert [next(iter(cells)) for cells in table.columns.values()] == ["infinity", "5000-01-01 (BC)"]
    assert said == ["2 times of SQL outside of the years 1 to 9999: shown as text"]


def test_intervals_are_seconds() -> None:
    assert column("select max(t) - min(t) from _", t=[T, T + timedelta(hours=2)]) == [7200]
    table, said = ask("select interval 1 month as i", {"x": [1]})
    assert list(table.columns["i"]) == [30 * 86400]
    assert said == ["intervals are seconds: in those of a month or more SQL counts 30 days as a month"]


def test_other_types_of_sql() -> None:
    question = """select {'a': [1, null]} as s, map {1: 'x'} as m, '\\xAA\\x41'::blob as b, null as n,
      'b'::enum ('a', 'b') as e, time '10:00' as t, json('{"a": [1, NaN]}') -> '$.a' as j, union_value(k := 2) as u"""
    table, said = ask(question, {"x": [1]})
    (row,) = table.rows()
    j = row.pop("j")
    assert row == {"s": {"a": [1, None]}, "m": {"1": "x"}, "b": "\\xAAA", "n": None, "e": "b", "t": "10:00:00", "u": 2}
    assert j[0] == 1 and math.isnan(j[1])
    assert said == []


def test_names_of_columns() -> None:
    table, said = ask(
        'select "config.lr", "val/loss", "a""b", "ä ö" from _',
        {"config.lr": [1], "val/loss": [2], 'a"b': [3], "ä ö": [4]},
    )
    assert [*table.columns] == ["config.lr", "val/loss", 'a"b', "ä ö"]
    assert said == []
    table, said = ask("select * from _", {"Loss": [1], "loss": [2], "LOSS_2": [3], "": [4]})
    assert [*table.columns] == ["Loss", "loss_2", "LOSS_2_2", "column"]
    assert len(said) == 1 and said[0].startswith("SQL tells names not by their case")
    table, said = ask("select 1 as a, 2 as a, 3 as a_2", {"x": [1]})
    assert {name: list(cells) for name, cells in table.columns.items()} == {"a": [1], "a_2": [2], "a_2_2": [3]}
    assert said == ["SQL gave several columns one name: `a` is `a_2`, `a_2` is `a_2_2`"]


def test_a_table_without_rows_or_columns() -> None:
    assert column("select count(*) from _", x=[]) == [0]
    assert ask("select count(*) as n from _", {})[0].columns["n"][0] == 0


def _expected(cells: list[Any]) -> list[Any]:
    """What a column is when it comes back, written from the table in the documentation."""
    shape = shape_of(cells)
    plain = [None if cell is MISSING else cell for cell in cells]
    if shape is Shape.FLOAT:
        return [None if cell is None else float(cell) for cell in plain]
    return plain


@settings(max_examples=60, deadline=None)
@given(tables("x", "Y", "y"))
def test_any_table_comes_back(drawn: Table) -> None:
    names = sql_names(drawn.names)
    table, said = ask("select * from _", drawn.columns)
    for name, cells in drawn.columns.items():
        came = list(table.columns[names[name]])
        if shape_of(list(cells)) in (SCALARS | {Shape.EMPTY}):
            assert alike(came, _expected(list(cells)))
        elif shape_of(list(cells)) in (Shape.MIXED, Shape.BIG):
            assert all(
                (one is None) == (cell is None or cell is MISSING) for one, cell in zip(came, cells, strict=True)
            )
            assert any(f"`{names[name]}`" in line for line in said) or all(not isinstance(one, str) for one in came)


# ---------------------------------------------------------------- closed


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with a file, which is the working folder and the home of the user."""
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    yield tmp_path
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


@pytest.mark.parametrize(
    "question",
    [
        "from 'a.csv'",
        'from "a.csv"',
        "from read_csv('a.csv')",
        "from read_csv_auto('/etc/passwd')",
        "from read_text('/etc/passwd')",
        "from read_blob('a.csv')",
        "from read_json('a.csv')",
        "from read_parquet('http://127.0.0.1:1/x.parquet')",
        "from read_parquet('s3://bucket/x.parquet')",
        "from read_duckdb('x.db')",
        "from glob('*')",
        "from sniff_csv('a.csv')",
        "from parquet_metadata('a.csv')",
        "select * from (from query('from ''a.csv'''))",
        "from duckdb_extensions()",
        "from duckdb_secrets()",
        "copy _ to 'out.csv'",
        "copy (select 1) to 'out.parquet' (format parquet)",
        "attach 'x.db'",
        "install httpfs",
        "load httpfs",
        "load './evil.so'",
        "from sqlite_scan('x', 'y')",
        "select st_point(1, 2)",
        "export database 'out'",
        "import database 'out'",
        "set enable_external_access = true",
        "set memory_limit = '100GB'",
        "reset lock_configuration",
        "pragma database_list",
        "pragma enable_profiling",
        "call enable_logging()",
        "create table t as select 1",
        "create macro f() as 1",
        "insert into _ values (1)",
        "update _ set x = 2",
        "delete from _",
        "drop table _",
        "checkpoint",
        "vacuum",
        "use memory",
        "begin",
        "prepare p as select 1",
        "explain select 1",
        "update extensions",
        "select 1; select 2",
        "select 1; copy _ to 'out.csv'",
        "-- only a comment",
        "select getenv('HOME')",
        "from here_is_python",
        "select $1",
    ],
)
def test_nothing_else_is_reached(question: str, here: Path) -> None:
    here_is_python = {"a": [1]}
    assert here_is_python
    assert refused(question).code in {"RQL245", "RQL246"}


def test_what_writes_in_a_question_writes_to_nothing_that_stays(here: Path) -> None:
    assert column("with a as (insert into _ values (2) returning x) select count(*) from a", x=[1]) == [1]
    assert column("select count(*) from _", x=[1]) == [1]


@pytest.mark.parametrize("question", ["from _", "with a as (from _) select * from a", "table _", "values (1)"])
def test_what_only_asks_is_answered(question: str) -> None:
    assert column(question, x=[1]) == [1]


def test_questions_about_the_table_and_pivots() -> None:
    assert list(ask("describe _", {"x": [1]})[0].columns["column_name"]) == ["x"]
    assert list(ask("summarize _", {"x": [1, 3]})[0].columns["max"]) == ["3"]
    pivoted, _ = ask("pivot _ on k using sum(x)", {"k": ["a", "b"], "x": [1, 2]})
    assert {name: list(cells) for name, cells in pivoted.columns.items()} == {"a": [1], "b": [2]}


# ---------------------------------------------------------------- bounds


def test_a_question_ends_after_its_time() -> None:
    with pytest.raises(QueryError) as error:
        ask(
            "select max(a.range * b.range) from range(10000000) a, range(10000000) b",
            {"x": [1]},
            bounds=SqlBounds(200, 0.2),
        )
    assert error.value.diagnostics[0].message == "`sql` was stopped after 0.2 s"


@pytest.mark.parametrize(
    "question", ["select list(range) from range(100000000)", "from range(30000000) a, range(10000)"]
)
def test_a_question_and_its_answer_have_their_memory(question: str) -> None:
    with pytest.raises(QueryError) as error:
        ask(question, {"x": [1]}, bounds=SqlBounds(50, 60))
    assert error.value.diagnostics[0].code == "RQL569"
    assert "more than 50 MB" in error.value.diagnostics[0].message


def test_an_interrupt_ends_the_question(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[float] = []

    def interrupted(waiting: Any, timeout: float) -> None:
        calls.append(timeout)
        threading.Event().wait(timeout)
        if len(calls) == 5:
            raise KeyboardInterrupt

    monkeypatch.setattr("runql.execute.sql.ask.wait", interrupted)
    with pytest.raises(KeyboardInterrupt):
        ask("select max(a.range * b.range) from range(10000000) a, range(10000000) b", {"x": [1]})
    assert not any(thread.name == "runql-sql" for thread in threading.enumerate())


# ---------------------------------------------------------------- as a stage


def test_a_question_of_python_with_parameters() -> None:
    text = 'runs | sql \'select count(*) as n from _ where "config.lr" < $most and "config.optimizer" in $list\''
    many = runql.query(text, source="demo", most=0.05, list=["adam", "sgd"]).frame
    plain = runql.query(
        "count runs where config.lr < $most and config.optimizer in $list",
        source="demo",
        most=0.05,
        list=["adam", "sgd"],
    )
    assert many.columns["n"][0] == plain.value
    with pytest.raises(QueryError, match="RQL207"):
        runql.query("runs | sql 'select $nothing'", source="demo")


def test_fields_that_are_named_are_fetched_and_the_table_goes_on() -> None:
    question = """'select "config.batch_size" as size, avg(runtime) as t from _ group by 1'"""
    text = f"runs | sql {question} | where t > 0 | order -size"
    frame = runql.query(text, source="demo").frame
    assert frame.names == ("size", "t")
    sizes = list(frame.columns["size"])
    assert sizes == sorted(sizes, reverse=True) and len(sizes) > 1


def test_a_column_that_the_answer_has_not_is_said_by_the_stage_behind() -> None:
    with pytest.raises(QueryError, match="RQL218"):
        _ = runql.query("runs | sql 'select name from _' | where nosuch > 1", source="demo").frame


def test_a_sample_is_refused_and_a_scan_is_not() -> None:
    with pytest.raises(QueryError, match="RQL310"):
        _ = runql.query("runs limit 2 keys loss sample 5 | sql 'select count(*) as n from _'", source="demo").frame
    found = runql.query("runs limit 2 keys loss scan | sql 'select run_id, min(loss) from _ group by 1'", source="demo")
    assert found.frame.length == 2


def test_without_the_extra_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runql.execute.sql.extra.find_spec", lambda name: None if name == "duckdb" else find_spec(name))
    with pytest.raises(QueryError) as error:
        runql.query("runs | sql 'select 1'", source="demo")
    (said,) = error.value.diagnostics
    assert (said.code, said.hints) == ("RQL247", (f"install it with `{install_command('store')}`",))


@pytest.mark.parametrize(
    ("text", "at", "hint"),
    [
        ('runs | sql "select lr from _"', "lr", 'nearest: `"config.lr"`'),
        ("runs | sql \"select 'é', config.lr from _\"", "config.lr", 'nearest: `"config.lr"`'),
        ('runs | sql "select \\u00e9 from _"', "\\u00e9", None),
        ("runs | sql 'select \"confg.lr\" from _'", '"confg.lr"', 'nearest: `"config.lr"`'),
        ('runs | sql """select\n  name,\n  lr\nfrom _"""', "lr", 'nearest: `"config.lr"`'),
        ('runs | sql "select name from runs"', 'runs"', "the table so far is `_`: `select … from _`"),
        ('runs | sql "selec 1"', "selec", None),
    ],
)
def test_a_mistake_stands_where_it_is(text: str, at: str, hint: str | None) -> None:
    with pytest.raises(QueryError) as error:
        _ = runql.query(text, source="demo").frame
    (said,) = error.value.diagnostics
    assert said.code == "RQL245"
    assert at.startswith(text[said.span.start : said.span.end]) and text.rindex(at) == said.span.start
    assert hint is None or said.hints[0] == hint
