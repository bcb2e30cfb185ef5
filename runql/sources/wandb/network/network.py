"""The way to one server, as its settings describe it: what a line needs to know of it before it asks anything.

The headers beside those of the protocol are what a company's gateway wants, and who asks, as W&B's own client sends it.
They go to the server alone: redirects are not followed, and a proxy that is asked for a tunnel gets none of them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import field
from urllib.parse import urlsplit

from runql.sources.wandb.failures.failures import Failure, Fault
from runql.sources.wandb.network.certificates import TrustedCertificates, trust_of
from runql.sources.wandb.network.credentials import Secret
from runql.sources.wandb.network.proxies import Proxy, is_left_out, proxy_of
from runql.sources.wandb.network.redaction import basic, struck
from runql.sources.wandb.network.settings import NetworkSettings, timeout_of, unusable
from runql.text.diagnostic import Diagnostic
from runql.text.frozen import frozen
from runql.wandb_settings.urls import is_loopback

Headers = tuple[tuple[str, Secret], ...]

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_FORBIDDEN = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_NEVER = frozenset({"host", "content-length", "transfer-encoding", "connection"})
_LOOKS_LIKE = 'it must look like `{"X-Gateway-Token": "…"}`, texts in double quotes'


def gateway_headers(settings: NetworkSettings) -> Headers:
    """The headers of `WANDB_X_EXTRA_HTTP_HEADERS`.

    Raises:
        Unreachable: it is no JSON object of texts, or holds what can be no header. The message shows no value.
    """
    names = ("WANDB_X_EXTRA_HTTP_HEADERS", "WANDB__EXTRA_HTTP_HEADERS")
    found = settings.of_wandb(*names, setting="x_extra_http_headers")
    if found is None:
        return ()
    text, origin = found
    try:
        table = json.loads(text)
    except (ValueError, RecursionError):
        raise unusable(origin, "is no JSON", _LOOKS_LIKE) from None
    if not isinstance(table, dict) or not all(isinstance(value, str) for value in table.values()):
        raise unusable(origin, "is no JSON object of texts", _LOOKS_LIKE)
    for place, (name, value) in enumerate(table.items(), 1):
        if not _NAME.fullmatch(name) or _FORBIDDEN.search(value) or name.lower() in _NEVER:
            raise unusable(origin, f"holds what can be no header, at place {place}", _LOOKS_LIKE)
    return tuple((name, Secret(value)) for name, value in table.items())


def user_headers(settings: NetworkSettings) -> Headers:
    """Who asks, in words, and that an administrator's rights may be used: W&B's own client sends the same."""
    found = [("Use-Admin-Privileges", "true")]
    for name, variable, setting in (
        ("X-WANDB-USERNAME", "WANDB_USERNAME", "username"),
        ("X-WANDB-USER-EMAIL", "WANDB_USER_EMAIL", "email"),
    ):
        said = settings.of_wandb(variable, setting=setting)
        if said is not None and not _FORBIDDEN.search(said[0]):
            found.append((name, said[0].strip()))
    return tuple((name, Secret(value)) for name, value in found)


@frozen
class Network:
    """How a server is reached. `headers` go with every request; `notices`: what there is to say of it with each
    answer. `timeout_seconds`: for one request and all its repetitions."""

    proxy: Proxy | None = None
    trust: TrustedCertificates = field(default_factory=TrustedCertificates)
    headers: Headers = ()
    timeout_seconds: float | None = None
    notices: tuple[Diagnostic, ...] = ()

    def is_open(self, base_url: str) -> bool:
        """Whether others could read what is sent: no TLS, and a way that leaves this machine."""
        if not base_url.startswith("http:"):
            return False
        return not is_loopback(base_url) or (self.proxy is not None and not self.proxy.is_loopback)

    def amend(self, failure: Failure, secrets: Iterable[str] = ()) -> None:
        """Strikes these secrets and its own out of what a failure says, and names the settings it may stem from."""
        hidden = (*secrets, *self._secrets())
        failure.say_through(lambda text: struck(text, hidden))
        if failure.kind is Fault.TIMED_OUT and self.timeout_seconds is not None:
            failure.hints = (f"`WANDB_HTTP_TIMEOUT` allows {self.timeout_seconds:g} s",)
        if failure.kind in _OF_SOMEBODY and self.proxy is not None:
            failure.hints = (f"it was asked through {self.proxy}",)

    def _secrets(self) -> list[str]:
        """The values of headers, and the proxy's password, also as it is sent."""
        held = [value.reveal() for _, value in self.headers if value != _ADMIN]
        if self.proxy is not None and self.proxy.password is not None:
            password = self.proxy.password.reveal()
            held += [password, basic("" if self.proxy.user is None else self.proxy.user.reveal(), password)]
        return held


_OF_SOMEBODY = (Fault.PAGE, Fault.SIGN_IN_PAGE, Fault.NOT_JSON, Fault.PROXY_ASKS)
_ADMIN = user_headers(NetworkSettings())[0][1]


def network_of(settings: NetworkSettings, base_url: str) -> Network:
    """The way to a server.

    Raises:
        Unreachable: a setting that cannot be obeyed, by its name.
    """
    trust = trust_of(settings)
    host = urlsplit(base_url).netloc
    notices = []
    if not trust.verifies and base_url.startswith("https:"):
        message = f"the certificate of {host} was not verified: {trust.origin} says so"
        hint = "anybody on the way can read the key; `SSL_CERT_FILE` names certificates that are to be trusted"
        notices.append(Diagnostic("RQL420", message, hints=(hint,)))
    if is_left_out(settings, base_url):
        hint = "it may stem from a request's header; `http_proxy` in lower case counts"
        notices.append(Diagnostic("RQL421", "`HTTP_PROXY` was left out, for `REQUEST_METHOD` is set", hints=(hint,)))
    return Network(
        proxy_of(settings, base_url),
        trust,
        (*user_headers(settings), *gateway_headers(settings)),
        timeout_of(settings),
        tuple(notices),
    )
