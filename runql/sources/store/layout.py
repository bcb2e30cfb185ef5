"""The layout of a store: one Delta table, partitioned by `fact`. `docs/design/store.md` says what each column holds."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, Literal, TypeAlias
from urllib.parse import quote

from runql.sources.protocol import Stream
from runql.text.frozen import frozen

LAYOUT: Final = 1
"""The number of this layout. A store of a newer one is refused."""

PARTITION: Final = "fact"


class Fact(StrEnum):
    """What a part holds rows of: the value of the partition column."""

    RUNS = "runs"
    PULLS = "pulls"
    ATTR = "attr"
    POINTS = "points"
    OTHER = "other"
    SYSTEM = "system"
    SYSTEM_OTHER = "system_other"


ColumnType: TypeAlias = Literal["string", "long", "double", "boolean", "timestamp", "strings"]
"""Delta's own words; `strings` is a list of texts."""


@frozen
class FactLayout:
    """The columns of a fact with their types, and the order of its rows in a part."""

    columns: Mapping[str, ColumnType]
    order: tuple[str, ...]


_OF_RUN: Final[Mapping[str, ColumnType]] = {"run": "string", "pull": "long"}
_POINT: Final[Mapping[str, ColumnType]] = {**_OF_RUN, "key": "string", "row": "long"}
_NUMBER: Final[Mapping[str, ColumnType]] = {**_POINT, "step": "long", "val": "double", "whole": "boolean"}
_VALUE: Final[Mapping[str, ColumnType]] = {
    **_POINT,
    "step": "long",
    "t": "string",
    "num": "double",
    "str": "string",
    "whole": "boolean",
}
_BY_KEY: Final = ("key", "run", "row")

RUN_COLUMNS: Final[Mapping[str, ColumnType]] = {
    "id": "string",
    "name": "string",
    "state": "string",
    "entity": "string",
    "project": "string",
    "storage_id": "string",
    "tags": "strings",
    "group": "string",
    "job_type": "string",
    "notes": "string",
    "user": "string",
    "sweep": "string",
    "host": "string",
    "created": "timestamp",
    "heartbeat": "timestamp",
    "updated": "timestamp",
    "runtime": "double",
    "url": "string",
    "commit": "string",
    "read_only": "boolean",
    "history_line_count": "long",
    "user_name": "string",
    "description": "string",
    "project_id": "string",
}
"""The fields of a `RunRecord` that are one value each, by their names."""

FACTS: Final[Mapping[Fact, FactLayout]] = {
    Fact.RUNS: FactLayout(
        {
            **_OF_RUN,
            "body": "long",
            "place": "long",
            "gone": "timestamp",
            "mark": "string",
            **RUN_COLUMNS,
            "last_step": "long",
            "parts": "string",
            "metrics": "string",
            "system_metrics": "string",
            "said": "string",
        },
        ("run",),
    ),
    Fact.PULLS: FactLayout(
        {"pull": "long", "began": "timestamp", "ended": "timestamp", "listed": "long", "said": "string"}, ("pull",)
    ),
    Fact.ATTR: FactLayout(
        {
            **_OF_RUN,
            "space": "string",
            "root": "string",
            "path": "string",
            "keys": "string",
            "place": "long",
            "el": "boolean",
            "t": "string",
            "num": "double",
            "str": "string",
            "whole": "boolean",
        },
        ("space", "root", "path", "run", "place"),
    ),
    Fact.POINTS: FactLayout(_NUMBER, _BY_KEY),
    Fact.OTHER: FactLayout(_VALUE, _BY_KEY),
    Fact.SYSTEM: FactLayout(_NUMBER, _BY_KEY),
    Fact.SYSTEM_OTHER: FactLayout(_VALUE, _BY_KEY),
}

FACTS_OF_STREAM: Final[Mapping[Stream, tuple[Fact, Fact]]] = {
    "default": (Fact.POINTS, Fact.OTHER),
    "system": (Fact.SYSTEM, Fact.SYSTEM_OTHER),
}
"""Where the rows of a stream are: its numbers, and its other values."""


class AttrSpace(StrEnum):
    """What of a run an attribute is part of."""

    CONFIG = "config"
    SUMMARY = "summary"
    SYSTEM = "system"
    LOGGED = "logged"
    INTERNAL_CONFIG = "internal_config"
    INTERNAL_SUMMARY = "internal_summary"
    METADATA = "metadata"


def union_columns() -> dict[str, ColumnType]:
    """The columns of the table: those of all facts. A name has one type wherever it occurs."""
    found: dict[str, ColumnType] = {PARTITION: "string"}
    for layout in FACTS.values():
        found.update(layout.columns)
    return found


def run_key(entity: str, project: str, run_id: str) -> str:
    """What tells a run from all others of a store."""
    return "/".join((quote(entity, safe=""), quote(project, safe=""), run_id))
