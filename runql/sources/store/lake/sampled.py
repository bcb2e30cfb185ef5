"""Samples of histories from another engine: of a long history the rows of the sample come back, and no others.

The engine says where the rows of each metric stand: of an arithmetic series its ends, so that a metric that was logged
every ten steps is two or three rows; and where it is least and most. Which rows a sample takes is decided here, by the
rule that holds everywhere, and then the engine gives these.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress, groupby
from typing import Any, Final

from runql.engine.values.column import Column, Numbers, column_of, constant
from runql.semantic.json_text import whole_text
from runql.semantic.record import RunHistory
from runql.semantic.values import MISSING, Value
from runql.sources.history_rows import answered, choose_rows
from runql.sources.protocol import HistoryRequest
from runql.sources.store.cells import RowPlaces, RunCells, portions
from runql.sources.store.lake.snapshot import LakeSnapshot
from runql.sources.store.lake.spelling import EngineDialect
from runql.sources.store.layout import Fact
from runql.sources.store.records import StoredRun

_AXIS: Final = "_step"
_WORTH: Final = 4
"""Of a history that has so many times the rows of a sample the sample alone is asked for."""
_ROWS_AT_ONCE: Final = 20_000
"""So many rows of histories are named in a statement."""


def may_sample(request: HistoryRequest) -> bool:
    """Whether a sample is asked for that can be taken like that: of named metrics along the steps."""
    return (
        request.samples is not None
        and bool(request.keys)
        and _AXIS not in (request.keys or ())
        and request.stream == "default"
        and request.x_axis == _AXIS
        and (request.min_x, request.max_x) == (None, None)
    )


def is_long(run: StoredRun, request: HistoryRequest) -> bool:
    """Whether a run has far more rows than a sample takes."""
    lines = run.record.history_line_count or (run.last_step or 0) + 1
    return lines > _WORTH * (request.samples or 0)


@dataclass(slots=True)
class _Series:
    """The rows that hold a metric, with their steps; where it is least and most, if anything is."""

    rows: Any
    steps: Any
    ends: tuple[int, int] | None

    def stand_ins(self) -> Numbers:
        """Numbers of which the first least and the first most stand where they do in the metric."""
        import numpy as np

        made = np.zeros(len(self.rows))
        if self.ends is None or self.ends[0] == self.ends[1]:
            made[:] = np.nan
        if self.ends is not None:
            low, high = np.searchsorted(self.rows, self.ends)
            made[low], made[high] = (-1.0, 1.0) if low != high else (0.0, 0.0)
        return Numbers(array("d", made.tobytes()))


def sampled(snapshot: LakeSnapshot, runs: Sequence[StoredRun], request: HistoryRequest) -> dict[str, RunHistory]:
    """The samples of runs, by the keys of the runs. Some may be lacking: those whose metrics hold more than numbers, or
    rows without a step, are read as a whole."""
    keys = frozenset(request.keys or ())
    odd = _with_others(snapshot, runs, keys)
    plain = [run for run in runs if run.run not in odd]
    chosen: dict[str, tuple[RunHistory, list[int]]] = {}
    series = _series_of(snapshot, plain, keys, request)
    for run in plain:
        found = _chosen(run, series[run.run], request)
        if found is not None:
            chosen[run.run] = found
    return dict(_filled(snapshot, [run for run in plain if run.run in chosen], keys, chosen))


def _chosen(
    run: StoredRun, series: Mapping[str, _Series] | None, request: HistoryRequest
) -> tuple[RunHistory, list[int]] | None:
    """The history of a run with its rows still to be filled in, and which rows these are."""
    import numpy as np

    there = {name for name in request.keys or () if name in run.metrics.get(request.stream, ())}
    if series is None or there != series.keys() or not series:
        return None
    every = [one.rows for one in series.values()]
    are_alike = all(np.array_equal(every[0], one) for one in every[1:])
    if request.rows == "all" and not are_alike:
        return None  # the least and the most of the rows that hold all
    rows = every[0] if are_alike else np.unique(np.concatenate(every))
    steps = np.zeros(len(rows), np.int64)
    cells = RunCells()
    for name, one in series.items():
        steps[np.searchsorted(rows, one.rows)] = one.steps
        cells.add_column(name, _places(one.rows), one.stand_ins())
    cells.add_column(_AXIS, _places(rows), Numbers(array("q", steps.tobytes())))
    columns = cells.columns([_AXIS, *series])
    choice = choose_rows(columns, request)
    kept = [*compress(rows.tolist(), choice.flags)]
    kept = kept if choice.sample is None else [kept[place] for place in choice.sample]
    names: dict[str, Column] = {name: column_of(()) for name in answered(columns, request)}
    history = RunHistory(run.record.id, names, rows_of=choice.rows_of, sampled=choice.is_sample)
    return history, kept


def _places(rows: Any) -> RowPlaces:
    return RowPlaces(int(rows[0]), int(rows[-1]), len(rows), rows.tolist())


# ---------------------------------------------------------------- statements


def _with_others(snapshot: LakeSnapshot, runs: Sequence[StoredRun], keys: frozenset[str]) -> set[str]:
    """The runs in which a metric, or a step, is no number that the points hold."""
    if not runs:
        return set()
    where = snapshot.rows_of(runs, keys | {_AXIS})
    sql = f"SELECT DISTINCT run FROM {snapshot.views.of(Fact.OTHER)} AS p WHERE {where}"
    return {run for (run,) in snapshot.views.native(sql, ())}


def _series_of(
    snapshot: LakeSnapshot, runs: Sequence[StoredRun], keys: frozenset[str], request: HistoryRequest
) -> dict[str, dict[str, _Series] | None]:
    """The rows of each metric of each run, by its key; `None` for a run of which some have no step."""
    import numpy as np

    if not runs:
        return {}
    where = snapshot.rows_of(runs, keys)
    cuts = [
        f"step {sign} {end}" for sign, end in ((">=", request.min_step), ("<=", request.max_step)) if end is not None
    ]
    if cuts:
        where += f" AND (step IS NULL OR ({' AND '.join(cuts)}))"
    sql = _series_sql(snapshot.views.engine.dialect, snapshot.views.of(Fact.POINTS), where)
    names = {whole_text(name): name for name in keys}
    found: dict[str, dict[str, _Series] | None] = {run.run: {} for run in runs}
    for (run, name), rows in groupby(snapshot.views.native(sql, ()), key=lambda row: row[:2]):
        own, series = [*rows], found[run]
        if series is None or any(row[4] is None for row in own):
            found[run] = None
            continue
        nth, at, step, by_row, by_step = (
            np.asarray([row[place] or 0 for row in own], np.int64) for place in (2, 3, 4, 5, 6)
        )
        lengths = np.diff(np.append(nth, nth[-1] + 1))
        offsets = np.arange(lengths.sum()) - np.repeat(nth - 1, lengths)
        low, high = own[0][7:]
        series[names[name]] = _Series(
            np.repeat(at, lengths) + offsets * np.repeat(by_row, lengths),
            np.repeat(step, lengths) + offsets * np.repeat(by_step, lengths),
            None if low is None else (low, high),
        )
    return found


def _series_sql(dialect: EngineDialect, points: str, where: str) -> str:
    """Of each metric of each run the rows at which the distance to the row before, or to its step, changes: their
    number, row and step, the distances, and the rows of the first least and the first most number."""
    row, key = dialect.quoted("row"), dialect.quoted("key")
    number = f"CASE WHEN NOT {dialect.nan.format('val')} THEN CASE WHEN val = 0 THEN 0e0 ELSE val END END"
    of_all = "PARTITION BY of_run, of_key"
    by = f"{of_all} ORDER BY of_row"
    before = f"min({{}}) OVER ({by} ROWS BETWEEN 1 PRECEDING AND 1 PRECEDING)"
    read = f"SELECT run AS of_run, {key} AS of_key, {row} AS of_row, step AS of_step, {number} AS v FROM {points} AS p"
    ranked = (
        f"SELECT of_run, of_key, of_row, of_step, v, row_number() OVER ({by}) AS nth, count(*) OVER ({of_all}) AS n, "
        f"of_row - {before.format('of_row')} AS by_row, of_step - {before.format('of_step')} AS by_step, "
        f"min(v) OVER ({of_all}) AS least, max(v) OVER ({of_all}) AS most FROM ({read} WHERE {where}) AS a"
    )
    changed = (
        f"SELECT of_run, of_key, nth, n, of_row, of_step, by_row, by_step, "
        f"{before.format('by_row')} AS row_before, {before.format('by_step')} AS step_before, "
        f"min(CASE WHEN v = least THEN of_row END) OVER ({of_all}) AS low, "
        f"min(CASE WHEN v = most THEN of_row END) OVER ({of_all}) AS high FROM ({ranked}) AS b"
    )
    kept = (
        "nth = 1 OR nth = n OR of_step IS NULL OR row_before IS NULL OR step_before IS NULL "
        "OR by_row <> row_before OR by_step <> step_before"
    )
    columns = "of_run, of_key, nth, of_row, of_step, by_row, by_step, low, high"
    return f"SELECT {columns} FROM ({changed}) AS c WHERE {kept} ORDER BY of_run, of_key, nth"


def _filled(
    snapshot: LakeSnapshot,
    runs: Sequence[StoredRun],
    keys: frozenset[str],
    chosen: Mapping[str, tuple[RunHistory, list[int]]],
) -> Iterator[tuple[str, RunHistory]]:
    """The histories with the values of their rows."""
    dialect = snapshot.views.engine.dialect
    quoted, text = dialect.quoted, dialect.text
    columns = ", ".join(map(quoted, ("run", "key", "row", "val", "whole")))
    of_keys = f"{quoted('key')} IN ({dialect.texts(map(whole_text, keys | {_AXIS}))})"
    points = snapshot.views.of(Fact.POINTS)
    for some in portions(runs, lambda run: len(chosen[run.run][1]), _ROWS_AT_ONCE):
        of = [
            f"({quoted('pull')} = {run.body} AND {quoted('run')} = {text(run.run)} "
            f"AND {quoted('row')} IN ({', '.join(map(str, chosen[run.run][1]))}))"
            for run in some
        ]
        sql = f"SELECT {columns} FROM {points} AS p WHERE ({' OR '.join(of)}) AND {of_keys}"
        cells: dict[str, dict[str, dict[int, Value]]] = {run.run: {} for run in some}
        for run_key, name, row, value, whole in snapshot.views.native(sql, ()):
            cells[run_key].setdefault(name, {})[row] = int(value) if whole else value
        for run in some:
            history, rows = chosen[run.run]
            yield run.run, _with_cells(history, rows, cells[run.run])


def _with_cells(history: RunHistory, rows: Sequence[int], cells: Mapping[str, Mapping[int, Value]]) -> RunHistory:
    columns: dict[str, Column] = {}
    for name in history.columns:
        own = cells.get(whole_text(name))
        columns[name] = (
            constant(MISSING, len(rows)) if own is None else column_of([own.get(row, MISSING) for row in rows])
        )
    return RunHistory(history.run_id, columns, rows_of=history.rows_of, sampled=history.sampled)
