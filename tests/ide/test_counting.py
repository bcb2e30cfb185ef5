"""How many runs match while a condition is typed: counted as a query would count them, or estimated and said so."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import runql
from runql.ide.completion.complete import complete
from runql.ide.context import Context
from runql.ide.counting import counts
from runql.ide.diagnostics import is_unfinished
from runql.ide.loaded_runs import LoadedRuns
from runql.semantic.record import RunRecord
from runql.session import Session
from runql.sources.protocol import PageRequest, Wanted

CONDITIONS = (
    "config.lr > 0.01",
    "config.lr < 0.001",
    "config.optimizer = 'adam'",
    "config.optimizer != 'adam'",
    "config.optimizer in ('adam', 'sgd')",
    "config.lr between 0.001 and 0.1",
    "0.01 <= config.lr",
    "tags has 'sweep'",
    "tags has any ('sweep', 'baseline')",
    "untagged",
    "missing(config.momentum)",
    "config.momentum is null",
    "state = 'finished'",
    "summary.val/acc > 0.97",
    "summary.loss > summary.val/loss",
    "created > 1d ago",
)


@pytest.fixture(scope="module")
def world() -> tuple[Context, tuple[RunRecord, ...]]:
    with Session("demo") as session:
        place = session.place()
        page = place.service.runs_page(PageRequest("", "", per_page=1000, wanted=Wanted(config=None, summary=None)))
        catalog = session.catalog(metrics=True)
    return Context(catalog=catalog, source_name="demo"), tuple(page.runs)


conditions = st.recursive(
    st.sampled_from(CONDITIONS),
    lambda inner: st.one_of(
        st.builds("({} and {})".format, inner, inner),
        st.builds("({} or {})".format, inner, inner),
        st.builds("not ({})".format, inner),
    ),
    max_leaves=4,
)


@given(condition=conditions)
@settings(deadline=None, max_examples=60)
def test_runs_at_hand_are_counted_as_the_query_counts_them(
    world: tuple[Context, tuple[RunRecord, ...]], condition: str
) -> None:
    context, records = world
    found = counts(f"runs where {condition} ", len("runs where "), context, records)
    assert found is not None
    assert not found.about
    (row,) = runql.query(f"count runs where {condition}", source="demo")
    assert found.matching == row["count"]


@given(condition=conditions)
@settings(deadline=None, max_examples=60)
def test_an_estimate_is_a_number_of_runs(world: tuple[Context, tuple[RunRecord, ...]], condition: str) -> None:
    context, _ = world
    found = counts(f"runs where {condition}", 3, context)
    assert found is not None
    assert found.about
    assert 0 <= found.matching <= found.total == 64


@pytest.mark.parametrize("condition", CONDITIONS[:12])
def test_an_estimate_is_near(world: tuple[Context, tuple[RunRecord, ...]], condition: str) -> None:
    context, records = world
    about = counts(f"runs where {condition}", 3, context)
    exact = counts(f"runs where {condition}", 3, context, records)
    assert about is not None
    assert exact is not None
    assert abs(about.matching - exact.matching) <= 0.25 * exact.total


def test_fields_that_runs_lack_are_named(world: tuple[Context, tuple[RunRecord, ...]]) -> None:
    context, records = world
    text = "runs where summary.val/acc > 0.9 order config.momentum"
    found = counts(text, 3, context, records)
    assert found is not None
    assert ("val/acc", 3) in found.without
    assert counts(text, 3, context) == replace(found, matching=counts(text, 3, context).matching, about=True)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "text",
    [
        "runs where config.optimiser = 1",
        "run abc",
        "runs where max(logged.loss) > 1",
        "runs from elsewhere where config.lr > 1",
        "show tags",
        "",
    ],
)
def test_what_is_not_known_at_once_is_not_counted(world: tuple[Context, tuple[RunRecord, ...]], text: str) -> None:
    context, records = world
    assert counts(text, len(text), context, records) is None


def test_without_a_catalog_nothing_is_counted() -> None:
    assert counts("runs where config.lr > 1", 3, Context()) is None


@pytest.mark.parametrize(
    ("text", "unfinished"),
    [
        ("runs", False),
        ("runs where", True),
        ("runs where (config.lr > 1", True),
        ("runs where config.lr > 1 and", True),
        ("runs |", True),
        ("runs keys loss,", True),
        ("let a =", True),
        ("runs where name = 'open", False),
        ("runs wher config.lr >", False),
        ("runs where config.lr > 1 # and", False),
        ("runs;", False),
        ("# only a comment", False),
        ("", False),
    ],
)
def test_whether_a_text_goes_on(text: str, unfinished: bool) -> None:
    assert is_unfinished(text) is unfinished


@pytest.mark.parametrize(
    "inner", ["config.seed in (runs select config.seed)", "config.lr > value(runs | group : max(config.lr))"]
)
def test_no_inner_question_is_asked_for_a_count_or_a_menu(
    world: tuple[Context, tuple[RunRecord, ...]], inner: str
) -> None:
    context, records = world
    context = replace(context, values_of=LoadedRuns(records, context))
    text = f"runs where {inner} and config.optimizer = "
    assert counts(f"{text}'adam'", len(text), context, records) is None
    assert '"adam"' in {item.label for item in complete(text, len(text), context).items}
