"""What `replace(text, re "…", "…")` puts in the place of a match: a text with groups of the match in it."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

GROUP: Final = re.compile(r"\\([0-9])")
"""`\\1`, the first group of the match; `\\0` is all of it."""


@lru_cache(maxsize=512)
def template(new: str) -> tuple[str | int, ...]:
    """The texts, and the numbers of the groups that stand between them."""
    pieces = GROUP.split(new)
    return tuple(int(piece) if place % 2 else piece for place, piece in enumerate(pieces) if place % 2 or piece)
