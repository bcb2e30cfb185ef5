"""Settings: the only reader of the environment; `settings_file` reads one file of them.

Two files in TOML say the same things: `config.toml` in the user's own settings folder, and `.runql.toml` of a project,
found in the working folder or the nearest one above it. The project's wins, name by name.

    source = "./wandb"                 # what `-s` is by default
    keep = false                       # nothing that was read of a large folder is kept for the next process
    store = "~/stores"                 # the folder for copies of runs, or the address of an object store

    [sources]                          # names for `-s` and `from`
    vision = "acme/vision"

    [aliases]                          # names for expressions
    lr = "coalesce(config.lr, config.optim.lr)"

    [prompt]                           # the prompt: the options are in `PROMPT_OPTIONS`
    keys = "vi"

A path in `.runql.toml` is meant from the folder of that file. Of the environment these are read: `RUNQL_SOURCE`,
`RUNQL_CONFIG` (another `config.toml`), `RUNQL_CACHE` (the folder for what may be thrown away), `RUNQL_KEEP` (`0`: as
`keep = false`), `RUNQL_DATA` (the folder for the history of the prompt), `RUNQL_STORE` (the folder for copies of runs,
or the address of an object store), `RUNQL_MAX_ANSWER_MB` (the largest answer of a server, unpacked),
`RUNQL_SQL_SECONDS` and `RUNQL_SQL_MEMORY_MB` (what a question of the stage `sql` may take), `RUNQL_DEBUG`, W&B's own
(`WANDB_…`, `NETRC`), those of proxies and certificates (`HTTPS_PROXY`, `SSL_CERT_FILE` and their kind), those of
object stores (`AWS_…`, `GOOGLE_…`, `AZURE_…`, which their library reads), `NO_COLOR`, `TERM`, `COLUMNS` and `PAGER`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import field, replace
from pathlib import Path
from typing import Any

from runql.chart_look import PLAIN, ChartLook
from runql.errors import SettingsError
from runql.prompt_options import PromptSettings
from runql.settings_file import project_places, read_settings_file
from runql.text.diagnostic import Diagnostic
from runql.text.frozen import frozen
from runql.text.hidden import HiddenValues
from runql.trust import FolderTrust, contents, not_read, saved_folder

OWN_FOLDER = "queries"
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUEST_METHOD")
_CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_OF_SERVERS = frozenset({"NETRC", *_CERTIFICATES, *_PROXIES, *map(str.lower, _PROXIES)})
"""What says how to reach a server, beside the variables that begin with `WANDB_`."""
_ENDPOINTS = frozenset(
    {"AWS_ENDPOINT", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AZURE_STORAGE_ACCOUNT_NAME", "AZURE_STORAGE_ENDPOINT"}
)
_ZONE_RULE = re.compile(r"(?:[A-Za-z]{3,}|<[\w+-]+>)[+-]?\d")
"""How a rule of POSIX begins that is the time zone itself: `CET-1CEST`, `<+0330>-3:30`."""
_FILES = ("file:///", "file://localhost/")
_OFF = frozenset({"", "0"})
_MEGABYTES, _SECONDS = r"\d{1,9}(\.\d{1,6})?", r"\d{1,6}(\.\d{1,3})?"
_NUMBERS = {
    "RUNQL_MAX_ANSWER_MB": ("megabytes", _MEGABYTES, 512),
    "RUNQL_SQL_MEMORY_MB": ("megabytes", _MEGABYTES, 512),
    "RUNQL_SQL_SECONDS": ("seconds", _SECONDS, 60),
}
"""The variables that are numbers: of what, their form, an example."""
_SQL_BOUNDS = (("memory_mb", "RUNQL_SQL_MEMORY_MB"), ("seconds", "RUNQL_SQL_SECONDS"))
TENSORBOARD = "tb:"
"""Before a path: the TensorBoard logs there."""
STORE = "store:"
"""Before a name or a path: runs that were copied to a store."""
LAKE = "lake+"  # before an engine that reads one


@frozen
class OwnPlaces:
    """Where the user's own things are: the home, the settings file, the folder for what must not get lost, the one for
    what may be thrown away."""

    home: Path
    file: Path
    data: Path
    cache: Path


@frozen
class ServerSettings:
    """Where a W&B server and a key are looked for, and what was given for this call. Its `repr` shows nothing: it may
    hold a key.

    `env`: W&B's variables, and those of the network. `timeout_seconds`: for all that one call asks. `most_answer_mb`:
    the largest answer, unpacked, in megabytes. `on_wait` is told why nothing comes just now.
    `trust`: the folders that the user said yes to. `may_ask`: whether a server is asked at all.
    """

    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    home: Path = field(default_factory=Path, repr=False)
    cache_folder: Path | None = field(default=None, repr=False)
    base_url: str | None = field(default=None, repr=False)
    api_key: str | None = field(default=None, repr=False)
    api_key_file: Path | None = field(default=None, repr=False)
    timeout_seconds: float | None = field(default=None, repr=False)
    most_answer_mb: float | None = field(default=None, repr=False)
    on_wait: Callable[[str], None] | None = field(default=None, repr=False)
    trust: FolderTrust = field(default_factory=FolderTrust, repr=False)
    may_ask: bool = True


@frozen
class SqlBounds:
    """What a question of the stage `sql` may take: memory in megabytes, and seconds."""

    memory_mb: float = 2048.0
    seconds: float = 60.0


@frozen
class Settings:
    """All settings. `source` is what a settings file or `RUNQL_SOURCE` names; `sources`, `aliases`: by name, with the
    files of aliases. `saved`: the folders of saved queries, the project's before the user's own, which is
    `own_queries`. `file`: the user's own settings file, `data`: the folder for what must not get lost, `stores`: where
    copies of runs are, `store_address`: the object store where they are in the place of that. `offline`: no server is
    asked, a project is answered from its store. `keep`: what was read of a large folder is kept for the next process.
    `read_only`: no text writes a file. `pager`: what `$PAGER` says. `said`: what is to be said of files that do not
    count. `allow_write`: where a script may write besides the working folder. `chart_look`: how charts look.
    """

    source: str | None = None
    sources: Mapping[str, str] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    alias_files: Mapping[str, str] = field(default_factory=dict)
    entity: str | None = None
    project: str | None = None
    wandb_dir: Path | None = None
    server: ServerSettings = field(default_factory=ServerSettings)
    color: bool = True
    dumb_terminal: bool = False
    columns: int | None = None
    debug: bool = False
    folder: Path = field(default_factory=Path)
    saved: tuple[Path, ...] = ()
    prompt: PromptSettings = field(default_factory=PromptSettings)
    file: Path | None = None
    data: Path | None = None
    pager: str | None = None
    said: tuple[Diagnostic, ...] = ()
    allow_write: tuple[Path, ...] = ()
    sql: SqlBounds = field(default_factory=SqlBounds)
    stores: Path | None = None
    store_address: str | None = None
    offline: bool = False
    read_only: bool = False
    keep: bool = True
    chart_look: ChartLook = PLAIN

    @property
    def own_queries(self) -> Path | None:
        """The folder of the queries that the user keeps for all projects."""
        return None if self.file is None else self.file.parent / OWN_FOLDER

    def default_source(self) -> str | None:
        """The source of a query that names none: the settings', W&B's variables', `./wandb`, W&B's settings files'."""
        if self.source:
            return self.source
        folders = [self.folder if self.wandb_dir is None else self.wandb_dir, self.folder]
        found = next((folder / "wandb" for folder in folders if (folder / "wandb").is_dir()), None)
        if self.project or found is None or all(path.name == "settings" for path in found.iterdir()):  # `wandb init`
            from runql.wandb_settings.files import Surroundings, project_source

            around = Surroundings(self.server.env, self.server.home, self.folder, self.server.trust)
            if named := project_source(around, self.entity, self.project, self.sources):
                return named
        return None if found is None else "./wandb" if found == self.folder / "wandb" else str(found)


