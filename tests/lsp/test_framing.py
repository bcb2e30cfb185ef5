"""Headers and lengths that are none: an answer, and the next message is read."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.lsp.raw import Raw, piped

MALFORMED = [
    b"Content-Length: 99999999999\r\n\r\n{}",
    b"Content-Length: -5\r\n\r\n{}",
    b"Content-Length: 0\r\n\r\n",
    b"Content-Length: ten\r\n\r\n{}",
    b"Content-Length:\r\n\r\n{}",
    b"Content-Length: 5 5\r\n\r\n{}",
    b"Content-Length: " + b"9" * 10_000 + b"\r\n\r\n",
    b"Content-Type: text\r\n\r\n{}",
    b"nonsense\r\n\r\n",
    b"\r\n\r\n",
    b"x" * 100_000,
    b"\x00\xff" * 3000,
]


@pytest.fixture(scope="module")
def client() -> Iterator[Raw]:
    """One server that hears it all: after each, the next message is read."""
    with piped() as (client, _):
        client.begin()
        yield client


@pytest.mark.parametrize("noise", MALFORMED, ids=range(len(MALFORMED)))
def test_a_header_that_is_none(client: Raw, noise: bytes) -> None:
    client._to.write(noise)
    client._to.flush()
    document = client.open("file:///a.rql", "runs limit 3")
    assert client.ask("textDocument/hover", {"textDocument": document, "position": {"line": 0, "character": 1}})
    assert client.answer(None)["error"]["code"] == -32700


@pytest.mark.parametrize("header", [b"content-length: %d\n\n", b"Content-Length:%d\r\nContent-Type: x\r\n\r\n"])
def test_headers_that_are_written_otherwise(client: Raw, header: bytes) -> None:
    body = json.dumps({"jsonrpc": "2.0", "id": 77, "method": "no/such"}).encode()
    client._to.write(header % len(body) + body)
    client._to.flush()
    assert client.answer(77)["error"]["code"] == -32602


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"a":' * 3000, b"\xff\xfe", b"1" * 5000, b"null", b"[1, 2]"])
def test_bodies_that_are_no_message(client: Raw, body: bytes) -> None:
    client.bytes(body)
    document = client.open("file:///a.rql", "runs limit 3")
    assert client.ask("textDocument/hover", {"textDocument": document, "position": {"line": 0, "character": 1}})
    assert client.answer(None)["error"]["code"] in {-32700, -32600}
