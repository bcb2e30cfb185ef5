"""Reads the Parquet files that a server exports histories as, for who pulls them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from runql.sources.store.duck import Duck, Unreadable, files_sql, quoted

_STEP: Final = "_step"
_TYPES: Final = frozenset({"DOUBLE", "BIGINT", "INTEGER", "BOOLEAN", "VARCHAR"})
"""Types whose values are those of rows. Records, lists and bytes are not told exactly by a column."""


class ExportReader:
    """Opens exports. `runs`: those whose rows were taken from one."""

    def __init__(self) -> None:
        self.runs: set[str] = set()

    def open(self, files: Sequence[Path]) -> ExportedHistory | None:
        """The rows of some files; `None` for files that are none, or that hold more than plain values."""
        duck = Duck()
        try:
            types = _types_of(duck, files)
            found = None if types is None else ExportedHistory(duck, files, [*types])
        except Unreadable:
            found = None
        if found is None:
            duck.close()
        return found

    def took(self, run_id: str) -> None:
        """Note that the rows of a run came from its export."""
        self.runs.add(run_id)


class ExportedHistory:
    """The rows of one run. `counts`: how many values each column has; `rows`: how many rows there are."""

    def __init__(self, duck: Duck, files: Sequence[Path], names: Sequence[str]) -> None:
        self._duck = duck
        self._names = list(names)
        read = files_sql(files).removesuffix(")") + ", union_by_name = true)"
        self._duck.do(f"CREATE VIEW exported AS SELECT * FROM {read}")
        # What hashes is decoded: nothing can turn out to be damaged behind the first rows.
        chosen = ", ".join(f"count({quoted(name)}), bit_xor(hash({quoted(name)}))" for name in names)
        ((self.rows, steps, *told),) = duck.rows(f"SELECT count(*), count(DISTINCT {_STEP}), {chosen} FROM exported")
        self.counts: Mapping[str, int] = {**dict(zip(names, told[::2], strict=True)), _STEP: steps}

    def parts(self, low: int | None, high: int | None, most: int) -> Iterator[Mapping[str, Sequence[Any]]]:
        """The cells of each column, by the order of the steps, of so many rows at a time; a gap is `None`."""
        chosen = ", ".join(map(quoted, self._names))
        start = low
        while True:
            tests = [f"{_STEP} >= {start}"] if start is not None else []
            tests += [f"{_STEP} < {high}"] if high is not None else []
            where = f"WHERE {' AND '.join(tests)}" if tests else ""
            rows = self._duck.rows(f"SELECT {chosen} FROM exported {where} ORDER BY {_STEP} LIMIT {most}")
            if not rows:
                return
            columns = dict(zip(self._names, zip(*rows, strict=True), strict=True))
            yield columns
            if len(rows) < most:
                return
            start = int(columns[_STEP][-1]) + 1

    def close(self) -> None:
        """Let the files go."""
        self._duck.close()


def _types_of(duck: Duck, files: Sequence[Path]) -> dict[str, str] | None:
    """The columns of all files; `None` where one is of another kind than plain values, or of two types."""
    types: dict[str, str] = {}
    for file in files:
        for name, kind, *_ in duck.rows(f"DESCRIBE SELECT * FROM {files_sql([file])}"):
            if kind not in _TYPES or types.setdefault(name, kind) != kind:
                return None
    return types if types.get(_STEP) in ("BIGINT", "INTEGER", "DOUBLE") else None
