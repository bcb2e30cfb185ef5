"""The frame and what it converts to."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import pytest
from hypothesis import given

from runql.errors import OutputError
from runql.extras import install_command
from runql.results.column_types import Shape
from runql.results.frame import Frame
from runql.semantic.values import MISSING
from tests.results.test_formats import frames


def test_rows_have_none_for_missing_and_the_columns_keep_the_difference() -> None:
    frame = Frame({"a": [1, MISSING], "b": [None, "x"]})
    assert [*frame.rows()] == [{"a": 1, "b": None}, {"a": None, "b": "x"}]
    assert frame.columns["a"][1] is MISSING
    assert (len(frame), frame.names) == (2, ("a", "b"))


def test_columns_of_unlike_length_are_refused() -> None:
    with pytest.raises(ValueError, match="differ in length"):
        Frame({"a": [1], "b": []})


def test_concat_fills_what_a_part_lacks() -> None:
    whole = Frame.concat([Frame({"a": [1]}), Frame({"b": [2]})], names=("b",))
    assert whole.names == ("b", "a")
    assert [*whole.tuples()] == [(MISSING, 1), (2, MISSING)]


@pytest.mark.parametrize(
    ("values", "shape"),
    [
        ([1, 2.5, MISSING], Shape.FLOAT),
        ([1, None], Shape.INT),
        ([True, 1], Shape.MIXED),
        ([2**64, 1], Shape.BIG),
        ([2**64, 0.5], Shape.BIG),
        ([2**53 + 1, 0.5], Shape.BIG),
        ([math.nan, -(2**53) - 1], Shape.BIG),
        ([2**53 + 1, MISSING], Shape.INT),
        ([2**53 + 2, 0.5], Shape.FLOAT),
        ([2**53, 0.5, math.inf], Shape.FLOAT),
        ([[1], MISSING], Shape.LIST),
        ([{"a": 1}, "x"], Shape.MIXED),
        ([None, MISSING], Shape.EMPTY),
    ],
)
def test_shapes(values: list[object], shape: Shape) -> None:
    assert Frame({"a": values}).shape("a") is shape


FRAME = Frame(
    {
        "seed": [1, MISSING, 3],
        "lr": [0.1, 1, MISSING],
        "amp": [True, MISSING, False],
        "when": [datetime(2026, 1, 1, tzinfo=UTC), MISSING, None],
        "name": ["a", None, MISSING],
        "either": [1, "a", [1]],
    }
)


def test_pandas_types() -> None:
    frame = FRAME.pandas()
    assert frame["seed"].dtype == "Int64"
    assert frame["seed"].sum() == 4
    assert frame["lr"].dtype == "float64"
    assert frame["amp"].dtype == "boolean"
    assert str(frame["when"].dtype.tz) == "UTC"  # type: ignore[union-attr]
    assert frame["name"].isna().tolist() == [False, True, True]
    assert frame["either"].tolist() == [1, "a", [1]]
    assert Frame({"a": [1, 2]}).pandas()["a"].dtype == "int64"


def test_polars_types() -> None:
    frame = FRAME.polars()
    assert [str(dtype) for dtype in frame.dtypes] == [
        "Int64",
        "Float64",
        "Boolean",
        "Datetime(time_unit='us', time_zone='UTC')",
        "String",
        "String",
    ]
    assert frame["seed"].to_list() == [1, None, 3]
    assert frame["either"].to_list() == ["1", "a", "[1]"]


@pytest.mark.parametrize("other", [0.5, math.nan, math.inf])
def test_whole_numbers_stay_exact_beside_others(other: float) -> None:
    """Two seeds that differ in the last digit stay two seeds, whatever else the column holds."""
    seeds = [2**53, 2**53 + 1, 2**64 + 1, other]
    frame = Frame({"seed": seeds})
    kept = frame.pandas()["seed"].tolist()
    assert kept[:3] == seeds[:3]
    assert len(set(map(str, kept))) == 4
    for texts in (frame.polars()["seed"].to_list(), frame.arrow()["seed"].to_pylist()):
        assert texts == [*map(repr, seeds)]
    assert frame.untyped == ("seed",)


def test_nan_and_missing_stay_apart_where_the_library_can() -> None:
    frame = Frame({"x": [math.nan, MISSING]})
    assert frame.arrow()["x"].null_count == 1
    assert frame.polars()["x"].null_count() == 1


@given(frames())
def test_no_values_are_too_unlike_to_convert(frame: Frame) -> None:
    assert frame.pandas().shape == (frame.length, len(frame.names))
    assert frame.polars().shape == (frame.length, len(frame.names))
    assert frame.arrow().shape == (frame.length, len(frame.names))
    assert frame.polars().columns == frame.arrow().column_names == list(frame.pandas().columns) == list(frame.names)


def test_a_missing_library_is_an_error_with_a_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "polars", None)
    with pytest.raises(OutputError) as error:
        FRAME.polars()
    assert error.value.diagnostics[0].hints == (f"install it with `{install_command('polars')}`",)


def test_a_short_look_says_how_much_there_is() -> None:
    assert repr(Frame({"a": [1, 2]})) == "a\n─\n1\n2\n2 rows × 1 column"
    assert "<div>30 rows × 1 column</div>" in Frame({"<b>": range(30)})._repr_html_()
