"""The colours of the language: one table for every front end that paints a text. Plain values, no toolkit.

A palette has few colours, and they are apart also to eyes without red, green or blue: in lightness, not only in hue.
What shares a colour differs in its letters; a mistake is underlined, so nothing rests on its red.
`tests/highlight/test_palette.py` computes all of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from runql.ide.semantic_tokens import Shade
from runql.text.frozen import frozen


@frozen
class Paint:
    """How a piece is painted. `color` is `#rrggbb` or a name of a terminal's own colours; empty for its ink."""

    color: str = ""
    bold: bool = False
    italic: bool = False
    underline: bool = False


@frozen
class Palette:
    """A look for each shade, made for one background. Without one (empty) the terminal's own colours are meant."""

    name: str
    background: str
    ink: str
    looks: Mapping[Shade, Paint]


def _palette(
    name: str,
    background: str,
    *,
    ink: str,
    grey: str,
    blue: str,
    magenta: str,
    yellow: str,
    teal: str,
    orange: str,
    green: str,
    red: str,
) -> Palette:
    looks = {
        Shade.STATEMENT: Paint(blue, bold=True),
        Shade.KEYWORD: Paint(blue),
        Shade.STAGE: Paint(magenta, bold=True),
        Shade.CONSTANT: Paint(orange, bold=True),
        Shade.FUNCTION: Paint(yellow),
        Shade.NAMESPACE: Paint(grey),
        Shade.FIELD: Paint(ink),
        Shade.RUN_FIELD: Paint(ink, italic=True),
        Shade.METRIC: Paint(teal),
        Shade.SOURCE: Paint(teal, bold=True),
        Shade.NUMBER: Paint(orange),
        Shade.STRING: Paint(green),
        Shade.REGEX: Paint(green, italic=True),
        Shade.TIME: Paint(orange, italic=True),
        Shade.PARAMETER: Paint(magenta, italic=True),
        Shade.OPERATOR: Paint(ink),
        Shade.PUNCTUATION: Paint(grey),
        Shade.TEXT: Paint(ink),
        Shade.COMMENT: Paint(grey, italic=True),
        Shade.ERROR: Paint(red, underline=True),
    }
    return Palette(name, background, ink, MappingProxyType(looks))


DARK: Final = _palette(
    "runql-dark",
    "#1b1e26",
    ink="#d6dae4",
    grey="#8f98ad",
    blue="#8fb7de",
    magenta="#c971ed",
    yellow="#f5d75d",
    teal="#05d7b5",
    orange="#eb825b",
    green="#b7f4ac",
    red="#ff7b7f",
)
LIGHT: Final = _palette(
    "runql-light",
    "#fbfbfa",
    ink="#2a2e38",
    grey="#667085",
    blue="#1850f6",
    magenta="#942db8",
    yellow="#655532",
    teal="#04646a",
    orange="#a23800",
    green="#327d2d",
    red="#c3162b",
)
TERMINAL: Final = _palette(
    "terminal",
    "",
    ink="",
    grey="bright_black",
    blue="blue",
    magenta="magenta",
    yellow="bright_blue",
    teal="cyan",
    orange="yellow",
    green="green",
    red="red",
)
"""For a terminal whose background nobody knows: its sixteen colours, by the names of ECMA-48."""

PALETTES: Final[Mapping[str, Palette]] = MappingProxyType({each.name: each for each in (DARK, LIGHT, TERMINAL)})
