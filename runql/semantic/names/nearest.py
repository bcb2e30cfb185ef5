"""Names near to one that is not there, and many names made ready to be searched for them."""

from __future__ import annotations

import re
import weakref
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import islice, product

from runql.language.fields import Space
from runql.semantic.catalog import Catalog, FieldInfo
from runql.semantic.spelling import code, info_text
from runql.text.nearest import allowance, best, nearest, within
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


def nearest_names(word: str, names: Iterable[str], *, limit: int = 3) -> list[str]:
    """The names nearest to a word, best first: those equal but for case and punctuation, then the similar ones."""
    pool = [n for n in dict.fromkeys(names) if n != word]
    same = [n for n in pool if plain(n) == plain(word)]
    return list(dict.fromkeys([*same, *nearest(word, pool, limit)]))[:limit]


_MOST_FOUND = 64


class FieldNames:
    """The names of the fields of some spaces of a catalog, ready to be searched."""

    def __init__(self, fields: Iterable[FieldInfo]) -> None:
        self.by_name: dict[str, list[FieldInfo]] = {}
        for info in fields:
            self.by_name.setdefault(info.dotted, []).append(info)
        self.table = NameTable(self.by_name)
        self._found: dict[tuple[str, int], list[str]] = {}

    def nearest(self, word: str, limit: int = 3) -> list[str]:
        """The names nearest to one: equal but for punctuation, then similar ones, then other words for the same."""
        if (word, limit) not in self._found:
            if len(self._found) >= _MOST_FOUND:
                self._found.clear()
            self._found[word, limit] = self._search(word, limit)
        return [*self._found[word, limit]]

    def _search(self, word: str, limit: int) -> list[str]:
        alike = [name for name in self.table.alike(word) if name != word]
        near = [name for name in self.table.nearest(word, limit + 1) if name != word]
        names = list(dict.fromkeys([*alike, *near]))[:limit]
        if not names:
            names = [name for other in synonyms(word) for name in self.table.written(other)]
        return list(dict.fromkeys(names))[:limit]


_NAMES: dict[int, tuple[weakref.ref[Catalog], dict[tuple[Space, ...], FieldNames]]] = {}


def field_names(catalog: Catalog, spaces: Sequence[Space]) -> FieldNames:
    """The names of some spaces, made ready at the first call for a catalog and kept as long as it lives."""
    key = id(catalog)
    kept = _NAMES.get(key)
    if kept is None or kept[0]() is not catalog:
        kept = _NAMES[key] = (weakref.ref(catalog, lambda _: _NAMES.pop(key, None)), {})
    chosen = tuple(spaces)
    if chosen not in kept[1]:
        kept[1][chosen] = FieldNames(info for info in catalog.fields if info.space in chosen)
    return kept[1][chosen]


def nearest_fields(word: str, catalog: Catalog, spaces: Sequence[Space], *, limit: int = 3) -> list[FieldInfo]:
    """The catalog's fields nearest to a dotted name: the same name elsewhere, similar ones, the same last part."""
    there = field_names(catalog, spaces)
    names = [word] if word in there.by_name else []
    names += there.nearest(word, limit)
    if not names and "." in word:
        last = word.rpartition(".")[2]
        names += [n for n in there.table.ending(last) if not n.endswith(f"_{last}")]
        names += [last] if last in there.by_name else []
    found = [info for name in dict.fromkeys(names) for info in sorted(there.by_name[name], key=lambda i: -i.runs)]
    return found[:limit]


def counted(info: FieldInfo, catalog: Catalog) -> str:
    """A field with how many runs have it: `` `config.lr` (412 of 412 runs) ``."""
    looked_at = catalog.looked_at(info.space)
    seen = " looked at" if looked_at < catalog.run_count else ""
    return f"{code(info_text(info))} ({info.runs:,} of {looked_at:,} runs{seen})"


def nearest_hint(names: Sequence[str]) -> tuple[str, ...]:
    """The hint that offers names, if there are any."""
    return ("nearest: " + ", ".join(code(n) for n in names),) if names else ()


_GROUPS = (
    ("lr", "learningrate"),
    ("bs", "batchsize"),
    ("wd", "weightdecay"),
    ("opt", "optim", "optimizer", "optimiser"),
    ("acc", "accuracy"),
    ("val", "valid", "validation", "eval", "dev"),
    ("train", "training", "tr"),
    ("err", "error"),
    ("ppl", "perplexity"),
    ("epochs", "epoch", "numepochs", "nepochs", "maxepochs"),
    ("steps", "step", "numsteps", "maxsteps"),
    ("layers", "nlayers", "numlayers", "depth"),
    ("heads", "nheads", "numheads"),
    ("hidden", "hid", "hiddensize", "hiddendim"),
    ("emb", "embed", "embedding"),
    ("dim", "size", "width"),
    ("drop", "dropout"),
    ("temp", "temperature"),
    ("momentum", "mom", "beta1"),
    ("params", "parameters", "nparams", "numparams"),
    ("ds", "data", "dataset"),
    ("arch", "architecture", "model", "modelname"),
    ("sched", "scheduler", "schedule"),
    ("aug", "augment", "augmentation"),
    ("seed", "randomseed", "rngseed"),
    ("gradnorm", "gradientnorm"),
    ("loss", "objective", "cost"),
)
_OF = {word: group for group in _GROUPS for word in group}
_PART = re.compile(r"[^\W_]+")
_MOST = 200


def synonyms(name: str) -> Iterator[str]:
    """Other ways to write a name, without case and punctuation: `valloss` for `validation_loss`."""
    parts = [part.casefold() for part in _PART.findall(name)]
    if not 0 < len(parts) <= 5:
        return
    own = "".join(parts)
    found: dict[str, None] = {}
    for joined in _joined(parts):
        options = [_OF.get(part, (part,)) for part in joined]
        found.update(dict.fromkeys("".join(choice) for choice in islice(product(*options), _MOST)))
    yield from (one for one in found if one != own)


def _joined(parts: list[str]) -> Iterator[list[str]]:
    """The parts as they are, and with each pair of neighbours that is a word together: `learning`, `rate`."""
    yield parts
    for at in range(len(parts) - 1):
        if parts[at] + parts[at + 1] in _OF:
            yield [*parts[:at], parts[at] + parts[at + 1], *parts[at + 2 :]]
