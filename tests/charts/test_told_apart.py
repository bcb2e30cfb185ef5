"""What a chart must not take for one: long names, rows of one bar, and what has no value."""

from __future__ import annotations

import pytest

import runql
from runql.charts.chart import Axis, Chart, Mark, Panel, Polyline, Scale
from runql.charts.short_names import short_names
from runql.charts.vega.spec import vega_lite
from runql.sources.memory import MemoryService
from runql.text.widths import cell_width
from tests.charts.test_honest import NAN, chart, curve, runs, screen

_LONG = "a-long-beginning-that-all-names-of-a-sweep-have-in-common-and-that-is-longer-than-any-label-{}-" + "end-" * 20


def test_long_names_are_never_taken_for_one() -> None:
    names = [_LONG.format(word) for word in ("cnn", "mlp", "vit")]
    configs = {f"r{at}": {"model": names[at % 3], "width": at} for at in range(6)}
    source = runs(None, configs, **{f"r{at}": {"acc": float(at)} for at in range(6)})
    for shape in ("bar summary.acc vs config.model", "box summary.acc by config.model"):
        made = chart(source, f"runs | plot {shape}")
        assert made.panels[0].x.categories == tuple(names)
        for text in (screen(made, width=60), screen(made, width=40, unicode=False)):
            assert len({line.split("|")[0].split("│")[0] for line in text.splitlines()[1:4]}) == 3, text
        labels = str(vega_lite(made)["vconcat"]).replace("\\\\u2026", "…")
        assert all(f"{word}…" in labels for word in ("cnn", "mlp", "vit")), labels
    points = chart(source, "runs | plot scatter summary.acc vs config.width by config.model")
    assert [one.name for one in points.panels[0].series] == names


@pytest.mark.parametrize(
    "names", [("x" * 50 + "a", "x" * 50 + "b"), ("日本語" * 9 + "一", "日本語" * 9 + "二"), ("a" * 50, "a" * 51)]
)
def test_names_in_little_room_differ_and_fit(names: tuple[str, ...]) -> None:
    for width in (6, 12, 40):
        cut = short_names(names, width)
        assert len({*cut.values()}) == len(names)
        assert all(cell_width(text) <= width for text in cut.values())


def test_rows_of_one_bar_are_kept_apart_or_said() -> None:
    source = runql.connect(
        MemoryService([{"id": one, "name": "same", "summary": {"acc": acc}} for one, acc in (("a", 1.0), ("b", 3.0))])
    )
    made = chart(source, "runs | plot bar summary.acc vs name")
    assert made.panels[0].x.categories == ("same (a)", "same (b)")
    made = chart(source, "runs | derive k = 1 | plot bar summary.acc vs k")
    assert list(made.panels[0].series[0].y) == [2.0]
    assert "1 bar of several rows: their mean of summary.acc" in made.notes


def test_lines_without_a_colour_are_grey_and_counted() -> None:
    source = runs(
        None,
        {f"r{at}": {"lr": at} for at in range(9)},
        **{f"r{at}": {"acc": NAN if at == 4 else float(at)} for at in range(9)},
    )
    made = chart(source, "runs | plot parallel config.lr, summary.acc")
    assert "1 of 9 lines without summary.acc, so grey" in made.notes
    layers = vega_lite(made)["vconcat"][0]["layer"]
    assert [one["transform"] for one in layers if "transform" in one] == [
        [{"filter": "!isValid(datum.colour)"}],
        [{"filter": "isValid(datum.colour)"}],
    ]


def test_the_largest_floats_have_places_on_parallel_axes() -> None:
    values = (-1e308, 0.0, 1e308)
    source = runs(
        None, {f"r{at}": {"lr": at} for at in range(3)}, **{f"r{at}": {"acc": one} for at, one in enumerate(values)}
    )
    rows = vega_lite(chart(source, "runs | plot parallel config.lr, summary.acc"))["datasets"]["panel_1"]
    assert [row["place"] for row in rows if row["axis"] == "acc"] == [0.0, 0.5, 1.0]


def test_a_row_is_counted_once_though_it_lacks_two_columns() -> None:
    source = runs(None, {"a": {"lr": 1}, "b": {}, "c": {"lr": "x"}}, a={"acc": 1.0}, b={}, c={"acc": 1.0})
    made = chart(source, "runs | plot summary.acc vs config.lr")
    assert any("1 without config.lr and without summary.acc" in note for note in made.notes), made.notes


