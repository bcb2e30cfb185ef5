"""What each format writes, read back by readers that are not ours."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from runql.errors import OutputError
from runql.extras import install_command
from runql.results.formats.formats import FORMATS, Output, chosen, said, save
from runql.results.frame import Frame
from runql.semantic.values import MISSING

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
TIMES = st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2200, 1, 1)).map(
    lambda t: t.replace(tzinfo=UTC)
)
SCALARS = st.none() | st.just(MISSING) | st.booleans() | st.integers() | st.floats() | TEXT | TIMES
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3))


@st.composite
def frames(draw: st.DrawFn) -> Frame:
    names = draw(st.lists(TEXT, unique=True, min_size=1, max_size=4))
    length = draw(st.integers(0, 5))
    return Frame({name: draw(st.lists(VALUES, min_size=length, max_size=length)) for name in names}, length)


def written(frame: Frame | Sequence[Frame], form: str, **options: Any) -> str:
    parts = [frame] if isinstance(frame, Frame) else frame
    return b"".join(FORMATS[form].pieces(Output(parts, **options))).decode()


def read_csv(text: str, separator: str = ",") -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))


ODD = Frame(
    {
        "id": ["a", "b"],
        "n": [3, MISSING],
        "x": [math.nan, -math.inf],
        "ok": [True, None],
        "t": [datetime(2026, 1, 31, 14, tzinfo=timezone(timedelta(hours=2))), MISSING],
        "tags": [["a", "b,c"], []],
        "conf": [{"lr": 0.1, "sched": {"warm": None}}, MISSING],
        "say": ['he said "x|y"', "two\nlines"],
    }
)


def test_csv_keeps_every_value_apart() -> None:
    assert read_csv(written(ODD, "csv")) == [
        ["id", "n", "x", "ok", "t", "tags", "conf", "say"],
        [
            "a",
            "3",
            "nan",
            "true",
            "2026-01-31T14:00:00+02:00",
            '["a","b,c"]',
            '{"lr":0.1,"sched":{"warm":null}}',
            'he said "x|y"',
        ],
        ["b", "", "-inf", "", "", "[]", "", "two\nlines"],
    ]


def test_json_is_one_array_and_counts_what_became_null() -> None:
    output = Output([ODD])
    rows = json.loads(b"".join(FORMATS["json"].pieces(output)), parse_constant=pytest.fail)
    assert rows[0] == {
        "id": "a",
        "n": 3,
        "x": None,
        "ok": True,
        "t": "2026-01-31T14:00:00+02:00",
        "tags": ["a", "b,c"],
        "conf": {"lr": 0.1, "sched": {"warm": None}},
        "say": 'he said "x|y"',
    }
    assert rows[1]["n"] is None
    (notice,) = said(output.lost)
    assert (notice.code, notice.message) == ("RQL504", "2 values are NaN or infinite: null in JSON")


def test_nothing_lost_says_nothing() -> None:
    output = Output([Frame({"x": [1.5]})])
    assert json.loads(b"".join(FORMATS["json"].pieces(output))) == [{"x": 1.5}]
    assert said(output.lost) == ()


@pytest.mark.parametrize(("form", "empty"), [("json", "[]\n"), ("jsonl", ""), ("csv", "a,b\n"), ("tsv", "a\tb\n")])
def test_no_rows(form: str, empty: str) -> None:
    assert written(Frame({"a": [], "b": []}), form) == empty


def test_whole_numbers_stay_whole_and_others_keep_every_digit() -> None:
    frame = Frame({"n": [2**70, 1], "x": [0.1 + 0.2, 1.0]})
    assert written(frame, "csv") == "n,x\n1180591620717411303424,0.30000000000000004\n1,1.0\n"
    assert written(frame, "jsonl").splitlines()[0] == '{"n": 1180591620717411303424, "x": 0.30000000000000004}'


def test_a_row_of_one_empty_cell_is_still_a_row() -> None:
    assert read_csv(written(Frame({"a": [MISSING, 1]}), "csv")) == [["a"], [""], ["1"]]


@pytest.mark.parametrize("form", ["json", "csv", "table"])
def test_a_count_is_a_number(form: str) -> None:
    text = written(Frame({"count": [42]}), form, scalar=True)
    assert text == ("count\n42\n" if form == "csv" else "42\n")


def test_markdown_escapes_what_it_would_read() -> None:
    assert written(Frame({"a|b": ["x|y\n<b>*z*"], "n": [1]}), "md") == (
        "| a\\|b | n |\n| --- | ---: |\n| x\\|y<br>\\<b>\\*z\\* | 1 |\n"
    )


@pytest.mark.parametrize("form", ["jsonl", "json", "csv"])
def test_rows_are_written_as_they_come_where_the_columns_are_known(form: str) -> None:
    taken = []

    def parts() -> Any:
        for number in range(3):
            taken.append(number)
            yield Frame({"a": [number]} if number else {"b": [7]})

    pieces = FORMATS[form].pieces(Output(parts(), ("a", "b")))
    while b"7" not in next(pieces):
        pass
    assert taken == [0]
    assert sum(1 for _ in pieces) >= 2
    assert taken == [0, 1, 2]


def test_columns_that_only_later_frames_have_are_not_lost() -> None:
    parts = [Frame({"a": [1]}), Frame({"a": [2], "b": [3]})]
    assert read_csv(written(parts, "csv")) == [["a", "b"], ["1", ""], ["2", "3"]]
    assert json.loads(written(parts, "json")) == [{"a": 1, "b": None}, {"a": 2, "b": 3}]


def test_lone_surrogates_do_not_break_a_file() -> None:
    assert "�" in written(Frame({"a": ["\ud800"]}), "csv")
    assert "�" in written(Frame({"a": ["\ud800"]}), "json")


@given(frames())
def test_csv_and_tsv_are_read_back_cell_by_cell(frame: Frame) -> None:
    for form, separator in (("csv", ","), ("tsv", "\t")):
        rows = read_csv(written(frame, form), separator)
        assert rows[0] == list(frame.names)
        assert [len(row) for row in rows[1:]] == [len(frame.names)] * frame.length
        for row, values in zip(rows[1:], frame.tuples(), strict=True):
            assert all(cell == value for cell, value in zip(row, values, strict=True) if isinstance(value, str))


def without_nan(value: Any) -> Any:
    match value:
        case float() if not math.isfinite(value):
            return None
        case datetime():
            return value.replace(tzinfo=None).isoformat() + "Z"
        case list():
            return [without_nan(item) for item in value]
        case Mapping():
            return {key: without_nan(item) for key, item in value.items() if item is not MISSING}
        case _:
            return None if value is MISSING else value


@given(frames())
def test_json_and_jsonl_are_read_back(frame: Frame) -> None:
    expected = [dict(zip(frame.names, map(without_nan, row), strict=True)) for row in frame.tuples()]
    assert json.loads(written(frame, "json"), parse_constant=pytest.fail) == expected
    assert [json.loads(line) for line in written(frame, "jsonl").split("\n")[:-1]] == expected


@given(frames())
def test_markdown_has_one_line_a_row(frame: Frame) -> None:
    lines = written(frame, "md").split("\n")
    assert len(lines) == frame.length + 3
    assert all(line.startswith("| ") and line.endswith(" |") for line in lines[:-1])


def test_parquet_is_typed(tmp_path: Path) -> None:
    path = tmp_path / "runs.parquet"
    save(Output([ODD]), *chosen(str(path)))  # type: ignore[arg-type]
    table = pyarrow.parquet.read_table(path)
    assert {name: str(table.schema.field(name).type) for name in table.column_names} == {
        "id": "string",
        "n": "int64",
        "x": "double",
        "ok": "bool",
        "t": "timestamp[us, tz=UTC]",
        "tags": "list<element: string>",
        "conf": "string",
        "say": "string",
    }
    assert table["n"].to_pylist() == [3, None]
    assert math.isnan(table["x"].to_pylist()[0])


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("parquet", "`parquet` is no text: it needs a file"),
        ("excel", "`excel` is neither a format nor a file of a known one"),
        ("runs.xlsx", "`runs.xlsx` is neither a format nor a file of a known one"),
    ],
)
def test_what_is_no_format(spec: str, message: str) -> None:
    with pytest.raises(OutputError) as error:
        chosen(spec)
    assert error.value.diagnostics[0].message == message


@pytest.mark.parametrize(
    ("spec", "near"), [("tabel", "table"), ("cvs", "csv"), ("jsonll", "jsonl"), ("excel", "csv"), ("nothing", None)]
)
def test_a_format_with_a_slip(spec: str, near: str | None) -> None:
    with pytest.raises(OutputError) as error:
        chosen(spec)
    hints = error.value.diagnostics[0].hints
    assert hints[:-1] == (() if near is None else (f"nearest: `{near}`",))


def test_without_pyarrow_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(OutputError) as error:
        save(Output([ODD]), *chosen(str(tmp_path / "a.parquet")))  # type: ignore[arg-type]
    assert install_command("parquet") in error.value.diagnostics[0].hints[0]
    assert list(tmp_path.iterdir()) == []


@given(st.lists(st.text(st.sampled_from("`*_~$\\|<>[]()!&#a x1"), max_size=12), min_size=1, max_size=3))
def test_a_reader_of_markdown_shows_each_cell_as_it_is(cells: list[str]) -> None:
    """The reader is not ours. White space at the ends of a cell is no part of it in Markdown."""
    reader = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    tokens = reader.parse(written(Frame({"first": cells}), "md"))
    shown = [token for token in tokens if token.type == "inline"][1:]
    types = {child.type for token in shown for child in token.children or ()}
    assert types <= {"text", "text_special"}
    texts = ["".join(child.content for child in token.children or ()) for token in shown]
    assert texts == [cell.strip() for cell in cells]
