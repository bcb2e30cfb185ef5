"""Messages in a stream of bytes: a header that says a length, an empty line, a body. What is malformed is told and
stepped over, so that the next message is read."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

MOST_BODY_BYTES: Final = 64 * 1024 * 1024
"""The largest message: a whole document comes in one."""

_MOST_HEADER_BYTES: Final = 8192
_END_OF_HEADER: Final = re.compile(rb"\r?\n\r?\n")
_LENGTH: Final = re.compile(rb"content-length:[ \t]*([^\r\n]*?)[ \t]*(?:\r?\n|\Z)", re.IGNORECASE)
_CLEAN: Final = re.compile(rb"(?:[!-9;-~]+:[^\r\n]*\r?\n)+\r?\n")
_NUMBER: Final = re.compile(rb"\d{1,12}")

Read = Callable[[], Awaitable[bytes]]
"""Gives some bytes; none at the end."""


class MalformedMessage(ValueError):  # noqa: N818 - a kind of message before it is an error
    """What came is no message. Its text says why."""


class Framing:
    """Reads the messages of a stream. Iterate with `async for`: bodies, and a `Malformed` where one cannot be read."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._held = bytearray()
        self._ended = False

    async def __aiter__(self) -> AsyncIterator[bytes | MalformedMessage]:
        is_lost = False
        while (header := await self._header()) is not None:
            length = _length_in(header)
            if isinstance(length, int) and not is_lost and not _CLEAN.fullmatch(header):
                yield MalformedMessage("bytes that belong to no message")
            if isinstance(length, int):
                is_lost = False
                body = await self._take(length)
                if body is None:
                    return
                yield body
            elif not is_lost:
                # Once: whatever follows up to the next good header belongs to it.
                is_lost = True
                yield length

    async def _header(self) -> bytes | None:
        """Everything up to an empty line, or as much as no header has; nothing at the end."""
        while True:
            end = _END_OF_HEADER.search(self._held)
            if end is not None:
                return self._cut(end.end())
            if len(self._held) > _MOST_HEADER_BYTES:
                # A header may begin at the end of what came.
                return self._cut(len(self._held) - _MOST_HEADER_BYTES // 2)
            if self._ended:
                return None
            await self._more()

    async def _take(self, length: int) -> bytes | None:
        while len(self._held) < length:
            if self._ended:
                return None
            await self._more()
        return self._cut(length)

    async def _more(self) -> None:
        came = await self._read()
        self._ended = not came
        self._held += came

    def _cut(self, count: int) -> bytes:
        cut = bytes(self._held[:count])
        del self._held[:count]
        return cut


def _length_in(header: bytes) -> int | MalformedMessage:
    """The length that a header says. What stands before it is what is left of something malformed."""
    said = _LENGTH.findall(header)
    if not said:
        return MalformedMessage("a header without `Content-Length`")
    if not _NUMBER.fullmatch(said[-1]):
        return MalformedMessage("`Content-Length` is no length")
    length = int(said[-1])
    if not 0 < length <= MOST_BODY_BYTES:
        return MalformedMessage(f"a message must have between 1 and {MOST_BODY_BYTES:,} bytes")
    return length
