"""Statistics of numbers: exact sums, Student's t, percentiles, ranks. Standard library only.

All take numbers without NaN; infinities give what IEEE 754 makes of them.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING

from runql.engine.functions import in_range, to_float

if TYPE_CHECKING:
    from fractions import Fraction

_EXACT_T_UP_TO = 400
"""Degrees of freedom up to which Student's t is solved for; its expansion is exact to 1e-13 beyond."""

_SAFE_WHOLE = 2**53
"""Up to here every whole number is a float."""

_NORMAL_975 = 1.959963984540054235
_NORMAL_MAD = 0.6744897501960817
"""The median distance from their median of values that are normal with a standard deviation of 1."""


def exact_sum(values: Sequence[float]) -> float:
    """The sum rounded once, so that it does not depend on the order."""
    try:
        return math.fsum(values)
    except (OverflowError, ValueError):  # beyond the range on the way, or both infinities
        return sum(values)


def total(values: Sequence[int | float]) -> int | float:
    """The sum: a whole number of whole numbers."""
    if all(type(value) is int for value in values):
        return in_range(sum(values))  # type: ignore[no-any-return]
    return exact_sum([to_float(value) for value in values])


def mean(values: Sequence[int | float]) -> float:
    """The arithmetic mean of at least one number."""
    return mean_of_floats([to_float(value) for value in values])


def mean_of_floats(floats: Sequence[float]) -> float:
    """The same of floats alone."""
    try:
        return math.fsum(floats) / len(floats)
    except (OverflowError, ValueError):
        return sum(value / len(floats) for value in floats)


def squared_deviations(values: Sequence[int | float], centre: float) -> float:
    """The sum of the squares of the distances from a centre."""
    distances = [to_float(value) - centre for value in values]
    return exact_sum([distance * distance for distance in distances])


def var(values: Sequence[int | float]) -> float:
    """The variance of a sample (n - 1) of at least two numbers."""
    return squared_deviations(values, mean(values)) / (len(values) - 1)


def std(values: Sequence[int | float]) -> float:
    """The standard deviation of a sample (n - 1) of at least two numbers."""
    return math.sqrt(var(values))


def weighted_mean(values: Sequence[int | float], weights: Sequence[int | float]) -> float:
    """The mean of at least one number by weights; NaN, or an infinity, if they sum to zero."""
    floats = [to_float(weight) for weight in weights]
    above = exact_sum([to_float(value) * weight for value, weight in zip(values, floats, strict=True)])
    below = exact_sum(floats)
    if below:
        return above / below
    return math.nan if not above or math.isnan(above) else math.copysign(math.inf, above)


def sem_of(deviation: float, count: int) -> float:
    """The standard error of a mean of so many numbers with that standard deviation."""
    return deviation / math.sqrt(count)


def ci95_of(deviation: float, count: int) -> float:
    """Half the width of the 95 % confidence interval of such a mean."""
    return t_975(count - 1) * sem_of(deviation, count)


def percentile(ordered: Sequence[int | float], percent: float) -> int | float:
    """The percentile of sorted numbers, linear between two neighbours (NumPy's `linear`).

    A float; of whole numbers beyond 2^53, which floats do not hold, the exact whole number where it is one.
    """
    place = percent * (len(ordered) - 1) / 100
    low = math.floor(place)
    below, above = ordered[low], ordered[min(low + 1, len(ordered) - 1)]
    if isinstance(below, int) and isinstance(above, int) and max(-below, above) > _SAFE_WHOLE:
        from fractions import Fraction  # few numbers are so large

        return _between_wholes(below, above, Fraction(place) - low)
    below, above = to_float(below), to_float(above)
    return below if below == above or place == low else between(below, above, place - low)


def _between_wholes(below: int, above: int, part: Fraction) -> int | float:
    exact = below + (above - below) * part
    if exact.denominator == 1:
        return exact.numerator
    try:
        return float(exact)
    except OverflowError:
        return to_float(exact.numerator)


def between(below: float, above: float, part: float) -> float:
    """The number that lies that part of the way, neither none nor all, from one to another.

    Beside an infinity it is that; between both NaN.
    """
    width = above - below
    if math.isinf(width):
        return below * (1 - part) + above * part
    return above - width * (1 - part) if part >= 0.5 else below + width * part


def robust_deviation(distance: float) -> float:
    """What the standard deviation is of normal values that lie so far from their median, in the median."""
    return distance / _NORMAL_MAD


