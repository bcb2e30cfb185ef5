"""The proxy to a server, from the variables that name one.

W&B's own settings count first and whatever `NO_PROXY` says: they mean this server. Then come the variables that all
programs share, in lower case before upper case; of these this machine itself is never asked through a proxy.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any
from urllib.parse import unquote, urlsplit

from runql.extras import install_command
from runql.sources.wandb.network.credentials import Secret
from runql.sources.wandb.network.settings import NetworkSettings, unusable
from runql.text.frozen import frozen

_PORTS: Mapping[str, int] = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}
_LOOKS_LIKE = "it must look like `http://proxy.example.com:3128`"
_ENCODED = "in a user or a password `@` is written `%40`, `:` `%3A`, `/` `%2F`, `#` `%23`"


@frozen
class Proxy:
    """A proxy. `address` shows no password; `origin` names the variable that it comes from."""

    address: str
    origin: str
    is_loopback: bool
    user: Secret | None = None
    password: Secret | None = None

    @property
    def is_tls(self) -> bool:
        return self.address.startswith("https:")

    @property
    def is_socks(self) -> bool:
        return self.address.startswith("socks")

    def __str__(self) -> str:
        return f"the proxy `{self.address}` of {self.origin}"


def proxy_of(settings: NetworkSettings, base_url: str) -> Proxy | None:
    """The proxy through which a server is asked, if there is one.

    Raises:
        Unreachable: a variable that names none.
    """
    parts = urlsplit(base_url)
    host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    own = _of_wandb(settings, parts.scheme)
    if own is not None:
        return read_proxy(*own)
    found = _of_all(settings.env, parts.scheme) or _of_system(parts.scheme, host)
    if found is None or is_loopback_host(host) or is_bypassed(_no_proxy(settings.env), host, port):
        return None
    return read_proxy(*found)


def is_left_out(settings: NetworkSettings, base_url: str) -> bool:
    """Whether `HTTP_PROXY` names a proxy but does not count: in a CGI script a request's header may have set it."""
    names = ("HTTP_PROXY", "REQUEST_METHOD")
    return base_url.startswith("http:") and all(settings.env.get(name) for name in names)


def _no_proxy(env: Mapping[str, str]) -> str:
    return env.get("no_proxy") or env.get("NO_PROXY") or ""


def _of_wandb(settings: NetworkSettings, scheme: str) -> tuple[str, str] | None:
    by_scheme = settings.env.get("WANDB__PROXIES")
    if by_scheme:
        named = _read_table(by_scheme, "`WANDB__PROXIES`").get(scheme)
        if named:
            return str(named), "`WANDB__PROXIES`"
    return settings.of_wandb(f"WANDB_{scheme.upper()}_PROXY", setting=f"{scheme}_proxy")


def _read_table(text: str, origin: str) -> Mapping[str, Any]:
    try:
        table = json.loads(text)
    except (ValueError, RecursionError):
        table = None
    if not isinstance(table, dict):
        raise unusable(origin, "is no JSON object", 'it must look like `{"https": "http://proxy.example.com:3128"}`')
    return table


def _of_all(env: Mapping[str, str], scheme: str) -> tuple[str, str] | None:
    """What the variables that all programs share say. One in lower case counts even if it is empty."""
    for stem in (scheme, "all"):
        lower, upper = f"{stem}_proxy", f"{stem}_proxy".upper()
        if env.get(lower):
            return env[lower], f"`{lower}`"
        is_anybodys = upper == "HTTP_PROXY" and env.get("REQUEST_METHOD")
        if lower not in env and env.get(upper) and not is_anybodys:
            return env[upper], f"`{upper}`"
    return None


def _of_system(scheme: str, host: str) -> tuple[str, str] | None:
    """The proxy of the system's own settings, where it has such."""
    if sys.platform not in ("darwin", "win32"):
        return None
    from urllib.request import getproxies, proxy_bypass

    found = getproxies().get(scheme)
    return (found, "the system's settings") if found and not proxy_bypass(host) else None


