"""How a stage works, for `explain`: which pass rows on, which hold the table, and what runs them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import assert_never

from runql.engine.stages import has_windows, is_streaming
from runql.execute.write_files import located
from runql.language.kinds import TableKind
from runql.results.destination import DestinationKind, destination
from runql.results.formats.formats import EXTENSIONS
from runql.semantic import typed as t
from runql.semantic.typed import TAssert, TDistinct, TSql, TStage, TTo
from runql.semantic.typed.stages import entry_of

RUN_BY = "Python, row by row; many rows on NumPy, to the same result"
"""What runs the stages."""

HANDED_TO_SQL = "holds the table, and hands it to DuckDB, which reads it and nothing else: no file, no network"


def way_of(stage: TStage, folder: Path) -> str:  # noqa: PLR0911 - one line a stage
    """Whether a stage passes rows on or holds the table; of a `to` also where it writes, from the session's folder."""
    if has_windows(stage):
        return "holds the table, for its windows see all rows"
    match stage:
        case TTo(path=path):
            form = EXTENSIONS.get(Path(path).suffix[1:].lower())
            keeps = form is not None and form.entry.streams
            how = "written while the rows pass on" if keeps else "holds the table, for the format needs all of it"
            return f"{_leads(path, folder)}: {how}; {_end(stage, folder)}"
        case TSql():
            return HANDED_TO_SQL
        case t.TPlot():
            return f"{_drawn(stage)}; passes rows on, and the chart is made when the last has come"
        case TAssert() if not is_streaming(stage):
            return "holds the table, of all of which it asks"
        case TAssert():
            return "passes rows on, and ends the query behind the last one if any fails"
        case t.TJoin(other=other) | t.TUnion(other=other):
            return f"passes rows on, and holds {other.name}"
        case TDistinct():
            return "passes rows on, and holds what it has seen"
        case t.TRowSelection() | t.TSelect() | t.TDrop() | t.TRename() | t.TDerive() | t.TGroup():
            return _passes(stage)
        case t.TBest() | t.TEdge() | t.TAlongRun() | t.TOwnRows() | t.TUnnest() | t.TPivot() | t.THistogram():
            return _passes(stage)
        case _:
            assert_never(stage)


def _drawn(stage: t.TPlot) -> str:
    """What is drawn, as far as that is said; the rest is chosen from the rows."""
    shape = stage.shape or "what fits the rows"
    y = ", ".join(pick.pattern for pick in stage.y)
    words = [shape, *([f"of {y}"] if y else []), *([f"vs {stage.x.pattern}"] if stage.x is not None else [])]
    words += [f"by {stage.by.pattern}"] if stage.by is not None else []
    words += [f"log {axis}" for axis in stage.log] + (["as a band"] if stage.band else [])
    return f"draws {' '.join(words)}"


def _passes(stage: TStage) -> str:
    if not is_streaming(stage):
        return "holds the table"
    along = entry_of(stage).takes == frozenset({TableKind.HISTORIES})
    return "passes rows on, run by run" if along else "passes rows on"


def _leads(path: str, folder: Path) -> str:
    """A path as it was written and, where that is not the same, what it leads to."""
    target = os.path.realpath(located(path, folder))
    as_written = os.path.realpath(folder) + os.sep + os.path.normpath(path)
    return path if target in {as_written, path} else f"{path} → {target}"


def _end(stage: TTo, folder: Path) -> str:
    """What becomes of what is there."""
    place = destination(located(stage.path, folder), tuple(f".{end}" for end in EXTENSIONS))
    match place.kind:
        case DestinationKind.STREAM:
            return "into a device or a pipe, as it comes"
        case DestinationKind.FILE:
            return "in the place of the file there when it is whole"
        case DestinationKind.NOTHING:
            return "in its place when it is whole"
        case _:
            assert_never(place.kind)
