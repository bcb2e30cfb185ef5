"""The one file that knows httpx: bytes out, bytes back, and its exceptions as failures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from runql.backends.wandb.failures import EXCEPTIONS, Failure, Kind, clean
from runql.text.frozen import frozen

if TYPE_CHECKING:
    import httpx

USER_AGENT = "RunQL (+https://pypi.org/project/runql)"
_CONNECT_SECONDS = 10.0


@frozen
class Reply:
    """An answer as it came, unzipped. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Transport:
    """A pool of kept-alive connections to one base URL. Lives in one event loop."""

    def __init__(self, base_url: str, *, attempt_seconds: float, is_loopback: bool, most: int) -> None:
        import httpx

        self._httpx = httpx
        self._client = httpx.AsyncClient(
            base_url=base_url,
            headers={"User-Agent": USER_AGENT, "Accept-Encoding": "gzip", "Accept": "application/json"},
            timeout=httpx.Timeout(attempt_seconds, connect=min(_CONNECT_SECONDS, attempt_seconds)),
            limits=httpx.Limits(max_connections=most, max_keepalive_connections=most),
            follow_redirects=False,
            trust_env=not is_loopback,
            # Without TLS there is nothing to verify, and reading the certificates takes longer than a request.
            verify=base_url.startswith("https:"),
        )

    async def post(
        self, path: str, body: bytes, content_type: str, authorization: str | None, timeout_seconds: float | None = None
    ) -> Reply:
        """One request, once.

        Raises:
            Failure: no answer came, or only a part of one.
        """
        headers = {"Content-Type": content_type}
        if authorization is not None:
            headers["Authorization"] = authorization
        timeout: httpx.Timeout | httpx._client.UseClientDefault = self._httpx.USE_CLIENT_DEFAULT
        if timeout_seconds is not None:
            timeout = self._httpx.Timeout(timeout_seconds)
        try:
            response = await self._client.post(path, content=body, headers=headers, timeout=timeout)
        except (self._httpx.HTTPError, self._httpx.InvalidURL) as error:
            raise failure_of(error) from error
        names = {name.lower(): value for name, value in response.headers.items()}
        return Reply(response.status_code, names, response.content)

    async def close(self) -> None:
        await self._client.aclose()


def failure_of(error: Exception) -> Failure:
    """The failure that an exception of httpx is."""
    names = (kind.__name__ for kind in type(error).__mro__)
    kind = next((EXCEPTIONS[name] for name in names if name in EXCEPTIONS), Kind.BROKEN)
    return Failure(kind, clean(str(error)))
