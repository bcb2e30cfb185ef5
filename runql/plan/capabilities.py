"""What a source can do, as one value: plans ask it, never who the source is."""

from __future__ import annotations

from enum import Enum

from runql.text.frozen import frozen


class Trust(Enum):
    """How far an operation is left to a source."""

    NONE = "none"
    """It is not asked for it."""

    HINT = "hint"
    """It is asked for it, and the whole is decided again here: a filter narrows, an order is made again."""

    EXACT = "exact"
    """Its answer is ours."""


@frozen
class Capabilities:
    """What of a plan a source takes, as a table: of `RunScan Filter* Sort Limit` the beginning.

    | operation | taken if |
    |---|---|
    | `Filter` | `filters` is not NONE: as a filter of the W&B form, by those terms that it can say |
    | `Sort` | `order` is not NONE: of one key; EXACT: ties and missing included, so a limit may rest on it |
    | `Limit` | `order` is EXACT, and then only behind all filters, those that are done here too |
    | `Count` | `counts`, where the filter decides by itself |

    `filters` are EXACT where they mean what the MongoDB manual says also on null, missing, lists and NaN, and see the
    same values that the records show (W&B's server documents neither). `column_subsets`: single config and summary
    keys can be asked for. `cheap_pages`: a page costs no request, so its size does not matter.
    """

    filters: Trust = Trust.HINT
    order: Trust = Trust.HINT
    counts: bool = True
    column_subsets: bool = True
    cheap_pages: bool = False
