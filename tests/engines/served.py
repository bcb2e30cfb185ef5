"""ClickHouse's HTTP protocol on loopback, in front of chdb: what a client sends is what ClickHouse itself is asked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

_OF_HTTP = frozenset(
    {"client_protocol_version", "compress", "query", "session_id", "query_id", "database", "wait_end_of_query"}
)
"""Parameters that are no settings of a query."""
_OF_HTTP_PREFIXES = ("send_progress", "http_", "enable_http", "cancel_http")


class ServedClickHouse:
    """A server; `password` is what it takes, `asked` the statements that it got."""

    def __init__(self, connection: Any, password: str) -> None:
        self.asked: list[str] = []
        self._connection = connection
        self._password = password
        self._lock = Lock()

    def answer(self, path: str, body: bytes, headers: Any) -> tuple[int, bytes]:
        """The status and the bytes of an answer."""
        if (
            self._password
            and headers.get("X-ClickHouse-Key") != self._password
            and self._basic(headers) != self._password
        ):
            return 403, b"Code: 516. DB::Exception: Authentication failed"
        given = dict(parse_qsl(urlsplit(path).query, keep_blank_values=True))
        sql = given.get("query", "") + body.decode()
        self.asked.append(sql)
        settings = {k: v for k, v in given.items() if k not in _OF_HTTP and not k.startswith(_OF_HTTP_PREFIXES)}
        with self._lock:
            try:
                for name, value in settings.items():
                    self._connection.query(f"SET {name} = '{value}'")
                return 200, self._connection.query(sql, "TabSeparated").bytes()
            except Exception as error:  # noqa: BLE001 - whatever it says is the answer
                return 500, str(error).encode()

    @staticmethod
    def _basic(headers: Any) -> str:
        from base64 import b64decode

        given = headers.get("Authorization", "").removeprefix("Basic ")
        return b64decode(given).decode().partition(":")[2] if given else ""


@contextmanager
def served(connection: Any, password: str = "") -> Iterator[tuple[str, ServedClickHouse]]:
    """A server on loopback, and its `HOST:PORT`."""
    clickhouse = ServedClickHouse(connection, password)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._reply(b"")

        def do_POST(self) -> None:
            self._reply(self.rfile.read(int(self.headers.get("Content-Length", 0))))

        def _reply(self, body: bytes) -> None:
            status, content = clickhouse.answer(self.path, body, self.headers)
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("X-ClickHouse-Summary", "{}")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args: object) -> None:
            """Nothing is written."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}", clickhouse
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
