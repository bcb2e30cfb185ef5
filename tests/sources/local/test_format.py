"""What the file format allows, whether or not an SDK writes it today."""

from __future__ import annotations

import json
import math
import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from wandb.proto import wandb_internal_pb2

from runql.engine.mongo.history_keys import history_keys_of
from runql.semantic.values import MISSING
from runql.sources.local.history import HistoryReader
from runql.sources.local.items import leaves
from runql.sources.local.samples import SampleReader
from tests.sources.local import files
from tests.sources.local.ask import codes, history, only, page, rows
from tests.sources.local.real import same


def test_a_file_of_version_1_numbers_its_rows(tmp_path: Path) -> None:
    bodies = [files.run(starting_step=10), files.row({("a",): 0}), files.row({("a",): 1}), files.row({("a",): 2}, 20)]
    files.write(tmp_path, files.log([*bodies, files.row({("a",): 3})], version=1))
    assert history(tmp_path, "abc", "a").columns == {"_step": [10, 11, 20, 21], "a": [0, 1, 2, 3]}
    assert history_keys_of(only(tmp_path))["lastStep"] == 21


def test_a_sync_state_says_where_a_resumed_run_goes_on(tmp_path: Path) -> None:
    path = files.write(tmp_path, files.log([files.run(), files.row({("a",): 0})], version=1))
    path.with_name(path.name + ".syncstate").write_text('{"starting_step": 7, "starting_runtime": 0}')
    assert history(tmp_path, "abc", "a").columns["_step"] == [7]


def test_rows_without_steps_go_on_after_the_folder_before(tmp_path: Path) -> None:
    for day, value in ((1, 0), (2, 5)):
        bodies = [files.run(started=1.7e9 + day), *(files.row({("a",): value + at}) for at in range(5))]
        files.write(tmp_path, files.log(bodies, version=1), stamp=f"2026010{day}_000000")
    assert history(tmp_path, "abc", "a").columns == {"_step": list(range(10)), "a": list(range(10))}


@pytest.mark.parametrize("step", [0, 1, 127, 128, 16383, 16384, 2**31, 2**40])
def test_steps_of_any_size(tmp_path: Path, step: int) -> None:
    files.write(tmp_path, files.log([files.run(), files.row({("a",): 1}, step)]))
    for keys in (("a",), ()):
        assert history(tmp_path, "abc", *keys).columns["_step"] == [step]


def test_a_step_that_is_only_an_item(tmp_path: Path) -> None:
    files.write(tmp_path, files.log([files.run(), files.row({"a": 1, "_step": 7})]))
    assert history(tmp_path, "abc", "a").columns == {"_step": [7], "a": [1]}


TYPED = [
    (files.number(3, 0), None),
    (files.number(4, 1), True),
    (files.number(4, 0), False),
    (files.number(5, 5), -3),
    (files.number(5, 6), 3),
    (b"\x31" + struct.pack("<d", 2.0), 2.0),
    (b"\x31" + struct.pack("<d", -math.inf), -math.inf),
    (files.message(7, "text\n\x12"), "text\n\x12"),
    (files.message(8, '{"_type": "x", "v": [1]}'), {"_type": "x", "v": [1]}),
]


@pytest.mark.parametrize(("member", "value"), TYPED)
@pytest.mark.parametrize("keys", [("a",), ()])
def test_typed_members_without_json(tmp_path: Path, member: bytes, value: Any, keys: tuple[str, ...]) -> None:
    item = files.message(1, files.item(("a",), value_json="", typed=member))
    files.write(tmp_path, files.log([files.run(), files.message(2, item + files.message(2, files.number(1, 3)))]))
    (found,) = history(tmp_path, "abc", *keys).columns["a"]
    assert same(found, value)
    assert type(found) is type(value)


def test_literal_dots_and_nesting_meet_in_one_column(tmp_path: Path) -> None:
    bodies = [files.run(), files.row({("a.b",): 1}, 0), files.row({("a", "b"): 2}, 1), files.row({"a": {"b": 3}}, 2)]
    files.write(tmp_path, files.log(bodies))
    for keys in (("a.b",), ()):
        assert history(tmp_path, "abc", *keys).columns["a.b"] == [1, 2, 3]


def test_nesting_wins_over_a_key_that_holds_the_dot(tmp_path: Path) -> None:
    bodies = [files.run(), files.row({("a.b",): 1, ("a", "b"): 2}, 0), files.row({("a", "b"): 2, ("a.b",): 1}, 1)]
    files.write(tmp_path, files.log(bodies))
    for keys in (("a.b",), ()):
        assert history(tmp_path, "abc", *keys).columns["a.b"] == [2, 2]


