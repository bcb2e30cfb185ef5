"""The catalog of a store by SQL: what `build_catalog` says of its runs, without reading them into Python."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias

from runql.language.fields import RUN_FIELDS, Space
from runql.language.kinds import Kind
from runql.semantic.catalog import (
    KIND_OF_WORD,
    MOST_ELEMENTS,
    SYSTEM_PREFIX,
    TOP_VALUES,
    Catalog,
    FieldInfo,
    facts_of,
    is_counted,
)
from runql.semantic.values import Value, kind_of
from runql.sources.store.duck import quoted
from runql.sources.store.values import value_of
from runql.sources.store.views import StoreViews

_KINDS: Final[Mapping[str, Kind]] = {
    "n": Kind.NUMBER,
    "q": Kind.NUMBER,
    "s": Kind.TEXT,
    "j": Kind.TEXT,
    "b": Kind.BOOL,
    "z": Kind.NULL,
    "d": Kind.TIME,
    "a": Kind.LIST,
    "o": Kind.RECORD,
}
_SPACES: Final = {"config": (Space.CONFIG, 1), "summary": (Space.SUMMARY, 2), "system": (Space.SYSTEM, 3)}
_RANK_OF_LOGGED: Final = 4
_ROWS_AT_ONCE: Final = 1_000_000

_Name: TypeAlias = tuple[str, str | None]
"""`path` and `keys` of `attr`."""

_ORDER: Final = "tally_order"
_MEDIA: Final = "tally_media"
_LEAVES: Final = "tally_leaves"
_FIRST: Final = "o.pos * 8796093022208 + {rank} * 1099511627776 + a.place"
"""Where a field stands that is met there: by runs, then by parts, then by places (which are below 2^40)."""

_KEYS: Final = "coalesce(from_json(a.keys, '[\"VARCHAR\"]'), string_split(a.path, '.'))"
_FACTS: Final = (
    "path, keys, min(first), count(*), histogram(t), min(num) FILTER (t = 'n'), max(num) FILTER (t = 'n'), "
    "min_by(coalesce(whole, false), num) FILTER (t = 'n'), max_by(coalesce(whole, false), num) FILTER (t = 'n'), "
    "bool_and(coalesce(whole, false)) FILTER (t = 'n'), "
    "quantile_disc(num, 0.5) FILTER (t = 'n'), -quantile_disc(-num, 0.5) FILTER (t = 'n'), "
    "coalesce(bool_or(whole) FILTER (t = 'n'), false), coalesce(bool_or(t = 'n' AND str IS NOT NULL), false)"
)


class CatalogTally:
    """Counts the fields of the runs of a project, or of all."""

    def __init__(self, views: StoreViews, entity: str = "", project: str = "") -> None:
        self._views = views
        self._found: list[tuple[int, FieldInfo]] = []
        self._given = [entity, entity, project, project]

    def catalog(self, source: str) -> Catalog:
        """The catalog, with what was logged."""
        self._ask(
            f"CREATE OR REPLACE TABLE {_ORDER} AS SELECT *, row_number() OVER (ORDER BY pull, place)::HUGEINT AS pos "
            f"FROM runs WHERE (? = '' OR entity = ?) AND (? = '' OR project = ?)",
            self._given,
        )
        try:
            self._run_fields()
            for space, (of, rank) in _SPACES.items():
                for lowest, highest in self._stretches(space):
                    self._attributes(space, of, rank, [lowest, highest])
            self._machine_names()
            self._logged()
            self._found.sort(key=lambda pair: pair[0])
            return self._catalog(source)
        finally:
            for name in (_ORDER, _MEDIA, _LEAVES):
                self._ask(f"DROP TABLE IF EXISTS {name}")

    def _ask(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        return self._views.ask(sql, RUN_FIELDS, parameters)

    def _catalog(self, source: str) -> Catalog:
        ((count,),) = self._ask(f"SELECT count(*) FROM {_ORDER}")
        tags = self._ask(
            f"SELECT tag, count(*) FROM (SELECT unnest(list_distinct(tags)) AS tag FROM {_ORDER}) GROUP BY tag"
        )
        named = {
            name: dict(self._ask(f"SELECT {name}, count(*) FROM {_ORDER} WHERE {name} <> '' GROUP BY ALL"))
            for name in ("sweep", '"group"')
        }
        return Catalog(
            source,
            count,
            complete=True,
            fields=tuple(info for _, info in self._found),
            tags=dict(tags),
            sweeps=named["sweep"],
            groups=named['"group"'],
            as_of=datetime.now(UTC),
        )

    # ------------------------------------------------------------ fields of runs

    def _run_fields(self) -> None:
        for place, (name, entry) in enumerate(RUN_FIELDS.items()):
            if name == "tags":
                info, first = self._tags()
            elif entry.kind is Kind.NUMBER:
                rows = self._ask(
                    f"SELECT {quoted(name)}, pos FROM {_ORDER} WHERE {quoted(name)} IS NOT NULL ORDER BY pos"
                )
                info = facts_of(Space.RUN, (name,), [value for value, _ in rows])
                first = rows[0][1] if rows else 0
            else:
                info, first = self._column(name, entry.kind)
            if info.runs:
                self._found.append((int(first) * 8796093022208 + place, info))

    def _column(self, name: str, kind: Kind) -> tuple[FieldInfo, int]:
        column = quoted(name)
        held = f"{column} IS NOT NULL" + (f" AND {column} <> ''" if kind is Kind.TEXT else "")
        ((runs, first),) = self._ask(f"SELECT count(*), coalesce(min(pos), 0) FROM {_ORDER} WHERE {held}")
        top: list[tuple[Any, ...]] = []
        if kind is Kind.TEXT:
            by = f"SELECT {column}, count(*) AS c FROM {_ORDER} WHERE {held} GROUP BY {column}"
            top = self._ask(f"{by} ORDER BY c DESC, min(pos) LIMIT {TOP_VALUES}")
        return FieldInfo(Space.RUN, (name,), runs, {kind: runs} if runs else {}, top=tuple(top)), first

    def _tags(self) -> tuple[FieldInfo, int]:
        ((runs, first),) = self._ask(f"SELECT count(*), coalesce(min(pos), 0) FROM {_ORDER} WHERE len(tags) > 0")
        some = f"tags[1:{MOST_ELEMENTS}]"
        rows = f"SELECT run, pos, unnest({some}) AS tag, generate_subscripts({some}, 1) AS i FROM {_ORDER}"
        by = f"SELECT tag, count(DISTINCT run) AS c FROM ({rows}) GROUP BY tag"
        elements = self._ask(f"{by} ORDER BY c DESC, min(pos * 1000 + i) LIMIT {TOP_VALUES}")
        kinds = {Kind.LIST: runs} if runs else {}
        return FieldInfo(Space.RUN, ("tags",), runs, kinds, elements=tuple(elements)), first

    # ------------------------------------------------------------ config, summary, machine metrics

    def _stretches(self, space: str) -> Iterator[tuple[str, str]]:
        """Ranges of top keys that have not too many rows together."""
        media = f"SELECT DISTINCT a.run, list_slice({_KEYS}, 1, -2) AS prefix FROM attr AS a"
        is_media = f"a.space = '{space}' AND NOT a.el AND ends_with(a.path, '_type') AND {_KEYS}[-1] = '_type'"
        self._ask(f"CREATE OR REPLACE TABLE {_MEDIA} AS {media} WHERE {is_media} AND len({_KEYS}) > 1")
        sql = f"SELECT root, count(*) FROM attr WHERE space = '{space}' AND NOT el GROUP BY root ORDER BY root"
        first: str | None = None
        held, last = 0, ""
        for root, count in self._ask(sql):
            if first is not None and held + count > _ROWS_AT_ONCE:
                yield first, last
                first, held = None, 0
            first = root if first is None else first
            last, held = root, held + count
        if first is not None:
            yield first, last

    def _attributes(self, space: str, of: Space, rank: int, ends: list[str]) -> None:
        ((has_media,),) = self._ask(f"SELECT count(*) > 0 FROM {_MEDIA}")
        chosen = f"a.path, a.keys, a.t, a.num, a.str, a.whole, {_FIRST.format(rank=rank)} AS first"
        rows = f"FROM attr AS a JOIN {_ORDER} AS o ON o.run = a.run WHERE a.space = '{space}' AND NOT a.el"
        self._ask(
            f"CREATE OR REPLACE TABLE {_LEAVES} AS SELECT {chosen} {rows} AND a.root >= ? AND a.root <= ? "
            f"AND {_leaf(of, has_media=has_media)}",
            ends,
        )
        tops = self._tops()
        lists = self._lists()
        for path, keys, first, *facts in self._ask(f"SELECT {_FACTS} FROM {_LEAVES} GROUP BY path, keys"):
            name = path, keys
            segments = _segments(name)
            segments = (segments[0].removeprefix(SYSTEM_PREFIX),) if of is Space.SYSTEM else segments
            if facts[-1]:
                info = facts_of(of, segments, self._in_python(name))
            else:
                info = _info(of, segments, facts, tops.get(name, ()))
                if info.median is not None and facts[-2] and not facts[6] and _is_odd(count := facts[1].get("n", 0)):
                    info = replace(info, median=_number(info.median, self._is_whole_at(name, count // 2)))
            self._found.append((int(first), replace(info, elements=lists.get(name, ()))))

    def _is_whole_at(self, name: _Name, place: int) -> bool:
        """Whether the number at a place in their order is an integer, of a field that has both; ties as they occur."""
        of = "path = ? AND keys IS NOT DISTINCT FROM ? AND t = 'n' ORDER BY num, first"
        ((whole,),) = self._ask(f"SELECT coalesce(whole, false) FROM {_LEAVES} WHERE {of} LIMIT 1 OFFSET {place}", name)
        return bool(whole)

    def _tops(self) -> dict[_Name, tuple[tuple[Value, int], ...]]:
        """The frequent values of each field."""
        number = "CASE WHEN num = 0 THEN 0e0 ELSE num END"
        by = (
            "SELECT path, keys, t, min_by(num, first) AS num, str, min_by(coalesce(whole, false), first) AS whole, "
            f"count(*) AS c, min(first) AS f FROM {_LEAVES} WHERE t IN ('n', 's', 'j', 'b') "
            f"GROUP BY path, keys, t, {number}, str"
        )
        best = f"QUALIFY row_number() OVER (PARTITION BY path, keys ORDER BY c DESC, f) <= {TOP_VALUES}"
        found: dict[_Name, tuple[tuple[Value, int], ...]] = {}
        for path, keys, t, num, text, whole, count, _ in self._ask(f"{by} {best} ORDER BY path, keys, c DESC, f"):
            found[path, keys] = (*found.get((path, keys), ()), (value_of(t, num, text, whole), count))
        return found

    def _lists(self) -> dict[_Name, tuple[tuple[Value, int], ...]]:
        """The frequent elements of lists, with the runs that hold each."""
        rows = f"SELECT path, keys, str, count(*) FROM {_LEAVES} WHERE t = 'a'"
        sql = f"{rows} GROUP BY path, keys, str ORDER BY min(first)"
        counts: dict[_Name, Counter[tuple[Kind, Value]]] = {}
        for path, keys, text, count in self._ask(sql):
            cell = json.loads(text, strict=False)[:MOST_ELEMENTS]
            held = {(kind_of(each), each): count for each in cell if is_counted(each)}
            counts.setdefault((path, keys), Counter()).update(held)
        return {
            name: tuple((value, count) for (_, value), count in counter.most_common(TOP_VALUES))
            for name, counter in counts.items()
        }

    def _in_python(self, name: _Name) -> list[Value]:
        """The values of a field that has integers which no double is."""
        sql = f"SELECT t, num, str, whole FROM {_LEAVES} WHERE path = ? AND keys IS NOT DISTINCT FROM ? ORDER BY first"
        return [value_of(*row) for row in self._ask(sql, name)]

    # ------------------------------------------------------------ what was logged

    def _machine_names(self) -> None:
        """Metrics of machines that stand in histories alone: of a run a server tells its last sample, which need not
        hold all of them."""
        known = {info.path for _, info in self._found if info.space is Space.SYSTEM}
        names = f"SELECT unnest(from_json(system_metrics, '[\"VARCHAR\"]')) AS name, pos FROM {_ORDER}"
        sql = f"SELECT name, count(*), min(pos) FROM ({names}) WHERE starts_with(name, '{SYSTEM_PREFIX}') GROUP BY name"
        for name, runs, first in self._ask(sql):
            path = (name.removeprefix(SYSTEM_PREFIX),)
            if path not in known:
                place = int(first) * 8796093022208 + _RANK_OF_LOGGED * 1099511627776
                self._found.append((place, FieldInfo(Space.SYSTEM, path, runs, {})))

    def _logged(self) -> None:
        by_run = (
            "SELECT a.path, a.keys, a.run, sum(a.num) AS n, list(a.str) AS words, "
            f"min({_FIRST.format(rank=_RANK_OF_LOGGED)}) AS first, min(coalesce(o.last_step, -1)) AS last_step "
            f"FROM attr AS a JOIN {_ORDER} AS o ON o.run = a.run WHERE a.space = 'logged' GROUP BY ALL"
        )
        facts = (
            "SELECT path, keys, min(first), count(*), sum(n), coalesce(sum(last_step + 1) FILTER (n > 1), 0), "
            f"coalesce(sum(n) FILTER (n > 1), 0), flatten(list(words)) FROM ({by_run}) GROUP BY path, keys"
        )
        for path, keys, first, runs, rows, steps, spaced, words in self._ask(facts):
            kinds = Counter(KIND_OF_WORD.get(word, Kind.RECORD) for word in words)
            name = path if keys is None else json.loads(keys)[0]
            every = int(steps) / int(spaced) if spaced else None
            info = FieldInfo(Space.LOGGED, (name,), runs, dict(kinds), rows=int(rows), every=every)
            self._found.append((int(first), info))


def _leaf(of: Space, *, has_media: bool) -> str:
    """Whether a row is a field: a value, an empty record, or a media object, of which nothing else is."""
    if of is Space.SYSTEM:
        return f"len({_KEYS}) = 1"
    if not has_media:
        return "NOT (a.t = 'o' AND a.num > 0)"
    own = f"FROM {_MEDIA} AS m WHERE m.run = a.run AND"
    return (
        f"(NOT (a.t = 'o' AND a.num > 0) OR EXISTS (SELECT 1 {own} m.prefix = {_KEYS})) AND NOT EXISTS "
        f"(SELECT 1 {own} len(m.prefix) < len({_KEYS}) AND list_slice({_KEYS}, 1, len(m.prefix)) = m.prefix)"
    )


def _segments(name: _Name) -> tuple[str, ...]:
    path, keys = name
    return tuple(path.split(".") if keys is None else json.loads(keys))


def _info(of: Space, path: tuple[str, ...], facts: list[Any], top: tuple[tuple[Value, int], ...]) -> FieldInfo:
    runs, by_tag, least, most, least_whole, most_whole, all_whole, low, high, *_ = facts
    kinds: Counter[Kind] = Counter()
    for tag, count in by_tag.items():
        kinds[_KINDS[tag]] += count
    middle = None
    if low is not None:
        middle = _number(low, all_whole) if _is_odd(by_tag.get("n", 0)) else (low + high) / 2
    return FieldInfo(
        of,
        path,
        runs,
        dict(kinds),
        minimum=_number(least, least_whole),
        median=middle,
        maximum=_number(most, most_whole),
        top=top,
    )


def _is_odd(count: int) -> bool:
    return count % 2 == 1


def _number(value: float | None, whole: bool | None) -> float | None:
    return int(value) if whole and value is not None else value
