"""Kills writers of a store at random moments, many times: the last whole version answers after each.

python -m tests.sources.store.killed [--kills 200] [--seed 1]
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
from pathlib import Path

from runql.sources.store import table
from runql.sources.store.upkeep.check import sweep
from runql.sources.store.upkeep.leftovers import orphans
from tests.sources.store.test_killed import kill_some


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home) / "s"
        left = kill_some(folder, options.kills, random.Random(options.seed))
        newest = table.version(folder, "s")
        for path in orphans(folder, newest):
            os.utime(path, (1, 1))  # a day later
        swept = sweep(folder, newest)
        sys.stdout.write(
            f"{options.kills:,} kills, {newest.number:,} versions: nothing acknowledged was lost, each was whole\n"
        )
        sys.stdout.write(f"files of no version: {left:,}, of which {swept:,} were swept\n")


if __name__ == "__main__":
    main()
