"""`to "FILE"`: what a stage writes while the rows pass."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

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
    """Opens the files of one answer, and keeps what is to be said of them."""

    def __init__(self, stages: Sequence[TStage]) -> None:
        self.said: dict[Diagnostic, None] = {}
        self.written: list[str] = []
        self._sweeps = _after_holes(stages)

    @property
    def opener(self) -> Opener:
        """What the engine asks to open a file."""
        return self._open

    @contextmanager
    def _open(self, path: str, context: StageContext) -> Iterator[Callable[[Table], None]]:
        """Collect the parts; the file is written, whole, when the last one has passed and nothing went wrong."""
        frames: list[Frame] = []
        yield lambda table: frames.append(Frame(table.columns, table.length))
        file = Path(path).expanduser()
        form = _format_of(file)
        if form is None:
            raise QueryError([_no_format(TTo(path), file)])
        whole = Frame.concat(frames)
        output = Output((whole,), whole.names, layout=lambda: context.layout, sweep=path in self._sweeps)
        self.said.update(dict.fromkeys(save(output, form, file)))
        self.written.append(path)


def _after_holes(stages: Sequence[TStage]) -> frozenset[str]:
    """The files that get the combinations which never ran: as YAML, they are the parameters of a sweep."""
    places = [place for place, stage in enumerate(stages) if isinstance(stage, THoles)]
    if not places:
        return frozenset()
    return frozenset(stage.path for stage in stages[places[-1] :] if isinstance(stage, TTo))
