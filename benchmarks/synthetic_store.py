"""A store of many runs, made by SQL in seconds: what `bench_store` asks.

Each run has 32 settings and 36 values of its summary: numbers, texts, bools, nested ones, one of
several kinds; and, if asked for, three metrics of so many steps. Everything is drawn from a hash of its place.
"""

from __future__ import annotations

import hashlib
import json
import time
from pathlib import Path
from typing import Final

import duckdb

from runql.sources.store import table
from runql.sources.store.layout import FACTS, ColumnType, Fact

CONFIG: Final = 32
SUMMARY: Final = 36
METRICS: Final = ("acc", "loss", "val/loss")
RUNS_A_PART: Final = 25_000
_TYPES: Final[dict[ColumnType, str]] = {
    "string": "VARCHAR",
    "long": "BIGINT",
    "double": "DOUBLE",
    "boolean": "BOOLEAN",
    "timestamp": "TIMESTAMPTZ",
    "strings": "VARCHAR[]",
}
_PULL: Final = 1 << 40

_RUN: Final = "'acme/vision/' || printf('r%07d', n)"
_UNIT: Final = "(hash(n, {salt}) % 1000003) / 1000003e0"


def make(folder: Path, runs: int, steps: int = 0) -> float:
    """Make the store, and say in how many seconds."""
    began = time.perf_counter()
    table.create(folder, "acme/vision")
    duck = duckdb.connect()
    parts = [_write(duck, folder, Fact.RUNS, _runs(runs), 0), _write(duck, folder, Fact.ATTR, _attributes(runs), 1)]
    if steps:
        for number, first in enumerate(range(0, runs, RUNS_A_PART)):
            rows = _points(first, min(first + RUNS_A_PART, runs), steps)
            parts.append(_write(duck, folder, Fact.POINTS, rows, 2 + number))
    parts.append(_write(duck, folder, Fact.PULLS, _pull(runs), len(parts)))
    table.commit(folder, parts, _PULL)
    return time.perf_counter() - began


def _write(duck: duckdb.DuckDBPyConnection, folder: Path, fact: Fact, rows: str, number: int) -> table.StorePart:
    layout = FACTS[fact]
    chosen = ", ".join(f'"{name}"::{_TYPES[kind]} AS "{name}"' for name, kind in layout.columns.items())
    scratch = folder / f"fact={fact.value}" / ".part"
    order = ", ".join(layout.order)
    duck.execute(
        f"COPY (SELECT {chosen} FROM ({rows}) ORDER BY {order}) TO '{scratch}' (FORMAT parquet, COMPRESSION zstd)"
    )
    digest = hashlib.blake2b(scratch.read_bytes(), digest_size=8).hexdigest()
    path = scratch.with_name(f"part-{_PULL}-{number:08x}-{digest}.parquet")
    scratch.rename(path)
    counted = duck.execute(f"SELECT count(*) FROM read_parquet('{path}')").fetchone()
    assert counted is not None
    return table.StorePart(fact, path.relative_to(folder).as_posix(), path.stat().st_size, counted[0])


def _pull(runs: int) -> str:
    """That the pull came to its end."""
    return f"SELECT {_PULL} AS pull, now() AS began, now() AS ended, {runs} AS listed, NULL AS said"


def _runs(runs: int) -> str:
    columns = {
        "run": _RUN,
        "pull": str(_PULL),
        "body": str(_PULL),
        "place": "n",
        "mark": "printf('m%07d', n)",
        "id": "printf('r%07d', n)",
        "name": "'swift-' || n",
        "state": "CASE hash(n, 1) % 10 WHEN 8 THEN 'crashed' WHEN 9 THEN 'running' ELSE 'finished' END",
        "entity": "'acme'",
        "project": "'vision'",
        "tags": "CASE WHEN n % 7 = 0 THEN ['baseline', 'v' || n % 3] ELSE [] END",
        '"group"': "'g' || n % 50",
        "job_type": "'train'",
        '"user"': "'u' || n % 20",
        "created": "make_timestamp(1767225600000000 + n * 60000000)",
        "heartbeat": "make_timestamp(1767229200000000 + n * 60000000)",
        "runtime": f"3600 * {_UNIT.format(salt=2)}",
        "read_only": "false",
        "history_line_count": "1000",
        "last_step": "999",
        "parts": """'["config","summary"]'""",
        "metrics": f"'{json.dumps(['_step', *METRICS])}'",
        "system_metrics": "'[]'",
    }
    made = {name.strip('"') for name in columns}
    gaps = [f'NULL AS "{name}"' for name in FACTS[Fact.RUNS].columns if name not in made]
    chosen = ", ".join([*(f"{sql} AS {name}" for name, sql in columns.items()), *gaps])
    return f"SELECT {chosen} FROM range({runs}) t(n)"


