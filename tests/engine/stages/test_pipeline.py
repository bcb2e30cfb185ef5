"""Stages one after the other: what streams, what is refused, what is asserted and written."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest

from runql.engine.stages import StageContext, context_after, is_streaming, run_stages
from runql.engine.stages.reference.folds import BODIES
from runql.engine.table import Table, concat
from runql.errors import AssertionFailed, QueryError
from runql.language.aggregates import HISTORY_AGGREGATES, ROW_AGGREGATES
from runql.language.kinds import TableKind
from runql.language.stages import STAGES
from runql.semantic import typed as t
from runql.semantic.folds import fold_named
from runql.semantic.typed import TCompare, TConst, TypedExpr
from runql.semantic.typed.stages import stage_name
from runql.syntax.tree import Comparison, Goal
from tests.engine.stages.build import HISTORIES, RUNS, ask, cell, fold, from_rows, lines, named, pivot_of, table

LOSSES = table(id=["a", "b", "c", "d"], name=list("wxyz"), loss=[1, 2, 3, None])
COUNT = t.TAssert(TCompare(Comparison.GT, fold("count"), TConst(4)), over_table=True, text="count() > 4")


def _above(least: float) -> TypedExpr:
    return TCompare(Comparison.GT, cell("loss"), TConst(least))


# ---------------------------------------------------------------- the tables of the language


def test_every_stage_has_an_entry() -> None:
    assert [entry.name for entry in STAGES.values() if entry.is_later] == []
    assert (stage_name(t.TEdge(last=True)), stage_name(t.TEdge(last=False))) == ("last", "first")


def test_every_aggregate_has_a_body_and_a_line() -> None:
    assert set(ROW_AGGREGATES) == {*BODIES, "argmin", "argmax", "wmean", "percentile"}
    assert fold_named("p90") is not None
    assert fold_named("p101") is fold_named("perplexity") is None
    assert {"min", "max", "mean", "first", "last"} <= HISTORY_AGGREGATES.keys() & ROW_AGGREGATES.keys()


# ---------------------------------------------------------------- flow


def test_a_stage_of_a_number_that_holds_its_table_has_the_same_body(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = t.TCountStage("OFFSET", 2)
    passing = ask(stage, LOSSES)
    held = MappingProxyType({**STAGES, "OFFSET": replace(STAGES["OFFSET"], streams=False)})
    monkeypatch.setattr("runql.semantic.typed.stages.STAGES", held)
    assert not is_streaming(stage)
    assert lines(ask(stage, LOSSES).table) == lines(passing.table)


def test_a_streaming_stage_reads_no_more_than_it_gives() -> None:
    read: list[int] = []

    def parts() -> Iterator[Table]:
        for number in range(3):
            read.append(number)
            yield table(loss=[number, number + 10])

    flow = run_stages([t.TWhere(_above(5)), t.TDerive((named("double", cell("loss")),))], parts(), RUNS)
    assert next(iter(flow)).columns == {"loss": [10], "double": [10]}
    assert read == [0]


def test_which_stages_stream() -> None:
    assert is_streaming(t.TAssert(_above(0)))
    assert not is_streaming(COUNT)
    assert not is_streaming(t.TSort(()))


def test_notices_and_context_of_several_stages() -> None:
    stages: list[t.TStage] = [
        t.TGroup((named("half", cell("loss")),), (named("m", fold("mean", "loss")),)),
        t.TLimit(1),
    ]
    flow = run_stages(stages, [LOSSES], RUNS)
    assert concat(list(flow)).length == 1
    assert [notice.code for notice in flow.notices] == ["RQL312"]
    assert flow.context.kind is TableKind.OTHER


@pytest.mark.parametrize(
    ("stages", "context", "message"),
    [
        ([t.TBest(Goal.MIN, "loss")], RUNS, "`best` works on histories, not on runs"),
        ([t.TDiff()], HISTORIES, "`diff` works on runs, not on histories"),
        (
            [t.TGroup((), ()), t.TSmooth("ema", 0.5)],
            HISTORIES,
            "`smooth` works on histories, not on rows of another stage",
        ),
    ],
)
def test_a_stage_on_the_wrong_table(stages: list[t.TStage], context: StageContext, message: str) -> None:
    def unread() -> Iterator[Table]:
        raise AssertionError("a row was read")
        yield

    with pytest.raises(QueryError) as caught:
        run_stages(stages, unread(), context)
    assert caught.value.diagnostics[0].message == message


# ---------------------------------------------------------------- samples

CURVE = table(run_id=["a", "a"], _step=[0, 1], loss=[2.0, 1.0])
OF_MANY = [
    t.TGroup((), (named("m", fold("mean", "loss")),)),
    pivot_of(fold("mean", "loss"), named("run_id"), named("_step")),
    t.TBest(Goal.MIN, "loss"),
    t.TEdge(last=True),
    t.TDescribe(),
    t.TAssert(TCompare(Comparison.GT, fold("count"), TConst(0)), over_table=True),
]


def _sampled(**more: Any) -> StageContext:
    return StageContext(TableKind.HISTORIES, "run_id", None, "_step", is_sampled=lambda: True, **more)


@pytest.mark.parametrize("stage", OF_MANY, ids=stage_name)
def test_an_aggregate_of_a_sample_is_refused_unless_approx(stage: t.TStage) -> None:
    with pytest.raises(QueryError) as caught:
        ask(stage, CURVE, _sampled())
    assert caught.value.diagnostics[0].code == "RQL310"
    assert ask(stage, CURVE, _sampled(approx=True)).table.length > 0


def test_curves_of_a_sample_are_not_refused() -> None:
    assert ask(t.TBin(10), CURVE, _sampled()).table.length == 1


def test_whether_it_is_a_sample_is_asked_after_the_rows() -> None:
    sampled: list[bool] = []

    def parts() -> Iterator[Table]:
        yield CURVE
        sampled.append(True)

    context = StageContext(TableKind.HISTORIES, "run_id", None, "_step", is_sampled=lambda: bool(sampled))
    with pytest.raises(QueryError):
        list(run_stages([t.TEdge(last=True)], parts(), context))


# ---------------------------------------------------------------- assert


def test_rows_that_fail_are_shown() -> None:
    stage = t.TAssert(_above(1.5), message="too low", text="loss > 1.5")
    with pytest.raises(AssertionFailed) as caught:
        ask(stage, LOSSES)
    (said,) = caught.value.diagnostics
    assert (said.code, said.message) == ("RQL520", "too low: `loss > 1.5` does not hold in 2 of 4 rows")
    assert said.hints == ("id = a, name = w, loss = 1", "id = d, name = z, loss = null")


def test_no_more_than_three_are_shown_and_all_are_counted() -> None:
    with pytest.raises(AssertionFailed) as caught:
        list(run_stages([t.TAssert(_above(9)), t.TLimit(1)], [LOSSES, LOSSES], RUNS))
    (said,) = caught.value.diagnostics
    assert said.message == "the condition does not hold in 8 of 8 rows"
    assert len(said.hints) == 3


def test_a_group_that_fails_is_named_also_behind_another_name() -> None:
    grouped = t.TGroup((named("name", cell("name")),), (named("low", fold("min", "loss")),))
    checked = t.TAssert(TCompare(Comparison.GT, cell("low"), TConst(1.5)))
    for renamed, title in (((), "name"), ((t.TRename((("name", "model"),)),), "model")):
        with pytest.raises(AssertionFailed) as caught:
            list(run_stages([grouped, *renamed, checked], [LOSSES], RUNS))
        (said,) = caught.value.diagnostics
        assert said.hints[0] == f"{title} = w, low = 1"


def test_an_assertion_over_no_rows_says_so() -> None:
    result = ask(t.TAssert(_above(9), text="loss > 9"), table(loss=[]))
    assert [notice.code for notice in result.notices] == ["RQL319"]


def test_an_assertion_with_aggregates_is_asked_once() -> None:
    with pytest.raises(AssertionFailed) as caught:
        ask(COUNT, LOSSES)
    (said,) = caught.value.diagnostics
    assert (said.message, said.hints) == ("`count() > 4` does not hold", ("count() = 4",))
    assert lines(ask(COUNT, concat([LOSSES, LOSSES]))) == lines(concat([LOSSES, LOSSES]))
    with pytest.raises(AssertionFailed):
        ask(COUNT, table(loss=[]))


# ---------------------------------------------------------------- to


class Files:
    """Files in memory, whole or not there."""

    def __init__(self) -> None:
        self.rows: dict[str, int] = {}
        self.contexts: list[StageContext] = []

    @contextmanager
    def open(self, stage: t.TTo, context: StageContext) -> Iterator[Callable[[Table], None]]:
        parts: list[Table] = []
        self.contexts.append(context)
        yield parts.append
        self.rows[stage.path] = sum(part.length for part in parts)


def _writing(files: Files, context: StageContext = RUNS) -> StageContext:
    return StageContext(context.kind, context.run_id, context.run_name, context.x_axis, open=files.open)


def test_a_file_holds_all_rows_though_a_limit_comes_after() -> None:
    files = Files()
    flow = run_stages([t.TTo("all.csv"), t.TLimit(1), t.TTo("one.csv")], [LOSSES, LOSSES], _writing(files))
    assert [part.length for part in flow] == [1]
    assert files.rows == {"all.csv": 8, "one.csv": 1}


def test_a_file_after_a_failed_assertion_is_not_there() -> None:
    files = Files()
    stages: list[t.TStage] = [t.TTo("before.csv"), t.TAssert(_above(1.5)), t.TTo("after.csv")]
    with pytest.raises(AssertionFailed):
        list(run_stages(stages, [LOSSES], _writing(files)))
    assert files.rows == {"before.csv": 4}


def test_a_file_knows_how_a_pivot_reads() -> None:
    files = Files()
    stages: list[t.TStage] = [pivot_of(fold("mean", "loss"), named("id"), named("name")), t.TTo("table.tex")]
    list(run_stages(stages, [LOSSES], _writing(files)))
    (context,) = files.contexts
    assert context.layout is not None
    assert context.layout.rows == ("id",)


def test_no_rows_are_a_file_with_its_columns() -> None:
    files = Files()
    list(run_stages([t.TWhere(_above(99)), t.TTo("none.csv")], [LOSSES], _writing(files)))
    assert files.rows == {"none.csv": 0}


@pytest.mark.parametrize(
    ("stage", "said"),
    [
        (t.TBest(Goal.MIN, "loss"), "1 run has no number in `loss`"),
        (t.TBin(1), "1 row left out by `bin`: x is no finite number"),
        (t.TSmooth("ema", 0.5), "`loss`: 1 NaN skipped by `smooth`"),
        (t.TCountStage("RESAMPLE", 2), "`loss`: 1 NaN skipped by `resample`"),
    ],
    ids=["best", "bin", "smooth", "resample"],
)
def test_who_is_stopped_by_a_limit_says_what_it_saw(stage: t.TStage, said: str) -> None:
    """Of the rows that were read; the parts behind them stay unread. Stages between the two make no difference."""
    read: list[str] = []

    def parts() -> Iterator[Table]:
        for run in "abcd":
            read.append(run)
            loss = [math.nan] if run == "a" else [1.0, 2.0]
            yield table(run_id=[run] * len(loss), _step=[math.nan if run == "a" else 0, 1][: len(loss)], loss=loss)

    context = StageContext.of_histories("_step", ("loss",))
    nothing: list[t.TStage] = []
    some: list[t.TStage] = [t.TWhere(TConst(True)), t.TRename((("loss", "l"),))]
    for between in (nothing, some):
        with from_rows(1):
            flow = run_stages([stage, *between, t.TLimit(2)], parts(), context)
            assert sum(part.length for part in flow) == 2
        assert said in [one.message for one in flow.notices]
    assert read.count("d") == 0


# ---------------------------------------------------------------- what is known after a stage


def test_names_that_mean_something_are_followed() -> None:
    context = StageContext.of_histories("_step", ("loss",), ("name",))
    renamed = context_after(t.TRename((("run_id", "run"), ("loss", "l"))), context)
    assert (renamed.run_id, renamed.metrics, renamed.x_axis) == ("run", ("l",), "_step")
    picks = (t.ColumnPick("run_id"), named("step", cell("_step")), named("twice", _above(2)))
    selected = context_after(t.TSelect(picks), context)
    assert (selected.x_axis, selected.metrics, selected.run_name) == ("step", ("twice",), None)
    derived = context_after(t.TDerive((named("d", cell("loss")), named("e", cell("name")))), context)
    assert (derived.metrics, derived.fixed) == (("loss", "d"), ("name", "e"))
    assert context_after(t.TDrop((t.ColumnPick("*_step", is_glob=True),)), context).x_axis is None
