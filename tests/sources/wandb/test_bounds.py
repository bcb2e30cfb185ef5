"""Answers without an end, or larger than any memory: an error that names the bound, never a Python exception."""

from __future__ import annotations

import base64
import gc
import gzip
import itertools
import json
import threading
import time
import tracemalloc
import zlib
from collections.abc import Iterable
from dataclasses import replace

import pytest

from runql.errors import BackendError, RunQLError, ServerError, Unreachable
from runql.session import Result, Session
from runql.sources.protocol import PageRequest
from runql.sources.wandb import Credentials, LineSettings, ServiceOptions, WandbService
from runql.sources.wandb.http import client
from runql.text.source import Source
from tests.server import Knobs
from tests.server.raw import Pieces, raw_server, response
from tests.server.samples import vision
from tests.sources.wandb.conftest import Connect, Serve

PAGE = PageRequest(entity="acme", project="vision", per_page=10)
MB = 1_000_000
LINE = LineSettings(
    attempt_seconds=100, whole_seconds=100, most_bytes=2 * MB, backoff_seconds=0.01, give_up_seconds=0.3
)
"""The bytes end it, on any machine."""

SHORT = replace(LINE, attempt_seconds=5, whole_seconds=0.5)
"""The time ends it."""


def failure_on(pieces: Pieces, line: LineSettings = LINE) -> BackendError:
    with raw_server(pieces) as url:
        service = WandbService(Credentials(url), ServiceOptions(line=line))
        try:
            with pytest.raises(BackendError) as caught:
                service.runs_page(PAGE)
        finally:
            service.close()
    return caught.value


def code_of(error: BackendError) -> str:
    return error.diagnostics[0].code