def test_names_of_any_length_and_alphabet(tmp_path: Path) -> None:
    names = ["x" * 126, "x" * 127, "x" * 128, "x" * 130, "x" * 5000, "größe/äöü", "a b", "\n\x12", "日本"]
    bodies = [files.run(), files.row({(name,): at for at, name in enumerate(names)}, 0)]
    files.write(tmp_path, files.log([*bodies, files.row(dict.fromkeys(names, 9), 1)]))
    for at, name in enumerate(names):
        assert history(tmp_path, "abc", name).columns[name] == [at, 9]
    assert history(tmp_path, "abc").columns.keys() == {"_step", *names}


def test_a_name_that_looks_like_another_item(tmp_path: Path) -> None:
    disguised = "x\n\x0c\x12\x04loss"
    files.write(tmp_path, files.log([files.run(), files.row({(disguised,): 6.5}, 0), files.row({("loss",): 1.5}, 1)]))
    assert history(tmp_path, "abc", "loss").columns == {"_step": [1], "loss": [1.5]}
    assert history(tmp_path, "abc", disguised).columns[disguised] == [6.5]


def test_records_across_blocks(tmp_path: Path) -> None:
    sizes = [1, 32_700, 40_000, 100_000, 3, 2_200_000, 5]
    bodies = [files.run(), *(files.row({("t",): "y" * size, ("n",): at}, at) for at, size in enumerate(sizes))]
    files.write(tmp_path, files.log([*bodies, files.exit_()]))
    assert [len(text) for text in history(tmp_path, "abc", "t").columns["t"]] == sizes
    assert history(tmp_path, "abc", "n").columns["n"] == list(range(len(sizes)))
    assert only(tmp_path).state == "finished"


def test_integers_stay_integers(tmp_path: Path) -> None:
    texts = ["1", "-1", "1.0", "1e3", "123456789012345678901234567890", "-0.5", "1.5e+09", "NaN", "-Infinity"]
    bodies = [
        files.message(2, files.message(1, files.item(("a",), value_json=text)) + files.message(2, files.number(1, at)))
        for at, text in enumerate(texts)
    ]
    files.write(tmp_path, files.log([files.run(), *bodies]))
    found = history(tmp_path, "abc", "a").columns["a"]
    assert [type(value) for value in found] == [int, int, float, float, int, float, float, float, float]
    assert found[:7] == [1, -1, 1.0, 1000.0, 123456789012345678901234567890, -0.5, 1.5e9]


def test_config_changes_and_removals(tmp_path: Path) -> None:
    bodies = [
        files.run(config={"lr": 1, "gone": 1, "deep": {"a": 1, "b": 2}, "_wandb": {"x": 1}}),
        files.config({"lr": {"value": 2, "desc": None}, ("deep", "b"): 3, "list": [1]}, removed=[("gone",)]),
        files.config({"own": {"value": 5}}, removed=[("deep", "a"), ("never", "was")]),
    ]
    files.write(tmp_path, files.log(bodies))
    assert only(tmp_path).config == {"lr": 2, "deep": {"b": 3}, "list": [1], "own": {"value": 5}}


def test_the_last_run_record_wins(tmp_path: Path) -> None:
    bodies = [files.run(name="a", tags=["x"], group="g"), files.run(name="b", tags=[], sweep="s1"), files.exit_(2)]
    files.write(tmp_path, files.log(bodies))
    run = only(tmp_path)
    assert (run.name, run.tags, run.group, run.sweep, run.state) == ("b", (), None, "s1", "failed")


def test_a_run_without_a_summary_has_the_last_value_of_each_metric(tmp_path: Path) -> None:
    bodies = [files.run(), files.row({"a": 1, "b": {"c": 2}}, 0), files.row({"a": 3}, 1)]
    files.write(tmp_path, files.log(bodies))
    assert only(tmp_path).summary == {"a": 3, "b": {"c": 2}, "_step": 1}


def test_machine_metrics(tmp_path: Path) -> None:
    bodies = [files.run(started=1000.0), files.stats(1002.5, {"cpu": 1.5, "network": {"sent": 3}})]
    files.write(tmp_path, files.log([*bodies, files.stats(1004.5, {"cpu": 2.5})]))
    assert only(tmp_path).system_metrics == {"system.cpu": 2.5, "system.network.sent": 3}
    found = history(tmp_path, "abc", "system.network.sent", "system.cpu", stream="system")
    assert rows(found) == [
        {"_timestamp": 1002.5, "system.cpu": 1.5, "system.network.sent": 3},
        {"_timestamp": 1004.5, "system.cpu": 2.5},
    ]
    assert history(tmp_path, "abc", stream="system").columns["_runtime"] == [2.5, 4.5]


