"""Which columns a table of runs has, and what stands in them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from math import log2
from typing import TypeAlias

from runql.engine.compare import identity, is_number
from runql.engine.evaluate import AggregatesOf, compile_value, values_of
from runql.engine.fields import PART_OF_SPACE, leaves
from runql.engine.patterns import star_matcher
from runql.engine.table import Table
from runql.engine.values.column import column_of
from runql.errors import RunQLError
from runql.language.fields import RUN_FIELDS, Space
from runql.language.kinds import Kind
from runql.plan.columns import FIRST_COLUMNS, run_field
from runql.semantic.record import RunRecord
from runql.semantic.spelling import field_text, spelled_exactly
from runql.semantic.typed import FieldKey, TColumn, TField, TypedExpr
from runql.semantic.values import Value
from runql.text.diagnostic import Diagnostic
from runql.text.frozen import frozen

Leaf: TypeAlias = tuple[str, ...]
"""The keys of a config or summary value, outermost first."""

MAX_CONFIG_COLUMNS = 12
MAX_SUMMARY_COLUMNS = 8
_MOST_BITS = 3.0
_FEW, _FEW_WORDS = 3, 7
"""So many texts that all differ may be settings: with slashes, as paths have them, or without."""
_LONG_TEXT = 40
_WORD = re.compile(r"[^a-z0-9]+")
_HELD_OUT = frozenset({"val", "valid", "validation", "test", "eval", "dev"})


@frozen
class Selected:
    """One column of the answer: its name, and the expression whose values stand in it."""

    name: str
    value: TypedExpr


@frozen
class Selection:
    """The columns of an answer, and what must be said about their choice."""

    columns: tuple[Selected, ...]
    notices: tuple[Diagnostic, ...] = ()

    def readers(self) -> list[tuple[str, Callable[..., Value]]]:
        """Each column's name, and the function from a run and its aggregates to its cell."""
        return [(column.name, compile_value(column.value)) for column in self.columns]


# ---------------------------------------------------------------- the choice


def run_selection(columns: Sequence[TColumn] | None, records: Sequence[RunRecord]) -> Selection:
    """The columns of a table of runs; with `None` those in which the runs differ.

    These are `id, name, state, created`, the config fields that differ between the runs and the numbers of the
    summary, those that most runs have first, and so many that a table can be read; a notice (RQL513) says how many
    were left out.
    Globs and `None` look into all the runs; raises RQL901 where their config or summary was not loaded.
    """
    if columns is not None:
        return Selection(without_doubles(expand(columns, records)))
    first = [Selected(name, run_field(name)) for name in FIRST_COLUMNS]
    telling, notices = _telling_columns(records)
    return Selection(without_doubles([*first, *telling]), notices)


def has_fixed_columns(columns: Sequence[TColumn] | None) -> bool:
    """Whether the columns of a table of runs are known before any run is; `run_selection` of no run then gives them."""
    return columns is not None and all(column.glob is None or column.glob.space is Space.RUN for column in columns)


def run_table(selection: Selection, records: Sequence[RunRecord], aggregates_of: AggregatesOf | None = None) -> Table:
    """The table of runs: a row for each, in the order given."""
    columns = {column.name: column_of(values_of(column.value, records, aggregates_of)) for column in selection.columns}
    return Table(columns, len(records))


def without_doubles(columns: Iterable[Selected]) -> tuple[Selected, ...]:
    """A column asked for twice stands once; another one of the same name gets a number."""
    taken: dict[str, TypedExpr] = {}
    for column in columns:
        name, number = column.name, 2
        while name in taken and not _is_same(taken[name], column.value):
            name, number = f"{column.name}_{number}", number + 1
        taken.setdefault(name, column.value)
    return tuple(Selected(name, value) for name, value in taken.items())


def _is_same(one: TypedExpr, other: TypedExpr) -> bool:
    """Whether two columns of one name are one. A field that a clause names has the kind that the catalog knows, and one
    that a glob finds the kind of no name, and its exact path: they are the same field."""
    if isinstance(one, TField) and isinstance(other, TField):
        return (one.key.space, _dotted(one.key)) == (other.key.space, _dotted(other.key))
    return one == other


def _dotted(key: FieldKey) -> str:
    return ".".join(map(str, key.segments))


# ---------------------------------------------------------------- globs


def expand(columns: Iterable[TColumn], records: Sequence[RunRecord]) -> Iterator[Selected]:
    """The columns with each glob replaced by the fields that it means in these runs, in alphabetical order."""
    for column in columns:
        if column.glob is not None:
            yield from _expand_glob(column.glob, column.except_, records)
        elif column.value is not None:
            yield Selected(column.name, column.value)
        else:
            raise RunQLError.of("RQL901", f"the column `{column.name}` has neither a value nor a glob")


def _expand_glob(glob: FieldKey, except_: Sequence[FieldKey], records: Sequence[RunRecord]) -> Iterator[Selected]:
    wanted = _name_test(glob)
    unwanted = [_name_test(key) for key in except_ if key.space is glob.space]
    if glob.space is Space.RUN:
        names = [name for name in RUN_FIELDS if wanted(name) and not any(test(name) for test in unwanted)]
        yield from (Selected(name, run_field(name)) for name in names)
        return
    found = {
        path
        for path in _leaf_cells(records, glob.space)
        if wanted(dotted := ".".join(path)) and not any(test(dotted) for test in unwanted)
        # W&B's own record in config and summary is asked for by its name only.
        if path[0] != "_wandb" or glob.segments[0] == "_wandb"
    }
    yield from leaf_columns(glob.space, sorted(found, key=lambda path: (".".join(path), path)))


