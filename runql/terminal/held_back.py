"""Output that is held back until it is known that all of it may be written."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator

from runql.terminal import stdout

_IN_MEMORY = 8 * 2**20
_CHUNK = 2**16


class HeldBack:
    """Takes pieces as standard output does, in memory and then on disk; `release` writes them. Else they are gone."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - closed by `__exit__`

    def __enter__(self) -> HeldBack:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def write(self, pieces: Iterable[bytes]) -> None:
        """Hold the pieces back. Raises `CannotWrite` when there is no room for them."""
        for piece in pieces:
            try:
                self._file.write(piece)
            except OSError as error:
                raise stdout.CannotWrite(f"there is no room to hold it back: {error.strerror or error}") from error

    def release(self) -> None:
        """Write all of it. Raises as `stdout.write` does."""
        self._file.seek(0)
        stdout.write(self._chunks())

    def _chunks(self) -> Iterator[bytes]:
        while chunk := self._file.read(_CHUNK):
            yield chunk
