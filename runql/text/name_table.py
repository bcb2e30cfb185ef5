"""Many names, made ready to be searched for those near to another one: the answers of `nearest`, sooner."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from runql.text.nearest import allowance, best, within
from runql.text.opposite import are_opposite

_SEPARATORS = "._/"
_MANY = 5_000


class NameTable:
    """Names to be searched more than once. RapidFuzz reads those about as long as another one, in C++."""

    def __init__(self, names: Iterable[str]) -> None:
        self._folded: dict[str, list[str]] = {}
        for name in dict.fromkeys(names):
            self._folded.setdefault(name.casefold(), []).append(name)
        self._by_length: dict[int, list[str]] = {}
        for name in self._folded:
            self._by_length.setdefault(len(name), []).append(name)

    def ready(self) -> NameTable:
        """Work out now what else the first search would."""
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
        """The names that end with another one behind a separator: `optim.lr` for `lr`, but never `no_lr`."""
        folded, found = name.casefold(), []
        for separator in _SEPARATORS:
            wanted, position = f"{separator}{folded}\n", 0
            while (position := self._text.find(wanted, position)) >= 0:
                begin = self._text.rfind("\n", 0, position) + 1
                found += self._folded[self._text[begin : position + len(wanted) - 1]]
                position += 1
        return [one for one in found if not are_opposite(name, one)]

    def nearest(self, name: str, most: int = 3) -> tuple[str, ...]:
        """At most `most` names near to one, nearest first, as `runql.text.nearest.nearest` has them.

        Of very many names those three letters away say nothing, and are not looked for.
        """
        limit, folded = allowance(name), name.casefold()
        if len(self._folded) > _MANY:
            limit = min(limit, 2)
        lengths = range(len(folded) - limit, len(folded) + limit + 1)
        about_as_long = [one for length in lengths for one in self._by_length.get(length, ())]
        apart = dict(within(folded, about_as_long, limit))
        ranked = [(rank, one) for other, rank in apart.items() for one in self._folded[other]]
        if len(folded) > 1:
            ranked += [(limit, one) for one in self.ending(name) if one.casefold() not in apart]
        return best(name, ranked, most)

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
