"""The one file that knows httpx: bytes out, bytes back, and its exceptions as failures.

A body is unpacked as it comes, and no further than is allowed: httpx would unpack all that a server sends, as often as
its `Content-Encoding` says, and four megabytes become gigabytes.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from runql.errors import Unreachable
from runql.sources.wandb.failures.failures import Failure, Fault, clean
from runql.sources.wandb.network.errors import failure_of
from runql.sources.wandb.network.network import Network
from runql.text.frozen import frozen

if TYPE_CHECKING:
    import ssl

    import httpx

    from runql.sources.wandb.network.proxies import Proxy

USER_AGENT = "RunQL (+https://pypi.org/project/runql)"
MEGABYTE: Final = 1_000_000
_CONNECT_SECONDS = 10.0
_STEP_BYTES = 1_048_576
_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS
_PLAIN: Final = ("", "identity")
_PACKED: Final = ("gzip", "x-gzip", "deflate")
_BYTES_OF_A_VALUE = 16
"""So many bytes a value has at least, on average over an answer that is as large as is allowed."""

_OWN = (
    (b"User-Agent", USER_AGENT.encode()),
    (b"Accept-Encoding", b"gzip"),
    (b"Accept", b"application/json"),
    (b"Connection", b"keep-alive"),
)


@frozen
class LineSettings:
    """`attempt_seconds`: the longest silence in one attempt. `whole_seconds`: the longest time that one answer may take
    to come whole; a later deadline allows more. `most_bytes`: the largest answer, unpacked. `patience_seconds`: the
    longest wait that a server may ask for. `backoff_seconds`: the first pause after a failure. `give_up_seconds`: how
    long to ask again, without a deadline, while nothing gets through."""

    attempt_seconds: float = 60.0
    whole_seconds: float = 120.0
    most_bytes: int = 128 * MEGABYTE
    patience_seconds: float = 120.0
    backoff_seconds: float = 0.5
    give_up_seconds: float = 120.0
    most_at_once: int = 8


@frozen
class HttpReply:
    """An answer as it came, unzipped. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Transport:
    """A pool of kept-alive connections to one base URL. Lives in one event loop.

    Raises:
        Failure: a setting of the network cannot be obeyed.
    """

    def __init__(self, base_url: str, network: Network, settings: LineSettings) -> None:
        import httpx

        self._most_bytes = settings.most_bytes
        self._network = network
        self._base_url = base_url.rstrip("/")
        own = {name.lower() for name, _ in _OWN} | {b"content-type"}
        given = [(name.encode(), value.reveal().encode()) for name, value in network.headers]
        # Of the headers of the settings those do not count that the protocol sets itself.
        self._headers = [*(each for each in given if each[0].lower() not in own), *_OWN]
        proxy = network.proxy
        is_tls = base_url.startswith("https:") or (proxy is not None and proxy.is_tls)
        # Without TLS there is nothing to verify, and reading the certificates takes longer than a request.
        context = _context(network) if is_tls else None
        self._verifies = is_tls
        silence = settings.attempt_seconds
        timeout = httpx.Timeout(silence, connect=min(_CONNECT_SECONDS, silence))
        self._extensions = {"timeout": timeout.as_dict()}
        # Not a client of httpx: of what that does more, from cookies to redirects, nothing is wanted here.
        self._connections = httpx.AsyncHTTPTransport(
            limits=httpx.Limits(max_connections=settings.most_at_once, max_keepalive_connections=settings.most_at_once),
            trust_env=False,
            verify=False if context is None else context,
            proxy=None if proxy is None else _proxy(proxy, context),
        )
        # What the client of a SOCKS proxy raises on an answer that it does not understand is no exception of httpx.
        strange = (*_socks_errors(), AssertionError, ValueError) if proxy is not None and proxy.is_socks else ()
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
        return await self._answered("POST", f"{self._base_url}{path}", every, body, whole_seconds)

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
        return await self._answered("GET", url, _OWN, b"", whole_seconds)

    async def _answered(
        self, method: str, url: str, headers: Sequence[tuple[bytes, bytes]], body: bytes, whole_seconds: float
    ) -> HttpReply:
        import httpx

        try:
            # The timeout of httpx is one of silence: a byte now and then would go on for ever.
            async with asyncio.timeout(whole_seconds):
                request = httpx.Request(method, url, headers=[*headers], content=body, extensions=self._extensions)
                response = await self._connections.handle_async_request(request)
                try:
                    names = {name.lower(): value for name, value in response.headers.items()}
                    content = await read_body(response.aiter_raw(), names, self._most_bytes)
                finally:
                    await response.aclose()
        except TimeoutError as error:
            through = "" if self._network.proxy is None else f" through {self._network.proxy}"
            raise Failure(Fault.TIMED_OUT, f"no whole answer within {whole_seconds:.3g} s{through}") from error
        except self._errors as error:
            raise failure_of(error, self._network) from error
        return HttpReply(response.status_code, names, content)

    async def close(self) -> None:
        await self._connections.aclose()


