"""A federated identity, whose token is exchanged for one of W&B's."""

from __future__ import annotations

import asyncio
import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from runql.semantic.json_text import read_json
from runql.sources.wandb.failures.failures import Failure, Fault
from runql.sources.wandb.failures.replies import kind_of_status, messages_of, seconds_to_wait
from runql.sources.wandb.http.transport import Transport
from runql.sources.wandb.network.credentials import IdentityToken
from runql.sources.wandb.network.redaction import Identity, Secret
from runql.text.bounded import MOST_SMALL_BYTES, read_bounded
from runql.text.replace import replace_with

_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_FRESH_SECONDS = 300.0
_EXCHANGE_SECONDS = 10.0
_EXCHANGE_TRIES = 3
_MOST_LIFETIME = 366 * 86_400.0
_TIME_FORMAT = "%Y-%m-%d %H:%M:%S"


class FederatedIdentity(Identity):
    """Exchanges the token in a file (read anew each time) for an access token, and keeps that until it nears its end.

    The access token is kept in W&B's own credentials file, in its own form, so that both use the same one.
    """

    def __init__(self, token: IdentityToken, base_url: str) -> None:
        super().__init__()
        self._token = token
        self._base_url = base_url
        self._access: tuple[str, float] | None = None
        self._assertion: tuple[Secret, ...] = ()
        self._turn = asyncio.Lock()

    async def renew(self, transport: Transport) -> None:
        """Sees to it that the header holds a token which is good for a while yet."""
        async with self._turn:
            if self._access is None:
                self._access = _stored(self._token.credentials_path, self._base_url)
            if self._access is None or self._access[1] - time.time() <= _FRESH_SECONDS:
                self._access = await self._exchange(transport)
                _store(self._token.credentials_path, self._base_url, self._access)
            self.header = Secret(f"Bearer {self._access[0]}")
            self.secrets = (Secret(self._access[0]), *self._assertion)

    async def _exchange(self, transport: Transport) -> tuple[str, float]:
        try:
            assertion = read_bounded(self._token.path, MOST_SMALL_BYTES).decode().strip()
        except (OSError, UnicodeDecodeError) as error:
            raise Failure(Fault.SIGNED_OUT, f"the identity token file `{self._token.path}` cannot be read") from error
        self._assertion = (Secret(assertion),)
        self.secrets = (*self.secrets, *self._assertion)
        form = urlencode({"grant_type": _GRANT, "assertion": assertion}).encode()
        for attempt in range(_EXCHANGE_TRIES):
            last = attempt == _EXCHANGE_TRIES - 1
            try:
                return await self._exchange_once(transport, form)
            except Failure as failure:
                if last or not failure.treatment.patience:
                    raise
                await asyncio.sleep(max(1.0, failure.after_seconds or 0.0))
        raise AssertionError("the loop returns or raises")

    async def _exchange_once(self, transport: Transport, form: bytes) -> tuple[str, float]:
        kind_of_form = "application/x-www-form-urlencoded"
        reply = await transport.post("/oidc/token", form, kind_of_form, None, _EXCHANGE_SECONDS)
        kind = kind_of_status(reply.status)
        try:
            document: Any = read_json(reply.body).value
        except (ValueError, RecursionError):
            document = None
        if kind is not None:
            # A refusal of the token is a refusal of who asks, whatever status it comes with.
            is_refusal = kind in (Fault.REFUSED, Fault.MISSING)
            said = "; ".join(messages_of(document)) or f"status {reply.status}"
            raise Failure(
                Fault.SIGNED_OUT if is_refusal else kind,
                f"the identity token was not exchanged: {said}",
                after_seconds=seconds_to_wait(reply.headers),
            )
        if not isinstance(document, dict) or not isinstance(document.get("access_token"), str):
            raise Failure(Fault.NOT_JSON, "the exchange of the identity token gave no access token")
        return document["access_token"], time.time() + _lifetime(document.get("expires_in"))


def _lifetime(value: Any) -> float:
    """How many seconds a token is good for: none, unless the answer says so in a number that can be one."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and 0 < value <= _MOST_LIFETIME else 0.0


def _stored(path: Path, base_url: str) -> tuple[str, float] | None:
    try:
        entry = _read(path)["credentials"][base_url]
        expires = datetime.strptime(entry["expires_at"], _TIME_FORMAT).replace(tzinfo=UTC)
        return str(entry["access_token"]), expires.timestamp()
    except (KeyError, TypeError, ValueError):
        return None


def _read(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(read_bounded(path, MOST_SMALL_BYTES))
    except (OSError, ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _store(path: Path, base_url: str, access: tuple[str, float]) -> None:
    """Writes the access token beside those of other servers, readable by the user alone."""
    document = _read(path)
    entries = document.get("credentials")
    if not isinstance(entries, dict):
        entries = document["credentials"] = {}
    expires = datetime.fromtimestamp(access[1], UTC).strftime(_TIME_FORMAT)
    entries[base_url] = {"expires_at": expires, "access_token": access[0]}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_with(path, json.dumps(document).encode(), mode=0o600)
    except OSError:
        # A read-only home: the token is exchanged again the next time, which is slower and no less right.
        return