def load(environ: Mapping[str, str] | None = None, folder: Path | None = None) -> Settings:
    """Read everything. `folder` is where the search for a project's file begins: the working folder.

    Raises:
        SettingsError: a settings file that cannot be read, or says something that is no setting; the working folder is
            gone.
    """
    environ = os.environ if environ is None else environ
    folder = _working_folder() if folder is None else folder
    own = _own_places(environ)
    trust = _trust(environ, own, folder)
    of_files, numbers = _of_files(environ, folder, own, trust), _numbers(environ)
    of_servers = (name for name in environ if name.startswith("WANDB_") or name in _OF_SERVERS)
    env, most_mb = HiddenValues((name, environ[name]) for name in of_servers), numbers.get("RUNQL_MAX_ANSWER_MB")
    return Settings(
        **of_files,
        entity=environ.get("WANDB_ENTITY") or None,
        project=environ.get("WANDB_PROJECT") or None,
        wandb_dir=Path(environ["WANDB_DIR"]) if environ.get("WANDB_DIR") else None,
        server=ServerSettings(env, own.home, own.cache, most_answer_mb=most_mb, trust=trust),
        color=not environ.get("NO_COLOR"),
        dumb_terminal=environ.get("TERM") == "dumb",
        columns=int(environ["COLUMNS"]) if environ.get("COLUMNS", "").isdecimal() else None,
        debug=environ.get("RUNQL_DEBUG", "") not in _OFF,
        folder=folder,
        file=own.file,
        data=own.data,
        pager=environ.get("PAGER"),
        sql=SqlBounds(**{key: numbers[name] for key, name in _SQL_BOUNDS if name in numbers}),
    )


