"""The way to the server: its address, proxy, certificates. It is asked only where the call says so."""

from __future__ import annotations

from time import monotonic

from runql.config import Settings
from runql.errors import RunQLError
from runql.frontends.cli.doctor.report import Finding, Section, trouble
from runql.sources.open import open_server
from runql.sources.time_limit import Limits
from runql.sources.trusted import credentials_for
from runql.sources.wandb.network.credentials import Credentials, IdentityToken
from runql.sources.wandb.network.network import network_of

_SECONDS = 20.0


def server_section(settings: Settings, *, asks: bool) -> tuple[Section, Credentials | None]:
    """The server and the way to it; who asks it, if that can be said."""
    try:
        credentials = credentials_for(settings)
    except RunQLError as error:
        return Section("server", (trouble("address", error.diagnostics),)), None
    facts = [Finding("address", credentials.base_url, credentials.warnings)]
    facts += [
        Finding(name, value)
        for name, value in (("entity", credentials.entity), ("project", credentials.project))
        if value
    ]
    facts += _way(credentials)
    facts.append(_asked(settings) if asks else Finding("asked", "no: `runql doctor --network` asks it"))
    return Section("server", tuple(facts)), credentials


def origin_of(credentials: Credentials) -> str | None:
    """Where the key is, or the token; never what it is."""
    if credentials.auth is None:
        return None
    if isinstance(credentials.auth, IdentityToken):
        return f"the identity token of {credentials.auth.origin}: {credentials.auth.path}"
    return f"the key in {credentials.auth.origin}"


def _way(credentials: Credentials) -> list[Finding]:
    try:
        network = network_of(credentials.network, credentials.base_url)
    except RunQLError as error:
        return [trouble("way", error.diagnostics)]
    trust = network.trust
    named = ", ".join(f"`{name}` ({path})" for name, path in trust.named)
    proxy = "none" if network.proxy is None else f"{network.proxy.address} of {network.proxy.origin}"
    return [
        Finding("proxy", proxy),
        Finding("certificates", "not verified" if not trust.verifies else named or "those of the system"),
        Finding("headers", ", ".join(name for name, _ in network.headers)),
        Finding(
            "time for one request",
            "by default" if network.timeout_seconds is None else f"{network.timeout_seconds:g} s",
        ),
        *(Finding(one.code, one.message, (f"{one.code}: {one.message}", *one.hints)) for one in network.notices),
    ]


def _asked(settings: Settings) -> Finding:
    """Ask the server who asks."""
    begun = monotonic()
    try:
        service = open_server(settings).service
        try:
            with Limits().within(settings.server.timeout_seconds or _SECONDS, [service]):
                viewer = None if service.accounts is None else service.accounts.viewer()
        finally:
            service.close()
    except RunQLError as error:
        return trouble("asked", error.diagnostics)
    seconds = monotonic() - begun
    return Finding("asked", f"answered after {seconds:.2f} s, {'signed in' if viewer is not None else 'as nobody'}")
