"""The peers of `bench_store`: SQLite with config and summary as JSON, with a row a value as MLflow has them, and in the
layout of trackio, whose tables these are (`metrics` and `configs` of its release 0.43, with their indexes), filled with
what it would hold of each run: its config, and the last values of its metrics as one row.
"""

from __future__ import annotations

import json
import sqlite3
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import duckdb

JSON_SQL: Final[Mapping[str, str]] = {
    "two-term filter, counted": (
        "SELECT count(*) FROM runs WHERE json_extract(config, '$.lr') > 0.01 AND json_extract(summary, '$.acc') >= 0.9"
    ),
    "two-term filter, first page": (
        "SELECT id FROM runs WHERE json_extract(config, '$.lr') > 0.01 AND json_extract(summary, '$.acc') >= 0.9 "
        "ORDER BY created, id LIMIT 50"
    ),
    "order, first page": (
        "SELECT id, json_extract(summary, '$.acc') AS acc FROM runs ORDER BY acc DESC, created, id LIMIT 50"
    ),
    "group of three keys": (
        "SELECT json_extract(config, '$.optimizer') AS o, json_extract(config, '$.amp') AS a, state, "
        "avg(json_extract(summary, '$.acc')), count(*) FROM runs GROUP BY o, a, state"
    ),
    "nested and text": (
        "SELECT count(*) FROM runs WHERE json_extract(config, '$.model.depth') > 20 "
        "AND json_extract(config, '$.optimizer') = 'adam' AND state = 'finished'"
    ),
}
_PARAM: Final = "(SELECT run FROM params WHERE key = '{0}' AND {1})"
ROWS_SQL: Final[Mapping[str, str]] = {
    "two-term filter, counted": (
        f"SELECT count(*) FROM runs WHERE id IN {_PARAM.format('lr', 'CAST(value AS REAL) > 0.01')} "
        "AND id IN (SELECT run FROM latest_metrics WHERE key = 'acc' AND value >= 0.9)"
    ),
    "two-term filter, first page": (
        f"SELECT id FROM runs WHERE id IN {_PARAM.format('lr', 'CAST(value AS REAL) > 0.01')} "
        "AND id IN (SELECT run FROM latest_metrics WHERE key = 'acc' AND value >= 0.9) ORDER BY created, id LIMIT 50"
    ),
    "order, first page": (
        "SELECT id, value FROM runs LEFT JOIN latest_metrics ON run = id AND key = 'acc' "
        "ORDER BY value DESC, created, id LIMIT 50"
    ),
    "group of three keys": (
        "SELECT o.value, a.value, state, avg(s.value), count(*) FROM runs "
        "LEFT JOIN params AS o ON o.run = id AND o.key = 'optimizer' "
        "LEFT JOIN params AS a ON a.run = id AND a.key = 'amp' "
        "LEFT JOIN latest_metrics AS s ON s.run = id AND s.key = 'acc' GROUP BY o.value, a.value, state"
    ),
    "nested and text": (
        f"SELECT count(*) FROM runs WHERE id IN {_PARAM.format('model.depth', 'CAST(value AS INTEGER) > 20')} "
        f"""AND id IN {_PARAM.format("optimizer", "value = 'adam'")} AND state = 'finished'"""
    ),
}
_JOINED: Final = "FROM configs AS c JOIN metrics AS m ON m.run_id = c.run_id"
_LAST: Final = "m.step = (SELECT max(step) FROM metrics WHERE run_id = c.run_id)"
TRACKIO_SQL: Final[Mapping[str, str]] = {
    "two-term filter, counted": (
        f"SELECT count(*) {_JOINED} WHERE {_LAST} AND json_extract(c.config, '$.lr') > 0.01 "
        "AND json_extract(m.metrics, '$.acc') >= 0.9"
    ),
    "two-term filter, first page": (
        f"SELECT c.run_id {_JOINED} WHERE {_LAST} AND json_extract(c.config, '$.lr') > 0.01 "
        "AND json_extract(m.metrics, '$.acc') >= 0.9 ORDER BY c.created_at, c.run_id LIMIT 50"
    ),
    "order, first page": (
        f"SELECT c.run_id, json_extract(m.metrics, '$.acc') AS acc {_JOINED} WHERE {_LAST} "
        "ORDER BY acc DESC, c.created_at, c.run_id LIMIT 50"
    ),
    "group of three keys": (
        "SELECT json_extract(c.config, '$.optimizer') AS o, json_extract(c.config, '$.amp') AS a, "
        "json_extract(c.config, '$._state') AS state, avg(json_extract(m.metrics, '$.acc')), count(*) "
        f"{_JOINED} WHERE {_LAST} GROUP BY o, a, state"
    ),
    "nested and text": (
        f"SELECT count(*) {_JOINED} WHERE {_LAST} AND json_extract(c.config, '$.model.depth') > 20 "
        "AND json_extract(c.config, '$.optimizer') = 'adam' AND json_extract(c.config, '$._state') = 'finished'"
    ),
}
"""trackio knows no state of a run: here it is in the config."""

