"""Proxies on loopback: CONNECT and plain HTTP, by TLS and with a password, and SOCKS 5; each as it may go wrong."""

from __future__ import annotations

import base64
import contextlib
import select
import socket
import ssl
import struct
import threading
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

_END = b"\r\n\r\n"


@dataclass
class Manner:
    """How a proxy behaves. `answer`: what it says to whoever asks, in place of opening a tunnel. `hangs`: it says
    nothing. `login`: `user:password` that it asks for. `names`: where it leads hosts and ports that are not there."""

    answer: bytes | None = None
    hangs: bool = False
    login: str | None = None
    names: dict[str, int] = field(default_factory=dict)


class _Listener:
    """A socket on loopback and a thread for each connection."""

    def __init__(self, manner: Manner | None = None, tls: ssl.SSLContext | None = None) -> None:
        self.manner = manner if manner is not None else Manner()
        self.heads: list[bytes] = []
        self._tls = tls
        self._closed = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._closed.set()
        self._socket.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._socket.accept()
                threading.Thread(target=self._meet, args=(client,), daemon=True).start()

    def _meet(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError, ssl.SSLError), client:
            client.settimeout(10)
            if self._tls is None:
                self.serve(client)
            else:
                with self._tls.wrap_socket(client, server_side=True) as secure:
                    self.serve(secure)

    def serve(self, client: socket.socket) -> None:
        raise NotImplementedError

    def lead(self, host: str, port: int) -> socket.socket:
        """The way on: to the port of loopback that a name stands for."""
        return socket.create_connection(("127.0.0.1", self.manner.names.get(host, port)), timeout=10)

    def rest(self) -> None:
        """Says nothing, until the proxy is closed."""
        self._closed.wait(30)


class HttpProxy(_Listener):
    """`heads`: the head of each request that came to the proxy itself."""

    @property
    def url(self) -> str:
        return f"{'http' if self._tls is None else 'https'}://127.0.0.1:{self.port}"

    def serve(self, client: socket.socket) -> None:
        head = _read_head(client)
        if not head:
            return
        self.heads.append(head)
        if self.manner.hangs:
            self.rest()
            return
        if self.manner.answer is not None:
            client.sendall(self.manner.answer)
            return
        if not self._is_let_in(head):
            client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            return
        method, target, _ = head.split(b"\r\n", 1)[0].decode().split(" ")
        if method == "CONNECT":
            host, _, port = target.rpartition(":")
            with self.lead(host.strip("[]"), int(port)) as server:
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                _pass_on(client, server)
            return
        host, _, port = target.removeprefix("http://").partition("/")[0].rpartition(":")
        with self.lead(host.strip("[]"), int(port)) as server:
            path = "/" + target.removeprefix("http://").partition("/")[2]
            server.sendall(head.replace(target.encode(), path.encode(), 1))
            _pass_on(client, server)

    def _is_let_in(self, head: bytes) -> bool:
        if self.manner.login is None:
            return True
        wanted = b"basic " + base64.b64encode(self.manner.login.encode()).lower()
        return any(line.lower() == b"proxy-authorization: " + wanted for line in head.split(b"\r\n"))


class SocksProxy(_Listener):
    """SOCKS 5. `asked`: the hosts and ports that it was asked for."""

    def __init__(self, manner: Manner | None = None) -> None:
        self.asked: list[tuple[str, int]] = []
        super().__init__(manner)

    @property
    def url(self) -> str:
        return f"socks5://127.0.0.1:{self.port}"

    def serve(self, client: socket.socket) -> None:
        client.recv(262)
        if self.manner.hangs:
            self.rest()
            return
        if self.manner.answer is not None:
            client.sendall(self.manner.answer)
            return
        if self.manner.login is not None:
            client.sendall(b"\x05\x02")
            said = client.recv(600)
            user = said[2 : 2 + said[1]]
            password = said[3 + said[1] :]
            is_in = f"{user.decode()}:{password.decode()}" == self.manner.login
            client.sendall(b"\x01\x00" if is_in else b"\x01\x01")
            if not is_in:
                return
        else:
            client.sendall(b"\x05\x00")
        asked = client.recv(600)
        host = asked[5 : 5 + asked[4]].decode() if asked[3] == 3 else socket.inet_ntoa(asked[4:8])
        port = struct.unpack(">H", asked[-2:])[0]
        self.asked.append((host, port))
        try:
            server = self.lead(host, port)
        except OSError:
            client.sendall(b"\x05\x05\x00\x01\x00\x00\x00\x00\x00\x00")
            return
        with server:
            client.sendall(b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")
            _pass_on(client, server)


def _read_head(client: socket.socket) -> bytes:
    held = b""
    while _END not in held:
        came = client.recv(65536)
        if not came:
            return b""
        held += came
    return held


def _pass_on(client: socket.socket, server: socket.socket) -> None:
    """Both ways in one thread, until one side ends: a socket with TLS must not be read while it is written."""
    other = {client: server, server: client}
    while True:
        waiting = [one for one in other if isinstance(one, ssl.SSLSocket) and one.pending()]
        ready = waiting or select.select([*other], [], [], 10)[0]
        if not ready:
            return
        for source in ready:
            came = source.recv(65536)
            if not came:
                return
            other[source].sendall(came)
