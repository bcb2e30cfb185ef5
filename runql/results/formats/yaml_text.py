"""Values as YAML, which PyYAML writes: rows as a list of mappings, and any mapping as a document.

A text stands plain if it is a word that no reader of YAML takes for something else, and in quotes otherwise.
NaN and the infinities are YAML's own; times are text, as in JSON.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from runql.results.cell_text import ConversionLoss, to_json, whole_unicode
from runql.results.columns import Columns
from runql.semantic.values import MISSING, Value

if TYPE_CHECKING:
    from yaml import Event

_Place: TypeAlias = Literal["top", "row", "cell", "inner"]
Plain: TypeAlias = "bool | int | float | str | list[Plain] | dict[str, Plain] | None"

_ROWS_A_PIECE: Final = 1000
_WIDEST: Final = 1 << 30
"""No line is folded."""
_WORDS: Final = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n", "nan", "inf"})
"""What some reader takes for a truth value, null or a number."""
_ESCAPED: Final = "\\U000"
"""How libyaml, PyYAML's faster emitter, writes emoji in any quotes; its own emitter does not."""


def plain(value: Value) -> Plain:
    """A value as what `yaml.safe_load` gives back for it; missing is null, a time its text."""
    match value:
        case float():
            return value
        case list() | tuple():
            return [plain(item) for item in value]
        case Mapping():
            return {str(key): plain(item) for key, item in value.items() if item is not MISSING}
        case _:
            json_value: Plain = to_json(value, ConversionLoss())
            return json_value


def yaml_rows(frame: Columns) -> Iterator[str]:
    """A list with a mapping a row, many rows in a piece."""
    rows: Iterator[Plain] = (
        {name: plain(cell) for name, cell in zip(frame.names, row, strict=True)} for row in frame.tuples()
    )
    while some := list(islice(rows, _ROWS_A_PIECE)):
        yield yaml_text(some)
    if not frame.length:
        yield yaml_text([])


def yaml_text(value: Plain) -> str:
    """A value as a document: a line for each entry of its mappings; a list within it stands on one line."""
    import yaml

    start: tuple[Event, ...] = (yaml.StreamStartEvent(), yaml.DocumentStartEvent(explicit=False))
    end: tuple[Event, ...] = (yaml.DocumentEndEvent(explicit=False), yaml.StreamEndEvent())
    events = [*start, *_Events().of(value), *end]

    def written(emitter: Any) -> str:
        text: str = yaml.emit(iter(events), Dumper=emitter, allow_unicode=True, width=_WIDEST)
        return text

    text = written(getattr(yaml, "CSafeDumper", yaml.SafeDumper))
    return written(yaml.SafeDumper) if _ESCAPED in text else text


class _Events:
    """What PyYAML's emitter takes: a tenth of the time of its `dump`, which makes a tree of nodes first."""

    def __init__(self) -> None:
        from yaml.representer import SafeRepresenter

        self._represent = SafeRepresenter().represent_data
        self._keys: dict[str, Event] = {}

    def of(self, value: Plain, place: _Place = "top") -> Iterator[Event]:
        """The events of a value."""
        from yaml import MappingEndEvent, MappingStartEvent, SequenceEndEvent, SequenceStartEvent

        match value:
            case list():
                yield SequenceStartEvent(None, None, True, flow_style=place != "top")
                for item in value:
                    yield from self.of(item, "row" if place == "top" else "inner")
                yield SequenceEndEvent()
            case dict():
                yield MappingStartEvent(None, None, True, flow_style=place == "cell")
                for key, item in value.items():
                    yield self._keys.get(key) or self._keys.setdefault(key, self._scalar(key))
                    yield from self.of(item, "cell" if place == "row" else "inner")
                yield MappingEndEvent()
            case _:
                yield self._scalar(value)

    def _scalar(self, value: bool | int | float | str | None) -> Event:
        from yaml import ScalarEvent

        if not isinstance(value, str):
            return ScalarEvent(None, None, (True, True), self._represent(value).value)
        text = whole_unicode(value)
        return ScalarEvent(None, None, (True, True), text, style=_style(text))


def _style(text: str) -> str | None:
    """The quotes of a text: none for a word, and those for emoji in which PyYAML leaves them as they are."""
    if text.isidentifier() and text.lower() not in _WORDS:
        return None
    has_emoji = not text.isascii() and max(text) >= "\U00010000"
    return "'" if has_emoji and text.replace("\u200d", "").isprintable() else '"'
