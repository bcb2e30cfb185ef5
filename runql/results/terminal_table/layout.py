"""Which columns of a table fit into a width, and how wide each is. Widths are terminal cells."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from heapq import heapify, heappop, heappush
from itertools import islice

from runql.results.terminal_table.cells import CellLook
from runql.text.frozen import changeable
from runql.text.widths import beginning, cell_width, ending

GAP = 2
_WIDEST_TEXT = 44
_NARROWEST_TEXT = 20
_ALWAYS_FIRST = ("id", "name", "state", "created")
_AFTER_DOT = re.compile(r"(?<=\w\.)(?=\w)")


@changeable
class ColumnSlot:
    """One column on its way to the screen."""

    name: str
    title: str
    looks: list[CellLook]
    is_number: bool
    is_text: bool
    """It may be cut where room is short."""
    unit: str = ""
    """Shown dim after the title, such as the zone of times."""
    stacked: bool = False
    """The title stands on several lines, broken after its dots."""
    content: int = 0
    width: int = 0
    tail: int = 0

    def measure(self) -> None:
        """Set `tail`, `content` and `width` from the cells."""
        if self.is_number:
            self.tail = max((look.tail for look in self.looks if look.tail is not None), default=0)
            wholes = (
                cell_width(look.text) + (0 if look.tail is None else self.tail - look.tail) for look in self.looks
            )
            self.content = max(wholes, default=0)
        else:
            longest = max((cell_width(look.text) for look in self.looks), default=0)
            self.content = min(longest, _WIDEST_TEXT) if self.is_text else longest
        self.width = max(self.content, self.title_width)

    @property
    def title_lines(self) -> tuple[str, ...]:
        """The lines of the title, the last one at the bottom."""
        whole = self.title + self.unit
        return tuple(_AFTER_DOT.split(whole)) if self.stacked else (whole,)

    @property
    def title_width(self) -> int:
        return max(cell_width(line) for line in self.title_lines)

    def stack(self) -> None:
        """Break the title after its dots if that makes the column narrower."""
        if self.title_width > self.content and not self.stacked:
            self.stacked = True
            self.width = max(min(self.content, self.width), self.title_width)


def total(slots: Sequence[ColumnSlot]) -> int:
    """The width of a table of these columns."""
    return sum(slot.width for slot in slots) + GAP * max(0, len(slots) - 1)


def fit(slots: list[ColumnSlot], width: int) -> tuple[list[ColumnSlot], list[ColumnSlot]]:
    """The columns that fit, and those that don't: texts get narrower first, then titles break, then columns go.

    The first column and at least one more always stay.
    """
    _shrink_texts(slots, width)
    if total(slots) > width:
        for slot in slots:
            slot.stack()
    gone: set[int] = set()
    left, excess = len(slots), total(slots) - width
    for index in _least_missed(slots):
        if excess <= 0 or left <= 2:
            break
        gone.add(index)
        left, excess = left - 1, excess - slots[index].width - GAP
    kept = [slot for index, slot in enumerate(slots) if index not in gone]
    dropped = [slots[index] for index in sorted(gone)]
    _grow_texts(kept, width)
    _shrink_texts(kept, width)
    return kept, dropped


def _shrink_texts(slots: Sequence[ColumnSlot], width: int) -> None:
    """Take cells from the widest text columns until all fits, as far as texts go."""
    texts = [slot for slot in slots if slot.is_text]
    narrowest = [min(slot.width, max(_NARROWEST_TEXT, slot.title_width)) for slot in texts]
    if total(slots) - sum(slot.width for slot in texts) + sum(narrowest) >= width:
        # All of it is not enough: the way there, which looks at every column for every cell, is left out.
        for slot, least in zip(texts, narrowest, strict=True):
            slot.width = least
        return
    while (excess := total(slots) - width) > 0:
        texts = [slot for slot in slots if slot.is_text and slot.width > max(_NARROWEST_TEXT, slot.title_width)]
        if not texts:
            return
        widest = max(texts, key=lambda slot: slot.width)
        second = max((slot.width for slot in texts if slot is not widest), default=0)
        floor = max(_NARROWEST_TEXT, widest.title_width, min(second, widest.width - 1))
        widest.width -= min(excess, widest.width - floor)


def _grow_texts(slots: Sequence[ColumnSlot], width: int) -> None:
    """Give room that is left back to texts that were cut."""
    for slot in slots:
        wanted = slot.content - slot.width
        if wanted > 0:
            slot.width += min(wanted, max(0, width - total(slots)))


def _least_missed(slots: Sequence[ColumnSlot]) -> Iterator[int]:
    """The places of the columns, in the order in which they go.

    `created` of the leading columns, then the last of the kind (`config`, `summary`, …) that has the most left.
    """
    there = dict.fromkeys(range(len(slots)))
    while len(there) > 1:
        first, lead = [*islice(there, 4)], _lead(slots, there)
        if "created" in {slots[at].name for at in lead} and len(there) > 4:
            place = next(at for at in there if slots[at].name == "created")
            del there[place]
            yield place
            continue
        others = [at for at in there if at != first[0] and at not in lead]
        for place in _by_kind(slots, others or [*there][1:]):
            del there[place]
            yield place
            if place in first:
                break  # the leading columns are others now


def _lead(slots: Sequence[ColumnSlot], there: Iterable[int]) -> set[int]:
    """The columns that stay longest. By name: a second column of such a name stays too."""
    names = {slots[at].name for at in islice(there, 4)} & set(_ALWAYS_FIRST)
    return {at for at in there if slots[at].name in names}


def _by_kind(slots: Sequence[ColumnSlot], places: Sequence[int]) -> Iterator[int]:
    """Always the last one of the kind that has the most left; of two such kinds, of the one that ends later."""
    kinds: dict[str, list[int]] = {}
    for at in places:
        kinds.setdefault(_kind(slots[at]), []).append(at)
    waiting = [(-len(own), -own[-1], kind) for kind, own in kinds.items()]
    heapify(waiting)
    while waiting:
        kind = heappop(waiting)[2]
        own = kinds[kind]
        yield own.pop()
        if own:
            heappush(waiting, (-len(own), -own[-1], kind))


def _kind(slot: ColumnSlot) -> str:
    return slot.name.partition(".")[0] if "." in slot.name else ""


def cut_alike(texts: Sequence[str], width: int, ellipsis: str) -> list[str]:
    """The texts of a column in at most `width` cells: in the middle, if cut at the end they would not differ."""
    at_end = [cut(text, width, ellipsis) for text in texts]
    if len(set(at_end)) == len(set(texts)):
        return at_end
    room = width - cell_width(ellipsis)
    head = room // 3
    return [
        text if cell_width(text) <= width else beginning(text, head) + ellipsis + ending(text, room - head)
        for text in texts
    ]


def cut(text: str, width: int, ellipsis: str) -> str:
    """The text in at most `width` cells; what is cut off is marked."""
    if cell_width(text) <= width:
        return text
    return beginning(text, width - cell_width(ellipsis)) + ellipsis
