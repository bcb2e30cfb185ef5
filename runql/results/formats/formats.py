"""The formats that a result is written in, as a table."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from itertools import chain, islice, repeat
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

from runql.errors import OutputError
from runql.language import formats as language
from runql.language.entry import FormatEntry
from runql.results.cell_text import ConversionLoss, exact_text, json_cells, whole_unicode
from runql.results.columns import Columns
from runql.results.destination import Destination, destination
from runql.results.terminal_table.options import View
from runql.results.writing import never, write_to
from runql.semantic.values import Value
from runql.text.diagnostic import Diagnostic
from runql.text.frozen import frozen
from runql.text.nearest import nearest

if TYPE_CHECKING:
    from runql.engine.stages import PivotLayout

_LINES_A_PIECE = 1000


@frozen
class Output:
    """A result on its way out: frames one below the other, and the names of all columns where they are known.

    `scalar` says that the result is one number (of `count`), which JSON shows as that number. `lost` counts, while
    the pieces are taken, what the format cannot hold.
    """

    frames: Iterable[Columns]
    names: tuple[str, ...] | None = None
    scalar: bool = False
    view: View = field(default_factory=View)
    lost: ConversionLoss = field(default_factory=ConversionLoss)
    settle: Callable[[], tuple[str, ...]] | None = None
    """Gives the names, once all frames were taken, where these are not known before."""
    layout: Callable[[], PivotLayout | None] = lambda: None
    """Gives how the columns of a pivot read, once all frames were taken."""
    sweep: bool = False
    """The rows are combinations that never ran."""
    draw: Callable[[str], bytes] | None = None
    """Gives the file of the chart that the rows are, by the name of its format; `None` where none is drawn of them."""
    safe: bool = False
    """No text of CSV or TSV is one that a spreadsheet would run as a formula."""

    def whole(self) -> Columns:
        """All frames as one."""
        frames = list(self.frames)
        names = self.settle() if self.names is None and self.settle is not None else self.names
        return Columns.concat(frames, names)


Pieces: TypeAlias = Callable[[Output], Iterator[bytes]]
"""Gives the bytes of a file, piece by piece."""


@frozen
class Format:
    """One format: what the language says of it, and what writes it."""

    entry: FormatEntry
    pieces: Pieces

    @property
    def name(self) -> str:
        return self.entry.name


def _utf_8(text: str) -> bytes:
    """The text as UTF-8, with lone surrogates replaced."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return whole_unicode(text).encode()


def _encoded(lines: Iterable[str]) -> Iterator[bytes]:
    """The lines as UTF-8, many in a piece."""
    return _encoded_groups([lines])


def _encoded_groups(groups: Iterable[Iterable[str]]) -> Iterator[bytes]:
    for some in _portions(groups):
        yield _utf_8("\n".join(some) + "\n")


def _portions(groups: Iterable[Iterable[str]]) -> Iterator[list[str]]:
    """The lines of each group, many at a time; none is held back for the group that follows."""
    for group in groups:
        lines = iter(group)
        while some := list(islice(lines, _LINES_A_PIECE)):
            yield some


def _table(output: Output) -> Iterator[bytes]:
    if output.scalar:
        return _encoded(exact_text(cell) for row in output.whole().tuples() for cell in row)
    from runql.results.terminal_table.table import table_lines

    frame = output.whole()
    return _encoded(table_lines(frame, output.view, output.layout()))


def _json_rows(output: Output) -> Iterator[Iterable[str]]:
    """The objects of each frame."""
    for frame in output.frames:
        names = [json.dumps(name, ensure_ascii=False).replace("%", "%%") for name in frame.names]
        row = "{%s}" % ", ".join(f"{name}: %s" for name in names)  # noqa: UP031 - rows are filled in by the same operator
        columns = [json_cells(cells, output.lost) for cells in frame.columns.values()]
        yield map(row.__mod__, zip(*columns, strict=True) if columns else repeat((), frame.length))


def _json(output: Output) -> Iterator[bytes]:
    if output.scalar:
        return _encoded(cell for cells in output.whole().columns.values() for cell in json_cells(cells, output.lost))
    return _json_array(_json_rows(_known(output)))


def _json_array(groups: Iterable[Iterable[str]]) -> Iterator[bytes]:
    before = "[\n  "
    for some in _portions(groups):
        yield _utf_8(before + ",\n  ".join(some))
        before = ",\n  "
    yield b"[]\n" if before.startswith("[") else b"\n]\n"


def _jsonl(output: Output) -> Iterator[bytes]:
    if output.scalar:
        return _json(output)
    return _encoded_groups(_json_rows(_known(output) if output.names is not None else output))


