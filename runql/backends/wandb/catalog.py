"""The catalog of a project on a server: from a few pages spread over it, kept on disk with its age.

Five requests at the most. Projects of up to three pages are read whole; of larger ones the newest, the oldest and
some between, and the catalog says that it is not complete.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from runql.backends.wandb.asking import Server
from runql.backends.wandb.decode import Place
from runql.backends.wandb.pages import Chunk, ListQuestion, Pages, cursor_after
from runql.runs.service import Wanted
from runql.semantic.build_catalog import build_catalog
from runql.semantic.catalog import Catalog, FieldInfo, Space
from runql.semantic.record import RunRecord
from runql.semantic.values import Kind
from runql.text.frozen import frozen

SAMPLE_RUNS = 100
METRIC_RUNS = 100
_FORMAT = 1
_MOST_AGE = timedelta(days=1)
_HEAVY = Wanted(config=None, summary=None, system_metrics=True)
_METRICS = Wanted(history_keys=True)


@frozen
class Stamp:
    """What a catalog was made of: it is fresh while these are as they were."""

    total: int | None
    newest: str | None


def read_stamp(server: Server, place: Place) -> Stamp:
    """One request for the number of runs and the newest one.

    Raises:
        Failure: it was not answered.
    """
    pages = Pages(server, ListQuestion(place, {}, "-created_at", Wanted()))
    chunk = pages.next(1, 0)
    newest = chunk.runs[0] if chunk is not None and chunk.runs else None
    return Stamp(pages.total, None if newest is None else f"{newest.id} {newest.heartbeat}")


def read_catalog(server: Server, place: Place, source: str, *, metrics: bool) -> tuple[Catalog, Stamp]:
    """Asks for a sample of the runs and makes the catalog of it.

    Raises:
        Failure: it was not answered.
    """
    pages = Pages(server, ListQuestion(place, {}, "-created_at", _HEAVY))
    first = pages.next(SAMPLE_RUNS, 0)
    runs = list(first.runs) if first is not None else []
    total = pages.total if pages.total is not None else len(runs)
    stamp = Stamp(pages.total, f"{runs[0].id} {runs[0].heartbeat}" if runs else None)
    for offset in _other_offsets(total, len(runs)):
        chunk = _page_at(server, place, _HEAVY, offset, SAMPLE_RUNS)
        runs += chunk.runs if chunk is not None else ()
    unique = {run.storage_id or run.id: run for run in runs}
    logged: dict[str, RunRecord] = {}
    if metrics and server.abilities.has("Run.historyKeys"):
        chunk = _page_at(server, place, _METRICS, 0, METRIC_RUNS)
        came = chunk.runs if chunk is not None else ()
        logged = {run.id: run for run in came if run.history_keys is not None}
    known = [_with_keys(run, logged) for run in unique.values()]
    catalog = build_catalog(source, known, metrics=metrics, as_of=datetime.now(UTC))
    is_complete = len(unique) >= total and (not metrics or len(logged) >= total)
    return replace(catalog, run_count=total, complete=is_complete), stamp


def _other_offsets(total: int, came: int) -> list[int]:
    """Where the other pages of the sample start, in the order of the newest first."""
    if total <= came:
        return []
    if total <= came + 2 * SAMPLE_RUNS:
        return list(range(came, total, SAMPLE_RUNS))
    return [total // 2, total - SAMPLE_RUNS]


def _page_at(server: Server, place: Place, wanted: Wanted, offset: int, size: int) -> Chunk | None:
    pages = Pages(server, ListQuestion(place, {}, "-created_at", wanted), offset, cursor_after(offset))
    return pages.next(size, 0)


def _with_keys(run: RunRecord, logged: Mapping[str, RunRecord]) -> RunRecord:
    other = logged.get(run.id)
    return run if other is None else replace(run, history_keys=other.history_keys)


class CatalogStore:
    """Catalogs on disk, one file a project. A file that cannot be read is as good as none."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load(self, host: str, place: Place, *, metrics: bool) -> tuple[Catalog, Stamp] | None:
        try:
            document = json.loads(self._path(host, place).read_text(encoding="utf-8"))
            if document["format"] != _FORMAT or (metrics and not document["metrics"]):
                return None
            catalog = _from_document(document["catalog"])
            stamp = Stamp(document["total"], document["newest"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
        is_young = catalog.as_of is not None and datetime.now(UTC) - catalog.as_of < _MOST_AGE
        return (catalog, stamp) if is_young else None

    def save(self, host: str, place: Place, catalog: Catalog, stamp: Stamp, *, metrics: bool) -> None:
        """Writes atomically, readable by the user alone: configs may be private."""
        document: dict[str, Any] = {"format": _FORMAT, "metrics": metrics, "total": stamp.total, "newest": stamp.newest}
        document["catalog"] = _to_document(catalog)
        path = self._path(host, place)
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle, name = tempfile.mkstemp(dir=path.parent, prefix=".catalog")
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(document, file, default=str)
            Path(name).replace(path)
        except OSError:
            # A full or read-only disk: the catalog is asked for again next time.
            return

    def _path(self, host: str, place: Place) -> Path:
        name = hashlib.sha256("\0".join((host, place.entity, place.project)).encode()).hexdigest()[:24]
        return self._folder / f"catalog-{name}.json"


def _to_document(catalog: Catalog) -> dict[str, Any]:
    return {
        "source": catalog.source,
        "run_count": catalog.run_count,
        "complete": catalog.complete,
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
                "top": [list(each) for each in info.top],
                "rows": info.rows,
                "every": info.every,
            }
            for info in catalog.fields
        ],
    }


def _from_document(document: Mapping[str, Any]) -> Catalog:
    return Catalog(
        source=document["source"],
        run_count=document["run_count"],
        complete=document["complete"],
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
        rows=entry["rows"],
        every=entry["every"],
    )


def _pairs(top: Iterable[Any]) -> tuple[tuple[str | float | bool, int], ...]:
    return tuple((value, count) for value, count in top)
