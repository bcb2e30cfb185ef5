"""Which folders the user said yes to, and which files are too open to be read.

The yes is kept in a file of the user's own, by the path of the folder and the content of its settings files: when one
of them changes, or another one comes, the yes does not hold for it any more.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from runql.errors import SettingsError
from runql.text.diagnostic import Diagnostic
from runql.text.frozen import frozen
from runql.text.replace import replace_with

PROJECT_FILE = ".runql.toml"
SAVED_FOLDER = ".runql"

_VERSION = 1
_MOST_BYTES = 1 << 20


@frozen
class FolderTrust:
    """What the user said. `file` keeps it; without one nothing is trusted. It is read anew for each question.

    `sudo_user` is who became root, and so owns the files that root works on.
    """

    file: Path | None = None
    sudo_user: int | None = None

    # ---------------------------------------------------------------- questions

    def vouches(self, path: Path, content: bytes) -> bool:
        """Whether the user said yes to a file with this content."""
        place, digest = _place(path), _digest(content)
        return any(files.get(place) == digest for files in self.folders().values())

    def covers(self, folder: Path, files: Iterable[Path]) -> bool:
        """Whether the user said yes to a folder, or one above it, and to each of the files that count there."""
        absolute = folder.resolve()
        known = self.folders()
        if not any(str(place) in known for place in (absolute, *absolute.parents)):
            return False
        return all(self.vouches(path, content) for path, content in contents(files))

    def has_said_yes(self, folder: Path) -> bool:
        """Whether the user said yes to this very folder, whatever it holds."""
        return str(folder.resolve()) in self.folders()

    def doubt(self, path: Path) -> str | None:
        """Why a file or folder may hold what somebody else wrote; `None` if nothing speaks for it."""
        if not hasattr(os, "geteuid"):
            return None
        mine = {os.geteuid(), *([self.sudo_user] if self.sudo_user is not None and os.geteuid() == 0 else [])}
        try:
            found = [path.lstat(), path.stat()]
            around = path.absolute().parent.stat()
        except OSError:
            return None
        if any(each.st_uid not in mine for each in found):
            return "it belongs to another user"
        if found[1].st_mode & stat.S_IWOTH:
            return "everybody may write it"
        return "everybody may write in its folder" if around.st_mode & stat.S_IWOTH else None

    def folders(self) -> Mapping[str, Mapping[str, str]]:
        """The folders that the user said yes to, each with its files and what their contents were."""
        if self.file is None or self.trouble() is not None:
            return {}
        return _folders(self.file) or {}

    def trouble(self) -> str | None:
        """Why what the user said is not read; `None` if it is, or if there is nothing."""
        if self.file is None or not self.file.exists():
            return None
        doubt = self.doubt(self.file)
        if doubt is None and hasattr(os, "geteuid") and self.file.stat().st_mode & stat.S_IWGRP:
            doubt = "others may write it"
        if doubt is None and _folders(self.file) is None:
            doubt = "it is damaged"
        return None if doubt is None else f"`{self.file}` is not read: {doubt}"

    # ---------------------------------------------------------------- answers

    def add(self, folder: Path, found: Iterable[tuple[Path, bytes]]) -> None:
        """Keep that the user says yes to a folder with these files and their contents.

        Raises:
            SettingsError: it cannot be kept.
        """
        self._write({**self.folders(), str(folder.resolve()): {_place(path): _digest(held) for path, held in found}})

    def forget(self, folder: Path) -> bool:
        """Take back a yes. Gives whether there was one. Raises `SettingsError` if that cannot be kept."""
        known = dict(self.folders())
        was_there = known.pop(str(folder.resolve()), None) is not None
        if was_there:
            self._write(known)
        return was_there

    def _write(self, folders: Mapping[str, Mapping[str, str]]) -> None:
        if self.file is None:
            raise SettingsError.of("RQL510", "there is no folder of the user's own to keep this in", "set `HOME`")
        trouble = self.trouble()
        if trouble is not None:
            raise SettingsError.of("RQL510", trouble, "mend its owner and mode, or remove it")
        import json

        text = json.dumps({"version": _VERSION, "folders": folders}, indent=1)
        try:
            self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            replace_with(self.file, text.encode(), mode=0o600)
        except OSError as error:
            raise SettingsError.of("RQL510", f"`{self.file}` cannot be written: {error.strerror or error}") from error


def contents(files: Iterable[Path]) -> list[tuple[Path, bytes]]:
    """The files that are there, and what they hold. What is no file, or longer than settings are, is left out."""
    found = []
    for path in files:
        try:
            if path.is_file() and path.stat().st_size <= _MOST_BYTES:
                found.append((path, path.read_bytes()))
        except OSError:
            continue
    return found


def saved_folder(found: Path, trust: FolderTrust) -> tuple[tuple[Path, ...], tuple[Diagnostic, ...]]:
    """The folder of the queries that are kept beside the project, if it is read; else what to say of that."""
    doubt = None if trust.has_said_yes(found.parent) else doubt_of_queries(found, trust)
    return ((found,), ()) if doubt is None else ((), (not_read(doubt, found.parent),))


def doubt_of_queries(folder: Path, trust: FolderTrust) -> str | None:
    """Why a folder of saved queries is not read, in a sentence; `None` if it is."""
    for path in (folder, *sorted(folder.glob("*.rql"))):
        doubt = trust.doubt(path)
        if doubt is not None:
            return f"the saved queries in `{folder}` are not read: of `{path.name}`, {doubt}"
    return None


def not_read(why: str, folder: Path) -> Diagnostic:
    """What to say of a file that may be of somebody else."""
    hint = f"after a look at it, `runql trust {folder}` says yes to it"
    return Diagnostic("RQL531", why, hints=(hint,))


def _folders(file: Path) -> Mapping[str, Mapping[str, str]] | None:
    """What the file holds; `None` if it is there and cannot be read."""
    import json

    try:
        document: Any = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        return None
    folders = document.get("folders") if isinstance(document, dict) and document.get("version") == _VERSION else None
    if not isinstance(folders, dict) or not all(isinstance(files, dict) for files in folders.values()):
        return None
    return folders


def _place(path: Path) -> str:
    """A file by its name in its folder, wherever a link leads to: what the link shows is the content."""
    return str(path.absolute().parent.resolve() / path.name)


def _digest(content: bytes) -> str:
    import hashlib

    return hashlib.sha256(content).hexdigest()
