"""From what the command was called with to settings and a prompt. Loads no more than settings need."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runql import config
from runql.chart_look import PLAIN, ChartLook
from runql.errors import RunQLError
from runql.frontends.cli.command_table import Arguments
from runql.prompt_options import template
from runql.terminal import stderr, stdout
from runql.terminal.progress import Waiting
from runql.terminal.stderr import Voice
from runql.text.replace import replace_with

if TYPE_CHECKING:
    from runql.script.options import Options


def for_call(settings: config.Settings, arguments: Arguments, waiting: Waiting) -> config.Settings:
    """The settings with what this call says of the server."""
    key_file = Path(arguments.api_key_file) if arguments.api_key_file else None
    server = replace(settings.server, api_key_file=key_file, timeout_seconds=arguments.timeout, on_wait=waiting)
    offline = arguments.offline and arguments.command != "check"
    return replace(settings, server=server, offline=offline, allow_write=tuple(map(Path, arguments.allow_write)))


def params_of(arguments: Arguments) -> Mapping[str, Any]:
    """The values of `-p`. Raises `QueryError`."""
    if not arguments.params:
        return {}
    from runql.script.given_values import values_of

    return values_of(arguments.params)


def options_of_call(arguments: Arguments) -> Options | None:
    """The options that the call sets, if it sets any. Raises `QueryError`."""
    look = chart_look_of(arguments)
    if not (arguments.no or arguments.names) and arguments.max_rows is None and look == PLAIN:
        return None
    from runql.frontends.cli.programs import options_of

    return options_of(arguments.no, arguments.max_rows, names=arguments.names, look=look)


def chart_look_of(arguments: Arguments) -> ChartLook:
    """How the charts of files look."""
    return ChartLook(arguments.theme, arguments.chart_size, not arguments.no_chart_notes)


def saying_errors(start: Callable[[], int]) -> int:
    """Start something and give its exit status; an error that keeps it from starting is said on standard error."""
    try:
        return start()
    except RunQLError as error:
        return Voice(columns=stderr.columns()).error(error)


def write_settings(settings_file: Path) -> int:
    """Write a settings file that explains every setting, unless there is one; the exit status."""
    try:
        settings_file.parent.mkdir(parents=True, exist_ok=True)
        replace_with(settings_file, template().encode(), fresh=True)
    except FileExistsError:
        Voice().say(f"runql: `{settings_file}` is there already, and stays as it is; this is what a new one says:\n")
        stdout.say(template().rstrip())
        return stderr.WRONG
    except OSError as error:
        Voice().say(f"runql: `{settings_file}` cannot be written: {error.strerror or error}")
        return stderr.WRONG
    stdout.say(f"wrote {settings_file}")
    return stderr.OK
