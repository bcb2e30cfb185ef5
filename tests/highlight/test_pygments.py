"""The lexers and styles of Pygments: every text in pieces, each with what the language says it is."""

from __future__ import annotations

import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pygments import highlight
from pygments.formatters import HtmlFormatter, TerminalFormatter
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name, get_lexer_for_filename, get_lexer_for_mimetype, guess_lexer
from pygments.style import Style
from pygments.styles import get_style_by_name
from pygments.token import Error, Generic, Keyword, Name, Token, Whitespace

from runql.frontends.highlight.console import RunqlConsoleLexer
from runql.frontends.highlight.lexer import TYPES, RunqlLexer
from runql.frontends.highlight.styles import RunqlDarkStyle, RunqlLightStyle
from runql.ide.palette import DARK, LIGHT, Palette
from runql.ide.semantic_tokens import Shade
from runql.syntax.keywords import keywords
from runql.syntax.tokens import TokenKind, kind_of
from tests.highlight.seeing import contrast
from tests.ide.test_any_text import examples

MISSION = "runs where config.lr > 0.01 order -summary.loss sample 200 keys loss,acc"
ANY = st.one_of(st.text(max_size=80), st.text("runs where $@|;'\"`\\#\r\n\t.>~-0é😀", max_size=60))
BOTH = pytest.mark.parametrize("lexer", [RunqlLexer(), RunqlConsoleLexer()], ids=lambda lexer: lexer.aliases[0])
STYLES = [(RunqlDarkStyle, DARK), (RunqlLightStyle, LIGHT)]


def pieces(text: str) -> list[tuple[str, str]]:
    """The pieces with their types, but white space."""
    found = RunqlLexer().get_tokens_unprocessed(text)
    return [(str(kind).removeprefix("Token."), piece) for _, kind, piece in found if kind is not Whitespace]


def test_every_kind_of_piece() -> None:
    text = (
        "runs from demo where config.lr > 10k and name ~ 'a.*' and state = \"x\" and created > 7d ago\n"
        "  and a is not null and max(logged.loss) < $top keys val/loss | group m # why"
    )
    assert pieces(text) == [
        ("Keyword.Declaration", "runs"), ("Keyword", "from"), ("Name.Label", "demo"), ("Keyword", "where"),
        ("Name.Namespace", "config."), ("Name", "lr"), ("Operator", ">"), ("Literal.Number", "10k"),
        ("Keyword", "and"), ("Name.Attribute", "name"), ("Operator", "~"), ("Literal.String.Regex", "'a.*'"),
        ("Keyword", "and"), ("Name.Attribute", "state"), ("Operator", "="), ("Literal.String", '"x"'),
        ("Keyword", "and"), ("Name.Attribute", "created"), ("Operator", ">"), ("Literal.Date", "7d"),
        ("Keyword", "ago"), ("Keyword", "and"), ("Name", "a"), ("Keyword", "is"), ("Keyword", "not"),
        ("Keyword.Constant", "null"), ("Keyword", "and"), ("Name.Function", "max"), ("Punctuation", "("),
        ("Name.Namespace", "logged."), ("Name.Property", "loss"), ("Punctuation", ")"), ("Operator", "<"),
        ("Name.Variable", "$top"), ("Keyword", "keys"), ("Name.Property", "val/loss"), ("Punctuation", "|"),
        ("Keyword.Reserved", "group"), ("Name", "m"), ("Comment.Single", "# why"),
    ]  # fmt: skip


def test_what_was_not_read_is_an_error() -> None:
    assert ("Error", "wehre") in pieces("runs wehre config.lr > 1")
    assert ("Error", "'x") not in pieces("runs where a = 'x'")
    assert {kind for kind, _ in pieces(MISSION)}.isdisjoint({"Error"})


@pytest.mark.parametrize("part", ["where config.lr > 1 limit 3", "config.lr > 1 and state = 'x'", "| limit 3", "# x"])
def test_a_part_of_a_query_is_none(part: str) -> None:
    """Documents show clauses and conditions by themselves."""
    assert "Error" not in {kind for kind, _ in pieces(part)}
    assert "".join(piece for _, piece in pieces(part)) == part.replace(" ", "") or part == "# x"


@BOTH
@settings(deadline=None, max_examples=150)
@given(text=ANY)
def test_the_pieces_are_the_text(lexer: Lexer, text: str) -> None:
    position = 0
    for start, _, piece in lexer.get_tokens_unprocessed(text):
        assert start == position
        assert piece
        position += len(piece)
        assert text.startswith(piece, start)
    assert position == len(text)


@BOTH
@settings(deadline=None, max_examples=50)
@given(text=ANY)
def test_pygments_own_door_loses_nothing(lexer: Lexer, text: str) -> None:
    """What `get_tokens` gives is the text, its line ends made alike and the last one added, as Pygments does."""
    expected = text.replace("\r\n", "\n").replace("\r", "\n")
    expected = expected.removeprefix("\ufeff")
    expected += "" if expected.endswith("\n") else "\n"
    assert "".join(piece for _, piece in lexer.get_tokens(text)) == expected


