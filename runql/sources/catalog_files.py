"""Catalogs as plain values, of which files and tables keep them; and as files, for whoever may not ask a source again.

Nothing heavy is loaded.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from math import inf
from pathlib import Path
from typing import Any, Final, TypeAlias

from runql.language.fields import Space
from runql.language.kinds import Kind
from runql.semantic.catalog import Catalog, FieldInfo
from runql.text.bounded import read_bounded

FORMAT: Final = 3
MOST_BYTES: Final = 16_000_000
LONGEST_TEXT: Final = 200

Counted: TypeAlias = tuple[tuple[str | float | bool, int], ...]


def file_name(host: str, entity: str, project: str) -> str:
    """What the file of a project is called."""
    import hashlib

    name = hashlib.sha256("\0".join((host, entity, project)).encode()).hexdigest()[:24]
    return f"catalog-{name}.json"


def read_catalog_file(path: Path) -> Catalog | None:
    """The catalog of a file; none if it is not there, or is none of ours."""
    try:
        document = json.loads(read_bounded(path, MOST_BYTES))
        return from_document(document["catalog"]) if document["format"] == FORMAT else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def to_document(catalog: Catalog, longest_text: float = inf) -> dict[str, Any]:
    """A catalog as values that JSON and `marshal` can say. A longer text among the frequent values is left out: one
    that was cut would be no value of the field.
    """
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
            [
                info.space.value,
                info.path,
                info.runs,
                {kind.value: count for kind, count in info.kinds.items()},
                info.minimum,
                info.median,
                info.maximum,
                _short(info.top, longest_text),
                _short(info.elements, longest_text),
                info.rows,
                info.every,
            ]
            for info in catalog.fields
        ],
    }


def _short(counted: Counted, longest: float) -> Counted:
    if longest == inf:
        return counted
    return tuple((value, n) for value, n in counted if not isinstance(value, str) or len(value) <= longest)


def from_document(document: Mapping[str, Any]) -> Catalog:
    """The catalog that such values say."""
    return Catalog(
        source=document["source"],
        run_count=document["run_count"],
        complete=document["complete"],
        sample=document["samples"][0],
        metrics_sample=document["samples"][1],
        fields=tuple(map(_field, document["fields"])),
        tags=Counter(document["tags"]),
        sweeps=Counter(document["sweeps"]),
        groups=Counter(document["groups"]),
        as_of=datetime.fromisoformat(document["as_of"]) if document["as_of"] else None,
    )


def _field(facts: Sequence[Any]) -> FieldInfo:
    space, path, runs, kinds, minimum, median, maximum, top, elements, *rest = facts
    counted = (tuple(map(tuple, top)), tuple(map(tuple, elements)))
    known = {Kind(kind): count for kind, count in kinds.items()}
    return FieldInfo(Space(space), tuple(path), runs, known, minimum, median, maximum, *counted, *rest)
