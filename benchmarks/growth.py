"""A picture of how the times of questions grow with the number of runs: two logarithmic axes, in SVG."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Final

Series = Mapping[str, Sequence[tuple[int, float]]]

_WIDTH, _HEIGHT = 760, 380
_LEFT, _RIGHT, _TOP, _BOTTOM = 60, 250, 20, 40
_COLOURS: Final = ("#4477aa", "#ee6677", "#228833", "#aa7700", "#aa3377", "#66707a")


def picture(ours: Series, by_hand: Series, unit: str) -> str:
    """The lines of both, one colour a question: ours whole, by hand broken."""
    points = [point for series in (ours, by_hand) for line in series.values() for point in line]
    xs = [math.log10(runs) for runs, _ in points]
    ys = [math.log10(took) for _, took in points]
    low_y, high_y = math.floor(min(ys)), math.ceil(max(ys))
    low_x, high_x = min(xs), max(*xs, min(xs) + 1)

    def place(runs: float, took: float) -> tuple[float, float]:
        along = (math.log10(runs) - low_x) / (high_x - low_x)
        up = (math.log10(took) - low_y) / max(1, high_y - low_y)
        return _LEFT + along * (_WIDTH - _LEFT - _RIGHT), _HEIGHT - _BOTTOM - up * (_HEIGHT - _TOP - _BOTTOM)

    parts = [_axis(place, sorted({runs for runs, _ in points}), range(low_y, high_y + 1), unit)]
    for number, (name, line) in enumerate(ours.items()):
        colour = _COLOURS[number % len(_COLOURS)]
        parts.append(_line([place(*point) for point in line], colour, broken=False))
        parts.append(_line([place(*point) for point in by_hand.get(name, ())], colour, broken=True))
        y = _TOP + 14 + 22 * number
        parts.append(f'<path d="M{_WIDTH - _RIGHT + 14} {y - 4}h18" stroke="{colour}" stroke-width="2"/>')
        parts.append(f'<text x="{_WIDTH - _RIGHT + 38}" y="{y}">{escape(name)}</text>')
    y = _TOP + 24 + 22 * len(ours)
    parts.append(f'<text x="{_WIDTH - _RIGHT + 14}" y="{y}">broken: SQL by hand</text>')
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif"'
    return f'{head} font-size="12" fill="#777">\n' + "\n".join(filter(None, parts)) + "\n</svg>\n"


def _axis(place: object, runs: Sequence[int], powers: Sequence[int], unit: str) -> str:
    assert callable(place)
    marks = []
    for power in powers:
        _, y = place(runs[0], 10.0**power)
        marks.append(f'<path d="M{_LEFT} {y:.1f}H{_WIDTH - _RIGHT}" stroke="#999" stroke-width="0.4"/>')
        marks.append(f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{10.0**power:g}</text>')
    for count in runs:
        x, _ = place(count, 10.0 ** powers[0])
        marks.append(f'<text x="{x:.1f}" y="{_HEIGHT - _BOTTOM + 18}" text-anchor="middle">{count:,}</text>')
    marks.append(f'<text x="{_LEFT + 4}" y="{_TOP - 6}">{unit}</text>')
    marks.append(f'<text x="{_WIDTH - _RIGHT}" y="{_HEIGHT - 6}" text-anchor="end">runs</text>')
    return "\n".join(marks)


def _line(points: Sequence[tuple[float, float]], colour: str, *, broken: bool) -> str:
    if not points:
        return ""
    path = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    dashes = ' stroke-dasharray="4 3" opacity="0.7"' if broken else ""
    return f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2"{dashes}/>'


def write(path: Path, ours: Series, by_hand: Series, unit: str) -> None:
    """Put the picture into a file."""
    path.write_text(picture(ours, by_hand, unit), encoding="utf-8")
