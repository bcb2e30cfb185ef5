"""One catalog for several sources, and how much of it a query needs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TypeAlias

from runql.language.fields import Space
from runql.language.kinds import Kind
from runql.semantic.catalog import Catalog, FieldInfo, KnownCatalog
from runql.semantic.spelling import PREFIXES
from runql.sources.concurrent import together
from runql.sources.open import SourcePlace
from runql.syntax import tree
from runql.syntax.tree.walk import nodes

_TOP = 20
_Counted: TypeAlias = tuple[tuple[str | float | bool, int], ...]
_SPACES = frozenset(PREFIXES)
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
        blank=sum(catalog.blank for catalog in catalogs),
        sample=_looked_at(catalogs, Space.CONFIG),
        metrics_sample=_looked_at(catalogs, Space.LOGGED),
        fields=tuple(fields.values()),
        tags=sum((Counter(catalog.tags) for catalog in catalogs), Counter()),
        sweeps=sum((Counter(catalog.sweeps) for catalog in catalogs), Counter()),
        groups=sum((Counter(catalog.groups) for catalog in catalogs), Counter()),
        as_of=min(times, default=None),
    )


def _looked_at(catalogs: Sequence[Catalog], space: Space) -> int | None:
    looked_at = sum(catalog.looked_at(space) for catalog in catalogs)
    return None if looked_at == sum(catalog.run_count for catalog in catalogs) else looked_at


def _together(a: FieldInfo, b: FieldInfo) -> FieldInfo:
    kinds: Counter[Kind] = Counter(a.kinds) + Counter(b.kinds)
    return FieldInfo(
        a.space,
        a.path,
        a.runs + b.runs,
        kinds,
        minimum=min((x for x in (a.minimum, b.minimum) if x is not None), default=None),
        maximum=max((x for x in (a.maximum, b.maximum) if x is not None), default=None),
        top=_counted(a.top, b.top),
        elements=_counted(a.elements, b.elements),
        rows=None if a.rows is None or b.rows is None else a.rows + b.rows,
    )


def _counted(*parts: _Counted) -> _Counted:
    """Values with their counts, taken together. The type is part of the key: in Python `True` and `1` are one key."""
    counts: Counter[tuple[type, str | float | bool]] = Counter()
    for part in parts:
        counts.update({(type(value), value): count for value, count in part})
    return tuple((value, count) for (_, value), count in counts.most_common(_TOP))


def catalogs_of(places: Sequence[SourcePlace], *, metrics: bool = False, anew: bool = False) -> Catalog:
    """What the sources hold together; those that cost requests are asked at once."""
    asks = []
    for place in places:
        memory = place.service.memory if anew else None
        ask = place.service.catalog if memory is None else memory.catalog_anew
        asks.append(partial(ask, place.entity, place.project, metrics=metrics))
    return asks[0]() if len(asks) == 1 else merged(together(asks, places))


def learned_for(query: tree.Query, places: Sequence[SourcePlace]) -> Catalog:
    """The catalog that a query needs, asked for where it must be."""
    catalog = catalogs_of(places)
    return catalogs_of(places, metrics=True) if needs_metrics(query, catalog) else catalog


def at_hand(places: Sequence[SourcePlace]) -> KnownCatalog | None:
    """What is known of the sources without a request; blank for one of which nothing is. `None` if some must be asked,
    or are asked for free."""
    found = []
    for place in places:
        if place.service.capabilities.cheap_pages or (memory := place.service.memory) is None:
            return None
        known = memory.known_catalog(place.entity, place.project)
        found.append(KnownCatalog(Catalog(place.name), 0.0, is_true=False) if known is None else known)
    if not found:
        return None
    is_true = all(known.is_true for known in found)
    catalog = found[0].catalog if len(found) == 1 else merged([known.catalog for known in found])
    return KnownCatalog(
        catalog if is_true else replace(catalog, complete=False), max(one.age_seconds for one in found), is_true
    )


def remembered(places: Sequence[SourcePlace], *, metrics: bool) -> KnownCatalog | None:
    """What services remember of all these places; `None` if one remembers nothing."""
    found = [
        None if memory is None else memory.known_catalog(place.entity, place.project, metrics=metrics)
        for place, memory in ((place, place.service.memory) for place in places)
    ]
    known = [one for one in found if one is not None]
    if not known or len(known) < len(found):
        return None
    age = max(one.age_seconds for one in known)
    return KnownCatalog(merged([one.catalog for one in known]), age, all(one.is_true for one in known))


def known_runs(places: Sequence[SourcePlace]) -> int | None:
    """How many runs the sources had when last seen, if all of them say so."""
    totals = [
        None if memory is None else memory.known_total(place.entity, place.project)
        for place, memory in ((place, place.service.memory) for place in places)
    ]
    return None if None in totals or not totals else sum(total or 0 for total in totals)


def must_be_looked_up(query: tree.Query) -> bool:
    """Whether a query holds a name that may mean two things, or many: only a catalog tells which.

    `config.a.b` may be nested or a key with a dot; `keys val/*` stands for all the metrics that match.
    """
    found = nodes(query)
    if any(key.is_glob for node in found if isinstance(node, tree.KeysClause) for key in node.keys):
        return True
    paths = (node.path for node in found if isinstance(node, tree.Field))
    of_a_space = (path for path in paths if len(path.segments) > 2 and path.segments[0] in _SPACES)
    return any(not (path.exact or path.is_glob) for path in of_a_space)


def needs_metrics(query: tree.Query, catalog: Catalog) -> bool:
    """Whether the names of the logged metrics must be known to check a query.

    Not if every metric that it names is one of the catalog's, or a summary field (what is logged ends there), unless
    rows of histories read it as one: whether it was logged too, only the metrics tell.
    """
    spaces = (Space.LOGGED, Space.SUMMARY)
    return any(
        "*" in name or not any((space, name) in catalog.index.by_dotted for space in spaces)
        for name in metrics_named(query)
    ) or (bool(query.stages) and any((Space.SUMMARY, name) in catalog.index.by_dotted for name in _beside_keys(query)))


def _beside_keys(query: tree.Query) -> set[str]:
    """The names that stages use right of `keys`, without those that it asks for."""
    keys = query.clause(tree.KeysClause)
    if keys is None:
        return set()
    paths = (node for node in nodes(query.stages) if isinstance(node, tree.Path))
    return {_name(path.segments) for path in paths} - {_name(key.segments) for key in keys.keys}


def metrics_named(query: tree.Query) -> list[str]:
    """The metrics that a query names, but for those that every run has, and those of machines."""
    clauses, found = query.clauses, nodes(query)
    named = [key.segments for clause in clauses if isinstance(clause, tree.KeysClause) for key in clause.keys]
    named += (clause.metric.segments for clause in clauses if isinstance(clause, tree.XClause))
    logged = (node.path.segments for node in found if isinstance(node, tree.Field))
    named += (segments[1:] for segments in logged if segments[:1] == ("logged",))
    axes = (node.x.segments for node in found if isinstance(node, tree.Call) and node.x is not None)
    named += (axis[1:] if axis[0] == "logged" and len(axis) > 1 else axis for axis in axes)
    return [name for name in map(_name, named) if name not in _AXES and not name.startswith("system.")]


def _name(segments: Sequence[str | int]) -> str:
    return ".".join(map(str, segments))
