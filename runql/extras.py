"""The command that installs what an extra brings, into the environment that RunQL runs in."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Final

_EXTRA: Final = re.compile(r"""\bextra\s*==\s*["']([\w-]+)["']""")
_RECEIPTS: Final = (("pipx_metadata.json", "pipx inject runql"), ("uv-receipt.toml", 'uv pip install -p "{python}"'))
"""What pipx and uv leave in an environment that they made: there is no `pip` in it that somebody calls."""


def install_command(extra: str) -> str:
    """The command, such as `pip install "runql[store]"`.

    A name is asked of a registry, which may not have RunQL where that came from a file, a repository or a checkout:
    then the packages themselves are named.
    """
    command = next((said for name, said in _RECEIPTS if (Path(sys.prefix) / name).exists()), "pip install")
    return " ".join((command.format(python=sys.executable), *_wanted(extra)))


def _wanted(extra: str) -> tuple[str, ...]:
    from importlib import metadata

    try:
        installed = metadata.distribution("runql")
    except metadata.PackageNotFoundError:
        return (f'".[{extra}]"',)
    packages = tuple(f'"{name}"' for name in _packages(installed.requires or [], extra))
    is_elsewhere = installed.read_text("direct_url.json") is not None
    return packages if is_elsewhere and packages else (f'"runql[{extra}]"',)


def _packages(lines: list[str], extra: str) -> tuple[str, ...]:
    """The packages of an extra, as the metadata of a distribution names them."""
    split = (line.partition(";") for line in lines)
    return tuple(
        name.strip().replace(" ", "") for name, _, marker in split if (of := _EXTRA.search(marker)) and of[1] == extra
    )
