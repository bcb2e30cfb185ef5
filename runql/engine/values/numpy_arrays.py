"""The vectors of a column as NumPy arrays, for frames and for stages of many rows.

NumPy is loaded when the first is asked for. What is given is the reader's own: to write into it changes no column.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from runql.engine.values.column import Numbers

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Doubles: TypeAlias = NDArray[np.float64]
    Integers: TypeAlias = NDArray[np.int64]
    Bools: TypeAlias = NDArray[np.bool_]
else:
    Doubles = Integers = Bools = Any


def doubles(column: Numbers) -> Doubles:
    """The numbers as doubles, each the nearest one, with NaN in the gaps."""
    import numpy as np

    made = np.array(column.values, np.float64)
    if column.gaps is not None:
        made[gap_mask(column)] = np.nan
    return made


def integers(column: Numbers) -> Integers:
    """The numbers as integers of 64 bits, with 0 in the gaps. The column must hold no others."""
    import numpy as np

    return np.array(column.values).astype(np.int64, copy=False)


def gap_mask(column: Numbers) -> Bools:
    """Where a cell is null or missing."""
    import numpy as np

    found: Bools = np.zeros(len(column), np.bool_)
    if column.gaps is not None:
        found |= np.frombuffer(column.gaps, np.uint8) != 0
    return found
