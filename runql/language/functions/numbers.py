"""The functions of numbers. Their bodies stand in `engine/functions.py`."""

from __future__ import annotations

from typing import Final

from runql.language.entry import Function, Parameter
from runql.language.kinds import NUMBER, ORDERED, Kind

_X = Parameter("x", NUMBER)


def _number(name: str, doc: str, example: str) -> Function:
    return Function(name, (_X,), Kind.NUMBER, doc, example)


def _extreme(name: str, doc: str) -> Function:
    parameters = (Parameter("a", ORDERED), Parameter("b", ORDERED, repeated=True))
    return Function(name, parameters, Kind.UNKNOWN, doc, f"runs where {name}(summary.acc, summary.val/acc) > 0.9")


NUMBERS: Final = (
    _number("abs", "The size of a number, without its sign.", "runs where abs(summary.loss - summary.val/loss) < 0.1"),
    _number("log", "The natural logarithm.", "runs where log(config.lr) < -5"),
    _number("log2", "The logarithm of base 2.", "runs where log2(config.batch_size) >= 8"),
    _number("log10", "The logarithm of base 10.", "runs where log10(config.lr) <= -3"),
    _number("log1p", "The natural logarithm of 1 + x, exact for a small x.", "runs where log1p(summary.loss) < 0.1"),
    _number("exp", "e to the power of a number.", "runs where exp(summary.loss) < 20"),
    _number("sqrt", "The square root.", "runs where sqrt(summary.params) > 50"),
    Function(
        "round",
        (_X, Parameter("digits", NUMBER, optional=True)),
        Kind.NUMBER,
        "The nearest whole number, or the nearest with that many digits after the point; a half goes to the even one.",
        "runs where round(summary.acc, 2) = 0.98",
    ),
    _number("floor", "The next whole number below.", "runs where floor(config.model.hidden / 10) = 3"),
    _number("ceil", "The next whole number above.", "runs where ceil(config.steps / 100) = 1"),
    _extreme("min", "The smallest of several values; null and missing are skipped."),
    _extreme("max", "The largest of several values; null and missing are skipped."),
    _number("sign", "-1, 0 or 1: the sign of a number.", "runs where sign(summary.acc - summary.val/acc) = 1"),
    Function(
        "clip",
        (_X, Parameter("least", NUMBER), Parameter("most", NUMBER)),
        Kind.NUMBER,
        "The number, or the nearer of two limits where it lies outside of them.",
        "runs order clip(summary.loss, 0.01, 1) limit 5",
    ),
)