def test_the_examples_have_no_errors_but_those_they_are_about() -> None:
    """Colours and diagnostics agree: a text without a mistake has no error among its pieces."""
    from runql.syntax.parse import parse

    good = [text for text in examples() if parse(text).ok]
    assert len(good) > 100
    wrong = [text for text in good if any(kind == "Error" for kind, _ in pieces(text))]
    assert not wrong


def test_every_terminal_of_the_grammar_is_something() -> None:
    from runql.syntax.grammar import load_table

    terminals = {str(terminal.name) for terminal in load_table().terminals}
    assert terminals > set(keywords().words)
    assert {name for name in terminals if kind_of(name) is TokenKind.ERROR} == set()


def test_every_shade_has_a_type_of_its_own() -> None:
    assert set(TYPES) == set(Shade)
    assert len(set(TYPES.values())) == len(TYPES)


def test_a_session_at_the_prompt() -> None:
    text = (
        "demo> runs where a = 1\n   …  | limit 3\nname  loss\nx     0.1\nacme/vit> \\help where\nhelp\n> x\n…  y\ndemo>"
    )
    found = [(kind, piece) for _, kind, piece in RunqlConsoleLexer().get_tokens_unprocessed(text)]
    assert [piece for kind, piece in found if kind is Generic.Prompt] == ["demo> ", "   …  ", "acme/vit> ", "demo>"]
    assert [piece for kind, piece in found if kind is Generic.Output] == [
        "name  loss\n",
        "x     0.1\n",
        "help\n",
        "> x\n",
        "…  y\n",
    ]
    assert (Keyword.Pseudo, "\\help") in found
    assert (Keyword.Reserved, "limit") in found
    assert (Name, "a") in found
    assert Error not in {kind for kind, _ in found}


# ---------------------------------------------------------------- as Pygments finds them


@pytest.mark.parametrize("name", ["runql", "runql-console"])
def test_by_name(name: str) -> None:
    assert type(get_lexer_by_name(name)).__module__.startswith("runql.")


def test_the_other_language_keeps_its_name() -> None:
    """`rql` is the Relation Query Language to Pygments, with RunQL installed too."""
    assert type(get_lexer_by_name("rql")).__module__.startswith("pygments.")


def test_nothing_of_ours_starts_with_python() -> None:
    """No code of RunQL runs where RunQL is not asked for: Pygments' own table stays as it is."""
    ours = "[name for name in sys.modules if 'runql' in name]"
    look = f"import sys, pygments.lexers._mapping as table; print({ours}, table.LEXERS['RqlLexer'][1])"
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("[] RQL\n", "")


def test_by_file_name_and_type_and_by_its_text() -> None:
    assert isinstance(get_lexer_for_filename("report.rql", MISSION), RunqlLexer)
    assert isinstance(get_lexer_for_filename("report.rql", "#"), RunqlLexer)
    assert isinstance(get_lexer_for_mimetype("application/x-runql"), RunqlLexer)
    assert isinstance(guess_lexer(f"#!/usr/bin/env runql\n{MISSION}"), RunqlLexer)
    assert RunqlLexer.analyse_text(MISSION) > 0
    assert RunqlLexer.analyse_text("use strict;\nuse warnings;\n") == 0
    assert RunqlLexer.analyse_text("from runs import where") == 0


@pytest.mark.parametrize(("style", "palette"), STYLES)
def test_the_styles_are_the_palettes(style: type[Style], palette: Palette) -> None:
    assert get_style_by_name(palette.name) is style
    assert style.background_color == palette.background
    for shade, kind in TYPES.items():
        painted, look = style.style_for_token(kind), palette.looks[shade]
        assert f"#{painted['color']}" == look.color
        assert (painted["bold"], painted["italic"], painted["underline"]) == (look.bold, look.italic, look.underline)


@pytest.mark.parametrize(("style", "palette"), STYLES)
def test_whatever_the_styles_paint_can_be_read(style: type[Style], palette: Palette) -> None:
    for kind, look in style:
        if look["color"]:
            assert contrast(f"#{look['color']}", palette.background) >= 4.5, kind
    assert style.style_for_token(Token)["color"]


def test_to_a_page_and_a_terminal() -> None:
    page = highlight(MISSION, RunqlLexer(), HtmlFormatter(style="runql-light"))
    assert '<span class="kd">runs</span>' in page
    out = StringIO()
    highlight(MISSION, RunqlLexer(), TerminalFormatter(), out)
    assert "\x1b[" in out.getvalue()


def test_pygmentize(tmp_path: Path) -> None:
    file = tmp_path / "q.rql"
    file.write_text(MISSION + " # why\n", encoding="utf-8")
    command = [sys.executable, "-m", "pygments", "-l", "runql", "-f", "raw", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Token.Keyword.Declaration\t'runs'\n")
    assert "Token.Comment.Single\t'# why'" in done.stdout
