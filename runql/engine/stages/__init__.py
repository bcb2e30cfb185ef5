"""The table stages of the language, right of the pipe: a table in, a table out.

`run_stages` takes the tables of an answer through any number of stages; `run_stage` a whole table through one. The
stages stand here, those of histories in `history_stages/`. What they do to many rows goes through `dispatch`: below
`dispatch.FAST_ROWS` rows `reference/` does it, row by row in Python, above `arrays/`, on NumPy arrays.
"""

from runql.engine.stages.after import context_after, names_after
from runql.engine.stages.context import Opener, StageContext, StageResult
from runql.engine.stages.layout import PivotCell, PivotLayout
from runql.engine.stages.pipeline import (
    Flow,
    column_order,
    is_streaming,
    refuse_wrong_stages,
    run_stage,
    run_stages,
)
from runql.engine.stages.shared.rows import compile_rows
from runql.engine.stages.windows import has_windows

__all__ = [
    "Flow",
    "Opener",
    "PivotCell",
    "PivotLayout",
    "StageContext",
    "StageResult",
    "column_order",
    "compile_rows",
    "context_after",
    "has_windows",
    "is_streaming",
    "names_after",
    "refuse_wrong_stages",
    "run_stage",
    "run_stages",
]
