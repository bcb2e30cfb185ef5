"""What a question of pandas means is what RunQL offers for it: pandas itself answers both."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest

import runql
from runql.syntax import parse

ROWS = [
    "df[df.loss.isna()]",
    "df[df.loss.notna()]",
    "df[df.notes.isna()]",
    "df[~(df.lr > 0.1)]",
    "df[(df.lr > 0.01) & (df.optimizer == 'adam')]",
    "df[(df.name == 'a|b') | (df.lr > 1)]",
    "df[df.lr.between(0.001, 0.1, inclusive='left')]",
    "df[df.name.str.contains('sgd|adam')]",
    "df[df.name.str.contains('a.am', case=False)]",
    "df[~df.optimizer.isin(['adam'])]",
    "df[df.name.str.startswith(('lr', 'base'))]",
    "df[df.acc > df.acc.mean()]",
    "df[(df.lr * 10 - 1) / 2 > -(df.acc)]",
    "df[np.log10(df.lr) < -2]",
    "df[df.seed // 2 == 1]",
    "df[df.tags.apply(lambda t: 'lr' in t)]",
    "df.query('lr > 0.01 and optimizer == \"adam\"')",
    "df.dropna(subset=['loss', 'momentum'], how='all')",
    "df.drop_duplicates(subset=['lr', 'seed'])",
    "df.drop_duplicates(subset=['lr'], keep=False)",
    "df.sort_values('acc', key=abs).iloc[5:8][['name']]",
    "df.nlargest(3, ['acc', 'loss'])[['name']]",
]
NUMBERS = [
    "df.acc.std(ddof=0)",
    "df.acc.var(ddof=0)",
    "df.acc.sem()",
    "df.loss.median()",
    "df.loss.quantile(0.9)",
    "df.loss.count()",
    "df.loss.nunique()",
    "df.loss.sum()",
]
GROUPS = [
    "df.groupby('optimizer')['loss'].size()",
    "df.groupby('optimizer')['loss'].count()",
    "df.groupby('optimizer').loss.std(ddof=0)",
    "df.groupby('optimizer').acc.quantile(0.1)",
    "df.groupby('optimizer').acc.agg('max')",
    "df.groupby('optimizer')['acc'].mean().round(3)",
]


@cache
def frame() -> pd.DataFrame:
    found = runql.query("runs select name, notes, tags, config.*, summary.*", source="demo").pandas()
    found = found.rename(columns=lambda name: name.removeprefix("config.").removeprefix("summary."))
    numbers = ["loss", "acc", "lr", "momentum", "seed"]
    return found.astype(dict.fromkeys(numbers, float))


def answers(text: str) -> tuple[object, pd.DataFrame]:
    """What pandas says, and what is offered."""
    (found,) = parse(text).diagnostics
    offered = runql.query(found.fixes[0].edits[0].text, source="demo").pandas()
    return eval(text, {"df": frame(), "np": np}), offered


@pytest.mark.parametrize("text", ROWS)
def test_the_rows_are_those_of_pandas(text: str) -> None:
    judged, offered = answers(text)
    assert isinstance(judged, pd.DataFrame)
    assert set(judged["name"]) == set(offered["name"])
    assert len(judged) == len(offered)


@pytest.mark.parametrize("text", NUMBERS)
def test_the_number_is_that_of_pandas(text: str) -> None:
    judged, offered = answers(text)
    assert offered.iloc[:, 0].astype(float).tolist() == pytest.approx([judged])


@pytest.mark.parametrize("text", GROUPS)
def test_the_groups_are_those_of_pandas(text: str) -> None:
    judged, offered = answers(text)
    assert isinstance(judged, pd.Series)
    columns = [name for name in offered.columns if name not in ("config.optimizer", "n")] or ["n"]
    values = offered.set_index("config.optimizer")[columns[0]].astype(float)
    # Of one value RunQL knows no spread, which the hint says; the others are the same.
    same = values.dropna().index
    assert len(same) >= 3
    assert values[same].to_dict() == pytest.approx(judged[same].astype(float).to_dict())
