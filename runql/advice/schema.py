"""What a source holds in at most so many words: the schema that a program, or an agent, reads before it asks."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any

from runql.language.fields import RUN_FIELDS, Space
from runql.language.kinds import Kind
from runql.semantic.catalog import Catalog, FieldInfo
from runql.semantic.operands import literal_text
from runql.semantic.spelling import info_text
from runql.text.frozen import frozen
from runql.text.render import clean
from runql.text.visible import visible_lines

LEAST_BUDGET = 100
"""Words below which not even the frame of a schema fits."""

_MOST_VALUES = 5
_LONGEST_VALUE = 60
_LONGEST_SOURCE = 10
_SECTIONS = {
    Space.CONFIG: "config",
    Space.SUMMARY: "summary",
    Space.LOGGED: "metrics",
    Space.SYSTEM: "machine metrics",
}


@frozen
class Schema:
    """A source in a few words. `str()` gives the text, `json()` one document; neither has more words than `budget`.

    A word is what stands between white space, as `wc -w` counts. What found no room is counted under `left out`.
    """

    catalog: Catalog
    budget: int = 2000

    def __post_init__(self) -> None:
        if self.budget < LEAST_BUDGET:
            raise ValueError(f"a schema needs at least {LEAST_BUDGET} words, not {self.budget}")

    def __str__(self) -> str:
        return _written(self.catalog, self.budget, _TEXT)

    def __repr__(self) -> str:
        return visible_lines(str(self))

    def json(self) -> str:
        """The same as one JSON document."""
        return _written(self.catalog, self.budget, _JSON)


# ---------------------------------------------------------------- what there is to say


@frozen
class _Item:
    """One thing to say, in `levels` from the shortest to the longest way. `of`: where it stands.

    `is_aside`: nothing is said of it before all is said of the others, such as of what W&B adds by itself.
    """

    of: str
    levels: tuple[str, ...]
    is_aside: bool = False


@frozen
class _Style:
    """How a document is written. `item` gives the ways to say a field, `counted` that of a tag with its runs."""

    item: Callable[[FieldInfo, Catalog], tuple[str, ...]]
    counted: Callable[[str, int], str]
    document: Callable[[Catalog, Mapping[str, Sequence[str]], Mapping[str, int]], str]


def _written(catalog: Catalog, budget: int, style: _Style) -> str:
    """Everything, if it fits; else what is most useful, each thing at least in its short way before any in a longer."""
    items = [*_items(catalog, style)]
    whole = _document(catalog, items, [len(item.levels) for item in items], style)
    if _words(whole) <= budget:
        return whole
    sections = {item.of: ["_"] for item in items}
    # The frame at its longest: every heading, and a count of what is left out of each.
    frame = style.document(catalog, sections, {**dict.fromkeys(sections, 10**6), "details": 10**6})
    left = budget - _words(frame)
    chosen = [0] * len(items)
    most = max((len(item.levels) for item in items), default=0)
    for is_aside, level in product((False, True), range(1, most + 1)):
        for place, item in enumerate(items):
            if item.is_aside is not is_aside or chosen[place] != level - 1 or level > len(item.levels):
                continue
            before = _words(item.levels[level - 2]) if level > 1 else 0
            cost = _words(item.levels[level - 1]) - before
            if cost <= left:
                left -= cost
                chosen[place] = level
    return _document(catalog, items, chosen, style)


def _document(catalog: Catalog, items: Sequence[_Item], chosen: Sequence[int], style: _Style) -> str:
    sections: dict[str, list[str]] = {}
    left_out: dict[str, int] = {}
    for item, level in zip(items, chosen, strict=True):
        if level:
            sections.setdefault(item.of, []).append(item.levels[level - 1])
        else:
            left_out[item.of] = left_out.get(item.of, 0) + 1
    shortened = sum(0 < level < len(item.levels) for item, level in zip(items, chosen, strict=True))
    if shortened:
        left_out["details"] = shortened
    order = [*_SECTIONS.values(), "tags", "groups", "sweeps"]
    placed = {name: sections[name] for name in order if name in sections}
    return style.document(catalog, placed, left_out)


def _words(text: str) -> int:
    return len(text.split())


def _items(catalog: Catalog, style: _Style) -> Iterator[_Item]:
    """Everything, most useful first: the fields and the groupings take turns, so that none starves the others."""
    queues: list[list[_Item]] = [
        [
            _Item(name, style.item(info, catalog), space is Space.SYSTEM or info.path[0].startswith("_"))
            for info in sorted((one for one in catalog.fields if one.space is space), key=_usefulness)
        ]
        for space, name in _SECTIONS.items()
    ]
    counted = {"tags": catalog.tags, "groups": catalog.groups, "sweeps": catalog.sweeps}
    for name, counts in counted.items():
        most_first = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
        queues.append([_Item(name, (style.counted(value, runs),)) for value, runs in most_first])
    for turn in range(max(map(len, queues))):
        yield from (queue[turn] for queue in queues if turn < len(queue))


def _usefulness(info: FieldInfo) -> tuple[bool, bool, int, str]:
    """W&B's own fields last, and what is the same in every run; else what most runs have."""
    same = info.minimum is not None and info.minimum == info.maximum
    one_value = len(info.top) == 1 and info.top[0][1] == info.runs
    varies = not (same or one_value) or info.space is not Space.CONFIG
    return info.path[0].startswith("_"), not varies, -info.runs, info.dotted


