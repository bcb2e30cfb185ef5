"""Charts on their way to files: `to` behind `plot`, `-o`, and from Python."""

from __future__ import annotations

import csv
import io
import json
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

import runql
from runql.charts.files import engine
from runql.config import Settings
from runql.errors import OutputError, QueryError
from runql.extras import install_command
from runql.session import Result, Session
from runql.session.drawn import MIME_TYPE, DrawnChart
from runql.text.source import Source
from tests.charts.examples import curves
from tests.session.fixtures import Watched, ask

CURVES = "runs limit 3 keys loss scan"


def _spec(path: Path) -> Any:
    return json.loads(path.read_text())


def test_files_behind_plot_hold_the_chart_and_others_its_table(tmp_path: Path) -> None:
    svg, spec, table = (tmp_path / f"x.{end}" for end in ("svg", "json", "csv"))
    rows = ask(f"{CURVES} | plot loss log y title 'Loss' | to '{svg}' | to '{spec}' | to '{table}'")
    assert len(rows) == 90
    assert svg.read_bytes().startswith(b"<svg ")
    drawn = _spec(spec)
    assert {row["series"] for row in drawn["datasets"]["panel_1"]} == {"run 0", "run 1", "run 2"}
    assert drawn["vconcat"][0]["title"]["text"] == ["Loss"]
    assert drawn["usermeta"]["runql"]["query"].startswith("runs limit 3 keys loss scan | plot loss log y")
    assert sorted(drawn["usermeta"]["runql"]["runs"]) == ["r0", "r1", "r2"]
    assert len([*csv.DictReader(io.StringIO(table.read_text()))]) == 90
    assert any(f"wrote {svg}" in part for part in rows.footer())


def test_what_was_said_of_the_answer_is_in_the_file(tmp_path: Path) -> None:
    text = "runs | group config.optimizer : mean(summary.acc), ci95(summary.acc)"
    asked = runql.query(f"{text} | plot | to '{tmp_path}/x.json'", "demo")
    assert len(asked) == 4
    kept = _spec(tmp_path / "x.json")["usermeta"]["runql"]
    assert kept["counts"] == ["4 rows", "from 64 runs"]
    notices = kept["notices"]
    assert "`summary.acc`: 2 missing skipped" in notices
    assert {*notices} <= {one.message for one in asked.notices}


def test_the_drawn_values_are_those_of_the_answer(tmp_path: Path) -> None:
    assert len(ask(f"{CURVES} | smooth ema 0.5 | plot | to '{tmp_path}/x.json'")) == 90
    rows = _spec(tmp_path / "x.json")["datasets"]["panel_1"]
    assert sorted((row["run"], row["x"], row["y"]) for row in rows) == sorted(
        (row["run_id"], row["_step"], row["loss"]) for row in ask(f"{CURVES} | smooth ema 0.5")
    )


def test_a_file_of_a_chart_without_one_has_a_way_out(tmp_path: Path) -> None:
    with pytest.raises(QueryError) as caught:
        ask(f"{CURVES} | to '{tmp_path}/x.png'")
    (said,) = caught.value.diagnostics
    assert said.code == "RQL506"
    assert "nothing draws one" in said.message
    text = f"{CURVES} | to '{tmp_path}/x.png'"
    (edit,) = said.fixes[0].edits
    assert text[: edit.span.start] + edit.text + text[edit.span.end :] == f"{CURVES} | plot | to '{tmp_path}/x.png'"
    assert not [*tmp_path.iterdir()]


def test_what_is_not_installed_is_said_before_a_run_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    source = Watched()
    with Session(source, Settings(folder=tmp_path)) as session, pytest.raises(QueryError) as caught:
        session.run(f"{CURVES} | plot | to 'x.svg'")
    assert install_command("charts") in caught.value.diagnostics[0].hints[0]
    assert caught.value.diagnostics[0].span.start == len(f"{CURVES} | plot | ")
    assert "histories" not in source.asked


def test_a_chart_that_fails_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x.svg").write_text("good")

    def broken(_: object) -> str:
        raise ZeroDivisionError

    monkeypatch.setattr(engine, "svg", broken)
    with pytest.raises(ZeroDivisionError):
        len(ask(f"{CURVES} | plot | to '{tmp_path}/x.svg'"))
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("x.svg", "good")]


