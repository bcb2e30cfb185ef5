"""Facts of each metric of each run as a file beside the table, so that a question need not read the points for them.

`_points/VERSION-DIGEST.parquet` has a row for each run and metric of each part of `points`, and the names of these
parts. Parts do not change, so what is said of one stays true in every version that has it; what is in none of them is
worked out of the points. The digest is that of the file's bytes: one that is damaged is not read. It is written by a
pull and by a compaction; folders that begin with `_` are none of Delta Lake's business.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from runql.sources.store.duck import Duck, Unreadable, files_sql
from runql.sources.store.layout import Fact
from runql.sources.store.table import StorePart, Version
from runql.sources.store.writer import digest_of, settled
from runql.text.frozen import frozen

FOLDER: Final = "_points"
STEPS: Final = "_step"
"""The axis itself: of its own points nothing is kept."""
_FORM: Final = "runql_points_1"
_WORTH: Final = 200_000
"""So many points that nothing is known of are worth a new file."""
_IS_NUMBER: Final = "FILTER (WHERE NOT isnan(val))"
_COUNTS: Final = (
    "count_if(NOT isnan(val)) AS n, count_if(isnan(val)) AS nan, coalesce(bool_or(isinf(val)), false) AS infinite, "
    "bool_and(whole) AS whole, bool_or(step IS NULL OR (val = 0 AND signbit(val))) "
    "OR (bool_or(whole) AND NOT bool_and(whole)) AS odd, "
    "min(row) AS first_row, arg_min(step, row) AS first_step, arg_min(val, row) AS first, "
    "max(row) AS last_row, arg_max(step, row) AS last_step, arg_max(val, row) AS last"
)
_VALUES: Final = f"min(val) {_IS_NUMBER} AS least, max(val) {_IS_NUMBER} AS most"
_PLACES: Final = (
    f"min({{'v': val, 'r': row, 's': step}}) {_IS_NUMBER} AS low, "
    f"max({{'v': val, 'r': -row, 's': step}}) {_IS_NUMBER} AS high, "
    # Rows and steps rise: a part is sorted, so where one does not, another run or metric begins.
    "max(place) - min(place) + 1 = count(*) "
    "AND coalesce(max(place) FILTER (WHERE row <= row_before OR step < step_before), min(place)) = min(place) AS rises"
)
_BEFORE: Final = "file_row_number AS place, lag(row) OVER () AS row_before, lag(step) OVER () AS step_before"
_KEPT: Final = (
    "run, pull, key, n, nan, infinite, whole, odd, first_row, first_step, first, last_row, last_step, last, "
    "low.v AS least, low.r AS least_row, low.s AS least_step, high.v AS most, -high.r AS most_row, "
    "high.s AS most_step, rises"
)
_PLAIN: Final = (
    "run, pull, key, n, nan, infinite, whole, odd, first_row, first_step, first, last_row, last_step, last, "
    "least, NULL::BIGINT AS least_row, NULL::BIGINT AS least_step, most, NULL::BIGINT AS most_row, "
    "NULL::BIGINT AS most_step, false AS rises"
)
COLUMNS: Final = (
    "run, pull, key, n, nan, infinite, whole, odd, first_row, first_step, first, last_row, last_step, last, "
    "least, least_row, least_step, most, most_row, most_step, rises"
)


@frozen
class KeptPoints:
    """A file of such facts, and the paths of the parts of which it has them."""

    path: Path
    parts: frozenset[str]

    def sql(self, paths: Collection[str]) -> str:
        """The facts that it has of some parts."""
        listed = ", ".join(f"'{path}'" for path in sorted(paths))
        return f"SELECT {COLUMNS} FROM {files_sql([self.path])} WHERE part IN ({listed})"


def facts_sql(files: Sequence[Path], where: str, *, places: bool) -> str:
    """The same facts of points, worked out. `places`: also where a metric was best, and whether its steps rise."""
    listed = ", ".join("'" + str(path).replace("'", "''") + "'" for path in files)
    options = "hive_partitioning = false, filename = true, file_row_number = true"
    rows = f"SELECT *, filename AS of_file{f', {_BEFORE}' if places else ''} FROM read_parquet([{listed}], {options})"
    found = f"SELECT run, pull, key, {_COUNTS}, {_PLACES if places else _VALUES} FROM ({rows} WHERE {where})"
    return f"SELECT {_KEPT if places else _PLAIN} FROM ({found} GROUP BY run, pull, key, of_file)"


def kept_points(folder: Path) -> KeptPoints | None:
    """The newest file of a store that is whole."""
    try:
        paths = [path for path in (folder / FOLDER).iterdir() if path.suffix == ".parquet" and path.name[0] != "."]
        for path in sorted(paths, key=_number_of, reverse=True):
            if digest_of(path) == path.stem.rpartition("-")[2]:
                return _read(path)
    except OSError:
        return None
    return None


def _number_of(path: Path) -> int:
    number = path.name.partition("-")[0]
    return int(number) if number.isascii() and number.isdigit() else -1


def _read(path: Path) -> KeptPoints | None:
    duck = Duck()
    quoted = str(path).replace("'", "''")
    try:
        found = duck.rows(f"SELECT decode(value) FROM parquet_kv_metadata('{quoted}') WHERE decode(key) = '{_FORM}'")
        return KeptPoints(path, frozenset(map(str, json.loads(found[0][0])))) if found else None
    except (Unreadable, ValueError):
        return None
    finally:
        duck.close()


def keep_points(folder: Path, version: Version) -> bool:
    """Write the facts of a version, where they are worth it and that can be; whether a file was written."""
    parts = version.of(Fact.POINTS)
    known = kept_points(folder)
    held = {part.path for part in parts} & (frozenset() if known is None else known.parts)
    fresh = [part for part in parts if part.path not in held]
    if sum(part.rows for part in fresh) < _WORTH or not os.access(folder, os.W_OK):
        return False
    duck = Duck()
    try:
        _gather(folder, duck, known if held else None, held, fresh)
        _write(folder / FOLDER, version.number, duck, {*held, *(part.path for part in fresh)})
        return True
    except (Unreadable, OSError):
        return False  # as before, the points themselves are read; who asks says what is damaged
    finally:
        duck.close()


def _gather(
    folder: Path, duck: Duck, known: KeptPoints | None, held: Collection[str], fresh: Sequence[StorePart]
) -> None:
    """Make the table `facts`: what is known of some parts, and what the points of others say."""
    if known is not None:
        listed = ", ".join(f"'{path}'" for path in sorted(held))
        files = files_sql([known.path])
        duck.do(f"CREATE TABLE facts AS SELECT part, {COLUMNS} FROM {files} WHERE part IN ({listed})")
    for part in fresh:
        rows = facts_sql([folder / part.path], f"key <> '{STEPS}'", places=True)
        begun = "INSERT INTO facts" if known is not None or part is not fresh[0] else "CREATE TABLE facts AS"
        duck.do(f"{begun} SELECT '{part.path}' AS part, {COLUMNS} FROM ({rows})")


def _write(home: Path, number: int, duck: Duck, parts: Collection[str]) -> None:
    """Put the facts in the place of those that are there."""
    import secrets  # with what it loads it takes longer than to read the file

    home.mkdir(mode=0o700, exist_ok=True)
    scratch = home / f".{secrets.token_hex(8)}.part"
    target = str(scratch).replace("'", "''")
    options = f"FORMAT parquet, COMPRESSION zstd, KV_METADATA {{{_FORM}: '{json.dumps(sorted(parts))}'}}"
    try:
        duck.do(f"COPY (SELECT * FROM facts ORDER BY key, run, first_row) TO '{target}' ({options})")
        digest, _ = settled(scratch)
        path = home / f"{number}-{digest}.parquet"
        scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)
    for other in home.iterdir():
        if other != path and other.suffix == ".parquet":
            with suppress(OSError):
                other.unlink()