def test_a_key_that_a_row_holds_twice_moves_no_other_row(tmp_path: Path) -> None:
    bodies = [files.run(), files.row({"a": 1, ("a",): 1}, 0), files.row({"b": 2}, 1), files.row({"a": 3}, 2)]
    files.write(tmp_path, files.log(bodies))
    for keys in (("a", "b"), ()):
        assert rows(history(tmp_path, "abc", *keys)) == [
            {"_step": 0, "a": 1},
            {"_step": 1, "b": 2},
            {"_step": 2, "a": 3},
        ]


def test_half_a_surrogate_pair_and_control_characters(tmp_path: Path) -> None:
    bodies = [files.run(name="a\x1b[31m"), files.row({("a",): "\ud800!"}, 0)]
    files.write(tmp_path, files.log(bodies))
    (text,) = history(tmp_path, "abc", "a").columns["a"]
    assert text.encode().endswith(b"!")


@pytest.mark.parametrize("text", ["{oops", "NVIDIA H100 80GB HBM3", "[" * 100_000, "tru", '"open', "\N{SNOWMAN}"])
def test_a_value_that_is_no_json_is_a_text(tmp_path: Path, text: str) -> None:
    """The frame passed its checksum and the protobuf is sound: nothing is lost, and nothing is called damaged."""
    item = files.item(("a",), value_json=text)
    sample = files.stats(5, {"cpu": 1})
    inner = sample[2:] + files.message(3, files.item("gpu.0.name", value_json=text))
    bodies = [
        files.run(config={"b": 1}),
        files.row({("a",): 1}, 0),
        files.message(2, files.message(1, item) + files.message(2, files.number(1, 1))),
        files.message(3, files.message(1, item)),
        files.message(5, files.message(1, item)),
        files.message(7, inner),
        files.exit_(),
    ]
    files.write(tmp_path, files.log(bodies))
    for keys in (("a",), ()):
        found = history(tmp_path, "abc", *keys)
        assert found.columns == {"_step": [0, 1], "a": [1, text]}
        assert codes(found) == []
    assert (only(tmp_path).config, only(tmp_path).summary) == ({"a": text, "b": 1}, {"a": text})
    machine = history(tmp_path, "abc", stream="system")
    assert (machine.columns["system.cpu"], machine.columns["system.gpu.0.name"]) == ([1], [text])
    assert codes(page(tmp_path)) == codes(machine) == []


def test_fields_that_nobody_knows_are_stepped_over_as_protobuf_does(tmp_path: Path) -> None:
    """Unknown numbers, known numbers of another wire type, groups: the official decoder takes such records."""
    group = files.varint(60 << 3 | 3) + files.number(1, 5) + files.message(2, b"xx") + files.varint(60 << 3 | 4)
    odd = [files.number(50, 7), files.message(51, b"abc"), files.varint(52 << 3 | 1) + bytes(8), group]
    odd += [files.varint(53 << 3 | 5) + bytes(4)]
    wrong_type = files.message(1, files.item(("b",), value_json="2") + files.number(7, 3))
    for at, extra in enumerate(odd):
        plain = files.message(1, files.item(("a",), at)) + wrong_type
        body = extra + plain + extra + files.message(2, files.number(1, at)) + extra
        record = extra + files.message(2, body) + extra
        path = files.write(tmp_path, files.log([files.run(), record, files.exit_()]))
        official = wandb_internal_pb2.Record()  # type: ignore[attr-defined]
        official.ParseFromString(record)
        assert [item.value_json for item in official.history.item] == [str(at), "2"]
        for keys in (("a", "b"), ()):
            found = history(path, "abc", *keys)
            assert found.columns == {"_step": [at], "a": [at], "b": [2]}
            assert codes(found) == codes(page(path)) == []


def test_lengths_that_lie(tmp_path: Path) -> None:
    """A length of exabytes is damage, not a reason to ask for memory."""
    huge = files.varint(2 << 3 | 2) + files.varint(2**60)
    inner = files.message(2, files.varint(1 << 3 | 2) + files.varint(2**62) + b"x")
    negative = files.message(17, files.varint(17 << 3 | 2) + files.varint(2**64 - 1))
    bodies = [files.run(), files.row({("a",): 1}, 0), huge, inner, negative, files.row({("a",): 2}, 1), files.exit_()]
    files.write(tmp_path, files.log(bodies))
    found = history(tmp_path, "abc", "a")
    assert found.columns["a"] == [1, 2]
    assert codes(page(tmp_path)) == ["RQL501"]
    assert only(tmp_path).state == "finished"


