"""A client that can also say what no good client says."""

from __future__ import annotations

import json
import os
import queue
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import IO, Any

Json = dict[str, Any]
PATIENCE_SECONDS = 90


class Raw:
    """A connection to a server. What the server says unasked is kept in `notes`."""

    def __init__(self, to: IO[bytes], back: IO[bytes]) -> None:
        self._to, self._back = to, back
        self._messages: queue.Queue[Json | None] = queue.Queue()
        self._sent = 0
        self.notes: list[Json] = []
        self.hang_up: Callable[[], object] = to.close
        self._answers: dict[Any, Json] = {}
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        try:
            while True:
                length = 0
                while (line := self._back.readline()) != b"\r\n":
                    if not line:
                        return
                    if line.startswith(b"Content-Length"):
                        length = int(line.split(b":")[1])
                self._messages.put(json.loads(self._back.read(length)))
        except (OSError, ValueError):
            return  # the connection was closed under us, as a test may wish
        finally:
            self._messages.put(None)

    def bytes(self, body: bytes) -> None:
        self._to.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self._to.flush()

    def send(self, message: Mapping[str, Any]) -> None:
        self.bytes(json.dumps({"jsonrpc": "2.0", **message}).encode())

    def tell(self, method: str, params: Any = None) -> None:
        self.send({"method": method, "params": params})

    def start(self, method: str, params: Any = None) -> int:
        self._sent += 1
        self.send({"id": self._sent, "method": method, "params": params})
        return self._sent

    def take(self) -> Json:
        """The next message; requests of the server get a polite answer."""
        try:
            message = self._messages.get(timeout=PATIENCE_SECONDS)
        except queue.Empty:
            said = f"answers {self._answers}, said unasked {self.notes}"
            raise AssertionError(f"the server said nothing for {PATIENCE_SECONDS} seconds; so far: {said}") from None
        if message is None:
            raise EOFError("the server is gone")
        if "method" not in message:
            self._answers[message["id"]] = message
        else:
            self.notes.append(message)
            if "id" in message:
                self.send({"id": message["id"], "result": {"success": True}})
        return message

    def answer(self, number: int | None) -> Json:
        """The whole answer to a request."""
        while number not in self._answers:
            self.take()
        return self._answers.pop(number)

    def ask(self, method: str, params: Any = None) -> Any:
        """The result of a request; its error, if it has one."""
        found = self.answer(self.start(method, params))
        return found["error"] if "error" in found else found["result"]

    def until(self, method: str, **wanted: Any) -> Json:
        """Wait for something the server says, with these parameters."""
        while True:
            for index, note in enumerate(self.notes):
                params = note.get("params") or {}
                if note["method"] == method and wanted.items() <= params.items():
                    del self.notes[index]
                    found: Json = params
                    return found
            self.take()

    def begin(self, capabilities: Json | None = None, options: Json | None = None, root: str | None = None) -> Json:
        """Say hello as a client does."""
        given = {"processId": os.getpid(), "rootUri": root, "capabilities": capabilities or {}}
        found: Json = self.ask("initialize", {**given, "initializationOptions": options or {"source": "demo"}})
        self.tell("initialized", {})
        return found

    def open(self, uri: str, text: str, language: str = "rql") -> Json:
        item = {"uri": uri, "languageId": language, "version": 1, "text": text}
        self.tell("textDocument/didOpen", {"textDocument": item})
        return {"uri": uri}

    def change(self, uri: str, version: int, *changes: Json) -> None:
        self.tell(
            "textDocument/didChange",
            {"textDocument": {"uri": uri, "version": version}, "contentChanges": list(changes)},
        )


@contextmanager
def piped(env: Mapping[str, str] | None = None, *options: str) -> Iterator[tuple[Raw, subprocess.Popen[bytes]]]:
    """A server on the pipes of a process of ours."""
    with subprocess.Popen(
        [sys.executable, "-m", "runql", "lsp", *options],
        env={**os.environ, **(env or {})},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        try:
            yield Raw(process.stdin, process.stdout), process
        finally:
            if process.poll() is None:
                process.kill()


@contextmanager
def over_tcp() -> Iterator[tuple[Raw, subprocess.Popen[bytes]]]:
    """A server at a free port."""
    with subprocess.Popen(
        [sys.executable, "-m", "runql", "lsp", "--tcp", "127.0.0.1:0"], stderr=subprocess.PIPE
    ) as process:
        assert process.stderr is not None
        try:
            host, _, port = process.stderr.readline().decode().split()[-1].rpartition(":")
            with socket.create_connection((host, int(port)), timeout=PATIENCE_SECONDS) as connection:
                client = Raw(connection.makefile("wb"), connection.makefile("rb"))
                client.hang_up = lambda: connection.shutdown(socket.SHUT_RDWR)
                yield client, process
        finally:
            if process.poll() is None:
                process.kill()
