"""One catalog for several sources, and how much of it a query needs."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator, Sequence

from runql.semantic.catalog import Catalog, FieldInfo, Space
from runql.semantic.run_fields import RUN_FIELD_SPELLINGS
from runql.semantic.values import Kind
from runql.syntax import tree

_TOP = 20
_AXES = frozenset({"_step", "_runtime", "_timestamp"})


def merged(catalogs: Sequence[Catalog]) -> Catalog:
    """What all the sources hold together. A median can't be merged: it is left out."""
    if len(catalogs) == 1:
        return catalogs[0]
    fields: dict[tuple[Space, tuple[str, ...]], FieldInfo] = {}
    for info in (info for catalog in catalogs for info in catalog.fields):
        before = fields.get((info.space, info.path))
        fields[info.space, info.path] = info if before is None else _together(before, info)
    times = [catalog.as_of for catalog in catalogs if catalog.as_of is not None]
    return Catalog(
        source=", ".join(catalog.source for catalog in catalogs),
        run_count=sum(catalog.run_count for catalog in catalogs),
        complete=all(catalog.complete for catalog in catalogs),
        fields=tuple(fields.values()),
        tags=sum((Counter(catalog.tags) for catalog in catalogs), Counter()),
        sweeps=sum((Counter(catalog.sweeps) for catalog in catalogs), Counter()),
        groups=sum((Counter(catalog.groups) for catalog in catalogs), Counter()),
        as_of=min(times, default=None),
    )


def _together(a: FieldInfo, b: FieldInfo) -> FieldInfo:
    kinds: Counter[Kind] = Counter(a.kinds) + Counter(b.kinds)
    top = Counter({(type(value), value): count for value, count in a.top})
    top.update({(type(value), value): count for value, count in b.top})
    return FieldInfo(
        a.space,
        a.path,
        a.runs + b.runs,
        kinds,
        minimum=min((x for x in (a.minimum, b.minimum) if x is not None), default=None),
        maximum=max((x for x in (a.maximum, b.maximum) if x is not None), default=None),
        top=tuple((value, count) for (_, value), count in top.most_common(_TOP)),
        rows=None if a.rows is None or b.rows is None else a.rows + b.rows,
    )


def needs_catalog(query: tree.Query) -> bool:
    """Whether a query names anything that only a look at the runs can tell: more than the fields that all runs have."""
    paths = (node for node in nodes(query) if isinstance(node, tree.Path))
    return bool(query.stages) or any(
        len(path.segments) != 1 or path.segments[0] not in RUN_FIELD_SPELLINGS for path in paths
    )


def needs_metrics(query: tree.Query, catalog: Catalog) -> bool:
    """Whether the names of the logged metrics must be known to check a query.

    Not if every metric that it names is one of the catalog's, or a summary field (what is logged ends there).
    """
    spaces = (Space.LOGGED, Space.SUMMARY)
    return any(
        "*" in name or not any((space, name) in catalog.by_dotted for space in spaces)
        for name in _metrics_named(query)
        if name not in _AXES and not name.startswith("system.")
    )


def _metrics_named(query: tree.Query) -> Iterator[str]:
    for node in nodes(query):
        match node:
            case tree.KeysClause(keys=keys):
                yield from (_name(key.segments) for key in keys)
            case tree.XClause(metric=metric):
                yield _name(metric.segments)
            case tree.Field(path=tree.Path(segments=("logged", *rest))):
                yield _name(tuple(rest))


def _name(segments: Sequence[str | int]) -> str:
    return ".".join(map(str, segments))


def nodes(node: object) -> Iterator[tree.Node]:
    """A node and all nodes below it."""
    waiting = [node]
    while waiting:
        at = waiting.pop()
        if isinstance(at, tuple):
            waiting.extend(at)
        elif isinstance(at, tree.Node):
            yield at
            waiting.extend(getattr(at, part.name) for part in dataclasses.fields(at))
