"""Which columns a table of runs has, what stands in them, and what is said about the answer."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from runql.engine.columns import MAX_CONFIG_COLUMNS, run_selection, run_table
from runql.engine.evaluate import Aggregates
from runql.engine.facts import counted_in, misplaced, mixed_columns
from runql.engine.table import Table, concat
from runql.errors import RunQLError
from runql.language.kinds import Kind
from runql.plan.columns import columns_of
from runql.semantic.record import RunRecord
from runql.semantic.typed import (
    TAggregate,
    TAnd,
    TColumn,
    TField,
    TLogged,
    TOr,
    TOrderKey,
    TypedExpr,
    TypedQuery,
)
from runql.semantic.values import MISSING
from runql.syntax.tree import Target
from runql.text.source import Span
from tests.engine.build import arithmetic, compare, const, field, has, is_in, key, not_, run, text_test

FIRST = ["id", "name", "state", "created"]
CREATED = datetime(2026, 1, 1, tzinfo=UTC)
RUNS = [
    run(
        "r1",
        name="one",
        state="finished",
        created=CREATED,
        config={"lr": 0.1, "seed": 1, "data": {"name": "a", "size": 10}, "_wandb": {"v": 1}},
        summary={"loss": 0.5, "_step": 9, "note": "x", "_wandb": {"runtime": 1}},
    ),
    run(
        "r2",
        config={"lr": 0.1, "seed": 2, "data": {"name": "b"}, "_wandb": {"v": 2}},
        summary={"loss": math.nan, "acc": 0.9, "image": {"_type": "image-file"}},
    ),
]


def _names(columns: tuple[TColumn, ...] | None, records: list[RunRecord] = RUNS, **clauses: Any) -> list[str]:
    query = TypedQuery(Target.RUNS, columns=columns, **clauses)
    return [column.name for column in run_selection(columns_of(query), records).columns]


def _at(name: str, start: int) -> TField:
    return TField(key(name), span=Span(start, start + len(name)))


# ---------------------------------------------------------------- the choice


def test_the_default_columns_are_those_that_the_query_names_in_the_order_of_the_text() -> None:
    where = TAnd((compare(_at("config.lr", 40), ">", const(0)), compare(_at("state", 60), "=", const("finished"))))
    order = (TOrderKey(_at("summary.loss", 20)), TOrderKey(_at("config.lr", 80)))
    assert _names(None, where=where, order=order) == [*FIRST, "summary.loss", "config.lr"]


def test_an_aggregate_that_the_query_names_is_shown_too() -> None:
    best = TAggregate("min", "val/loss", last_rows=10)
    where = TAnd((compare(best, "<", const(1)), TLogged("acc")))
    query = TypedQuery(Target.RUNS, where=where)
    selection = run_selection(columns_of(query), RUNS)
    assert [c.name for c in selection.columns[4:]] == ["min(logged.val/loss, last 10)", "exists(logged.acc)"]
    found: dict[str, Aggregates] = {
        "r1": {best: 0.25, TLogged("acc"): True},
        "r2": {best: MISSING, TLogged("acc"): True},
    }
    table = run_table(selection, RUNS, lambda record: found[record.id])
    assert table.columns["min(logged.val/loss, last 10)"] == [0.25, MISSING]


def test_with_nothing_named_what_differs_and_the_numbers_of_the_summary() -> None:
    assert _names(None) == [
        *FIRST,
        "config.data.name",
        "config.data.size",
        "config.seed",
        "summary.loss",
        "summary.acc",
    ]
    assert _names(None, records=[]) == FIRST


def test_what_tells_the_runs_apart_comes_first() -> None:
    """Settings that were varied, and metrics of held out data; last names of runs, lists, seeds and constants."""
    runs = [
        run(
            f"r{at}",
            config={
                "dir": f"/out/{at}",
                "a_seed": at,
                "layers": [at],
                "amp": at % 2 == 0,
                "lr": 10.0**-at,
                "model": "abc"[at % 3],
            },
            summary={"a_const": 1, "loss": at, "val/acc": at, **({"rare": at} if at == 0 else {})},
        )
        for at in range(6)
    ]
    assert _names(None, records=runs) == [
        *FIRST,
        *("config.lr", "config.model", "config.amp", "config.a_seed", "config.dir", "config.layers"),
        *("summary.val/acc", "summary.loss", "summary.rare", "summary.a_const"),
    ]


def test_a_text_that_each_of_a_few_runs_has_of_its_own_may_be_what_they_are_compared_by() -> None:
    """Four models of four runs are a setting; so many that nobody compares them by hand are names."""
    models = ("resnet", "vit", "mlp", "convnext", "unet", "bert", "gpt", "t5", "clip")
    runs = [run(model, config={"amp": at % 2 == 0, "model": model}) for at, model in enumerate(models)]
    assert _names(None, records=runs[:4]) == [*FIRST, "config.model", "config.amp"]
    assert _names(None, records=runs) == [*FIRST, "config.amp", "config.model"]


def test_with_nothing_named_the_choice_is_cut_and_that_is_said() -> None:
    many = [run(str(i), config={f"field_{n:02}": i for n in range(20)}, summary={"loss": i}) for i in range(2)]
    selection = run_selection(None, many)
    assert [column.name for column in selection.columns[4:-1]] == [
        f"config.field_{n:02}" for n in range(MAX_CONFIG_COLUMNS)
    ]
    assert [(d.code, d.message) for d in selection.notices] == [("RQL513", "not shown: 8 config fields that differ")]
    assert run_selection(None, RUNS).notices == ()


@pytest.mark.parametrize(
    ("glob", "except_", "names"),
    [
        ("config.*", (), ["config.data.name", "config.data.size", "config.lr", "config.seed"]),
        ("config.*", ("config.data.*",), ["config.lr", "config.seed"]),
        ("config.*", ("config.data", "config.l*"), ["config.seed"]),
        ("config.*", ("summary.lr",), ["config.data.name", "config.data.size", "config.lr", "config.seed"]),
        ("config.data.*", (), ["config.data.name", "config.data.size"]),
        ("config.*s*", (), ["config.data.size", "config.seed"]),
        ("config._wandb.*", (), ["config._wandb.v"]),
        ("config.nothing*", (), []),
        ("summary.*", (), ["summary._step", "summary.acc", "summary.image", "summary.loss", "summary.note"]),
    ],
)
def test_globs(glob: str, except_: tuple[str, ...], names: list[str]) -> None:
    assert _names((TColumn(glob, glob=key(glob), except_=tuple(map(key, except_))),)) == names


def test_two_fields_of_one_dotted_name_are_spelled_exactly() -> None:
    rivals = [run(config={"a": {"b": 1}}), run(config={"a.b": 2})]
    query = TypedQuery(Target.RUNS, columns=(TColumn("*", glob=key("config.*")),))
    table = run_table(run_selection(columns_of(query), rivals), rivals)
    assert len(set(table.names)) == 2
    assert sorted(map(repr, map(list, table.columns.values()))) == ["[1, MISSING]", "[MISSING, 2]"]


def test_selected_columns_stand_as_written_and_once() -> None:
    lr = field("config.lr")
    columns = (
        TColumn("config.lr", lr),
        TColumn("config.lr", lr),
        TColumn("rate", arithmetic(lr, "*", const(10))),
        TColumn("rate", field("config.seed")),
    )
    query = TypedQuery(Target.RUNS, columns=columns)
    table = run_table(run_selection(columns_of(query), RUNS), RUNS)
    assert list(table.rows()) == [
        {"config.lr": 0.1, "rate": 1.0, "rate_2": 1},
        {"config.lr": 0.1, "rate": 1.0, "rate_2": 2},
    ]


def test_a_field_that_a_glob_finds_too_stands_once() -> None:
    """A glob gives its fields no kind and their exact path; what a clause names has the kind of the catalog."""
    named = TColumn("config.lr", replace(field("config.lr"), kind=Kind.NUMBER))
    for columns in ((named, TColumn("*", glob=key("config.*"))), (TColumn("*", glob=key("config.*")), named)):
        names = _names(columns)
        assert names.count("config.lr") == 1
        assert "config.lr_2" not in names


def test_a_glob_over_what_was_not_loaded_is_an_error() -> None:
    for columns in (None, (TColumn("*", glob=key("config.*")),)):
        with pytest.raises(RunQLError, match="RQL901"):
            _names(columns, records=[RunRecord(id="r1")])


# ---------------------------------------------------------------- tables


def test_tables_of_unlike_columns_go_under_each_other() -> None:
    one, other = Table.of({"a": [1, 2], "b": [3, 4]}), Table.of({"c": [5], "a": [6]})
    both = concat([one, other])
    assert both.columns == {"a": [1, 2, 6], "b": [3, 4, MISSING], "c": [MISSING, MISSING, 5]}
    assert both.length == 3
    assert concat([one, other], ("c", "b", "a")).names == ("c", "b", "a")
    assert concat([]) == Table({}, 0)
    assert both.kinds("b") == {Kind.NUMBER: 2, Kind.MISSING: 1}
    with pytest.raises(RunQLError, match="`c` has no place"):
        concat([one, other], ("a", "b"))
    with pytest.raises(RunQLError, match="`b` has 1 of 2 cells"):
        Table({"a": [1, 2], "b": [1]}, 2)


def test_a_table_without_columns_still_has_its_rows() -> None:
    assert list(Table({}, 2).rows()) == [{}, {}]


# ---------------------------------------------------------------- facts

LR = field("config.lr")
WITH_AND_WITHOUT = [
    run("1", config={"lr": 1}),
    run("2"),
    run("3", config={"lr": None}),
    run("4", config={"opt": "sgd"}),
]


@pytest.mark.parametrize(
    ("where", "said"),
    [
        (compare(LR, "!=", const(2)), "incl. 3 runs without `config.lr`"),
        (not_(compare(LR, "=", const(2))), "incl. 3 runs without `config.lr`"),
        (not_(is_in(LR, 2)), "incl. 3 runs without `config.lr`"),
        (not_(text_test(LR, "~", "a")), "incl. 3 runs without `config.lr`"),
        (not_(has(LR, "has", "a")), "incl. 3 runs without `config.lr`"),
        (TOr((const(True), TAnd((const(True), compare(LR, "!=", const(2)))))), "incl. 3 runs without `config.lr`"),
        (not_(TOr((compare(LR, "=", const(2)), const(False)))), "incl. 3 runs without `config.lr`"),
        (compare(LR, "=", const(1)), None),
        (not_(compare(LR, "!=", const(1))), None),
        (not_(compare(LR, "<", const(1))), None),
        (compare(LR, "!=", const(None)), None),
        (compare(field("state"), "=", const("x")), None),
        (None, None),
    ],
)
def test_runs_counted_in_though_they_lack_the_field(where: TypedExpr | None, said: str | None) -> None:
    assert [(d.code, d.message) for d in counted_in(where, WITH_AND_WITHOUT)] == ([("RQL303", said)] if said else [])


def test_one_run_is_not_runs() -> None:
    (notice,) = counted_in(compare(LR, "!=", const(2)), WITH_AND_WITHOUT[:2])
    assert notice.message == "incl. 1 run without `config.lr`"


def test_runs_that_an_order_cannot_place_are_counted() -> None:
    records = [run("1", summary={"loss": 1}), run("2", summary={"loss": math.nan}), run("3"), run("4")]
    keys = (TOrderKey(field("summary.loss")), TOrderKey(field("id")))
    assert [(d.code, d.message) for d in misplaced(keys, records)] == [
        ("RQL306", "last in the order by `summary.loss`: 1 NaN, 2 runs without a value")
    ]


def test_columns_of_several_types_are_named() -> None:
    table = Table.of({"a": [1, "x", 2.5, None, MISSING], "b": [1, 2, None, math.nan, MISSING]})
    (notice,) = mixed_columns(table)
    assert (notice.code, notice.message) == ("RQL509", "`a` holds values of different types: 2 number, 1 text")
