"""Settings files: where a project has them; one is read, and checked for what it says that is no setting."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from runql.errors import RunQLError, SettingsError
from runql.prompt_options import PROMPT_OPTIONS
from runql.text.nearest import nearest
from runql.trust import PROJECT_FILE, SAVED_FOLDER

_MOST_BYTES: Final = 1 << 20
_MOST_CHARACTERS: Final = 50_000
"""Of what the names of a table stand for: all of it is read before a query is."""
_KEYS: Final = ("source", "sources", "aliases", "prompt", "keep", "store")


def project_places(folder: Path) -> tuple[Path | None, Path | None]:
    """The nearest project file, and the nearest folder of queries that are kept beside a project, from a folder up."""
    absolute = folder.absolute()
    places = (absolute, *absolute.parents)
    file = next((file for place in places if (file := place / PROJECT_FILE).is_file()), None)
    return file, next((beside for place in places if (beside := place / SAVED_FOLDER).is_dir()), None)


def read_settings_file(path: Path) -> Mapping[str, Any]:
    """What a file says; nothing if there is none.

    Raises:
        SettingsError: it cannot be read, or says something that is no setting.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(_MOST_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise _wrong(path, f"cannot be read: {error.strerror or error}") from error
    if len(raw) > _MOST_BYTES:
        raise _wrong(path, f"has more than {_MOST_BYTES:,} bytes")
    import tomllib

    try:
        table = tomllib.loads(raw.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise _wrong(path, f"is not TOML: {error}") from error
    text = raw.decode()
    for key, value in table.items():
        _check(path, text, key, value)
    return table


def _check(path: Path, text: str, key: str, value: Any) -> None:
    if key not in _KEYS:
        raise _unknown(path, text, key, key, _KEYS)
    if key in {"source", "store"}:
        if not isinstance(value, str) or not value:
            raise _wrong(path, f"must have a text as `{key}`{_line(text, key)}")
    elif key == "keep":
        if not isinstance(value, bool):
            raise _wrong(path, f"must have true or false as `keep`{_line(text, key)}")
    elif key == "prompt":
        _check_prompt(path, text, value)
    elif not isinstance(value, dict) or not all(isinstance(to, str) for to in value.values()):
        raise _wrong(path, f"must have a table of texts as `{key}`{_line(text, key)}")
    elif sum(map(len, value.values())) > _MOST_CHARACTERS:
        raise _wrong(path, f"has more than {_MOST_CHARACTERS:,} characters in `{key}`{_line(text, key)}")


def _check_prompt(path: Path, text: str, table: Any) -> None:
    if not isinstance(table, dict):
        raise _wrong(path, f"must have a table as `prompt`{_line(text, 'prompt')}", "it begins with a line `[prompt]`")
    options = {option.name: option for option in PROMPT_OPTIONS}
    for name, value in table.items():
        if name not in options:
            raise _unknown(path, text, f"prompt.{name}", name, options)
        if not options[name].takes(value):
            what = f"has a wrong value for `prompt.{name}`{_line(text, name)}"
            raise _wrong(path, what, f"`{name}` is {options[name].wants}")


def _unknown(path: Path, text: str, shown: str, key: str, known: Iterable[str]) -> RunQLError:
    near = [f"nearest: `{name}`" for name in nearest(key, known, most=1)]
    hints = (*near, f"settings: {', '.join(f'`{name}`' for name in known)}")
    return _wrong(path, f"has an unknown setting `{shown}`{_line(text, key)}", *hints)


def _line(text: str, key: str) -> str:
    """Where a setting stands; nothing if it is written in another way than on a line of its own."""
    named = re.compile(rf"\s*(\[\s*)?([\w\"']+\s*\.\s*)*[\"']?{re.escape(key)}[\"']?\s*(=|\.|\])")
    found = next((number for number, line in enumerate(text.splitlines(), 1) if named.match(line)), None)
    return "" if found is None else f" in line {found}"


def _wrong(path: Path, what: str, *hints: str) -> RunQLError:
    return SettingsError.of("RQL510", f"the settings file `{path}` {what}", *hints)
