"""What is known of a field, in words: for a menu and under the pointer."""

from __future__ import annotations

from runql.language.fields import Space
from runql.language.kinds import Kind
from runql.semantic.catalog import Catalog, FieldInfo
from runql.semantic.spelling import info_text
from runql.syntax.literals import write_number, write_string
from runql.text.markdown import code
from runql.text.render import clean

_SHOWN_VALUES = 5
_NO_VALUE = frozenset({Kind.NULL, Kind.MISSING, Kind.UNKNOWN})


def value_text(value: object) -> str:
    """A value as the language writes it; empty for one that it cannot write."""
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return write_number(value)
        case str():
            return write_string(value)
        case _:
            return ""


def kinds_of(info: FieldInfo) -> frozenset[Kind]:
    """The kinds of the values that were seen; empty if they are not known."""
    return frozenset(kind for kind, count in info.kinds.items() if count) - _NO_VALUE


def type_text(info: FieldInfo) -> str:
    """`number`, `number or text`: what most runs hold stands first."""
    kinds = kinds_of(info)
    if len(kinds) > 1:
        ordered = sorted(kinds, key=lambda kind: (-info.kinds[kind], kind))
        return " or ".join(ordered)
    return next(iter(kinds), "")


def runs_text(runs: int, catalog: Catalog, space: Space = Space.CONFIG) -> str:
    """`402 of 412 runs`; of a source that was not read to its end, of those looked at."""
    seen = "" if catalog.complete else " looked at"
    return f"{runs:,} of {catalog.looked_at(space):,} runs{seen}"


def detail(info: FieldInfo, catalog: Catalog) -> str:
    """A field on one short line: its type and how many runs have it; of a metric, how often it is logged."""
    often = f"every {info.every:.3g} steps" if info.every is not None and info.every > 1 else ""
    return " · ".join(part for part in (type_text(info), runs_text(info.runs, catalog, info.space), often) if part)


def documentation(info: FieldInfo, catalog: Catalog) -> str:
    """A field in Markdown: type, coverage, range, frequent values."""
    lines = [detail(info, catalog)]
    numbers = [("smallest", info.minimum), ("median", info.median), ("largest", info.maximum)]
    ranges = [f"{name} `{write_number(value)}`" for name, value in numbers if value is not None]
    if ranges:
        lines.append(", ".join(ranges))
    if info.top and info.space is not Space.LOGGED:
        values = [(code(value_text(value)), count) for value, count in info.top[:_SHOWN_VALUES]]
        lines.append("most frequent: " + ", ".join(f"{value} ({count:,})" for value, count in values if value))
    if info.elements:
        elements = [(code(value_text(value)), count) for value, count in info.elements[:_SHOWN_VALUES]]
        lines.append("most frequent in its lists: " + ", ".join(f"{each} ({n:,})" for each, n in elements if each))
    return "\n\n".join(lines)


def heading(info: FieldInfo) -> str:
    """The name of a field as it is written, safe to show."""
    return clean(info_text(info))
