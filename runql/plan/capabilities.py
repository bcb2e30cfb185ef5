"""What a source can do, as one value: plans ask it, never who the source is."""

from __future__ import annotations

from enum import Enum
from typing import Final

from runql.text.frozen import frozen

LARGEST_TERM: Final = 100_000
"""How many characters a term takes in a filter of a server at most: of a longer one the executor decides alone."""


class Trust(Enum):
    """How far an operation is left to a source."""

    NONE = "none"
    """It is not asked for it."""

    HINT = "hint"
    """It is asked for it, and the whole is decided again here: a filter narrows, an order is made again."""

    EXACT = "exact"
    """Its answer is ours."""


class Form(Enum):
    """In which form a source takes conditions and orders."""

    TYPED = "typed"
    """As they are (`TypedSelector`); the engine decides them."""

    SQL = "sql"
    """As they are (`TypedSelector`); SQL decides what it says exactly, the engine the rest."""

    WANDB = "wandb"
    """As filters and orders of W&B (`WandbSelector`), as far as these can say them."""


@frozen
class Capabilities:
    """What of a plan a source takes, as a table: of `RunScan Filter* Sort Limit` the beginning.

    | operation | taken in form TYPED or SQL | taken in form WANDB |
    |---|---|---|
    | `Filter` | by the terms that read no rows of a history | by the terms that a filter can say |
    | `Sort` | if no key reads a history | of one key |
    | `Limit` | behind all filters | behind all filters, those that are done here too |
    | `Count` | if all terms are taken | if the filter decides by itself |

    With `filters` or `order` NONE the operation is not taken. What is taken EXACT is not done again: in form TYPED or
    SQL each term, in form WANDB the whole condition or nothing of it. A limit rests on an EXACT order alone: one with
    its ties and its missing values. `counts`: whether the source counts.

    Filters in W&B's form are EXACT where they mean what the MongoDB manual says also on null, missing, lists and NaN,
    and see the same values that the records show (W&B's server documents neither). `column_subsets`: single config and
    summary keys can be asked for. `cheap_pages`: the runs are at hand: a page costs no request, so its size does not
    matter, and all pages of a listing are cut from one picture of it, so that their order need not be watched.
    `columns`: a listing is given as columns too, without a record for each run, `digests`: and what a stage needs of it
    with less than that, where runs come over a line. `before`: what is asked once a question
    before the runs are at hand, in words.
    """

    filters: Trust = Trust.HINT
    order: Trust = Trust.HINT
    counts: bool = True
    column_subsets: bool = True
    cheap_pages: bool = False
    form: Form = Form.WANDB
    columns: bool = False
    digests: bool = False
    before: str = ""


STORED = Capabilities(Trust.EXACT, Trust.EXACT, cheap_pages=True, form=Form.SQL, columns=True)
"""What a store can do: a page costs no request, and runs behind a limit need not be looked at to count them."""

AT_HAND = Capabilities(Trust.EXACT, Trust.EXACT, cheap_pages=True, form=Form.TYPED)
"""What a source can do that has its runs in the process: the engine decides there what it would decide here."""
