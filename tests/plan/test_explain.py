"""What `explain` prints, whole; and that its calls are Python."""

from __future__ import annotations

import ast
import json
from dataclasses import replace
from pathlib import Path

import pytest

from runql.plan.capabilities import AT_HAND, STORED, Capabilities, Trust
from runql.plan.explain import ExplainedSource, explain
from runql.plan.lower import lower
from runql.plan.push import push
from runql.plan.to_sql.speech import DUCKDB
from runql.syntax.printer.to_text import to_text
from tests.plan.documents import asked
from tests.semantic.markdown_cases import ACCEPT, Case, accept, cases
from tests.semantic.world import COMPLETE, checked, query_of

EXPLAINED = Path(__file__).with_name("explained.md")
SERVER = Capabilities()
DISK = AT_HAND


def explained(text: str, *capabilities: Capabilities) -> str:
    found = checked(text)
    query = found.query
    assert query is not None, found.diagnostics
    asked = [
        ExplainedSource(f"acme/{project}", "acme", project, able)
        for project, able in zip(("vision", "audio"), capabilities or (SERVER,), strict=False)
    ]
    return explain(to_text(query_of(text)), lower(query), asked, text=text, catalog=COMPLETE, notices=found.diagnostics)


if ACCEPT:
    accept(EXPLAINED, explained)


@pytest.mark.parametrize("case", cases(EXPLAINED), ids=str)
def test_what_is_printed(case: Case) -> None:
    assert explained(case.query) == case.expected
    assert all(char.isprintable() or char == "\n" for char in explained(case.query))
    assert max(map(len, explained(case.query).rpartition("\n\n")[2].splitlines())) <= 80


@pytest.mark.parametrize("case", [c for c in cases(EXPLAINED) if "Runs(" in c.expected], ids=str)
def test_the_calls_are_python_that_can_be_pasted(case: Case) -> None:
    code = explained(case.query).split("\n\n")[1]
    calls = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call)]
    runs = next(c for c in calls if isinstance(c.func, ast.Name) and c.func.id == "Runs")
    given = {k.arg: ast.literal_eval(k.value) for k in runs.keywords}
    query = checked(case.query).query
    assert query is not None
    pushed = push(lower(query), SERVER, COMPLETE).source
    assert json.dumps(given["filters"]) == json.dumps(asked(pushed).filters or None)
    assert (given["order"], given["per_page"]) == (asked(pushed).order, pushed.per_page)


def test_runs_on_disk_cost_no_request_so_a_limit_stops_only_the_reading_of_histories() -> None:
    said = explained("runs order -summary.loss limit 5", DISK)
    assert "        requests     none: the runs are on this computer" in said
    assert "here    limit        5 runs; all that match are counted" in said
    dear = explained("runs where min(logged.loss) < 1 limit 5", DISK)
    assert "here    limit        reading stops at 5 runs" in dear


def test_a_store_that_an_engine_reads_is_not_at_hand() -> None:
    query = checked("runs where config.lr > 1 limit 5").query
    assert query is not None
    source = ExplainedSource("lake", "acme", "vision", STORED, speech=replace(DUCKDB, engine="ClickHouse"))
    said = " ".join(explain("", lower(query), [source], catalog=COMPLETE).split())
    assert "requests statements to ClickHouse, which reads the files: the one above" in said
    assert "on this computer" not in said


def test_several_sources_have_a_call_each_and_meet_here() -> None:
    said = explained("runs from acme/vision, acme/audio where config.lr > 1 order -summary.loss", SERVER, DISK)
    assert said.count("runs = Runs(") == 2
    assert "# acme/audio\n# nothing is sent; this is what a W&B server would be asked\nruns = Runs(" in said
    assert said.count("# nothing is sent") == 1
    assert said.index("runs         acme/vision") < said.index("runs         acme/audio") < said.index("here    merge")
    assert "here    merge        the sources become one: each run once" in said


def test_what_a_server_orders_exactly_is_watched_and_a_limit_is_left_to_a_filter_that_decides() -> None:
    said = explained("runs where config.lr > 0.01 order -summary.loss limit 5", Capabilities(order=Trust.EXACT))
    assert "        order        -summary.loss\n" in said
    assert "        limit        no more than 5 runs: the filter alone decides\n" in said
    assert "here    order        -summary.loss, checked as the runs come\n" in said
    mixed = explained("runs where summary.loss < summary.acc limit 5", Capabilities(order=Trust.EXACT))
    assert "no more than" not in mixed
    assert "here    limit        reading stops at 5 runs\n" in mixed


def test_a_store_that_decides_exactly_leaves_nothing_to_decide_here() -> None:
    said = explained("count runs where config.lr > 0.01", Capabilities(Trust.EXACT, Trust.EXACT))
    assert "source  count        the filter decides, so the source counts" in said
    assert "\nhere " not in said
