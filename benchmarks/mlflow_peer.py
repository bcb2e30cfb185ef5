"""The questions of `bench_store` to MLflow on SQLite, by its own client: run by a Python that has `mlflow-skinny`,
`sqlalchemy` and `alembic`, see `bench_store --mlflow`.

    PYTHON benchmarks/mlflow_peer.py PEERS.db MLFLOW.db REPEAT

The runs are those of the table that `bench_store` filled, put into MLflow's own tables by SQL, since its client takes
milliseconds a run. MLflow compares params as texts alone, so what asks for a number in the config takes the other part
of the condition from the client, and the rest is done on the runs that come. Printed are for each question its name,
milliseconds of CPU, and how many runs or groups there are.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from statistics import median
from typing import Any, Final

from mlflow.tracking import MlflowClient

_PAGE: Final = 50_000
_STATES: Final = {"finished": "FINISHED", "running": "RUNNING", "failed": "FAILED"}


def main() -> None:
    peers, target, repeat = sys.argv[1], sys.argv[2], int(sys.argv[3])
    client = MlflowClient(f"sqlite:///{target}")
    experiment = client.create_experiment("bench")
    _fill(peers, target, client, experiment)
    for name, ask in _questions(client, experiment).items():
        given, times = ask(), []
        for _ in range(repeat):
            began = time.process_time()
            ask()
            times.append(time.process_time() - began)
        print(f"{name}\t{median(times) * 1e3:.1f}\t{given}", flush=True)


def _fill(peers: str, target: str, client: MlflowClient, experiment: str) -> None:
    """All runs with the columns of one that the client made, which is gone afterwards."""
    made = client.create_run(experiment).info.run_id
    into = sqlite3.connect(target)
    names = [row[1] for row in into.execute("PRAGMA table_info(runs)")]
    row = dict(zip(names, into.execute("SELECT * FROM runs").fetchone(), strict=True))
    marks = ", ".join("?" * len(names))
    for run, state, created, config, summary in sqlite3.connect(peers).execute(
        "SELECT id, state, created, config, summary FROM runs"
    ):
        at = int(created * 1e3)
        own = {**row, "run_uuid": run, "name": run, "status": _STATES.get(state, "KILLED"), "start_time": at}
        into.execute(f"INSERT INTO runs VALUES ({marks})", [own[name] for name in names])
        params = [(key, str(value), run) for key, value in _flat(json.loads(config)) if value is not None]
        into.executemany("INSERT INTO params (key, value, run_uuid) VALUES (?, ?, ?)", params)
        metrics = [(key, value, at, 0, run) for key, value in _flat(json.loads(summary)) if type(value) in (int, float)]
        into.executemany(
            "INSERT INTO latest_metrics (key, value, timestamp, step, is_nan, run_uuid) VALUES (?, ?, ?, ?, 0, ?)",
            metrics,
        )
    for table in ("tags", "params", "latest_metrics", "runs"):
        into.execute(f"DELETE FROM {table} WHERE run_uuid = ?", [made])
    into.commit()


def _flat(values: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _questions(client: MlflowClient, experiment: str) -> dict[str, Callable[[], int]]:
    def found(condition: str, most: int | None = None, order: list[str] | None = None) -> list[Any]:
        runs: list[Any] = []
        token = None
        while most is None or len(runs) < most:
            page = client.search_runs(
                [experiment], condition, max_results=most or _PAGE, order_by=order, page_token=token
            )
            runs += page
            token = page.token
            if not token:
                break
        return runs

    def two_terms() -> list[Any]:
        return [run for run in found("metrics.acc >= 0.9") if float(run.data.params.get("lr", "nan")) > 0.01]

    def groups() -> int:
        accs = defaultdict(list)
        for run in found(""):
            params = run.data.params
            accs[params.get("optimizer"), params.get("amp"), run.info.status].append(run.data.metrics.get("acc"))
        return len({key: sum(filter(None, values)) / len(values) for key, values in accs.items()})

    def nested() -> int:
        runs = found("params.optimizer = 'adam' and attributes.status = 'FINISHED'")
        return sum(int(float(run.data.params.get("model.depth", "0"))) > 20 for run in runs)

    return {
        "two-term filter, counted": lambda: len(two_terms()),
        "two-term filter, first page": lambda: len(two_terms()[:50]),
        "order, first page": lambda: len(found("", 50, ["metrics.acc DESC"])),
        "group of three keys": groups,
        "nested and text": nested,
    }


if __name__ == "__main__":
    main()
