"""How long a completion takes with 50,000 fields and 100,000 runs in the catalog, beside litecli on 5,000 columns.

python benchmarks/bench_complete.py [--repeat 100]

litecli is no dependency: it is installed into an environment of its own below the folder for temporary files, once.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from runql.ide.completion.complete import complete
from runql.ide.completion.index import index_of
from runql.ide.context import Context
from runql.language.fields import Space
from runql.language.kinds import Kind
from runql.semantic.catalog import Catalog, FieldInfo

RUNS = 100_000
FIELDS = {Space.CONFIG: 15_000, Space.SUMMARY: 15_000, Space.LOGGED: 20_000}
COLUMNS = 5_000
WORDS: Final = re.findall(
    r"\w+",
    "train val test loss acc grad norm layer block attn mlp weight bias lr step epoch eval reward "
    "policy value entropy top1 top5 mean std max min gpu mem util batch size seed depth width head "
    "dropout decay momentum warmup",
)
POSITIONS = (
    "runs wh",
    "runs where ",
    "runs where l",
    "runs where vlo",
    "runs where config.",
    "runs where config.lo",
    "runs where config.no_such",
    "runs where config.tttt",
    "runs where summary.gnorm",
    "runs where config.optimizer = ",
    "runs where config.lr > ",
    'runs where state = "finished" and summary.val/lo',
    "runs order -",
    "runs order -acc",
    "runs keys lo",
    "runs keys loss, vallo",
    "runs where min(logged.",
    "runs where config.lr > 0.01 ",
    "runs wher config.lr > 0.01 and summary.lo",
    "runs where config.lr > 0.01 order -summary.loss sample 200 keys loss,ac",
)
LITECLI_POSITIONS = (
    "select ",
    "select l",
    "select vallo",
    "select * from runs where ",
    "select * from runs where train",
)
_LITECLI = """
import json, sys, time
from litecli.sqlcompleter import SQLCompleter
from prompt_toolkit.document import Document
names, positions, repeat = json.load(sys.stdin)
completer = SQLCompleter(supported_formats=())
if hasattr(completer, "extend_schemata"):
    completer.extend_schemata("main")
completer.set_dbname("main")
completer.extend_relations([("runs",)], kind="tables")
completer.extend_columns([("runs", name) for name in names], kind="tables")
times, found = [], 0
for turn in range(repeat):
    text = positions[turn % len(positions)]
    if "from" not in text:
        document = Document(text + " from runs", len(text))
    else:
        document = Document(text, len(text))
    start = time.perf_counter()
    found += len(list(completer.get_completions(document, None)))
    times.append(time.perf_counter() - start)
print(json.dumps([times, found]))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=100, help="completions in all, over the positions in turn")
    repeat = parser.parse_args().repeat

    catalog = make_catalog()
    took = timed(lambda: index_of(catalog))
    print(f"{len(catalog.fields):,} fields, {catalog.run_count:,} runs; made ready once in {took:.1f} s\n")
    # As a front end does after it has loaded a catalog: else the collector walks all of it while somebody types.
    gc.collect()
    gc.freeze()
    context = Context(catalog=catalog)
    for text in (POSITIONS[0], "runs wher config.lr > 0.01"):  # as the prompt does in a thread of its own
        complete(text, len(text), context)
    by_position: dict[str, list[float]] = {text: [] for text in POSITIONS}
    busy: list[float] = []
    for turn in range(repeat):
        text = POSITIONS[turn % len(POSITIONS)]
        began = time.process_time()
        by_position[text].append(timed(lambda text=text: complete(text, len(text), context)))  # type: ignore[misc]
        busy.append(time.process_time() - began)
    print(f"{'':74}{'ms, median':>12}{'worst':>8}")
    for text, times in by_position.items():
        if times:
            print(f"{text + '|':74}{statistics.median(times) * 1000:12.2f}{max(times) * 1000:8.2f}")
    print()
    report(f"runql, {len(catalog.fields):,} fields", [each for times in by_position.values() for each in times])
    report("  of the processor alone", busy)
    litecli(repeat)


def make_catalog() -> Catalog:
    """Names as people give them, each in some of the runs."""
    chance = random.Random(1)
    fields = [
        FieldInfo(Space.CONFIG, ("lr",), RUNS, {Kind.NUMBER: RUNS}, 1e-5, 0.003, 1.0),
        FieldInfo(Space.CONFIG, ("optimizer",), RUNS, {Kind.TEXT: RUNS}, top=(("adam", 60_000), ("sgd", 40_000))),
    ]
    for space, count in FIELDS.items():
        for name in names(chance, count):
            runs = chance.randint(1, RUNS)
            path = (name,) if space is Space.LOGGED else tuple(name.split("."))
            fields.append(FieldInfo(space, path, runs, {Kind.NUMBER: runs}, 0.0, 0.5, 1.0))
    return Catalog("bench", RUNS, complete=True, fields=tuple(fields))


def names(chance: random.Random, count: int) -> list[str]:
    found: dict[str, None] = {}
    while len(found) < count:
        words = chance.choices(WORDS, k=chance.randint(2, 4))
        found[f"{chance.choice('/._').join(words)}_{chance.randint(0, 999)}"] = None
    return list(found)


def timed(step: Callable[[], object]) -> float:
    start = time.perf_counter()
    step()
    return time.perf_counter() - start


def report(name: str, times: list[float]) -> None:
    ordered = sorted(times)
    last = ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
    print(f"{name:34} p50 {statistics.median(times) * 1000:8.2f} ms   p99 {last * 1000:8.2f} ms   of {len(times)}")


def litecli(repeat: int) -> None:
    """litecli's own completer, in a process of its own."""
    python = installed_litecli()
    if python is None:
        print("litecli is not compared: it is not installed, and could not be")
        return
    columns = [name.replace(".", "_").replace("/", "_") for name in names(random.Random(2), COLUMNS)]
    given = json.dumps([columns, LITECLI_POSITIONS, repeat])
    run = subprocess.run([str(python), "-c", _LITECLI], input=given, capture_output=True, text=True, check=False)
    if run.returncode:
        print(f"litecli is not compared: {run.stderr.strip().splitlines()[-1]}")
        return
    times, found = json.loads(run.stdout)
    report(f"litecli, {COLUMNS:,} columns", times)
    print(f"{'':34} {found / max(1, len(times)):,.0f} completions each; runql gives 200 at most")


def installed_litecli() -> Path | None:
    """A Python that has litecli."""
    folder = Path(tempfile.gettempdir()) / f"runql-bench-litecli-{os.getuid() if hasattr(os, 'getuid') else 0}"
    python = folder / "bin" / "python"
    if python.exists():
        return python
    steps = ([sys.executable, "-m", "venv", str(folder)], [str(python), "-m", "pip", "install", "--quiet", "litecli"])
    for step in steps:
        if subprocess.run(step, check=False, capture_output=True).returncode:
            return None
    return python


if __name__ == "__main__":
    main()