NAMES = st.sampled_from(["a", "b", "a.b", "a.b.c", "c", "loss", "val/loss", "oss", "x" * 130, "ü"])
TEXTS = st.text(max_size=8) | st.sampled_from(["y" * 126, "y" * 200, "y" * 20_000, "\x82\x01", '\x04loss"'])
VALUES = st.one_of(
    st.integers(-(2**70), 2**70), st.floats(), TEXTS, st.booleans(), st.none(), st.lists(st.integers(), max_size=3)
)
LOGGED = st.one_of(
    VALUES, st.dictionaries(NAMES, VALUES, max_size=3), st.fixed_dictionaries({"_type": st.just("image"), "v": VALUES})
)
PATHS = st.one_of(NAMES, st.tuples(NAMES), st.tuples(NAMES, NAMES), st.tuples(NAMES, NAMES, NAMES))
ROWS = st.lists(st.tuples(st.dictionaries(PATHS, LOGGED, max_size=6), st.booleans()), max_size=8)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(logged=ROWS, keys=st.lists(NAMES, unique=True, max_size=4))
def test_what_is_picked_is_what_is_there(logged: list[tuple[dict[Any, Any], bool]], keys: list[str]) -> None:
    """Searching for a few metrics gives the cells that reading everything gives."""
    some, everything = HistoryReader(keys), HistoryReader(None)
    for step, (values, has_step) in enumerate(logged):
        # A row is a tree: no SDK writes one key in both ways.
        once = {path: value for path, value in values.items() if (path,) not in values}
        body = files.row(once, step * 3 if has_step else None)
        start = len(body) - _length_of_message(body)
        for reader in (some, everything):
            reader.add(body, start, len(body))
    assert some.steps == everything.steps
    count = len(some.steps)
    for key in keys:
        cells = [
            reader.columns[key].dense(list(range(count))) if key in reader.columns else [MISSING] * count
            for reader in (some, everything)
        ]
        assert same(*cells)


def _length_of_message(body: bytes) -> int:
    length = shift = 0
    for byte in body[1:]:
        length |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return length
    raise AssertionError("no message")


NUMBERS = st.integers(-(2**70), 2**70) | st.floats() | st.booleans() | st.none() | TEXTS | st.lists(st.integers())
METRICS = st.sampled_from(["cpu", "gpu.0.temp", "gpu.0", "network", "network.sent", "é", "x" * 130, "x" * 127, ""])
STATS = st.lists(
    st.tuples(
        st.dictionaries(METRICS, NUMBERS | st.dictionaries(st.sampled_from(["sent", "recv"]), NUMBERS), max_size=5),
        st.booleans(),
    ),
    max_size=5,
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(samples=STATS, keys=st.lists(st.sampled_from(["cpu", "gpu.0.temp", "network.sent", "é", "x" * 127]), max_size=3))
@example(samples=[({"cpu": None, "network": {"sent": 0}, "network.sent": 1}, False)], keys=[])
def test_samples_are_what_the_official_decoder_reads(
    samples: list[tuple[dict[str, Any], bool]], keys: list[str]
) -> None:
    wanted = [f"system.{key}" for key in keys]
    everything, some = SampleReader(None, 0), SampleReader(wanted, 0)
    expected: list[dict[str, Any]] = []
    for at, (values, has_more) in enumerate(samples):
        record = files.stats(1e9 + at, values) + (files.number(60, 5) if has_more else b"")
        official = wandb_internal_pb2.Record()  # type: ignore[attr-defined]
        official.ParseFromString(record)
        read = {item.key: json.loads(item.value_json) for item in official.stats.item}
        flat = [leaf for key, value in read.items() for leaf in leaves(f"system.{key}", value)]
        expected.append({"_timestamp": 1e9 + at, **dict(reversed(flat))})  # of a name that comes twice the first counts
        length = _length_of_message(record)
        start = 1 + len(files.varint(length))
        for reader in (everything, some):
            reader.add(record, start, start + length)
    columns = everything.columns()
    found = [
        {name: cells[at] for name, cells in columns.items() if cells[at] is not MISSING} for at in range(len(samples))
    ]
    assert same(found, expected)
    part = some.columns()
    assert part.keys() - {"_timestamp"} == columns.keys() & set(wanted)
    assert all(same(part[name], columns[name]) for name in part)


def test_a_sample_that_is_no_message_is_taken_back(tmp_path: Path) -> None:
    good = files.stats(5, {"cpu": 1.5, "gpu.0.temp": 60})
    cut = files.message(7, files.message(3, files.item("cpu", 7)) + b"\x1a\x7fx")
    files.write(tmp_path, files.log([files.run(), good, cut, good]))
    found = history(tmp_path, "abc", stream="system")
    assert (found.columns["system.cpu"], codes(found)) == ([1.5, 1.5], ["RQL501"])