def bomb(megabytes: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join([*(packer.compress(b" " * MB) for _ in range(megabytes)), packer.flush()])


def measured(body: bytes) -> tuple[BackendError, int]:
    """How an answer fails, and the most memory that it took. What is loaded with the first failure is no part of it."""
    failure_on(lambda: [response(b"{}", "Content-Encoding: br")])
    gc.collect()
    tracemalloc.start()
    try:
        error = failure_on(lambda: [body])
        return error, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("value", [b"{}", b"[]", b"1"])
def test_values_of_two_bytes_are_bounded_too(value: bytes) -> None:
    body = response(b'{"data":{"project":[' + (value + b",") * 500_000 + b"1]}}")
    error, peak = measured(body)
    assert code_of(error) == "RQL410"
    assert "more than 125,000 values" in str(error)
    assert peak < 60 * MB  # of nine attempts, whose frames the collector has not come to yet


def test_a_gzip_bomb_takes_no_more_memory_than_the_bound() -> None:
    body = response(bomb(200), "Content-Encoding: gzip")
    error, peak = measured(body)
    assert code_of(error) == "RQL410"
    assert "more than 2 MB" in str(error)
    assert any("RUNQL_MAX_ANSWER_MB" in hint for hint in error.diagnostics[0].hints)
    assert peak < 60 * MB  # of nine attempts, whose frames the collector has not come to yet


def test_gzip_in_gzip_is_not_unpacked_twice() -> None:
    body = response(gzip.compress(bomb(200)), "Content-Encoding: gzip, gzip")
    error = failure_on(lambda: [body])
    assert code_of(error) == "RQL405"
    assert "packed as `gzip, gzip`" in str(error)


@pytest.mark.parametrize("packing", ["br", "zstd", "compress", "\x01gzip", "gzip, identity, deflate"])
def test_a_packing_that_nobody_asked_for(packing: str) -> None:
    assert code_of(failure_on(lambda: [response(b"{}", f"Content-Encoding: {packing}")])) in ("RQL404", "RQL405")


def test_a_length_that_says_too_much() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"
    assert code_of(failure_on(lambda: [head, b"{"])) == "RQL410"


def endless(head: bytes, piece: bytes, pause: float = 0.0) -> Pieces:
    def pieces() -> Iterable[bytes]:
        yield head
        for _ in itertools.count():
            time.sleep(pause)
            yield piece

    return pieces


def test_a_body_in_chunks_without_an_end() -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert code_of(failure_on(endless(head, b"10000\r\n" + b" " * 65536 + b"\r\n"))) == "RQL410"


@pytest.mark.parametrize(
    "pieces",
    [
        endless(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n", 0.02),
        endless(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", b" ", 0.02),
        endless(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n", 0.001),
        endless(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n", 0.02),
    ],
    ids=["chunks", "length", "hints", "headers"],
)
def test_a_byte_now_and_then_ends_with_the_time_for_one_answer(pieces: Pieces) -> None:
    error = failure_on(pieces, SHORT)
    assert isinstance(error, Unreachable)
    assert "no whole answer within 0.5 s" in str(error)
    assert any("--timeout" in hint for hint in error.diagnostics[0].hints)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\nConnection: close\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\n" + b"X: " + b"y" * 1_000_000 + b"\r\n\r\n{}",
        b"HTTP/0.9 200 OK\r\n\r\n{}",
        b'{"data": {}}',
        b"\x00\xff\xfe",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}",
        response(gzip.compress(b'{"data": {"project": null}}')[:-10], "Content-Encoding: gzip"),
        response(b"no gzip", "Content-Encoding: gzip"),
        response(b"", status="204 No Content"),
        response(b"{}", "Location: http://127.0.0.1:1/", status="302 Found"),
        response(b"\xef\xbb\xbf[]"),
        response(b"[" * 100_000),
        response(b"[]"),
        response(b"null"),
        response(b"1" * 5000),
        response(b'{"data": null, "errors": []}'),
        response(b'{"data": null, "errors": [null]}'),
        response(b'{"data": null, "errors": {"a": ["b"]}}'),
        response(b'{"data": null, "errors": [[["deep"]]]}'),
        response(b'{"data": [], "errors": "text"}'),
        response(b'{"data": {"project": {"runs": {"edges": []}}}, "errors": [{"message": {"a": 1}}]}'),
        response(b"{}", "Retry-After: -1", status="429 Too Many"),
        response(b"{}", "Retry-After: NaN", status="429 Too Many"),
        response(b"{}", "Retry-After: 1e999", status="503 Busy"),
        response(b"{}", "Retry-After: 1000000000", status="429 Too Many"),
        response(b"{}", "Retry-After: Fri, 31 Dec 99999 23:59:59 GMT", status="429 Too Many"),
        response(b"{}", "RateLimit-Remaining: 0", "RateLimit-Reset: 1e400", status="429 Too Many"),
    ],
    ids=range(29),
)
def test_whatever_comes_is_an_error_of_ours(answer: bytes) -> None:
    def once() -> Iterable[bytes]:
        yield answer
        raise OSError("the connection is closed")

    assert code_of(failure_on(once)) in ("RQL402", "RQL403", "RQL404", "RQL405")


def test_a_page_that_is_too_large_comes_in_halves(serve: Serve, connect: Connect) -> None:
    store = vision(60, 40)
    for run in store.projects["acme", "vision"]:
        run["notes"] = "n" * 200_000
    server = serve(store, Knobs(gzip=True))
    service = connect(server, line=LineSettings(most_bytes=3 * MB, backoff_seconds=0.01))
    page = service.runs_page(PageRequest(entity="acme", project="vision", per_page=60))
    assert len(page.runs) == 60
    with pytest.raises(ServerError) as caught:
        connect(server, line=LineSettings(most_bytes=100_000)).runs_page(PAGE)
    assert code_of(caught.value) == "RQL410"


def test_a_thread_that_waits_is_the_only_one(serve: Serve, connect: Connect) -> None:
    """What was cut off leaves no request behind."""
    before = threading.active_count()
    failure_on(endless(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", b" ", 0.01), SHORT)
    assert len(connect(serve()).runs_page(PAGE).runs) == 10
    assert threading.active_count() <= before + 5


@pytest.mark.parametrize("cursors", [["same"], ["a", "b"], ["n"], [None]], ids=str)
@pytest.mark.parametrize("what", ["sweeps", "projects"])
def test_pages_without_an_end(monkeypatch: pytest.MonkeyPatch, what: str, cursors: list[str | None]) -> None:
    """Whoever says for ever that there is more, and gives the same or nothing, is not asked for ever."""
    from tests.sources.wandb.in_process import InProcess

    turn = itertools.cycle(cursors)

    def more(number: int, body: bytes) -> bytes:
        document = json.loads(body)
        data = document["data"]
        connection = data["models"] if "models" in data else data["project"]["sweeps"]
        cursor = next(turn)
        connection["pageInfo"] = {"endCursor": f"n{number}" if cursor == "n" else cursor, "hasNextPage": True}
        return json.dumps(document).encode()

    server = InProcess(vision(5, 3), more, pages=False)
    monkeypatch.setattr(client, "Transport", server)
    service = WandbService(Credentials("http://127.0.0.1:9"), ServiceOptions("", "acme", "vision", line=LINE))
    with pytest.raises(ServerError, match="says that there are more"):
        list(service.sweeps("acme", "vision") if what == "sweeps" else service.projects("acme"))
    assert server.asked <= 3
    service.close()


@pytest.mark.parametrize("edges", ["none", "same"])
@pytest.mark.parametrize("cursor", [None, "same", "new", "far"])
def test_runs_without_an_end(monkeypatch: pytest.MonkeyPatch, edges: str, cursor: str | None) -> None:
    from tests.sources.wandb.in_process import InProcess

    def more(number: int, body: bytes) -> bytes:
        document = json.loads(body)
        runs = document["data"]["project"]["runs"]
        if edges == "none" and number:
            runs["edges"] = []
        far = base64.b64encode(b"arrayconnection:99999999999999999999").decode()
        runs["pageInfo"] = {
            "endCursor": {"new": f"n{number}", "far": far}.get(str(cursor), cursor),
            "hasNextPage": True,
        }
        for edge in runs["edges"]:
            edge["cursor"] = runs["pageInfo"]["endCursor"]
        return json.dumps(document).encode()

    server = InProcess(vision(5, 3), more, pages=False)
    monkeypatch.setattr(client, "Transport", server)
    service = WandbService(Credentials("http://127.0.0.1:9"), ServiceOptions("", "acme", "vision", line=LINE))
    session = Session(service)
    for query in ("runs", "runs order summary.loss", "count runs where config.lr > 0", "show fields"):
        server.forget()
        try:
            (result,) = session.run(Source(query), {})
            assert isinstance(result, Result)
            assert len(result.frame) <= 100
        except RunQLError as error:
            assert error.diagnostics[0].code != "RQL901"
        assert server.asked < 60, query
    service.close()


@pytest.mark.parametrize("query", ["run run00002 keys loss scan", "run run00002 keys loss"])
def test_rows_that_the_server_counts_and_does_not_give(monkeypatch: pytest.MonkeyPatch, query: str) -> None:
    from tests.sources.wandb.in_process import InProcess

    def without(_: int, body: bytes) -> bytes:
        document = json.loads(body)
        for edge in (document["data"]["project"].get("runs") or {}).get("edges", ()):
            for rows in edge["node"].get("sampledHistory") or ():
                rows[:] = []
        return json.dumps(document).encode()

    for change, said in ((without, ["RQL412"]), (lambda _, body: body, [])):
        monkeypatch.setattr(client, "Transport", InProcess(vision(5, 30), change))
        service = WandbService(Credentials("http://127.0.0.1:9"), ServiceOptions("", "acme", "vision", line=LINE))
        (result,) = Session(service).run(Source(query), {})
        assert isinstance(result, Result)
        assert len(result.frame) == (0 if said else 30)
        found = [notice for notice in result.notices if notice.code == "RQL412"]
        assert [notice.code for notice in found] == said
        assert not said or "counts 30 rows of `loss` in run `run00002`, and gives 0" in found[0].message
        service.close()


def test_rows_that_lack_the_x_axis_are_not_held_against_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.sources.wandb.in_process import InProcess

    monkeypatch.setattr(client, "Transport", InProcess(vision(120, 3), lambda _, body: body))
    service = WandbService(Credentials("http://127.0.0.1:9"), ServiceOptions("", "acme", "vision", line=LINE))
    (result,) = Session(service).run(Source("run run00002 keys loss x nothing"), {})
    assert isinstance(result, Result)
    assert not len(result.frame)
    codes = [notice.code for notice in result.notices]
    assert "RQL508" in codes
    assert "RQL412" not in codes
    service.close()
