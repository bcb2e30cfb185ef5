"""`python -m tests.server --port 8080`: a server to try things by hand against."""

from __future__ import annotations

import argparse
import sys
import time

from tests.server.faults import Knobs
from tests.server.http import LoopbackServer
from tests.server.samples import vision, wide
from tests.server.store import Store


def main() -> None:
    """Serves until it is interrupted, or until standard input ends with `--until-eof`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--runs", type=int, default=500)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--wide", type=int, default=0, help="also acme/wide, with so many runs")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds")
    parser.add_argument("--lacks", default="", help="parts of the schema to leave out, by commas")
    parser.add_argument("--ignores", default="", help="of filters,order,paging")
    parser.add_argument("--until-eof", action="store_true")
    options = parser.parse_args()
    store: Store = vision(options.runs, options.steps)
    if options.wide:
        store.projects.update(wide(options.wide).projects)
    knobs = Knobs(latency_seconds=options.latency)
    knobs.lacks = frozenset(filter(None, options.lacks.split(",")))
    knobs.ignores = frozenset(filter(None, options.ignores.split(",")))
    with LoopbackServer(store, knobs, options.port) as server:
        sys.stdout.write(f"{server.base_url}\n")
        sys.stdout.flush()
        if options.until_eof:
            sys.stdin.read()
        else:
            while True:
                time.sleep(3600)


if __name__ == "__main__":
    main()
