"""What a query without mistakes means: names, times, parameters and clauses in the typed tree."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import polars as pl
import pytest

from runql.language.fields import Space
from runql.semantic.catalog import Catalog
from runql.semantic.needed import needed_fields
from runql.semantic.typed import (
    FieldKey,
    HistoryPart,
    TAggregate,
    TAnd,
    TBetween,
    TColumn,
    TCompare,
    TConst,
    TField,
    TIn,
    TIs,
    TLogged,
    TNot,
    TOr,
    TypedExpr,
)
from runql.syntax import tree
from runql.syntax.tree import Comparison, State
from tests.semantic.world import BERLIN, COMPLETE, PARTIAL, checked, typed

CREATED = TField(FieldKey(Space.RUN, ("created",)))
LR = TField(FieldKey(Space.CONFIG, ("lr",)))
LOSS = TField(FieldKey(Space.SUMMARY, ("loss",)))


def where(text: str, catalog: Catalog | None = COMPLETE, **context: object) -> TypedExpr:
    found = typed(f"runs where {text}", catalog, **context).where
    assert found is not None
    return found


def at(text: str) -> TConst:
    return TConst(datetime.fromisoformat(text).replace(tzinfo=UTC))


def compare(left: TypedExpr, op: str, value: object) -> TCompare:
    return TCompare(Comparison(op), left, TConst(value))


# ---------------------------------------------------------------- names


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("config.lr", FieldKey(Space.CONFIG, ("lr",))),
        ("lr", FieldKey(Space.CONFIG, ("lr",))),
        ("config.model.depth", FieldKey(Space.CONFIG, ("model", "depth"))),
        ("config.model.`depth`", FieldKey(Space.CONFIG, ("model", "depth"), exact=True)),
        ("summary_metrics.val/loss", FieldKey(Space.SUMMARY, ("val/loss",))),
        ("summary.`top-1 acc`", FieldKey(Space.SUMMARY, ("top-1 acc",), exact=True)),
        ("`top-1 acc`", FieldKey(Space.SUMMARY, ("top-1 acc",), exact=True)),
        ("summary._step", FieldKey(Space.SUMMARY, ("_step",))),
        ("config.layers[0]", FieldKey(Space.CONFIG, ("layers", 0))),
        ("config.layers.0.width", FieldKey(Space.CONFIG, ("layers", "0", "width"))),
        ("summary.sample.sha256", FieldKey(Space.SUMMARY, ("sample", "sha256"))),
        ("config.pbt.`workspace`", FieldKey(Space.CONFIG, ("pbt", "workspace"), exact=True)),
        ("config.`pbt.workspace`", FieldKey(Space.CONFIG, ("pbt.workspace",), exact=True)),
        ("display_name", FieldKey(Space.RUN, ("name",))),
        ("createdAt", FieldKey(Space.RUN, ("created",))),
        ("duration", FieldKey(Space.RUN, ("runtime",))),
    ],
)
def test_a_name_means_its_field(written: str, key: FieldKey) -> None:
    assert where(f"exists({written})") == TNot(TIs(TField(key), State.MISSING))


def test_the_full_name_of_a_field_is_the_name_of_its_column() -> None:
    columns = typed("runs select lr, summary_metrics.loss, createdAt, config.lr * 2, config.lr as rate").columns
    assert [c.name for c in columns or ()] == ["config.lr", "summary.loss", "created", "config.lr * 2", "rate"]


def test_a_bare_name_is_said() -> None:
    (said,) = checked("runs where lr > 1").diagnostics
    assert (said.code, said.message, said.is_error) == ("RQL211", "`lr` was read as `config.lr`", False)


def test_without_a_catalog_every_prefixed_field_may_be_there() -> None:
    assert where("config.anything > 1", None) == compare(TField(FieldKey(Space.CONFIG, ("anything",))), ">", 1)
    assert where("exists(logged.anything)", None) == TLogged("anything")
    assert checked("runs keys anything, system.x", None).diagnostics == ()


def test_without_a_catalog_a_bare_name_needs_a_prefix() -> None:
    (said,) = checked("runs where lr > 1", None).diagnostics
    assert (said.code, said.is_error) == ("RQL202", True)
    assert [f.edits[0].text for f in said.fixes] == ["config.lr", "summary.lr"]


def test_of_a_catalog_that_saw_only_some_runs_an_unknown_field_is_a_warning() -> None:
    found = checked("runs where config.learning_rat > 1 keys los", PARTIAL)
    assert found.query is not None
    assert [(d.code, d.is_error) for d in found.diagnostics] == [("RQL214", False), ("RQL214", False)]


def test_and_a_kind_that_was_not_seen_is_a_warning() -> None:
    found = checked('runs where config.optimizer > 5 and config.mixed > "a"', PARTIAL)
    assert found.query is not None
    assert [d.message for d in found.diagnostics] == [
        "`config.optimizer` was text in every run looked at, and does not compare with a number"
    ]


# ---------------------------------------------------------------- aliases


def alias(text: str) -> tree.Expr:
    from tests.semantic.world import query_of

    clause = query_of(f"runs select {text}").clause(tree.SelectClause)
    assert clause is not None
    return clause.columns[0].value


def test_an_alias_stands_for_its_expression() -> None:
    aliases = {"rate": alias("coalesce(config.lr, config.optim.lr)"), "fast": alias("rate > 0.1")}
    assert where("fast", aliases=aliases) == where("coalesce(config.lr, config.optim.lr) > 0.1")


def test_a_mistake_inside_an_alias_is_where_the_alias_is_used() -> None:
    text = "runs where config.lr > 1 and rate > 1"
    used, said = checked(text, aliases={"rate": alias("config.learning_rat")}).diagnostics
    assert used.code == "RQL532"
    assert text[said.span.start : said.span.end] == "rate"
    assert (said.hints[-1], said.fixes) == ("in the alias `rate`", ())


def test_an_alias_that_means_itself_is_an_error() -> None:
    found = checked("runs where a > 1", aliases={"a": alias("b + 1"), "b": alias("a + 1")})
    assert [d.message for d in found.diagnostics if d.is_error] == ["the alias `a` means itself: `a` → `b` → `a`"]


# ---------------------------------------------------------------- times

DAY = (at("2026-01-31"), at("2026-02-01"))
IS_DAY = TAnd(
    (
        TNot(TIs(CREATED, State.NULL)),
        TCompare(Comparison.GE, CREATED, DAY[0]),
        TCompare(Comparison.LT, CREATED, DAY[1]),
    )
)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("created = 2026-01-31", IS_DAY),
        ('created = "2026-01-31"', IS_DAY),
        ("2026-01-31 = created", IS_DAY),
        ("created in (2026-01-31)", IS_DAY),
        ("created != 2026-01-31", TNot(IS_DAY)),
        ("created < 2026-01-31", TCompare(Comparison.LT, CREATED, DAY[0])),
        ("created <= 2026-01-31", TCompare(Comparison.LT, CREATED, DAY[1])),
        ("created > 2026-01-31", TCompare(Comparison.GE, CREATED, DAY[1])),
        ("2026-01-31 < created", TCompare(Comparison.GE, CREATED, DAY[1])),
        ("created >= 2026-01-31", TCompare(Comparison.GE, CREATED, DAY[0])),
        (
            "created between 2026-01-31 and 2026-01-31",
            TAnd((TCompare(Comparison.GE, CREATED, DAY[0]), TCompare(Comparison.LT, CREATED, DAY[1]))),
        ),
        (
            "created between 2026-01-30T12:00 and 2026-01-31T12:00Z",
            TBetween(CREATED, at("2026-01-30T12:00"), at("2026-01-31T12:00")),
        ),
        ("created > 2026-01-31T12:00:00+02:00", TCompare(Comparison.GT, CREATED, at("2026-01-31T10:00"))),
        ('created > "2026-01-31 12:00"', TCompare(Comparison.GT, CREATED, at("2026-01-31T12:00"))),
        ("created > 7d ago", TCompare(Comparison.GT, CREATED, at("2026-11-16T19:00"))),
        ("created > -24h", TCompare(Comparison.GT, CREATED, at("2026-11-22T19:00"))),
        ("created >= today", TCompare(Comparison.GE, CREATED, at("2026-11-23"))),
        ("created > yesterday", TCompare(Comparison.GE, CREATED, at("2026-11-23"))),
        ("runtime > 2h", compare(TField(FieldKey(Space.RUN, ("runtime",))), ">", 7200)),
    ],
)
def test_a_time_is_absolute_and_a_date_is_its_whole_day(written: str, meant: TypedExpr) -> None:
    assert where(written) == meant


def test_days_are_those_of_the_zone_however_long() -> None:
    assert where("created <= 2026-03-29", zone=BERLIN) == TCompare(Comparison.LT, CREATED, at("2026-03-29T22:00"))
    assert where("created >= 2026-03-29", zone=BERLIN) == TCompare(Comparison.GE, CREATED, at("2026-03-28T23:00"))
    assert where("created >= today", zone=ZoneInfo("Asia/Tokyo")) == TCompare(
        Comparison.GE, CREATED, at("2026-11-23T15:00")
    )


def test_one_of_several_days() -> None:
    found = where("created in (2026-01-31, 2026-02-28T12:00)")
    assert found == TOr((IS_DAY, TCompare(Comparison.EQ, CREATED, at("2026-02-28T12:00"))))


# ---------------------------------------------------------------- parameters


@pytest.mark.parametrize(
    ("given", "value"),
    [
        (0.1, 0.1),
        (3, 3),
        (np.float32(0.5), 0.5),
        (np.int64(3), 3),
        (Decimal("0.25"), 0.25),
        (timedelta(minutes=1), 60),
        (np.timedelta64(1, "m"), 60),
        (pd.Timedelta(minutes=1), 60),
        (None, None),
    ],
)
def test_a_parameter_is_bound_as_a_value(given: object, value: object) -> None:
    found = where("config.lr = $v", params={"v": given})
    assert isinstance(found, TCompare)
    assert isinstance(found.right, TConst)
    assert (found.right.value, type(found.right.value)) == (value, type(value))


@pytest.mark.parametrize(
    "given",
    [
        date(2026, 1, 31),
        "2026-01-31",
    ],
)
def test_a_date_parameter_is_a_whole_day(given: object) -> None:
    assert where("created = $day", params={"day": given}) == IS_DAY


@pytest.mark.parametrize(
    "given",
    [
        datetime(2026, 1, 31, 12, tzinfo=UTC),
        datetime(2026, 1, 31, 13, tzinfo=BERLIN),
        datetime(2026, 1, 31, 12),
        np.datetime64("2026-01-31T12:00:00.000000000"),
        pd.Timestamp("2026-01-31T12:00Z"),
        "2026-01-31T12:00",
    ],
)
def test_a_time_parameter_is_a_time(given: object) -> None:
    assert where("created > $t", params={"t": given}) == TCompare(Comparison.GT, CREATED, at("2026-01-31T12:00"))


@pytest.mark.parametrize(
    "given",
    [
        ["a", "b"],
        ("a", "b"),
        {"b", "a"},
        np.array(["a", "b"]),
        pd.Series(["a", "b"]),
        pd.Index(["a", "b"]),
        pl.Series(["a", "b"]),
    ],
)
def test_a_list_parameter_is_its_values(given: object) -> None:
    found = where("id in $ids", params={"ids": given})
    assert found == TIn(TField(FieldKey(Space.RUN, ("id",))), (TConst("a"), TConst("b")))


def test_text_of_a_parameter_is_never_part_of_the_query() -> None:
    evil = '" or config.lr > 0 or name = "'
    assert where("name = $n", params={"n": evil}) == compare(TField(FieldKey(Space.RUN, ("name",))), "=", evil)


@pytest.mark.parametrize(
    ("text", "params", "code", "message"),
    [
        ("config.lr > $lrr", {"lr": 1}, "RQL207", "the parameter `$lrr` has no value"),
        ("config.lr = $v", {"v": [1]}, "RQL203", "`config.lr` is a number, and never compares with a list"),
        ("id in $v", {"v": [["a"]]}, "RQL203", "`$v` is a list, and never compares with text"),
        (
            "id = $v",
            {"v": b"a"},
            "RQL203",
            "the parameter `$v` is a value of the Python type `bytes`, which RunQL does not have",
        ),
        ("created > $v", {"v": pd.NaT}, "RQL203", "the parameter `$v` is a time that is missing (NaT)"),
        ("created > $v", {"v": "soon"}, "RQL205", '"soon" is not a date'),
        ("config.lr > $v", {"v": "a"}, "RQL203", "`config.lr` is a number, and never compares with text"),
        ("name ~ $v", {"v": "("}, "RQL204", "bad regular expression: missing )"),
        ("config.lr > 0 limit $v", {"v": 1.5}, "RQL209", "`limit` takes a whole number, and `$v` is `1.5`"),
        ("config.lr > 0 limit $v", {"v": True}, "RQL209", "`limit` takes a whole number, and `$v` is true"),
        ("config.lr > 0 limit $v", {"v": [1]}, "RQL209", "`limit` takes a whole number, and `$v` is a list"),
        ("config.lr > 0 limit $v", {"v": 0}, "RQL209", "`limit 0` must be at least 1"),
    ],
)
def test_a_parameter_that_does_not_fit(text: str, params: dict[str, object], code: str, message: str) -> None:
    found = checked(f"runs where {text}", params=params)
    assert found.query is None
    assert [(d.code, d.message) for d in found.diagnostics] == [(code, message)]


def test_a_missing_parameter_offers_the_nearest() -> None:
    (said,) = checked("runs where config.lr > $lrr", params={"lr": 1}).diagnostics
    assert (said.hints, [f.edits[0].text for f in said.fixes]) == (("nearest: `$lr`",), ["$lr"])


def test_an_empty_list_is_said_to_match_nothing() -> None:
    found = checked("runs where id in $ids", params={"ids": []})
    assert found.query is not None
    assert [d.code for d in found.diagnostics] == ["RQL212"]


def test_counts_may_be_parameters() -> None:
    query = typed("runs limit $n page $n sample $n", params={"n": np.int64(7)})
    assert (query.limit, query.page, query.histories) == (7, 7, HistoryPart(keys=None, samples=7))


# ---------------------------------------------------------------- aggregates and clauses


def test_the_x_of_an_argmin_is_that_of_the_query() -> None:
    assert where("argmin(logged.val/loss) < 10 x acc") == compare(
        TAggregate("argmin", "val/loss", x_axis="acc"), "<", 10
    )
    assert where("mean(logged.loss, last 100, approx) < 1") == compare(
        TAggregate("mean", "loss", last_rows=100, approx=True), "<", 1
    )


def test_whether_a_metric_was_logged() -> None:
    assert where("exists(logged.loss)") == TLogged("loss")
    assert where("missing(logged.loss)") == TNot(TLogged("loss"))
    assert where("not exists(logged.val/loss)") == TNot(TLogged("val/loss"))


def test_globs_and_what_they_leave_out() -> None:
    columns = typed("runs select config.* except (seed, config.model.*), name").columns
    config, seed, model = (FieldKey(Space.CONFIG, keys) for keys in (("*",), ("seed",), ("model", "*")))
    name = TField(FieldKey(Space.RUN, ("name",)))
    assert columns == (TColumn("config.*", glob=config, except_=(seed, model)), TColumn("name", value=name))


def test_the_source_and_the_rest_of_the_clauses() -> None:
    query = typed("runs from acme/vision, ./wandb order -summary.loss, lr limit 3 page 20 full with sweeps")
    assert query.sources == ("acme/vision", "./wandb")
    assert [(k.value, k.descending) for k in query.order] == [(LOSS, True), (LR, False)]
    assert (query.limit, query.page, query.lazy, query.with_sweeps) == (3, 20, False, True)


# ---------------------------------------------------------------- what is needed


@pytest.mark.parametrize(
    ("text", "config", "summary"),
    [
        ("runs where config.lr > 0 order -summary.loss", ("lr",), ("loss",)),
        ("runs where config.model.depth > 1", ("model", "model.depth"), ()),
        ("runs where config.`pbt.workspace` = 'a'", ("pbt.workspace",), ()),
        ("runs", None, None),
        ("runs where state = 'finished'", (), ()),
        ("runs select config.*, name", None, ()),
        ("runs keys loss", (), ()),
        ("count runs", (), ()),
        ("run abc", None, None),
    ],
)
def test_the_parts_of_a_run_that_a_query_reads(
    text: str, config: tuple[str, ...] | None, summary: tuple[str, ...] | None
) -> None:
    needed = needed_fields(typed(text))
    assert (needed.config, needed.summary) == (config, summary)


def test_the_histories_behind_values_are_needed() -> None:
    needed = needed_fields(typed("runs where min(logged.loss) < 1 and exists(logged.acc)"))
    assert (needed.aggregates, needed.logged, needed.history_keys) == ((TAggregate("min", "loss"),), ("acc",), True)
