"""The one file that knows httpcore: bytes out, bytes back, and its exceptions as failures."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from runql.errors import Unreachable
from runql.sources.wandb.failures.failures import Failure, Fault
from runql.sources.wandb.http.bodies import read_body
from runql.sources.wandb.network.certificates import context_of
from runql.sources.wandb.network.errors import failure_of
from runql.sources.wandb.network.network import Network
from runql.text.frozen import frozen

if TYPE_CHECKING:
    import ssl

    import httpcore

USER_AGENT = "RunQL (+https://pypi.org/project/runql)"
_CONNECT_SECONDS = 10.0
_KEEPALIVE_SECONDS = 5.0
_PORTS = {"http": 80, "https": 443}
_OWN = (
    (b"User-Agent", USER_AGENT.encode()),
    (b"Accept-Encoding", b"gzip"),
    (b"Accept", b"application/json"),
    (b"Connection", b"keep-alive"),
)


@frozen
class HttpReply:
    """An answer as it came, unzipped. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Transport:
    """Kept-alive connections to one base URL. Lives in one event loop.

    `most_bytes`: the largest answer that is read, unpacked. Each connection is a pool of its own, and the one that was
    used last is used first: a pool of several looks at all of them before and after each request.

    Raises:
        Failure: a setting of the network cannot be obeyed.
    """

    def __init__(self, base_url: str, *, attempt_seconds: float, network: Network, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._network = network
        self._context = _context(base_url, network)
        self._origin = _Origin.of(base_url)
        self._given = _given(network, self._origin)
        connect = min(_CONNECT_SECONDS, attempt_seconds)
        silence = dict.fromkeys(("read", "write", "pool"), attempt_seconds)
        self._extensions = {"timeout": {"connect": connect, **silence}}
        self._idle: list[httpcore.AsyncConnectionPool] = []
        self._errors = _errors(network)

    async def post(
        self, path: str, body: bytes, content_type: str, authorization: str | None, whole_seconds: float
    ) -> HttpReply:
        """One request, once. Its answer must be there, whole, within so many seconds.

        Raises:
            Failure: no answer came, only a part of one, or one that is too large.
        """
        headers = [(b"Content-Type", content_type.encode())]
        if authorization is not None:
            headers.append((b"Authorization", authorization.encode()))
        try:
            # The timeout of httpcore is one of silence: a byte now and then would go on for ever.
            async with asyncio.timeout(whole_seconds):
                return await self._post(path, body, headers)
        except TimeoutError as error:
            through = "" if self._network.proxy is None else f" through {self._network.proxy}"
            raise Failure(Fault.TIMED_OUT, f"no whole answer within {whole_seconds:.3g} s{through}") from error
        except self._errors as error:
            raise failure_of(error, self._network) from error

    async def _post(self, path: str, body: bytes, headers: Sequence[tuple[bytes, bytes]]) -> HttpReply:
        own = {name.lower() for name, _ in headers}
        every = [*(each for each in self._given if each[0].lower() not in own), *headers]
        url = self._origin.url(path)
        async with (
            self._connection() as connection,
            connection.stream("POST", url, headers=every, content=body, extensions=self._extensions) as response,
        ):
            names = _header_texts(response.headers)
            return HttpReply(response.status, names, await read_body(response.aiter_stream(), names, self._most_bytes))

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[httpcore.AsyncConnectionPool]:
        connection = self._idle.pop() if self._idle else self._opened()
        try:
            yield connection
        finally:
            self._idle.append(connection)

    def _opened(self) -> httpcore.AsyncConnectionPool:
        import httpcore

        return httpcore.AsyncConnectionPool(
            ssl_context=self._context,
            proxy=_proxy(self._network, self._context),
            max_connections=1,
            keepalive_expiry=_KEEPALIVE_SECONDS,
        )

    async def close(self) -> None:
        while self._idle:
            await self._idle.pop().aclose()


@frozen
class _Origin:
    """The server of a base URL. `host` is what the header says, `base` the path that all requests stand below."""

    scheme: bytes
    name: bytes
    port: int | None
    host: bytes
    base: str

    @classmethod
    def of(cls, base_url: str) -> _Origin:
        try:
            parts = urlsplit(base_url)
            port = parts.port
            name = (parts.hostname or "").encode("ascii" if (parts.hostname or "").isascii() else "idna")
        except ValueError as error:  # no port, or no name
            raise Failure(Fault.BAD_URL, str(error)) from error
        shown = b"[%b]" % name if b":" in name else name
        host = shown if port in (None, _PORTS.get(parts.scheme)) else b"%b:%d" % (shown, port)
        return cls(parts.scheme.encode(), name, port, host, quote(parts.path.rstrip("/"), safe="/%:@!$&'()*+,;=~"))

    def url(self, path: str) -> httpcore.URL:
        import httpcore

        return httpcore.URL(scheme=self.scheme, host=self.name, port=self.port, target=f"{self.base}{path}".encode())


def _header_texts(headers: Sequence[tuple[bytes, bytes]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for raw_name, raw in headers:
        name, value = raw_name.decode("latin-1").lower(), raw.decode("latin-1")
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found


def _given(network: Network, origin: _Origin) -> list[tuple[bytes, bytes]]:
    """The headers of each request: those of the settings, without those that the protocol sets itself, and our own."""
    own = {name.lower() for name, _ in _OWN} | {b"content-type", b"content-length"}
    settings = ((name.encode(), value.reveal().encode()) for name, value in network.headers)
    given = [(name, value) for name, value in settings if name.lower() not in own]
    host = [] if any(name.lower() == b"host" for name, _ in given) else [(b"Host", origin.host)]
    return [*host, *given, *_OWN]


def _context(base_url: str, network: Network) -> ssl.SSLContext | None:
    if not base_url.startswith("https:") and not (network.proxy is not None and network.proxy.is_tls):
        return None
    try:
        return context_of(network.trust)
    except Unreachable as error:
        said = error.diagnostics[0]
        raise Failure(Fault.NETWORK, said.message, hints=said.hints) from error


def _proxy(network: Network, context: ssl.SSLContext | None) -> httpcore.Proxy | None:
    import httpcore

    proxy = network.proxy
    if proxy is None:
        return None
    auth = None
    if proxy.user is not None:
        password = "" if proxy.password is None else proxy.password.reveal()
        auth = (proxy.user.reveal().encode(), password.encode())
    url = _Origin.of(proxy.address).url("/")
    return httpcore.Proxy(url, auth=auth, ssl_context=context if proxy.is_tls else None)


def _errors(network: Network) -> tuple[type[Exception], ...]:
    """What a request raises that fails."""
    import httpcore

    known = (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException)
    own = (*known, httpcore.ProxyError, httpcore.UnsupportedProtocol)
    if network.proxy is None or not network.proxy.is_socks:
        return own
    from socksio.exceptions import SOCKSError

    # What the client of a SOCKS proxy raises on an answer that it does not understand is no exception of httpcore.
    return (*own, SOCKSError, AssertionError, ValueError)
