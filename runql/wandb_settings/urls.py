"""Addresses of W&B servers: of the API, and of the pages that show what it serves."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit, urlunsplit

from runql.errors import SourceError
from runql.text.diagnostic import Diagnostic

DEFAULT_BASE_URL = "https://api.forge.coreweave.com"

FORGE_HOSTS: Mapping[str, str] = {
    "forge.coreweave.com": "api.wandb.ai",
    "qa.forge.coreweave.com": "api.qa.wandb.ai",
}
"""The front of W&B's own service by name, and the older host of the same service."""

_FORGE_API_PATH = "/api/wandb"
_NETLOC = re.compile(r"(?:[\w.-]+|\[[0-9a-f:.]+\])(?::\d+)?", re.IGNORECASE)
_OUTSIDE = re.compile(r"[\s\x00-\x1f\x7f\\]")


def normal_base_url(url: str) -> str:
    """A base URL as it is used: the address of the API, its host in lower case, without a slash at the end.

    Raises:
        SourceError: it is none, or an address of W&B's service that serves no API.
    """
    text = url.strip().rstrip("/")
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:  # which may show a part of it
        raise _url_error(text, "it must look like `https://api.example.com`") from None
    # Whoever reads an address otherwise than we do would ask another host than the one that was judged.
    is_plain = _NETLOC.fullmatch(parts.netloc) and not _OUTSIDE.search(text)
    if parts.scheme not in ("http", "https") or not host or not is_plain or parts.query or parts.fragment:
        raise _url_error(text, "it must look like `https://api.example.com`")
    if host in FORGE_HOSTS:
        if parts.scheme == "https" and port is None and parts.path.rstrip("/") == _FORGE_API_PATH:
            return f"https://api.{host}"
        raise _url_error(text, f"the API is at `https://api.{host}`")
    if host == "wandb.ai" or (host.endswith(".wandb.ai") and not host.startswith("api.")):
        raise _url_error(text, "the API is at `https://api.wandb.ai`")
    if host.endswith("wandb.ai") and parts.scheme == "http":
        raise _url_error(text, f"W&B's service speaks TLS: `https://{host}`")
    return urlunsplit((parts.scheme, parts.netloc.lower(), parts.path, "", ""))


def _url_error(url: str, hint: str) -> SourceError:
    # Somebody may have meant a user and a password, or a key behind a question mark.
    shown = re.sub(r"(?s)^(https?:)?(//)?.*@", r"\1\2***@", url, flags=re.IGNORECASE)
    shown = re.sub(r"(?s)([?#;]).*", r"\1***", shown)
    return SourceError([Diagnostic("RQL511", f"`{shown}` is not the base URL of a W&B server", hints=(hint,))])


def is_same_server(a: str, b: str) -> bool:
    """Whether two base URLs lead to one server: they are alike, or two names of W&B's own service."""
    return a == b or any({a, b} <= {f"https://api.{forge}", f"https://{old}"} for forge, old in FORGE_HOSTS.items())


def app_url_of(base_url: str, app_url: str | None = None) -> str:
    """Where a browser sees what `base_url` serves."""
    if app_url:
        return app_url
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    for forge, upstream in FORGE_HOSTS.items():
        if host in (forge, f"api.{forge}", upstream):
            return f"https://{forge}/wandb"
    if host == "api.wandb.test":
        return base_url.replace("//api.wandb.test", "//app.wandb.test", 1)
    if host.startswith("api.wandb."):
        return base_url.replace("//api.", "//", 1)
    if host.startswith("api."):
        return base_url.replace("//api.", "//app.", 1)
    return base_url


def is_loopback(base_url: str) -> bool:
    """Whether the server is this machine itself."""
    import ipaddress

    host = urlsplit(base_url).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
