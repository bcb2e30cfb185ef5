"""What logs said, and what was made of that, by the files as they were."""

from __future__ import annotations

import marshal
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import Any, Final, TypeAlias

from runql.semantic.catalog import Catalog
from runql.sources.catalog_files import from_document, to_document
from runql.sources.local.discover import RunFile, stamps
from runql.sources.local.head import BranchPoint, Head, LogState
from runql.sources.local.head_reader import read_run
from runql.sources.local.kept.database import SUFFIX, KeptDatabase
from runql.sources.local.keys import Logged
from runql.sources.local.records import Damage, DamageKind
from runql.sources.local.run import LocalRun, Segment, segment_of
from runql.text.frozen import frozen

MANY_FILES: Final = 200
MANY_BYTES: Final = 16_000_000
"""Of so many logs, or of such large ones, it is worth it: below that they are read in about a tenth of a second."""
HeadRows: TypeAlias = dict[bytes, tuple[bytes, bytes]]
"""By the names of files, how each was and what it said."""
_ONE_BY_ONE: Final = 20
_FEW: Final = 200
"""So many rows are looked for by name."""
_SETTLED_NS: Final = 2_000_000_000
"""A file that changed later than so long before it was read may change again without a sign."""


@frozen
class KeptFolder:
    """What was read of a large folder.

    It is never asked what a run is like, only what its log said, and that only where the log and the files beside it
    are as they were.
    """

    database: KeptDatabase

    def heads(self, files: Sequence[RunFile]) -> dict[Path, tuple[RunFile, Head]]:
        """What files said that are as they were."""
        names = [os.fsencode(file.path) for file in files]
        rows = self.head_rows(None if len(names) > _FEW else names)
        heads = ((file, head_among(rows, file)) for file in files)
        return {file.path: (file, head) for file, head in heads if head is not None}

    def head_rows(self, names: Sequence[bytes] | None) -> HeadRows:
        """What is kept of all files, or of those of some names."""
        return {name: (stamp, body) for name, stamp, body in self.database.rows("heads", names)}

    def keep_heads(self, heads: Iterable[tuple[RunFile, Head]], read_at: float) -> None:
        """Keep what some files said, as of the time when their reading began."""
        before = settled_before(read_at)
        settled = ((file, _body_of(head)) for file, head in heads if is_settled(file, head, before))
        rows = ((os.fsencode(file.path), _stamp(file), body) for file, body in settled if body is not None)
        self.database.write("heads", rows)

    def forget(self, gone: Iterable[Path]) -> None:
        """Let go of what files said that are not there any more."""
        self.database.write("heads", (), map(os.fsencode, gone))

    def logged(self, files: Iterable[RunFile]) -> dict[RunFile, Logged]:
        """How often metrics were logged, of files that are as they were."""
        wanted = {os.fsencode(file.path): file for file in files}
        found = {}
        for name, stamp, body in self.database.rows("logged"):
            file = wanted.get(name)
            if file is not None and stamp == _stamp(file):
                counts, last_step = marshal.loads(body)
                found[file] = Logged(Counter({(metric, kind): count for metric, kind, count in counts}), last_step)
        return found

    def keep_logged(self, logged: Mapping[RunFile, Logged], read_at: float) -> None:
        """Keep how often metrics were logged, as of the time when the reading began."""
        before = settled_before(read_at)
        rows = (
            (
                os.fsencode(file.path),
                _stamp(file),
                marshal.dumps(([(*name, count) for name, count in each.counts.items()], each.last_step)),
            )
            for file, each in logged.items()
            if max(file.mtime_ns, file.ctime_ns) < before
        )
        self.database.write("logged", rows)

    def catalog(self, name: str, made_of: bytes) -> Catalog | None:
        """The catalog of a project, if it was made of the same runs."""
        wanted = name.encode("utf-8", "surrogatepass")
        for found, stamp, body in self.database.rows("catalogs"):
            if found == wanted and stamp == made_of:
                return from_document(marshal.loads(body))
        return None

    def keep_catalog(self, name: str, made_of: bytes, catalog: Catalog) -> None:
        """Keep the catalog of a project."""
        with suppress(ValueError):  # a value that no bytes can say
            row = (name.encode("utf-8", "surrogatepass"), made_of, marshal.dumps(to_document(catalog)))
            self.database.write("catalogs", [row])


class LaterHeads:
    """Reads what logs said that were as they were at the last look; of many runs all that is kept at once."""

    def __init__(self, kept: KeptFolder) -> None:
        self._kept = kept
        self._asked = 0
        self._rows: HeadRows | None = None

    def __call__(self, files: Sequence[RunFile]) -> tuple[Segment, ...]:
        return tuple(segment_of(file, self._head(file)) for file in files)

    def _head(self, file: RunFile) -> Head:
        self._asked += 1
        if self._rows is None and self._asked > _ONE_BY_ONE:
            self._rows = self._kept.head_rows(None)
        rows = self._kept.head_rows([os.fsencode(file.path)]) if self._rows is None else self._rows
        head = head_among(rows, file)
        try:
            return read_run(file) if head is None else head
        except OSError:
            return Head(file.size)  # it is gone: whoever reads its rows is told


