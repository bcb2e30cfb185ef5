"""What questions to a store take, against SQL written by hand on the same files, and against SQLite.

python benchmarks/bench_store.py [--runs 100000] [--steps 0] [--repeat 5] [--growth] [--curve FILE] [--keep FOLDER]

Each question goes from its text to columns in Python, in a session that was asked before; `first` is the same in a new
one. `by hand` is DuckDB over the same Parquet files with the SQL that somebody would write who knows that each path has
one kind of value; it gives the same runs. `SQLite JSON` has config and summary as JSON in one table, `SQLite rows` has
them as MLflow does: a table of params and one of the latest metrics, with an index. Times are medians in milliseconds
of CPU, of all threads, so that other work on the machine counts little; the ratio is to `by hand`. `--curve` draws
them. With `--steps` the runs have three metrics of so many steps: samples and best values are asked too.
`start` compares processes: one question against `import wandb`, where that is installed.
"""

from __future__ import annotations

import argparse
import json
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any, Final

import duckdb

from benchmarks.growth import write
from benchmarks.synthetic_store import make
from runql.session import Session

Work = Callable[[], int]

_LR: Final = "config.lr > 0.01"
_ACC: Final = "summary.acc >= 0.9"
QUESTIONS: Final[Mapping[str, str]] = {
    "two-term filter, counted": f"count runs where {_LR} and {_ACC}",
    "two-term filter, first page": f"runs where {_LR} and {_ACC} limit 50 select id",
    "order, first page": "runs order -summary.acc limit 50 select id, summary.acc",
    "group of three keys": "runs | group config.optimizer, config.amp, state: mean(summary.acc)",
    "nested and text": "count runs where config.model.depth > 20 and config.optimizer = 'adam' and state = 'finished'",
}
HISTORIES: Final[Mapping[str, str]] = {
    "200 samples of 100 runs x 3 keys": "runs limit 100 keys loss, acc, val/loss sample 200",
    "best over training of every run": "runs select id, min(logged.loss)",
    "where it was best, of every run": "runs select id, min(logged.loss), argmin(logged.loss)",
}
HISTORIES_BY_HAND: Final[Mapping[str, str]] = {
    "best over training of every run": "SELECT run, min(val) FROM points WHERE key = 'loss' GROUP BY run",
    "where it was best, of every run": (
        "SELECT run, min(val), arg_min(step, val) FROM points WHERE key = 'loss' GROUP BY run"
    ),
}
_FIELD: Final = "(SELECT run, num, str FROM attr WHERE space = '{0}' AND path = '{1}')"
_DEPTH: Final = _FIELD.format("config", "model.depth")
_OPTIMIZER: Final = _FIELD.format("config", "optimizer")
_ACC_ROWS: Final = _FIELD.format("summary", "acc")
_AMP: Final = _FIELD.format("config", "amp")
_BOTH: Final = (
    f"FROM runs SEMI JOIN (SELECT run FROM {_FIELD.format('config', 'lr')} WHERE num > 0.01e0) USING (run) "
    f"SEMI JOIN (SELECT run FROM {_ACC_ROWS} WHERE num >= 0.9e0) USING (run)"
)
BY_HAND: Final[Mapping[str, str]] = {
    "two-term filter, counted": f"SELECT count(*) {_BOTH}",
    "two-term filter, first page": f"SELECT id {_BOTH} ORDER BY created, id LIMIT 50",
    "order, first page": (
        f"SELECT id, num FROM runs LEFT JOIN {_ACC_ROWS} USING (run) ORDER BY num DESC, created, id LIMIT 50"
    ),
    "group of three keys": (
        f"SELECT o.str, a.str, state, avg(s.num), count(*) FROM runs LEFT JOIN {_OPTIMIZER} AS o USING (run) "
        f"LEFT JOIN {_AMP} AS a USING (run) LEFT JOIN {_ACC_ROWS} AS s USING (run) GROUP BY ALL"
    ),
    "nested and text": (
        f"SELECT count(*) FROM runs SEMI JOIN (SELECT run FROM {_DEPTH} WHERE num > 20) USING (run) "
        f"SEMI JOIN (SELECT run FROM {_OPTIMIZER} WHERE str = 'adam') USING (run) WHERE state = 'finished'"
    ),
}
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


def timed(work: Work, repeat: int) -> tuple[float, float, int]:
    """The first time, the median of the others, and what the work gave."""
    began = _cpu()
    given = work()
    first = _cpu() - began
    times = []
    for _ in range(repeat):
        began = _cpu()
        work()
        times.append(_cpu() - began)
    return first * 1e3, median(times) * 1e3, given


def _cpu() -> float:
    """The seconds of processor that this process and those that it waited for took."""
    others = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + others.ru_utime + others.ru_stime


def ours(folder: Path, question: str) -> Work:
    """A question to a session of its own, which has the catalog."""
    session = Session(f"store:{folder}")
    session.catalog()

    def ask() -> int:
        result = session.run(question)[0]
        return result.value if question.startswith("count") else result.frame.length  # type: ignore[union-attr]

    return ask


def duck(folder: Path) -> duckdb.DuckDBPyConnection:
    """DuckDB with the files as they are."""
    connection = duckdb.connect()
    for fact in ("runs", "attr", "points"):
        files = sorted(map(str, (folder / f"fact={fact}").glob("*.parquet")))
        if files:
            connection.execute(f"CREATE VIEW {fact} AS SELECT * FROM read_parquet({files})")
    return connection


