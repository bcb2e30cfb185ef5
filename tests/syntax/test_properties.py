"""What holds of any text and of any tree."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from runql.syntax import format_text, parse, to_text, tokenize
from runql.syntax import tree as t
from runql.syntax.printer.to_text import ordered
from runql.syntax.tree import BrokenStage, query_of, with_query
from runql.text.source import NOWHERE
from tests.cases.floors import apply
from tests.cases.markdown import cases
from tests.syntax.beginnings import beginnings
from tests.syntax.frames import FOREIGN
from tests.syntax.strategies import EXPRESSIONS, JUMBLES, SCRIPTS

QUERIES = [
    case.query.text for path in sorted((Path(__file__).parents[1] / "cases").glob("*.md")) for case in cases(path)
]
PARTS = 8
"""How many tests the beginnings are shared out to."""


def assert_total(text: str) -> None:
    parsed = parse(text)
    assert "".join(token.text for token in parsed.tokens) == text
    position = 0
    for token in parsed.tokens:
        assert (token.span.start, token.span.end) == (position, position + len(token.text))
        position = token.span.end
    for diagnostic in parsed.diagnostics:
        assert 0 <= diagnostic.span.start <= diagnostic.span.end <= len(text)
        for fix in diagnostic.fixes:
            assert all(0 <= edit.span.start <= edit.span.end <= len(text) for edit in fix.edits)
    broken = {t.Broken, t.BrokenClause, t.BrokenStatement, BrokenStage}
    if parsed.ok:
        assert not broken & {type(node) for node in nodes(parsed.script)}


def nodes(node: object) -> list[object]:
    found = [node]
    for value in node if isinstance(node, tuple) else [getattr(node, name) for name in getattr(node, "__slots__", ())]:
        if isinstance(value, t.Node | tuple):
            found.extend(nodes(value))
    return found


@settings(deadline=None, max_examples=300)
@given(st.text(max_size=80))
@example("")
@example("\x00\x00")
@example("\ud800 runs \udfff")
@example("runs where a = '\\")
def test_any_text_has_a_tree_and_its_tokens(text: str) -> None:
    assert_total(text)


@settings(deadline=None, max_examples=400)
@given(JUMBLES)
def test_any_jumble_of_the_language_has_a_tree_and_its_tokens(text: str) -> None:
    assert_total(text)


@settings(deadline=None, max_examples=400)
@given(FOREIGN)
@example("df.groupby('optimizer').acc.quantile(0.9)")
@example("df['optimizer'].groupby(")
def test_any_question_of_another_language_has_a_tree_and_so_has_what_is_offered(text: str) -> None:
    assert_total(text)
    for fix in [fix for diagnostic in parse(text).diagnostics for fix in diagnostic.fixes]:
        assert_total(apply([fix.edits], text))


@cache
def begun() -> list[str]:
    return beginnings(QUERIES)


@pytest.mark.parametrize("part", range(PARTS))
def test_every_beginning_of_an_example_is_read(part: int) -> None:
    for text in begun()[part::PARTS]:
        assert_total(text)


@settings(deadline=None, max_examples=200)
@given(st.data())
def test_any_beginning_of_an_example_is_read(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(QUERIES))
    assert_total(text[: data.draw(st.integers(0, len(text)))])


@settings(deadline=None, max_examples=200)
@given(EXPRESSIONS)
def test_the_text_of_an_expression_gives_the_expression(expression: t.Expr) -> None:
    text = f"runs where {to_text(expression)}"
    parsed = parse(text)
    assert parsed.diagnostics == ()
    (statement,) = parsed.script.statements
    assert statement == t.QueryStatement(t.Query(t.Target.RUNS, (t.WhereClause(expression),)))


@settings(deadline=None, max_examples=200)
@given(SCRIPTS)
def test_the_text_of_a_script_gives_the_script(script: t.Script) -> None:
    text = to_text(script)
    assert parse(text).script == script
    assert parse(text).diagnostics == ()
    assert parse(format_text(text)).script == script


@pytest.mark.parametrize(
    "text",
    [
        "runs where (rank() over all) order loss",
        "runs where (rank() over all order c) order loss",
        "runs where a > 1 and (not lag(x) over k) order -b",
        "runs where a or (b = rank() over k) order -b",
        "runs | group now, (a = b) as c",
    ],
)
def test_a_text_that_needs_its_brackets_keeps_them(text: str) -> None:
    parsed = parse(text)
    assert parsed.diagnostics == ()
    assert to_text(parsed.script) == format_text(text).rstrip("\n") == text


def canonical(script: t.Script) -> list[object]:
    """Statements with their clauses in the order of the formatter."""
    found: list[object] = []
    for statement in script.statements:
        query = query_of(statement)
        if query is None:
            found.append(statement)
        else:
            found.append(with_query(statement, replace(query, clauses=tuple(ordered(query.clauses))), NOWHERE))
    return found


def comments(text: str) -> list[str]:
    return sorted(token.text.rstrip() for token in tokenize(text) if token.kind == "comment")


@pytest.mark.parametrize("part", range(PARTS))
def test_formatting_keeps_the_meaning_and_the_comments_and_is_done_once(part: int) -> None:
    valid = [text for text in QUERIES[part::PARTS] if parse(text).ok]
    assert valid
    for text in valid:
        assert_formatted(text)


def assert_formatted(text: str) -> str:
    """Format a text: it keeps its meaning and its comments, and is as it stays. What it became."""
    formatted = format_text(text)
    assert canonical(parse(formatted).script) == canonical(parse(text).script), text
    assert comments(formatted) == comments(text), text
    assert format_text(formatted) == formatted, text
    return formatted


@settings(deadline=None, max_examples=150)
@given(SCRIPTS, st.lists(st.tuples(st.integers(0, 60), st.sampled_from([" # one\n", "\n# two\n", "\n\n"])), max_size=5))
def test_formatting_keeps_comments_wherever_they_stand(script: t.Script, added: list[tuple[int, str]]) -> None:
    tokens = [token.text for token in tokenize(to_text(script))]
    for index, comment in sorted(added, reverse=True):
        place = index % (len(tokens) + 1)
        if place and tokens[place - 1].isspace():
            tokens.insert(place, comment)
    formatted = assert_formatted("".join(tokens))
    assert all(line == line.rstrip() for line in formatted.split("\n"))


@pytest.mark.parametrize(
    "text",
    [
        "runs where " + "(" * 2000 + "a" + ")" * 2000,
        "runs where " + "(" * 2000,
        "runs where " + "not " * 2000 + "a",
        "runs where " + "+".join(["a"] * 2000) + " > 1",
        "runs where " + "f(" * 1000 + "a" + ")" * 1000,
        "runs where " + "2**" * 2000 + "2 = 1",
        "runs where " + "@ ? < [ " * 500,
        "runs " + "limit " * 500,
        "\x00" * 10_000,
        "a" * 1_000_000,
        "#" + "x" * 1_000_000,
        '"' + "x" * 1_000_000,
        "`" * 10_001,
        ";" * 10_000,
        "runs where a >> 1; " * 150,
        '{"a": ' * 3000,
        "runs " + "| bogus x " * 200,
        "runs " + "| keys a limit 3 " * 100,
        "runs where a >\n" * 300,
        "runs | derive " + ", ".join("1 as a" for _ in range(300)),
        "runs | derive a " + "# b\n" * 3000 + "= 1",
        "runs | summarize " + "a(" * 2000,
    ],
    ids=lambda text: text[:24].encode("unicode_escape").decode(),
)
def test_absurd_texts_are_read(text: str) -> None:
    assert_total(text)


def test_a_wall_of_brackets_is_not_offered() -> None:
    wall = "[" * 2000 + "1" + "]" * 2000
    (diagnostic,) = parse(f"runs where config.lr in {wall}").diagnostics
    assert "[[" not in f"{diagnostic.message}{diagnostic.hints}{diagnostic.fixes}"


def test_a_deep_expression_is_refused_in_words() -> None:
    (diagnostic,) = parse("runs where " + "not " * 500 + "a").diagnostics
    assert diagnostic.code == "RQL111"


def test_a_long_chain_of_terms_is_not_deep() -> None:
    assert parse("runs where " + " and ".join(["a > 1"] * 3000)).ok
