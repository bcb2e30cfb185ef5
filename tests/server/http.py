"""The HTTP side: keep-alive, gzip, credentials, faults, and a record of every request."""

from __future__ import annotations

import base64
import contextlib
import gzip
import json
import socket
import ssl
import threading
from collections import Counter
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs

from graphql import GraphQLError, OperationDefinitionNode, parse

from tests.server import exports, graph
from tests.server.faults import Fault, Knobs, Seen
from tests.server.store import Store

VIEWER = {"id": "VXNlcjox", "name": "Ada", "username": "ada", "entity": "acme", "email": "ada@example.org"}
ACCESS_TOKEN = "exchanged-token"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    owner: LoopbackServer

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Nothing: tests read `LoopbackServer.seen`."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/oidc/token":
            self._exchange(body)
        elif self.path == "/graphql":
            self._graphql(body)
        else:
            self._send(200 if self.path.startswith("/sdk/") else 404, b"{}")

    def do_GET(self) -> None:
        """The file of an export; to whoever comes with a key it is refused, for the address alone opens it."""
        place = self.path.split("/")[1:]
        if len(place) != 5 or place[0] != "exports":
            self._send(404, b'{"error": "not found"}')
            return
        index = self._record(Seen("export", {}, dict(self.headers), "", self.path))
        run = self.owner.store.find((place[1], place[2]), place[3])
        if "Authorization" in self.headers or run is None:
            self._send(403, b"{}", None, index)
            return
        fault = self.owner.knobs.fault_for(self.owner.seen[index]) if self.owner.knobs.fault_for else None
        if fault is not None and fault.kind == "drop":
            self._drop()
            return
        self._send(200, exports.file(run, int(place[4].partition(".")[0]), self.owner.knobs), fault, index)

    def _exchange(self, body: bytes) -> None:
        form = parse_qs(body.decode())
        self._record(Seen("oidc", form, dict(self.headers), body.decode(), self.path))
        token = self.owner.knobs.identity_token
        if token is None or form.get("assertion") != [token]:
            self._send(401, b'{"error": "invalid_grant"}')
            return
        self._send(200, json.dumps({"access_token": ACCESS_TOKEN, "expires_in": 3600}).encode())

    def _record(self, seen: Seen) -> int:
        with self.owner.lock:
            self.owner.seen.append(seen)
            return len(self.owner.seen) - 1

    def _graphql(self, body: bytes) -> None:
        owner, knobs = self.owner, self.owner.knobs
        try:
            request = json.loads(body)
        except ValueError:
            self._send(400, b'{"error": "malformed body"}')
            return
        name = operation_name(str(request.get("query", "")))
        seen = Seen(name, request.get("variables") or {}, dict(self.headers), body.decode(), self.path)
        index = self._record(seen)
        if knobs.latency_seconds:
            owner.stopping.wait(knobs.latency_seconds)
        if knobs.before is not None:
            knobs.before(seen)
        with owner.lock:
            scripted = bool(knobs.script)
            fault = knobs.script.popleft() if scripted else None
        if not scripted and knobs.fault_for is not None:
            fault = knobs.fault_for(seen)
        if fault is not None and fault.kind == "drop":
            self._drop()
            return
        if fault is not None and fault.kind in ("status", "errors"):
            self._send(fault.status, fault.body.encode(), fault, index)
            return
        if fault is not None and fault.kind == "slow":
            owner.stopping.wait(fault.seconds)
        if self.headers.get("Content-Type", "").split(";")[0] != "application/json":
            self._send(415, b'{"error": "unsupported media type"}', None, index)
            return
        allowed, viewer = self._who()
        if not allowed:
            self._send(401, b'{"error": "invalid credentials"}', None, index)
            return
        status, answer = graph.answer(owner.store, knobs, request, viewer)
        if knobs.max_body is not None and len(answer) > knobs.max_body:
            status, answer = 504, b'{"errors": [{"message": "context deadline exceeded"}], "data": null}'
        self._send(status, answer, fault, index)

    def _who(self) -> tuple[bool, Any]:
        header = self.headers.get("Authorization")
        if header is None:
            return self.owner.knobs.public, None
        if header == f"Bearer {ACCESS_TOKEN}":
            return True, VIEWER
        if not header.startswith("Basic "):
            return False, None
        _, _, key = base64.b64decode(header.removeprefix("Basic ")).decode().partition(":")
        return self.owner.knobs.key in (None, key), VIEWER

    def _drop(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def _send(self, status: int, body: bytes, fault: Fault | None = None, index: int | None = None) -> None:
        squeezed = "gzip" in self.headers.get("Accept-Encoding", "") and self.owner.knobs.gzip and len(body) > 1400
        payload = gzip.compress(body, 1) if squeezed else body
        if index is not None:
            with self.owner.lock:
                self.owner.seen[index] = replace(self.owner.seen[index], sent_bytes=len(payload), status=status)
        self.send_response(status)
        self.send_header("Content-Type", fault.content_type if fault is not None else "application/json")
        self.send_header("Content-Length", str(len(payload)))
        if squeezed:
            self.send_header("Content-Encoding", "gzip")
        for name, value in (fault.headers if fault is not None else {}).items():
            self.send_header(name, value)
        self.end_headers()
        if fault is not None and fault.kind == "cut":
            self.wfile.write(payload[: len(payload) // 2])
            self.wfile.flush()
            self._drop()
            return
        self.wfile.write(payload)


def operation_name(text: str) -> str:
    """The name of the first operation, or the first field where it has none."""
    try:
        document = parse(text)
    except GraphQLError:
        return "?"
    for node in document.definitions:
        if isinstance(node, OperationDefinitionNode):
            return node.name.value if node.name else ""
    return "?"


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no event; anything else is kept for the test to see."""
        import sys

        error = sys.exc_info()[1]
        if not isinstance(error, ConnectionError | TimeoutError):
            self.failures.append(error)

    failures: list[BaseException | None]
    tls: ssl.SSLContext | None

    def finish_request(self, request: Any, client_address: Any) -> None:
        """In the thread of the connection: a client that does not trust the certificate hangs up in the handshake."""
        if self.tls is None:
            super().finish_request(request, client_address)
            return
        request.settimeout(10)
        try:
            secure = self.tls.wrap_socket(request, server_side=True)
        except (ssl.SSLError, OSError):
            return
        with secure:
            super().finish_request(secure, client_address)


class _HttpOfSix(_Http):
    address_family = socket.AF_INET6


class LoopbackServer:
    """A server in a thread. Use as a context; `base_url` is where it answers, `seen` every request that came.

    `tls`: speak TLS with this context. `host`: another address of loopback.
    """

    def __init__(
        self,
        store: Store | None = None,
        knobs: Knobs | None = None,
        port: int = 0,
        *,
        tls: ssl.SSLContext | None = None,
        host: str = "127.0.0.1",
    ) -> None:
        self.store = store or Store()
        self.knobs = knobs or Knobs()
        self.seen: list[Seen] = []
        self.lock = threading.Lock()
        self.stopping = threading.Event()
        handler = type("Handler", (_Handler,), {"owner": self})
        self._http = (_HttpOfSix if ":" in host else _Http)((host, port), handler)
        self._http.failures = []
        self._http.tls = tls
        self._scheme = "http" if tls is None else "https"
        self._shown = f"[{host}]" if ":" in host else host
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def base_url(self) -> str:
        return f"{self._scheme}://{self._shown}:{self.port}"

    @property
    def port(self) -> int:
        return int(self._http.server_address[1])

    @property
    def operations(self) -> Counter[str]:
        """How often each operation was asked for."""
        with self.lock:
            return Counter(seen.operation for seen in self.seen)

    @property
    def failures(self) -> list[BaseException | None]:
        """Exceptions in the server's own code: a test should find none."""
        return self._http.failures

    def forget(self) -> None:
        """Empties the record of requests."""
        with self.lock:
            self.seen.clear()

    def start(self) -> Self:
        self._thread.start()
        return self

    def stop(self) -> None:
        """Ends it, and every answer that it holds back."""
        self.stopping.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.stop()
