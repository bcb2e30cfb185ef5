"""YAML: whatever a result holds is what `yaml.safe_load` gives back, and a sweep is one that W&B runs."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from runql.results.cell_text import iso
from runql.results.formats.formats import FORMATS, Output, said
from runql.results.formats.yaml_text import yaml_text
from runql.results.frame import Frame
from runql.semantic.values import MISSING, Value
from tests.results.test_formats import TEXT, VALUES, written

WORDS = [
    *("on", "Off", "yes", "NO", "y", "N", "true", "False", "null", "~", "", "none", "NaN", ".nan", "nan", "-.inf"),
    *("1", "1e5", "1e-05", "0x1f", "0o17", "017", "1_000", "1:30", "190:20:30", "+.5", "=", "<<", "1.", "-", "- a"),
    *("2026-01-31", "2026-01-31T12:00:00Z", "2026-01-31 12:00:00.5 +1", "12:00"),
    *("a: b", "a #b", "# a", "'a'", '"a"', "[a]", "{a: 1}", "*a", "&a", "!a", "!!int 3", "%YAML 1.1", "---", "..."),
    *("a\nb", "a\n\nb\n", "\n", " a", "a ", "\ta", "a\r\nb", "a\\nb", "\\U0001F525", "@a", "`a`", "?", "? a", "|", ">"),
    *("é", "训练", "🔥", "👩\u200d🔬", "\u2028", "\x85", "\ufeff", "\xa0", "\x00", "\x1b[31m", "\x7f", "a" * 300),
    *("\ud800 alone", "config.lr", "a:b", "a/b", "a-b", "a b", "_", "class"),
]
texts = st.sampled_from(WORDS) | TEXT
values = VALUES | texts | st.lists(texts, max_size=3) | st.dictionaries(texts, texts, max_size=3)


def read(value: Value) -> Any:
    """What a reader gets for a value: null for missing, a text for a time, nothing else changed."""
    match value:
        case datetime():
            return iso(value)
        case str():
            return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        case Mapping():
            return {read(key): read(item) for key, item in value.items() if item is not MISSING}
        case list() | tuple():
            return [read(item) for item in value]
        case _:
            return None if value is MISSING else value


def same(first: Any, second: Any) -> bool:
    """Equal, of the same type, NaN included."""
    match first, second:
        case float(), float():
            return repr(first) == repr(second)
        case list(), list():
            return len(first) == len(second) and all(map(same, first, second))
        case dict(), dict():
            return list(first) == list(second) and all(same(first[key], second[key]) for key in first)
        case _:
            return type(first) is type(second) and bool(first == second)


@st.composite
def named_frames(draw: st.DrawFn) -> Frame:
    names = draw(st.lists(texts, unique_by=lambda name: str(read(name)), min_size=1, max_size=4))
    length = draw(st.integers(0, 4))
    return Frame({name: draw(st.lists(values, min_size=length, max_size=length)) for name in names}, length)


@given(named_frames())
def test_rows_are_what_is_read_back(frame: Frame) -> None:
    back = yaml.safe_load(written(frame, "yaml"))
    assert same(
        back, [{read(name): read(cell) for name, cell in zip(frame.names, row, strict=True)} for row in frame.tuples()]
    )


def test_every_word_is_itself_as_name_and_as_value() -> None:
    names = [word for word in WORDS if "alone" not in word]
    frame = Frame({name: [word] for name, word in zip(names, reversed(names), strict=True)})
    [row] = yaml.safe_load(written(frame, "yaml"))
    assert list(row.items()) == list(zip(names, reversed(names), strict=True))


def test_how_it_looks() -> None:
    frame = Frame(
        {
            "id": ["a1", "b-2"],
            "config.lr": [1e-05, math.nan],
            "created": [datetime(2026, 1, 31, 12, tzinfo=UTC), MISSING],
            "tags": [["x", "on"], []],
            "config.net": [{"depth": 3, "rates": [1e-5, math.inf]}, None],
            "notes": ["two\nlines", "y 🔥"],
        }
    )
    assert written(frame, "yaml").splitlines() == [
        "- id: a1",
        '  "config.lr": 1.0e-05',
        '  created: "2026-01-31T12:00:00Z"',
        '  tags: [x, "on"]',
        '  "config.net": {depth: 3, rates: [1.0e-05, .inf]}',
        '  notes: "two\\nlines"',
        '- id: "b-2"',
        '  "config.lr": .nan',
        "  created: null",
        "  tags: []",
        '  "config.net": null',
        "  notes: 'y 🔥'",
    ]


def test_many_rows_are_one_list_and_none_an_empty_one() -> None:
    assert yaml.safe_load(written(Frame({"a": list(range(2500))}), "yaml")) == [{"a": at} for at in range(2500)]
    assert written(Frame({"a": []}), "yaml") == "[]\n"


def test_nothing_is_lost() -> None:
    output = Output([Frame({"a": [math.nan, math.inf, -math.inf, [math.nan]]})])
    back = yaml.safe_load(b"".join(FORMATS["yaml"].pieces(output)))
    assert not said(output.lost)
    assert [str(row["a"]) for row in back] == ["nan", "inf", "-inf", "[nan]"]


@pytest.mark.parametrize("form", [{}, {"sweep": True}], ids=["rows", "sweep"])
def test_it_is_written_alike_without_the_c_library(form: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = Frame({f"config.{word}": [word, 1.5, [word]] for word in WORDS if len(word) < 99})
    fast = written(frame, "yaml", **form)
    monkeypatch.delattr(yaml, "CSafeDumper")
    assert written(frame, "yaml", **form) == fast


# ---------------------------------------------------------------- sweeps


def grids(frame: Frame) -> list[Any]:
    return [one for one in yaml.safe_load_all(written(frame, "yaml", sweep=True)) if one is not None]


def flat(parameters: Mapping[str, Any], before: str = "") -> dict[str, list[Any]]:
    """The values of each parameter, as W&B's schema of sweeps has them: `value`, `values` or nested `parameters`."""
    found: dict[str, list[Any]] = {}
    for name, spec in parameters.items():
        [(kind, inner)] = spec.items()
        if kind == "parameters":
            found |= flat(inner, f"{before}{name}.")
        else:
            assert kind in ("value", "values")
            found[before + name] = [inner] if kind == "value" else inner
    return found


