"""Windows on arrays against windows row by row, and both against pandas."""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runql.engine.stages import StageContext, run_stage
from runql.engine.stages.arrays.running import frames
from runql.engine.table import Table
from runql.language.aggregates import ROW_AGGREGATES
from runql.language.windows import FRAMED, WINDOWS
from runql.semantic.typed import (
    Named,
    TCell,
    TDerive,
    TWindow,
)
from tests.engine.stages.build import (
    FAST,
    PLAIN,
    SLOW,
    alike,
    from_rows,
    table,
    tables,
)

examples = settings(max_examples=50, deadline=None)
BOTH = pytest.mark.parametrize("rows", [SLOW, FAST], ids=["row by row", "arrays"])
NUMBERS = st.integers(-6, 6).map(float) | st.floats(-1e6, 1e6).map(lambda x: round(x, 3))
ROWS = st.lists(st.tuples(st.sampled_from("abc"), NUMBERS | st.just(math.nan), NUMBERS), min_size=1, max_size=30)


def window(  # noqa: PLR0917 - as a query has them
    name: str,
    argument: str | None = None,
    keys: tuple[str, ...] = ("g",),
    order: tuple[tuple[str, bool], ...] = (),
    amount: int | None = None,
    of: str | None = None,
) -> TWindow:
    """A window over columns."""
    inner, other = (None if one is None else TCell(one) for one in (argument, of))
    along = tuple((TCell(key), down) for key, down in order)
    return TWindow(name, inner, other, amount, tuple(map(TCell, keys)), along, text=f"{name} of {argument}")


def _windows() -> list[TWindow]:
    """Each function with and without an order, of a group and of all rows."""
    found = [window(name, "x") for name in WINDOWS if WINDOWS[name].parameters and name != "ntile"]
    found += [window(name, "x", order=(("y", True), ("x", False))) for name in ("lag", "cumsum", "cummax", "cummean")]
    found += [window(name, "x", (), amount=2) for name in ("lag", "lead")]
    found += [window(name, None, order=(("x", down),)) for name in ("rank", "dense_rank") for down in (False, True)]
    found += [window("rank", None, order=(("x", True), ("y", False))), window("rank", None, (), (("y", False),))]
    found += [window("row_number"), window("row_number", None, ("x", "y"), (("g", True),)), window("ntile", amount=3)]
    found += [window("ntile", None, (), (("x", True),), amount=4), window("count"), window("count", "x", ())]
    found += [window(name, "x") for name in ROW_AGGREGATES if name not in ("argmin", "argmax", "wmean", "percentile")]
    found += [window(name, "x", (), amount=3) for name in sorted(FRAMED)]
    found += [window(name, "x", order=(("y", True),), amount=2) for name in ("mean", "median", "std")]
    found += [window("argmax", "x", of="y"), window("first", "x", order=(("y", False),)), window("list", "x", ())]
    return found


@pytest.mark.parametrize("node", _windows(), ids=lambda node: f"{node.name}-{len(node.keys)}-{len(node.order)}")
@settings(max_examples=40, deadline=None)
@given(given_table=tables("g", "x", "y"))
def test_both_rooms(node: TWindow, given_table: Table) -> None:
    stage = TDerive((Named("made", node),))
    with from_rows(FAST):
        fast = run_stage(stage, given_table, StageContext())
    with from_rows(SLOW):
        slow = run_stage(stage, given_table, StageContext())
    assert alike(fast, slow)


@pytest.mark.parametrize("name", ["sum", "mean", "median", "std", "var"])
@pytest.mark.parametrize("amount", [2, 5, 200])
def test_the_last_values_of_many_rows_are_looked_at_some_at_a_time(
    monkeypatch: pytest.MonkeyPatch, name: str, amount: int
) -> None:
    for one in ("_BLOCK", "_SQUARES", "_STRETCHES"):
        monkeypatch.setattr(frames, one, 16)
    draw = Random(7)
    sizes = (1e-9, 1.0, 3.0, 1e12)
    rows = [(draw.choice("abc"), draw.choice(sizes) * draw.uniform(-1, 1)) for _ in range(150)]
    stage = TDerive((Named("made", window(name, "x", amount=amount)),))
    given_table = table(g=[key for key, _ in rows], x=[one for _, one in rows])
    with from_rows(FAST):
        fast = run_stage(stage, given_table, StageContext())
    with from_rows(SLOW):
        assert alike(fast, run_stage(stage, given_table, StageContext()))


SHAPES: dict[str, Callable[[Random, int], float | int]] = {
    "far from zero": lambda draw, _: 1e9 + draw.random(),
    "groups far apart": lambda draw, row: row // 50 * 1e8 + draw.random(),
    "spikes": lambda draw, _: draw.random() * (1e13 if draw.random() < 0.02 else 1e-6),
    "mostly one value": lambda draw, _: 0.1 if draw.random() < 0.9 else draw.random(),
    "signs that cancel": lambda draw, _: draw.choice((-1, 1)) * draw.choice((1e16, 1.0, 2.0**-60)),
    "tiny": lambda draw, _: draw.random() * 1e-160,
    "as small as can be": lambda draw, _: draw.random() * 1e-310,
    "tiny beside large": lambda draw, _: draw.choice((0.0, 0.0, 1e-150, 1e-161, 1e-300, 5e8)),
    "tiny beside huge": lambda draw, _: draw.choice((0.0, 0.0, 1e-150, 1e-300, 1e140)),
    "huge": lambda draw, _: draw.random() * 1e300,
    "whole": lambda draw, _: draw.randrange(-9, 9),
    "large and whole": lambda draw, _: draw.randrange(2**53 - 99, 2**53),
    "infinities": lambda draw, _: math.inf if draw.random() < 0.02 else draw.random(),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("count", [1, 9, 120])
def test_the_last_values_of_numbers_of_all_shapes(shape: str, count: int) -> None:
    """However the groups are cut, both rooms agree to the last digit."""
    draw = Random(7)
    given_table = table(g=[draw.randrange(count) for _ in range(240)], x=[SHAPES[shape](draw, at) for at in range(240)])
    for amount in (1, 2, 7, 60):
        for name in ("sum", "mean", "std", "min"):
            stage = TDerive((Named("made", window(name, "x", amount=amount)),))
            with from_rows(FAST):
                fast = run_stage(stage, given_table, StageContext())
            with from_rows(SLOW):
                assert alike(fast, run_stage(stage, given_table, StageContext())), (amount, name)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("ab"), PLAIN), min_size=1, max_size=40))
def test_sums_that_run_are_rounded_once(rows: list[tuple[str, Any]]) -> None:
    given_table = table(g=[key for key, _ in rows], x=[one for _, one in rows])
    for node in (window("cumsum", "x"), window("cummean", "x")):
        stage = TDerive((Named("made", node),))
        with from_rows(FAST):
            fast = run_stage(stage, given_table, StageContext())
        with from_rows(SLOW):
            assert alike(fast, run_stage(stage, given_table, StageContext()))
