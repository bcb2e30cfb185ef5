"""Where RunQL looks: settings files, sources, keys, what is trusted, stores. Of keys only where they are."""

from __future__ import annotations

import netrc
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from runql.config import STORE, TENSORBOARD, Settings
from runql.errors import RunQLError, SettingsError
from runql.frontends.cli.doctor.report import Finding, Section, trouble
from runql.settings_file import project_places
from runql.sources.names import DEMO, known_sources
from runql.sources.open import open_place, opens_unasked
from runql.sources.trusted import files_that_count
from runql.text.bounded import MOST_SMALL_BYTES, read_bounded
from runql.trust import contents
from runql.wandb_settings.files import Surroundings, read_settings
from runql.wandb_settings.netrc_keys import key_from_netrc, netrc_file
from runql.wandb_settings.urls import DEFAULT_BASE_URL, normal_base_url


def settings_section(settings: Settings, wrong: SettingsError | None) -> Section:
    """The settings files, and what they name."""
    project, _ = project_places(settings.folder)
    facts = [
        Finding("user", _there(settings.file)),
        Finding("project", "none here or above" if project is None else _there(project)),
        Finding("working folder", str(settings.folder)),
        Finding("saved queries", ", ".join(f"{path}" for path in settings.saved if path.is_dir()) or "none"),
        Finding("data", _folder(settings.data)),
        Finding("cache", _folder(settings.server.cache_folder)),
    ]
    if wrong is not None:
        facts.insert(0, trouble("settings", wrong.diagnostics))
    facts += [Finding(one.code, one.message, (f"{one.code}: {one.message}", *one.hints)) for one in settings.said]
    return Section("settings", tuple(facts))


def _there(path: Path | None) -> str:
    return "none" if path is None else str(path) if path.exists() else f"{path} (not there)"


def _folder(path: Path | None) -> str:
    if path is None:
        return "none"
    if not path.exists():
        return f"{path} (not made yet)"
    return f"{path}, {sum(1 for _ in path.iterdir()):,} entries"


def sources_section(settings: Settings, source: str | None) -> Section:
    """The source by default, and those that have names. None of a server is asked."""
    try:
        default = source or settings.default_source()
    except RunQLError as error:
        return Section("sources", (trouble("default", error.diagnostics),))
    facts = [_source("default", default, settings) if default else Finding("default", "none")]
    facts += [_source(name, name, settings, to) for name, to in known_sources(settings).items() if name != default]
    return Section("sources", tuple(facts))


def _source(title: str, name: str, settings: Settings, means: str = "") -> Finding:
    named = f"{name}: " if title == "default" else f"{means}: " if name in settings.sources else ""
    try:
        if opens_unasked(name, settings):
            return Finding(title, f"{named}a project of the server, not asked")
        meant = settings.sources.get(name, name)
        is_server = not (meant == DEMO or meant.startswith((TENSORBOARD, STORE, ".", "~", "/")))
        if is_server and not (settings.folder / meant).exists():
            return Finding(title, f"{named}a project of the server, not asked")
        place = open_place(name, settings)
    except RunQLError as error:
        first = trouble(title, error.diagnostics)
        return Finding(title, f"{named}{first.value}", first.wrong)
    place.service.close()
    wrong = tuple(line for one in place.said if one.code != "RQL533" for line in (f"{one.code}: {one.message}",))
    return Finding(title, f"{named}opens", wrong)


# ---------------------------------------------------------------- keys


def key_section(settings: Settings, base_url: str, used: str | None) -> Section:
    """Every place where a key may be, whether there is one, and which of them counts."""
    around = _around(settings)
    env, host = settings.server.env, urlsplit(base_url).netloc
    facts = [Finding("used", used or "none: as nobody, which is enough for public projects")]
    facts += [
        Finding(name, "set" if env.get(name) else "not set") for name in ("WANDB_API_KEY", "WANDB_IDENTITY_TOKEN_FILE")
    ]
    path = netrc_file(around)
    key, warnings = key_from_netrc(path, base_url)
    of_netrc = f"{path}: {'an entry' if key else 'no entry'} for {host}" if path.exists() else f"{path} (not there)"
    facts.append(Finding("netrc", of_netrc, tuple(warnings)))
    for layer in read_settings(around).layers:
        there = "a key" if layer.values.get("api_key") else "no key"
        facts.append(Finding("W&B's settings", f"{layer.path}: {there}{'' if layer.is_trusted else ', not trusted'}"))
    return Section("keys", tuple(facts))