def _of_files(environ: Mapping[str, str], folder: Path, own: OwnPlaces, trust: FolderTrust) -> dict[str, Any]:
    """The settings that files say, where no variable says otherwise, and what is to be said of files that don't count.

    Raises `SettingsError`.
    """
    user = read_settings_file(own.file)
    file, beside = project_places(folder)
    project, said = ({}, ()) if file is None else _read_project(file, folder, trust)
    saved, more = ((), ()) if beside is None else saved_folder(beside, trust)
    zone = environ.get("TZ", "").removeprefix(":")
    store = environ.get("RUNQL_STORE") or project.get("store") or user.get("store")
    return {
        "source": environ.get("RUNQL_SOURCE") or project.get("source") or user.get("source"),
        "sources": {**user.get("sources", {}), **project.get("sources", {})},
        "aliases": {**user.get("aliases", {}), **project.get("aliases", {})},
        "alias_files": {
            **dict.fromkeys(user.get("aliases", {}), str(own.file)),
            **dict.fromkeys(project.get("aliases", {}), str(file)),
        },
        "prompt": PromptSettings(**{**user.get("prompt", {}), **project.get("prompt", {})}),
        "keep": environ.get("RUNQL_KEEP") != "0" and project.get("keep", True) and user.get("keep", True),
        "saved": (*saved, own.file.parent / OWN_FOLDER),
        "stores": _store_folder(store, own) if store else own.data / "stores",
        "store_address": store if store and _is_elsewhere(store) else None,
        "said": (*said, *more, *(_zone_said(zone) if zone else ())),
    }


def with_saved(settings: Settings, environ: Mapping[str, str] | None = None) -> Settings:
    """The settings with the folder of saved queries that is there now: it may have been made since they were read."""
    environ = os.environ if environ is None else environ
    _, beside = project_places(settings.folder)
    found: tuple[Path, ...] = ()
    if beside is not None:
        found, _ = saved_folder(beside, _trust(environ, _own_places(environ), settings.folder))
    if settings.saved[: len(found)] == found:
        return settings
    return replace(settings, saved=(*found, *(one for one in settings.saved if one not in found)))


def _zone_said(name: str) -> tuple[Diagnostic, ...]:
    """That a time zone is not known: the system takes UTC then, and says nothing. Rules of POSIX are taken."""
    if _ZONE_RULE.match(name):
        return ()
    import zoneinfo

    try:
        if not Path(name).is_absolute():
            zoneinfo.ZoneInfo(name)
        elif Path(name).is_file():
            with Path(name).open("rb") as file:
                zoneinfo.ZoneInfo.from_file(file)
        else:
            raise FileNotFoundError
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        message = f"`TZ={name}` names no time zone that is known here: times are in UTC"
        return (Diagnostic("RQL331", message, hints=("for example: `TZ=Europe/Berlin`",)),)
    return ()


def _is_elsewhere(store: str) -> bool:
    """Whether the place of stores is the address of an object store, and no folder of this computer."""
    return "://" in store and not store.startswith(_FILES)


def _store_folder(named: str, own: OwnPlaces) -> Path:
    """The folder of stores that was named, as a path or as its address; that of the system beside an object store."""
    if named.startswith(_FILES):
        from urllib.parse import unquote, urlsplit

        return Path(unquote(urlsplit(named).path))
    if _is_elsewhere(named):
        return own.data / "stores"
    return own.home / named[2:] if named.startswith("~/") else Path(named)


def is_debugging() -> bool:
    """Whether whoever looks for a mistake in RunQL wants to see more; no settings file says that."""
    return os.environ.get("RUNQL_DEBUG", "") not in _OFF


def _own_places(environ: Mapping[str, str]) -> OwnPlaces:
    """Where the user's own things are, by the environment or where this system keeps those of programs."""
    import platformdirs

    home = environ.get("HOME") or environ.get("USERPROFILE")
    file, data, cache = (environ.get(name) for name in ("RUNQL_CONFIG", "RUNQL_DATA", "RUNQL_CACHE"))
    return OwnPlaces(
        Path(home) if home else Path.home(),
        Path(file or f"{platformdirs.user_config_dir('runql', appauthor=False)}/config.toml"),
        Path(data or platformdirs.user_data_dir("runql", appauthor=False)),
        Path(cache or platformdirs.user_cache_dir("runql", appauthor=False)),
    )