def iqm(ordered: Sequence[int | float]) -> float:
    """The mean of sorted numbers without the ⌊n/4⌋ smallest and the ⌊n/4⌋ largest: `trim_mean(…, 0.25)`."""
    cut = len(ordered) // 4
    return mean(ordered[cut : len(ordered) - cut])


# ---------------------------------------------------------------- Student's t


@lru_cache(maxsize=4096)
def t_975(freedom: int) -> float:
    """The 97.5th percentile of Student's t distribution with so many degrees of freedom, at least 1."""
    guess = _t_expansion(freedom)
    if freedom > _EXACT_T_UP_TO:
        return guess
    log_scale = math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2) - 0.5 * math.log(freedom * math.pi)
    if freedom < 5:  # the expansion is no guess there, and these have a closed form or are near it
        guess = (12.7, 4.3, 3.18, 2.78)[freedom - 1]
    for _ in range(50):
        density = math.exp(log_scale - (freedom + 1) / 2 * math.log1p(guess * guess / freedom))
        step = (_t_within(guess, freedom) - 0.95) / (2 * density)
        guess -= step
        if abs(step) <= 1e-15 * guess:
            break
    return guess


def _t_within(t: float, freedom: int) -> float:
    """How likely |T| is at most t: the finite series for whole degrees of freedom (Abramowitz and Stegun 26.7.3, 4)."""
    angle = math.atan2(t, math.sqrt(freedom))
    cosine = math.cos(angle)
    odd = freedom % 2
    term = cosine if odd else 1.0
    terms = [term] if freedom > 1 else []
    for k in range(3 if odd else 2, freedom - 1, 2):
        term *= cosine * cosine * (k - 1) / k
        terms.append(term)
    series = math.sin(angle) * math.fsum(terms)
    return 2 / math.pi * (angle + series) if odd else series


def _t_expansion(freedom: int) -> float:
    """Student's t as the normal quantile and a series in 1 / freedom (Abramowitz and Stegun 26.7.5)."""
    z = _NORMAL_975
    z2 = z * z
    terms = (
        z,
        z * (z2 + 1) / 4,
        z * (5 * z2**2 + 16 * z2 + 3) / 96,
        z * (3 * z2**3 + 19 * z2**2 + 17 * z2 - 15) / 384,
        z * (79 * z2**4 + 776 * z2**3 + 1482 * z2**2 - 1920 * z2 - 945) / 92160,
    )
    return math.fsum(term / float(freedom) ** power for power, term in enumerate(terms))


# ---------------------------------------------------------------- how two things go together


def ranks(values: Sequence[int | float]) -> list[float]:
    """The rank of each number from 1; equal ones share the mean of theirs."""
    order = sorted(range(len(values)), key=values.__getitem__)
    result = [0.0] * len(values)
    done = 0
    for _, same in groupby(order, key=values.__getitem__):
        places = list(same)
        for place in places:
            result[place] = done + (len(places) + 1) / 2
        done += len(places)
    return result


def spearman(xs: Sequence[int | float], ys: Sequence[int | float]) -> float | None:
    """The rank correlation, -1 to 1; `None` if either does not vary."""
    return pearson(ranks(xs), ranks(ys))


def pearson(xs: Sequence[float], ys: Sequence[float]) -> float | None:
    """The linear correlation; `None` if either does not vary."""
    mean_x, mean_y = mean(xs), mean(ys)
    vary_x, vary_y = squared_deviations(xs, mean_x), squared_deviations(ys, mean_y)
    if vary_x == 0 or vary_y == 0:
        return None
    together = exact_sum([(x - mean_x) * (y - mean_y) for x, y in zip(xs, ys, strict=True)])
    return max(-1.0, min(1.0, together / math.sqrt(vary_x) / math.sqrt(vary_y)))


def correlation_ratio(categories: Sequence[Hashable], values: Sequence[int | float]) -> float | None:
    """Eta, 0 to 1: the root of the part of the variance that lies between categories; `None` if nothing varies."""
    centre = mean(values)
    whole = squared_deviations(values, centre)
    if whole == 0 or not math.isfinite(whole):
        return None
    groups: dict[Hashable, list[int | float]] = {}
    for category, value in zip(categories, values, strict=True):
        groups.setdefault(category, []).append(value)
    apart = math.fsum(len(group) * (mean(group) - centre) ** 2 for group in groups.values())
    return math.sqrt(min(1.0, apart / whole))
