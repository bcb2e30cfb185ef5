"""W&B's settings files: the user's own, and that of a folder, which counts in part until somebody says yes to it.

A settings file of a folder came with the folder, and so may have been written by anybody. Of such a file only `FREE`
is taken. Any other setting may name a host, a way to it, a key or a file: `WandbSettings.get` gives it where the user's
own file says the same, or where the guard vouches for the file as it is, and raises `UntrustedFolder` otherwise.
"""

from __future__ import annotations

import configparser
import re
from collections.abc import Container, Mapping
from dataclasses import field
from pathlib import Path
from typing import Final, NoReturn, Protocol

from runql.errors import SourceError, UntrustedFolder
from runql.text.diagnostic import Diagnostic
from runql.text.frozen import frozen

FREE: Final = frozenset({"entity", "project"})
"""The settings that a folder may give unasked: they name what is asked for, on a server that the user chose."""

_MOST_BYTES: Final = 1 << 20


class Guard(Protocol):
    """Who knows which files of folders may be read, and which were said yes to."""

    def vouches(self, path: Path, content: bytes) -> bool:
        """Whether somebody said yes to a file with this content."""

    def doubt(self, path: Path) -> str | None:
        """Why a file may be of somebody else; `None` if nothing speaks for it."""


@frozen
class NobodyVouches:
    """Vouches for nothing, and doubts nothing."""

    def vouches(self, path: Path, content: bytes) -> bool:  # noqa: ARG002
        return False

    def doubt(self, path: Path) -> str | None:  # noqa: ARG002
        return None


@frozen
class Surroundings:
    """What is looked at: the environment, the home folder, the working folder, and what is known of its files."""

    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    home: Path = Path()
    cwd: Path = Path()
    guard: Guard = field(default_factory=NobodyVouches)

    def path(self, text: str) -> Path:
        """A path as the environment writes it."""
        if text == "~" or text.startswith("~/"):
            return self.home / text[2:]
        return self.cwd / text

    def is_of_the_folder(self, path: Path) -> bool:
        """Whether a file came with the working folder. What lies in the home folder is the user's own."""
        folder, home = self.cwd.resolve(), self.home.resolve()
        return not home.is_relative_to(folder) and path.absolute().parent.resolve().is_relative_to(folder)


@frozen
class Layer:
    """One settings file. `is_trusted`: it is the user's own, or somebody said yes to `folder`, which it counts in."""

    folder: Path
    path: Path
    values: Mapping[str, str]
    is_trusted: bool


@frozen
class WandbSettings:
    """W&B's settings, the weakest file first. `warnings` say which file does not count.

    `unreadable` is the user's own file, if it is there and says nothing that can be read.
    """

    layers: tuple[Layer, ...] = ()
    warnings: tuple[str, ...] = ()
    unreadable: Path | None = None

    def get(self, name: str) -> str | None:
        """The value of a setting.

        Raises:
            UntrustedFolder: it is that of a folder that nobody said yes to.
        """
        layer = self.layer(name)
        if layer is None:
            return None
        if not layer.is_trusted and name not in FREE and layer.values[name] != self.trusted(name):
            untrusted(layer, name)
        return layer.values[name]

    def layer(self, name: str) -> Layer | None:
        """The file that a setting is taken from, whether it may count or not."""
        return next((layer for layer in reversed(self.layers) if layer.values.get(name)), None)

    def trusted(self, name: str) -> str | None:
        """The value that trusted files alone give a setting."""
        found = (layer.values.get(name) for layer in reversed(self.layers) if layer.is_trusted)
        return next(filter(None, found), None)


def untrusted(layer: Layer, name: str, value: str = "", *hints: str) -> NoReturn:
    """Raise what there is to say of a setting that does not count before somebody says yes to its folder."""
    said = f"`{name}`" if not value else f"`{name} = {value}`"
    message = f"the settings file `{layer.path}` came with its folder and gives {said}, and nobody said yes to it"
    own = f"`WANDB_{name.upper()}` goes before it" if name in {"base_url", "app_url", "api_key"} else ""
    ways = (
        f"after a look at it, `runql trust {layer.folder}` says yes to it as it is now",
        *hints,
        *filter(None, (own,)),
    )
    raise UntrustedFolder([Diagnostic("RQL530", message, hints=ways)])


