"""The folders where this system keeps what belongs to a program: its settings, its data, and what may be thrown away.

On Linux they are read off the environment as the XDG specification has them, which `platformdirs` does too; it is asked
everywhere else, and where the environment says nothing plain. It loads a good part of the standard library.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal, TypeAlias

Kept: TypeAlias = Literal["config", "data", "cache"]

_NAME: Final = "runql"
_BELOW_HOME: Final[Mapping[Kept, str]] = {"config": ".config", "data": ".local/share", "cache": ".cache"}


def own_folder(kept: Kept, environ: Mapping[str, str]) -> Path:
    """Our own folder for one kind of file, whether it is there or not."""
    named, home = environ.get(f"XDG_{kept.upper()}_HOME", ""), environ.get("HOME", "")
    if sys.platform == "linux" and "ANDROID_DATA" not in environ:
        if _is_plain(named):
            return Path(named, _NAME)
        if not named and _is_plain(home):
            return Path(home, _BELOW_HOME[kept], _NAME)
    import platformdirs

    match kept:
        case "config":
            return Path(platformdirs.user_config_dir(_NAME, appauthor=False))
        case "data":
            return Path(platformdirs.user_data_dir(_NAME, appauthor=False))
        case "cache":
            return Path(platformdirs.user_cache_dir(_NAME, appauthor=False))


def _is_plain(path: str) -> bool:
    return path.startswith("/") and path == path.strip()
