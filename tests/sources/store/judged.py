"""Random conditions and orders over awkward runs in a store: SQL, the engine, and a second evaluator must agree.

python -m tests.sources.store.judged --draws 12000

draws so many conditions and orders, forty to a store, and prints how many of them SQL decided alone.
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from runql.engine.order import sort_records
from runql.engine.selectors import selected
from runql.language.fields import Space
from runql.plan.selectors import TypedSelector
from runql.plan.simplify import simplify
from runql.semantic.record import RunRecord
from runql.semantic.typed import FieldKey, TBetween, TCompare, TConst, TField, TIn, TIs, TNot, TOr, TOrderKey
from runql.sources.protocol import PageRequest
from runql.sources.store import table
from runql.sources.store.service import StoreService
from runql.sources.store.writer import StoreWriter
from runql.syntax.tree import Comparison, State
from tests.plan.random_runs import KEYS, LISTS, RECORDS, SCALARS, conditions, fields, records
from tests.plan.reference import holds

AWKWARD: list[Any] = [2**53, 2**53 + 1, float(2**53), -(2**53) - 1, -0.0, 10**400, math.nan, math.inf]
ODD_TEXTS: list[Any] = ["\ud800", "a\ud800", "\0", "ſ", "😀", "\uffee", "1", "true"]
DEEP: list[Any] = [{"b": {"c": 2}, "b.c": 3}, {"b.c": None}, [["a"]], ["a", "\ud800"], [2**53 + 1], {"b": 2**53 + 1}]
_values = st.sampled_from([*SCALARS, *SCALARS, *LISTS, *RECORDS, *AWKWARD, *ODD_TEXTS, *DEEP])
_single = st.sampled_from([*SCALARS, *AWKWARD, *AWKWARD, *ODD_TEXTS])
parts = st.builds(
    lambda x, other: {**other, "x": x},
    st.one_of(_single, _values),
    st.dictionaries(st.sampled_from(KEYS), _values, max_size=5),
)
awkward_runs = st.lists(st.tuples(records, parts, parts), min_size=1, max_size=12).map(
    lambda drawn: [
        replace(
            record,
            id=f"r{place // 2}",
            project=f"p{place % 2}",
            created=None if place % 5 == 4 else record.created,
            config=config,
            summary=summary,
            logged=None,
        )
        for place, (record, config, summary) in enumerate(drawn)
    ]
)
_X = TField(FieldKey(Space.CONFIG, ("x",)))
_of_x = st.one_of(
    st.builds(TCompare, st.sampled_from(Comparison), st.just(_X), _single.map(TConst)),
    st.builds(TBetween, st.just(_X), _single.map(TConst), _single.map(TConst)),
    st.builds(TIn, st.just(_X), st.lists(_single.map(TConst), min_size=1, max_size=4).map(tuple)),
    st.builds(TIs, st.just(_X), st.sampled_from(State)),
    st.just(_X),
)
_focused = st.one_of(
    _of_x, _of_x.map(TNot), st.lists(_of_x, min_size=2, max_size=3).map(lambda ts: TNot(TOr(tuple(ts))))
)
orders = st.lists(st.builds(TOrderKey, fields, st.booleans()), min_size=1, max_size=3).map(tuple)
selectors = st.builds(
    TypedSelector,
    st.one_of(st.none(), _focused, conditions).map(lambda one: None if one is None else simplify(one)),
    st.one_of(st.just(()), orders),
)


def store_of_records(runs: Sequence[RunRecord], folder: Path, *, once: bool = False) -> StoreService:
    """A store of some runs, without their histories. Every third was pulled once before, with other values; `once`:
    each one time, in two parts."""
    table.create(folder, "judged")
    others = [replace(run, config=runs[0].config, summary=runs[-1].config) for run in runs[::3]]
    half = len(runs) // 2
    newest = 0
    for pulled in (runs[:half], runs[half:]) if once else (others, runs):
        writer = StoreWriter(folder, newest_pull=newest)
        for run in pulled:
            writer.end(writer.begin(run, "mark"))
        writer.commit()
        writer.close()
        newest = writer.pull
    return StoreService(folder, name="judged")


def disagreement(runs: Sequence[RunRecord], store: StoreService, selector: TypedSelector) -> str | None:
    """What a store says otherwise than the engine and the second evaluator; `None` if nothing."""
    kept = [run for run in runs if selector.condition is None or holds(selector.condition, run) is True]
    expected = [_name(run) for run in sort_records(kept, selector.order)]
    engine = [_name(run) for run in selected(runs, selector)]
    if engine != expected:
        return f"the engine {engine}, the second evaluator {expected}"
    found: list[str] = []
    cursor = None
    while True:
        page = store.runs_page(PageRequest("", "", selector, cursor=cursor, per_page=3))
        found += [_name(run) for run in page.runs]
        cursor = page.cursor
        if not page.has_next:
            break
    first = store.runs_page(PageRequest("", "", selector, per_page=2, most=2))
    if [_name(run) for run in first.runs] != expected[:2] or first.total != len(expected):
        return f"of the first {first}, and {expected} is true\n{selector}"
    if found != expected or page.total != len(expected) or store.count("", "", selector) != len(expected):
        asked = store.statement("", "", selector)
        sql = "" if asked is None else asked.sql("r.id")
        return f"the store {found} of {page.total}, and {expected} is true\n{selector}\n{sql}"
    return None


def _name(run: RunRecord) -> str:
    return f"{run.project}/{run.id}"


def judge(runs: Sequence[RunRecord], asked: Sequence[TypedSelector], folder: Path) -> Counter[str]:
    """Ask a store, often enough that what it holds in memory is asked too; and where each run was pulled once, half of
    the questions are the first to a service, which reads the parts. Raises `AssertionError`."""
    once = len(runs) % 2 == 0
    store = store_of_records(runs, folder, once=once)
    counts: Counter[str] = Counter()
    for at, selector in enumerate(asked):
        if once and at % 2:
            assert store.snapshot().statistics
            store.close()
            store = StoreService(folder, name="judged")
            counts["as a first question"] += 1
        said = disagreement(runs, store, selector)
        assert said is None, f"{said}\n{runs}"
        statement = store.statement("", "", selector)
        assert statement is not None
        counts["asked"] += 1
        counts["by SQL alone"] += statement.ordered and not statement.here
        counts["narrowed by SQL"] += bool(statement.here) and bool(statement.where)
    return counts


def main() -> None:
    """Draw, judge, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    each = 40
    counts: Counter[str] = Counter()

    @seed(options.seed)
    @settings(
        max_examples=options.draws // each,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=[*HealthCheck],
    )
    @given(awkward_runs, st.lists(selectors, min_size=each, max_size=each))
    def drawn(runs: list[RunRecord], asked: list[TypedSelector]) -> None:
        with tempfile.TemporaryDirectory() as folder:
            counts.update(judge(runs, asked, Path(folder) / "s"))

    drawn()
    sys.stdout.write(", ".join(f"{name}: {count:,}" for name, count in counts.items()) + "\n")


if __name__ == "__main__":
    main()
