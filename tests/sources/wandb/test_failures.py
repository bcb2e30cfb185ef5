"""The tables of what can go wrong: complete, and each row as it should be."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runql.errors import AuthError, BackendError, NotFound, RateLimited, ServerError, Unreachable
from runql.sources.wandb.failures.failures import TREATMENTS, Failure, Fault, clean
from runql.sources.wandb.failures.replies import (
    backoff_seconds,
    kind_of_message,
    kind_of_status,
    messages_of,
    read_reply,
    seconds_to_wait,
)
from runql.sources.wandb.network.errors import EXCEPTIONS, failure_of
from runql.text.codes import CODES

OURS = {"StreamError", "StreamConsumed", "StreamClosed", "ResponseNotRead", "RequestNotRead", "CookieConflict"}
"""Exceptions of httpx that only a fault of ours can raise."""

BY_STATUS = {"HTTPStatusError"}
"""Raised by a method that is not called: statuses have a table of their own."""


def exceptions_of_httpx() -> dict[str, type[Exception]]:
    found = {name: getattr(httpx, name) for name in dir(httpx)}
    return {name: kind for name, kind in found.items() if isinstance(kind, type) and issubclass(kind, Exception)}


def test_every_exception_of_httpx_has_its_failure() -> None:
    assert set(exceptions_of_httpx()) == set(EXCEPTIONS) | OURS | BY_STATUS


@pytest.mark.parametrize("name", sorted(EXCEPTIONS))
def test_an_exception_becomes_its_failure(name: str) -> None:
    error = exceptions_of_httpx()[name]("it\x1b[31m broke")
    failure = failure_of(error)
    assert failure.kind is EXCEPTIONS[name]
    assert failure.detail == "it [31m broke"


def test_a_new_exception_counts_as_its_parent() -> None:
    class NewTimeout(httpx.ReadTimeout):
        pass

    assert failure_of(NewTimeout("")).kind is Fault.TIMED_OUT


@pytest.mark.parametrize("kind", list(Fault))
def test_every_failure_becomes_an_error_with_a_way_out(kind: Fault) -> None:
    error = Failure(kind, "what it said").to_error("w.test:8080", "runs of a/b")
    assert isinstance(error, BackendError)
    assert type(error) in (AuthError, NotFound, RateLimited, ServerError, Unreachable)
    (diagnostic,) = error.diagnostics
    assert CODES[diagnostic.code].severity == "error"
    assert "w.test:8080" in diagnostic.message
    assert "runs of a/b" in diagnostic.message
    assert diagnostic.message.endswith("what it said")
    assert diagnostic.hints or kind is Fault.CANCELLED
    assert not diagnostic.message[0].isupper()


def test_how_long_a_server_asks_to_wait_is_said() -> None:
    (diagnostic,) = Failure(Fault.THROTTLED, "slow down", after_seconds=1500.4).to_error("w.test").diagnostics
    assert diagnostic.hints[0] == "it asks to wait 1,500 s"


def test_the_table_of_treatments_is_complete() -> None:
    assert set(TREATMENTS) == set(Fault)
    assert {kind for kind, treatment in TREATMENTS.items() if treatment.patience > 0} == {
        *(
            Fault.THROTTLED,
            Fault.NO_CONNECTION,
            Fault.BROKEN,
            Fault.TIMED_OUT,
            Fault.OVERLOADED,
            Fault.NOT_JSON,
            Fault.PAGE,
            Fault.NO_HTTP,
        ),
    }


def test_every_status_is_an_answer_or_a_failure() -> None:
    kinds = {status: kind_of_status(status) for status in range(100, 600)}
    assert [status for status, kind in kinds.items() if kind is None] == [*range(200, 300)]
    retried = {status for status, kind in kinds.items() if kind is not None and TREATMENTS[kind].patience > 0}
    assert retried == {*range(100, 200), 408, 429, 500, *range(502, 600)}


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ('Cannot query field "sampledHistory" on type "Run".', Fault.LACKING),
        ('Unknown argument "keys" on field "Run.config".', Fault.LACKING),
        ("context deadline exceeded", Fault.TIMED_OUT),
        ("permission denied", Fault.FORBIDDEN),
        ("relogin required", Fault.SIGNED_OUT),
        ("project not found", Fault.MISSING),
        ("rate limit exceeded", Fault.THROTTLED),
        ("internal server error", Fault.OVERLOADED),
        ("unknown column 'summary.x'", Fault.REFUSED),
    ],
)
def test_messages_are_told_apart(message: str, kind: Fault) -> None:
    assert kind_of_message(message) is kind


@pytest.mark.parametrize(
    ("document", "messages"),
    [
        ({"errors": [{"message": "a", "path": ["x"]}, {"message": "b"}]}, ["a", "b"]),
        ({"errors": ["a", None]}, ["a"]),
        ({"errors": "a"}, ["a"]),
        ({"error": "a"}, ["a"]),
        ({"error": {"message": "a"}}, ["a"]),
        ({"errors": [{"no": "message"}]}, ["{'no': 'message'}"]),
        ({"data": {}}, []),
        ([], []),
        (None, []),
    ],
)
def test_errors_come_in_many_shapes(document: object, messages: list[str]) -> None:
    assert messages_of(document) == messages


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, b"<html>sign in</html>", Fault.SIGN_IN_PAGE),
        (200, b"<html><input type='password'>Bad gateway", Fault.SIGN_IN_PAGE),
        (200, b"\xef\xbb\xbf\n<!doctype html><title>Willkommen</title>", Fault.PAGE),
        (200, b"<html>502 Bad Gateway</html>", Fault.NOT_JSON),
        (407, b"<html>", Fault.PROXY_ASKS),
        (200, b"", Fault.NOT_JSON),
        (200, b"[]", Fault.NOT_JSON),
        (200, b'{"data": null}', Fault.NOT_JSON),
        (200, b'{"data": {"project": null}, "errors": ["permission denied"]}', Fault.FORBIDDEN),
        (500, b'{"errors": [{"message": "context deadline exceeded"}]}', Fault.TIMED_OUT),
        (504, b"", Fault.OVERLOADED),
        (502, b"<html>", Fault.OVERLOADED),
        (400, b'{"errors": [{"message": "Unknown argument \\"keys\\" on field \\"Run.config\\"."}]}', Fault.LACKING),
        (400, b'{"errors": [{"message": "field not found"}]}', Fault.REFUSED),
        (429, b'{"error": "rate limit exceeded"}', Fault.THROTTLED),
        (401, b"no", Fault.SIGNED_OUT),
        (307, b"", Fault.REDIRECTED),
    ],
)
def test_an_answer_that_is_none(status: int, body: bytes, kind: Fault) -> None:
    with pytest.raises(Failure) as caught:
        read_reply(status, {}, body)
    assert caught.value.kind is kind


def test_an_answer() -> None:
    assert read_reply(200, {}, b'{"data": {"a": [NaN, 1]}}')[0]["a"][1] == 1


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "3"}, 3.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "Thu, 01 Jan 1970 00:00:10 GMT"}, 10.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-1"}, None),
        ({"ratelimit-reset": "7"}, 7.0),
        ({"ratelimit-reset": "7", "ratelimit-remaining": "0"}, 7.0),
        ({"ratelimit-reset": "7", "ratelimit-remaining": "12"}, None),
        ({"ratelimit-reset": "7", "retry-after": "2"}, 7.0),
        ({"ratelimit-reset": "2", "retry-after": "9"}, 9.0),
    ],
)
def test_both_headers_are_obeyed(headers: dict[str, str], seconds: float | None) -> None:
    assert seconds_to_wait(headers, now=0.0) == seconds


@given(st.integers(0, 40), st.floats(0, 1))
def test_pauses_grow_and_end(attempt: int, luck: float) -> None:
    pause = backoff_seconds(attempt, 0.5, luck)
    assert 0.25 <= pause <= 30.0
    assert pause <= 0.5 * 2**attempt


@given(st.text())
def test_what_a_server_says_is_shown_on_one_plain_line(text: str) -> None:
    line = clean(text)
    assert len(line) <= 301
    assert all(character.isprintable() or ord(character) > 0x9F for character in line)
    assert "\n" not in line
    assert "\u202e" not in line


def test_that_no_setting_names_another_server_is_said_of_the_own_one_alone() -> None:
    (own,) = Failure(Fault.NO_CONNECTION).to_error("api.forge.coreweave.com").diagnostics
    (other,) = Failure(Fault.NO_CONNECTION).to_error("w.test:8080").diagnostics
    assert "as no setting names another server" in own.hints[-1]
    assert "as no setting names another server" not in "".join(other.hints)
