"""Arithmetic and functions of numbers over whole columns: the same as the reference, to the last digit."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import assert_never

from runql.engine.stages.arrays.vectors import NUMBER, TIME, Vector, of_numbers
from runql.engine.stages.shared.rows import NotHeld
from runql.syntax.tree import ArithmeticOp

ARITHMETIC = frozenset({ArithmeticOp.ADD, ArithmeticOp.SUB, ArithmeticOp.MUL, ArithmeticOp.DIV, ArithmeticOp.MOD})


def arithmetic(op: ArithmeticOp, left: Vector, right: Vector) -> Vector:
    import numpy as np

    if (left.tags == TIME).any() or (right.tags == TIME).any():
        raise NotHeld
    a, b = left.numbers, right.numbers
    known = (left.tags == NUMBER) & (right.tags == NUMBER)
    whole = left.whole & right.whole
    match op:
        case ArithmeticOp.ADD:
            return of_numbers(a + b, whole, known)
        case ArithmeticOp.SUB:
            return of_numbers(a - b, whole, known)
        case ArithmeticOp.MUL:
            return of_numbers(a * b, whole, known)
        case ArithmeticOp.DIV:
            return of_numbers(a / b, whole & False, known)
        case ArithmeticOp.MOD:
            return of_numbers(np.where(b == 0, np.nan, np.mod(a, b)), whole & (b != 0), known)
        case ArithmeticOp.POW:
            raise NotHeld
        case _:
            assert_never(op)


def _rounded(work: str) -> Callable[[Vector], Vector]:
    def run(vector: Vector) -> Vector:
        import numpy as np

        numbers = getattr(np, work)(vector.numbers)
        return of_numbers(numbers, np.isfinite(numbers), vector.tags == NUMBER)

    return run


def _absolute(vector: Vector) -> Vector:
    import numpy as np

    return of_numbers(np.abs(vector.numbers), vector.whole, vector.tags == NUMBER)


def _root(vector: Vector) -> Vector:
    import numpy as np

    return of_numbers(np.sqrt(vector.numbers), vector.whole & False, vector.tags == NUMBER)


def _logarithm(log: Callable[[float], float]) -> Callable[[Vector], Vector]:
    """By Python's own function: NumPy's differs in the last digit."""

    def run(vector: Vector) -> Vector:
        import numpy as np

        numbers = np.where(vector.numbers == 0, -np.inf, np.nan)
        positive = (vector.tags == NUMBER) & (vector.numbers > 0)
        numbers[positive] = np.fromiter(map(log, vector.numbers[positive].tolist()), float, int(positive.sum()))
        return of_numbers(numbers, vector.whole & False, vector.tags == NUMBER)

    return run


OF_NUMBER: Mapping[str, Callable[[Vector], Vector]] = MappingProxyType(
    {
        "abs": _absolute,
        "sqrt": _root,
        "floor": _rounded("floor"),
        "ceil": _rounded("ceil"),
        "round": _rounded("rint"),
        "log": _logarithm(math.log),
        "log2": _logarithm(math.log2),
        "log10": _logarithm(math.log10),
    }
)
"""Functions of one number that give the same here as in the reference, to the last digit."""
