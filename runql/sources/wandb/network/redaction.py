"""Secrets, who asks with them, and how they are struck out of texts of whoever answered: servers, gateways and proxies
say what they were sent."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable

from runql.errors import Unreachable
from runql.text.diagnostic import Diagnostic
from runql.text.frozen import changeable

STRUCK = "***"
_SHORTEST = 4
_TELLING = 12
"""So much of a secret gives it away: it is struck out as far as it goes on, for texts are cut."""


class Secret:
    """A text that shows itself to nobody: not in a repr, a log, a format or a pickle."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format("***", spec)

    def __reduce__(self) -> str:
        raise TypeError("a secret is not pickled")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)


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


def unusable(origin: str, what: str, *hints: str) -> Unreachable:
    """The error for a setting that cannot be obeyed. It never shows the value."""
    return Unreachable([Diagnostic("RQL404", f"{origin} {what}", hints=hints)])


@changeable
class Identity:
    """What goes into the `Authorization` header, if anything does: nothing is enough for public projects. `secrets`:
    what is sent, in all its forms, for proxies and servers echo it."""

    header: Secret | None = None
    secrets: tuple[Secret, ...] = ()


def identity_of(key: Secret | None) -> Identity:
    """The identity of whoever has an API key, or none. It goes as W&B takes it: as the password of the user `api`."""
    if key is None:
        return Identity()
    sent = basic("api", key.reveal())
    return Identity(Secret(f"Basic {sent}{'=' * (-len(sent) % 4)}"), (key, Secret(sent)))


def without_secrets(body: bytes, identity: Identity) -> bytes:
    """An answer without the secrets of whoever asks: a run may be named like a key."""
    for secret in identity.secrets:
        text = secret.reveal().encode()
        if text in body:
            body = re.sub(re.escape(text) + b"=*", STRUCK.encode(), body)
    return body
