"""What other programs would run or misread: formulas of a spreadsheet, the arguments of LaTeX's commands."""

from __future__ import annotations

import csv
import io
import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runql.results.formats.formats import FORMATS, Output
from runql.results.frame import Frame

FORMULAS = ["=1+1", "+1", "-1+2", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "＝1", "=cmd|' /C calc'!A0", "-", "-1"]


def written(form: str, frame: Frame, *, safe: bool = False) -> str:
    return b"".join(FORMATS[form].pieces(replace(Output([frame], frame.names), safe=safe))).decode()


def rows_of(form: str, text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), delimiter="," if form == "csv" else "\t"))


@pytest.mark.parametrize("form", ["csv", "tsv"])
@pytest.mark.parametrize("formula", FORMULAS)
def test_a_text_is_no_formula_if_that_is_asked_for(form: str, formula: str) -> None:
    frame = Frame({formula: [formula, "a"], "b": [formula, -1.5]})
    assert rows_of(form, written(form, frame)) == [[formula, "b"], [formula, formula], ["a", "-1.5"]]
    guarded = f"'{formula}"
    assert rows_of(form, written(form, frame, safe=True)) == [[guarded, "b"], [guarded, guarded], ["a", "-1.5"]]


@pytest.mark.parametrize("form", ["csv", "tsv"])
def test_numbers_and_what_is_harmless_stay(form: str) -> None:
    values = [-1, -2.5e-7, float("-inf"), None, True, [-1], {"b": "=1"}]
    frame = Frame({"a": values, "b": ["a=1", "1-2", "", "x", "é", "'", "1"]})
    plain, safe = (rows_of(form, written(form, frame, safe=safe)) for safe in (False, True))
    assert plain == safe


@given(st.text(), st.sampled_from(["csv", "tsv"]))
def test_nothing_of_a_text_begins_a_cell_of_its_own(text: str, form: str) -> None:
    line = written(form, Frame({"a": [text.encode("utf-8", "replace").decode()]}), safe=True).partition("\n")[2]
    if not line.startswith('"'):
        assert not set(line.rstrip("\n")) & set(',;\t|"\r\n')
    assert line.lstrip('"')[:1] not in set("=+-@")


@pytest.mark.parametrize("first", ["[0.1, 0.2]", "*", "[", " [x]", "*a"])
def test_what_begins_a_line_of_latex_is_no_argument_of_the_line_before(first: str) -> None:
    lines = written("tex", Frame({first: [first, "b"]})).splitlines()
    after = [line for before, line in itertools.pairwise(lines) if before.endswith(("\\\\", "rule"))]
    assert len(after) == 6
    assert not [line for line in after if line.lstrip()[:1] in {"[", "*"}]
    assert lines[3].startswith("{}")


def test_latex_gets_no_control_characters_and_no_ligatures() -> None:
    text = written("tex", Frame({"a": ["\x00\x1b[1m\x7f\u202e\x0c", "a\tb\nc", "<a>|b", "a--b---c"]}))
    cells = [line.removesuffix(r" \\") for line in text.splitlines()[5:-2]]
    assert cells == [
        r"\textbackslash{}x00\textbackslash{}x1b[1m\textbackslash{}x7f\textbackslash{}u202e\textbackslash{}x0c",
        "a b c",
        r"\textless{}a\textgreater{}\textbar{}b",
        "a-{}-b-{}-{}-c",
    ]
