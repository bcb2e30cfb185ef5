"""Settings: the only reader of the environment and of settings files.

Two files in TOML say the same things: `config.toml` in the user's own settings folder, and `.runql.toml` of a project,
found in the working folder or the nearest one above it. The project's wins, name by name.

    source = "./wandb"                 # what `-s` is by default

    [sources]                          # names for `-s` and `from`
    vision = "acme/vision"

    [aliases]                          # names for expressions
    lr = "coalesce(config.lr, config.optim.lr)"

A path in `.runql.toml` is meant from the folder of that file. Of the environment these are read: `RUNQL_SOURCE`,
`RUNQL_CONFIG` (another `config.toml`), `RUNQL_CACHE` (the folder for what may be thrown away), `RUNQL_DEBUG`, W&B's own
(`WANDB_…`, `NETRC`), `NO_COLOR`, `TERM` and `COLUMNS`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import field
from pathlib import Path
from typing import Any

from runql.errors import RunQLError, SettingsError
from runql.text.frozen import frozen

PROJECT_FILE = ".runql.toml"
SAVED_FOLDER = ".runql"
_KEYS = ("source", "sources", "aliases")


@frozen
class ServerSettings:
    """Where a W&B server and a key are looked for, and what was given for this call. Its `repr` shows nothing: it may
    hold a key.

    `env`: W&B's variables. `timeout_seconds`: for all that one call asks. `on_wait` is told why nothing comes just now.
    """

    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    home: Path = field(default_factory=Path, repr=False)
    cache_folder: Path | None = field(default=None, repr=False)
    base_url: str | None = field(default=None, repr=False)
    api_key: str | None = field(default=None, repr=False)
    api_key_file: Path | None = field(default=None, repr=False)
    timeout_seconds: float | None = field(default=None, repr=False)
    on_wait: Callable[[str], None] | None = field(default=None, repr=False)


@frozen
class Settings:
    """All settings. `source` is what a settings file or `RUNQL_SOURCE` names; `sources` and `aliases` are by name.

    `saved`: the folders of saved queries, the project's before the user's own.
    """

    source: str | None = None
    sources: Mapping[str, str] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
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

    def default_source(self) -> str | None:
        """The source of a query that names none: the settings', else W&B's variables, else `./wandb` if it is there."""
        if self.source:
            return self.source
        if self.project:
            return f"{self.entity}/{self.project}" if self.entity else self.project
        folders = [self.folder if self.wandb_dir is None else self.wandb_dir, self.folder]
        found = next((folder / "wandb" for folder in folders if (folder / "wandb").is_dir()), None)
        if found is None:
            return None
        return "./wandb" if found == self.folder / "wandb" else str(found)


def load(environ: Mapping[str, str] | None = None, folder: Path | None = None) -> Settings:
    """Read everything. `folder` is where the search for a project's file begins: the working folder.

    Raises:
        SettingsError: a settings file that cannot be read, or says something that is no setting.
    """
    environ = os.environ if environ is None else environ
    folder = Path.cwd() if folder is None else folder
    user, project = _read(_user_file(environ)), _read_project(folder)
    return Settings(
        source=environ.get("RUNQL_SOURCE") or project.get("source") or user.get("source"),
        sources={**user.get("sources", {}), **project.get("sources", {})},
        aliases={**user.get("aliases", {}), **project.get("aliases", {})},
        entity=environ.get("WANDB_ENTITY") or None,
        project=environ.get("WANDB_PROJECT") or None,
        wandb_dir=Path(environ["WANDB_DIR"]) if environ.get("WANDB_DIR") else None,
        server=_server(environ),
        color=not environ.get("NO_COLOR"),
        dumb_terminal=environ.get("TERM") == "dumb",
        columns=int(environ["COLUMNS"]) if environ.get("COLUMNS", "").isdecimal() else None,
        debug=environ.get("RUNQL_DEBUG", "") not in {"", "0"},
        folder=folder,
        saved=(*_saved_of_project(folder), _user_file(environ).parent / "queries"),
    )


def _server(environ: Mapping[str, str]) -> ServerSettings:
    import platformdirs

    named = environ.get("RUNQL_CACHE")
    cache = Path(named) if named else Path(platformdirs.user_cache_dir("runql", appauthor=False))
    env = {name: value for name, value in environ.items() if name.startswith("WANDB_") or name == "NETRC"}
    home = environ.get("HOME") or environ.get("USERPROFILE")
    return ServerSettings(env, Path(home) if home else Path.home(), cache)


def _saved_of_project(folder: Path) -> tuple[Path, ...]:
    """The folder of the queries that are kept beside the project: the nearest one, from the working folder up."""
    absolute = folder.absolute()
    places = (place / SAVED_FOLDER for place in (absolute, *absolute.parents))
    return tuple(place for place in places if place.is_dir())[:1]


def _user_file(environ: Mapping[str, str]) -> Path:
    """`config.toml` in the folder where this system keeps settings of programs."""
    if named := environ.get("RUNQL_CONFIG"):
        return Path(named)
    import platformdirs

    return Path(platformdirs.user_config_dir("runql", appauthor=False)) / "config.toml"


def _read_project(folder: Path) -> Mapping[str, Any]:
    """The nearest project file; its relative paths are made absolute where it is not that of the working folder."""
    absolute = folder.absolute()
    for place in (absolute, *absolute.parents):
        if (place / PROJECT_FILE).is_file():
            table = dict(_read(place / PROJECT_FILE))
            if place != absolute:
                if "source" in table:
                    table["source"] = _from_folder(table["source"], place)
                table["sources"] = {name: _from_folder(to, place) for name, to in table.get("sources", {}).items()}
            return table
    return {}


def _from_folder(source: str, folder: Path) -> str:
    return str(folder / source) if source.startswith(("./", "../")) or source in {".", ".."} else source


def _read(path: Path) -> Mapping[str, Any]:
    """One settings file, checked; nothing if there is none."""
    try:
        raw = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise _wrong(path, f"cannot be read: {error.strerror or error}") from error
    import tomllib

    try:
        table = tomllib.loads(raw.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise _wrong(path, f"is not TOML: {error}") from error
    for key, value in table.items():
        _check(path, key, value)
    return table


def _check(path: Path, key: str, value: Any) -> None:
    if key not in _KEYS:
        raise _wrong(path, f"has an unknown setting `{key}`", f"settings: {', '.join(f'`{name}`' for name in _KEYS)}")
    if key == "source":
        if not isinstance(value, str):
            raise _wrong(path, "must have a text as `source`")
    elif not isinstance(value, dict) or not all(isinstance(to, str) for to in value.values()):
        raise _wrong(path, f"must have a table of texts as `{key}`")


def _wrong(path: Path, what: str, *hints: str) -> RunQLError:
    return SettingsError.of("RQL510", f"the settings file `{path}` {what}", *hints)
