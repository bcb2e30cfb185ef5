"""Draws the charts of the README and of the guide, as SVG, on white and on a dark ground.

python docs/make_charts.py [--out FOLDER]
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import runql  # noqa: E402 - found once the root is on the path

CHARTS = {
    "curves": "runs where group = 'long' keys val/loss scan | smooth ema 0.8 | plot log y",
    "groups": "runs where group != 'debug'"
    " | group config.optimizer : mean(summary.val/acc), ci95(summary.val/acc) | plot bar",
    "loss": "runs | plot summary.acc vs config.lr by summary.loss log x",
}
"""By name: the questions whose charts are shown."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "pictures" / "charts")
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    for name, query in CHARTS.items():
        drawn = runql.query(query, "demo").plot()
        for theme in ("light", "dark"):
            drawn.save(out / f"{name}-{theme}.svg", theme=theme)


if __name__ == "__main__":
    main()
