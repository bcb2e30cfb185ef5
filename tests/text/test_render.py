"""Pictures of diagnostics."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runql.text.diagnostic import Diagnostic, Label
from runql.text.render import clean, render, render_line
from runql.text.source import NOWHERE, Source, Span

TEXT = "runs where config.learning_rat > 0.01"
FIELD = Span(11, 30)


def picture(*lines: str) -> str:
    return "\n".join(lines)


def test_the_picture_of_the_design() -> None:
    diagnostic = Diagnostic(
        "RQL201",
        "no config field `learning_rat` in acme/vision",
        FIELD,
        hints=("nearest: `config.learning_rate` (412 of 412 runs)",),
    )
    assert render([diagnostic], Source(TEXT)) == picture(
        "error[RQL201]: no config field `learning_rat` in acme/vision",
        "  1 │ runs where config.learning_rat > 0.01",
        "    │            ───────────────────",
        "  = nearest: `config.learning_rate` (412 of 412 runs)",
    )


def test_the_name_of_a_file_and_the_line_stand_above() -> None:
    source = Source("runs\nwhere a >", "good.rql")
    assert render([Diagnostic("RQL102", "a value must follow", Span(14, 14))], source) == picture(
        "error[RQL102]: a value must follow",
        "    good.rql:2:10",
        "  2 │ where a >",
        "    │          ─",
    )


def test_several_stand_apart_and_keep_their_severity() -> None:
    shown = render([Diagnostic("RQL304", "later", Span(0, 4)), Diagnostic("RQL302", "sampled")], Source(TEXT))
    assert shown == picture(
        "error[RQL304]: later",
        "  1 │ runs where config.learning_rat > 0.01",
        "    │ ────",
        "",
        "notice[RQL302]: sampled",
    )


def test_labels_stand_under_their_lines() -> None:
    source = Source("runs limit 3\n\n\n\norder a\nlimit 4")
    diagnostic = Diagnostic("RQL105", "twice", Span(24, 31), labels=(Label(Span(5, 12), "first given here"),))
    assert render([diagnostic], source) == picture(
        "error[RQL105]: twice",
        "  1 │ runs limit 3",
        "    │      ······· first given here",
        "  …",
        "  6 │ limit 4",
        "    │ ───────",
    )


def test_a_place_over_many_lines_shows_the_first_and_the_last() -> None:
    source = Source("a (\n  b\n  c\n  d\n) e")
    assert render([Diagnostic("RQL104", "open", Span(2, 17))], source) == picture(
        "error[RQL104]: open",
        "  1 │ a (",
        "    │   ─",
        "  …",
        "  5 │ ) e",
        "    │ ─",
    )


def test_a_line_end_at_the_end_of_a_place_shows_no_line_more() -> None:
    assert render([Diagnostic("RQL101", "x", Span(0, 2))], Source("a\nb")) == picture(
        "error[RQL101]: x", "  1 │ a", "    │ ─"
    )


def test_wide_and_combining_characters_and_tabs_keep_the_mark_in_place() -> None:
    text = "\t损失 e\u0301 x"
    shown = render([Diagnostic("RQL101", "x", Span(text.index("x"), len(text)))], Source(text)).split("\n")
    assert shown[1:] == ["  1 │     损失 e\u0301 x", "    │ " + " " * (4 + 4 + 1 + 1 + 1) + "─"]


def test_a_long_line_is_shown_where_the_mistake_is() -> None:
    text = "runs where " + "a > 1 and " * 60 + "b >> 1" + " and c" * 60
    shown = render([Diagnostic("RQL101", "x", Span(text.index(">>"), text.index(">>") + 2))], Source(text)).split("\n")
    assert all(len(line) < 120 for line in shown)
    assert shown[1].startswith("  1 │ …")
    assert shown[1].endswith("…")
    assert shown[1][shown[2].index("─") :].startswith(">>")


@pytest.mark.parametrize("name", ["\x1b[31mred", "a\rb", "x\x07", "\u202eabc", "\x9bK"])
def test_no_control_character_reaches_the_terminal(name: str) -> None:
    text = f"runs where {name} > 1"
    diagnostic = Diagnostic("RQL101", f"no `{name}`", Span(11, 11 + len(name)), hints=(f"not {name}\nnor {name}",))
    source = Source(text, f"{name}.rql")
    for shown in (render([diagnostic], source), render_line(diagnostic, source)):
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", shown)


def test_color_is_added_and_takes_nothing_away() -> None:
    diagnostic = Diagnostic("RQL201", "no field", FIELD, hints=("nearest: `lr`",), labels=(Label(Span(0, 4), "here"),))
    colored = render([diagnostic], Source(TEXT), color=True)
    assert "\x1b[31m" in colored
    assert re.sub(r"\x1b\[[0-9]*m", "", colored) == render([diagnostic], Source(TEXT))


def test_one_line() -> None:
    source = Source("runs\nwhere a >", "good.rql")
    assert render_line(Diagnostic("RQL102", "too early", Span(14, 14)), source) == (
        "good.rql:2:10: error[RQL102]: too early"
    )
    assert render_line(Diagnostic("RQL302", "sampled")) == "notice[RQL302]: sampled"
    assert render_line(Diagnostic("RQL302", "sampled", source_name="a.rql")) == "a.rql: notice[RQL302]: sampled"


def test_a_diagnostic_of_another_text_has_no_picture() -> None:
    diagnostic = Diagnostic("RQL101", "x", Span(0, 4), source_name="other.rql")
    assert render([diagnostic], Source(TEXT)) == "error[RQL101]: x"
    assert render([Diagnostic("RQL110", "empty", NOWHERE)], Source(TEXT)) == "error[RQL110]: empty"


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=60), st.integers(0, 70), st.integers(0, 70), st.integers(0, 70))
def test_any_place_in_any_text_can_be_drawn(text: str, start: int, length: int, other: int) -> None:
    span = Span(start, start + length)
    shown = render([Diagnostic("RQL101", "x", span, labels=(Label(Span(other, other), "there"),))], Source(text))
    assert shown.isprintable() or "\n" in shown
    assert all(line.isprintable() for line in shown.split("\n"))


@given(st.text(max_size=20))
def test_cleaning_is_done_once(text: str) -> None:
    assert clean(clean(text)) == clean(text)
    assert clean(text).isprintable()


@pytest.mark.parametrize("columns", [None, 200, 100, 60, 40, 10])
def test_a_picture_is_no_wider_than_the_terminal(columns: int | None) -> None:
    text = "runs where " + " and ".join(f"config.field{number} > {number}" for number in range(9))
    place = text.index("config.field5")
    lines = render([Diagnostic("RQL201", "no", Span(place, place + 13))], Source(text), columns=columns).splitlines()[
        1:
    ]
    assert max(map(len, lines)) <= max(columns or 200, 40)
    shown, under = lines
    assert shown[under.index("─") : under.rindex("─") + 1] == "config.field5"


@pytest.mark.parametrize("color", [False, True])
def test_what_is_said_goes_on_between_two_words(color: bool) -> None:
    words = " ".join(f"`word{number}`" for number in range(12))
    said = render([Diagnostic("RQL201", words, hints=(words, "short"))], color=color, columns=60)
    lines = re.sub(r"\x1b\[\d+m", "", said).splitlines()
    assert [line[:4] for line in lines] == ["erro", "  `w", "  = ", "    ", "  = "]
    assert max(map(len, lines)) <= 60
    assert " ".join(said.replace("  = ", "").split()).count("`word11`") == 2
    assert render([Diagnostic("RQL201", words)]) == f"error[RQL201]: {words}"