def _trust(environ: Mapping[str, str], own: OwnPlaces, working: Path) -> FolderTrust:
    """What the user said yes to. A file that came with the working folder says nothing, whatever names it."""
    sudo_user, working = environ.get("SUDO_UID", ""), working.resolve()
    is_home_inside = own.home.is_absolute() and own.home.resolve().is_relative_to(working)
    came_with_it = not is_home_inside and own.data.resolve().is_relative_to(working)
    file = own.data / "trust.json" if own.data.is_absolute() and not came_with_it else None
    return FolderTrust(file, int(sudo_user) if sudo_user.isdecimal() else None)


def _numbers(environ: Mapping[str, str]) -> Mapping[str, float]:
    """The numbers that variables give, by their names.

    Raises:
        SettingsError: one gives none.
    """
    found: dict[str, float] = {}
    for name, (unit, form, example) in _NUMBERS.items():
        text = environ.get(name)
        if text and (not re.fullmatch(form, text, re.ASCII) or float(text) == 0):
            message = f"`{name}` is no number of {unit}: `{text[:40]}`"
            raise SettingsError.of("RQL510", message, f"write `{name}={example}`")
        if text:
            found[name] = float(text)
    return found


def _working_folder() -> Path:
    try:
        return Path.cwd()
    except FileNotFoundError:
        message = "the working folder is gone: somebody removed or replaced it"
        raise SettingsError.of("RQL510", message, "`cd` to a folder that is there") from None


def of_variables() -> Settings:
    """What the environment alone says of servers and folders, for when a settings file or a number cannot be read, or
    the working folder is gone."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("RUNQL_")}
    kept = {name: os.environ[name] for name in ("RUNQL_CACHE", "RUNQL_DATA", "RUNQL_STORE") if name in os.environ}
    found = load({**plain, **kept, "RUNQL_CONFIG": os.devnull}, Path(os.sep))
    with suppress(SettingsError):
        found = replace(found, folder=_working_folder())
    return replace(found, file=_own_places(os.environ).file)


def endpoints() -> Mapping[str, str]:
    """The variables that say on which server the buckets of an object store are; none of them holds a secret."""
    return {name: value for name, value in os.environ.items() if name in _ENDPOINTS and value}


def allows_http() -> bool:
    """Whether the environment says that the endpoint of an object store needs no TLS."""
    return any(os.environ.get(name, "").lower() in {"1", "true"} for name in ("AWS_ALLOW_HTTP", "ALLOW_HTTP"))


def own_variables() -> Mapping[str, str]:
    """The variables of RunQL, terminals and languages that are set; none of them holds a secret."""
    names = {"NO_COLOR", "TERM", "COLUMNS", "PAGER", "TZ", "LANG", "LC_ALL", "LC_CTYPE", "VIRTUAL_ENV", "SHELL"}
    return {name: value for name, value in os.environ.items() if name in names or name.startswith("RUNQL_")}


def pager_environment() -> Mapping[str, str]:
    """The environment for the pager: what is pasted into `less` while it shows text from outside starts no program."""
    return {**os.environ, "LESSSECURE": "1"}


def user_file() -> Path:
    """The user's own settings file, whether it is there or not."""
    return _own_places(os.environ).file


def _read_project(file: Path, folder: Path, trust: FolderTrust) -> tuple[Mapping[str, Any], tuple[Diagnostic, ...]]:
    """A project file; its relative paths are made absolute where it is not that of the working folder.

    Also what to say where it is not read.
    """
    doubt = trust.doubt(file)
    if doubt is not None and not any(trust.vouches(path, content) for path, content in contents((file,))):
        return {}, (not_read(f"the settings file `{file}` is not read: {doubt}", file.parent),)
    table = dict(read_settings_file(file))
    said: tuple[Diagnostic, ...] = ()
    if "store" in table and not any(trust.vouches(path, content) for path, content in contents((file,))):
        del table["store"]  # copies of runs would go where somebody else says
        why = f"`store` in the settings file `{file}` does not count: nobody said yes to that folder"
        said = (not_read(why, file.parent),)
    place = file.parent
    if place != folder.absolute():
        if "source" in table:
            table["source"] = _from_folder(table["source"], place)
        if "store" in table:
            table["store"] = _from_folder(table["store"], place)
        table["sources"] = {name: _from_folder(to, place) for name, to in table.get("sources", {}).items()}
    return table, said


def _from_folder(source: str, folder: Path) -> str:
    mark = next((mark for mark in (TENSORBOARD, STORE) if source.startswith(mark)), "")
    path = source.removeprefix(mark)
    return f"{mark}{folder / path}" if path.startswith(("./", "../")) or path in {".", ".."} else source
