"""Which columns go where a table is too wide: the same as one after the other, each time by what is left."""

from __future__ import annotations

import random
from collections import Counter

from runql.results.terminal_table.layout import _ALWAYS_FIRST, ColumnSlot, _kind, _least_missed, fit, total

NAMES = ["id", "name", "state", "created", "config.a", "config.b", "config.c", "config.dd.ee", "summary.x", "summary.y"]
NAMES += ["n", "m", "k", "system.z", "a.b", "tags"]


def slot(name: str, draw: random.Random) -> ColumnSlot:
    made = ColumnSlot(name, name, [], is_number=False, is_text=draw.random() < 0.5)
    made.content = draw.randrange(1, 60)
    made.width = max(made.content, made.title_width)
    return made


def next_to_go(slots: list[ColumnSlot]) -> ColumnSlot:
    """The rule, said for one column."""
    lead = {slot.name for slot in slots[:4]} & set(_ALWAYS_FIRST)
    if "created" in lead and len(slots) > 4:
        return next(slot for slot in slots if slot.name == "created")
    others = [slot for slot in slots[1:] if slot.name not in lead] or slots[1:]
    sizes = Counter(_kind(slot) for slot in others)
    return max(reversed(others), key=lambda slot: sizes[_kind(slot)])


def test_the_order_in_which_columns_go() -> None:
    for seed in range(2000):
        draw = random.Random(seed)
        slots = [slot(name, draw) for name in draw.sample(NAMES, draw.randrange(2, len(NAMES) + 1))]
        left, right = list(slots), []
        while len(left) > 1:
            gone = next_to_go(left)
            right.append(gone.name)
            left.remove(gone)
        assert [slots[at].name for at in _least_missed(slots)] == right


def test_a_hundred_thousand_columns() -> None:
    """Took minutes, and now a second: no time is asserted, but nobody waits for a square of these."""
    draw = random.Random(1)
    slots = [slot(f"config.key{at}", draw) for at in range(100_000)]
    kept, dropped = fit(slots, 100)
    assert 2 <= len(kept) < 20
    assert total(kept) <= 100
    assert len(kept) + len(dropped) == len(slots)
