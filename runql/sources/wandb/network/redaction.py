"""Strikes secrets out of texts of whoever answered: servers, gateways and proxies say what they were sent."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable

STRUCK = "***"
_SHORTEST = 4
_TELLING = 12
"""So much of a secret gives it away: it is struck out as far as it goes on, for texts are cut."""


def basic(user: str, password: str) -> str:
    """A user and a password as `Authorization: Basic` says them, without the `=` at the end, which each writes anew."""
    return b64encode(f"{user}:{password}".encode()).decode().rstrip("=")


def struck(text: str, secrets: Iterable[str]) -> str:
    """A text without these secrets, in whatever case they are written, and without the beginning of a long one."""
    for secret in sorted(set(secrets), key=len, reverse=True):
        if len(secret) < _SHORTEST:
            continue
        begin = re.compile(re.escape(secret[:_TELLING]), re.IGNORECASE)
        at = 0
        while (found := begin.search(text, at)) is not None:
            end = found.end()
            for mine, theirs in zip(secret[_TELLING:], text[end:], strict=False):
                if mine.casefold() != theirs.casefold():
                    break
                end += 1
            end += len(text[end:]) - len(text[end:].lstrip("="))
            text = f"{text[: found.start()]}{STRUCK}{text[end:]}"
            at = found.start() + len(STRUCK)
    return text
