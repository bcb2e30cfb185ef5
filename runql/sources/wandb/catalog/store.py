"""Catalogs of projects on disk, each with its age and what it was made of."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from pathlib import Path

from runql.semantic.catalog import Catalog
from runql.sources.catalog_files import FORMAT, LONGEST_TEXT, MOST_BYTES, file_name, from_document, to_document
from runql.sources.wandb.decode import ProjectPlace
from runql.sources.wandb.observed_fields import Stamp
from runql.text.bounded import read_bounded
from runql.text.frozen import frozen
from runql.text.replace import replace_with

_MOST_AGE_SECONDS = 86_400.0
_HEARTBEAT_SECONDS = 60.0
"""A run that goes on changes its heartbeat all the time, and seldom its fields."""


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
            document = json.loads(read_bounded(self._path(host, place), MOST_BYTES))
            if document["format"] != FORMAT:
                return None
            stamp = Stamp(document["total"], document["newest"])
            return StoredCatalog(from_document(document["catalog"]), stamp, bool(document["metrics"]))
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return None

    def save(self, host: str, place: ProjectPlace, kept: StoredCatalog) -> None:
        """Writes atomically, readable by the user alone: configs may be private. What is too large is not kept."""
        document = {"format": FORMAT, "metrics": kept.metrics, "total": kept.stamp.total, "newest": kept.stamp.newest}
        text = json.dumps({**document, "catalog": to_document(kept.catalog, LONGEST_TEXT)}, default=str)
        path = self._path(host, place)
        if len(text) > MOST_BYTES:
            return
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            replace_with(path, text.encode(), mode=0o600)
        except OSError:
            return  # a full or read-only disk: the catalog is asked for again next time

    def _path(self, host: str, place: ProjectPlace) -> Path:
        return self._folder / file_name(host, place.entity, place.project)
