"""The doors of the floor: parse, tokenize, format."""

from __future__ import annotations

import pytest

from runql.errors import QueryError
from runql.syntax import Token, TokenKind, format_text, parse, parse_query, to_text, tokenize
from runql.syntax import tree as t
from runql.syntax.lexer import Lexeme, Lexer
from runql.syntax.parse import parse_untried
from runql.syntax.parser.edited_text import Shadow
from runql.syntax.tree.walk import nodes
from runql.text.diagnostic import Edit
from runql.text.source import Source, Span
from tests.ide.test_any_text import examples


def test_nodes_know_where_they_stand() -> None:
    text = "runs where config.lr > 0.01 limit 10"
    query, _ = parse_query(text)
    assert query is not None
    where = query.clause(t.WhereClause)
    limit = query.clause(t.LimitClause)
    assert where is not None
    assert limit is not None
    condition = where.condition
    assert isinstance(condition, t.Compare)
    nodes: list[t.Node] = [query, where, condition, condition.left, condition.right, limit]
    assert [text[node.span.start : node.span.end] for node in nodes] == [
        text,
        "where config.lr > 0.01",
        "config.lr > 0.01",
        "config.lr",
        "0.01",
        "limit 10",
    ]


def test_nodes_behind_a_repaired_mistake_stand_where_they_were_written() -> None:
    text = "runs wehre config.lr > 0.01 limt 10 keys loss acc"
    query, diagnostics = parse_query(text)
    assert query is not None
    assert [text[c.span.start : c.span.end] for c in query.clauses] == [
        "wehre config.lr > 0.01",
        "limt 10",
        "keys loss acc",
    ]
    assert [text[d.span.start : d.span.end] for d in diagnostics] == ["wehre", "limt", "acc"]


def test_the_same_meaning_is_the_same_tree() -> None:
    one = parse("RUNS where a==1 && !(b<>2) order by_x DESC").script
    other = parse("runs order -by_x\nwhere a = 1 and not (b != 2) # same").script
    assert to_text(one) == to_text(other) == "runs where a = 1 and not (b != 2) order -by_x"


def test_a_source_keeps_its_name() -> None:
    source = Source("runs", "good.rql")
    assert parse(source).source.name == "good.rql"
    with pytest.raises(QueryError) as caught:
        format_text(Source("runs where", "bad.rql"))
    assert caught.value.source is not None
    assert caught.value.source.name == "bad.rql"


def test_expected_words_are_for_readers() -> None:
    (diagnostic,) = parse("runs limit").diagnostics
    assert diagnostic.expected == ("a number", "a parameter such as `$n`")
    for text in ("runs where a >", "runs foo", "x", "runs where a foo", "runs |", "count", "runs where a in"):
        for diagnostic in parse(text).diagnostics:
            assert len(diagnostic.expected) <= 5
            assert not any(word.isupper() for word in diagnostic.expected), "a terminal's name"


def test_a_word_is_what_it_is_in_its_place() -> None:
    tokens = tokenize("runs where order > 1 order order")
    kinds = [token.kind for token in tokens if token.text == "order"]
    assert kinds == [TokenKind.FIELD, TokenKind.KEYWORD, TokenKind.FIELD]
    assert tokens[0] == Token(TokenKind.KEYWORD, "runs", Span(0, 4), "RUNS")


def test_parse_query_without_a_query() -> None:
    query, diagnostics = parse_query("let x = runs")
    assert query is None
    assert diagnostics == ()


def test_to_text_of_a_part() -> None:
    query, _ = parse_query("runs where (a or b) and c = 'x'")
    assert query is not None
    where = query.clause(t.WhereClause)
    assert where is not None
    assert to_text(where) == 'where (a or b) and c = "x"'
    assert to_text(where.condition) == '(a or b) and c = "x"'
    assert to_text(t.Path(("config", "a b"), exact=True)) == "config.`a b`"


def test_a_shadow_knows_where_its_text_was_written() -> None:
    first = Shadow("runs wehre a").apply([Edit(Span(5, 10), "where")])
    second = first.apply([Edit(Span(0, 0), "explain "), Edit(Span(11, 12), "bcd")])
    assert second.text == "explain runs where bcd"
    assert second.place(13, 18) == Span(5, 10)
    assert second.place(19, 22) == Span(11, 12)
    assert second.place(8, 12) == Span(0, 4)
    assert second.kept(8, 12)
    assert not second.kept(13, 18)
    assert second.written(Edit(Span(8, 12), "x")) == Edit(Span(0, 4), "x")
    assert second.written(Edit(Span(13, 15), "x")) is None
    assert Shadow("a").apply([Edit(Span(0, 1), "")]).place(0, 0) == Span(0, 0)


def test_a_thousand_mistakes_of_one_clause_are_named_without_trying_them_all() -> None:
    text = "SELECT * FROM runs WHERE " + " AND ".join(f"config.a{at} LIKE '%x{at}%'" for at in range(1000))
    parsed = parse(text)
    assert not parsed.ok
    assert "".join(token.text for token in parsed.tokens) == text
    assert "`LIKE '%x0%'` is SQL" in " ".join(one.message for one in parsed.diagnostics)


def test_clauses_behind_pipes_are_not_looked_at_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twice as many of them are twice as much to read."""
    seen: list[int] = []
    alone = Lexer.alone

    def counted(lexer: Lexer, text: str, position: int) -> Lexeme:
        seen.append(position)
        return alone(lexer, text, position)

    monkeypatch.setattr(Lexer, "alone", counted)
    looks = []
    for count in (15, 30, 60):
        seen.clear()
        parse_untried(Source("runs " + "| keys a limit 3 " * count))
        looks.append(len(seen))
    assert looks[2] - looks[1] == 2 * (looks[1] - looks[0])


def test_a_walk_finds_the_nodes_that_any_field_holds() -> None:
    def by_all_fields(value: object) -> int:
        if isinstance(value, tuple):
            return sum(map(by_all_fields, value))
        if not isinstance(value, t.Node):
            return 0
        names: tuple[str, ...] = type(value).__match_args__
        return 1 + sum(by_all_fields(getattr(value, name)) for name in names)

    scripts = [parse(text).script for text in examples()[::5]]
    assert sum(len(nodes(script)) for script in scripts) > 500
    for script in scripts:
        assert len(nodes(script)) == by_all_fields(script), to_text(script)
