"""The functions of values. Each has its body in `engine/functions.py`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from runql.language.entry import Function, Parameter
from runql.language.kinds import ANYTHING, BOOL, NUMBER, ORDERED, SIZED, TEXT, Kind

_X = Parameter("x", NUMBER)


def _number(name: str, doc: str, example: str) -> Function:
    return Function(name, (_X,), Kind.NUMBER, doc, example)


def _extreme(name: str, doc: str) -> Function:
    parameters = (Parameter("a", ORDERED), Parameter("b", ORDERED, repeated=True))
    return Function(name, parameters, Kind.UNKNOWN, doc, f"runs where {name}(summary.acc, summary.val/acc) > 0.9")


_TABLE = (
    _number("abs", "The size of a number, without its sign.", "runs where abs(summary.loss - summary.val/loss) < 0.1"),
    _number("log", "The natural logarithm.", "runs where log(config.lr) < -5"),
    _number("log2", "The logarithm of base 2.", "runs where log2(config.batch_size) >= 8"),
    _number("log10", "The logarithm of base 10.", "runs where log10(config.lr) <= -3"),
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
    Function(
        "lower",
        (Parameter("text", TEXT),),
        Kind.TEXT,
        "The text in small letters.",
        'runs where lower(name) contains "baseline"',
    ),
    Function(
        "upper",
        (Parameter("text", TEXT),),
        Kind.TEXT,
        "The text in capitals.",
        'runs where upper(config.optimizer) = "SGD"',
    ),
    Function(
        "len",
        (Parameter("value", SIZED),),
        Kind.NUMBER,
        "The length of a text or a list.",
        "runs where len(tags) > 1",
    ),
    Function(
        "coalesce",
        (Parameter("a", ANYTHING), Parameter("b", ANYTHING, repeated=True)),
        Kind.UNKNOWN,
        "The first argument that is neither null nor missing.",
        "runs where coalesce(config.momentum, 0) = 0",
    ),
    Function(
        "if",
        (Parameter("condition", BOOL), Parameter("then", ANYTHING), Parameter("otherwise", ANYTHING)),
        Kind.UNKNOWN,
        "The second argument where the first is true, else the third.",
        'runs where if(config.optimizer = "adam", config.lr * 10, config.lr) > 0.01',
    ),
)

FUNCTIONS: Final[Mapping[str, Function]] = MappingProxyType({one.name: one for one in _TABLE})
"""By name."""
