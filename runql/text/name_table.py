"""Many names, made ready to be searched for those near to another one: the answers of `nearest`, sooner."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property

from runql.text.nearest import allowance

_SEPARATORS = "._/"
_MANY = 5_000


class NameTable:
    """Names to be searched more than once. Times grow with how many are about as long as what is looked for."""

    def __init__(self, names: Iterable[str]) -> None:
        self._folded: dict[str, list[str]] = {}
        for name in dict.fromkeys(names):
            self._folded.setdefault(name.casefold(), []).append(name)
        self._by_length: dict[int, list[str]] = {}
        for name in self._folded:
            self._by_length.setdefault(len(name), []).append(name)
        self._marked: dict[int, list[tuple[int, int, str]]] = {}

    def ready(self) -> NameTable:
        """Work out now what else the first search would."""
        for length in self._by_length:
            self._marks(length)
        assert self._plain is not None
        assert self._text
        return self

    def alike(self, name: str) -> list[str]:
        """The names that are equal but for case and punctuation."""
        return self.written(plain(name))

    def written(self, letters: str) -> list[str]:
        """The names that are these letters without case and punctuation."""
        return self._plain.get(letters, [])

    def ending(self, name: str) -> list[str]:
        """The names that end with another one behind a separator: `optim.lr` for `lr`."""
        folded, found = name.casefold(), []
        for separator in _SEPARATORS:
            wanted, position = f"{separator}{folded}\n", 0
            while (position := self._text.find(wanted, position)) >= 0:
                begin = self._text.rfind("\n", 0, position) + 1
                found += self._folded[self._text[begin : position + len(wanted) - 1]]
                position += 1
        return found

    def nearest(self, name: str, most: int = 3) -> tuple[str, ...]:
        """At most `most` names near to one, nearest first, as `runql.text.nearest.nearest` has them.

        Of very many names those three letters away say nothing, and are not looked for.
        """
        limit, folded = allowance(name), name.casefold()
        if len(self._folded) > _MANY:
            limit = min(limit, 2)
        ranked = [(0, 0, one) for one in self._folded.get(folded, ())]
        seen = {folded}
        measure = _distance_to(folded)
        for least in range(1, limit + 1):
            if len(ranked) >= most:
                break
            for candidate in self._within(folded, least):
                if candidate not in seen and (apart := measure(candidate)) <= least:
                    seen.add(candidate)
                    lengths = abs(len(candidate) - len(folded))
                    ranked += [(apart, lengths, one) for one in self._folded[candidate]]
        if len(ranked) < most and len(folded) > 1:
            behind = (one for one in self.ending(name) if one.casefold() not in seen)
            ranked += [(limit, abs(len(one) - len(folded)), one) for one in behind]
        return tuple(one for _, _, one in sorted(ranked)[:most])

    def _within(self, name: str, apart: int) -> Iterable[str]:
        """The names that may be so many letters apart: each changes two letters, and three pairs, at most."""
        letters, pairs = _marks(name)
        for length in range(len(name) - apart, len(name) + apart + 1):
            for other, other_pairs, candidate in self._marks(length):
                if (letters ^ other).bit_count() <= 2 * apart and (pairs ^ other_pairs).bit_count() <= 6 * apart:
                    yield candidate

    def _marks(self, length: int) -> list[tuple[int, int, str]]:
        if length not in self._marked:
            self._marked[length] = [(*_marks(name), name) for name in self._by_length.get(length, ())]
        return self._marked[length]

    @cached_property
    def _plain(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for names in self._folded.values():
            for name in names:
                found.setdefault(plain(name), []).append(name)
        return found

    @cached_property
    def _text(self) -> str:
        return "\n" + "".join(f"{name}\n" for name in self._folded if "\n" not in name)


_DROPPED = {code: None for code in range(128) if not chr(code).isalnum()}


def plain(name: str) -> str:
    """A name without case and punctuation."""
    return name.casefold().translate(_DROPPED)


def _marks(name: str) -> tuple[int, int]:
    """Which letters a name has and which pairs of neighbours, as bits."""
    letters = pairs = before = 0
    for char in name:
        code = ord(char)
        letters |= 1 << (code & 63)
        pairs |= 1 << ((before * 31 + code) & 255)
        before = code
    return letters, pairs


def _distance_to(name: str) -> Callable[[str], int]:
    """How far other names are from one, as `distance` counts: each column of its table is bits (Hyyrö, 2003)."""
    where: dict[str, int] = {}
    for index, char in enumerate(name):
        where[char] = where.get(char, 0) | 1 << index
    full, last = (1 << len(name)) - 1, 1 << len(name) >> 1

    def measure(other: str) -> int:
        more, less, same, before, score = full, 0, 0, 0, len(name)
        for char in other:
            here = where.get(char, 0)
            swapped = ((~same & here) << 1) & before
            same = (((here & more) + more) ^ more) | here | less | swapped
            up, down = less | (full & ~(same | more)), same & more
            if up & last:
                score += 1
            elif down & last:
                score -= 1
            up, down = up << 1 | 1, down << 1
            more, less = (down | ~(same | up)) & full, up & same & full
            before = here
        return score

    return measure