def _known(output: Output) -> Output:
    """Every frame with the same columns; if these are not known yet, all is read to know them."""
    if output.names is None:
        whole = output.whole()
        return replace(output, frames=(whole,), names=whole.names)
    names = output.names
    alike = (frame if frame.names == names else Columns.concat([frame], names) for frame in output.frames)
    return replace(output, frames=alike)


def _separated(output: Output, separator: str = ",") -> Iterator[bytes]:
    """The title, then the lines of each frame, a piece at a time: none is held back for the frame that follows.

    The title waits for the first frame: an answer that fails before it writes nothing. A line of nothing would be no
    row, so a single empty cell is quoted.
    """
    names, frames = output.names, iter(output.frames)
    if names is None:
        whole = output.whole()
        names, frames = whole.names, iter([whole])
    first = next(frames, None)
    title = separator.join(_separated_cells(names, separator, safe=output.safe)) or '""'
    yield _utf_8(title + "\n")
    for frame in frames if first is None else chain([first], frames):
        alike = frame if frame.names == names else Columns.concat([frame], names)
        columns = [_separated_cells(cells, separator, safe=output.safe) for cells in alike.columns.values()]
        lines = (line or '""' for line in map(separator.join, zip(*columns, strict=True)))
        while some := list(islice(lines, _LINES_A_PIECE)):
            yield _utf_8("\n".join(some) + "\n")


def _separated_cells(values: Sequence[Value], separator: str, *, safe: bool = False) -> list[str]:
    """A column as fields of CSV, quoted as RFC 4180 has it where they hold a quote, the separator or a line end.

    `safe`: a text that a spreadsheet would run as a formula has a `'` before it, and one that holds what separates
    cells elsewhere is quoted too. A number stays a number.
    """
    types = set(map(type, values))
    if types <= {int, float}:
        return list(map(repr, values))
    if types != {str}:
        return [_field(value, separator, safe=safe) for value in values]
    if safe:
        texts = {cell: _field(cell, separator, safe=True) for cell in set(values)}
    else:
        has_marks = _MARKS[separator].search
        texts = {cell: _quoted(cell) if has_marks(cell) else cell for cell in set(values)}
    return [texts[cell] for cell in values]


_FORMULA = frozenset("=+-@\t\r\n＝＋－＠")
"""What begins a formula, or is dropped before one; those of East Asia's keyboards too."""
_MARKS = {one: re.compile(rf'["\r\n{one}]|\A\s|\s\Z') for one in ",\t"}
"""What a field is quoted for, by what separates the fields."""
_MARKS_ANYWHERE = re.compile(r'["\r\n,;\t|]|\A\s|\s\Z')


def _field(value: Value, separator: str, *, safe: bool) -> str:
    text, marks = exact_text(value), _MARKS[separator]
    if safe and isinstance(value, str):
        marks = _MARKS_ANYWHERE
        if text[:1] in _FORMULA or text.lstrip()[:1] in _FORMULA:
            text = f"'{text}"
    return _quoted(text) if marks.search(text) else text


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"'


def _tab_separated(output: Output) -> Iterator[bytes]:
    return _separated(output, "\t")


def _markdown(output: Output) -> Iterator[bytes]:
    from runql.results.formats.markdown import markdown_lines

    frame = output.whole()
    return _encoded(markdown_lines(frame, output.layout()))


def _parquet(output: Output) -> Iterator[bytes]:
    frame = output.whole()
    from runql.results.convert.arrow import convert

    table = convert(frame)
    output.lost.untyped = frame.untyped
    import pyarrow.parquet

    buffer = io.BytesIO()
    pyarrow.parquet.write_table(table, buffer)
    yield buffer.getvalue()


def _tex(output: Output) -> Iterator[bytes]:
    from runql.results.formats.tex import tex_lines

    frame = output.whole()
    return _encoded(tex_lines(frame, output.layout()))


def _yaml(output: Output) -> Iterator[bytes]:
    frame = output.whole()
    if output.sweep:
        from runql.results.formats.sweeps import sweep_documents

        return map(str.encode, sweep_documents(frame))
    from runql.results.formats.yaml_text import yaml_rows

    return map(str.encode, yaml_rows(frame))


def _none(output: Output) -> Iterator[bytes]:
    """Nothing of it; but its rows are read, which is what checks its assertions and writes its files."""
    for _ in output.frames:
        yield from ()


