"""What a chart costs beside the table that it is made of: at a terminal, as Vega-Lite, and as files.

python benchmarks/bench_charts.py [--repeat 3]
"""

from __future__ import annotations

import argparse
import math
import random
import time
from collections.abc import Callable
from typing import Any

import runql
from runql.charts.files.kinds import ChartFile
from runql.charts.files.write import chart_bytes
from runql.charts.terminal.draw import chart_lines
from runql.charts.terminal.look import Look
from runql.charts.vega.spec import vega_lite
from runql.results.terminal_table.options import View
from runql.results.terminal_table.table import table_lines
from runql.sources.memory import MemoryService

LOOK = Look(120, 36, color=True)
MANY, FEW, POINTS = 200, 8, 500


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=3)
    repeat = parser.parse_args().repeat
    source = _source(MANY)
    print(f"{MANY} runs of {POINTS} points, best of {repeat}\n\n{'':52}{'ms':>8}   of the table")
    table = _best(repeat, lambda: _table(source))
    _say("asked, and its table at a terminal", table, table)
    for name, options in {"one band": "", "a mean for each optimizer": " by config.optimizer"}.items():
        _say(f"asked, and drawn at a terminal: {name}", _best(repeat, lambda o=options: _drawn(source, o)), table)  # type: ignore[misc]
    chart = runql.query("runs keys loss scan | plot", source).chart
    _say("from the chart to Vega-Lite", _best(repeat, lambda: vega_lite(chart)), table)

    few = runql.query("runs keys loss scan | plot", _source(FEW)).chart
    print(f"\n{FEW} runs of {POINTS} points, as files\n\n{'':52}{'ms':>8}   of the SVG")
    first = _best(1, lambda: chart_bytes(few, ChartFile.SVG))
    svg = _best(repeat, lambda: chart_bytes(few, ChartFile.SVG))
    _say("SVG, with the start of the engine", first, svg)
    page = _best(1, lambda: chart_bytes(few, ChartFile.HTML))
    for kind in ChartFile:
        _say(kind.value.upper(), _best(repeat, lambda k=kind: chart_bytes(few, k)), svg)  # type: ignore[misc]
    _say("the first HTML, which puts its programs together", page, svg)
    print()


def _say(name: str, took: float, whole: float) -> None:
    print(f"{name:52}{took * 1000:8.0f}{took / whole:13.2f}")


def _best(repeat: int, work: Callable[[], object]) -> float:
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def _table(source: MemoryService) -> None:
    result = runql.query("runs keys loss scan", source)
    for _ in table_lines(result.frame, View(width=120, most_rows=60, color=True), None):
        pass


def _drawn(source: MemoryService, options: str) -> None:
    for _ in chart_lines(runql.query(f"runs keys loss scan | plot{options}", source).chart, LOOK):
        pass


def _source(count: int) -> MemoryService:
    """Runs whose loss falls noisily, with a gap in each tenth."""
    dice = random.Random(0)

    def rows(number: int) -> list[dict[str, Any]]:
        fall = 40 + number % 50
        losses = [math.exp(-step / fall) + dice.random() / 20 for step in range(POINTS)]
        if number % 10 == 0:
            losses[100:110] = [math.nan] * 10
        return [{"loss": loss} for loss in losses]

    optimizers = ("adam", "sgd", "momentum")
    runs: list[dict[str, Any]] = [
        {"id": f"r{number}", "name": f"run {number}", "config": {"optimizer": optimizers[number % 3]}}
        for number in range(count)
    ]
    return MemoryService(runs, histories={f"r{number}": rows(number) for number in range(count)})


if __name__ == "__main__":
    main()
