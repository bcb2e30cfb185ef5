"""The names around a join: queries that there are not, tables before their keys, queries where values stand."""

from __future__ import annotations

from pathlib import Path

import pytest

from runql import config
from runql.errors import QueryError, RunQLError, SourceError
from runql.ide.completion.complete import complete
from runql.session import Result, Session
from runql.session.language_context import context_of
from runql.sources.memory import MemoryService
from runql.text.diagnostic import Diagnostic

RUNS = [
    {"id": f"r{at}", "config": {"data": "ab"[at % 2], "seed": at % 3}, "summary": {"acc": at / 10}} for at in range(6)
]
LETS = (
    "let base = runs | group config.data : top = max(summary.acc) | drop n; let low = runs limit 2 select config.seed; "
)


def session(folder: Path | None = None) -> Session:
    saved = (folder,) if folder is not None else ()
    return Session(MemoryService(RUNS), config.Settings(saved=saved))


def said(text: str, made: Session) -> tuple[RunQLError, Diagnostic]:
    with pytest.raises(RunQLError) as caught:
        made.run(text)
    (only,) = caught.value.diagnostics
    return caught.value, only


@pytest.mark.parametrize(
    "text",
    [
        "runs | join other on id",
        "runs | union other",
        "runs from other",
        "runs where config.seed in (runs from other select config.seed)",
        "runs | join (runs from other | limit 1) on id",
    ],
)
def test_a_name_that_is_no_source_stands_at_its_place(text: str, tmp_path: Path) -> None:
    (tmp_path / "mine.rql").write_text("runs limit 1")
    error, one = said(LETS + text, session(tmp_path))
    assert isinstance(error, SourceError) and error.source is not None
    assert (one.code, one.message) == ("RQL511", "there is no query and no source `other`")
    assert error.source.text[one.span.start : one.span.end] == "other"
    assert one.hints[0] == "queries with a name: `base`, `@mine`, `low`"


def test_without_queries_it_says_how_one_gets_a_name() -> None:
    _, one = said("runs | join other on id", session())
    assert one.hints[0] == "a query gets a name with `let other = runs …;`"


def test_the_nearest_query_comes_first_and_is_offered(tmp_path: Path) -> None:
    (tmp_path / "others.rql").write_text("runs limit 1")
    error, one = said(f"{LETS}runs | join other on id", session(tmp_path))
    assert one.hints[:2] == ("nearest: `@others`", "queries with a name: `@others`, `base`, `low`")
    assert error.source is not None
    (edit,) = one.fixes[0].edits
    text = error.source.text
    assert text[: edit.span.start].endswith("join ") and edit.text == "@others"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("runs | join base on base.config.data = config.data", "runs | join base on config.data"),
        ("runs | join base on runs.config.data = base.config.data", "runs | join base on config.data"),
        ("runs | join base on base.config.data", "runs | join base on config.data"),
        ("runs | join low on low.config.seed = r.config.seed", "runs | join low on config.seed"),
        (
            "runs | join (runs | group config.data as d : top = max(summary.acc)) on b.d = a.config.data",
            "runs | join (runs | group config.data as d : top = max(summary.acc)) on config.data = d",
        ),
        (
            "runs | join (runs | group config.data as d : top = max(summary.acc)) on d = config.data",
            "runs | join (runs | group config.data as d : top = max(summary.acc)) on config.data = d",
        ),
        ("runs where config.seed in (low)", "runs where config.seed in (runs from low)"),
        ("runs where config.seed not in (low)", "runs where config.seed not in (runs from low)"),
        ("runs where config.seed = top", "runs where config.seed = value(runs from top)"),
    ],
)
def test_what_is_offered_runs(written: str, meant: str) -> None:
    lets = f"{LETS}let top = runs | group : max(config.seed); "
    made = session()
    with pytest.raises(QueryError) as caught:
        made.run(lets + written)
    (one,) = caught.value.diagnostics
    (edit,) = one.fixes[0].edits
    text = lets + written
    fixed = text[: edit.span.start] + edit.text + text[edit.span.end :]
    assert fixed == lets + meant
    result = session().run(fixed)[-1]
    assert isinstance(result, Result) and list(result)


def test_an_editor_knows_the_columns_of_a_saved_query(tmp_path: Path) -> None:
    """Also of one with a parameter that has no value yet; of none that has a mistake, or that there is not."""
    (tmp_path / "tops.rql").write_text(
        "param least: float; let all = runs where summary.acc > $least;"
        "runs from all | group config.data : top = max(summary.acc) | drop n"
    )
    (tmp_path / "bad.rql").write_text("runs where")
    made = session(tmp_path)
    known = context_of(made, {}, None)
    for text, columns in (
        ("runs | join @tops on config.data = ", {"config.data", "top"}),
        ("runs from @tops | where ", {"config.data", "top"}),
        ("runs | join @bad on config.data = ", set()),
        ("runs | join @none on config.data = ", set()),
    ):
        offered = [item.label for item in complete(text, len(text), known).items]
        assert columns <= set(offered) and ("summary." in offered) is False, text