async def read_body(pieces: AsyncIterator[bytes], headers: Mapping[str, str], most: int) -> bytes:
    """The whole body, unpacked: of gzip, of one part or several, or of zlib's own form ("deflate").

    Raises:
        Failure: it is larger than `most` bytes, holds more values than such an answer may, is packed as nobody asked
            for, or breaks off.
    """
    said = headers.get("content-encoding", "").strip().lower()
    if said not in _PLAIN and said not in _PACKED:
        raise Failure(Fault.NOT_JSON, f"an answer packed as `{clean(said)[:40]}`, where gzip was asked for")
    if said in _PLAIN and _said_length(headers) > most:
        raise too_large(most)
    packed = None if said in _PLAIN else zlib.decompressobj(_GZIP_OR_ZLIB)
    has_begun = False
    body = bytearray()
    async for piece in pieces:
        rest = piece
        while rest:
            if packed is None:
                body += rest[: most + 1 - len(body)]
                rest = b""
            else:
                packed = zlib.decompressobj(_GZIP_OR_ZLIB) if packed.eof else packed
                try:
                    body += packed.decompress(rest, min(_STEP_BYTES, most + 1 - len(body)))
                except zlib.error as error:
                    raise Failure(Fault.BROKEN, clean(str(error))) from error
                rest, has_begun = packed.unconsumed_tail or packed.unused_data, True
            if len(body) > most:
                raise too_large(most)
    if packed is not None and has_begun and not packed.eof:
        raise Failure(Fault.BROKEN, "the answer breaks off within its gzip")
    # A record without anything is two bytes here and 64 when it is read, so values are counted too, from above: what
    # is between commas and brackets, those of texts among them.
    most_values = most // _BYTES_OF_A_VALUE
    if len(body) > most_values and sum(map(body.count, (b",", b"{", b"["))) > most_values:
        raise Failure(Fault.TOO_LARGE, f"more than {most_values:,} values")
    return bytes(body)


def _said_length(headers: Mapping[str, str]) -> int:
    text = headers.get("content-length", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0


def too_large(most: int) -> Failure:
    """The failure that an answer of more than so many bytes is."""
    return Failure(Fault.TOO_LARGE, f"more than {most / MEGABYTE:g} MB unpacked")


def _context(network: Network) -> ssl.SSLContext:
    from runql.sources.wandb.network.certificates import context_of

    try:
        return context_of(network.trust)
    except Unreachable as error:
        said = error.diagnostics[0]
        raise Failure(Fault.NETWORK, said.message, hints=said.hints) from error


def _proxy(proxy: Proxy, context: ssl.SSLContext | None) -> httpx.Proxy:
    import httpx

    auth = None
    if proxy.user is not None:
        auth = (proxy.user.reveal(), "" if proxy.password is None else proxy.password.reveal())
    return httpx.Proxy(proxy.address, ssl_context=context if proxy.is_tls else None, auth=auth)


def _socks_errors() -> tuple[type[Exception], ...]:
    from socksio.exceptions import SOCKSError

    return (SOCKSError,)
