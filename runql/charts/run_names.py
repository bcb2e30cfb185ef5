"""What tells runs apart: the part of their names in which they differ."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

_WORDS: Final = re.compile(r"[\s_/.:=-]+|[^\s_/.:=-]+")
_SEPARATED: Final = re.compile(r"[\s_/.:=-]+")


def told_apart(names: Mapping[str, str]) -> dict[str, str]:
    """For each id of a run the words of its name that the names do not all begin or end with.

    A run without a name goes by its id, and of runs of one name each has its id beside it.
    """
    called = {run: name or run for run, name in names.items()}
    counts = Counter(called.values())
    if len(counts) > 1:
        short = _without_common([*counts])
        if len(set(short.values())) == len(short):
            called = {run: short[name] for run, name in called.items()}
    again = Counter(called.values())
    return {run: name if again[name] == 1 else f"{name} ({run})" for run, name in called.items()}


def words_left_out(names: Mapping[str, str]) -> tuple[str, str]:
    """With which words all names begin, and with which they end, where `told_apart` leaves these out."""
    called = [*dict.fromkeys(name or run for run, name in names.items())]
    short = _without_common(called) if len(called) > 1 else {}
    if not short or len({*short.values()}) < len(short) or all(name == text for name, text in short.items()):
        return "", ""
    split = [_WORDS.findall(name) for name in called]
    start, end = _common(split)
    return "".join(_trimmed(split[0][:start])), "".join(_trimmed(split[0][len(split[0]) - end :]))


def _common(split: Sequence[Sequence[str]]) -> tuple[int, int]:
    """With how many words all begin, and with how many of the others all end."""
    shortest = min(map(len, split))
    start = 0
    while start < shortest and len({words[start] for words in split}) == 1:
        start += 1
    end = 0
    while end < shortest - start and len({words[-1 - end] for words in split}) == 1:
        end += 1
    return start, end


def _without_common(names: Sequence[str]) -> dict[str, str]:
    """The names without the words with which all of them begin, and those with which all end."""
    split = [_WORDS.findall(name) for name in names]
    start, end = _common(split)
    kept = [words[start : len(words) - end] for words in split]
    if not all("".join(words).strip() for words in kept) or not all(map(_is_named, kept)):
        return dict(zip(names, names, strict=True))
    return {name: "".join(_trimmed(words)) for name, words in zip(names, kept, strict=True)}


def _is_named(words: Sequence[str]) -> bool:
    """Whether what is left is more than a number, which by itself names nothing."""
    return not "".join(words).strip().replace(".", "").isdigit()


def _trimmed(words: Sequence[str]) -> Sequence[str]:
    """The words without separators at the ends."""
    kept = list(words)
    while kept and _SEPARATED.fullmatch(kept[0]):
        kept.pop(0)
    while kept and _SEPARATED.fullmatch(kept[-1]):
        kept.pop()
    return kept
