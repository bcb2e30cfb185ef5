"""The one file that knows httpx: bytes out, bytes back, and its exceptions as failures."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from runql.errors import Unreachable
from runql.sources.wandb.failures.failures import Failure, Fault
from runql.sources.wandb.http.bodies import read_body
from runql.sources.wandb.network.certificates import context_of
from runql.sources.wandb.network.errors import failure_of
from runql.sources.wandb.network.network import Network
from runql.text.frozen import frozen

if TYPE_CHECKING:
    import ssl

    import httpx

USER_AGENT = "RunQL (+https://pypi.org/project/runql)"
_CONNECT_SECONDS = 10.0
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
    """A pool of kept-alive connections to one base URL. Lives in one event loop.

    `most_bytes`: the largest answer that is read, unpacked.

    Raises:
        Failure: a setting of the network cannot be obeyed.
    """

    def __init__(self, base_url: str, *, attempt_seconds: float, network: Network, most: int, most_bytes: int) -> None:
        import httpx

        self._most_bytes = most_bytes
        self._network = network
        self._base_url = base_url.rstrip("/")
        self._headers = [*_given(network), *_OWN]
        context = _context(base_url, network)
        self._verifies = context is not None
        silence = httpx.Timeout(attempt_seconds, connect=min(_CONNECT_SECONDS, attempt_seconds))
        self._extensions = {"timeout": silence.as_dict()}
        # Not a client of httpx: of what that does more, from cookies to redirects, nothing is wanted here.
        self._connections = httpx.AsyncHTTPTransport(
            limits=httpx.Limits(max_connections=most, max_keepalive_connections=most),
            trust_env=False,
            # Without TLS there is nothing to verify, and reading the certificates takes longer than a request.
            verify=False if context is None else context,
            proxy=_proxy(network, context),
        )
        # What the client of a SOCKS proxy raises on an answer that it does not understand is no exception of httpx.
        is_socks = network.proxy is not None and network.proxy.is_socks
        strange = (*_socks_errors(), AssertionError, ValueError) if is_socks else ()
        self._errors: tuple[type[Exception], ...] = (httpx.HTTPError, httpx.InvalidURL, *strange)

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
        own = {name.lower() for name, _ in headers}
        every = [*(each for each in self._headers if each[0].lower() not in own), *headers]
        return await self._within(whole_seconds, self._send("POST", f"{self._base_url}{path}", every, body))

    async def get(self, url: str, whole_seconds: float) -> HttpReply:
        """A file that the server named, wherever it is: no key goes there, and no header of the settings.

        Raises:
            Failure: it did not come whole, or the way to it is less safe than that to the server.
        """
        scheme, host = urlsplit(url)[:2]
        if scheme != "https" and (scheme, host) != urlsplit(self._base_url)[:2]:
            raise Failure(Fault.REFUSED, "a file is elsewhere, and not behind TLS")
        if scheme == "https" and not self._verifies:
            raise Failure(Fault.REFUSED, "a file is behind TLS, and the server is not")
        return await self._within(whole_seconds, self._send("GET", url, _OWN, b""))

    async def _within(self, whole_seconds: float, sent: Coroutine[Any, Any, HttpReply]) -> HttpReply:
        try:
            # The timeout of httpx is one of silence: a byte now and then would go on for ever.
            async with asyncio.timeout(whole_seconds):
                return await sent
        except TimeoutError as error:
            through = "" if self._network.proxy is None else f" through {self._network.proxy}"
            raise Failure(Fault.TIMED_OUT, f"no whole answer within {whole_seconds:.3g} s{through}") from error
        except self._errors as error:
            raise failure_of(error, self._network) from error

    async def _send(self, method: str, url: str, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> HttpReply:
        import httpx

        request = httpx.Request(method, url, headers=[*headers], content=body, extensions=self._extensions)
        response = await self._connections.handle_async_request(request)
        try:
            names = {name.lower(): value for name, value in response.headers.items()}
            content = await read_body(response.aiter_raw(), names, self._most_bytes)
            return HttpReply(response.status_code, names, content)
        finally:
            await response.aclose()

    async def close(self) -> None:
        await self._connections.aclose()


def _given(network: Network) -> list[tuple[bytes, bytes]]:
    """The headers of the settings, without those that the protocol sets itself."""
    own = {name.lower() for name, _ in _OWN} | {b"content-type"}
    given = ((name.encode(), value.reveal().encode()) for name, value in network.headers)
    return [(name, value) for name, value in given if name.lower() not in own]


def _context(base_url: str, network: Network) -> ssl.SSLContext | None:
    if not base_url.startswith("https:") and not (network.proxy is not None and network.proxy.is_tls):
        return None
    try:
        return context_of(network.trust)
    except Unreachable as error:
        said = error.diagnostics[0]
        raise Failure(Fault.NETWORK, said.message, hints=said.hints) from error


def _proxy(network: Network, context: ssl.SSLContext | None) -> httpx.Proxy | None:
    import httpx

    proxy = network.proxy
    if proxy is None:
        return None
    auth = None
    if proxy.user is not None:
        auth = (proxy.user.reveal(), "" if proxy.password is None else proxy.password.reveal())
    return httpx.Proxy(proxy.address, ssl_context=context if proxy.is_tls else None, auth=auth)


def _socks_errors() -> tuple[type[Exception], ...]:
    from socksio.exceptions import SOCKSError

    return (SOCKSError,)
