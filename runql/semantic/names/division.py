"""`a/b` written without spaces is one name; where no field is called so, it may have been a division."""

from __future__ import annotations

import re
from collections.abc import Callable

_NUMBER = re.compile(r"\d+(?:\.\d+)?\Z")


def divided(name: str, is_known: Callable[[str], bool]) -> str | None:
    """A name as a division of two names that are known, or of one by a number; `None` if it is none."""
    if "`" in name:
        return None
    for at, char in enumerate(name):
        left, right = name[:at], name[at + 1 :]
        if char == "/" and is_known(left) and (is_known(right) or _NUMBER.match(right)):
            return f"{left} / {right}"
    return None
