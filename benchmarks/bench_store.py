"""What questions to a store take, against SQL written by hand on the same files, and against SQLite.

python benchmarks/bench_store.py [--runs 100000] [--steps 0] [--repeat 5] [--growth] [--curve FILE] [--keep FOLDER]
    [--peers] [--mlflow PYTHON]

Each question goes from its text to columns in Python, in a session that was asked before; `first` is the same in a
new one. `by hand` is DuckDB over the same Parquet files with the SQL that somebody would write who knows that each
path has one kind of value; it gives the same runs. `SQLite JSON` has config and summary as JSON in one table, `SQLite
rows` has them as MLflow does: a table of params and one of the latest metrics, with an index; `trackio` has the
tables of trackio. MLflow itself is asked by its own client (`mlflow_peer.py`). What W&B's client takes is in
`bench_server`. Times are medians in milliseconds of CPU, of all threads, so that other work on the machine counts
little; the ratio is to `by hand`. `--curve` draws them. With `--steps` the runs have three metrics of so many steps:
samples and best values are asked too. `start` compares processes: one question against `import wandb`, where that is
installed.
"""

from __future__ import annotations

import argparse
import resource
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
from benchmarks.store_peers import JSON_SQL, ROWS_SQL, TRACKIO_SQL, mlflow, sqlite, trackio
from benchmarks.synthetic_store import METRICS, make
from runql.session import Session
from runql.sources.store.cells import series_sql

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
STAGES: Final[Mapping[str, str]] = {
    "rank in groups": "runs | derive r = rank() over config.optimizer order -summary.acc | select id, r",
    "best three of each group": "runs | where rank() over config.optimizer order -summary.acc <= 3 | select id",
    "the value before, in groups": (
        "runs | derive d = lag(summary.acc) over config.optimizer order created | select id, d"
    ),
    "running sum in groups": "runs | derive c = cumsum(summary.acc) over config.optimizer | select id, c",
    "inner join": f"runs select id, summary.acc | join (runs where {_LR} select id, config.lr) on id",
    "semi join": f"runs select id, summary.acc | join semi (runs where {_LR} select id) on id",
}
_SAMPLES: Final = 200
HISTORIES: Final[Mapping[str, str]] = {
    f"{_SAMPLES} samples of 100 runs x 3 keys": f"runs limit 100 keys loss, acc, val/loss sample {_SAMPLES}",
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
_LR_ROWS: Final = _FIELD.format("config", "lr")
_GROUPED: Final = f"FROM runs LEFT JOIN {_OPTIMIZER} AS o USING (run) LEFT JOIN {_ACC_ROWS} AS s USING (run)"
_RANK: Final = "rank() OVER (PARTITION BY o.str ORDER BY s.num DESC)"
_SMALL: Final = f"(SELECT id, f.num FROM runs JOIN {_LR_ROWS} AS f USING (run) WHERE f.num > 0.01e0) AS b"
_ACCS: Final = f"FROM runs AS a LEFT JOIN {_ACC_ROWS} AS s USING (run)"
STAGES_BY_HAND: Final[Mapping[str, str]] = {
    "rank in groups": f"SELECT id, {_RANK} {_GROUPED} ORDER BY created, id",
    "best three of each group": f"SELECT id {_GROUPED} QUALIFY {_RANK} <= 3 ORDER BY created, id",
    "the value before, in groups": (
        f"SELECT id, lag(s.num) OVER (PARTITION BY o.str ORDER BY created) {_GROUPED} ORDER BY created, id"
    ),
    "running sum in groups": (
        "SELECT id, sum(s.num) OVER (PARTITION BY o.str ORDER BY created, id ROWS UNBOUNDED PRECEDING) "
        f"{_GROUPED} ORDER BY created, id"
    ),
    "inner join": f"SELECT a.id, s.num, b.num {_ACCS} JOIN {_SMALL} ON a.id = b.id ORDER BY created, a.id",
    "semi join": f"SELECT a.id, s.num {_ACCS} SEMI JOIN {_SMALL} ON a.id = b.id ORDER BY created, a.id",
}
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


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def compare(
    folder: Path, repeat: int, scratch: Path, *, peers: bool, python: Path | None
) -> dict[str, tuple[float, float]]:
    """Every question, by everyone: how long ours takes, and SQL by hand. `python`: one that has MLflow."""
    found: dict[str, tuple[float, float]] = {}
    found_there: dict[str, tuple[float, int]] = {}
    connection = duck(folder)
    beside: dict[str, tuple[Any, Mapping[str, str]]] = {"by hand": (connection, BY_HAND)}
    if peers:
        lite, seconds = sqlite(connection, scratch / "peers.db")
        size = (scratch / "peers.db").stat().st_size / 1e6
        say(f"SQLite, both layouts: written in {seconds:.0f} s, {size:.0f} MB")
        beside.update({"SQLite JSON": (lite, JSON_SQL), "SQLite rows": (lite, ROWS_SQL)})
        beside["trackio"] = trackio(lite, scratch / "trackio.db"), TRACKIO_SQL
        if python is not None:
            found_there = mlflow(python, scratch / "peers.db", scratch / "mlflow.db", repeat)
    columns = [*beside, *(["MLflow"] if found_there else [])]
    say(f"{'':34}{'first':>8}{'ours':>8}" + "".join(f"{name:>13}{'':>8}" for name in columns))
    for name, question in QUESTIONS.items():
        first, own, given = timed(ours(folder, question), repeat)
        line = f"{name:34}{first:8.0f}{own:8.1f}"
        hand = 0.0
        for cursor, sqls in beside.values():
            _, took, other = timed(of_cursor(cursor, sqls[name]), repeat)
            assert other == given, (name, other, given)
            hand = hand or took
            line += f"{took:13.1f}{f'x{took / own:.2f}':>8}"
        if name in found_there:
            took, other = found_there[name]
            assert other == given, (name, other, given)
            line += f"{took:13.1f}{f'x{took / own:.2f}':>8}"
        say(line)
        found[name] = own, hand
    return found


def stages(folder: Path, repeat: int) -> None:
    """Windows and joins, which the engine does on columns, against SQL that does them: whether SQL would be quicker."""
    connection = duck(folder)
    for name, question in STAGES.items():
        first, own, rows = timed(ours(folder, question), repeat)
        _, took, other = timed(of_cursor(connection, STAGES_BY_HAND[name]), repeat)
        assert other == rows, (name, other, rows)
        say(f"{name:34}{first:8.0f}{own:8.1f}{took:13.1f}{f'x{took / own:.2f}':>8}   {rows:,} rows")


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


def sampled_by_hand(folder: Path, repeat: int) -> None:
    """What DuckDB takes for the points of the samples above, by the statement that a store asks: for all of them, of
    which the engine chooses; and for so many rows alone, if something beside the points told which these are."""
    connection, keys = duck(folder), ["_step", *METRICS]
    rows = connection.execute(
        "SELECT run, pull, max(row) FROM points WHERE key = 'loss' GROUP BY ALL ORDER BY run LIMIT 100"
    )
    runs, pulls, lasts = map(list, zip(*rows.fetchall(), strict=True))
    chosen = sorted({last * at // (_SAMPLES - 1) for last in lasts for at in range(_SAMPLES)})
    sql = series_sql(len(runs), keys).replace("{files}", "points")
    for name, where in {"all": "", "so many rows": f" AND row IN ({', '.join(map(str, chosen))})"}.items():

        def points(where: str = where) -> int:
            return len(connection.execute(sql + where, [runs, pulls, keys]).fetchnumpy()["row"])

        _, took, count = timed(points, repeat)
        say(f"{f'their points by hand, {name}':34}{'':16}{took:13.1f}{'':8}   {count:,} points")


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
    parser.add_argument("--peers", action="store_true", help="SQLite and the layout of trackio too")
    parser.add_argument("--mlflow", type=Path, help="a Python with mlflow-skinny, sqlalchemy and alembic: MLflow too")
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
            took = compare(
                folder, given.repeat, Path(scratch), peers=given.peers and runs == sizes[-1], python=given.mlflow
            )
            for name, times in took.items():
                for lines, ms in zip(grown, times, strict=True):
                    lines.setdefault(name, []).append((runs, ms))
            stages(folder, given.repeat)
            if given.steps:
                histories(folder, given.repeat)
                sampled_by_hand(folder, given.repeat)
        start(folder, given.repeat)
    if given.curve is not None:
        write(given.curve, grown[0], grown[1], "ms")
    say(f"memory of this process at most: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


if __name__ == "__main__":
    main()