BODIES: Mapping[str, Pieces] = {
    "table": _table,
    "json": _json,
    "jsonl": _jsonl,
    "csv": _separated,
    "tsv": _tab_separated,
    "md": _markdown,
    "tex": _tex,
    "yaml": _yaml,
    "parquet": _parquet,
    "none": _none,
}


def _chart(name: str) -> Pieces:
    """The chart of the rows, for which all of them are read."""

    def pieces(output: Output) -> Iterator[bytes]:
        if output.draw is None:
            way_out = f'end the query in `| plot`: `… | plot | to "chart.{name}"`'
            raise OutputError.of("RQL506", f"a file `.{name}` holds a chart, and nothing draws one", way_out)
        yield output.draw(name)

    return pieces


CHARTS: Mapping[str, Format] = MappingProxyType(
    {name: Format(entry, _chart(name)) for name, entry in language.CHART_FORMATS.items()}
)
"""By name: what holds a chart. JSON holds one where a chart is drawn, else rows."""

_OF_CHARTS_ALONE: Mapping[str, Format] = MappingProxyType(
    {end: form for form in CHARTS.values() for end in form.entry.extensions if end != "json"}
)

FORMATS: Mapping[str, Format] = MappingProxyType(
    {name: Format(entry, BODIES[name]) for name, entry in language.FORMATS.items()}
)
"""By name."""

EXTENSIONS: Mapping[str, Format] = MappingProxyType(
    {end: form for form in FORMATS.values() for end in form.entry.extensions}
)
"""By the end of a file's name."""


_CALLED = {"latex": "tex", "excel": "csv", "xlsx": "csv", "text": "table"}
"""Formats by other names."""


def chosen(spec: str) -> tuple[Format, Path | None]:
    """The format that `-o` asks for, and its file: by the name of a format, or by the end of a file's name.

    Raises `OutputError` for what is neither, and for a format that needs a file without one.
    """
    if spec in FORMATS:
        if FORMATS[spec].entry.binary:
            raise OutputError.of("RQL506", f"`{spec}` is no text: it needs a file", f"write `-o runs.{spec}`")
        return FORMATS[spec], None
    path = Path(spec)
    end = path.suffix[1:].lower()
    if (form := EXTENSIONS.get(end) or _OF_CHARTS_ALONE.get(end)) is not None:
        return form, path
    ends = ", ".join(f".{end}" for end in (*EXTENSIONS, *_OF_CHARTS_ALONE))
    known = f"formats: {', '.join(FORMATS)}; or a file that ends in {ends}"
    also = EXTENSIONS.get(_CALLED.get(spec.lower(), spec.lower()))
    same = [name for name, one in FORMATS.items() if one is also]
    near = [f"nearest: `{name}`" for name in (*same, *nearest(spec, FORMATS))[:1]]
    raise OutputError.of("RQL506", f"`{spec}` is neither a format nor a file of a known one", *near, known)


def place_of(form: Format, path: Path, name: str | None = None) -> Destination:
    """Where a file of a format goes; `name` is what it is called.

    Raises `OutputError` for what cannot be written, or is no file of that format.
    """
    return destination(path, [f".{end}" for end in form.entry.extensions], name)


def save(output: Output, form: Format, path: Path) -> tuple[Diagnostic, ...]:
    """Write a file, whole or not at all, and say what the format could not hold. Raises `OutputError`.

    Of rows that are a chart, JSON holds that.
    """
    form = CHARTS["json"] if form is FORMATS["json"] and output.draw is not None else form
    return save_at(output, form, place_of(form, path))


def save_at(
    output: Output, form: Format, place: Destination, gave_up: Callable[[], bool] = never
) -> tuple[Diagnostic, ...]:
    """The same to a place that was judged before. Raises `GivenUp` if `gave_up` says so while nobody reads."""
    write_to(place, form.pieces(output), gave_up)
    return said(output.lost)


def said(lost: ConversionLoss) -> tuple[Diagnostic, ...]:
    """What was lost on the way, as notices."""
    notices = untyped_notices(lost.untyped) if lost.untyped else ()
    if count := lost.non_finite:
        values = "1 value is" if count == 1 else f"{count:,} values are"
        notices += (Diagnostic("RQL504", f"{values} NaN or infinite: null in JSON", hints=("`-o csv` keeps them",)),)
    return notices


def untyped_notices(names: Iterable[str]) -> tuple[Diagnostic, ...]:
    """What is to be said of columns of numbers that have no typed column to go to: see `Columns.untyped`."""
    where = "as text in polars, Arrow and Parquet, as Python's own numbers in pandas"
    return tuple(
        Diagnostic("RQL509", f"`{name}` holds whole numbers that no type of 64 bits keeps: {where}") for name in names
    )
