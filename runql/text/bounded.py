"""Reads small files, and of large ones no more than shows that they are large."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Final

MOST_TEXT_BYTES: Final = 16_000_000
"""Of a script."""

MOST_SMALL_BYTES: Final = 1_000_000
"""Of a key, a token, or what else is a few lines."""


def read_bounded(path: Path, most: int) -> bytes:
    """The bytes of a file.

    Raises:
        OSError: it cannot be read, or has more than `most` bytes.
    """
    with path.open("rb") as file:
        raw = file.read(most + 1)
    if len(raw) > most:
        raise OSError(errno.EFBIG, f"it has more than {most:,} bytes")
    return raw
