"""Catalogs as plain values, and back."""

from __future__ import annotations

from collections import Counter
from typing import Any

from runql.language.fields import Space
from runql.language.kinds import Kind
from runql.semantic.catalog import Catalog, FieldInfo


def plain_of(catalog: Catalog) -> tuple[Any, ...]:
    """The facts of a catalog that holds all its runs, without its source and its time."""
    facts = [
        (
            info.space.value,
            info.path,
            info.runs,
            [(kind.value, count) for kind, count in info.kinds.items()],
            info.minimum,
            info.median,
            info.maximum,
            info.top,
            info.elements,
            info.rows,
            info.every,
        )
        for info in catalog.fields
    ]
    return catalog.run_count, facts, dict(catalog.tags), dict(catalog.sweeps), dict(catalog.groups)


def read_plain(plain: tuple[Any, ...]) -> Catalog:
    """The catalog of such facts."""
    count, facts, tags, sweeps, groups = plain
    fields = tuple(
        FieldInfo(Space(space), path, runs, {Kind(kind): number for kind, number in kinds}, *rest)
        for space, path, runs, kinds, *rest in facts
    )
    return Catalog(
        "", count, complete=True, fields=fields, tags=Counter(tags), sweeps=Counter(sweeps), groups=Counter(groups)
    )
