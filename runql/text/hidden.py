"""What is not to be shown: variables some of which are keys, and texts that are secret.

A secret text knows what stands in its place. Where it is said whole it is struck out of the sentence (`struck`); who
shows part of a value, or what was made of one, asks whether a secret is in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

SHORTEST: Final = 4
"""A shorter secret is struck out only where it stands in quotes: its letters stand all over a text."""
_LEAST_OF_ONE: Final = 8
"""So many characters of a longer secret, cut off with an ellipsis, are struck out too."""


class HiddenValues(dict[str, str]):
    """A dict whose `repr` shows no value: debuggers and tracebacks show all that stands in a frame."""

    def __repr__(self) -> str:
        return f"<{len(self)} values>"


class SecretText(str):
    """A text that nothing says. `shown`: what is said in its place, the name of its parameter."""

    __slots__ = ("shown",)
    shown: str

    def __new__(cls, text: str, shown: str) -> SecretText:
        made = super().__new__(cls, text)
        made.shown = shown
        return made

    def __repr__(self) -> str:
        return f"<{self.shown}>"


def secrets_in(params: Mapping[str, object]) -> tuple[SecretText, ...]:
    """The secret texts among the values of parameters, those in lists too; the longest first."""
    values = (one for value in params.values() for one in (value if isinstance(value, list | tuple) else (value,)))
    found = dict.fromkeys(one for one in values if isinstance(one, SecretText) and one)
    return tuple(sorted(found, key=len, reverse=True))


def struck(text: str, secrets: Iterable[SecretText]) -> str:
    """A sentence without these texts: in quotes, escaped, bare, in another case, or cut off."""
    for secret in secrets:
        for written in dict.fromkeys(_in_quotes(secret)):
            text = text.replace(written, secret.shown)
        if len(secret) >= SHORTEST:
            for bare in dict.fromkeys((_as_json(secret)[1:-1], re.escape(secret), str(secret))):
                instead = secret.shown.replace("\\", r"\\")
                text = re.sub(re.escape(bare), instead, text, flags=re.IGNORECASE)
            text = _without_beginning(text, secret)
        text = text.replace(f"`{str.__str__(secret)}`", f"`{secret.shown}`")
    return text


def _in_quotes(secret: str) -> Iterable[str]:
    for plain in (secret, re.escape(secret)):
        yield _as_json(plain)
        yield _as_json(plain, is_ascii=True)
        yield f'"{plain}"'
        yield f"'{plain}'"
        yield repr(str.__str__(plain))


def _as_json(text: str, *, is_ascii: bool = False) -> str:
    import json

    return json.dumps(text, ensure_ascii=is_ascii)


def _without_beginning(text: str, secret: SecretText) -> str:
    """The sentence without the beginning of a long secret: values are cut off where they are long."""
    at = text.find(secret[:_LEAST_OF_ONE]) if len(secret) > _LEAST_OF_ONE else -1
    while at >= 0:
        end = at + _LEAST_OF_ONE
        while end < len(text) and end - at < len(secret) and text[end] == secret[end - at]:
            end += 1
        if text[end : end + 1] == "…":
            text = f"{text[:at]}{secret.shown}{text[end:]}"
            end = at + len(secret.shown)
        at = text.find(secret[:_LEAST_OF_ONE], end)
    return text
