"""Words that say the opposite of each other: one is the other with a negative affix, as `finite` and `infinite`.

By letters they are near. Offered for one another, they would turn round what was meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from runql.text.letters import distance

_WORDS: Final = ("no", "not", "non", "never", "without", "anti", "isnt", "is_not", "dont", "doesnt", "un", "dis", "in")
"""What denies as a part of its own: `not_finished`, `no-bias`."""
_PREFIXES: Final = (
    *("in", "im", "il", "ir", "un", "non", "not", "no", "n", "dis", "de", "anti", "isn", "isnt", "!", "~", "-", "¬"),
)
_SUFFIXES: Final = ("nt", "n't", "n’t", "not")
_SHORT_SUFFIXES: Final = re.compile(r"(?:is|has|was|does|are|do|did|have|can|could|should)(n)\Z")
_PAIRS: Final = (
    *(("con", "di"), ("in", "ex"), ("im", "ex"), ("en", "dis"), ("en", "de"), ("in", "de"), ("in", "out")),
    *(("max", "min"), ("asc", "desc"), ("as", "des"), ("pre", "post"), ("over", "under"), ("lower", "upper")),
    *(("inner", "outer"), ("first", "last"), ("on", "off"), ("best", "worst"), ("pos", "neg"), ("true", "false")),
    *(("any", "all"), ("yes", "no"), ("more", "less"), ("gt", "lt"), ("ge", "le"), ("gte", "lte"), ("eq", "ne")),
    *(("up", "down"), ("high", "low"), ("hi", "lo"), ("most", "least"), ("before", "after"), ("fore", "back")),
)
_SEPARATORS: Final = "._/- "
_PARTS: Final = re.compile(r"[^._/\- ]+")
_LONG: Final = 5


@lru_cache(maxsize=4096)
def are_opposite(a: str, b: str) -> bool:
    """Whether one of two words denies the other in one of its parts; a slip in a longer word does not hide it."""
    a, b = a.casefold(), b.casefold()
    if a == b:
        return False
    slips = 1 if min(len(a), len(b)) >= _LONG else 0
    most = abs(len(a) - len(b)) + 8
    apart = distance(a, b, most)
    for one, other in ((a, b), (b, a)):
        for rest, letters in _without(one):
            left = distance(rest, other, slips)
            if rest and left <= slips and left + letters <= apart:
                return True
        if any(distance(turned, other, slips) < min(apart, slips + 1) for turned in _turned(one)):
            return True
    return False


def _without(word: str) -> Iterator[tuple[str, int]]:
    """A word without each negative affix that it has, and of how many letters that was."""
    for part in _PARTS.finditer(word):
        before, after = word[: part.start()], word[part.end() :]
        if part[0] in _WORDS:
            yield before + after.lstrip(_SEPARATORS), len(part[0])
            yield before.rstrip(_SEPARATORS) + after, len(part[0])
        for suffix in _SUFFIXES:
            if part[0].endswith(suffix):
                yield before + part[0].removesuffix(suffix) + after, len(suffix)
        if _SHORT_SUFFIXES.match(part[0]):
            yield before + part[0][:-1] + after, 1
    for start in {0, *(match.start() for match in _PARTS.finditer(word))}:
        for prefix in _PREFIXES:
            if word.startswith(prefix, start):
                yield word[:start] + word[start + len(prefix) :], len(prefix)


def _turned(word: str) -> Iterator[str]:
    """A word with each of its parts that has an opposite turned into that."""
    for part in _PARTS.finditer(word):
        at = part.start()
        for pair in _PAIRS:
            for one, other in (pair, pair[::-1]):
                if word.startswith(one, at):
                    yield word[:at] + other + word[at + len(one) :]
