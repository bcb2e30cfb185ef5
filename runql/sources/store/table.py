"""The one place where a store speaks to Delta Lake: which parts a version has, and one more version.

A commit of a pull adds parts and takes none away; one of a compaction puts parts in the place of others. It is one file
in the log, put there whole and only if no other is there: so a version is complete, or it is not. Of two writers the
second looks at what the first added, and commits behind it.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from runql.config import STORE
from runql.errors import OutputError, SourceError
from runql.sources.store.delta.entries import damaged_entries, hole_in
from runql.sources.store.layout import LAYOUT, PARTITION, ColumnType, Fact, union_columns
from runql.sources.store.remote import Taken, remote_of, written_remote
from runql.text.diagnostic import Diagnostic
from runql.text.frozen import frozen

if TYPE_CHECKING:
    from deltalake import DeltaTable, Schema

LOG: Final = "_delta_log"
_SETTINGS: Final = {"delta.checkpointInterval": "20", "delta.logRetentionDuration": "interval 3650 days"}
_MOST_RETRIES: Final = 100
_MOST_STEPS_BACK: Final = 20
_PATH: Final = re.compile(r"fact=[a-z_]+/part-\d+-[0-9a-f]+-[0-9a-f]+\.parquet", re.ASCII)
_OWN: Final = re.compile(r"part-\d+-[0-9a-f]+-[0-9a-f]+\.parquet|\.[0-9a-f]+\.part", re.ASCII)
"""What a store names its files: nothing else is read, and nothing else deleted."""


@frozen
class StorePart:
    """One file of a store. `path` is below the folder of the store; its name ends in a digest of its bytes."""

    fact: Fact
    path: str
    size: int
    rows: int

    @property
    def pull(self) -> int:
        """The number of the pull that wrote it; 0 of a compaction, which writes rows of many pulls."""
        return int(self.path.rpartition("/")[2].split("-")[1])


@frozen
class Version:
    """A version of a store: its number and its parts, and what is to be said of how it was found."""

    number: int
    parts: tuple[StorePart, ...]
    said: tuple[Diagnostic, ...] = ()

    def of(self, fact: Fact) -> tuple[StorePart, ...]:
        """The parts of a fact."""
        return tuple(part for part in self.parts if part.fact is fact)


@frozen
class About:
    """What a store says of itself. `origin`: the source that its runs are copied from, as a user writes it."""

    layout: int
    origin: str


def is_store(folder: Path) -> bool:
    """Whether a folder is one of Delta Lake."""
    return (folder / LOG).is_dir()


def is_there(folder: Path) -> bool:
    """Whether a folder is one, or the copy of one that is elsewhere, which is brought up to date."""
    remote = remote_of(folder)
    return is_store(folder) if remote is None else remote.look()


def is_own(name: str) -> bool:
    """Whether a store names its files so."""
    return _OWN.fullmatch(name) is not None


def create(folder: Path, origin: str) -> None:
    """Make an empty store, unless another process just did. Raises `OutputError` if that cannot be."""
    about = json.dumps({"runql_layout": LAYOUT, "origin": origin})
    with _writing(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    remote = written_remote(folder)
    if remote is None:
        _create(folder, about)
    else:
        remote.forget()
        with suppress(Taken):
            remote.commit(lambda at: _create(at, about), (), again=False)
    for fact in Fact:
        (folder / f"{PARTITION}={fact.value}").mkdir(mode=0o700, exist_ok=True)


def _create(folder: Path, about: str) -> int:
    from deltalake import DeltaTable

    with _writing(folder):
        made = DeltaTable.create(
            _uri(folder),
            _schema(),
            mode="ignore",
            partition_by=[PARTITION],
            name="runql",
            description=about,
            configuration=_SETTINGS,
        )
    return made.version()


def about(folder: Path, name: str) -> About:
    """What a store says of itself.

    Raises:
        SourceError: it is none, or one of a layout that this version does not know.
    """
    table, _ = _opened(folder, name)
    try:
        told = json.loads(table.metadata().description or "")
        layout, origin = told["runql_layout"], told["origin"]
    except (ValueError, KeyError, TypeError) as error:
        raise SourceError.of("RQL511", f"`{name}` is a Delta table, and no store of RunQL") from error
    if not isinstance(layout, int) or layout > LAYOUT:
        message = f"the store `{name}` has layout {layout}, and this version of RunQL reads layouts up to {LAYOUT}"
        raise SourceError.of("RQL511", message, "a newer RunQL reads it: `pip install -U runql`")
    return About(layout, str(origin))


def version(folder: Path, name: str, number: int | None = None) -> Version:
    """The newest version of a store that can be read, or the one of a number.

    Raises:
        SourceError: there is none.
    """
    table, said = _opened(folder, name, number)
    actions: Any = table.get_add_actions(flatten=True)
    columns = [actions.column(each).to_pylist() for each in (f"partition.{PARTITION}", "path", "size_bytes")]
    rows = actions.column("num_records").to_pylist()
    try:
        parts = tuple(part_of_log(*given) for given in zip(*columns, rows, strict=True))
    except ValueError as error:
        raise SourceError.of("RQL511", f"`{name}` is no store of this version of RunQL: {error}") from error
    return Version(table.version(), parts, said)


def part_of_log(fact: str, path: str, size: int, rows: int | None) -> StorePart:
    """A part as the log has it. Raises `ValueError` for one that this version would not have written."""
    if not _PATH.fullmatch(path) or not path.startswith(f"{PARTITION}={fact}/"):
        raise ValueError(f"a file `{path}` of the fact `{fact}`")
    return StorePart(Fact(fact), path, size, rows or 0)


def newest_number(folder: Path) -> int | None:
    """The number of the newest version by the names in the log alone, to know whether there is a newer one."""
    try:
        names = [path.name for path in (folder / LOG).iterdir()]
    except OSError:
        return None
    return max((int(name[:20]) for name in names if name.endswith(".json") and name[:20].isdigit()), default=None)


def commit(folder: Path, parts: Sequence[StorePart], pull: int) -> int:
    """Add parts as one version, and give its number. Raises `OutputError`; then nothing was added."""
    remote = written_remote(folder)
    if remote is None:
        return _append(folder, parts, pull)
    return remote.commit(lambda at: _append(at, parts, pull), [part.path for part in parts], again=True)


def _append(folder: Path, parts: Sequence[StorePart], pull: int) -> int:
    from deltalake import CommitProperties, DeltaTable
    from deltalake.transaction import AddAction

    now = int(time.time() * 1000)
    actions: list[Any] = [
        AddAction(part.path, part.size, {PARTITION: part.fact.value}, now, True, json.dumps({"numRecords": part.rows}))
        for part in parts
    ]
    with _writing(folder):
        table = DeltaTable(_uri(folder))
        table.create_write_transaction(
            actions,
            "append",
            _schema(),
            partition_by=[PARTITION],
            commit_properties=CommitProperties({"runql_pull": str(pull)}, max_commit_retries=_MOST_RETRIES),
        )
        table.update_incremental()
        _on_disk(folder / LOG)
    return table.version()


def _exchange(new: Sequence[StorePart], old: Sequence[StorePart], now: int) -> list[Any]:
    """What the log says of parts that take the place of others: the rows are the same."""
    from deltalake.transaction import AddAction, RemoveAction

    added = [
        AddAction(part.path, part.size, {PARTITION: part.fact.value}, now, False, json.dumps({"numRecords": part.rows}))
        for part in new
    ]
    removed = [
        RemoveAction(
            path=part.path,
            data_change=False,
            deletion_timestamp=now,
            partition_values={PARTITION: part.fact.value},
            size=part.size,
        )
        for part in old
    ]
    return [*added, *removed]


class NotTheNewest(Exception):  # noqa: N818 - it says what is so
    """Another writer committed in between."""


def put_in_place(folder: Path, base: Version, new: Sequence[StorePart], old: Sequence[StorePart]) -> int:
    """Put parts in the place of others, as one version behind `base`, and give its number.

    Raises:
        NotTheNewest: there is a newer version than that; nothing was done.
        OutputError: it cannot be written.
    """
    remote = written_remote(folder)
    if remote is None:
        return _exchanged(folder, base, new, old)
    try:
        return remote.commit(lambda at: _exchanged(at, base, new, old), [part.path for part in new], again=False)
    except Taken as error:
        raise NotTheNewest from error


def _exchanged(folder: Path, base: Version, new: Sequence[StorePart], old: Sequence[StorePart]) -> int:
    from deltalake import CommitProperties, DeltaTable
    from deltalake.exceptions import CommitFailedError

    actions = _exchange(new, old, int(time.time() * 1000))
    with _writing(folder):
        table = DeltaTable(_uri(folder), version=base.number)
        try:
            table.create_write_transaction(
                actions,
                "append",
                _schema(),
                partition_by=[PARTITION],
                commit_properties=CommitProperties({"runql_compaction": str(len(old))}, max_commit_retries=0),
            )
        except CommitFailedError as error:
            raise NotTheNewest from error
        table.update_incremental()
        table.create_checkpoint()
        _on_disk(folder / LOG)
    return table.version()


def vacuum(folder: Path, grace_seconds: float) -> int:
    """Delete files that no version has had for so long, and give how many. Raises `OutputError`."""
    from deltalake import DeltaTable

    with _writing(folder):
        table = DeltaTable(_uri(folder))
        hours = int(grace_seconds // 3600)
        return len(table.vacuum(hours, dry_run=False, enforce_retention_duration=False))


@frozen
class Happened:
    """A version and what made it: a pull by its number, a compaction, or what the library calls it."""

    number: int
    when: datetime
    what: str
    pull: int | None = None


def history(folder: Path, name: str) -> list[Happened]:
    """The versions of a store, the newest first. Raises `SourceError`."""
    table, _ = _opened(folder, name)
    return [_happened(entry) for entry in table.history()]


def _happened(entry: dict[str, Any]) -> Happened:
    when = datetime.fromtimestamp(entry["timestamp"] / 1000, UTC)
    pull = entry.get("runql_pull")
    if pull is not None:
        return Happened(entry["version"], when, "pull", int(pull))
    what = "compaction" if "runql_compaction" in entry else str(entry.get("operation", "")).lower()
    return Happened(entry["version"], when, "made" if what == "create table" else what)


def number_at(folder: Path, name: str, moment: datetime) -> int:
    """The number of the version that a store had at a moment. Raises `SourceError` if it had none."""
    versions = history(folder, name)
    found = next((one for one in versions if one.when <= moment and one.what != "made"), None)
    if found is not None:
        return found.number
    first = versions[-1].when if versions else moment
    message = f"the store `{name}` held nothing at {moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    hint = f"it was made at {first:%Y-%m-%d %H:%M} UTC; `runql store history {name}` names its versions"
    raise SourceError.of("RQL511", message, hint)


def _opened(folder: Path, name: str, number: int | None = None) -> tuple[DeltaTable, tuple[Diagnostic, ...]]:
    """The table, as of its newest version that can be read."""
    from deltalake import DeltaTable
    from deltalake.exceptions import DeltaError

    try:
        found = DeltaTable(_uri(folder), version=number)
        hole = hole_in(folder / LOG, found.version())
        if hole is None:
            return found, ()
        trouble, newest, last = hole.trouble, newest_number(folder) or 0, hole.number - 1
    except (DeltaError, OSError, ValueError, OverflowError) as error:  # a number of a version may be any
        known, trouble = newest_number(folder), str(error).partition("\n")[0]
        if number is not None and known is not None and number > known:
            message, versions = f"the store `{name}` is not there", f"its versions are 0 to {known}"
            raise SourceError.of("RQL511", message, versions) from error
        if known is None:
            raise SourceError.of("RQL511", f"the store `{name}` cannot be read: {trouble}") from error
        newest, last = known, known - 1
    for earlier in range(last, max(-1, last - _MOST_STEPS_BACK), -1) if number is None else ():
        try:
            table = DeltaTable(_uri(folder), version=earlier)
        except (DeltaError, OSError, ValueError):
            continue
        message = f"the newest version of the store `{name}` is damaged: this is version {earlier} of {newest}"
        hints = ways_out(folder, name) or (f"`runql store check {name}` says more",)
        return table, (Diagnostic("RQL501", message, hints=hints),)
    raise SourceError.of("RQL511", f"the store `{name}` is damaged: {trouble}", *ways_out(folder, name))


def ways_out(folder: Path, name: str) -> tuple[str, ...]:
    """What to do about a log that cannot be read; nothing where all its entries can."""
    damaged, name = next(damaged_entries(folder / LOG), None), name.removeprefix(STORE)
    if damaged is None:
        return ()
    entry = f"`{LOG}/{damaged.name}` cannot be read ({damaged.trouble}): put it back from a backup"
    anew = f"or begin anew: `runql store drop {name}`, then pull again"
    return f"{entry}, {anew}", f"`runql store check {name}` says more"


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    from deltalake.exceptions import DeltaError

    try:
        yield
    except (DeltaError, OSError, ValueError) as error:
        reason = str(error).partition("\n")[0]
        raise OutputError.of("RQL506", f"the store `{folder}` cannot be written: {reason}") from error


def _on_disk(folder: Path) -> None:
    """Have the newest entry of the log on the disk, and its name."""
    newest = newest_number(folder.parent)
    for path in (folder / f"{newest:020}.json", folder):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _uri(folder: Path) -> str:
    """A folder as deltalake takes it whatever is in its name but `%`: it reads `#` in a plain path otherwise."""
    return folder.absolute().as_uri()


def _schema() -> Schema:
    from deltalake import Field, Schema
    from deltalake.schema import ArrayType, PrimitiveType

    def delta(kind: ColumnType) -> Any:
        return ArrayType(PrimitiveType("string")) if kind == "strings" else PrimitiveType(kind)

    return Schema([Field(name, delta(kind), nullable=True) for name, kind in union_columns().items()])
