"""Frozen records behave as frozen, slotted dataclasses do."""

from __future__ import annotations

import copy
import pickle
from dataclasses import FrozenInstanceError, dataclass, field, fields, is_dataclass, replace
from functools import cached_property
from typing import Any

import pytest

from runql.text.frozen import changeable, frozen, packed, records_of


@frozen(kw_only=True)
class Placed:
    place: int = field(default=0, compare=False, repr=False)


@frozen
class Point(Placed):
    x: int
    y: tuple[int, ...] = ()
    extra: dict[str, int] = field(default_factory=dict, compare=False)


@frozen
class Named(Point):
    name: str = "p"


@frozen
class Nothing(Placed):
    """Without a field of its own."""


@frozen(order=True)
class Pair:
    a: int
    b: int = 0

    def __post_init__(self) -> None:
        if self.b < 0:
            raise ValueError("b is negative")


@frozen(slots=False)
class Doubling:
    value: int

    @cached_property
    def twice(self) -> int:
        return self.value * 2


@packed
class Packed:
    x: int
    y: tuple[int, ...] = ()
    extra: dict[str, int] = field(default_factory=dict)
    place: int = field(default=0, compare=False, repr=False)

    @property
    def twice(self) -> int:
        return self.x * 2


@dataclass(frozen=True, slots=True)
class StandardPair:
    a: int
    b: int = 0


def test_equality_hash_and_repr_leave_out_what_does_not_count() -> None:
    assert Point(1, (2,), place=3) == Point(1, (2,), {"a": 1})
    assert hash(Point(1, place=3)) == hash(Point(1))
    assert Point(1) != Point(2)
    assert Point(1) != Named(1)
    assert Nothing(place=1) == Nothing()
    assert repr(Point(1, place=3)) == "Point(x=1, y=(), extra={})"
    assert repr(Pair(1, 2)) == repr(StandardPair(1, 2)).removeprefix("Standard")
    assert hash(Pair(1, 2)) == hash(StandardPair(1, 2))


def test_defaults_are_made_anew() -> None:
    assert Point(1).extra is not Point(1).extra


def test_nothing_changes_a_record() -> None:
    point: Any = Point(1)
    with pytest.raises(FrozenInstanceError):
        point.x = 2
    with pytest.raises(FrozenInstanceError):
        del point.x
    with pytest.raises((AttributeError, TypeError)):
        point.other = 1
    assert not hasattr(point, "__dict__")


@pytest.mark.parametrize("arguments", [((), {}), ((1, (), {}, 4), {}), ((1,), {"z": 1}), ((1,), {"x": 1})])
def test_a_wrong_call_is_a_type_error(arguments: tuple[tuple[Any, ...], dict[str, Any]]) -> None:
    args, kwargs = arguments
    with pytest.raises(TypeError):
        Point(*args, **kwargs)


def test_the_standard_library_knows_them() -> None:
    assert is_dataclass(Point(1))
    assert [each.name for each in fields(Named(1))] == ["place", "x", "y", "extra", "name"]
    assert replace(Named(1, place=7), x=5) == Named(5)
    assert replace(Named(1, place=7), x=5).place == 7
    assert copy.copy(Named(1, name="q")) == Named(1, name="q")
    assert pickle.loads(pickle.dumps(Named(1, place=7))).place == 7


def test_they_match_by_position() -> None:
    match Named(1, (2,), name="q"):
        case Named(x, y, _, name):
            assert (x, y, name) == (1, (2,), "q")


def test_post_init_order_and_cached_properties() -> None:
    with pytest.raises(ValueError, match="negative"):
        Pair(1, -1)
    assert sorted([Pair(2), Pair(1, 1), Pair(1)]) == [Pair(1), Pair(1, 1), Pair(2)]
    assert Doubling(4).twice == 8


def test_a_packed_record_is_a_record_and_no_tuple() -> None:
    record: Any = Packed(1, place=3)
    assert record == Packed(1, (), {})
    assert record != Packed(2)
    assert record != tuple(record)
    assert tuple(record) != record
    assert repr(record) == "Packed(x=1, y=(), extra={})"
    assert (record.twice, record.place, Packed(1).extra is Packed(1).extra) == (2, 3, False)
    assert replace(record, x=5).place == 3
    assert copy.copy(record) == pickle.loads(pickle.dumps(record)) == record
    assert pickle.loads(pickle.dumps(record)).place == 3
    with pytest.raises(FrozenInstanceError):
        record.x = 2
    with pytest.raises(FrozenInstanceError):
        del record.x
    with pytest.raises(TypeError):
        Packed(1, z=2)  # type: ignore[call-arg]


def test_many_packed_records_are_made_of_their_fields() -> None:
    columns = ([1, 2], [(), (3,)], [{}, {"a": 1}], [4, 5])
    assert list(records_of(Packed, columns)) == [Packed(1), Packed(2, (3,), {"a": 1})]
    assert [record.place for record in records_of(Packed, columns)] == [4, 5]
    with pytest.raises(ValueError, match="zip"):
        list(records_of(Packed, ([1], [(), ()])))


def test_a_changeable_record_is_a_slotted_dataclass() -> None:
    @changeable
    class Tally:
        runs: int = 0
        names: list[str] = field(default_factory=list)

    @dataclass(slots=True)
    class Other:
        runs: int = 0
        names: list[str] = field(default_factory=list)

    for made in (Tally(), Other()):
        made.runs += 1
        made.names.append("a")
        assert (made.runs, made.names, made == replace(made), made != replace(made, runs=2)) == (1, ["a"], True, True)
        assert repr(made).endswith("(runs=1, names=['a'])")
        with pytest.raises(AttributeError):
            made.other = 1  # type: ignore[union-attr]
        with pytest.raises(TypeError):
            hash(made)


def test_a_class_below_a_record_keeps_its_own_init() -> None:
    """Also where none of the record itself was made before."""

    @changeable
    class Asks:
        header: str | None = None
        secrets: tuple[str, ...] = ()

    class Renews(Asks):
        def __init__(self, token: str, url: str) -> None:
            super().__init__()
            self.token, self.url = token, url

    for number in range(30):
        made = Renews(f"t{number}", "u")
        assert (made.header, made.secrets, made.token, made.url) == (None, (), f"t{number}", "u")
    assert Asks("h").header == "h"
    assert Asks(secrets=("s",)) == Asks(None, ("s",))


def test_a_class_below_a_record_without_an_init_has_its_fields_and_its_end() -> None:
    @frozen
    class Base:
        one: int

    class Below(Base):
        def __post_init__(self) -> None:
            if self.one < 0:
                raise ValueError("below 0")

    for number in range(30):
        assert Below(number).one == number
    with pytest.raises(ValueError, match="below 0"):
        Below(-1)
    assert Base(-1).one == -1
