"""What the command gives programs: errors as JSON, what an answer cost, the language itself, statuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from runql.language.entry import StatementEntry
from runql.language.stages import STAGES
from runql.language.statements import STATEMENTS
from runql.syntax import parse
from runql.syntax.keywords import keywords
from runql.text.codes import CODES
from tests.cli.conftest import Runql


def test_errors_as_json(runql: Runql) -> None:
    text = "runs where config.lrr > 1"
    said = runql("-s", "memory", "--errors", "json", text)
    assert (said.status, said.out) == (2, "")
    (error,) = json.loads(said.err)
    assert (error["code"], error["line"], error["column"]) == ("RQL201", 1, 12)
    ((edit,),) = (fix["edits"] for fix in error["fixes"])
    start, end = edit["span"]
    assert runql("-s", "memory", text[:start] + edit["text"] + text[end:]).status == 0


def test_what_it_cost(runql: Runql) -> None:
    said = runql("-s", "memory", "--stats", "--max-rows", "2", "runs select id; count runs")
    stats = json.loads(said.err.splitlines()[-1])
    assert stats["rows"] == 3
    assert stats["truncated"] is True
    assert said.out.splitlines()[:3] == ["id", "r0", "r1"]
    assert "the first 2 of 12 rows are shown" in said.err


def test_the_language(runql: Runql) -> None:
    said = runql("--spec")
    spec = json.loads(said.out)
    assert [stage["name"] for stage in spec["stages"]] == [one.name for one in STAGES.values()]
    assert set(spec["codes"]) == set(CODES)
    assert [clause["name"] for clause in spec["clauses"]] == [keywords().spelling(one) for one in keywords().clauses]
    spelled = {text for word in spec["words"] for text in word["spelled"]}
    assert spelled >= {"between", "contains", "as", "ema", "=", "==", "untagged", "|"}
    options = {name for option in spec["options"] for name in option["names"]}
    assert {"--errors", "--stats", "--max-rows", "--no", "--offline", "--diff"} <= options


@pytest.mark.parametrize("statement", STATEMENTS.values(), ids=lambda statement: statement.name)
def test_every_statement_is_read_as_its_example_has_it(statement: StatementEntry) -> None:
    assert parse(statement.example).ok


def test_notices_can_be_silenced(runql: Runql) -> None:
    text = "runs where config.opt != 'sgd'"
    assert "RQL303" in runql("-s", "memory", text).err
    assert "RQL303" not in runql("-s", "memory", "--no", "RQL303", text).err
    assert runql("-s", "memory", "--no", "RQL201", text).status == 2
    said = runql("-s", "memory", "--no", "RQL32", text).err
    assert "nearest: `RQL321`, `RQL322`" in said and "`runql --spec`" in said


def test_a_script_stops_at_a_failed_assertion(runql: Runql, tmp_path: Path) -> None:
    script = tmp_path / "gate.rql"
    script.write_text(
        "#!/usr/bin/env runql\n"
        "param least: int = 5;\n"
        'runs | to "all.csv";\n'
        'runs where config.lr > 0.09 | assert count() >= $least, "too few";\n'
        'runs | to "never.csv"\n'
    )
    said = runql("-s", "memory", "-o", "json", "gate.rql")
    assert said.status == 1
    assert "too few: `count() >= $least` does not hold" in said.err
    assert (tmp_path / "all.csv").read_text().count("\n") == 13
    assert not (tmp_path / "never.csv").exists()
    assert runql("-s", "memory", "gate.rql", "-p", "least=2").status == 0
    assert (tmp_path / "never.csv").exists()


def test_a_number_for_a_text_keeps_its_digits(runql: Runql) -> None:
    said = runql("-s", "memory", "-p", "run=007", "param run: text; runs where id != $run limit 1 select id")
    assert said.status == 0


def test_checking_a_script_asks_for_nothing(runql: Runql, tmp_path: Path) -> None:
    (tmp_path / "bad.rql").write_text("runs | smooth ema 0.9;\nruns | group config.lr : mean(summary.acc) > 1\n")
    said = runql("check", "--offline", "bad.rql")
    assert said.status == 2
    assert "error[RQL314]" in said.err
