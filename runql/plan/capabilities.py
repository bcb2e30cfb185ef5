"""What a backend can do, as one value: plans ask it, never who the backend is."""

from __future__ import annotations

from runql.text.frozen import frozen


@frozen
class Capabilities:
    """`narrows`: it honours filters of the W&B form. `orders`: it honours one order key.

    `exact_order`: its order equals ours, ties and missing included, so a limit may rest on it.
    `counts`: it can count the runs of a filter without listing them. `column_subsets`: it can be asked for
    single config and summary keys. `cheap_pages`: a page costs no request, so its size does not matter.
    `mongo_exact`: its filters mean what the MongoDB manual says also on null, missing, lists and NaN, and see
    the same values that its records show (W&B's server documents neither).
    """

    narrows: bool = True
    orders: bool = True
    exact_order: bool = False
    counts: bool = True
    column_subsets: bool = True
    cheap_pages: bool = False
    mongo_exact: bool = False
