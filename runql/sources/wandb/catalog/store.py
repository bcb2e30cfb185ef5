"""Catalogs of projects on disk, each with its age and what it was made of."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from runql.language.fields import Space
from runql.language.kinds import Kind
from runql.semantic.catalog import Catalog, FieldInfo
from runql.sources.wandb.decode import ProjectPlace
from runql.sources.wandb.observed_fields import Stamp
from runql.text.bounded import read_bounded
from runql.text.frozen import frozen
from runql.text.replace import replace_with

_FORMAT = 2
_MOST_AGE_SECONDS = 86_400.0
_HEARTBEAT_SECONDS = 60.0
"""A run that goes on changes its heartbeat all the time, and seldom its fields."""
_MOST_BYTES = 16_000_000
_LONGEST_TEXT = 200


@frozen
class StoredCatalog:
    """A catalog and what it was made of. `metrics`: what was logged was looked at too."""

    catalog: Catalog
    stamp: Stamp
    metrics: bool

    @property
    def age_seconds(self) -> float:
        as_of = self.catalog.as_of
        return math.inf if as_of is None else max(0.0, (datetime.now(UTC) - as_of).total_seconds())

    def is_true_of(self, stamp: Stamp) -> bool:
        """Whether the project is as it was. A heartbeat alone does not make a young catalog old."""
        if self.age_seconds > _MOST_AGE_SECONDS:
            return False
        is_young = self.age_seconds < _HEARTBEAT_SECONDS
        same = self.stamp.newest_run == stamp.newest_run if is_young else self.stamp.newest == stamp.newest
        return same and self.stamp.total == stamp.total


class CatalogStore:
    """Catalogs on disk, one file a project. A file that cannot be read is as good as none."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load(self, host: str, place: ProjectPlace) -> StoredCatalog | None:
        """What was kept of a project, however old."""
        try:
            document = json.loads(read_bounded(self._path(host, place), _MOST_BYTES))
            if document["format"] != _FORMAT:
                return None
            stamp = Stamp(document["total"], document["newest"])
            return StoredCatalog(_from_document(document["catalog"]), stamp, bool(document["metrics"]))
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return None

    def save(self, host: str, place: ProjectPlace, kept: StoredCatalog) -> None:
        """Writes atomically, readable by the user alone: configs may be private. What is too large is not kept."""
        document = {"format": _FORMAT, "metrics": kept.metrics, "total": kept.stamp.total, "newest": kept.stamp.newest}
        text = json.dumps({**document, "catalog": _to_document(kept.catalog)}, default=str)
        path = self._path(host, place)
        if len(text) > _MOST_BYTES:
            return
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            replace_with(path, text.encode(), mode=0o600)
        except OSError:
            return  # a full or read-only disk: the catalog is asked for again next time

    def _path(self, host: str, place: ProjectPlace) -> Path:
        name = hashlib.sha256("\0".join((host, place.entity, place.project)).encode()).hexdigest()[:24]
        return self._folder / f"catalog-{name}.json"


def _to_document(catalog: Catalog) -> dict[str, Any]:
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


def _from_document(document: Mapping[str, Any]) -> Catalog:
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
