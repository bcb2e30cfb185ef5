"""Which hosts `NO_PROXY` leaves out: names, addresses, networks, each with or without a port, and `*`.

As in W&B's own client: `example.com` means itself and what is below it, `.example.com` and `*.example.com` only what is
below. An entry that is none of these leaves nothing out.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

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
