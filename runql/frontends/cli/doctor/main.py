"""`runql doctor`: all sections in order, the report to standard output, what is wrong in the exit status."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from runql import config
from runql.errors import RunQLError, SettingsError, wrong_call
from runql.frontends.cli.command_table import Arguments
from runql.frontends.cli.doctor import install, places
from runql.frontends.cli.doctor.network import origin_of, server_section
from runql.frontends.cli.doctor.report import DoctorReport, Finding, Section
from runql.session.time_zone import LOCAL
from runql.terminal import stderr, stdout
from runql.terminal.stderr import Voice


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
