"""The way to one server, as the environment and the user's own settings file describe it: what a line needs to know of
it before it asks anything. A settings file of the working folder has no say here before somebody said yes to it: it may
have come with a repository.

The headers beside those of the protocol are what a company's gateway wants, and who asks, as W&B's own client sends it.
They go to the server alone: redirects are not followed, and a proxy that is asked for a tunnel gets none of them.

Of proxies W&B's own settings count first and whatever `NO_PROXY` says: they mean this server. Then come the variables
that all programs share, in lower case before upper case; of these this machine itself is never asked through a proxy.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from runql.sources.wandb.failures.failures import Failure, Fault
from runql.sources.wandb.network.redaction import Secret, basic, struck, unusable
from runql.text.diagnostic import Diagnostic
from runql.text.frozen import frozen
from runql.wandb_settings.urls import is_loopback

if TYPE_CHECKING:
    from runql.sources.wandb.network.proxies import Proxy

Headers = tuple[tuple[str, Secret], ...]

SECRET = "x_extra_http_headers"
STORED = (SECRET, "insecure_disable_ssl")
"""Of W&B's settings files these count here, beside `http_proxy` or `https_proxy`, by the server's scheme."""

SECRETS = frozenset({"WANDB_X_EXTRA_HTTP_HEADERS", "WANDB__EXTRA_HTTP_HEADERS"})
"""The variables that, as the setting `SECRET`, hold what is meant for one server alone."""

_YES: Final = frozenset({"1", "true", "t", "yes", "y", "on"})
_NO: Final = frozenset({"0", "false", "f", "no", "n", "off", ""})


@frozen
class NetworkSettings:
    """As it stands there, nothing checked. Its `repr` shows nothing: there may be passwords.

    `env`: variables by name. `stored`: what the user's own settings file of W&B says, by name.
    """

    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    stored: Mapping[str, str] = field(default_factory=dict, repr=False)

    def of_wandb(self, *names: str, setting: str = "") -> tuple[str, str] | None:
        """What the first variable that is not empty says, else the setting; and the name of it, for messages."""
        for name in names:
            if self.env.get(name):
                return self.env[name], f"`{name}`"
        if setting and self.stored.get(setting):
            return self.stored[setting], f"`{setting}` of W&B's settings file"
        return None


@frozen
class TrustedCertificates:
    """Which certificates are believed. `named`: variables and the paths that they give. `verifies`: whether they are
    looked at; `origin` names the switch that says not."""

    named: tuple[tuple[str, str], ...] = ()
    verifies: bool = True
    origin: str = ""


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
_ADMIN = Secret("true")
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_FORBIDDEN = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_NEVER = frozenset({"host", "content-length", "transfer-encoding", "connection"})
_LOOKS_LIKE = 'it must look like `{"X-Gateway-Token": "…"}`, texts in double quotes'


def network_of(settings: NetworkSettings, base_url: str) -> Network:
    """The way to a server.

    Raises:
        Unreachable: a setting that cannot be obeyed, by its name.
    """
    parts, env = urlsplit(base_url), settings.env
    notices = []
    trust = _trust_of(settings)
    if not trust.verifies and parts.scheme == "https":
        message = f"the certificate of {parts.netloc} was not verified: {trust.origin} says so"
        hint = "anybody on the way can read the key; `SSL_CERT_FILE` names certificates that are to be trusted"
        notices.append(Diagnostic("RQL420", message, hints=(hint,)))
    if parts.scheme == "http" and env.get("HTTP_PROXY") and env.get("REQUEST_METHOD"):
        # In a CGI script a request's header may have set it.
        hint = "it may stem from a request's header; `http_proxy` in lower case counts"
        notices.append(Diagnostic("RQL421", "`HTTP_PROXY` was left out, for `REQUEST_METHOD` is set", hints=(hint,)))
    headers = [("Use-Admin-Privileges", _ADMIN)]
    # Who asks, in words, and that an administrator's rights may be used: W&B's own client sends the same.
    for name, variable, setting in (
        ("X-WANDB-USERNAME", "WANDB_USERNAME", "username"),
        ("X-WANDB-USER-EMAIL", "WANDB_USER_EMAIL", "email"),
    ):
        said = settings.of_wandb(variable, setting=setting)
        if said is not None and not _FORBIDDEN.search(said[0]):
            headers.append((name, Secret(said[0].strip())))
    given = settings.of_wandb("WANDB_X_EXTRA_HTTP_HEADERS", "WANDB__EXTRA_HTTP_HEADERS", setting=SECRET)
    timeout = settings.of_wandb("WANDB_HTTP_TIMEOUT")
    return Network(
        proxy_of(settings, base_url),
        trust,
        (*headers, *(() if given is None else _gateway_headers(*given))),
        None if timeout is None else _seconds(*timeout),
        tuple(notices),
    )


def _trust_of(settings: NetworkSettings) -> TrustedCertificates:
    """Whose certificates are believed. Raises `Unreachable` for a switch that is neither on nor off."""
    switch = settings.of_wandb("WANDB_INSECURE_DISABLE_SSL", setting="insecure_disable_ssl")
    if switch is not None:
        said, origin = switch[0].strip().lower(), switch[1]
        if said not in _YES | _NO:
            raise unusable(origin, "is neither `true` nor `false`")
        if said in _YES:
            return TrustedCertificates(verifies=False, origin=origin)
    env = settings.env
    named = [(name, env[name]) for name in ("SSL_CERT_FILE", "SSL_CERT_DIR") if env.get(name)]
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        if not named and env.get(name):
            named.append((name, env[name]))
    return TrustedCertificates(tuple(named))


def proxy_of(settings: NetworkSettings, base_url: str) -> Proxy | None:
    """The proxy through which a server is asked, if there is one.

    Raises:
        Unreachable: a variable that names none.
    """
    parts, env = urlsplit(base_url), settings.env
    scheme = parts.scheme
    named = settings.of_wandb(f"WANDB_{scheme.upper()}_PROXY", setting=f"{scheme}_proxy")
    by_scheme, found = env.get("WANDB__PROXIES"), None
    # What the variables that all programs share say. One in lower case counts even if it is empty.
    for lower, upper in ((f"{stem}_proxy", f"{stem}_proxy".upper()) for stem in (scheme, "all")):
        is_anybodys = upper == "HTTP_PROXY" and env.get("REQUEST_METHOD")
        if env.get(lower):
            found = found or (env[lower], f"`{lower}`")
        elif lower not in env and env.get(upper) and not is_anybodys:
            found = found or (env[upper], f"`{upper}`")
    has_settings = sys.platform in ("darwin", "win32")
    if not (named or by_scheme or found or has_settings):
        return None
    from runql.sources.wandb.network import proxies

    of_wandb = proxies.read_table(by_scheme, "`WANDB__PROXIES`").get(scheme) if by_scheme else None
    own = (str(of_wandb), "`WANDB__PROXIES`") if of_wandb else named
    if own is not None:
        return proxies.read_proxy(*own)
    if found is None and has_settings:
        found = proxies.of_system(scheme, parts.hostname or "")
    if found is None or proxies.is_asked_directly(base_url, env.get("no_proxy") or env.get("NO_PROXY") or ""):
        return None
    return proxies.read_proxy(*found)


def _seconds(text: str, origin: str) -> float | None:
    """The seconds that one request may take with all its repetitions. 0 is no limit of its own, as in W&B's client."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0.0 <= seconds < 1e6:
        raise unusable(origin, "is not a number of seconds", "such as `30`")
    return seconds or None


def _gateway_headers(text: str, origin: str) -> Headers:
    """The headers of `WANDB_X_EXTRA_HTTP_HEADERS`.

    Raises:
        Unreachable: it is no JSON object of texts, or holds what can be no header. The message shows no value.
    """
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
