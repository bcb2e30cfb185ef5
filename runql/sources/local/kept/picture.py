"""A large folder as it was found, kept with the records of the runs that have ended.

Where no folder in it and no link changed, the same logs are there: then each is only asked whether it is as it was. A
record is kept of a run that ended, of whose logs each told all that it is asked, of which there is nothing to say, and
that is no fork. Every other run is made anew of what its logs say.
"""

# ruff: noqa: PTH116, PTH120, PTH206 - of ten thousand files paths as texts are looked at in a third of the time

from __future__ import annotations

import marshal
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias

from runql.semantic.record import RunRecord
from runql.sources.local.discover import FolderStamp, FoundFiles, LinkStamp, RunFile, folder_stamp, link_stamp
from runql.sources.local.kept.database import KeptDatabase
from runql.sources.local.kept.heads import KeptFolder, LaterHeads, is_settled, is_told, mark_of, settled_before
from runql.sources.local.kept.records import PlainRecords, plain_records, read_records
from runql.sources.local.run import LaterSegments, LocalRun, Segment, WholeStrands
from runql.text.frozen import frozen

_NAME: Final = b"folder"

PlainFile: TypeAlias = tuple[str, str, int, int, int, int, int, int, str | None, bool]
PlainRuns: TypeAlias = tuple[PlainRecords, list[tuple[int, ...]], list[bytes]]
"""The records of runs, the places of their logs among the files, and the digests of what they were made of."""
PlainPicture: TypeAlias = tuple[
    str, dict[str, FolderStamp], dict[str, LinkStamp], list[PlainFile], PlainRuns, bool, list[str]
]
"""The root, its folders and links, the files in the order of their names, the runs in that of their first logs, and
what else a look tells."""
ReadSegments: TypeAlias = Callable[[Sequence[RunFile]], tuple[Segment, ...]]

_SHARE: Final = 50


class PicturedRun(NamedTuple):
    """A run that is kept: where its logs lie, and their places among the files."""

    plain: Sequence[PlainFile]
    files: tuple[int, ...]
    mark: bytes
    run: LocalRun

    def logs(self) -> list[RunFile]:
        return [*map(_file_of, self.plain)]

    @property
    def paths(self) -> list[str]:
        return [plain[0] for plain in self.plain]


class NewRun(NamedTuple):
    """A run that was made anew, and all its logs, copies too."""

    run: LocalRun
    logs: Sequence[Segment]


@frozen
class FolderLook:
    """What lies in a folder: the files of no run that is kept, and the runs that are kept and as they were.

    `is_same`: no folder and no link in it changed, so that no log came or went.
    """

    found: FoundFiles
    kept: tuple[PicturedRun, ...] = ()
    is_same: bool = False

    def without(self, runs: Sequence[PicturedRun]) -> FolderLook:
        """The same, but with the logs of some runs that are kept among the files."""
        files = [*self.found.files, *(file for each in runs for file in each.logs())]
        kept = tuple(each for each in self.kept if not any(each is other for other in runs))
        return replace(self, found=replace(self.found, files=files), kept=kept)


class FolderPicture:
    """A folder as it was. `read`: reads what logs said, of the runs that are kept, when that is asked for."""

    def __init__(self, plain: PlainPicture, read: ReadSegments) -> None:
        self._plain = plain
        self.root, self.folders, self.links, self.files, runs, self._is_source, self._sweeps = plain
        records, places, marks = runs
        self._runs = []
        for record, own, mark in zip(read_records(records), places, marks, strict=True):
            logs = [self.files[at] for at in own]
            segments = LaterSegments(partial(_read_later, logs, read))
            run = LocalRun(record, segments, WholeStrands(segments), (), mark)
            self._runs.append(PicturedRun(logs, own, mark, run))

    def look(self) -> FolderLook | None:
        """What lies in the folder now, if no folder changed: then only files are looked at."""
        try:
            if os.path.realpath(self.root) != self.root:
                return None
            for path, stamp in self.folders.items():
                if folder_stamp(os.stat(path)) != stamp:
                    return None
            now = [os.stat(plain[0]) for plain in self.files]
        except OSError:
            return None
        if any(link_stamp(path) != stamp for path, stamp in self.links.items()):
            return None
        same = {at for at, plain in enumerate(self.files) if _is_same(plain, now[at])}
        kept = tuple(each for each in self._runs if same.issuperset(each.files))
        rest = sorted({*range(len(now))}.difference(*(each.files for each in kept)))
        files = [_file_of(_as_now(self.files[at], now[at])) for at in rest]
        return FolderLook(self._found(files), kept, is_same=True)

    def _found(self, files: list[RunFile]) -> FoundFiles:
        return FoundFiles(files, {*self._sweeps}, is_source=self._is_source, folders=self.folders, links=self.links)

    def among(self, found: FoundFiles) -> FolderLook:
        """What lies in the folder, by a look at all of it.

        The folder of a log must be as it was: else there may be a file beside it that tells a first step.
        """
        by_path = {str(file.path): file for file in found.files}
        kept = tuple(each for each in self._runs if all(self._is_among(at, by_path, found) for at in each.files))
        of_kept = {path for each in kept for path in each.paths}
        rest = [file for path, file in by_path.items() if path not in of_kept]
        return FolderLook(replace(found, files=rest), kept)

    def _is_among(self, at: int, by_path: Mapping[str, RunFile], found: FoundFiles) -> bool:
        path = self.files[at][0]
        file, home = by_path.get(path), os.path.dirname(path)
        is_same = file is not None and _plain_of(file) == self.files[at]
        return is_same and home in self.folders and found.folders.get(home) == self.folders[home]

    def keep(self, database: KeptDatabase) -> bool:
        """Keep it, in the place of an earlier one. Whether that could be."""
        # What is read again is written once more: of values that nobody else holds no list of references is made.
        alone = marshal.loads(marshal.dumps(self._plain))
        return database.write("pictures", [(_NAME, b"", marshal.dumps(alone))])


