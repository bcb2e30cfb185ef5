"""`runql trust`, and the question that the command asks at a terminal before a folder's settings count."""

from __future__ import annotations

import configparser
import sys
from collections.abc import Iterator
from pathlib import Path

from runql import config
from runql.errors import RunQLError, UntrustedFolder, wrong_call
from runql.frontends.cli.command_table import Arguments
from runql.terminal import stderr, stdout
from runql.terminal.stderr import Voice
from runql.text.render import clean
from runql.trust import PROJECT_FILE, contents

_SHOWN = ("base_url", "app_url")
"""The settings whose values are shown: those of others may be secret."""


def perform(settings: config.Settings, voice: Voice, arguments: Arguments) -> int:
    """Carry out `runql trust`, and give the exit status. Raises `QueryError`, `SettingsError`."""
    from runql.sources.trusted import files_that_count

    if len(arguments.words) > 1 or (arguments.list and (arguments.words or arguments.forget)):
        raise wrong_call("`runql trust` takes one folder, and `--list` takes none", "`runql trust --help`")
    trust = settings.server.trust
    if arguments.list:
        if trouble := trust.trouble():
            voice.say(f"runql: {trouble}")
        stdout.say("\n".join(_listed(settings)) or "no folder is trusted")
        return stderr.OK
    folder = Path(arguments.words[0] if arguments.words else ".").absolute()
    if arguments.forget:
        was_there = trust.forget(folder)
        stdout.say(f"forgotten: {clean(str(folder))}" if was_there else f"was not trusted: {clean(str(folder))}")
        return stderr.OK
    if not folder.is_dir():
        raise wrong_call(f"there is no folder `{folder}`")
    found = contents(files_that_count(settings, folder))
    trust.add(folder, found)
    stdout.say("\n".join((f"trusted, as it is now: {clean(str(folder))}", *_shown(found))))
    return stderr.OK


def _listed(settings: config.Settings) -> Iterator[str]:
    from runql.sources.trusted import files_that_count

    trust = settings.server.trust
    for name in sorted(trust.folders()):
        is_as_it_was = trust.covers(Path(name), files_that_count(settings, Path(name)))
        yield clean(name) + ("" if is_as_it_was else "  (changed since: it is not trusted as it is now)")


def asked(settings: config.Settings, voice: Voice, error: UntrustedFolder) -> bool:
    """Ask whether a folder is trusted, if somebody is there to answer; whether it is now."""
    from runql.sources.trusted import files_that_count

    if not settings.server.may_ask or not stderr.is_terminal() or sys.stdin is None or not sys.stdin.isatty():
        return False
    found = contents(files_that_count(settings, settings.folder))
    voice.diagnostics(error.diagnostics, error.source)  # no failure: a yes may follow
    voice.say("\n".join(_shown(found)))
    stderr.raw("trust this folder as it is now? [y/N] ")
    if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
        return False
    settings.server.trust.add(settings.folder, found)
    return True


def asked_before(settings: config.Settings, source: str | None) -> None:
    """Ask the same before a prompt starts, if its source is on a server. Any other mistake comes with the answers."""
    root = settings.wandb_dir or settings.folder
    if not any((root / name / "settings").is_file() for name in ("wandb", ".wandb")):
        return
    from runql.sources.open import opens_unasked
    from runql.sources.trusted import credentials_for

    name = source or settings.default_source()
    try:
        if name is not None and opens_unasked(name, settings):
            credentials_for(settings)
    except UntrustedFolder as error:
        asked(settings, Voice(columns=stderr.columns()), error)
    except RunQLError:
        return


def _shown(found: list[tuple[Path, bytes]]) -> Iterator[str]:
    """What settings files say, as far as it decides where a key goes."""
    for path, content in found:
        yield f"  {clean(str(path))}"
        if path.name == PROJECT_FILE:
            continue
        parser = configparser.ConfigParser(interpolation=None, strict=False, default_section="no default")
        try:
            parser.read_string(content.decode(errors="replace"))
        except configparser.Error:
            continue
        for name, value in parser["default"].items() if parser.has_section("default") else ():
            yield f"    {clean(name)} = {clean(value) if name in _SHOWN else '…'}"
