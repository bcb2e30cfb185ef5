"""Names near to one that is not there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from runql.semantic.catalog import Catalog, FieldInfo, Space
from runql.semantic.spelling import code, info_text
from runql.text.nearest import nearest


def nearest_names(word: str, names: Iterable[str], *, limit: int = 3) -> list[str]:
    """The names nearest to a word, best first: those equal but for case and punctuation, then the similar ones."""
    pool = [n for n in dict.fromkeys(names) if n != word]
    same = [n for n in pool if _plain(n) == _plain(word)]
    return list(dict.fromkeys([*same, *nearest(word, pool, limit)]))[:limit]


def nearest_fields(word: str, catalog: Catalog, spaces: Sequence[Space], *, limit: int = 3) -> list[FieldInfo]:
    """The catalog's fields nearest to a dotted name: the same name elsewhere, the same last part, then similar ones."""
    infos = [info for info in catalog.fields if info.space in spaces]
    by_name: dict[str, list[FieldInfo]] = {}
    for info in infos:
        by_name.setdefault(info.dotted, []).append(info)
    names = [word] if word in by_name else []
    names += nearest_names(word, by_name, limit=limit)
    if not names and "." in word:
        last = word.rpartition(".")[2]
        names += [n for n in by_name if n == last or n.endswith(("." + last, "/" + last))]
    found = [info for name in dict.fromkeys(names) for info in sorted(by_name[name], key=lambda i: -i.runs)]
    return found[:limit]


def counted(info: FieldInfo, catalog: Catalog) -> str:
    """A field with how many runs have it: `` `config.lr` (412 of 412 runs) ``."""
    return f"{code(info_text(info))} ({info.runs:,} of {catalog.looked_at(info.space):,} runs)"


def nearest_hint(names: Sequence[str]) -> tuple[str, ...]:
    """The hint that offers names, if there are any."""
    return ("nearest: " + ", ".join(code(n) for n in names),) if names else ()


def _plain(name: str) -> str:
    return "".join(c for c in name.lower() if c.isalnum())