def combinations(frame: Frame) -> list[tuple[Any, ...]]:
    """What W&B would run for the file."""
    found: list[tuple[Any, ...]] = []
    for one in grids(frame):
        assert one["method"] == "grid"
        named = flat(one["parameters"])
        assert [*named] == [name.removeprefix("config.") for name in frame.names]
        found += itertools.product(*named.values())
    return found


@given(st.lists(st.tuples(values, values, values), unique_by=repr, max_size=12))
def test_a_sweep_runs_these_combinations_and_no_other(rows: list[tuple[Any, ...]]) -> None:
    columns = [list(column) for column in zip(*rows, strict=True)] or [[], [], []]
    frame = Frame(dict(zip(("config.net.depth", "config.net.width", "state"), columns, strict=True)))
    wanted = {repr(tuple(map(read, row))) for row in rows}
    ran = [repr(row) for row in combinations(frame)]
    assert set(ran) == wanted
    assert len(ran) == len(wanted)


def test_how_a_sweep_looks() -> None:
    frame = Frame({"config.optim.lr": [1e-05, 1e-05, 0.1], "config.on": ["yes", "b", "b"]})
    assert written(frame, "yaml", sweep=True) == (
        "# grid 1 of 2: a file of its own for `wandb sweep`\n"
        "method: grid\nparameters:\n  optim:\n    parameters:\n      lr:\n        value: 1.0e-05\n"
        '  "on":\n    values: ["yes", b]\n'
        "---\n# grid 2 of 2: a file of its own for `wandb sweep`\n"
        "method: grid\nparameters:\n  optim:\n    parameters:\n      lr:\n        value: 0.1\n"
        '  "on":\n    value: b\n'
    )
    assert written(frame.slice(0, 0), "yaml", sweep=True).startswith("# every combination has run")


def test_a_name_within_another_stands_whole() -> None:
    frame = Frame({"config.a": [1, 1], "config.a.b": [2, 3]})
    assert combinations(frame) == [(1, 2), (1, 3)]


def test_a_value_used_twice_is_written_twice() -> None:
    shared: Any = ["x"]
    assert "&" not in yaml_text([{"a": shared}, {"a": shared}])
