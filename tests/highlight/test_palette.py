"""The colours can be read, and told apart by everybody."""

from __future__ import annotations

from itertools import combinations

import pytest

from runql.ide.palette import DARK, LIGHT, PALETTES, TERMINAL, Palette
from runql.ide.semantic_tokens import Shade
from tests.highlight.seeing import EYES, ciede2000, contrast, distance

READABLE = 4.5
"""What WCAG 2 asks for text of ordinary size."""

APART = {"runql-dark": 10, "runql-light": 7.5}
"""Ten is seen at a glance. Dark letters on white leave less room; two is what lies between neighbours in print."""

PAINTED = pytest.mark.parametrize("palette", [DARK, LIGHT], ids=lambda palette: palette.name)


@pytest.mark.parametrize("palette", PALETTES.values(), ids=lambda palette: palette.name)
def test_every_shade_has_a_look(palette: Palette) -> None:
    assert set(palette.looks) == set(Shade)


@PAINTED
@pytest.mark.parametrize("shade", Shade)
def test_every_colour_can_be_read(palette: Palette, shade: Shade) -> None:
    assert contrast(palette.looks[shade].color, palette.background) >= READABLE


@PAINTED
@pytest.mark.parametrize("eyes", EYES)
def test_colours_are_apart_to_all_eyes(palette: Palette, eyes: str) -> None:
    # An error is underlined: it need not be apart by its colour.
    colors = sorted({look.color for shade, look in palette.looks.items() if shade is not Shade.ERROR})
    near = {
        (one, other): round(distance(one, other, eyes), 1)
        for one, other in combinations(colors, 2)
        if distance(one, other, eyes) < APART[palette.name]
    }
    assert not near


@pytest.mark.parametrize("palette", PALETTES.values(), ids=lambda palette: palette.name)
def test_what_shares_a_colour_differs_in_its_letters(palette: Palette) -> None:
    plain = {Shade.FIELD, Shade.TEXT, Shade.OPERATOR}
    grey = {Shade.NAMESPACE, Shade.PUNCTUATION}
    for one, other in combinations(Shade, 2):
        if not ({one, other} <= plain or {one, other} <= grey):
            assert palette.looks[one] != palette.looks[other], (one, other)


@pytest.mark.parametrize("palette", PALETTES.values(), ids=lambda palette: palette.name)
def test_a_mistake_does_not_rest_on_its_colour(palette: Palette) -> None:
    assert [shade for shade, look in palette.looks.items() if look.underline] == [Shade.ERROR]


def test_the_terminals_own_colours_have_names() -> None:
    colors = {look.color for look in TERMINAL.looks.values()}
    assert colors == {"", "bright_black", "blue", "bright_blue", "magenta", "yellow", "cyan", "red", "green"}


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
        ((50.0, 2.5, 0.0), (73.0, 25.0, -18.0), 27.1492),
        ((50.0, 2.49, -0.001), (50.0, -2.49, 0.0011), 7.2195),
        ((90.8027, -2.0831, 1.441), (91.1528, -1.6435, 0.0447), 1.4441),
    ],
)
def test_the_measure_itself(
    one: tuple[float, float, float], other: tuple[float, float, float], expected: float
) -> None:
    """The published pairs of the formula."""
    assert ciede2000(one, other) == pytest.approx(expected, abs=1e-4)
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
