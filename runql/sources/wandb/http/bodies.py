"""Unpacks the body of an answer as it comes, and stops where it is larger than is allowed.

httpx would unpack all that a server sends, as often as its `Content-Encoding` says: four megabytes become gigabytes.
"""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Mapping

from runql.sources.wandb.failures.failures import Failure, Fault, clean

MEGABYTE = 1_000_000
_STEP_BYTES = 1_048_576
_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS
_BYTES_OF_A_VALUE = 16
"""So many bytes a value has at least, on average over an answer that is as large as is allowed."""


class _Plain:
    """A body that is not packed."""

    is_whole = True

    def unpack(self, data: bytes, most: int) -> tuple[bytes, bytes]:
        return data[:most], data[most:]


class _PackedBody:
    """A body in gzip, of one part or several, or in zlib's own form ("deflate")."""

    def __init__(self) -> None:
        self._one = zlib.decompressobj(_GZIP_OR_ZLIB)
        self._has_begun = False

    @property
    def is_whole(self) -> bool:
        return self._one.eof or not self._has_begun

    def unpack(self, data: bytes, most: int) -> tuple[bytes, bytes]:
        """Up to `most` bytes of what `data` holds, and the part of `data` that is still to be unpacked."""
        if self._one.eof:
            self._one = zlib.decompressobj(_GZIP_OR_ZLIB)
        self._has_begun = True
        found = self._one.decompress(data, most)
        return found, self._one.unconsumed_tail or self._one.unused_data


def _packing(headers: Mapping[str, str]) -> _Plain | _PackedBody:
    said = headers.get("content-encoding", "").strip().lower()
    if said in ("", "identity"):
        return _Plain()
    if said in ("gzip", "x-gzip", "deflate"):
        return _PackedBody()
    raise Failure(Fault.NOT_JSON, f"an answer packed as `{clean(said)[:40]}`, where gzip was asked for")


async def read_body(pieces: AsyncIterator[bytes], headers: Mapping[str, str], most: int) -> bytes:
    """The whole body, unpacked.

    Raises:
        Failure: it is larger than `most` bytes, holds more values than such an answer may, is packed as nobody asked
            for, or breaks off.
    """
    packing = _packing(headers)
    body = bytearray()
    if isinstance(packing, _Plain) and _said_length(headers) > most:
        raise too_large(most)
    async for piece in pieces:
        rest = piece
        while rest:
            try:
                found, rest = packing.unpack(rest, min(_STEP_BYTES, most + 1 - len(body)))
            except zlib.error as error:
                raise Failure(Fault.BROKEN, clean(str(error))) from error
            body += found
            if len(body) > most:
                raise too_large(most)
    if not packing.is_whole:
        raise Failure(Fault.BROKEN, "the answer breaks off within its gzip")
    _check_values(body, most)
    return bytes(body)


def _check_values(body: bytearray, most: int) -> None:
    """A record without anything is two bytes here and 64 when it is read, so values are counted too, from above: what
    is between commas and brackets, those of texts among them."""
    most_values = most // _BYTES_OF_A_VALUE
    if len(body) > most_values and sum(map(body.count, (b",", b"{", b"["))) > most_values:
        raise Failure(Fault.TOO_LARGE, f"more than {most_values:,} values")


def _said_length(headers: Mapping[str, str]) -> int:
    text = headers.get("content-length", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0


def too_large(most: int) -> Failure:
    """The failure that an answer of more than so many bytes is."""
    return Failure(Fault.TOO_LARGE, f"more than {most / MEGABYTE:g} MB unpacked")
