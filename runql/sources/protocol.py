"""The protocol between the W&B classes and the services that hold runs.

Everything is a plain value; a backend speaks no `Run`, and `Runs` speaks no HTTP. A backend may raise the
`BackendError` family and nothing else; what is wrong with part of an answer comes with it as notices.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, runtime_checkable

from runql.plan.capabilities import Capabilities
from runql.plan.selectors import Selector, TypedSelector
from runql.semantic.catalog import Catalog, KnownCatalog
from runql.semantic.record import AgentRecord, ProjectRecord, RunHistory, RunRecord, SweepRecord, UserRecord
from runql.semantic.typed import FieldKey, TAggregate, TLogged
from runql.semantic.values import Value
from runql.text.diagnostic import Diagnostic
from runql.text.frozen import frozen

if TYPE_CHECKING:
    from runql.engine.stages.shared.aggregates import FoldColumn
    from runql.engine.values.column import Column
    from runql.plan.to_sql.speech import SqlSpeech

Stream: TypeAlias = Literal["default", "system"]


@frozen
class Wanted:
    """Which heavy parts of a run are asked for. `config` and `summary`: top-level keys, or `None` for all."""

    config: tuple[str, ...] | None = ()
    summary: tuple[str, ...] | None = ()
    system_metrics: bool = False
    history_keys: bool = False

    @property
    def is_light(self) -> bool:
        return self == LIGHT


LIGHT = Wanted()
FULL = Wanted(config=None, summary=None, system_metrics=True, history_keys=True)


@frozen
class PageRequest:
    """One page of a listing. `selector` is in the form that the source takes, or in that of W&B; `cursor` is that of
    the page before.

    An empty `entity` or `project` asks for the runs of all that the source holds, where it can. `most`: how many runs
    of the listing will be read at the most, if that is known: no reason to ask for more ahead.
    """

    entity: str
    project: str
    selector: Selector = field(default_factory=TypedSelector)
    cursor: str | None = None
    per_page: int = 50
    wanted: Wanted = LIGHT
    most: int | None = None


@frozen
class Page:
    """A page: `total` is how many runs match the filters in all, if the source says so."""

    runs: Sequence[RunRecord]
    cursor: str | None = None
    has_next: bool = False
    total: int | None = None
    notices: tuple[Diagnostic, ...] = ()


RunValue: TypeAlias = FieldKey | TAggregate
"""A field of a run, or what its history comes to."""


@frozen
class RunColumns:
    """The first runs of a listing as columns of some fields and values: how many, and how many match in all."""

    length: int
    total: int
    columns: Mapping[RunValue, Column]
    notices: tuple[Diagnostic, ...] = ()


@frozen
class GroupFold:
    """An aggregate over a field of the runs of each group."""

    name: str
    of: FieldKey


@frozen
class Digest:
    """What the first stages need of a listing, of the groups that `by` tells: the first runs of each, so many; or, with
    `None`, what `folds` come to in each group. `order`: that of the runs in their group (`True` for descending), before
    that of the listing; `ranked`: by which window they are counted, so that equal ones may share a place."""

    by: tuple[FieldKey, ...]
    first: int | None = None
    folds: tuple[GroupFold, ...] = ()
    order: tuple[tuple[FieldKey, bool], ...] = ()
    ranked: Literal["row_number", "rank", "dense_rank"] = "row_number"


@frozen
class RunDigest:
    """A listing of which a stage needs no more: `runs` are those that came, or stand for those that there are.

    `all_runs`: fields of all the runs, each by itself and in no order, of numbers the least and the most. `folded`:
    what folds come to in each group; of others `runs` has the values that count. `sizes`: how many of `runs`, which
    stand there group by group, each group has.
    """

    runs: RunColumns
    all_runs: RunColumns
    folded: Mapping[GroupFold, FoldColumn] = field(default_factory=dict)
    sizes: Sequence[int] = ()


class ExportedRows(Protocol):
    """The rows of a run in Parquet files. `counts`: how many values each column has; of `_step`, how many steps."""

    rows: int
    counts: Mapping[str, int]

    def parts(self, low: int | None, high: int | None, most: int) -> Iterator[Mapping[str, Sequence[Any]]]:
        """The cells of each column, `None` for a gap, of the rows of these steps in their order, so many at a time."""
        ...

    def close(self) -> None:
        """Let the files go."""
        ...


class ExportsApi(Protocol):
    """Reads exported histories."""

    def open(self, files: Sequence[Path]) -> ExportedRows | None:
        """The rows of some files; `None` where they hold more than plain values."""
        ...

    def took(self, run_id: str) -> None:
        """Told that the rows of a run came from its export."""
        ...


@frozen
class HistoryRequest:
    """Histories of many runs. The answer has one `RunHistory` a run (several in a row for a scan), in the
    order of `run_ids`, also for runs without rows.

    `keys`: names as logged, nested ones joined by dots; `None` for every metric. `rows`: "all" keeps only
    rows that hold every key and the x axis (W&B's own rule); "any" keeps rows in which any key has a value,
    and each set of metrics that were logged together is sampled by itself.
    `samples`: about how many rows a run; `None` for every row (a scan). Steps are included at both ends, so are
    `min_x` and `max_x`, which cut along the x axis. Rows are cut before they are sampled.
    The columns of the answer are `_step`, the x axis, and the keys that occur; with keys `None` all there is.
    With `stream` "system" the keys are `system.…` names and the x axis is `_timestamp`, unless another is asked for.
    `exports`: reads the Parquet files that a server exports histories as; without it they are not asked for.
    """

    entity: str
    project: str
    run_ids: tuple[str, ...]
    keys: tuple[str, ...] | None = None
    samples: int | None = 500
    rows: Literal["all", "any"] = "any"
    x_axis: str = "_step"
    min_step: int | None = None
    max_step: int | None = None
    min_x: float | None = None
    max_x: float | None = None
    stream: Stream = "default"
    exports: ExportsApi | None = None


@frozen
class RunMetadata:
    """What `wandb-metadata.json` says, by the names used there. `origin`: to be said of a name that is not there.
    `lacking`: to be said once of a copy that was made without it."""

    facts: Mapping[str, Any]
    origin: str
    lacking: str = ""


NO_METADATA = RunMetadata({}, "the source knows no more than `host`, `startedAt` and `git`")


@frozen
class SqlTables:
    """What a source lets SQL ask: the statements that make its tables in a DuckDB, and the files that these read.

    `said`: what there is to say of the source as a whole. `names`: the tables, for messages.
    """

    names: tuple[str, ...]
    files: tuple[str, ...]
    statements: tuple[str, ...]
    said: tuple[Diagnostic, ...] = ()


class LineApi(Protocol):
    """The line to a server. Threads share it."""

    @property
    def requests(self) -> int:
        """How many requests were sent so far."""

    def within(self, seconds: float | None) -> AbstractContextManager[None]:
        """All that is asked inside the `with`, in this thread, must be answered within so many seconds."""

    def cancel(self) -> None:
        """End what is asked just now, from any thread."""


class CatalogMemory(Protocol):
    """What was learned of projects earlier, given without a request."""

    def known_catalog(self, entity: str, project: str, *, metrics: bool = False) -> KnownCatalog | None:
        """The catalog as it was, if there is one."""

    def known_total(self, entity: str, project: str) -> int | None:
        """How many runs the project had when that was last seen."""

    def catalog_anew(self, entity: str, project: str, *, metrics: bool = False) -> Catalog:
        """The catalog, asked for whatever was kept."""


class AccountsApi(Protocol):
    """The users of a server, and what W&B's classes ask beyond runs."""

    @property
    def base_url(self) -> str:
        """The address of the server."""

    def default_entity(self) -> str | None:
        """The entity of whoever is signed in."""

    def viewer(self) -> UserRecord | None:
        """Who asks; `None` if nobody is signed in."""

    def users(self, text: str) -> list[UserRecord]:
        """The users whose name or address is like the text. Servers tell that to administrators only."""

    def project(self, entity: str, name: str) -> ProjectRecord | None:
        """One project, or `None`."""

    def agents(self, entity: str, project: str, sweep_id: str) -> list[AgentRecord]:
        """The agents of a sweep."""

    def runs_of_agent(self, entity: str, project: str, sweep_id: str, agent: str) -> list[str]:
        """The ids of the runs that an agent ran."""


@runtime_checkable
class ServiceApi(Protocol):
    """A service that holds runs: a W&B server, a folder, a list in memory."""

    @property
    def name(self) -> str:
        """The source as a user writes it: `acme/vision`, `./wandb`, `demo`."""

    @property
    def capabilities(self) -> Capabilities: ...

    def runs_page(self, request: PageRequest) -> Page: ...

    def count(self, entity: str, project: str, selector: Selector) -> int | None:
        """How many runs match, without listing them; `None` where the source can't say."""

    def run(self, entity: str, project: str, run_id: str, wanted: Wanted) -> RunRecord | None: ...

    def upgrade(self, entity: str, project: str, run_ids: tuple[str, ...], wanted: Wanted) -> Mapping[str, RunRecord]:
        """The heavy parts of many runs at once, by run id; a run that is gone is left out."""

    def histories(self, request: HistoryRequest) -> Iterator[RunHistory]: ...

    def sweep(self, entity: str, project: str, sweep_id: str) -> SweepRecord | None: ...

    def sweeps(self, entity: str, project: str) -> Iterator[SweepRecord]: ...

    def projects(self, entity: str) -> Iterator[ProjectRecord]: ...

    def catalog(self, entity: str, project: str, *, metrics: bool = False) -> Catalog:
        """What the source holds. `metrics`: also the logged metrics, which a folder must read through for."""

    def close(self) -> None: ...

    # What some sources have besides. A class that derives from this one has nothing of it unless it says so.

    @property
    def kept(self) -> str:
        """What of its answers was read earlier, and where it is kept: in words, for `explain`."""
        return ""

    @property
    def speech(self) -> SqlSpeech:
        """In whose words SQL is asked, for `explain`."""
        from runql.plan.to_sql.speech import DUCKDB

        return DUCKDB

    @property
    def as_of(self) -> datetime | None:
        """Of when its answers are, if it is a copy; `None` where they are of now."""
        return None

    @property
    def edition(self) -> int | None:
        """Another number once the source is another, where that is told at once; `None` where it is not."""
        return None

    @property
    def line(self) -> LineApi | None:
        """What it is asked over; `None` where that costs no request."""
        return None

    @property
    def memory(self) -> CatalogMemory | None:
        """What it keeps of projects; `None` where each look is a new one."""
        return None

    @property
    def accounts(self) -> AccountsApi | None:
        """Its users and all that is theirs; `None` where there are none."""
        return None

    def run_columns(self, request: PageRequest, keys: tuple[RunValue, ...]) -> RunColumns | None:  # noqa: ARG002
        """The runs of a listing, as many as `most`, as columns of these fields; `None` where it has them as records."""
        return None

    def run_digest(
        self,
        request: PageRequest,  # noqa: ARG002 - nothing of any listing
        digest: Digest,  # noqa: ARG002
        keys: tuple[FieldKey, ...],  # noqa: ARG002
        of_all: tuple[FieldKey, ...],  # noqa: ARG002
    ) -> RunDigest | None:
        """What a stage needs of a listing, of these fields, and others of all its runs; `None` where that is not less
        than the runs, or not exact."""
        return None

    def single_values(
        self,
        entity: str,  # noqa: ARG002 - nothing of any project
        project: str,  # noqa: ARG002
        run_ids: tuple[str, ...],  # noqa: ARG002
        nodes: tuple[TAggregate | TLogged, ...],  # noqa: ARG002
    ) -> Mapping[str, Mapping[TAggregate | TLogged, Value]]:
        """What histories come to, of those runs and values of which the source knows it; none needs to be read."""
        return {}

    def tables(self, entity: str, project: str) -> SqlTables | None:  # noqa: ARG002 - nothing of any project
        """What SQL may ask of a project; `None` where it may ask nothing."""
        return None

    def metadata(self, entity: str, project: str, run_id: str) -> RunMetadata:  # noqa: ARG002 - nothing of any run
        """Where a run ran, beyond what a listing tells."""
        return NO_METADATA

    def metadata_of(self, entity: str, project: str, run_ids: tuple[str, ...]) -> Mapping[str, RunMetadata]:
        """Where runs of a project ran, by their ids. Of a run that is gone, nothing or little."""
        return {run_id: self.metadata(entity, project, run_id) for run_id in run_ids}

    def lacking(self, fields: tuple[str, ...], *, counts: bool, narrows: bool) -> tuple[Diagnostic, ...]:  # noqa: ARG002
        """What to say of a query that was read, if the source turned out to lack something for it.

        The query names these fields of a run (`logged`, `config` and so on for what stands below them), it counts
        runs, and it narrows them.
        """
        return ()
