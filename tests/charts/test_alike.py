"""What is alike reads alike: digits of one chart, the order of values in all charts, and series that none can see."""

from __future__ import annotations

import math

import pytest

from runql.charts.numbers import alike, short, spreads_alike
from runql.charts.vega.axes import log_ticks
from tests.charts.test_honest import chart, curve, runs, screen


def test_a_line_under_others_is_said_to_be() -> None:
    rows = curve(range(9))
    made = chart(runs({"x-one": rows, "x-two": rows, "x-low": curve(range(9), 0.1)}), "runs keys loss scan | plot")
    for color in (False, True):
        assert "not seen, as others lie over all of it: two\n" in screen(made, color=color).replace("\x1b[0m", "")
    apart = chart(runs({"x-one": rows, "x-two": curve(range(9), 0.5)}), "runs keys loss scan | plot")
    assert "not seen" not in screen(apart)


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ((0.72, 0.7683), ["0.7200", "0.7683"]),
        ((0.97347, 0.06053), ["0.9735", "0.0605"]),
        ((12, 3, 0), ["12", "3", "0"]),
        ((1234.5, 56.78, 56.9), ["1,234", "56.78", "56.9"]),
        ((1e-9, 2e-9), ["1e-9", "2e-9"]),
        ((1e6, 0.5), ["1,000,000", "0.5"]),
        ((math.inf, 0.5), ["inf", "0.5"]),
        ((), []),
    ],
)
def test_numbers_below_each_other_have_as_many_decimals(values: tuple[float, ...], texts: list[str]) -> None:
    written = [f"{value:g}" if math.isinf(value) else short(value) for value in values]
    assert alike(values, lambda value: written[values.index(value)]) == texts
    assert spreads_alike([0.017, 0.0028]) == ["0.0170", "0.0028"]


def test_a_log_axis_within_one_decade_has_round_ticks() -> None:
    assert log_ticks(math.log10(0.51143), math.log10(0.863836)) == pytest.approx([0.6, 0.7, 0.8])


def test_values_come_in_one_order_in_all_charts() -> None:
    kinds = ("mlp", "cnn", "vit", "cnn", "mlp", "vit")
    histories = {f"r{at}": curve(range(3), at + 1.0) for at in range(6)}
    source = runs(histories, {f"r{at}": {"kind": kind} for at, kind in enumerate(kinds)})
    bars = chart(source, "runs keys loss scan | group config.kind : m = mean(loss) | plot")
    assert bars.panels[0].x.categories == ("cnn", "mlp", "vit")
    boxes = chart(source, "runs keys loss scan | plot box loss by config.kind")
    assert [box.name for box in boxes.panels[0].boxes] == ["cnn", "mlp", "vit"]
    lines = chart(source, "runs keys loss scan | plot by config.kind")
    assert [series.name.split()[0] for series in lines.panels[0].series] == ["cnn", "mlp", "vit"]
    ordered = chart(source, "runs keys loss scan | group config.kind, name : m = mean(loss) | order -m | plot bar")
    assert ordered.panels[0].x.categories == ("vit", "mlp", "cnn"), "an order that was asked for stays"
