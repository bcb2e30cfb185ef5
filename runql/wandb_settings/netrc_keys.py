"""Keys in netrc, by the host and port that they are for."""

from __future__ import annotations

import netrc
from pathlib import Path
from urllib.parse import urlsplit

from runql.text.bounded import MOST_SMALL_BYTES, read_bounded
from runql.wandb_settings.files import Surroundings
from runql.wandb_settings.urls import FORGE_HOSTS


def netrc_file(around: Surroundings) -> Path:
    """The netrc file, whether it exists or not."""
    if around.env.get("NETRC"):
        return around.path(around.env["NETRC"])
    usual, windows = around.home / ".netrc", around.home / "_netrc"
    return windows if windows.exists() and not usual.exists() else usual


def key_from_netrc(path: Path, base_url: str, *, is_named: bool = False) -> tuple[str | None, tuple[str, ...]]:
    """The key for a server, by `host:port`; for W&B's own service also by the older host. Also what to warn of.

    `is_named`: only an entry that names the server counts, not `default`.
    """
    try:
        read_bounded(path, MOST_SMALL_BYTES)
        entries = netrc.netrc(path)
    except FileNotFoundError:
        return None, ()
    except (netrc.NetrcParseError, OSError, UnicodeDecodeError):
        return None, (f"`{path}` cannot be read as a netrc file",)
    hosts = [urlsplit(base_url).netloc]
    for forge, upstream in FORGE_HOSTS.items():
        if hosts[0] in (f"api.{forge}", forge):
            hosts.append(upstream)
        elif hosts[0] == upstream:
            hosts.append(f"api.{forge}")
    if is_named:
        hosts = [host for host in hosts if host in entries.hosts]
    found = next((entry for entry in map(entries.authenticators, hosts) if entry), None)
    if found is None:
        return None, ()
    return found[2] or None, () if found[2] else (f"`{path}` names `{hosts[0]}` without a key",)
