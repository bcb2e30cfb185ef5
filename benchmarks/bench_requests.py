"""How many requests the usual queries cost: each from a session of its own, with no catalog on disk and with one.

    python -m benchmarks.bench_requests [--latency 0.05]

The server is `tests.server`, in this process: `acme/vision` has 500 runs with histories, `acme/wide` 10,000 without.
Counted is what the server saw. The table stands in `docs/design/server.md`.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from runql import config
from runql.session import Result, Session
from tests.server import Knobs, LoopbackServer
from tests.server.samples import vision, wide

QUERIES = (
    ("acme/vision", "count runs"),
    ("acme/vision", "count runs where state = 'finished'"),
    ("acme/vision", "count runs where config.lr > 0.01"),
    ("acme/vision", "count runs where lr > 0.01"),
    ("acme/vision", "count runs where config.lrr > 0.01"),
    ("acme/wide", "count runs where config.c1 > 0.5"),
    ("acme/*", "count runs"),
    ("acme/vision", "runs limit 10"),
    ("acme/vision", "runs where config.lr > 0.01 limit 10"),
    ("acme/vision", "runs where config.lr > 0.01 order -summary.loss limit 10"),
    ("acme/vision", "runs where config.model.depth = 50 limit 10"),
    ("acme/vision", "runs where config.lr > 0.06 select id, config.lr, summary.loss"),
    ("acme/vision", "runs where config.optimizer = 'Adam'"),
    ("acme/vision", "runs where config.lr > 0.06 keys loss, acc sample 200"),
    ("acme/vision", "runs limit 20 keys val/* sample 50"),
    ("acme/vision", "runs | group config.optimizer : m = mean(summary.loss), n = count()"),
    ("acme/wide", "runs select id, config.c1, config.c2, summary.s1, summary.s2"),
    ("acme/vision", "show fields"),
    ("acme/wide", "show fields"),
    ("acme/vision", "describe config.lr"),
    ("acme/vision", "show sweeps"),
)


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--latency", type=float, default=0.05, help="seconds")
    latency = parser.parse_args().latency
    store = vision(500, 100)
    store.projects.update(wide(10_000).projects)
    with LoopbackServer(store, Knobs(latency_seconds=latency)) as server, tempfile.TemporaryDirectory() as folder:
        warm = Path(folder) / "warm"
        for source in ("acme/vision", "acme/wide"):
            with _session(server, warm, source) as session:
                session.learn_catalog(metrics=True)
        sys.stdout.write("| source | query | cold | warm |\n|---|---|---|---|\n")
        for at, (source, text) in enumerate(QUERIES):
            costs = [_cost(server, cache, source, text) for cache in (Path(folder) / f"cold{at}", warm)]
            sys.stdout.write(f"| `{source}` | `{text}` | {costs[0]} | {costs[1]} |\n")
            sys.stdout.flush()


def _cost(server: LoopbackServer, cache: Path, source: str, text: str) -> str:
    """Requests and seconds of one query."""
    server.forget()
    began = time.perf_counter()
    with _session(server, cache, source) as session:
        (result,) = session.run(text)
        assert isinstance(result, Result)
        _ = result.frame
        _ = result.footer()
        seconds = time.perf_counter() - began
    return f"{len(server.seen)}, {seconds:.2f} s"


def _session(server: LoopbackServer, cache: Path, source: str) -> Session:
    settings = config.ServerSettings({"WANDB_API_KEY": "k" * 40}, cache, cache, base_url=server.base_url)
    return Session(source, config.Settings(server=settings, folder=cache))


if __name__ == "__main__":
    main()
