"""The way to one server, as its settings describe it: what a line needs to know of it before it asks anything."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field
from urllib.parse import urlsplit

from runql.sources.wandb.failures.failures import Failure, Fault
from runql.sources.wandb.network.certificates import TrustedCertificates, trust_of
from runql.sources.wandb.network.headers import Headers, gateway_headers, user_headers
from runql.sources.wandb.network.proxies import Proxy, is_left_out, proxy_of
from runql.sources.wandb.network.redaction import basic, struck
from runql.sources.wandb.network.settings import NetworkSettings, timeout_of
from runql.text.diagnostic import Diagnostic
from runql.text.frozen import frozen
from runql.wandb_settings.urls import is_loopback


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
