"""What a completion gives, and the order in which it is shown."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from runql.service.match import Match, Tier, match
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

    `label` is shown, with the characters at `positions` marked; `insert_text` is written. `detail` is short (type, how
    many runs), `documentation` Markdown. `sort_rank` is the place in the list, from 0.
    """

    label: str
    insert_text: str
    kind: ItemKind
    detail: str = ""
    documentation: str = ""
    sort_rank: int = 0
    positions: tuple[int, ...] = ()


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
    """

    label: str
    insert_text: str
    kind: ItemKind
    group: int
    detail: str = ""
    documentation: str = ""
    name: str | None = None
    typed: str | None = None
    tier: Tier | None = None
    score: int = 0


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
        if offer.insert_text not in items:
            items[offer.insert_text] = _item(offer, typed, len(items))
    return tuple(items.values()), False


def _name(offer: Offer) -> str:
    return offer.label if offer.name is None else offer.name


def _item(offer: Offer, typed: str, rank: int) -> Item:
    name = _name(offer)
    wanted = typed if offer.typed is None else offer.typed
    shift = offer.label.rfind(name)
    found = match(wanted, name) if shift >= 0 else None
    positions = tuple(at + shift for at in (found or Match(Tier.LETTERS)).positions)
    return Item(offer.label, offer.insert_text, offer.kind, offer.detail, offer.documentation, rank, positions)
