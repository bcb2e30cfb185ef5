"""The addresses of proxies, and which hosts are asked without one."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from importlib.util import find_spec
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from runql.extras import install_command
from runql.sources.wandb.network.redaction import Secret, unusable
from runql.text.frozen import frozen

_PORTS: Final[Mapping[str, int]] = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}
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


def read_table(text: str, origin: str) -> Mapping[str, Any]:
    try:
        table = json.loads(text)
    except (ValueError, RecursionError):
        table = None
    if not isinstance(table, dict):
        raise unusable(origin, "is no JSON object", 'it must look like `{"https": "http://proxy.example.com:3128"}`')
    return table


def of_system(scheme: str, host: str) -> tuple[str, str] | None:
    """The proxy of the system's own settings."""
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


def is_asked_directly(base_url: str, no_proxy: str) -> bool:
    """Whether a server is asked without a proxy: it is this machine itself, or one that `NO_PROXY` names."""
    parts = urlsplit(base_url)
    host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    return is_loopback_host(host) or is_bypassed(no_proxy, host, port)


def is_bypassed(no_proxy: str, host: str, port: int) -> bool:
    """Whether `NO_PROXY` names a host."""
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