def test_runs_and_rows_without_a_value_are_said() -> None:
    source = runs({"a": curve(range(3)), "b": curve(range(3)), "c": [{"_step": 0, "other": 1}]})
    made = chart(source, "runs keys loss scan | derive d = loss - lag(loss) | plot d")
    assert "1 of 3 runs have no row here, so are not drawn" in made.notes
    assert "2 of 6 rows without d not drawn" in made.notes


def test_log_axes_count_medians_as_medians() -> None:
    source = runs({f"r{at}": curve(range(5), at - 4.5) for at in range(9)})
    made = chart(source, "runs keys loss scan | plot log y")
    assert "5 medians of loss not on the log axis: not positive" in made.notes
    rows = vega_lite(made)["datasets"]["panel_1"]
    assert not any(row.get("outer_lone") for row in rows), "the outer band is an area throughout"


def test_cells_without_a_number_are_not_those_that_never_ran() -> None:
    configs = {f"r{at}": {"lr": at % 2, "size": at // 2} for at in range(3)}
    source = runs(None, configs, r0={"loss": 1e-6}, r1={"loss": 1.0}, r2={"loss": NAN})
    made = chart(source, "runs | plot heat summary.loss vs config.lr by config.size")
    assert [cell.text for cell in made.panels[0].cells] == ["1e-06", "1", "NaN"]
    assert "(log)" in screen(made)
    assert "NaN" in screen(made)
    spec = vega_lite(made)["vconcat"][0]["layer"]
    assert spec[0]["encoding"]["color"]["scale"]["type"] == "log"


def test_seconds_since_1970_are_drawn_as_times() -> None:
    rows = [{"_step": at, "_timestamp": 1.7e9 + at, "loss": 1.0} for at in range(3)]
    made = chart(runs({"a": rows}), "runs keys loss, _timestamp scan | plot loss vs _timestamp")
    assert made.panels[0].x.scale is Scale.TIME


def test_a_text_that_reads_like_a_number_is_not_that_number() -> None:
    source = runs(
        None,
        {"a": {"k": 1}, "b": {"k": "1"}, "c": {}, "d": {"k": "(missing)"}},
        a={"acc": 1.0},
        b={"acc": 2.0},
        c={"acc": 3.0},
        d={"acc": 4.0},
    )
    for shape in ("box summary.acc by config.k", "bar summary.acc vs config.k"):
        axis = chart(source, f"runs | plot {shape}").panels[0].x
        assert {*axis.categories} == {"1", '"1"', "(missing)", '"(missing)"'}
    made = chart(source, "runs | plot parallel config.k, summary.acc")
    assert made.panels[0].axes[0].categories == ("1", '"1"', "(missing)")


def test_points_of_a_front_that_lie_on_others_are_counted() -> None:
    numbers = {"a": (1.0, 1.0), "b": (1.0, 1.0), "c": (0.0, 2.0)}
    source = runs(None, None, **{one: {"x": x, "y": y} for one, (x, y) in numbers.items()})
    made = chart(source, "runs | pareto max summary.x, min summary.y | plot")
    assert "1 of the 2 points of the front lies on others" in made.notes


def test_the_ends_of_a_narrow_axis_of_times_differ() -> None:
    axes = (Axis("created", Scale.TIME), Axis("acc"), Axis("val"), Axis("lr"), Axis("n"))
    lines = tuple(Polyline(name, name, (1.7e9 + 3600 * at, at, at, at, at)) for at, name in enumerate("ab"))
    text = screen(Chart((Panel(Mark.PARALLEL, Axis(""), Axis(""), axes=axes, polylines=lines),)), width=40)
    assert "23:13" in text
    assert "22:13" in text


def test_colours_of_the_largest_floats_differ() -> None:
    values = (-1e308, 1e308, *range(8))
    source = runs(
        None, {f"r{at}": {"lr": at} for at in range(10)}, **{f"r{at}": {"acc": one} for at, one in enumerate(values)}
    )
    spec = vega_lite(chart(source, "runs | plot parallel config.lr, summary.acc"))
    colours = [row["colour"] for row in spec["datasets"]["panel_1"] if row["axis"] == "acc"]
    assert colours[:3] == [-2.5e307, 2.5e307, 0]
    assert "(datum.value * 4)" in str(spec["vconcat"])


def test_a_mean_outside_its_quartiles_is_said() -> None:
    histories = {f"r{at}": curve(range(20), 1e9 if at == 0 else 1.0) for at in range(9)}
    query = "runs keys loss scan | group _step : m = mean(loss), lo = p25(loss), hi = p75(loss) | plot"
    made = chart(runs(histories), query)
    assert "at 20 of 20 x m lies outside its quartiles, drawn there by few values" in made.notes
