"""Names in little room: long ones are cut, and those that differ never read alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import takewhile
from typing import Final

from runql.text.visible import visible
from runql.text.widths import beginning, cell_width, ending

_KEPT: Final = 0.25
"""How much of the room what all names begin with still takes, where that is left out."""


def short_names(
    names: Sequence[str], width: int, shown: Callable[[str], str] = visible, dots: str = "…"
) -> dict[str, str]:
    """What each name is called in so many cells: the middle of a long one is left out; of those that would read alike
    what they all begin and end with; where that does not tell them apart either, each has a number.
    """
    whole = {name: shown(name) for name in dict.fromkeys(names)}
    cut = {name: _without_middle(text, width, dots) for name, text in whole.items()}
    alike = _alike(cut)
    if not alike:
        return cut
    texts = [whole[name] for name in alike]
    start = _common(texts)
    end = min(_common([text[::-1] for text in texts]), min(map(len, texts)) - start)
    begin = beginning(texts[0][:start], int(width * _KEPT))
    for name in alike:
        text = whole[name]
        middle = f"{begin}{dots if len(begin) < start else ''}{text[start : len(text) - end]}{dots if end else ''}"
        cut[name] = _without_middle(middle, width, dots)
    return _numbered(cut, width, dots)


def _common(texts: Sequence[str]) -> int:
    """With how many characters all of the texts begin."""
    return sum(1 for _ in takewhile(lambda some: len({*some}) == 1, zip(*texts, strict=False)))


def _numbered(cut: dict[str, str], width: int, dots: str) -> dict[str, str]:
    """The texts, those that still read alike with a number at the end."""
    for number, name in enumerate(_alike(cut), 1):
        mark = f"{dots}({number})"
        cut[name] = beginning(cut[name], max(0, width - cell_width(mark))) + mark
    return cut


def _alike(cut: dict[str, str]) -> list[str]:
    """The names whose texts are not theirs alone."""
    found: dict[str, list[str]] = {}
    for name, text in cut.items():
        found.setdefault(text, []).append(name)
    return [name for names in _several(found.values()) for name in names]


def _several(groups: Iterable[list[str]]) -> Iterable[list[str]]:
    return (names for names in groups if len(names) > 1)


def _without_middle(text: str, width: int, dots: str) -> str:
    if cell_width(text) <= width:
        return text
    room = width - cell_width(dots)
    if room < 2:
        return beginning(text, width)
    front = room * 2 // 3
    return f"{beginning(text, front)}{dots}{ending(text, room - front)}"