def secrets_of(settings: Settings) -> tuple[str, ...]:
    """Every text that must stand in no report, wherever it was found."""
    return tuple(filter(None, dict.fromkeys(_secrets(settings))))


def _secrets(settings: Settings) -> Iterator[str]:
    server, around = settings.server, _around(settings)
    for name, value in server.env.items():
        if any(word in name.upper() for word in ("KEY", "TOKEN", "SECRET", "PASSWORD", "HEADERS")):
            yield value
        yield from _passwords(value)
    yield server.api_key or ""
    yield from _passwords(settings.store_address or "")
    for file in (server.api_key_file, server.env.get("WANDB_IDENTITY_TOKEN_FILE")):
        yield from (
            content.decode(errors="replace").strip() for _, content in contents([around.cwd / file] if file else [])
        )
    path = netrc_file(around)
    try:
        read_bounded(path, MOST_SMALL_BYTES)
        yield from (entry[2] or "" for entry in netrc.netrc(path).hosts.values())
    except (netrc.NetrcParseError, OSError, UnicodeDecodeError):
        yield ""
    for layer in read_settings(around).layers:
        for name, value in layer.values.items():
            if name not in {"base_url", "app_url", "entity", "project", "mode"}:
                yield value
            yield from _passwords(value)


def _passwords(text: str) -> Iterator[str]:
    """The user and the password of an address."""
    for part in text.split():
        if "@" in part and "://" in part:
            yield part.partition("://")[2].rpartition("@")[0]
            yield part.partition("://")[2].rpartition("@")[0].partition(":")[2]


def _around(settings: Settings) -> Surroundings:
    return Surroundings(settings.server.env, settings.server.home, settings.folder, settings.server.trust)


# ---------------------------------------------------------------- trust, stores


def trust_section(settings: Settings) -> Section:
    """Which folders were said yes to, and whether that holds for this one."""
    trust = settings.server.trust
    said = trust.trouble()
    facts = [Finding("file", _there(trust.file), (said,) if said else ())]
    facts.append(Finding("folders said yes to", f"{len(trust.folders()):,}"))
    found = contents(files_that_count(settings, settings.folder))
    if not found:
        facts.append(Finding("this folder", "has no settings that need a yes"))
    for path, content in found:
        yes = "said yes to, as it is now" if trust.vouches(path, content) else "not said yes to"
        facts.append(Finding("this folder", f"{path}: {yes}"))
    return Section("trust", tuple(facts))


def store_section(settings: Settings) -> Section:
    """Where copies of runs are, and which there are."""
    names = [name for name in known_sources(settings) if name.startswith(STORE)]
    where = Finding("folder", _folder(settings.stores))
    if settings.store_address is not None:
        where = Finding("object store", f"{settings.store_address}, not asked; those of which there is a copy here:")
    return Section("stores", (where, Finding("stores", ", ".join(names) or "none")))


def server_of_settings(settings: Settings) -> str:
    """The address of the server by variables and the user's own file, for when it is not clear which one counts."""
    try:
        own = read_settings(_around(settings)).trusted("base_url")
        return normal_base_url(settings.server.env.get("WANDB_BASE_URL") or own or DEFAULT_BASE_URL)
    except RunQLError:
        return DEFAULT_BASE_URL


def origin_of_address(settings: Settings) -> str:
    """What names the server: a variable, a file, or nothing."""
    if settings.server.env.get("WANDB_BASE_URL"):
        return "`WANDB_BASE_URL`"
    layer = read_settings(_around(settings)).layer("base_url")
    return f"{layer.path}" if layer is not None else "nothing: it is the default, the same as that of wandb 0.31"
