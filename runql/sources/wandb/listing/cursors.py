"""Cursors of our own: how many runs of a listing lie before a page, whatever the server's are."""

from __future__ import annotations

import base64
import binascii

from runql.errors import ArgumentError

_CURSOR = "runql:"


def cursor_at(position: int) -> str | None:
    """The cursor after so many runs of a listing."""
    return base64.b64encode(f"{_CURSOR}{position}".encode()).decode() if position else None


def position_in(cursor: str) -> int:
    """How many runs lie before a cursor.

    Raises:
        ArgumentError: it is none of this source.
    """
    try:
        text = base64.b64decode(cursor, validate=True).decode()
        if not text.startswith(_CURSOR):
            raise ValueError(text)
        return int(text.removeprefix(_CURSOR))
    except (binascii.Error, ValueError) as error:
        raise ArgumentError.because(f"`{cursor}` is not a cursor of this source") from error
