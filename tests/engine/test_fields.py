"""What a run holds under the name of a field."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from runql.engine.fields import leaves, value_of
from runql.engine.functions import FUNCTIONS
from runql.engine.time_functions import ZONED
from runql.errors import RunQLError
from runql.language import functions as language
from runql.language.fields import RUN_FIELDS
from runql.semantic.record import RunRecord
from runql.semantic.values import MISSING
from tests.engine.build import key, run

CONFIG = {
    "lr": 0.1,
    "model": {"depth": 18, "layers": [{"size": 4}, {"size": 8}], "none": None},
    "data.name": "mnist",
    "both": {"a": 1},
    "both.a": 2,
    "half": {"b": 0},
    "half.c": {"d": 3},
    "top-1 acc": 0.5,
}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("config.lr", 0.1),
        ("config.model.depth", 18),
        ("config.model.none", None),
        ("config.model.layers.[1].size", 8),
        ("config.model.layers.1.size", 8),
        ("config.model.layers.[-1].size", MISSING),
        ("config.model.layers.-1.size", MISSING),
        ("config.model.layers.2", MISSING),
        ("config.model.layers.size", MISSING),
        ("config.data.name", "mnist"),
        ("config.both.a", 1),
        ("config.half.c.d", 3),
        ("config.half.b", 0),
        ("config.lr.x", MISSING),
        ("config.lr.[0]", MISSING),
        ("config.model.[0]", MISSING),
        ("config.none", MISSING),
        ("summary.lr", MISSING),
    ],
)
def test_a_path_finds_the_nested_value_or_the_key_with_a_dot(name: str, value: Any) -> None:
    found = value_of(run(config=CONFIG), key(name))
    assert found is value or found == value
    assert (found is MISSING) == (value is MISSING)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("config.data.name", MISSING),
        ("config.both.a", 1),
        ("config.half.c.d", MISSING),
        ("config.model.layers.0.size", 4),
    ],
)
def test_each_segment_of_an_exact_path_is_one_key(name: str, value: Any) -> None:
    assert value_of(run(config=CONFIG), key(name, exact=True)) == value


def test_a_run_field_that_is_not_set_is_missing() -> None:
    created = datetime(2026, 1, 1, tzinfo=UTC)
    record = run(tags=("a", "b"), created=created, runtime=1.5, group=None)
    names = ("id", "tags", "created", "runtime", "group", "sweep")
    assert [value_of(record, key(name)) for name in names] == ["r1", ["a", "b"], created, 1.5, MISSING, MISSING]


def test_every_run_field_can_be_read() -> None:
    for name in RUN_FIELDS:
        value_of(run(), key(name))


@pytest.mark.parametrize(
    "name", ["config.lr", "config.model.depth", "summary.loss", "system.gpu", "logged.loss", "nope"]
)
def test_what_was_not_loaded_is_an_error(name: str) -> None:
    with pytest.raises(RunQLError, match="RQL901"):
        value_of(RunRecord(id="r1"), key(name))


def test_leaves_keep_lists_media_and_empty_records_whole() -> None:
    image = {"_type": "image-file", "path": "a.png"}
    part = {"a": {"b": 1, "c.d": [1]}, "empty": {}, "image": image}
    assert dict(leaves(part)) == {("a", "b"): 1, ("a", "c.d"): [1], ("empty",): {}, ("image",): image}


def test_every_function_of_the_language_has_a_body() -> None:
    # `age(t)` is checked to `now - t`.
    assert FUNCTIONS.keys() | ZONED.keys() | {"age"} == language.FUNCTIONS.keys()
