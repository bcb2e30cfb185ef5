"""How colours look: their contrast, and how far apart they are, to people who see all colours and to people who don't.

Contrast is WCAG 2's; dichromats are simulated by the projections of Viénot, Brettel and Mollon (1999) for red and
green, and Brettel's half-planes, in their usual linear form, for blue; distances are CIEDE2000.
"""

from __future__ import annotations

from math import atan2, cos, degrees, exp, hypot, radians, sin, sqrt

Triple = tuple[float, float, float]

EYES: dict[str, tuple[Triple, Triple, Triple]] = {
    "all colours": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    "no red": ((0.11238, 0.88762, 0.0), (0.11238, 0.88762, 0.0), (0.00401, -0.00401, 1.0)),
    "no green": ((0.29275, 0.70725, 0.0), (0.29275, 0.70725, 0.0), (-0.02234, 0.02234, 1.0)),
    "no blue": ((1.0, 0.14461, -0.14461), (0.0, 0.85924, 0.14076), (0.0, 0.85924, 0.14076)),
}
"""For each kind of eye what it makes of linear red, green and blue."""

_TO_XYZ = ((0.4124564, 0.3575761, 0.1804375), (0.2126729, 0.7151522, 0.0721750), (0.0193339, 0.1191920, 0.9503041))
_WHITE = (0.95047, 1.0, 1.08883)


def _through(matrix: tuple[Triple, Triple, Triple], color: Triple) -> Triple:
    a, b, c = (sum(x * y for x, y in zip(row, color, strict=True)) for row in matrix)
    return (a, b, c)


def linear(color: str) -> Triple:
    """The light of `#rrggbb`: red, green and blue from 0 to 1."""
    parts = (int(color[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts)
    return (red, green, blue)


def contrast(one: str, other: str) -> float:
    """From 1 to 21; 4.5 is what WCAG asks for text."""
    dark, light = sorted(_through(_TO_XYZ, linear(color))[1] for color in (one, other))
    return (light + 0.05) / (dark + 0.05)


def lab(light: Triple) -> Triple:
    def root(t: float) -> float:
        return t ** (1 / 3) if t > 216 / 24389 else (24389 / 27 * t + 16) / 116

    x, y, z = (root(max(value, 0.0) / white) for value, white in zip(_through(_TO_XYZ, light), _WHITE, strict=True))
    return (116 * y - 16, 500 * (x - y), 200 * (y - z))


def distance(one: str, other: str, eyes: str = "all colours") -> float:
    """How different two colours look; 1 is barely seen, 10 at a glance."""
    first, second = (lab(_through(EYES[eyes], linear(color))) for color in (one, other))
    return ciede2000(first, second)


def ciede2000(one: Triple, other: Triple) -> float:
    """The distance of two colours in CIE L*a*b*, by the formula of 2000."""
    (l1, a1, b1), (l2, a2, b2) = one, other
    chroma = (hypot(a1, b1) + hypot(a2, b2)) / 2
    g = 0.5 * (1 - sqrt(chroma**7 / (chroma**7 + 25.0**7)))
    a1, a2 = a1 * (1 + g), a2 * (1 + g)
    c1, c2 = hypot(a1, b1), hypot(a2, b2)
    h1, h2 = degrees(atan2(b1, a1)) % 360, degrees(atan2(b2, a2)) % 360
    turn = 0.0 if c1 * c2 == 0 else (h2 - h1 + 180) % 360 - 180
    dl, dc, dh = l2 - l1, c2 - c1, 2 * sqrt(c1 * c2) * sin(radians(turn / 2))
    lm, cm = (l1 + l2) / 2, (c1 + c2) / 2
    hm = h1 + h2 if c1 * c2 == 0 else (h1 + turn / 2) % 360
    t = 1 - 0.17 * _cos(hm - 30) + 0.24 * _cos(2 * hm) + 0.32 * _cos(3 * hm + 6) - 0.20 * _cos(4 * hm - 63)
    sl = 1 + 0.015 * (lm - 50) ** 2 / sqrt(20 + (lm - 50) ** 2)
    sc, sh = 1 + 0.045 * cm, 1 + 0.015 * cm * t
    rotated = -sin(radians(60 * exp(-(((hm - 275) / 25) ** 2)))) * 2 * sqrt(cm**7 / (cm**7 + 25.0**7))
    return sqrt((dl / sl) ** 2 + (dc / sc) ** 2 + (dh / sh) ** 2 + rotated * (dc / sc) * (dh / sh))


def _cos(angle: float) -> float:
    return cos(radians(angle))