def _types(info: FieldInfo) -> str:
    kinds = sorted(((kind, count) for kind, count in info.kinds.items() if count), key=lambda one: -one[1])
    return "|".join(kind.value for kind, _ in kinds if kind is not Kind.MISSING)


def _values(info: FieldInfo) -> list[tuple[Any, int]]:
    """The most frequent values, if some occur more than once or there are few: else they tell nothing."""
    if not info.top or (info.top[0][1] == 1 and len(info.top) > _MOST_VALUES):
        return []
    return [(_short(value), count) for value, count in info.top[:_MOST_VALUES]]


def _short(value: Any) -> Any:
    return f"{value[:_LONGEST_VALUE]}…" if isinstance(value, str) and len(value) > _LONGEST_VALUE else value


def _source_name(catalog: Catalog) -> str:
    words = catalog.source.split(" ")
    return catalog.source if len(words) <= _LONGEST_SOURCE else " ".join([*words[:_LONGEST_SOURCE], "…"])


# ---------------------------------------------------------------- as text


def _text_item(info: FieldInfo, catalog: Catalog) -> tuple[str, ...]:
    """A field in a line: with its type and the runs that have it; with its range; with its values."""
    looked_at = catalog.looked_at(info.space)
    coverage = f" {info.runs:,}/{looked_at:,}" if info.runs < looked_at else ""
    every = f" every {info.every:.3g} steps" if info.every is not None and info.every > 1 else ""
    brief = f"{info_text(info)} {_types(info)}".rstrip() + coverage + every
    levels = [brief]
    if info.minimum is not None and info.maximum is not None:
        low, high = _number(info.minimum), _number(info.maximum)
        levels.append(f"{brief} = {low}" if low == high else f"{brief} {low}..{high}")
    if (values := _values(info)) and not (len(values) == 1 and len(levels) > 1):
        shown = ", ".join(f"{literal_text(value)} ({count:,})" for value, count in values)
        more = ", …" if len(info.top) > len(values) else ""
        levels.append(f"{levels[-1]}: {shown}{more}")
    if info.elements:
        shown = ", ".join(f"{literal_text(_short(value))} ({n:,})" for value, n in info.elements[:_MOST_VALUES])
        more = ", …" if len(info.elements) > _MOST_VALUES else ""
        levels.append(f"{levels[-1]} of {shown}{more}")
    return tuple(map(clean, levels))


def _number(value: float) -> str:
    return f"{value:.6g}"


def _text_document(catalog: Catalog, sections: Mapping[str, Sequence[str]], left_out: Mapping[str, int]) -> str:
    runs = f"{catalog.run_count:,} run{'s' * (catalog.run_count != 1)}"
    sampled = "" if catalog.complete else f", {catalog.looked_at(Space.CONFIG):,} looked at: there may be other fields"
    lines = [clean(f"{_source_name(catalog)}: {runs}{sampled}")]
    for name, items in sections.items():
        is_list = name not in _SECTIONS.values()
        lines += ["", f"{name}: {', '.join(items)}"] if is_list else ["", f"{name}:", *(f"  {item}" for item in items)]
    lines += ["", f"of every run: {' '.join(RUN_FIELDS)}"]
    if left_out:
        said = [f"{_left(name, count)}" for name, count in left_out.items()]
        lines += ["", f"left out: {', '.join(said)}; more with a larger budget"]
    return "\n".join(lines)


def _left(name: str, count: int) -> str:
    what = {"details": "ranges or values of fields", "config": "config fields", "summary": "summary fields"}
    return f"{count:,} {what.get(name, name)}"


_TEXT = _Style(_text_item, lambda name, runs: clean(f"{name} ({runs:,})"), _text_document)


# ---------------------------------------------------------------- as JSON


def _json_item(info: FieldInfo, _: Catalog) -> tuple[str, ...]:
    """A field as an object, on one line: the same in the same steps."""
    known: dict[str, Any] = {"name": info_text(info), "type": _types(info) or None, "runs": info.runs}
    if info.every is not None:
        known["every"] = round(info.every, 3)
    levels = [_dumped(known)]
    if info.minimum is not None and info.maximum is not None:
        known |= {"min": _finite(info.minimum), "median": _finite(info.median), "max": _finite(info.maximum)}
        levels.append(_dumped(known))
    if values := _values(info):
        levels.append(_dumped({**known, "values": [[_finite(value), count] for value, count in values]}))
    return tuple(levels)


def _finite(value: Any) -> Any:
    return str(value) if isinstance(value, float) and not -float("inf") < value < float("inf") else value


def _dumped(value: Any) -> str:
    return json.dumps(value, allow_nan=False)


def _json_document(catalog: Catalog, sections: Mapping[str, Sequence[str]], left_out: Mapping[str, int]) -> str:
    parts = [
        f'"source": {_dumped(_source_name(catalog))}',
        f'"runs": {catalog.run_count}',
        f'"looked at": {catalog.looked_at(Space.CONFIG)}',
    ]
    for name, items in sections.items():
        fields = name in _SECTIONS.values()
        begin, end = ("[", "]") if fields else ("{", "}")
        parts.append(f'"{name}": {begin}\n    ' + ",\n    ".join(items) + f"\n  {end}")
    parts.append(f'"of every run": {_dumped(list(RUN_FIELDS))}')
    parts.append(f'"left out": {_dumped(dict(left_out))}')
    return "{\n  " + ",\n  ".join(parts) + "\n}"


_JSON = _Style(_json_item, lambda name, runs: f"{_dumped(name)}: {runs}", _json_document)
