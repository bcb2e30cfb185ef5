"""`offset K limit N` is rows K to K + N of the same query without them, whoever holds the runs."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runql import config
from runql.session import Result, Session
from runql.sources.open import SourcePlace
from tests.contract.backends import Source

QUERIES = st.sampled_from(
    [
        "runs select id",
        "runs order -created select id",
        "runs order -summary.loss select id, summary.loss",
        "runs order config.lr, -created select id",
        "runs where config.lr > 0.001 or missing(config.lr) order -created select id",
        "runs where summary.loss != 3 and len(name) > 1 order -created select id, config.lr",
        'runs where state = "finished" select id',
    ]
)
PAGES = st.sampled_from(["", " page 1", " page 3"])


def rows_of(source: Source, text: str) -> list[tuple[object, ...]]:
    asked = Session(source.service, config.Settings(), now=datetime(2026, 1, 1, tzinfo=UTC), zone=UTC)
    asked._places = {}
    place = SourcePlace("sample", source.service, source.entity, source.project)
    asked._places["sample"] = place
    (result,) = asked.run(text.replace("runs", "runs from sample", 1))
    assert isinstance(result, Result)
    return [tuple(map(repr, row.values())) for row in result]


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(query=QUERIES, page=PAGES, offset=st.integers(0, 10), limit=st.none() | st.integers(1, 10))
def test_an_offset_leaves_out_the_first_runs(
    source: Source, query: str, page: str, offset: int, limit: int | None
) -> None:
    whole = rows_of(source, query + page)
    cut = "" if limit is None else f" limit {limit}"
    stop = None if limit is None else offset + limit
    assert rows_of(source, f"{query}{page}{cut} offset {offset}") == whole[offset:stop]
    staged = "" if limit is None else f" | limit {limit}"
    assert rows_of(source, f"{query}{page} | offset {offset}{staged}") == whole[offset:stop]