def head_among(rows: HeadRows, file: RunFile) -> Head | None:
    """What a file said, if it is kept and the file is as it was."""
    stamp, body = rows.get(os.fsencode(file.path), (b"", b""))
    if not body or stamp != _stamp(file) or not is_as_it_was(file, head := _head_of(body)):
        return None
    return head


def kept_folder(cache: Path, root: Path) -> KeptFolder:
    """Where a folder of runs is kept, below the folder of caches."""
    import hashlib

    name = hashlib.sha256(os.fsencode(os.path.realpath(root))).hexdigest()[:24]
    return KeptFolder(KeptDatabase(cache / "folders" / f"{name}{SUFFIX}"))


def is_large(files: Sequence[RunFile]) -> bool:
    """Whether a folder is worth keeping."""
    return len(files) >= MANY_FILES or sum(file.size for file in files) >= MANY_BYTES


def made_of(runs: Iterable[tuple[str, LocalRun]], read_at: float) -> bytes | None:
    """A digest of all that runs were made of; `None` if some of it was written just then."""
    import hashlib

    told: list[bytes] = []
    newest = 0
    for name, run in runs:
        told += (f"{name!r} {run.record.state}".encode("utf-8", "surrogatepass"), run.mark or mark_of(run))
        if run.mark is None:  # else it had settled when it was kept
            files = [strand.segment.file for strand in run.strands]
            newest = max([newest, *(max(file.mtime_ns, file.ctime_ns) for file in files)])
    return hashlib.blake2b(b"".join(told), digest_size=16).digest() if newest < settled_before(read_at) else None


def mark_of(run: LocalRun) -> bytes:
    """A digest of all that a run was made of."""
    import hashlib

    digest = hashlib.blake2b(digest_size=16)
    for strand in run.strands:
        file, head = strand.segment.file, strand.segment.head
        told = (str(file.path), file.size, file.mtime_ns, file.ctime_ns, file.inode, head.starting_step)
        digest.update(repr((told, head.beside, head.sign, head.user, strand.until)).encode("utf-8", "surrogatepass"))
    return digest.digest()


def settled_before(read_at: float) -> int:
    """What changed later than this, in nanoseconds, may change again without a sign. `read_at`: in seconds."""
    return int(read_at * 1e9) - _SETTLED_NS


# ---------------------------------------------------------------- whether a file is as it was


def _stamp(file: RunFile) -> bytes:
    """What changes when a log does, or the small file beside it that tells the first step of a resumed run."""
    step: Any = None
    with suppress(OSError):
        beside = os.stat(f"{file.path}.syncstate")  # noqa: PTH116 - of ten thousand a text is cheaper than a path
        step = (beside.st_size, beside.st_mtime_ns)
    return repr((file.size, file.mtime_ns, file.ctime_ns, file.inode, step)).encode()


def is_as_it_was(file: RunFile, head: Head) -> bool:
    """Whether the files beside a log are as they were, if anything was asked of them."""
    return is_told(head) or head.beside == tuple(stamps(file.folder))


def is_told(head: Head) -> bool:
    """Whether a log tells all that is asked of it: then the files beside it do not count."""
    return head.log is LogState.HELD and head.exit_code is not None and head.user is not None


def is_settled(file: RunFile, head: Head, before_ns: int) -> bool:
    """Whether a log told what it was asked, all files were read as they were found, and none was written just then."""
    newest = max(file.mtime_ns, file.ctime_ns, *(changed for _, _, changed in head.beside))
    return head.log is LogState.HELD and head.size == file.size and newest < before_ns


# ---------------------------------------------------------------- heads as bytes


_PLAIN: Final = tuple(
    each.name for each in fields(Head) if each.name not in {"branch", "damages", "log", "history", "events"}
)
"""The fields of a head that are plain values. Of a log that is held `history` and `events` are `None`."""


def _body_of(head: Head) -> bytes | None:
    """All of a head; `None` for what no bytes can say."""
    branch = None if head.branch is None else (head.branch.run_id, head.branch.step)
    damages = [(each.offset, each.kind.value, each.resumed, each.lost) for each in head.damages]
    try:
        return marshal.dumps(([getattr(head, name) for name in _PLAIN], branch, damages))
    except ValueError:
        return None


def _head_of(body: bytes) -> Head:
    plain, branch, damages = marshal.loads(body)
    return Head(
        **dict(zip(_PLAIN, plain, strict=True)),
        branch=None if branch is None else BranchPoint(*branch),
        damages=[Damage(offset, DamageKind(kind), resumed, lost) for offset, kind, resumed, lost in damages],
    )
