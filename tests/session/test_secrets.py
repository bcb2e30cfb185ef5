"""The value of a `secret` parameter: in no message, whatever the query does with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runql.errors import QueryError, ServerError
from runql.session.result import Result
from runql.session.session import Session
from runql.sources.memory import MemoryService
from runql.sources.protocol import PageRequest
from runql.text.hidden import SecretText, struck

DEMO = Session("demo")
PLAIN = "hush-(hush)"
ODD = ["93d", 'Dön\'t "say" \\ it', "a very long secret, of which a message would show but the beginning: 0123456789"]
QUERIES = [
    "runs where created > $w",
    "runs where created between $w and 2026-01-01",
    "runs where config.lr in ($w)",
    "runs where config.lr = [$w]",
    "runs where state = $w",
    "runs where name ~ $w",
    "runs where tags has $w",
    "runs search $w",
    "runs where any_field = $w",
    "runs limit $w",
    "runs where number($w) > 2",
    "runs where bool($w)",
    "runs where time($w) > today",
    "runs where time(concat($w, 'x')) > today",
    "runs where name = value(runs where number($w) > 2 select name)",
    "runs limit 2 select id, $w as x | derive y = number(x)",
    "runs limit 2 select id | sql 'select cast($w as int) from _'",
    "runs limit 2 select id | sql 'select date_trunc($w, now()) from _'",
    "runs limit 2 | plot bar name, $w",
    "explain runs where name = $w",
]


def said(query: str, secret: str) -> str:
    """All that there is to read of an answer, beside its rows."""
    try:
        (result,) = DEMO.run(f"param w: secret; {query}", {"w": secret})
        if not isinstance(result, Result):
            return str(result)
        result.frame  # noqa: B018 - some of it is said of what was read
        told = (*result.notices, *result.warnings)
        return "\n".join(
            (*(f"{one.message} {one.hints} {one.fixes}" for one in told), *result.footer(), result.explain())
        )
    except QueryError as error:
        return f"{error} {error.diagnostics}"


@pytest.mark.parametrize(
    ("query", "secret"),
    [*((query, PLAIN) for query in QUERIES), *((query, odd) for query in QUERIES[:1] + QUERIES[10:11] for odd in ODD)],
)
def test_a_secret_is_in_no_message(query: str, secret: str) -> None:
    text = said(query, secret)
    written = [f'"{secret}"', f"'{secret}'", f"`{secret}`", f"{secret} ago`"]
    bare = [secret, secret[:20]] if len(secret) > 3 else []
    assert not [form for form in (*written, *bare) if form.casefold() in text.casefold()]


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("runs where created > $w", "$w is not a date"),
        ("runs where state = $w", "no run has the state $w"),
        ("runs where number($w) > 2", "no number, as $w"),
        ("runs limit 2 select id, $w as x | derive y = number(x)", "no number, as $w"),
        ("runs limit 2 select id | sql 'select cast($w as int) from _'", "could not convert string $w to INT32"),
    ],
)
def test_its_name_stands_in_its_place(query: str, sentence: str) -> None:
    assert sentence in said(query, "hush-hush")


def test_no_chart_holds_it(tmp_path: Path) -> None:
    query = "runs where name != $w | plot config.lr, summary.loss"
    (result,) = DEMO.run(f"param w: secret; {query}", {"w": PLAIN})
    assert isinstance(result, Result)
    result.plot().save(tmp_path / "a.svg")
    assert PLAIN not in (tmp_path / "a.svg").read_text(encoding="utf-8")


@given(st.text(min_size=4), st.text(), st.text())
def test_no_sentence_says_it(secret: str, before: str, after: str) -> None:
    clean = struck(f'{before}"{secret}" {secret}{after}', [SecretText(secret, "$w")])
    assert secret not in clean


class Repeats(MemoryService):
    """A server whose errors repeat what it was asked for."""

    def runs_page(self, request: PageRequest) -> Any:
        raise ServerError.of("RQL404", f"bad filter name = {PLAIN} in {request.project}")

    def count(self, *given: Any, **named: Any) -> Any:
        raise ServerError.of("RQL404", f"bad filter name = {PLAIN} of {len(given) + len(named)}")


@pytest.mark.parametrize(
    "query", ["runs where name = $w", "count runs where name = $w", "runs where name = $w | limit 1"]
)
def test_an_error_of_a_server_that_repeats_the_filter_does_not_say_it(query: str) -> None:
    session = Session(Repeats([{"id": "a", "name": "b"}]))
    with pytest.raises(ServerError) as caught:
        (result,) = session.run(f"param w: secret; {query}", {"w": PLAIN})
        assert isinstance(result, Result)
        assert result.frame is None
    assert "bad filter" in str(caught.value)
    assert PLAIN not in f"{caught.value} {caught.value!r} {caught.value.diagnostics}"
