"""The catalogs of projects on a server: in memory, on disk, each with its age and what it was made of, and widened by
what queries bring."""

from __future__ import annotations

import json
import threading
from dataclasses import field, replace
from pathlib import Path

from runql.semantic.catalog import Catalog, KnownCatalog
from runql.sources.catalog_files import FORMAT, LONGEST_TEXT, MOST_BYTES, file_name, from_document, to_document
from runql.sources.wandb.catalog.sample import read_catalog, read_stamp, with_metrics
from runql.sources.wandb.decode import ProjectPlace
from runql.sources.wandb.observed_fields import Stamp, StoredCatalog
from runql.sources.wandb.project import WandbServer
from runql.text.bounded import read_bounded
from runql.text.frozen import changeable
from runql.text.replace import replace_with


@changeable
class CatalogKeeper:
    """The catalogs of one server: in memory, on disk, and asked for where neither will do. Threads may share it."""

    server: WandbServer
    folder: Path | None
    _kept: dict[ProjectPlace, StoredCatalog] = field(default_factory=dict)
    _looked_for: set[ProjectPlace] = field(default_factory=set)
    _unsaved: set[ProjectPlace] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def learn(self, place: ProjectPlace, *, metrics: bool, anew: bool = False) -> Catalog:
        """The catalog as the project is: asked for anew unless what was kept is still true.

        Raises:
            Failure: it was not answered.
        """
        kept = None if anew else self._at_hand(place)
        if kept is not None and kept.is_true_of(read_stamp(self.server, place)):
            if metrics and not kept.metrics:
                kept = self._keep(place, with_metrics(self.server, place, kept))
        else:
            kept = self._keep(place, read_catalog(self.server, place, metrics=metrics))
        return self._widened(place, kept).catalog

    def known(self, place: ProjectPlace, *, metrics: bool) -> KnownCatalog | None:
        """What is known without a request."""
        kept = self._at_hand(place)
        if kept is None or (metrics and not kept.metrics):
            return None
        stamp = self.server.learning.stamp(place)
        is_true = stamp is not None and kept.is_true_of(stamp)
        return KnownCatalog(self._widened(place, kept).catalog, kept.age_seconds, is_true)

    def save(self) -> None:
        """Writes what the pages of this process added to the catalogs."""
        with self._lock:
            everything = tuple(self._kept.items())
        for place, kept in everything:
            wider = self._widened(place, kept)
            with self._lock:
                is_unsaved = place in self._unsaved
                self._unsaved.discard(place)
            if is_unsaved and self.folder is not None:
                _save(self.folder / file_name(self.server.host, place.entity, place.project), wider)

    def _at_hand(self, place: ProjectPlace) -> StoredCatalog | None:
        """What was kept, in memory or on disk. The lock is not held while the disk is read."""
        with self._lock:
            kept = self._kept.get(place)
            if kept is not None or self.folder is None or place in self._looked_for:
                return kept
        kept = _load(self.folder / file_name(self.server.host, place.entity, place.project))
        with self._lock:
            self._looked_for.add(place)
            return self._kept.setdefault(place, kept) if kept is not None else self._kept.get(place)

    def _keep(self, place: ProjectPlace, kept: StoredCatalog) -> StoredCatalog:
        with self._lock:
            self._kept[place] = kept
        if self.folder is not None:
            _save(self.folder / file_name(self.server.host, place.entity, place.project), kept)
        return kept

    def _widened(self, place: ProjectPlace, kept: StoredCatalog) -> StoredCatalog:
        """With what came since. It goes to the disk at the end."""
        catalog = self.server.learning.widened(place, kept.catalog)
        if catalog is kept.catalog:
            return kept
        wider = replace(kept, catalog=catalog)
        with self._lock:
            self._kept[place] = wider
            self._unsaved.add(place)
        return wider


def _load(path: Path) -> StoredCatalog | None:
    """What was kept of a project, however old. A file that cannot be read is as good as none."""
    try:
        document = json.loads(read_bounded(path, MOST_BYTES))
        if document["format"] != FORMAT:
            return None
        stamp = Stamp(document["total"], document["newest"])
        return StoredCatalog(from_document(document["catalog"]), stamp, bool(document["metrics"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _save(path: Path, kept: StoredCatalog) -> None:
    """Writes atomically, readable by the user alone: configs may be private. What is too large is not kept."""
    document = {"format": FORMAT, "metrics": kept.metrics, "total": kept.stamp.total, "newest": kept.stamp.newest}
    text = json.dumps({**document, "catalog": to_document(kept.catalog, LONGEST_TEXT)}, default=str)
    if len(text) > MOST_BYTES:
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        replace_with(path, text.encode(), mode=0o600)
    except OSError:
        return  # a full or read-only disk: the catalog is asked for again next time
