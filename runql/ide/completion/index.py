"""The names of a catalog, made ready for matching: built once per catalog, asked at each key press.

All names of a space stand in one text, a line each, those that most runs have first. Each tier of a match is a search
through that text, which stops as soon as there are enough: so time depends little on how many names there are.
"""

from __future__ import annotations

import re
import weakref
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Final

from runql.ide.completion.fuzzy_match import Tier, word_starts
from runql.language.fields import Space
from runql.semantic.catalog import Catalog, FieldInfo
from runql.semantic.names.nearest import field_names
from runql.text.frozen import frozen
from runql.text.render import clean

_START: Final = "\t"
"""Stands before each word of a name in the text."""
_PLAIN: Final = re.compile(r"[^\W\d]\w*(?:[./]\w+)*")
_FAMILY: Final = re.compile(r"[^\W\d]\w*[./](?=\w)")
_MOST_GROUPS: Final = 50
_LONGEST: Final = 300
MOST_BY_LETTERS: Final = 100
"""So many matches by letters are listed, the best of half as many more."""

Accept = Callable[[FieldInfo], bool]


@frozen
class Hit:
    """One field that matches, and how well; `rank` is its place among all fields of its pool."""

    info: FieldInfo
    rank: int
    tier: Tier
    score: int = 0


def everything(_info: FieldInfo) -> bool:
    return True


class Pool:
    """The fields of one space."""

    def __init__(self, fields: Sequence[FieldInfo]) -> None:
        # A name with a control character, or one that no screen holds, can be asked for, but is not offered.
        named = [(info, info.dotted) for info in fields]
        kept = [(info, name) for info, name in named if name and len(name) <= _LONGEST and clean(name) == name]
        kept.sort(key=lambda pair: (-pair[0].runs, pair[1]))
        self.fields = tuple(info for info, _ in kept)
        self.names = tuple(name for _, name in kept)
        folded = [name.lower() for name in self.names]
        self._by_name: dict[str, list[int]] = {}
        for rank, name in enumerate(folded):
            self._by_name.setdefault(name, []).append(rank)
        self._text, self._lines = _joined(folded)
        self._marked, self._marked_lines = _joined([_marked(name) for name in self.names])

    def first(self, limit: int, accept: Accept = everything) -> list[Hit]:
        """The fields that most runs have."""
        accepted = ((rank, info) for rank, info in enumerate(self.fields) if accept(info))
        return [Hit(info, rank, Tier.PREFIX) for rank, info in islice(accepted, limit)]

    def search(self, typed: str, limit: int, accept: Accept = everything) -> list[Hit]:
        """At most `limit` fields that match, best first: by tier, then those that most runs have."""
        if not typed:
            return self.first(limit, accept)
        found: dict[int, Hit] = {}
        for tier, scored in self._tiers(typed.lower()):
            left = looked = limit - len(found)
            if tier is Tier.LETTERS:
                left = min(left, MOST_BY_LETTERS)
                looked = left + left // 2
            fresh = ((rank, score) for rank, score in scored if rank not in found and accept(self.fields[rank]))
            some = sorted(islice(fresh, looked), key=lambda pair: (pair[1], pair[0]))
            found.update((rank, Hit(self.fields[rank], rank, tier, score)) for rank, score in some[:left])
            if len(found) >= limit:
                break
        return list(found.values())

    def _tiers(self, typed: str) -> Iterator[tuple[Tier, Iterator[tuple[int, int]]]]:
        """Tier by tier the ranks that match, in their order, each with a score: less is better."""
        yield Tier.EXACT, ((rank, 0) for rank in self._by_name.get(typed, ()))
        if typed in self._text:
            yield Tier.PREFIX, _found(self._text, self._lines, f"\n{typed}")
            yield Tier.WORD, _found(self._marked, self._marked_lines, _marked(typed))
            yield Tier.LETTERS, _found(self._text, self._lines, typed)
        yield Tier.LETTERS, _spread(self._marked, self._marked_lines, typed)


def _found(text: str, lines: Sequence[int], wanted: str) -> Iterator[tuple[int, int]]:
    """The lines that hold a text."""
    position = 0
    while (position := text.find(wanted, position)) >= 0:
        rank = bisect_right(lines, position) - 1
        yield rank, 0
        if rank + 1 >= len(lines):
            return
        position = lines[rank + 1]


def _spread(text: str, lines: Sequence[int], typed: str) -> Iterator[tuple[int, int]]:
    """The lines that hold letters in their order, the first at the start of a word; scored by how far they spread."""
    letters = [re.escape(letter) for letter in typed]
    # Each gap ends at the first letter that fits, so that no step is ever taken back.
    gaps = "".join(f"[^\n{letter}]*+{letter}" for letter in letters[1:])
    pattern = re.compile(_START + letters[0] + gaps)
    position = 0
    while found := pattern.search(text, position):
        rank = bisect_right(lines, found.end() - 1) - 1
        yield rank, found.end() - found.start()
        if rank + 1 >= len(lines):
            return
        position = lines[rank + 1]


def _marked(name: str) -> str:
    parts, position = [], 0
    for start in word_starts(name):
        parts += [name[position:start], _START]
        position = start
    return "".join((*parts, name[position:])).lower()


def _joined(names: Sequence[str]) -> tuple[str, list[int]]:
    """The names as lines, each with a line break before it, and where each line begins."""
    lines, position = [], 0
    for name in names:
        lines.append(position)
        position += len(name) + 1
    return "".join(f"\n{name}" for name in names), lines


def _records(catalog: Catalog, space: Space) -> tuple[str, ...]:
    """The plain names below which there are fields: `model` of `model.depth`; the first of very many."""
    names = sorted({".".join(path) for at, path in catalog.index.records if at is space})
    return tuple(name for name in names if _PLAIN.fullmatch(name))[:_MOST_GROUPS]


def _families(pool: Pool) -> tuple[tuple[str, int], ...]:
    """The beginnings that several names share (`val/`), with how many, most first."""
    counts = Counter(found[0] for name in pool.names if (found := _FAMILY.match(name)))
    return tuple((name, count) for name, count in counts.most_common(_MOST_GROUPS) if count > 1)


class NameIndex:
    """The fields of a catalog by their spaces."""

    def __init__(self, catalog: Catalog) -> None:
        by_space: dict[Space, list[FieldInfo]] = {space: [] for space in Space}
        for info in catalog.fields:
            by_space[info.space].append(info)
        self.pools = {space: Pool(fields) for space, fields in by_space.items()}
        self.records = {space: _records(catalog, space) for space in (Space.CONFIG, Space.SUMMARY)}
        self.families = {space: _families(self.pools[space]) for space in (Space.LOGGED, Space.SUMMARY, Space.SYSTEM)}
        # What the catalog works out at its first use is worked out here, not while somebody types.
        for spaces in ((Space.CONFIG,), (Space.SUMMARY,), (Space.CONFIG, Space.SUMMARY), (Space.LOGGED,)):
            field_names(catalog, spaces).table.ready()
        self.known = catalog.index


_INDEXES: dict[int, tuple[weakref.ref[Catalog], NameIndex]] = {}


def index_of(catalog: Catalog) -> NameIndex:
    """The index of a catalog, built at the first call for it and kept as long as the catalog lives.

    Building takes about a second for 100,000 fields: whoever loads a catalog calls this beside it.
    """
    key = id(catalog)
    kept = _INDEXES.get(key)
    if kept is not None and kept[0]() is catalog:
        return kept[1]
    index = NameIndex(catalog)
    _INDEXES[key] = (weakref.ref(catalog, lambda _: _INDEXES.pop(key, None)), index)
    return index
