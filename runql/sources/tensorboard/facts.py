"""What a listing tells of a run: the last value of each tag, how often it was logged, how it began and ended."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from runql.semantic.record import LoggedMetrics
from runql.sources.files.system import reason
from runql.sources.tensorboard.discover import EventFile
from runql.sources.tensorboard.stream import Cuts, EventStream, FileState, Restarts
from runql.sources.tensorboard.tensors import Number
from runql.text.frozen import frozen


@dataclass(slots=True)
class Facts:
    """The facts of the points that count. `dropped`: how many a restart took away; `behind`: how many were logged at or
    before a step at which their tag had been logged already; `highest`: the highest step of each tag."""

    last: dict[str, Number] = field(default_factory=dict)
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    highest: dict[str, int] = field(default_factory=dict)
    last_step: int = -1
    dropped: int = 0
    behind: int = 0

    def logged(self) -> LoggedMetrics:
        """What was logged."""
        kinds: dict[str, dict[str, int]] = {}
        for (tag, kind), count in self.counts.items():
            kinds.setdefault(tag, {})[kind] = count
        return LoggedMetrics(kinds, max(self.highest.values(), default=-1))


@frozen
class FilePart:
    """A file up to the byte `end`, without the records that begin at the bytes `lost`."""

    file: EventFile
    is_first: bool
    end: int
    lost: frozenset[int]


@frozen
class Extent:
    """How much of which files is a run, and which of its points restarts took away."""

    parts: tuple[FilePart, ...]
    cuts: Cuts


class RunReader:
    """Reads the event files of one run, and goes on where it stopped when they grow."""

    def __init__(self) -> None:
        self.files: tuple[EventFile, ...] = ()
        self.states: list[FileState] = []
        self.stream = EventStream()
        self.facts = Facts()
        self._cuts = Cuts(Restarts())

    def extent(self) -> Extent:
        """What was read so far: it stays as it is when this goes on."""
        parts = tuple(
            FilePart(file, state.is_first, state.end, frozenset(damage.offset for damage in state.damages))
            for file, state in zip(self.files, self.states, strict=True)
            if state.end
        )
        return Extent(parts, Cuts(self.stream.restarts))

    def update(self, files: tuple[EventFile, ...]) -> bool:
        """Read what came since the last time, and say whether anything did.

        A file that cannot be read has its `problem` in its state.
        """
        if files == self.files and not any(state.problem for state in self.states):
            return False
        if not self._goes_on(files):
            self._begin(Restarts())
        known = self.stream.restarts.count
        self._read(files)
        if self.stream.restarts.count != known and self._is_cut():
            self._begin(self.stream.restarts)
            self._read(files)
        self.files = files
        return True

    def _goes_on(self, files: tuple[EventFile, ...]) -> bool:
        """Whether the files are those of the last time with something behind: the last one longer, or further ones."""
        known = self.files
        if not known or len(files) < len(known):
            return False
        before, now = known[-1], files[len(known) - 1]
        is_grown = (before.path, before.inode) == (now.path, now.inode) and now.size >= before.size
        return is_grown and files[: len(known) - 1] == known[:-1]

    def _begin(self, restarts: Restarts) -> None:
        self.stream, self.facts, self.states = EventStream(), Facts(), []
        self._cuts = Cuts(restarts)

    def _read(self, files: tuple[EventFile, ...]) -> None:
        for at, file in enumerate(files):
            if at == len(self.states):
                self.states.append(FileState(is_first=at == 0))
            state = self.states[at]
            if state.end >= file.size and file.size:
                continue
            state.damages = [damage for damage in state.damages if not damage.is_end]
            state.problem = ""
            try:
                self._read_file(file, state)
            except OSError as problem:
                state.problem = reason(problem)

    def _read_file(self, file: EventFile, state: FileState) -> None:
        facts, stream, cuts, highest = self.facts, self.stream, self._cuts, self.facts.highest
        for event, points in stream.points(file, state.end, file.size, state):
            if not points:
                continue
            step, number = event.step, stream.events
            for tag, value in points:
                if not cuts.is_empty and cuts.drops(number, step, tag):
                    facts.dropped += 1
                    continue
                facts.last[tag] = value
                facts.counts[tag, "bool" if isinstance(value, bool) else "number"] += 1
                facts.last_step = step
                if tag not in highest or step > highest[tag]:
                    highest[tag] = step
                else:
                    facts.behind += 1

    def _is_cut(self) -> bool:
        """Whether any restart lies at or below a step that was logged: most begin where nothing was."""
        restarts = self.stream.restarts
        every = [*restarts.everywhere, *(one for found in restarts.by_tag.values() for one in found)]
        highest = max(self.facts.highest.values(), default=None)
        return highest is not None and any(step <= highest for _, step in every)
