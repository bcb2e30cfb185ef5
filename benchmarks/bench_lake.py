"""The same questions of a store here, in ClickHouse and in Spark: from which size on an engine of its own would pay.

python -m benchmarks.bench_lake [--runs 1000,10000,100000] [--engines clickhouse,spark] [--repeat 3] [--keep FOLDER]

The stores are those of `bench_store`, one pull each, without a compaction. The engines are chdb and Spark's local mode,
in this process and on the same cores: what is measured is what asking through them costs, not what a cluster gains.
Times are the lowest of so many, of processor and of clock (Spark works in a process of its own: its processor time is
not counted); the ratio is of the clock, to DuckDB in this process. An engine that is not installed is left out, and
that is said.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

from benchmarks.synthetic_store import make
from runql.errors import SourceError
from runql.session import Session

QUESTIONS: Final = {
    "two terms, counted": "count runs where config.lr > 0.01 and summary.acc >= 0.9",
    "two terms, first page": "runs where config.lr > 0.01 and summary.acc >= 0.9 limit 50 select id",
    "order, first page": "runs order -summary.acc limit 50 select id, summary.acc",
    "text and state": "count runs where config.optimizer = 'adam' and state = 'finished'",
    "the best run of each optimizer": (
        "runs order -summary.acc select id, summary.acc, config.optimizer | limit 1 by config.optimizer"
    ),
    "the most of each optimizer": "runs | group config.optimizer : max(summary.acc), count()",
    "the mean of each optimizer": "runs | group config.optimizer : mean(summary.acc)",
    "mean, std and median of each optimizer": (
        "runs | group config.optimizer : mean(summary.acc), std(summary.acc), median(summary.acc)"
    ),
    "the three best runs of each optimizer": (
        "runs select id, summary.acc, config.optimizer | where rank() over config.optimizer order -summary.acc <= 3"
    ),
}
HISTORY: Final = {
    "20 runs, 3 metrics, 200 samples": "runs limit 20 keys loss, acc, val/loss sample 200",
    "20 runs, 3 metrics, 20 samples": "runs limit 20 keys loss, acc, val/loss sample 20",
    "the runs with the least mean loss": "runs order mean(logged.loss) limit 5 select id, mean(logged.loss)",
    "the runs with the least loss": "runs order min(logged.loss) limit 5 select id, min(logged.loss)",
}
STEPS: Final = 200


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def spark_session() -> Any:
    """A local session, as somebody would have one who works with Spark."""
    from pyspark.sql import SparkSession

    options = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.shuffle.partitions": "2",
    }
    builder: Any = SparkSession.builder.master("local[2]")
    for name, value in options.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    return session


def session_of(engine: str, folder: Path) -> Session | None:
    """A session that asks a store by an engine; `None` where that is not installed."""
    try:
        if engine == "spark":
            spark_session()
        session = Session(f"store:{folder}" if engine == "here" else f"lake+{engine}:///{folder}")
        session.catalog()
    except (SourceError, ImportError):
        say(f"left out: {engine}, which is not installed here")
        return None
    return session


def timed(work: Callable[[], Any], repeat: int) -> tuple[float, float, Any]:
    """The lowest of so many times, of the processor and of the clock, in milliseconds, and what was given."""
    given = work()
    both = []
    for _ in range(repeat):
        cpu, clock = time.process_time(), time.perf_counter()
        given = work()
        both.append((time.perf_counter() - clock, time.process_time() - cpu))
    return min(one[1] for one in both) * 1e3, min(one[0] for one in both) * 1e3, given


def answer(session: Session, question: str) -> Any:
    result: Any = session.run(question)[0]
    return result.value if question.startswith("count") else [tuple(row.items()) for row in result]


def measure(folder: Path, engines: list[str], repeat: int, *, histories: bool) -> None:
    sessions = {engine: session_of(engine, folder) for engine in ("here", *engines)}
    asked = {engine: session for engine, session in sessions.items() if session is not None}
    say(f"  {'':40}" + "".join(f"{engine:>28}" for engine in asked))
    for name, question in {**QUESTIONS, **(HISTORY if histories else {})}.items():
        line, given, base = f"  {name:<40}", {}, 0.0
        for engine, session in asked.items():
            cpu, clock, given[engine] = timed(partial(answer, session, question), repeat)
            base = base or clock
            line += f"{cpu:>9.0f} {clock:>8.0f} ms {clock / base:>6.1f}x"
        assert all(each == given["here"] for each in given.values()), f"{name}: the answers differ"
        say(line)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", default="1000,10000,100000")
    parser.add_argument("--engines", default="clickhouse,spark")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        home = options.keep or Path(scratch)
        for runs in map(int, options.runs.split(",")):
            folder = (home / f"lake-{runs}").absolute()
            if not folder.exists():
                seconds = make(folder, runs, STEPS if runs <= 10_000 else 0)
                say(f"made {runs:,} runs in {seconds:.0f} s")
            size = sum(path.stat().st_size for path in folder.rglob("*.parquet")) / 1e6
            say(
                f"{runs:,} runs, {size:,.1f} MB, load {os.getloadavg()[0]:.0f}: processor and clock, ratio of the clock"
            )
            measure(
                folder, [one for one in options.engines.split(",") if one], options.repeat, histories=runs <= 10_000
            )


if __name__ == "__main__":
    main()
