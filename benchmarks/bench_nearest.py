"""How long an unknown name takes: the search of the nearest, and the whole check with fixes tried, as ratios.

python benchmarks/bench_nearest.py [--repeat 30]

Of catalogs of 5,000 and of 50,000 names. The ratio is to RapidFuzz alone, over the same names in small letters: what is
above 1 is ours. `check` is a query with a misspelled field as an editor has it checked, its fixes applied and read.
"""

from __future__ import annotations

import argparse
import random
import re
import statistics
import time
from collections.abc import Callable
from typing import Final

from rapidfuzz.distance import OSA
from rapidfuzz.process import extract

from runql.ide.context import Context
from runql.ide.diagnostics import diagnostics
from runql.language.fields import Space
from runql.language.kinds import Kind
from runql.semantic.catalog import Catalog, FieldInfo
from runql.semantic.names.nearest import nearest_fields

SIZES: Final = (5_000, 50_000)
WORDS: Final = re.findall(
    r"\w+", "train val test loss acc grad norm layer block attn mlp weight bias lr step reward policy value top1"
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=30)
    repeat = parser.parse_args().repeat
    print(f"{'':34}{'RapidFuzz':>12}{'nearest':>12}{'ratio':>8}{'check':>12}{'ratio':>8}   (ms, median)")
    for size in SIZES:
        catalog = make_catalog(size)
        names = [info.dotted for info in catalog.fields]
        folded = [name.casefold() for name in names]
        context = Context(catalog=catalog)
        chance = random.Random(2)
        slips = [slip(chance, chance.choice(names)) for _ in range(repeat)]
        nearest_fields(slips[0], catalog, (Space.SUMMARY,))
        diagnostics(f"runs where summary.{slips[0]} > 1", context)
        alone: list[float] = []
        ours: list[float] = []
        checks: list[float] = []
        for name in slips:
            alone.append(timed(extract, name, folded, scorer=OSA.distance, score_cutoff=2, limit=None))
            ours.append(timed(nearest_fields, name, catalog, (Space.SUMMARY,)))
            # Another name: what was found for one is kept for a while.
            other = slip(chance, chance.choice(names))
            checks.append(timed(diagnostics, f"runs where summary.{other} > 1", context))
        base, search, whole = (statistics.median(times) * 1000 for times in (alone, ours, checks))
        title = f"a miss among {size:,} names"
        print(f"{title:34}{base:12.2f}{search:12.2f}{search / base:8.1f}{whole:12.2f}{whole / base:8.1f}")


def make_catalog(size: int) -> Catalog:
    """A catalog of so many metrics, called as people call them."""
    chance = random.Random(1)
    names: dict[str, None] = {}
    while len(names) < size:
        names["/".join(chance.choices(WORDS, k=chance.randint(2, 4))) + str(chance.randint(0, 99))] = None
    fields = tuple(FieldInfo(Space.SUMMARY, (name,), 10, {Kind.NUMBER: 10}) for name in names)
    return Catalog("bench", 10, complete=True, fields=fields)


def slip(chance: random.Random, name: str) -> str:
    """A name with one letter doubled."""
    at = chance.randrange(len(name))
    return name[:at] + name[at] * 2 + name[at + 1 :] if name[at].isalpha() else name + "x"


def timed(act: Callable[..., object], *given: object, **named: object) -> float:
    began = time.perf_counter()
    act(*given, **named)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