def _name_test(key: FieldKey) -> Callable[[str], bool]:
    """Whether a dotted name is what the key means, or lies inside it."""
    pattern = ".".join(map(str, key.segments))
    if not key.exact:
        matches, inside = star_matcher(pattern), star_matcher(f"{pattern}.*")
        return lambda name: matches(name) or inside(name)
    return lambda name: name == pattern or name.startswith(f"{pattern}.")


def leaf_columns(space: Space, paths: Sequence[Leaf]) -> Iterator[Selected]:
    """A column for each path; two that share their dotted name (`a.b` nested and `a.b` one key) are spelled exactly."""
    rivals = Counter(".".join(path) for path in paths)
    for path in paths:
        written = spelled_exactly(space, path) if rivals[".".join(path)] > 1 else field_text(space, path)
        yield Selected(written, TField(FieldKey(space, path, exact=True, written=written)))


def _leaf_cells(records: Sequence[RunRecord], space: Space) -> Mapping[Leaf, list[Value]]:
    """The values under each path inside a part of the runs, without the runs that lack it."""
    if space not in PART_OF_SPACE:
        raise RunQLError.of("RQL901", f"a glob over `{space.value}` is no choice of columns")
    cells: dict[Leaf, list[Value]] = {}
    for record in records:
        part = getattr(record, PART_OF_SPACE[space])
        if part is None:
            raise RunQLError.of("RQL901", f"the {space.value} of run `{record.id}` was not loaded, a glob needs it")
        for path, value in leaves(part):
            cells.setdefault(path, []).append(value)
    return cells


# ---------------------------------------------------------------- with nothing named


def _telling_columns(records: Sequence[RunRecord]) -> tuple[list[Selected], tuple[Diagnostic, ...]]:
    differing = {p: c for p, c in _leaf_cells(records, Space.CONFIG).items() if _differ(p, c, len(records))}
    config = sorted(differing, key=lambda path: _config_rank(path, differing[path], len(records)))
    metrics = {p: c for p, c in _leaf_cells(records, Space.SUMMARY).items() if _is_main(p, c)}
    summary = sorted(metrics, key=lambda path: _metric_rank(path, metrics[path], len(records)))
    columns = [
        *leaf_columns(Space.CONFIG, config[:MAX_CONFIG_COLUMNS]),
        *leaf_columns(Space.SUMMARY, summary[:MAX_SUMMARY_COLUMNS]),
    ]
    left_out = [
        f"{len(paths) - most} {one if len(paths) - most == 1 else many}"
        for paths, most, one, many in (
            (config, MAX_CONFIG_COLUMNS, "config field that differs", "config fields that differ"),
            (summary, MAX_SUMMARY_COLUMNS, "summary metric", "summary metrics"),
        )
        if len(paths) > most
    ]
    if not left_out:
        return columns, ()
    hint = "all of them: `select id, name, config.*, summary.*`"
    return columns, (Diagnostic("RQL513", f"not shown: {' and '.join(left_out)}", hints=(hint,)),)


def _config_rank(path: Leaf, cells: Sequence[Value], run_count: int) -> tuple[object, ...]:
    """Settings that tell the runs apart best come first: not names of runs, seeds and lists; of the others those with
    most bits of difference over all the runs, up to three (eight values that are equally frequent), the shortest
    path first."""
    counts = Counter(map(identity, cells))
    counts[Kind.MISSING, None] += run_count - len(cells)
    bits = -sum(count / run_count * log2(count / run_count) for count in counts.values() if count)
    texts = [cell for cell in cells if isinstance(cell, str)]
    few = _FEW if any("/" in text or "\\" in text for text in texts) else _FEW_WORDS
    is_name = len(counts) > few and len(texts) == len(cells) and max(counts.values()) == 1
    is_list = any(isinstance(cell, list | tuple) for cell in cells)
    is_long = any(isinstance(cell, str) and len(cell) > _LONG_TEXT for cell in cells)
    last = is_name or is_list or is_long, "seed" in path[-1].lower()
    return *last, -round(min(bits, _MOST_BITS), 1), -len(cells), len(path), ".".join(path), path


def _metric_rank(path: Leaf, cells: Sequence[Value], run_count: int) -> tuple[object, ...]:
    """Metrics that differ come first; of those the ones that most runs have, and of these those of data held out."""
    words = set(_WORD.split(".".join(path).lower()))
    is_constant = len({identity(cell) for cell in cells}) == 1 and len(cells) > 1
    return is_constant, -round(10 * len(cells) / run_count), not words & _HELD_OUT, ".".join(path), path


def _differ(path: Leaf, cells: Sequence[Value], run_count: int) -> bool:
    """Whether a config field of the user's tells the runs apart: some lack it, or the values are not all the same."""
    if path[0] == "_wandb":
        return False
    return len(cells) < run_count or len({identity(cell) for cell in cells}) > 1


def _is_main(path: Leaf, cells: Sequence[Value]) -> bool:
    """Whether a summary field is a metric of the user's: some run has a number, and W&B did not add it."""
    return not path[0].startswith("_") and any(is_number(cell) for cell in cells)
