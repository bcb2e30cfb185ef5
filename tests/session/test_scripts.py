"""Stages, statements and scripts, from the text to what comes out."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
import yaml

from runql import config
from runql.errors import AssertionFailed, QueryError
from runql.session import Result, Session
from runql.sources.memory import MemoryService
from runql.syntax import format_text
from tests.session.fixtures import SETTINGS, START, Watched, ask, run, session


def rows(text: str, **params: Any) -> list[dict[str, Any]]:
    return list(ask(text, **params))


def results(text: str, made: Session | None = None, **params: Any) -> list[list[dict[str, Any]]]:
    return [list(one) for one in (made or session()).run(text, params) if isinstance(one, Result)]


def codes(text: str, **params: Any) -> list[str]:
    with pytest.raises(QueryError) as caught:
        results(text, **params)
    return [one.code for one in caught.value.diagnostics]


# ---------------------------------------------------------------- stages


def test_a_group_fetches_what_it_names() -> None:
    assert rows("runs | group config.opt : n = count(), lr = max(config.lr)") == [
        {"config.opt": "adam", "n": 6, "lr": 0.11},
        {"config.opt": "sgd", "n": 3, "lr": 0.09},
        {"config.opt": None, "n": 3, "lr": 0.08},
    ]


def test_stages_of_histories() -> None:
    (row,) = rows("runs where id = 'r3' keys loss scan | best min loss | select id, loss, _step")
    assert row == {"run_id": "r3", "loss": 4 / 30, "_step": 29}
    curve = rows("runs where id = 'r3' keys loss scan | bin x 10 | select _step, n")
    assert curve == [{"_step": 0, "n": 10}, {"_step": 10, "n": 10}, {"_step": 20, "n": 10}]


def test_a_history_gets_the_fields_of_its_runs() -> None:
    found = rows("runs limit 4 keys loss scan | group config.opt, _step : loss = mean(loss) | where _step = 0")
    assert {row["config.opt"]: row["loss"] for row in found} == {"adam": 2.5, "sgd": 4.0, None: 1.0}


def test_what_stages_have_to_say_stands_with_the_answer() -> None:
    result = ask("runs | group config.opt : acc = mean(config.lr) | limit 1")
    assert list(result)
    assert result.footer()[:2] == ("1 row", "from 12 runs")


def test_an_assertion_that_counts_a_condition_says_what_it_counts() -> None:
    with pytest.raises(AssertionFailed) as caught:
        list(ask("runs | assert count(config.lr > 0.05) = 6"))
    (error,) = caught.value.diagnostics
    assert error.hints[0] == "count(…) = 12"
    assert "`count_if(CONDITION)` does not" in error.hints[1]


def test_an_assertion(tmp_path: Path) -> None:
    path = tmp_path / "runs.csv"
    result = ask(f'runs | to "{path}" | assert config.lr > 0.05, "too small"')
    with pytest.raises(AssertionFailed) as caught:
        list(result)
    (error,) = caught.value.diagnostics
    assert error.code == "RQL520"
    assert error.message.startswith("too small: `config.lr > 0.05` does not hold in 6 of 12 rows")
    assert caught.value.source is not None
    assert path.read_text().count("\n") == 13


# ---------------------------------------------------------------- files


def test_a_pivot_for_a_paper(tmp_path: Path) -> None:
    path = tmp_path / "table.tex"
    rows(f'runs where config.opt is not null | pivot mean(config.lr) by config.opt, state | to "{path}"')
    lines = path.read_text().splitlines()
    assert lines[0] == r"% needs \usepackage{booktabs}"
    assert lines[3] == r"config.opt & failed & finished \\"
    assert lines[5].startswith(r"adam & 0.060 $\pm$ 0.0")


def test_the_combinations_that_never_ran_as_a_sweep(tmp_path: Path) -> None:
    path = tmp_path / "sweep.yaml"
    missing = rows(f'runs where config.lr < 0.04 | holes over config.lr, state | to "{path}"')
    documents = list(yaml.safe_load_all(path.read_text()))
    combined = {
        (lr, state)
        for one in documents
        for lr in _values(one["parameters"]["lr"])
        for state in _values(one["parameters"]["state"])
    }
    assert combined == {(row["config.lr"], row["state"]) for row in missing}
    assert all(one["method"] == "grid" for one in documents)


def _values(parameter: dict[str, Any]) -> list[Any]:
    return parameter["values"] if "values" in parameter else [parameter["value"]]


@pytest.mark.parametrize("name", ["runs.nothing", "runs", "nowhere/runs.csv"])
def test_a_file_that_cannot_be_written_is_known_before(name: str, tmp_path: Path) -> None:
    service = Watched()
    with pytest.raises(QueryError) as caught:
        ask(f'runs | to "{tmp_path}/{name}"', service)
    assert [one.code for one in caught.value.diagnostics] == ["RQL506"]
    assert "page" not in service.asked


# ---------------------------------------------------------------- names


def test_a_query_goes_on_from_another() -> None:
    good = "let good = runs where config.lr > 0.05 order -config.lr limit 3"
    text = f"{good}; runs from good where state = 'failed' | select id"
    assert results(text) == [[{"id": "r11"}, {"id": "r9"}, {"id": "r7"}]]
    assert results("let a = runs limit 9; let b = runs from a limit 2; runs from b select id") == [
        [{"id": "r0"}, {"id": "r1"}]
    ]


def test_a_query_is_counted_whatever_its_order_and_its_columns() -> None:
    good = "let good = runs where config.lr > 0.05 order -config.lr select id"
    assert results(f"{good}; count runs from good where state = 'failed'") == [[{"count": 3}]]
    assert results("let few = runs limit 3; runs from few | group : n = count()") == [[{"n": 3}]]


def test_the_last_result() -> None:
    made = session()
    assert results("runs where config.lr > 0.09 select id", made) == [[{"id": "r10"}, {"id": "r11"}]]
    assert results("runs from _ | limit 1", made) == [[{"id": "r10"}]]


def test_lets_last_over_texts() -> None:
    made = session()
    results("let few = runs limit 2", made)
    assert results("runs from few select id", made) == [[{"id": "r0"}, {"id": "r1"}]]
    assert [row["name"] for row in results("show lets", made)[0]] == ["few", "_"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("let a = runs from b; let b = runs from a; runs from a", "means itself: `a` → `b` → `a`"),
        ("let good = runs; runs from goood", "there is no query and no source `goood`"),
        ("let a = runs | limit 3; runs from a where state = 'failed'", "`a` has stages"),
        ("let a = runs; let a = runs", "`a` is named twice"),
        ("let a = count runs; runs from a", "`a` is a number"),
        ("let a = runs limit 3; count runs from a", "`a` has `limit`, and `count` counts all runs that match"),
        ("let a = runs keys loss; count runs from a", "`a` has `keys`"),
        ("let a = runs; runs from a, b", "a query is continued alone"),
        ("runs from _", "there is no last query yet"),
        ("runs from @nowhere", "there is no saved query `@nowhere`"),
    ],
)
def test_names_that_are_wrong(text: str, message: str) -> None:
    with pytest.raises(QueryError) as caught:
        results(text)
    assert {one.code for one in caught.value.diagnostics} == {"RQL220"}
    assert message in caught.value.diagnostics[0].message


def test_saved_queries(tmp_path: Path) -> None:
    folder = tmp_path / ".runql"
    folder.mkdir()
    (folder / "best.rql").write_text(
        "# the largest rates\nparam n: float = 0.09;\nruns where config.lr > $n order -config.lr\n"
    )
    (folder / "loop.rql").write_text("runs from @pool")
    (folder / "pool.rql").write_text("runs from @loop")
    settings = dataclasses.replace(SETTINGS, saved=(folder,))
    made = Session(Watched(), settings, now=START)
    assert results("runs from @best limit 1 select id", made) == [[{"id": "r11"}]]
    assert len(results("runs from @best", made, n=0.05)[0]) == 6
    (listed,) = results("show lets", Session(Watched(), settings))
    assert [row["comment"] for row in listed if row["name"] == "@best"] == ["the largest rates"]
    with pytest.raises(QueryError, match="means itself"):
        results("runs from @loop", made)


def test_the_folder_of_saved_queries_is_the_nearest(tmp_path: Path) -> None:
    (tmp_path / ".runql").mkdir()
    inner = tmp_path / "src" / "deep"
    inner.mkdir(parents=True)
    found = config.load({"RUNQL_CONFIG": str(tmp_path / "c.toml")}, inner)
    assert found.saved == (tmp_path / ".runql", tmp_path / "queries")


# ---------------------------------------------------------------- parameters and options


def test_parameters_with_types_and_defaults() -> None:
    text = "param lr: float = 0.09; runs where config.lr > $lr select id"
    assert len(results(text)[0]) == 2
    assert len(results(text, lr=0.1)[0]) == 1
    assert codes(text, lr="high") == ["RQL221"]
    assert codes("param lr: flaot = 1; runs where config.lr > $lr") == ["RQL221"]
    assert codes("param lr: float; runs where config.lr > $lr") == ["RQL207"]
    assert codes("param n: int = 1.5; runs limit $n") == ["RQL221"]


def test_a_parameter_that_nothing_uses() -> None:
    (warning,) = session().check("param lr: float = 1; runs")
    assert (warning.code, warning.severity) == ("RQL222", "warning")


def test_notices_are_silenced_one_by_one() -> None:
    made = session()
    (heard,) = made.run("runs where config.opt != 'sgd'")
    (silenced,) = made.run("set RQL303 off; runs where config.opt != 'sgd'")
    assert isinstance(heard, Result)
    assert isinstance(silenced, Result)
    assert "RQL303" in {one.code for one in heard.notices}
    assert "RQL303" not in {one.code for one in silenced.notices}
    assert codes("set RQL201 off; runs") == ["RQL223"]
    assert codes("set max_row 3; runs") == ["RQL223"]


def test_use(tmp_path: Path) -> None:
    made = session(Watched(2), other=Watched(3, "o"))
    assert [len(one) for one in results("runs; use other; runs", made)] == [2, 3]
    assert [len(one) for one in results("runs", made)] == [3]


PIVOT = "runs | pivot mean(config.lr) by state, config.opt"


def test_a_column_that_only_the_rows_can_tell() -> None:
    (failed, finished) = rows(f"{PIVOT} | derive more = adam + `sgd n`, twice = 2 * more | select state, more, twice")
    assert failed["more"] == pytest.approx(failed["twice"] / 2)
    assert finished["state"] == "finished"


@pytest.mark.parametrize(
    ("stage", "name", "hint"),
    [
        ("derive more = addam + 1", "addam", "nearest: `adam`"),
        ("select state, `sgd m`", "sgd m", "nearest: `sgd n`"),
        ("where nothing > 1", "nothing", "its columns are `state`, `adam`"),
        ("group state : n = count(), m = mean(adm)", "adm", "nearest: `adam`"),
        ("rename other as more", "other", "its columns are"),
        ("drop state | where state = 'failed'", "state", ""),
    ],
)
def test_a_column_that_the_rows_do_not_have(stage: str, name: str, hint: str) -> None:
    with pytest.raises(QueryError) as caught:
        rows(f"{PIVOT} | {stage}")
    (error,) = caught.value.diagnostics
    assert (error.code, f"`{name}`" in error.message) == ("RQL218", True)
    assert hint in " ".join(error.hints)


def test_of_no_rows_nothing_is_refused() -> None:
    assert rows(PIVOT.replace("runs", "runs where id = 'none'", 1) + " | derive more = adam + 1") == []


# ---------------------------------------------------------------- looking around


def test_show_and_describe() -> None:
    (fields,) = results('show fields config like "l*"')
    assert [(row["field"], row["type"], row["runs"]) for row in fields] == [("config.lr", "number", 12)]
    (described,) = results("describe config.opt")
    assert (described[0]["runs"], described[0]["missing"]) == (9, 3)
    assert codes("describe config.opd") == ["RQL201"]


def test_what_is_to_be_described_is_checked_before_anything_is_read(tmp_path: Path) -> None:
    path = tmp_path / "runs.csv"
    assert codes(f"runs | to {str(path)!r}; describe config.opd") == ["RQL201"]
    assert not path.exists()
    assert [one.code for one in session().check("describe config.opd; describe config.opt")] == ["RQL201"]
    assert session().check("describe config.opd", offline=True) == ()


# ---------------------------------------------------------------- what may not be meant


def test_finished_runs_beside_running_ones() -> None:
    states = ("running", "finished", "finished")
    runs = [run(number, state=state, summary={"acc": 0.5}) for number, state in enumerate(states)]
    (result,) = session(MemoryService(runs)).run("runs | group config.opt : acc = mean(summary.acc)")
    assert isinstance(result, Result)
    (notice,) = (one for one in result.notices if one.code == "RQL321")
    assert notice.message == "1 of 3 runs still go on: their values are not their last"
    for text in ("runs | group state : n = count()", "runs where state = 'finished' | group config.opt : n = count()"):
        (quiet,) = session(MemoryService(runs)).run(text)
        assert isinstance(quiet, Result)
        assert "RQL321" not in {one.code for one in quiet.notices}


def test_runs_of_unequal_length() -> None:
    runs = [run(number, summary={"_step": 100 * number, "loss": 1.0}) for number in (1, 2)]
    (result,) = session(MemoryService(runs)).run("runs | pareto min summary.loss, min summary._step")
    assert isinstance(result, Result)
    assert "the runs have from 100 to 200 steps" in {one.message for one in result.notices}


def test_the_last_queries_have_names() -> None:
    with Session("demo") as session:
        session.run("runs limit 3; runs limit 5")
        answers = session.run("runs from _2; runs from _2; runs from _4 limit 1")
        assert [len(answer) for answer in answers if isinstance(answer, Result)] == [3, 5, 1]


def test_a_name_for_the_last_query_stays_with_it() -> None:
    with Session("demo") as session:
        session.run("runs limit 3")
        session.run("let few = runs from _")
        session.run("runs limit 7")
        (result,) = session.run("runs from few")
        assert isinstance(result, Result)
        assert len(result) == 3


def test_a_parameter_stays_for_the_next_text() -> None:
    with Session("demo") as session:
        for most, count in ((2, 41), (1, 37)):
            session.run(f"param most = {most}")
            (result,) = session.run("count runs where config.seed < $most")
            assert isinstance(result, Result)
            assert result.value == count


@pytest.mark.parametrize("secret", ['s3cr\u00e9t"x', "adam", "a"])
def test_an_explanation_shows_no_secret(secret: str) -> None:
    with Session("demo") as session:
        for text in ("explain runs where config.optimizer = $t or name ~ $t", 'explain runs where name in ($t, "b")'):
            (explained,) = session.run(f"param t: secret; {text}", {"t": secret})
            assert '"…"' in str(explained)
            assert f'"{secret}"' not in str(explained)
            assert len(secret) == 1 or secret not in str(explained)
        (kept,) = session.run("explain runs where name = $t")
        assert f'"{secret}"' not in str(kept)


# ---------------------------------------------------------------- lists as defaults


@pytest.mark.parametrize(
    ("declared", "ids"),
    [
        ('ids = ("r1", "r3")', ["r1", "r3"]),
        ('ids: list = ("r1",)', ["r1"]),
        ('ids: list = ("r1", "r2", "r9",)', ["r1", "r2", "r9"]),
    ],
)
def test_a_list_as_the_default_of_a_parameter(declared: str, ids: list[str]) -> None:
    text = f"param {declared}; runs where id in $ids select id"
    assert [row["id"] for row in rows(text)] == ids
    assert [row["id"] for row in rows(text, ids=["r5"])] == ["r5"]
    formatted = format_text(text)
    assert format_text(formatted) == formatted
    assert [row["id"] for row in rows(formatted)] == ids


def test_a_list_in_brackets_is_shown_as_it_is_written() -> None:
    assert rows('param ids: list = ["r1"]; runs where id in $ids') == rows('runs where id in ("r1")')
    assert codes('param ids: text = ("a", "b"); runs where id in $ids') == ["RQL221"]
