"""A `config.yaml` of W&B, as untrusted text: what it costs is bounded, and nothing in it is executed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, Final

from runql.semantic.json_text import DEEP, HUGE, MOST_DEPTH, MOST_PARSED_DIGITS, Oddity, Reading, is_huge

_MOST_VALUES: Final = 500_000
_DEEPEST: Final = 200
_BY_THE_OLD_SDK: Final = "wandb_version"

# What is no text without quotes: by the SDKs written in Go (YAML 1.2), and by those in Python (1.1: `1e-05` is a text).
_NEW_NUMBER: Final = re.compile(r"[-+]?(\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_OLD_NUMBER: Final = re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+)([eE][-+][0-9]+)?\Z")
_INTEGER: Final = re.compile(r"[-+]?(0|[1-9][0-9]*)\Z")
_SPECIAL: Final = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
}


class _Huge(str):
    """A whole number that no double can hold, as it is written."""


def read_config(text: bytes) -> Reading:
    """The config without W&B's wrappers, as a dict; its own part is `_wandb`. What no value can be is text, as in JSON.

    Raises:
        ValueError: it is no YAML, no mapping, or larger than any config.
    """
    raw = load(text)
    if not isinstance(raw, dict):
        raise ValueError("no mapping")
    oddities: list[Oddity] = []
    config = {
        key: _bounded(value["value"] if isinstance(value, dict) and "value" in value else value, (key,), oddities)
        for key, value in raw.items()
        if key != _BY_THE_OLD_SDK
    }
    return Reading(config, tuple(oddities))


def _bounded(value: Any, path: tuple[str, ...], oddities: list[Oddity]) -> Any:
    """A value in which texts stand for what is too large or too deep; those are told."""
    if isinstance(value, _Huge):
        oddities.append(Oddity(path, HUGE))
        return str(value)
    if not isinstance(value, dict | list):
        return value
    if len(path) > MOST_DEPTH:
        oddities.append(Oddity(path, DEEP))
        return json.dumps(value)
    if isinstance(value, dict):
        return {key: _bounded(below, (*path, key), oddities) for key, below in value.items()}
    return [_bounded(below, (*path, str(place)), oddities) for place, below in enumerate(value)]


def load(text: bytes) -> Any:
    """The value of a YAML text. Tags are ignored, and so is all after the first document.

    Raises:
        ValueError: as above.
    """
    import yaml

    try:
        decoded = text.decode("utf-8-sig")
        number = _OLD_NUMBER if re.search(rf"^{_BY_THE_OLD_SDK}:", decoded, re.MULTILINE) else _NEW_NUMBER
        return _Build(number).of(yaml.parse(decoded, getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
    except (yaml.YAMLError, RecursionError) as problem:
        raise ValueError(str(problem).split("\n", 1)[0]) from problem


class _Build:
    """Makes values of the events of a parser, which holds no more than the text."""

    def __init__(self, number: re.Pattern[str]) -> None:
        self._number = number
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._count = 0

    def of(self, events: Any) -> Any:
        """The first value."""
        import yaml

        # An open collection: the value, how to add to it, its anchor, and how many values there were before it.
        open_: list[tuple[Any, Callable[[Any], None], str | None, int]] = []
        for event in events:
            if isinstance(event, yaml.CollectionStartEvent):
                value: Any = {} if isinstance(event, yaml.MappingStartEvent) else []
                add = _adder(value) if isinstance(value, dict) else value.append
                open_.append((value, add, event.anchor, self._count))
                if len(open_) > _DEEPEST:
                    raise ValueError(f"nested deeper than {_DEEPEST} levels")
                continue
            if isinstance(event, yaml.CollectionEndEvent):
                value, _, anchor, before = open_.pop()
                self._keep(anchor, value, self._count - before)
            elif isinstance(event, yaml.ScalarEvent):
                value = self._scalar(event)
                self._keep(event.anchor, value, 1)
            elif isinstance(event, yaml.AliasEvent):
                value = self._again(event.anchor)
            else:
                continue
            self._spend(1)
            if not open_:
                return value
            open_[-1][1](value)
        return None

    def _keep(self, anchor: str | None, value: Any, size: int) -> None:
        if anchor is not None:
            self._anchors[anchor] = (value, size)

    def _again(self, anchor: str | None) -> Any:
        """What an alias stands for; it counts as if it had been written out."""
        if anchor is None or anchor not in self._anchors:
            raise ValueError(f"an alias of nothing: {anchor!r}")
        value, size = self._anchors[anchor]
        self._spend(size)
        return value

    def _spend(self, size: int) -> None:
        self._count += size
        if self._count > _MOST_VALUES:
            raise ValueError(f"more than {_MOST_VALUES:,} values")

    def _scalar(self, event: Any) -> Any:
        text: str = event.value
        if event.style in ("'", '"', "|", ">") or event.tag == "tag:yaml.org,2002:str":
            return text
        if text in _SPECIAL:
            return _SPECIAL[text]
        if _INTEGER.match(text):
            return _Huge(text) if len(text) > MOST_PARSED_DIGITS or is_huge(int(text)) else int(text)
        return float(text) if self._number.match(text) else text


def _adder(mapping: dict[str, Any]) -> Callable[[Any], None]:
    """Takes keys and values in turn."""
    key: list[Any] = []

    def add(value: Any) -> None:
        if key:
            mapping[key.pop()] = value
        else:
            key.append(value if isinstance(value, str) else "null" if value is None else str(value))

    return add
