"""The functions of the language: one table for the checker, the engine, completion and the reference pages."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from runql.semantic.values import Kind
from runql.text.frozen import frozen

NUMBER = frozenset({Kind.NUMBER})
TEXT = frozenset({Kind.TEXT})
BOOL = frozenset({Kind.BOOL})
SIZED = frozenset({Kind.TEXT, Kind.LIST})
ORDERED = frozenset({Kind.NUMBER, Kind.TIME})
ANYTHING = frozenset(Kind)


@frozen
class Parameter:
    """One parameter: the kinds it takes; `repeated` stands for one or more arguments."""

    name: str
    kinds: frozenset[Kind]
    optional: bool = False
    repeated: bool = False


@frozen
class Function:
    """One function. A `result` of `UNKNOWN` is the kind that its arguments share."""

    name: str
    parameters: tuple[Parameter, ...]
    result: Kind
    doc: str
    example: str

    @property
    def least(self) -> int:
        """The fewest arguments it takes."""
        return sum(not p.optional for p in self.parameters)

    @property
    def most(self) -> int | None:
        """The most arguments it takes; `None` for any number."""
        return None if any(p.repeated for p in self.parameters) else len(self.parameters)

    def parameter(self, index: int) -> Parameter:
        """The parameter that the argument at `index` fills."""
        return self.parameters[min(index, len(self.parameters) - 1)]

    @property
    def signature(self) -> str:
        """As written in a menu: `round(x, [digits])`, `max(a, b, …)`."""
        names = [f"[{p.name}]" if p.optional else f"{p.name}, …" if p.repeated else p.name for p in self.parameters]
        return f"{self.name}({', '.join(names)})"


_X = Parameter("x", NUMBER)


def _number(name: str, doc: str, example: str) -> Function:
    return Function(name, (_X,), Kind.NUMBER, doc, example)


def _extreme(name: str, doc: str) -> Function:
    parameters = (Parameter("a", ORDERED), Parameter("b", ORDERED, repeated=True))
    return Function(name, parameters, Kind.UNKNOWN, doc, f"{name}(summary.acc, summary.val/acc) > 0.9")


_SCALARS = (
    _number("abs", "The size of a number, without its sign.", "abs(summary.loss - summary.val/loss) < 0.1"),
    _number("log", "The natural logarithm.", "log(config.lr) < -5"),
    _number("log2", "The logarithm of base 2.", "log2(config.batch_size) >= 8"),
    _number("log10", "The logarithm of base 10.", "log10(config.lr) <= -3"),
    _number("exp", "e to the power of a number.", "exp(summary.loss) < 20"),
    _number("sqrt", "The square root.", "sqrt(summary.params) > 50"),
    Function(
        "round",
        (_X, Parameter("digits", NUMBER, optional=True)),
        Kind.NUMBER,
        "The nearest whole number, or the nearest with that many digits after the point; a half goes to the even one.",
        "round(summary.acc, 2) = 0.98",
    ),
    _number("floor", "The next whole number below.", "floor(config.model.hidden / 10) = 3"),
    _number("ceil", "The next whole number above.", "ceil(config.steps / 100) = 1"),
    _extreme("min", "The smallest of several values; null and missing are skipped."),
    _extreme("max", "The largest of several values; null and missing are skipped."),
    Function(
        "lower", (Parameter("text", TEXT),), Kind.TEXT, "The text in small letters.", 'lower(name) contains "baseline"'
    ),
    Function(
        "upper", (Parameter("text", TEXT),), Kind.TEXT, "The text in capitals.", 'upper(config.optimizer) = "SGD"'
    ),
    Function("len", (Parameter("value", SIZED),), Kind.NUMBER, "The length of a text or a list.", "len(tags) > 1"),
    Function(
        "coalesce",
        (Parameter("a", ANYTHING), Parameter("b", ANYTHING, repeated=True)),
        Kind.UNKNOWN,
        "The first argument that is neither null nor missing.",
        "coalesce(config.momentum, 0) = 0",
    ),
    Function(
        "if",
        (Parameter("condition", BOOL), Parameter("then", ANYTHING), Parameter("otherwise", ANYTHING)),
        Kind.UNKNOWN,
        "The second argument where the first is true, else the third.",
        'if(config.optimizer = "adam", config.lr * 10, config.lr) > 0.01',
    ),
)

_METRIC = (Parameter("logged.METRIC", NUMBER),)


def _aggregate(name: str, result: Kind, doc: str, example: str) -> Function:
    return Function(name, _METRIC, result, doc, example)


_AGGREGATES = (
    _aggregate("min", Kind.NUMBER, "The smallest value that was logged; NaN is skipped.", "min(logged.val/loss) < 0.2"),
    _aggregate("max", Kind.NUMBER, "The largest value that was logged; NaN is skipped.", "max(logged.val/acc) > 0.9"),
    _aggregate("first", Kind.UNKNOWN, "The first value that was logged.", "first(logged.loss) > 2"),
    _aggregate("last", Kind.UNKNOWN, "The last value that was logged.", "last(logged.loss) < first(logged.loss)"),
    _aggregate(
        "mean", Kind.NUMBER, "The mean of the logged values; NaN is skipped.", "mean(logged.loss, last 100) < 0.3"
    ),
    _aggregate("argmin", Kind.NUMBER, "The x at which the metric was smallest.", "argmin(logged.val/loss) < 90"),
    _aggregate("argmax", Kind.NUMBER, "The x at which the metric was largest.", "argmax(logged.val/acc) > 50"),
    _aggregate("diverged", Kind.BOOL, "Whether any logged value is NaN or infinite.", "diverged(logged.loss)"),
    _aggregate("exists", Kind.BOOL, "Whether the metric was logged at all.", "exists(logged.val/loss)"),
)

FUNCTIONS: Mapping[str, Function] = MappingProxyType({f.name: f for f in _SCALARS})
"""Functions of values, by name."""

AGGREGATES: Mapping[str, Function] = MappingProxyType({f.name: f for f in _AGGREGATES})
"""Functions of one metric's history (`logged.METRIC`), by name. `exists` is parsed as a test of its own."""