def kept_picture(database: KeptDatabase, root: Path, read: ReadSegments) -> FolderPicture | None:
    """The picture that is kept of a folder."""
    for _, _, body in database.rows("pictures", [_NAME]):
        picture = FolderPicture(marshal.loads(body), read)
        if picture.root == os.path.realpath(root):
            return picture
    return None


class FolderPictures:
    """The newest picture of a folder: the one that is kept, until another is kept in its place."""

    def __init__(self, root: Path, kept: KeptFolder) -> None:
        self._root = root
        self._database = kept.database
        self._later = LaterHeads(kept)
        self._newest: FolderPicture | None = None

    def look(self) -> FolderLook | None:
        """What lies in the folder now, by its picture: `None` where there is none, or a folder changed."""
        if self._newest is None:
            self._newest = kept_picture(self._database, self._root, self._later)
        return None if self._newest is None else self._newest.look()

    def among(self, found: FoundFiles) -> FolderLook:
        """What lies in the folder, by a look at all of it."""
        return FolderLook(found) if self._newest is None else self._newest.among(found)

    def keep(self, look: FolderLook, new: Sequence[NewRun], logs: int, begun: float) -> None:
        """Keep a picture of a look that was begun then, unless the one that is kept lacks little: a fiftieth of the
        logs is of runs that ended since."""
        before = settled_before(begun)
        if look.is_same and sum(_is_kept(each, before) for each in new) <= logs // _SHARE:
            return
        picture = picture_of(self._root, look, new, begun, self._later)
        if picture is not None and picture.keep(self._database):
            self._newest = picture


def picture_of(
    root: Path, look: FolderLook, new: Sequence[NewRun], read_at: float, read: ReadSegments
) -> FolderPicture | None:
    """The picture of a folder, if it had settled when its reading began."""
    found, before = look.found, settled_before(read_at)
    is_whole = found.folders and not (found.unreadable or found.left_out)
    if not is_whole or any(max(stamp[2:]) >= before for stamp in found.folders.values()):
        return None
    files = {str(file.path): _plain_of(file) for file in found.files}
    for each in look.kept:
        files.update((plain[0], plain) for plain in each.plain)
    places = {path: at for at, path in enumerate(sorted(files, key=_parts))}
    kept = [(each.run.record, tuple(places[path] for path in each.paths), each.mark) for each in look.kept]
    for made in new:
        if _is_kept(made, before) and can_be_kept(made.run.record):
            own = tuple(places[str(segment.file.path)] for segment in made.run.segments)
            kept.append((made.run.record, own, mark_of(made.run)))
    kept.sort(key=lambda each: min(each[1]))
    records = plain_records([record for record, _, _ in kept])
    runs = records, [own for _, own, _ in kept], [mark for _, _, mark in kept]
    plain = [files[path] for path in places]
    sweeps = sorted(found.sweeps)
    told = (os.path.realpath(root), found.folders, found.links, plain, runs, found.is_source, sweeps)
    return FolderPicture(told, read)


def in_order(new: Sequence[NewRun], kept: Sequence[PicturedRun]) -> list[LocalRun]:
    """Runs in the order of their first logs; those that do not tell their project come last. Those that are kept are in
    that order."""
    if not new:
        return [each.run for each in kept]
    placed = [((not each.logs[0].names_project, _parts(str(each.logs[0].file.path))), each.run) for each in new]
    placed += [((False, min(map(_parts, each.paths))), each.run) for each in kept]
    return [run for _, run in sorted(placed, key=itemgetter(0))]


def _parts(path: str) -> list[str]:
    return path.split(os.sep)


def _is_same(plain: PlainFile, stat: os.stat_result) -> bool:
    now = (stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_dev, stat.st_ino, stat.st_uid)
    return plain[2:8] == now


def _is_kept(new: NewRun, before_ns: int) -> bool:
    """Whether nothing but a change of its logs makes a run another one."""
    run = new.run
    if run.notices or not len(run.strands) == len(run.segments) == len(new.logs):
        return False
    return all(
        segment.head.run
        and segment.head.branch is None
        and segment.names_project
        and is_told(segment.head)
        and is_settled(segment.file, segment.head, before_ns)
        and not os.path.lexists(f"{segment.file.path}.syncstate")
        for segment in run.segments
    )


def can_be_kept(record: RunRecord) -> bool:
    """Whether bytes can say all of a record, and nothing is said of it."""
    if record.said or record.logged is not None:
        return False
    try:
        marshal.dumps(plain_records([record]))
    except ValueError:
        return False
    return True


def _read_later(files: Sequence[PlainFile], read: ReadSegments) -> tuple[Segment, ...]:
    return read([*map(_file_of, files)])


# ---------------------------------------------------------------- as plain values


def _plain_of(file: RunFile) -> PlainFile:
    folder = None if file.folder is None else str(file.folder)
    stamp = file.size, file.mtime_ns, file.ctime_ns, *file.inode, file.owner
    return str(file.path), file.shown, *stamp, folder, file.is_log


def _file_of(plain: PlainFile) -> RunFile:
    path, shown, size, mtime, ctime, device, inode, owner, folder, is_log = plain
    home = None if folder is None else Path(folder)
    return RunFile(Path(path), shown, size, mtime, ctime, (device, inode), owner, home, is_log)


def _as_now(plain: PlainFile, stat: os.stat_result) -> PlainFile:
    size = stat.st_size if plain[-1] else 0
    stamp = size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_dev, stat.st_ino, stat.st_uid
    return plain[0], plain[1], *stamp, plain[8], plain[9]