def of_cursor(cursor: Any, sql: str) -> Work:
    """A statement of DuckDB or SQLite."""

    def ask() -> int:
        rows = cursor.execute(sql).fetchall()
        return int(rows[0][0]) if sql.startswith("SELECT count") else len(rows)

    return ask


def sqlite(folder: Path, path: Path) -> tuple[sqlite3.Connection, float]:
    """The same runs in SQLite, in both layouts, and in how many seconds they were put there."""
    reader = duck(folder)
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
    connection.execute("CREATE INDEX metrics_key ON latest_metrics (key, value, run)")
    connection.commit()
    return connection, time.perf_counter() - began


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def compare(folder: Path, repeat: int, scratch: Path, *, peers: bool) -> dict[str, tuple[float, float]]:
    """Every question, by everyone: how long ours takes, and SQL by hand."""
    found: dict[str, tuple[float, float]] = {}
    connection = duck(folder)
    beside: dict[str, tuple[Any, Mapping[str, str]]] = {"by hand": (connection, BY_HAND)}
    if peers:
        lite, seconds = sqlite(folder, scratch / "peers.db")
        size = (scratch / "peers.db").stat().st_size / 1e6
        say(f"SQLite, both layouts: written in {seconds:.0f} s, {size:.0f} MB")
        beside.update({"SQLite JSON": (lite, JSON_SQL), "SQLite rows": (lite, ROWS_SQL)})
    say(f"{'':34}{'first':>8}{'ours':>8}" + "".join(f"{name:>13}{'':>8}" for name in beside))
    for name, question in QUESTIONS.items():
        first, own, given = timed(ours(folder, question), repeat)
        line = f"{name:34}{first:8.0f}{own:8.1f}"
        hand = 0.0
        for cursor, sqls in beside.values():
            _, took, other = timed(of_cursor(cursor, sqls[name]), repeat)
            assert other == given, (name, other, given)
            hand = hand or took
            line += f"{took:13.1f}{f'x{took / own:.2f}':>8}"
        say(line)
        found[name] = own, hand
    return found


def histories(folder: Path, repeat: int) -> None:
    """Samples, and what histories come to."""
    connection = duck(folder)
    for name, question in HISTORIES.items():
        first, own, rows = timed(ours(folder, question), repeat)
        line = f"{name:34}{first:8.0f}{own:8.1f}"
        if name in HISTORIES_BY_HAND:
            _, took, other = timed(of_cursor(connection, HISTORIES_BY_HAND[name]), repeat)
            assert other == rows, (name, other, rows)
            line += f"{took:13.1f}{f'x{took / own:.2f}':>8}"
        say(f"{line}   {rows:,} rows")


def catalog(folder: Path, repeat: int) -> None:
    """The catalog from its file, in a new service each time."""
    Session(f"store:{folder}").catalog()
    from runql.sources.store.snapshot import StoreSnapshot
    from runql.sources.store.statistics.kept_catalog import statistics_of

    snapshot = StoreSnapshot(folder, "bench")
    _, took, fields = timed(lambda: len(statistics_of(folder, snapshot.version, snapshot.views).catalog.fields), repeat)
    say(f"catalog from its file: {took:.1f} ms, {fields} fields")


def start(folder: Path, repeat: int) -> None:
    """A process that asks one question, against one that imports wandb."""
    question = "runs where config.lr > 0.01 order -summary.acc limit 5 select id"
    calls = {"one question": [sys.executable, "-m", "runql", "-q", "-s", f"store:{folder}", question]}
    if find_spec("wandb") is not None:
        calls["import wandb"] = [sys.executable, "-c", "import wandb"]
    took = {}
    for name, call in calls.items():
        _, took[name], _ = timed(partial(_run, call), repeat)
    text = ", ".join(f"{name} {ms:.0f} ms" for name, ms in took.items())
    ratio = f", ratio {took['one question'] / took['import wandb']:.2f}" if len(took) > 1 else ""
    say(f"a process: {text}{ratio}")


def _run(call: list[str]) -> int:
    return subprocess.run(call, check=True, capture_output=True).returncode


def main() -> None:
    """Make a store, or take the one that is there, and ask."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--steps", type=int, default=0)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--growth", action="store_true", help="from 1,000 runs to that many, in steps of ten")
    parser.add_argument("--curve", type=Path, help="where to draw the growth, as SVG")
    parser.add_argument("--peers", action="store_true", help="SQLite too")
    parser.add_argument("--keep", type=Path, help="where the stores are, and stay")
    given = parser.parse_args()
    sizes = [given.runs]
    while given.growth and sizes[0] > 1_000:
        sizes.insert(0, sizes[0] // 10)
    grown: tuple[dict[str, list[tuple[int, float]]], dict[str, list[tuple[int, float]]]] = {}, {}
    with tempfile.TemporaryDirectory() as scratch:
        for runs in sizes:
            folder = (given.keep or Path(scratch)) / f"runs{runs}x{given.steps}"
            made = 0.0 if folder.exists() else make(folder, runs, given.steps)
            say(
                f"\n{runs:,} runs, {68 * runs:,} attributes, {4 * runs * given.steps:,} points"
                + (f", made in {made:.0f} s" if made else "")
            )
            catalog(folder, given.repeat)
            took = compare(folder, given.repeat, Path(scratch), peers=given.peers and runs == sizes[-1])
            for name, times in took.items():
                for lines, ms in zip(grown, times, strict=True):
                    lines.setdefault(name, []).append((runs, ms))
            if given.steps:
                histories(folder, given.repeat)
        start(folder, given.repeat)
    if given.curve is not None:
        write(given.curve, grown[0], grown[1], "ms")
    say(f"memory of this process at most: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


if __name__ == "__main__":
    main()
