"""The catalog of a version and what else is counted of it, as a file beside the table, for questions not to count it.

`_catalog/VERSION-DIGEST.json` is of the version of which the digest of the names of its parts is that: another one is
never taken for it. It is written by the pull that made the version, or else by the first who asks; whoever cannot write
there counts each time. Folders that begin with `_` are none of Delta Lake's business.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final, TypeAlias

from runql.language.fields import Space
from runql.plan.to_sql.fields import Odd
from runql.semantic.catalog import Catalog
from runql.sources.catalog_files import from_document, to_document
from runql.sources.store.layout import LAYOUT
from runql.sources.store.statistics.run_counts import VersionCounts, counted_runs, counts_of
from runql.sources.store.table import Version
from runql.sources.store.views import StoreViews
from runql.text.frozen import frozen

FOLDER: Final = "_catalog"
_FORM: Final = 3
_DIGEST_BYTES: Final = 12

OddPaths: TypeAlias = Mapping[tuple[Space, str], frozenset[Odd]]
"""Of each path of which something is odd, what that is."""


@frozen
class StoreStatistics:
    """What is known of a version before it is asked: the catalog of all runs, what they logged in it, which paths
    hold what SQL does not compare as the engine does, and what each question wants to know of all runs."""

    catalog: Catalog
    odd: OddPaths
    runs: VersionCounts


def kept_statistics(folder: Path, version: Version) -> StoreStatistics | None:
    """What is known of a version, from its file; `None` if there is none, or it was cut short."""
    return _read(_path(folder, version))


def statistics_of(folder: Path, version: Version, views: StoreViews) -> StoreStatistics:
    """What is known of a version: read from its file, or else counted, and kept if that can be."""
    known = kept_statistics(folder, version)
    if known is None:
        from runql.sources.store.statistics.tally import CatalogTally

        known = StoreStatistics(CatalogTally(views).catalog(""), views.all_odd(), counted_runs(views))
        if not views.lost and os.access(folder, os.W_OK):
            _write(_path(folder, version), known)
    return known


def _path(folder: Path, version: Version) -> Path:
    return folder / FOLDER / f"{version.number}-{_digest(version)}.json"


def _digest(version: Version) -> str:
    names = "\n".join(sorted(part.path for part in version.parts))
    return hashlib.blake2b(f"{LAYOUT}.{_FORM}\n{names}".encode(), digest_size=_DIGEST_BYTES).hexdigest()


def _read(path: Path) -> StoreStatistics | None:
    """What a file says; `None` if it is not there, or was cut short."""
    try:
        told = json.loads(path.read_bytes())
        odd = {(Space(space), name): frozenset(map(Odd, found)) for space, name, found in told["odd"]}
        return StoreStatistics(from_document(told["catalog"]), odd, counts_of(told["runs"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write(path: Path, known: StoreStatistics) -> None:
    """Keep what was counted, in the place of what is of other versions. That it cannot be kept costs time alone."""
    import secrets  # with what it loads it takes longer than to read the file

    odd = [[space.value, name, sorted(one.value for one in found)] for (space, name), found in known.odd.items()]
    told = {"catalog": to_document(known.catalog), "odd": odd, "runs": known.runs.document()}
    scratch = path.with_name(f".{secrets.token_hex(8)}")
    with suppress(OSError):
        path.parent.mkdir(mode=0o700, exist_ok=True)
        scratch.write_text(json.dumps(told, separators=(",", ":")), "utf-8")
        scratch.replace(path)
        for other in path.parent.iterdir():
            if other != path and other.suffix == ".json":
                other.unlink(missing_ok=True)


def without_metrics(catalog: Catalog) -> Catalog:
    """A catalog without what was logged."""
    return replace(catalog, fields=tuple(info for info in catalog.fields if info.space is not Space.LOGGED))