_TRACKIO: Final = """
CREATE TABLE metrics (id INTEGER PRIMARY KEY AUTOINCREMENT, run_id TEXT NOT NULL, timestamp TEXT NOT NULL,
    run_name TEXT NOT NULL, step INTEGER NOT NULL, metrics TEXT NOT NULL, log_id TEXT, space_id TEXT);
CREATE INDEX idx_metrics_run_step ON metrics(run_id, step);
CREATE INDEX idx_metrics_run_timestamp ON metrics(run_id, timestamp);
CREATE TABLE configs (id INTEGER PRIMARY KEY AUTOINCREMENT, run_id TEXT NOT NULL, run_name TEXT NOT NULL,
    config TEXT NOT NULL, created_at TEXT NOT NULL, UNIQUE(run_id));
CREATE INDEX idx_configs_run_name ON configs(run_name);
"""


def trackio(peers: sqlite3.Connection, path: Path) -> sqlite3.Connection:
    """The runs of the JSON layout in that of trackio."""
    connection = sqlite3.connect(path)
    connection.executescript(_TRACKIO)
    for run, state, created, config, summary in peers.execute("SELECT id, state, created, config, summary FROM runs"):
        when = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(created))
        told = json.dumps({**json.loads(config), "_state": state})
        connection.execute(
            "INSERT INTO configs (run_id, run_name, config, created_at) VALUES (?, ?, ?, ?)", (run, run, told, when)
        )
        connection.execute(
            "INSERT INTO metrics (run_id, timestamp, run_name, step, metrics) VALUES (?, ?, ?, 999, ?)",
            (run, when, run, summary),
        )
    connection.commit()
    return connection


def mlflow(python: Path, peers: Path, path: Path, repeat: int) -> dict[str, tuple[float, int]]:
    """What MLflow takes, by its own client in a Python that has it: milliseconds of CPU, and what it found."""
    script = Path(__file__).with_name("mlflow_peer.py")
    call = [str(python), str(script), str(peers), str(path), str(repeat)]
    told = subprocess.run(call, check=True, capture_output=True, text=True).stdout
    rows = (line.split("\t") for line in told.splitlines() if line.count("\t") == 2)
    return {name: (float(ms), int(given)) for name, ms, given in rows}


def sqlite(reader: duckdb.DuckDBPyConnection, path: Path) -> tuple[sqlite3.Connection, float]:
    """The same runs in SQLite, in both layouts, and in how many seconds they were put there."""
    began = time.perf_counter()
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE runs (id TEXT PRIMARY KEY, state TEXT, created REAL, config TEXT, summary TEXT)")
    connection.execute("CREATE TABLE params (run TEXT, key TEXT, value TEXT)")
    connection.execute("CREATE TABLE latest_metrics (run TEXT, key TEXT, value REAL)")
    parts: dict[str, dict[str, dict[str, Any]]] = {}
    cursor = reader.execute("SELECT split_part(run, '/', 3), space, path, t, num, str FROM attr")
    while rows := cursor.fetchmany(100_000):
        for run, space, key, t, num, text in rows:
            if t != "o":
                inner = parts.setdefault(run, {"config": {}, "summary": {}})[space]
                *outer, last = key.split(".")
                for name in outer:
                    inner = inner.setdefault(name, {})
                inner[last] = {"n": num, "s": text, "b": text == "true"}.get(t)
        of_space: dict[str, list[tuple[Any, ...]]] = {"config": [], "summary": []}
        for run, space, key, t, num, text in rows:
            if t in "nsb":
                of_space[space].append(
                    (run, key, num if space == "summary" else text if text is not None else repr(num))
                )
        connection.executemany("INSERT INTO params VALUES (?, ?, ?)", of_space["config"])
        connection.executemany("INSERT INTO latest_metrics VALUES (?, ?, ?)", of_space["summary"])
    runs = reader.execute("SELECT id, state, epoch(created) FROM runs").fetchall()
    connection.executemany(
        "INSERT INTO runs VALUES (?, ?, ?, ?, ?)",
        ((*run, json.dumps(parts[run[0]]["config"]), json.dumps(parts[run[0]]["summary"])) for run in runs),
    )
    connection.execute("CREATE INDEX params_key ON params (key, run, value)")
    connection.execute("CREATE INDEX params_run ON params (run, key)")
    connection.execute("CREATE INDEX metrics_run ON latest_metrics (run, key)")
    connection.execute("CREATE INDEX metrics_key ON latest_metrics (key, value, run)")
    connection.commit()
    return connection, time.perf_counter() - began
