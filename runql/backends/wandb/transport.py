"""The one file that knows httpx: bytes out, bytes back, and its exceptions as failures."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from runql.backends.wandb.bodies import read_body
from runql.backends.wandb.failures import EXCEPTIONS, Failure, Kind, clean
from runql.text.frozen import frozen

USER_AGENT = "RunQL (+https://pypi.org/project/runql)"
_CONNECT_SECONDS = 10.0


@frozen
class Reply:
    """An answer as it came, unzipped. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Transport:
    """A pool of kept-alive connections to one base URL. Lives in one event loop.

    `most_bytes`: the largest answer that is read, unpacked.
    """

    def __init__(self, base_url: str, *, attempt_seconds: float, is_loopback: bool, most: int, most_bytes: int) -> None:
        import httpx

        self._httpx = httpx
        self._most_bytes = most_bytes
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
        self, path: str, body: bytes, content_type: str, authorization: str | None, whole_seconds: float
    ) -> Reply:
        """One request, once. Its answer must be there, whole, within so many seconds.

        Raises:
            Failure: no answer came, only a part of one, or one that is too large.
        """
        headers = {"Content-Type": content_type}
        if authorization is not None:
            headers["Authorization"] = authorization
        try:
            # The timeout of httpx is one of silence: a byte now and then would go on for ever.
            async with asyncio.timeout(whole_seconds):
                return await self._post(path, body, headers)
        except TimeoutError as error:
            raise Failure(Kind.TIMED_OUT, f"no whole answer within {whole_seconds:.3g} s") from error
        except (self._httpx.HTTPError, self._httpx.InvalidURL) as error:
            raise failure_of(error) from error

    async def _post(self, path: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        async with self._client.stream("POST", path, content=body, headers=headers) as response:
            names = {name.lower(): value for name, value in response.headers.items()}
            content = await read_body(response.aiter_raw(), names, self._most_bytes)
            return Reply(response.status_code, names, content)

    async def close(self) -> None:
        await self._client.aclose()


def failure_of(error: Exception) -> Failure:
    """The failure that an exception of httpx is."""
    names = (kind.__name__ for kind in type(error).__mro__)
    kind = next((EXCEPTIONS[name] for name in names if name in EXCEPTIONS), Kind.BROKEN)
    return Failure(kind, clean(str(error)))
