"""Each row of a `group` is a bar or a line's point of its own; where several are one, the chart says which and how."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import pytest

import runql
from runql.charts.chart import Chart
from runql.charts.clipping import QUARTILES
from runql.charts.vega.spec import notes_of
from tests.charts.test_honest import chart, runs, screen

MODELS, OPTIMIZERS, SEEDS = ("mlp", "cnn"), ("adam", "sgd", "lion"), (0, 1, 2, 3)
SETTINGS = [*product(MODELS, OPTIMIZERS, SEEDS)]
DATA = ("a", "b")


def values() -> runql.Connection:
    """A run a setting, of which each has a value of its own, on one of two sets of data."""
    configs = {
        f"r{at}": {"model": model, "optimizer": optimizer, "seed": seed, "data": DATA[seed % 2]}
        for at, (model, optimizer, seed) in enumerate(SETTINGS)
    }
    return runs(None, configs, **{run: {"acc": 2.0**-at} for at, run in enumerate(configs)})


def of_rows(made: Chart) -> list[float]:
    return sorted(y for panel in made.panels for series in panel.series for y in series.y)


@pytest.mark.parametrize("how", ["bar", "bar acc by optimizer", "bar acc vs model", "acc by config.model", ""])
def test_three_keys_are_a_bar_a_row(how: str) -> None:
    query = "runs | group config.data, config.model, config.optimizer : acc = mean(summary.acc), ci95(summary.acc)"
    source = values()
    rows = source.query(query).arrow().to_pylist()
    made = chart(source, f"{query} | plot {how}")
    assert of_rows(made) == sorted(row["acc"] for row in rows)
    assert made.panels[0].x.title.count(" / ") == 1
    assert {made.legend, *made.panels[0].x.title.split(" / ")} == {"config.data", "config.model", "config.optimizer"}
    assert not [note for note in notes_of(made) if "several rows" in note or "apart" in note]
    assert {series.interval for series in made.panels[0].series} == {"95 % interval of the mean"}


@pytest.mark.parametrize("how", ["by config.model", "bar acc vs optimizer", "bar acc by optimizer"])
def test_the_key_that_is_not_named_is_drawn_too(how: str) -> None:
    made = chart(values(), f"runs | group config.model, config.optimizer : acc = mean(summary.acc) | plot {how}")
    assert len(of_rows(made)) == len(MODELS) * len(OPTIMIZERS)
    assert {made.legend, made.panels[0].x.title} == {"config.model", "config.optimizer"}


def _lines(models: Sequence[str], how: str) -> Chart:
    named = ", ".join(f"'{model}'" for model in models)
    group = "group config.model, config.optimizer, config.seed : acc = mean(summary.acc)"
    return chart(values(), f"runs where config.model in ({named}) | {group} | plot line acc vs seed {how}")


def test_few_lines_have_all_keys() -> None:
    made = _lines(MODELS, "by model")
    assert made.legend == "config.model / config.optimizer"
    assert len(made.panels[0].series) == 6
    assert all(list(series.x) == [0.0, 1.0, 2.0, 3.0] for series in made.panels[0].series)


def many() -> runql.Connection:
    configs = {
        f"r{at}": {"model": model, "optimizer": optimizer, "seed": seed}
        for at, (model, optimizer, seed) in enumerate(product("abcde", OPTIMIZERS, SEEDS))
    }
    return runs(None, configs, **{run: {"acc": float(at)} for at, run in enumerate(configs)})


def test_of_many_lines_the_mean_at_each_x_is_said() -> None:
    group = "runs | group config.model, config.optimizer, config.seed : acc = mean(summary.acc)"
    made = chart(many(), f"{group} | plot line acc vs seed by model")
    first, *_ = made.panels[0].series
    assert (list(first.x), list(first.y)) == ([0.0, 1.0, 2.0, 3.0], [4.0, 5.0, 6.0, 7.0])
    said = "of 3 rows at one x, which differ in config.optimizer, each row counting once"
    assert f"each point of acc: the mean {said}" in made.notes
    band = chart(many(), f"{group} | plot line acc vs seed by model band")
    first, *_ = band.panels[0].series
    assert (first.interval, list(first.least), list(first.most)) == (QUARTILES, [0, 1, 2, 3], [8, 9, 10, 11])
    assert f"each point of acc: the median {said}" in band.notes


def test_a_band_of_single_rows_is_said() -> None:
    made = chart(values(), "runs | group config.seed : acc = mean(summary.acc) | plot line acc vs seed band")
    assert "no band of acc: one row alone at each x" in made.notes


def test_a_mean_of_means_says_how_its_rows_count() -> None:
    group = "runs | group config.model, config.optimizer : acc = mean(summary.acc), ci95(summary.acc)"
    made = chart(values(), f"{group} | drop config.optimizer | plot bar")
    said = "2 bars of several rows: their mean of acc, each row counting once, with nothing around it"
    assert said in notes_of(made)
    assert not [note for note in notes_of(made) if "whiskers" in note]


def test_a_band_of_each_value_has_its_quartiles_and_extremes() -> None:
    histories = {f"r{at}": [{"_step": step, "loss": at + step} for step in range(9)] for at in range(8)}
    source = runs(histories, {f"r{at}": {"kind": "ab"[at % 2]} for at in range(8)})
    made = chart(source, "runs keys loss scan | plot by config.kind band")
    for at, series in enumerate(made.panels[0].series):
        assert (series.y[0], series.low[0], series.high[0]) == (at + 3.0, at + 1.5, at + 4.5)
        assert (series.least[0], series.most[0], series.interval, series.colour) == (at, at + 6, QUARTILES, at)
    assert "band: quartiles; outer band: smallest to largest" in notes_of(made)
    assert "a (n=4) 11" in screen(made)
    assert "▒ quartiles  ░ smallest to largest" in screen(made)


def test_what_parts_nothing_is_said() -> None:
    histories = {
        f"r{at}": [{"_step": step, "_timestamp": 1e9 + step, "loss": at + step} for step in range(9)] for at in range(9)
    }
    source = runs(histories, {run: {"kind": "ab"[at % 2]} for at, run in enumerate(histories)})
    said = "all 9 runs in one band, though each differs in name"
    many = chart(source, "runs keys loss scan | plot by name")
    assert f"{said}: more than 8 find no room" in many.notes
    band = chart(source, "runs keys loss scan | plot by name band")
    assert f"{said}: a band is of several" in band.notes
    group = "runs keys loss scan | group config.kind : m = mean(loss), ci95(loss)"
    assert "no log axis of config.kind: categories have none" in chart(source, f"{group} | plot log x").notes
    times = chart(source, "runs keys loss, _timestamp scan | plot loss vs _timestamp log x")
    assert "no log axis of _timestamp: times have none" in times.notes
