"""What a completion gives, and the order in which it is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import field
from enum import StrEnum
from functools import partial
from typing import Final

from runql.ide.completion.fuzzy_match import Tier, match
from runql.text.frozen import frozen
from runql.text.source import Span

MOST_ITEMS: Final = 200


class ItemKind(StrEnum):
    """What an item is, for its icon."""

    KEYWORD = "keyword"
    OPERATOR = "operator"
    NAMESPACE = "namespace"
    FIELD = "field"
    METRIC = "metric"
    ALIAS = "alias"
    FUNCTION = "function"
    VALUE = "value"
    TIME = "time"
    PARAMETER = "parameter"
    SOURCE = "source"
    QUERY = "query"
    RUN = "run"
    STAGE = "stage"


@frozen
class Item:
    """One thing that can stand at the cursor.

    `label` is shown; `insert_text` is written. `detail` is short (type, how
    many runs). `sort_rank` is the place in the list, from 0. What is costly is worked out when it is asked for, by
    `describe` and `mark`: of most items it never is.
    """

    label: str
    insert_text: str
    kind: ItemKind
    detail: str = ""
    sort_rank: int = 0
    describe: Callable[[], str] = field(default=str, compare=False, repr=False)
    mark: Callable[[], tuple[int, ...]] = field(default=tuple, compare=False, repr=False)

    @property
    def documentation(self) -> str:
        """Markdown."""
        return self.describe()

    @property
    def positions(self) -> tuple[int, ...]:
        """The characters of the label that match what was typed."""
        return self.mark()


@frozen
class Completions:
    """What can stand at the cursor, best first, at most 200.

    `span` ends at the cursor: it is what was typed of the word, and what an item replaces. `whole_span` also holds the
    rest of a word in which the cursor stands. `is_incomplete`: more letters may bring what is not listed, so ask again.
    """

    span: Span
    whole_span: Span
    items: tuple[Item, ...] = ()
    is_incomplete: bool = False


@frozen
class Offer:
    """An item before it is matched.

    `typed`, by default the word before the cursor, is held against `name`, by default the label; `tier` and `score` are
    set if that has been done before. `group` orders what matches alike; within a group the offers keep their order.
    `written` gives label and detail of one that has none yet, an empty label if it cannot be written.
    """

    label: str
    insert_text: str
    kind: ItemKind
    group: int
    detail: str = ""
    describe: Callable[[], str] = str
    name: str | None = None
    typed: str | None = None
    tier: Tier | None = None
    score: int = 0
    written: Callable[[], tuple[str, str]] | None = None


def listed(offers: Iterable[Offer], typed: str) -> tuple[tuple[Item, ...], bool]:
    """The items in their order, and whether some were left out. `typed` is the word before the cursor."""
    ranked = []
    for place, offer in enumerate(offers):
        tier, score = offer.tier, offer.score
        if tier is None:
            matched = match(typed if offer.typed is None else offer.typed, _name(offer))
            if matched is None:
                continue
            tier, score = matched.tier, matched.score
        ranked.append((tier, offer.group, score, place, offer))
    ranked.sort(key=lambda entry: entry[:4])
    items: dict[str, Item] = {}
    for *_, offer in ranked:
        if len(items) == MOST_ITEMS:
            return tuple(items.values()), True
        label, detail = offer.written() if offer.written is not None else (offer.label, offer.detail)
        insert = offer.insert_text or label
        if insert and insert not in items:
            mark = partial(_positions, label, _name(offer), typed if offer.typed is None else offer.typed)
            items[insert] = Item(label, insert, offer.kind, detail, len(items), offer.describe, mark)
    return tuple(items.values()), False


def _name(offer: Offer) -> str:
    return offer.label if offer.name is None else offer.name


def _positions(label: str, name: str, typed: str) -> tuple[int, ...]:
    """Where what was typed stands in a label."""
    shift = label.rfind(name)
    found = match(typed, name) if shift >= 0 else None
    return tuple(at + shift for at in found.positions) if found is not None else ()
