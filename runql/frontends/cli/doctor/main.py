"""`runql doctor`: all sections in order, the report to standard output, what is wrong in the exit status.

The section of the server has its address, proxy and certificates. It is asked only where the call says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from time import monotonic

from runql import config
from runql.config import Settings
from runql.errors import RunQLError, SettingsError, wrong_call
from runql.frontends.cli.command_table import Arguments
from runql.frontends.cli.doctor import install, places
from runql.frontends.cli.doctor.report import DoctorReport, Finding, Section, trouble
from runql.session.time_zone import LOCAL
from runql.sources.open import open_server
from runql.sources.time_limit import Limits
from runql.sources.trusted import credentials_for
from runql.sources.wandb.network.credentials import Credentials, IdentityToken
from runql.sources.wandb.network.network import network_of
from runql.terminal import stderr, stdout
from runql.terminal.stderr import Voice

_SECONDS = 20.0
_ALSO_SENT = {"Use-Admin-Privileges": " (as wandb's own client)"}
"""Headers that nobody's settings ask for."""


def server_section(settings: Settings, *, asks: bool) -> tuple[Section, Credentials | None]:
    """The server and the way to it; who asks it, if that can be said."""
    try:
        credentials = credentials_for(settings)
    except RunQLError as error:
        return Section("server", (trouble("address", error.diagnostics),)), None
    facts = [
        Finding("address", credentials.base_url, credentials.warnings),
        Finding("named by", places.origin_of_address(settings)),
    ]
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
        Finding("headers", ", ".join(name + _ALSO_SENT.get(name, "") for name, _ in network.headers)),
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


def examine(arguments: Arguments) -> int:
    """Write the report, and give the exit status: 2 if anything is wrong."""
    try:
        if arguments.words:
            raise wrong_call("`runql doctor` takes no query", "`runql doctor --help`")
        report = report_of(arguments)
    except RunQLError as error:
        return Voice(columns=stderr.columns()).error(error)
    stdout.say(report.json() if arguments.json else report.text())
    return stderr.WRONG if report.problems else stderr.OK


def report_of(arguments: Arguments) -> DoctorReport:
    """The report of this process. No server is asked without `--network`."""
    wrong: SettingsError | None = None
    try:
        settings = config.load()
    except SettingsError as error:
        wrong, settings = error, config.of_variables()
    key_file = Path(arguments.api_key_file) if arguments.api_key_file else None
    server = replace(settings.server, api_key_file=key_file, timeout_seconds=arguments.timeout)
    settings = replace(settings, server=server)
    found = tuple(_sections(settings, arguments, wrong))
    return DoctorReport(found, settings.server.home, places.secrets_of(settings))


def _sections(settings: config.Settings, arguments: Arguments, wrong: SettingsError | None) -> Iterator[Section]:
    yield from install.sections()
    yield places.settings_section(settings, wrong)
    yield places.sources_section(settings, arguments.source)
    server, credentials = server_section(settings, asks=arguments.network)
    yield server
    base_url = places.server_of_settings(settings) if credentials is None else credentials.base_url
    yield places.key_section(settings, base_url, None if credentials is None else origin_of(credentials))
    yield places.trust_section(settings)
    yield places.store_section(settings)
    yield _terminal()
    yield install.variables(config.own_variables(), settings.server.env)


def _terminal() -> Section:
    width = stdout.width()
    return Section(
        "terminal",
        (
            Finding("standard output", "a terminal" if stdout.is_terminal() else "a file or a pipe"),
            Finding("width", "not known" if width is None else f"{width} cells"),
            Finding("letters", "Unicode" if stdout.takes_unicode() else "ASCII"),
            Finding("time zone", f"{datetime.now(LOCAL):%Z, UTC%z}"),
        ),
    )