def config_folder(around: Surroundings) -> Path:
    """W&B's own folder of settings."""
    named = around.env.get("WANDB_CONFIG_DIR")
    return around.path(named) if named else around.home / ".config" / "wandb"


def settings_paths(around: Surroundings) -> tuple[tuple[Path, bool], ...]:
    """The settings files, the weakest first, whether they are there or not, and whether each came with a folder."""
    own = config_folder(around) / "settings"
    is_given = bool(around.env.get("WANDB_CONFIG_DIR")) and around.is_of_the_folder(own)
    root = around.path(around.env["WANDB_DIR"]) if around.env.get("WANDB_DIR") else around.cwd
    local = ".wandb" if (root / ".wandb").is_dir() else "wandb"
    return (own, is_given), (root / local / "settings", True)


def read_settings(around: Surroundings) -> WandbSettings:
    """W&B's settings: those of the user, and over them those of the working folder.

    A file that cannot be read does not take the others with it: the user's own may say where a key goes.
    """
    layers: list[Layer] = []
    warnings: list[str] = []
    unreadable = None
    for path, is_of_a_folder in settings_paths(around):
        content = _content(path)
        if content is None:
            continue
        is_trusted = not is_of_a_folder or around.guard.vouches(path, content)
        doubt = around.guard.doubt(path) if not is_trusted else None
        if doubt is not None:
            warnings.append(
                f"W&B's settings file `{path}` is not read: {doubt}; `runql trust {around.cwd}` says yes to it"
            )
            continue
        values = _values(content)
        if values is not None:
            layers.append(Layer(around.cwd, path, values, is_trusted))
            continue
        warnings.append(f"W&B's settings file `{path}` cannot be read, so it does not count")
        unreadable = unreadable if is_of_a_folder else path
    return WandbSettings(tuple(layers), tuple(warnings), unreadable)


def server_unknown(path: Path) -> SourceError:
    """What to raise where the user's own settings would say where a key goes, and cannot be read."""
    message = f"W&B's settings file `{path}` cannot be read, so it is not known which server is meant"
    return SourceError([Diagnostic("RQL511", message, hints=("mend the file, or set `WANDB_BASE_URL`",))])


def _content(path: Path) -> bytes | None:
    """What a file holds; nothing if there is none. What cannot be read, or is too long, holds no settings."""
    try:
        if not path.is_file():
            return b"\0" if path.exists() and not path.is_dir() else None
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError:
        return b"\0"
    return content if len(content) <= _MOST_BYTES else b"\0"


def _values(content: bytes) -> Mapping[str, str] | None:
    parser = configparser.ConfigParser(interpolation=None, strict=False, default_section="no default")
    try:
        parser.read_string(content.decode())
    except (UnicodeDecodeError, configparser.Error):
        return None
    return dict(parser["default"]) if parser.has_section("default") else {}


__all__ = ["Surroundings", "project_source"]

_PLAIN = re.compile(r"[\w-][\w.-]*(/[\w.-]+)?")


def project_source(around: Surroundings, entity: str | None, project: str | None, taken: Container[str]) -> str | None:
    """The project as a source; `None` if nothing names one.

    It is always the project of the server. Where its name alone would mean something else (the demo, a folder, one of
    the names `taken`), `wandb:` stands before it.
    """
    settings = None if entity and project else read_settings(around)
    of_files = settings is not None and not project
    project = project or (settings.get("project") if settings is not None else None)
    if not project:
        return None
    entity = entity or (settings.get("entity") if settings is not None else None)
    name = f"{entity}/{project}" if entity else project
    is_taken = name == "demo" or name in taken or (around.cwd / name).exists()
    is_clear = _PLAIN.fullmatch(name) is not None and not is_taken and ("/" in name or not of_files)
    return name if is_clear else f"wandb:{name}"