def _attributes(runs: int) -> str:
    unit = _UNIT.format(salt="k + 100")
    text = "'s'", "NULL", "'value' || hash(n, k + 100) % 20", "NULL"
    number = "'n'", unit, "NULL", "NULL"
    whole = "'n'", "(hash(n, k + 100) % 128)::DOUBLE", "NULL", "true"
    special: list[tuple[str, tuple[str, str, str, str]]] = [
        ("lr", ("'n'", f"pow(10, -5 * {unit})", "NULL", "NULL")),
        ("batch_size", ("'n'", "pow(2, 4 + hash(n, k) % 6)", "NULL", "true")),
        ("optimizer", ("'s'", "NULL", "['adam', 'sgd', 'lion'][1 + (hash(n, 3) % 3)::BIGINT]", "NULL")),
        ("model", ("'o'", "2", "NULL", "NULL")),
        ("model.depth", ("'n'", "(8 + hash(n, 4) % 24)::DOUBLE", "NULL", "true")),
        ("model.name", ("'s'", "NULL", "'net' || hash(n, 5) % 12", "NULL")),
        ("amp", ("'b'", "NULL", "CASE WHEN n % 2 = 0 THEN 'true' ELSE 'false' END", "NULL")),
        (
            "warmup",
            (
                "CASE WHEN n % 3 = 0 THEN 'n' WHEN n % 3 = 1 THEN 's' ELSE 'z' END",
                f"CASE WHEN n % 3 = 0 THEN {unit} END",
                "CASE WHEN n % 3 = 1 THEN 'auto' END",
                "NULL",
            ),
        ),
    ]
    keys = [("config", place, *one) for place, one in enumerate(special)]
    for place in range(len(special), CONFIG):
        keys.append(("config", place, f"p{place:02}", (number, whole, text)[place % 3]))
    for place in range(SUMMARY):
        name = ("loss", "acc", "val/loss")[place] if place < 3 else f"m{place:02}"
        kind = "CASE WHEN hash(n, k) % 50 = 0 THEN 'q' ELSE 'n' END" if place > 4 else "'n'"
        keys.append(("summary", place, name, (kind, f"CASE WHEN {kind} = 'n' THEN {unit} END", "NULL", "NULL")))
    selects = []
    for number_of, (space, place, path, (t, num, text_of, is_whole)) in enumerate(keys):
        root = path.partition(".")[0]
        given = f"'{space}' AS space, '{root}' AS root, '{path}' AS path, NULL AS keys, {place} AS place, false AS el"
        values = f"{t} AS t, {num} AS num, {text_of} AS str, {is_whole} AS whole"
        rows = f"(SELECT n, {number_of} AS k FROM range({runs}) r(n))"
        selects.append(f"SELECT {_RUN} AS run, {_PULL} AS pull, {given}, {values} FROM {rows}")
    return " UNION ALL ".join(selects)


def _points(first: int, last: int, steps: int) -> str:
    value = "1e0 / (1 + s) + (hash(n, s, key) % 1000) / 1e5"
    keys = ", ".join(f"('{key}')" for key in ("_step", *METRICS))
    return (
        f"SELECT {_RUN} AS run, {_PULL} AS pull, key, s AS row, s AS step, "
        f"CASE WHEN key = '_step' THEN s ELSE {value} END AS val, key = '_step' AS whole "
        f"FROM range({first}, {last}) r(n), range({steps}) h(s), (VALUES {keys}) k(key)"
    )
