"""Catalogs as files: what was learned of a source, for whoever may not ask it again. Nothing heavy is loaded."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from runql.language.fields import Space
from runql.language.kinds import Kind
from runql.semantic.catalog import Catalog, FieldInfo
from runql.text.bounded import read_bounded

FORMAT: Final = 2
MOST_BYTES: Final = 16_000_000
_LONGEST_TEXT: Final = 200


def file_name(host: str, entity: str, project: str) -> str:
    """What the file of a project is called."""
    name = hashlib.sha256("\0".join((host, entity, project)).encode()).hexdigest()[:24]
    return f"catalog-{name}.json"


def read_catalog_file(path: Path) -> Catalog | None:
    """The catalog of a file; none if it is not there, or is none of ours."""
    try:
        document = json.loads(read_bounded(path, MOST_BYTES))
        return from_document(document["catalog"]) if document["format"] == FORMAT else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def to_document(catalog: Catalog) -> dict[str, Any]:
    return {
        "source": catalog.source,
        "run_count": catalog.run_count,
        "complete": catalog.complete,
        "samples": [catalog.sample, catalog.metrics_sample],
        "tags": dict(catalog.tags),
        "sweeps": dict(catalog.sweeps),
        "groups": dict(catalog.groups),
        "as_of": catalog.as_of.isoformat() if catalog.as_of is not None else None,
        "fields": [
            {
                "space": info.space.value,
                "path": list(info.path),
                "runs": info.runs,
                "kinds": {kind.value: count for kind, count in info.kinds.items()},
                "numbers": [info.minimum, info.median, info.maximum],
                "top": _short(info.top),
                "elements": _short(info.elements),
                "rows": info.rows,
                "every": info.every,
            }
            for info in catalog.fields
        ],
    }


def _short(counted: Iterable[tuple[str | float | bool, int]]) -> list[list[str | float | bool]]:
    """Values with their counts, without long texts: one that was cut would be no value of the field."""
    return [[value, n] for value, n in counted if not isinstance(value, str) or len(value) <= _LONGEST_TEXT]


def from_document(document: Mapping[str, Any]) -> Catalog:
    return Catalog(
        source=document["source"],
        run_count=document["run_count"],
        complete=document["complete"],
        sample=document["samples"][0],
        metrics_sample=document["samples"][1],
        fields=tuple(_field(entry) for entry in document["fields"]),
        tags=document["tags"],
        sweeps=document["sweeps"],
        groups=document["groups"],
        as_of=datetime.fromisoformat(document["as_of"]) if document["as_of"] else None,
    )


def _field(entry: Mapping[str, Any]) -> FieldInfo:
    minimum, median, maximum = entry["numbers"]
    return FieldInfo(
        space=Space(entry["space"]),
        path=tuple(entry["path"]),
        runs=entry["runs"],
        kinds={Kind(kind): count for kind, count in entry["kinds"].items()},
        minimum=minimum,
        median=median,
        maximum=maximum,
        top=_pairs(entry["top"]),
        elements=_pairs(entry.get("elements", ())),
        rows=entry["rows"],
        every=entry["every"],
    )


def _pairs(top: Iterable[Any]) -> tuple[tuple[str | float | bool, int], ...]:
    return tuple((value, count) for value, count in top)