def test_a_script_writes_a_chart_only_where_it_may(tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    with Session(Watched(), Settings(folder=work)) as session:
        for path in ("../x.json", ".hidden.json"):
            with pytest.raises(QueryError) as caught:
                session.run(Source(f"{CURVES} | plot | to '{path}'", "x.rql", is_script=True))
            assert caught.value.diagnostics[0].code == "RQL535"
        (made,) = session.run(Source(f"{CURVES} | plot | to 'x.json'", "x.rql", is_script=True))
        assert isinstance(made, Result)
        assert len(made) == 90
    assert [path.name for path in work.iterdir()] == ["x.json"]


def test_safe_goes_with_no_chart(tmp_path: Path) -> None:
    with pytest.raises(QueryError, match="`safe` goes with"):
        ask(f"{CURVES} | plot | to '{tmp_path}/x.svg' safe")


def test_what_was_written_before_an_interrupt_is_said(tmp_path: Path) -> None:
    with Session(Watched(), Settings(folder=tmp_path)) as session:
        (made,) = session.run(f"{CURVES} | plot | to 'x.json'")
        assert isinstance(made, Result)
        assert made.kept_by_stopping() == ""
        assert len(made) == 90
        assert made.kept_by_stopping() == "wrote x.json"


def test_an_interrupt_ends_what_is_drawn_and_leaves_the_file_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawing, ended = threading.Event(), threading.Event()

    def slow(*_: object) -> bytes:
        drawing.set()
        assert ended.wait(60), "nobody ended it"
        return b"too late"

    def interrupted(*_: object) -> object:
        assert drawing.wait(60)
        raise KeyboardInterrupt

    monkeypatch.setattr("runql.charts.files.write.chart_bytes", slow)
    monkeypatch.setattr("runql.charts.files.engine.stop", ended.set)
    monkeypatch.setattr("runql.execute.write_files.Future.result", interrupted)
    (tmp_path / "x.json").write_text("before")
    with Session(Watched(), Settings(folder=tmp_path)) as session:
        (made,) = session.run(f"{CURVES} | plot | to 'x.json'")
        assert isinstance(made, Result)
        with pytest.raises(KeyboardInterrupt):
            _ = made.frame
    assert (tmp_path / "x.json").read_text() == "before"


def test_set_theme(tmp_path: Path) -> None:
    with Session(Watched(), Settings(folder=tmp_path)) as session:
        for word, background in (("dark", "#14171c"), ("LIGHT", "#ffffff")):
            (made,) = session.run(f"set theme {word}; {CURVES} | plot | to 'x.json'")
            assert len(made) == 90 if isinstance(made, Result) else False
            assert _spec(tmp_path / "x.json")["config"]["background"] == background
        with pytest.raises(QueryError) as caught:
            session.run("set theme blue")
    assert caught.value.diagnostics[0].code == "RQL223"


# ---------------------------------------------------------------- Python


@pytest.fixture
def curves_result() -> Result:
    return runql.query("runs where group = 'long' keys val/loss, val/acc scan", "demo")


def test_a_result_is_plotted_as_the_language_does(curves_result: Result, tmp_path: Path) -> None:
    made = curves_result.plot("val/loss", vs="_step", log="y", title='A "title"', theme="dark")
    (panel,) = made.chart.panels
    assert (panel.y.title, made.chart.title) == ("val/loss", 'A "title"')
    assert {series.name for series in panel.series} >= {"sgd h32", "adam h128"}
    assert made.chart.source.query.endswith("| plot val/loss vs _step log y title 'A \"title\"'")
    made.save(tmp_path / "x.json")
    assert _spec(tmp_path / "x.json")["config"]["background"] == "#14171c"
    made.save(str(tmp_path / "x.json"), theme="light")
    assert _spec(tmp_path / "x.json")["config"]["background"] == "#ffffff"
    assert made.vega_lite()["datasets"] == _spec(tmp_path / "x.json")["datasets"]
    assert "val/loss" in repr(made)


def test_a_query_that_plots_is_drawn_from_the_rows_that_were_read() -> None:
    source = Watched()
    result = runql.query(f"{CURVES} | plot", source)
    assert (len(result), result.draws) == (90, True)
    assert result.plot().chart is result.chart
    assert source.asked.count("histories") == 1


def test_parameters_go_with_a_plot() -> None:
    made = runql.query("runs where config.lr > $lr keys loss scan", Watched(), lr=0.09).plot(by="config.opt")
    assert made.chart.legend == "config.opt"


@pytest.mark.parametrize(
    ("columns", "options", "code"),
    [
        (("val/los",), {}, "RQL201"),
        ((), {"vs": "nope"}, "RQL201"),
        ((), {"shape": "pie"}, "RQL216"),
        ((), {"theme": "blue"}, "RQL216"),
        ((), {"log": "z"}, "RQL101"),
        (("val/loss | to 'x.csv'",), {}, "RQL216"),
    ],
)
def test_wrong_arguments_are_query_errors(
    curves_result: Result, columns: tuple[str, ...], options: dict[str, Any], code: str
) -> None:
    with pytest.raises(QueryError) as caught:
        curves_result.plot(*columns, **options)
    assert caught.value.diagnostics[0].code == code


def test_a_count_is_no_chart() -> None:
    with pytest.raises(QueryError, match="no chart is drawn"):
        runql.query("count runs", "demo").plot()


def test_a_chart_is_saved_only_as_what_holds_one(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="is no file of a chart"):
        DrawnChart(curves()).save(tmp_path / "x.gif")
    with pytest.raises(OutputError, match="there is no folder"):
        DrawnChart(curves()).save(tmp_path / "none" / "x.json")


# ---------------------------------------------------------------- notebooks


def test_a_notebook_gets_vega_lite_and_a_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    result = runql.query("runs | group config.optimizer : mean(summary.acc) | plot", "demo")
    bundle = result._repr_mimebundle_()
    assert bundle is not None
    shown, told = bundle
    assert {*shown} == {MIME_TYPE, "text/plain", "image/svg+xml"}
    assert shown["image/svg+xml"].startswith("<svg ")
    assert told == {"image/svg+xml": {"alt": shown[MIME_TYPE]["description"]}}
    assert "mean(summary.acc)" in shown[MIME_TYPE]["description"]
    assert shown[MIME_TYPE]["$schema"].endswith("/v5.json")
    assert result._repr_html_() is None
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    bundle = result._repr_mimebundle_()
    assert bundle is not None
    bare, told = bundle
    assert told == {}
    assert {*bare} == {MIME_TYPE, "text/plain"}


def test_a_table_stays_a_table() -> None:
    result = runql.query("runs limit 2", "demo")
    assert result._repr_mimebundle_() is None
    assert "<table" in (result._repr_html_() or "")
