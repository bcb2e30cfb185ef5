"""`to "FILE"`: what a stage writes while the rows pass."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from itertools import chain
from pathlib import Path
from queue import Full, Queue
from typing import Any

from runql.engine.stages import Opener, StageContext
from runql.engine.table import Table
from runql.errors import QueryError
from runql.results.formats import EXTENSIONS, Format, Output, save
from runql.results.frame import Frame
from runql.semantic.typed_stages import THoles, TStage, TTo
from runql.text.diagnostic import Diagnostic
from runql.text.nearest import nearest


def wrong_files(stages: Sequence[TStage]) -> Iterator[Diagnostic]:
    """The files that `to` cannot write: none of a known format, or no folder. Nothing is opened."""
    for stage in stages:
        if isinstance(stage, TTo):
            path = Path(stage.path).expanduser()
            if _format_of(path) is None:
                yield _no_format(stage, path)
            elif path.is_dir() or not path.absolute().parent.is_dir():
                what = f"`{stage.path}` is a folder" if path.is_dir() else f"there is no folder `{path.parent}`"
                yield Diagnostic("RQL506", what, stage.span)


def _format_of(path: Path) -> Format | None:
    return EXTENSIONS.get(path.suffix[1:].lower())


def _no_format(stage: TTo, path: Path) -> Diagnostic:
    known = ", ".join(f"`.{end}`" for end in EXTENSIONS)
    near = nearest(path.suffix[1:], EXTENSIONS, most=1)
    hints = (*(f"nearest: `.{end}`" for end in near), f"a file that ends in {known}")
    return Diagnostic("RQL506", f"`{stage.path}` is no file of a known format", stage.span, hints=hints)


class Files:
    """Opens the files of one answer, and keeps what is to be said of them.

    `fixed`: every part of the table has the same columns, so a format that can writes the rows while they come.
    """

    def __init__(self, stages: Sequence[TStage], fixed: Callable[[], bool] = lambda: False) -> None:
        self.said: dict[Diagnostic, None] = {}
        self.written: list[str] = []
        self._sweeps = _after_holes(stages)
        self._fixed = fixed

    @property
    def opener(self) -> Opener:
        """What the engine asks to open a file."""
        return self._open

    @contextmanager
    def _open(self, path: str, context: StageContext) -> Iterator[Callable[[Table], None]]:
        """Take the parts; the file is in its place when the last one has passed and nothing went wrong."""
        file = Path(path).expanduser()
        form = _format_of(file)
        if form is None:
            raise QueryError([_no_format(TTo(path), file)])
        parts = _Parts()
        names = self._fixed if form.streams else lambda: False
        layout, sweep = context.layout, path in self._sweeps

        def write() -> tuple[Diagnostic, ...]:
            first = next(parts.frames, Frame({}))
            frames = chain([first], parts.frames)
            whole = None if names() else Frame.concat(frames)
            output = Output(
                frames if whole is None else (whole,),
                first.names if whole is None else whole.names,
                layout=lambda: layout,
                sweep=sweep,
            )
            return save(output, form, file)

        # The formats ask for rows, and the stages hand them on: each in a thread of its own.
        with ThreadPoolExecutor(1, thread_name_prefix="runql-to") as pool:
            written = pool.submit(write)
            try:
                yield lambda table: parts.put(Frame(table.columns, table.length), written)
                parts.put(None, written)
                lost = written.result()
            except BaseException:
                parts.give_up()
                raise
        self.said.update(dict.fromkeys(lost))
        self.written.append(path)


class _GivenUp(Exception):  # noqa: N818 - nothing went wrong with the file
    """The rest of the rows does not come."""


class _Parts:
    """Parts of a table on their way from one thread to another; few are on the way at a time."""

    _MOST = 4
    _LOOKS_EVERY_SECONDS = 0.05

    def __init__(self) -> None:
        self._queue: Queue[Frame | _GivenUp | None] = Queue(self._MOST)
        self._gave_up = False
        self.frames = iter(self._taken())

    def put(self, frame: Frame | None, reader: Future[Any]) -> None:
        """Hand a part on, `None` behind the last. Raises what made the reader stop, if it did."""
        while True:
            try:
                self._queue.put(frame, timeout=self._LOOKS_EVERY_SECONDS)
            except Full:
                if reader.done():
                    reader.result()
            else:
                return

    def give_up(self) -> None:
        """Nothing comes any more, and what came is not to be kept."""
        self._gave_up = True
        with suppress(Full):
            self._queue.put_nowait(_GivenUp())

    def _taken(self) -> Iterator[Frame]:
        while (part := self._queue.get()) is not None:
            if self._gave_up or isinstance(part, _GivenUp):
                raise _GivenUp
            yield part


def _after_holes(stages: Sequence[TStage]) -> frozenset[str]:
    """The files that get the combinations which never ran: as YAML, they are the parameters of a sweep."""
    places = [place for place, stage in enumerate(stages) if isinstance(stage, THoles)]
    if not places:
        return frozenset()
    return frozenset(stage.path for stage in stages[places[-1] :] if isinstance(stage, TTo))
