"""A table of names gives what the plain search gives."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st

from runql.semantic.names.nearest import NameTable, plain
from runql.text.nearest import nearest

_names = st.text("abLR._/é", max_size=9)


@settings(deadline=None, max_examples=400)
@given(st.lists(_names, max_size=25), _names, st.integers(1, 4))
@example(["lr", "optim.lr", "LR", "a.b.lr"], "lr", 3)
@example(["learning_rate", "learnign_rate", "earning_rate"], "learning_rate", 3)
def test_the_nearest_are_those_of_the_plain_search(names: list[str], name: str, most: int) -> None:
    table = NameTable(names)
    assert table.nearest(name, most) == nearest(name, dict.fromkeys(names), most)
    assert table.ready().nearest(name, most) == table.nearest(name, most)
    assert sorted(table.alike(name)) == sorted({one for one in names if plain(one) == plain(name)})


def test_names_that_end_with_another() -> None:
    table = NameTable(["lr", "optim.lr", "a/LR", "blur", "x_lr", "lr.x"])
    assert sorted(table.ending("lr")) == ["a/LR", "optim.lr", "x_lr"]
