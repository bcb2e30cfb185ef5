"""Aliases: that an answer used one is said, and what they stand for has a bound."""

from __future__ import annotations

import pytest

from runql.syntax import tree
from tests.semantic.world import checked, query_of


def alias(text: str) -> tree.Expr:
    clause = query_of(f"runs select {text}").clause(tree.SelectClause)
    assert clause is not None
    return clause.columns[0].value


def test_an_alias_that_an_answer_used_is_said_once() -> None:
    found = checked("runs where lr > 1 order lr select lr", aliases={"lr": alias("config.lr * 1000")})
    assert [(d.code, d.message) for d in found.diagnostics] == [
        ("RQL532", "`lr` was read as `config.lr * 1000`, an alias of the settings")
    ]


@pytest.mark.parametrize("joint", ["+", "*", "and", "or", "="])
@pytest.mark.parametrize(
    "text",
    [
        *("runs where a30 > 1", "runs where a30", "runs select a30", "runs order a30", "runs where exists(a30)"),
        *("runs | derive x = a30", "runs | where a30 > 1", "runs | group a30 : n = count()"),
        "runs where a12 > 1 select a12, a13, a12 order a12",
    ],
)
def test_aliases_that_double_end(text: str, joint: str) -> None:
    aliases = {f"a{n + 1}": alias(f"(a{n} {joint} a{n})") for n in range(40)}
    found = checked(text, aliases={"a0": alias("config.lr"), **aliases})
    assert "RQL534" in [one.code for one in found.diagnostics]


def test_aliases_of_use_are_far_from_the_bound() -> None:
    spellings = ", ".join(f"config.lr{n}" for n in range(40))
    text = "runs where " + " and ".join(f"rate > {n}" for n in range(40))
    found = checked(text, aliases={"rate": alias(f"coalesce({spellings}, config.lr)")})
    assert "RQL534" not in [one.code for one in found.diagnostics]