def read_proxy(text: str, origin: str) -> Proxy:
    """A proxy from its address, with a user and a password or without.

    Raises:
        Unreachable: it is none, or one that takes an extra. The message never shows it: it may hold a password.
    """
    given = text.strip()
    scheme, _, rest = given.partition("://") if "://" in given else ("http", "", given)
    scheme = scheme.lower()
    hints = (_LOOKS_LIKE, _ENCODED) if "@" in given else (_LOOKS_LIKE,)
    if scheme not in _PORTS:
        raise unusable(origin, "names a proxy of a kind that RunQL does not speak to", f"it may be {_KINDS}", *hints)
    try:
        parts = urlsplit(f"{scheme}://{rest}")
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        what = "its port is no number from 1 to 65535" if "ort" in str(error) else "its host is none"
        raise unusable(origin, f"is not the address of a proxy: {what}", *hints) from None
    if port == 0 or not _is_host(host):
        what = "its port is no number from 1 to 65535" if port == 0 else "it names no host"
        raise unusable(origin, f"is not the address of a proxy: {what}", *hints)
    if scheme.startswith("socks") and find_spec("socksio") is None:
        raise unusable(origin, "names a SOCKS proxy, which takes an extra", f"`{install_command('socks')}`")
    if "@" in parts.path or parts.query or parts.fragment:
        # A password with a bare sign in it: what stands behind is no host, and nobody's business.
        raise unusable(origin, "is not the address of a proxy: it holds signs behind the host", *hints)
    shown = f"[{host}]" if ":" in host else host
    user = None if parts.username is None else Secret(unquote(parts.username))
    password = None if parts.password is None else Secret(unquote(parts.password))
    address = f"{scheme}://{shown}:{_PORTS[scheme] if port is None else port}"
    return Proxy(address, origin, is_loopback_host(host), user, password)


def _is_host(host: str) -> bool:
    # A zone (`fe80::1%eth0`) is part of an address alone.
    forbidden = _NO_HOST if ":" in host else f"{_NO_HOST}%"
    return bool(host) and all(sign.isprintable() and sign not in forbidden for sign in host)


_NO_HOST = ' "<>\\^`{|}'
_KINDS = "`http://…`, `https://…`, or `socks5://…` with the extra `runql[socks]`"


_SEPARATORS = re.compile(r"[,\s]+")
_IN_BRACKETS = re.compile(r"\[([^\]]*)\](?::(\d+))?")
_WITH_PORT = re.compile(r"([^:]*):(\d+)")


def is_bypassed(no_proxy: str, host: str, port: int) -> bool:
    """Whether a host is asked without a proxy."""
    name = _plain_name(host)
    address = address_of(host)
    return any(_leaves_out(entry, name, address, port) for entry in _SEPARATORS.split(no_proxy) if entry)


def address_of(host: str) -> IPv4Address | IPv6Address | None:
    """The address that a host is written as, if it is one; IPv4 in the clothes of IPv6 is IPv4."""
    try:
        address = ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return None
    return (isinstance(address, IPv6Address) and address.ipv4_mapped) or address


def is_loopback_host(host: str) -> bool:
    """Whether a host is this machine itself."""
    address = address_of(host)
    if address is not None:
        return address.is_loopback
    name = _plain_name(host)
    return name == "localhost" or name.endswith(".localhost")


def _leaves_out(entry: str, name: str, address: IPv4Address | IPv6Address | None, port: int) -> bool:
    if entry == "*":
        return True
    matched = _IN_BRACKETS.fullmatch(entry) or _WITH_PORT.fullmatch(entry)
    host, of_port = matched.groups() if matched is not None else (entry.rstrip("/"), None)
    if of_port is not None and int(of_port) != port:
        return False
    if address is None:
        return _is_of_domain(name, host)
    try:
        network = ip_network(host.replace("[", "").replace("]", ""), strict=False)
    except ValueError:
        return False
    return address.version == network.version and address in network


def _is_of_domain(name: str, entry: str) -> bool:
    domain = _plain_name(entry.removeprefix("*"))
    if not domain.strip("."):
        return False
    if domain.startswith("."):
        return name.endswith(domain)
    return name == domain or name.endswith(f".{domain}")


def _plain_name(host: str) -> str:
    """A name as it is looked up: in lower case, without a last dot, in ASCII."""
    name = host.strip("[]").lower().removesuffix(".")
    if name.isascii():
        return name
    try:
        return name.lstrip(".").encode("idna").decode() if not name.startswith(".") else f".{_plain_name(name[1:])}"
    except UnicodeError:
        return name
