"""A store as a source of runs that another engine reads: the same plan, the same statements, the same answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any, Final

from runql.config import Settings
from runql.errors import SourceError
from runql.plan.capabilities import STORED, Capabilities
from runql.plan.selectors import TypedSelector
from runql.plan.to_sql.fields import nothing_odd
from runql.plan.to_sql.speech import SqlSpeech
from runql.plan.to_sql.statement import RunStatement
from runql.semantic.record import RunHistory
from runql.semantic.typed import FieldKey, HistoryNode
from runql.semantic.values import Value
from runql.sources.protocol import Digest, HistoryRequest, PageRequest, RunColumns, RunDigest, RunValue, SqlTables
from runql.sources.store.lake.columns import LakeColumns
from runql.sources.store.lake.engine import LakeEngine
from runql.sources.store.lake.exact import exact_statement
from runql.sources.store.lake.names import LakeName, lake_name
from runql.sources.store.lake.open import open_engine
from runql.sources.store.lake.sampled import is_long, may_sample, sampled
from runql.sources.store.lake.snapshot import LakeSnapshot
from runql.sources.store.lake.spelling import spelled
from runql.sources.store.places import existing
from runql.sources.store.service import StoreService
from runql.sources.store.snapshot import StoreSnapshot
from runql.text.diagnostic import folded

_RUNS_AT_ONCE: Final = 500
"""Of so many runs samples are asked for at once."""
_PATTERN: Final = frozenset("*?[]{},\\")
"""What stands for several names in a path, for one engine or the other."""


class LakeService(StoreService):
    """The runs of a store, as of its newest version, which ClickHouse or Spark reads.

    Args:
        folder: The folder of the store, as it is seen here: the log is read here.
        name: The name of the source.
        number: The version to read in the place of the newest one.
        engine: Who reads the files.

    Raises:
        SourceError: there is no store, or what reads it is not installed.
    """

    def __init__(self, folder: Path, *, name: LakeName, number: int | None, engine: LakeEngine) -> None:
        self._engine = engine
        self._at = name.files or str(folder.absolute())
        _check_plain(self._at, name, engine)
        self._lake_name = name
        self._making = Lock()
        self._made: LakeColumns | None = None
        super().__init__(folder, name=name.shown, number=number)

    def __reduce__(self) -> tuple[Any, ...]:
        return _reopened, (str(self._folder), self._lake_name, self._number)

    def _snapshot_of(self, number: int | None) -> LakeSnapshot:
        return LakeSnapshot(self._folder, self.name, number, self._engine, self._at)

    @property
    def capabilities(self) -> Capabilities:
        """As those of any store, and less of a listing where a stage needs no more."""
        return replace(STORED, digests=True)

    def run_columns(self, request: PageRequest, keys: tuple[RunValue, ...]) -> RunColumns | None:
        """The runs of a listing as columns, so that no more of a run comes over the line than is asked for."""
        snapshot = self.snapshot()
        found = self._columns_of(snapshot).of(request, keys)
        return None if found is None else replace(found, notices=folded(self._said_of(snapshot)))

    def run_digest(
        self, request: PageRequest, digest: Digest, keys: tuple[FieldKey, ...], of_all: tuple[FieldKey, ...]
    ) -> RunDigest | None:
        """What a first stage needs of a listing."""
        snapshot = self.snapshot()
        found = self._columns_of(snapshot).digest(request, digest, keys, of_all)
        said = folded(self._said_of(snapshot))
        return None if found is None else replace(found, runs=replace(found.runs, notices=said))

    def single_values(
        self, entity: str, project: str, run_ids: tuple[str, ...], nodes: tuple[HistoryNode, ...]
    ) -> Mapping[str, Mapping[HistoryNode, Value]]:
        """What the engine says that histories come to."""
        return self._columns_of(self.snapshot()).single_values((entity, project), run_ids, nodes)

    def histories(self, request: HistoryRequest) -> Iterator[RunHistory]:
        """The rows of each run; of long histories the rows of a sample alone come from the engine."""
        if not may_sample(request):
            yield from super().histories(request)
            return
        snapshot = self.snapshot()
        assert isinstance(snapshot, LakeSnapshot)
        for at in range(0, len(request.run_ids), _RUNS_AT_ONCE):
            ids = request.run_ids[at : at + _RUNS_AT_ONCE]
            stored = snapshot.with_ids(request.entity, request.project, ids)
            long = {run_id: run for run_id, run in stored.items() if is_long(run, request)}
            found = sampled(snapshot, [*long.values()], request) if long else {}
            known = {run_id: found[run.run] for run_id, run in long.items() if run.run in found}
            left = tuple(run_id for run_id in dict.fromkeys(ids) if run_id not in known)
            whole = {one.run_id: one for one in super().histories(replace(request, run_ids=left))} if left else {}
            for run_id in ids:
                if run_id in known:
                    said = stored[run_id].said.get(request.stream, ())
                    yield replace(known[run_id], notices=(*said, *known[run_id].notices))
                else:
                    yield whole[run_id]

    def _columns_of(self, snapshot: StoreSnapshot) -> LakeColumns:
        assert isinstance(snapshot, LakeSnapshot)
        with self._making:
            if self._made is None or self._made.snapshot is not snapshot:
                self._made = LakeColumns(snapshot)
            return self._made

    @property
    def kept(self) -> str:
        """Which version of the copy is asked, of whom."""
        return f"{super().kept}; {self._engine.dialect.title} reads its files in {self._at}"

    @property
    def speech(self) -> SqlSpeech:
        """The statements that the engine answers, in its words."""
        dialect = self._engine.dialect

        def statement(selector: TypedSelector, entity: str, project: str) -> RunStatement:
            return exact_statement(selector, nothing_odd, dialect, entity, project)

        return SqlSpeech(statement, lambda sql: spelled(sql, dialect) or sql, dialect.title)

    def tables(self, entity: str, project: str) -> SqlTables:  # noqa: ARG002 - as those of any source
        """SQL is asked of the engine itself. Raises `SourceError`."""
        store = self._lake_name.store
        message = f"`runql sql` asks DuckDB, and {self._engine.dialect.title} has SQL of its own"
        raise SourceError.of("RQL511", message, f"the store itself answers SQL: `-s store:{store}`")

    def close(self) -> None:
        """Let the engine go."""
        super().close()
        self._engine.close()


def _check_plain(at: str, name: LakeName, engine: LakeEngine) -> None:
    """Raise `SourceError` for a path that an engine would read as a pattern: it might find other files, or none."""
    marks = " ".join(f"`{mark}`" for mark in dict.fromkeys(at) if mark in _PATTERN)
    if marks:
        message = f"`{name.shown}`: {engine.dialect.title} would read {marks} in the path `{at}` as a pattern"
        raise SourceError.of("RQL511", message, "name a folder without it, by a link or behind `?files=`")


def open_lake(name: str, settings: Settings) -> LakeService:
    """The store that a name means, with the engine that reads it. Raises `SourceError`."""
    meant = lake_name(name)
    place = existing(meant.store, settings)
    return LakeService(place.folder, name=meant, number=place.version, engine=open_engine(meant))


@lru_cache(maxsize=8)
def _reopened(folder: str, name: LakeName, number: int | None) -> LakeService:
    """The service of a pickle: one for all the pickles of a store that a process reads."""
    return LakeService(Path(folder), name=name, number=number, engine=open_engine(name))
