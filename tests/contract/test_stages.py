"""Stages that make other rows of the runs: the same answer, and the same said of it, whoever holds the runs."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from runql import config
from runql.session import Result, Session
from runql.sources.open import SourcePlace
from tests.contract.backends import Source

SAID_OF_ROWS = ("RQL312", "RQL313", "RQL331", "RQL350", "RQL562", "RQL563")
FINITE = "runs where summary.loss < 2"
RANKS = "select id, rank() over (order by loss desc) as r from _ order by r"


def asked(source: Source, text: str) -> tuple[list[tuple[object, ...]], list[str]]:
    """The rows, numbers to nine digits, and what was said of rows that were left out."""
    session = Session(source.service, config.Settings(), now=datetime(2030, 1, 1, tzinfo=UTC), zone=UTC)
    session._places[""] = SourcePlace("sample", source.service, source.entity, source.project)
    result = session.run(text)[-1]
    assert isinstance(result, Result)
    rows = [tuple(round(cell, 9) if isinstance(cell, float) else cell for cell in row.values()) for row in result]
    return rows, [one.code for one in result.notices if one.code in SAID_OF_ROWS]


CASES: list[tuple[str, list[tuple[object, ...]], list[str]]] = [
    (
        "runs | unnest config.layers as layer | where id != 'eta' | select id, layer",
        [("alpha", 64), ("alpha", 32), ("gamma", 128)],
        ["RQL313"],
    ),
    (
        "runs | unnest config.layers as layer | group id : n = count() | select id, n",
        [("alpha", 2), ("eta", 1), ("gamma", 1)],
        ["RQL313"],
    ),
    ("runs | histogram summary.loss bins 2", [(0.1, 0.55, 2), (0.55, 1, 2)], ["RQL312"]),
    (
        f"{FINITE} and exists(group) and group is not null | histogram summary.loss bins 2 by group",
        [("g1", 0.1, 0.55, 1), ("g1", 0.55, 1, 1), ("g2", 0.1, 0.55, 0), ("g2", 0.55, 1, 1)],
        [],
    ),
    (
        f"{FINITE} | derive r = rank() over all order -summary.loss | select id, r",
        [("alpha", 4), ("beta", 1), ("gamma", 2), ("zeta", 3)],
        [],
    ),
    (
        "runs | derive n = row_number() over group order -created | where n = 1 | select id",
        [("beta",), ("delta",), ("theta",)],
        [],
    ),
    (
        "runs | derive m = mean(summary.loss) over group | where group is not null | select id, m",
        [("alpha", 0.55), ("beta", 0.55), ("gamma", 0.7), ("delta", 0.7)],
        ["RQL312"],
    ),
    (
        "runs where id in ('alpha', 'beta') keys loss scan | derive d = delta(loss), b = cummin(loss)"
        " | last 1 | select run_id, _step, d, b",
        [("alpha", 9, round(1 / 10 - 1 / 9, 9), 0.1), ("beta", 2, -1, 1)],
        [],
    ),
    (
        f'{FINITE} select id, summary.loss as loss | sql "{RANKS}"',
        [("beta", 1), ("gamma", 2), ("zeta", 3), ("alpha", 4)],
        [],
    ),
    ('runs select config.lr as lr | sql "select count(*) as n, count(lr) as lrs from _"', [(8, 5)], []),
]


@pytest.mark.parametrize(("text", "expected", "said"), CASES, ids=[text for text, _, _ in CASES])
def test_a_stage_gives_the_same(source: Source, text: str, expected: list[tuple[object, ...]], said: list[str]) -> None:
    assert asked(source, text) == (expected, said)


def test_a_chart_of_histories(source: Source) -> None:
    """The lines, their runs and their names are those of the backend that holds them."""
    session = Session(source.service, config.Settings(), now=datetime(2030, 1, 1, tzinfo=UTC), zone=UTC)
    session._places[""] = SourcePlace("sample", source.service, source.entity, source.project)
    result = session.run("runs where id in ('alpha', 'beta') order id keys loss scan | plot loss log y")[-1]
    assert isinstance(result, Result)
    (panel,) = result.chart.panels
    drawn = [(one.runs, len(one.x), round(one.y[0], 9), round(one.last or 0.0, 9)) for one in panel.series]
    assert drawn == [(("alpha",), 10, 1.0, 0.1), (("beta",), 3, 3.0, 1.0)]
    assert set(result.chart.source.runs) == {"alpha", "beta"}


@pytest.mark.parametrize(
    "text",
    [
        "runs where exists(config.lr) | select id, config.*",
        "runs order config.lr | select config.*, id",
        "runs select config.lr, config.*",
        "runs where exists(config.lr) select config.* keys loss",
        "runs select config.lr, config.* keys loss",
        "runs | derive twice = config.lr * 2 | select config.*",
    ],
)
def test_a_field_that_is_named_and_matched_by_a_star_is_one_column(source: Source, text: str) -> None:
    """A second column `config.lr_2` would part the groups by it, and be a second setting for `corr` and `diff`."""
    session = Session(source.service, config.Settings(), now=datetime(2030, 1, 1, tzinfo=UTC), zone=UTC)
    session._places[""] = SourcePlace("sample", source.service, source.entity, source.project)
    result = session.run(text)[-1]
    assert isinstance(result, Result)
    names = list(result.frame.columns)
    assert names.count("config.lr") == 1
    assert not [name for name in names if name.endswith("_2")]
