"""The parser makes the trees that Lark makes, and takes and refuses what Lark does."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from lark import Lark, Token, UnexpectedToken

from runql.syntax.grammar import STARTS, build_table, grammar_text, load_table
from runql.syntax.lexer import END, Lexeme
from runql.syntax.lr_parser import Held, MisplacedError, Parser, run
from runql.syntax.lr_table import Production, table_from, table_text
from tests.ide.test_any_text import examples


@cache
def lark() -> Any:
    return Lark(
        grammar_text(),
        parser="lalr",
        lexer="contextual",
        start=list(STARTS),
        propagate_positions=True,
        maybe_placeholders=False,
    )


def of_lark(node: Any) -> object:
    if isinstance(node, Token):
        return (node.type, str(node), node.start_pos)
    place = None if node.meta.empty else (node.meta.start_pos, node.meta.end_pos)
    return (str(node.data), place, [of_lark(child) for child in node.children])


def tree(production: Production, parts: list[Held], at: int) -> Held:
    """What Lark makes of the parts of a rule."""
    first, last = (parts[0][1], parts[-1][2]) if parts else (at, at)
    children: list[object] = []
    whole = [(place, False) for place in range(len(parts))]
    for place, is_inlined in whole if production.kept is None else production.kept:
        part = parts[place][0]
        shown = (part.terminal, part.text, part.start) if isinstance(part, Lexeme) else part
        children += part if is_inlined else [shown]
    if production.name.startswith("_"):
        return children, first, last, 0
    if production.is_unwrapped and len(children) == 1:
        return children[0], first, last, 0
    return (production.name, (first, last) if parts else None, children), first, last, 0


def test_every_tree_is_that_of_lark() -> None:
    compared = 0
    for text in examples():
        attempt = run(text, build=tree)
        if attempt.built is None:
            continue
        parser = lark().parse_interactive(start=attempt.start)
        for one in attempt.lexemes:
            parser.feed_token(Token(one.terminal, one.text, start_pos=one.start, end_pos=one.end))
        expected = parser.feed_token(Token(END, "", start_pos=len(text), end_pos=len(text)))
        assert attempt.built == of_lark(expected), text
        compared += 1
    assert compared > 100


def test_what_may_come_next_is_what_lark_takes() -> None:
    texts = (
        "runs where a > 1 and (",
        "runs where a in (1, 2) order -b | group by c | pivot mean(x) by y, z; count runs",
    )
    for text in texts:
        ours, theirs = Parser(load_table(), "script"), lark().parse_interactive(start="script")
        for one in run(text).lexemes:
            assert ours.accepts() == frozenset(theirs.accepts())
            ours.take(one)
            theirs.feed_token(Token(one.terminal, one.text, start_pos=one.start, end_pos=one.end))
        assert ours.accepts() == frozenset(theirs.accepts())


def test_what_cannot_stand_there_is_refused() -> None:
    parser, theirs = Parser(load_table(), "script"), lark().parse_interactive(start="script")
    parser.take(Lexeme("RUNS", "runs", 0, 4))
    theirs.feed_token(Token("RUNS", "runs", start_pos=0, end_pos=4))
    with pytest.raises(UnexpectedToken):
        theirs.feed_token(Token("AND", "and", start_pos=5, end_pos=8))
    with pytest.raises(MisplacedError):
        parser.take(Lexeme("AND", "and", 5, 8))


def test_a_table_is_read_as_it_was_written() -> None:
    table = build_table()
    assert table_from(table_text(table)) == table
