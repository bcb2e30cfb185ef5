"""Makes many files of a store few, and drops rows that count no more."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, TypeAlias

from runql.errors import OutputError, SourceError
from runql.sources.store import table
from runql.sources.store.duck import Duck, Unreadable, files_sql, quoted
from runql.sources.store.layout import FACTS, PARTITION, Fact
from runql.sources.store.remote import keep_beside
from runql.sources.store.statistics.kept_points import keep_points
from runql.sources.store.upkeep.check import damages
from runql.sources.store.upkeep.leftovers import delete_past
from runql.sources.store.writer import settled
from runql.text.frozen import frozen

GRACE_SECONDS: Final = 7 * 86_400.0
"""So long the files of earlier versions stay, for those who read them and for `store:NAME@NUMBER`."""
_RUNS_A_PART: Final = 1_000
_ROWS_A_PART: Final = 5_000_000
_MOST_TRIES: Final = 5


@frozen
class Compacted:
    """What a compaction did. `version` is that of the store now; `deleted`: files of versions that are long past."""

    version: int
    before: int
    after: int
    dropped: int
    deleted: int


def compact(folder: Path, name: str, grace_seconds: float = GRACE_SECONDS) -> Compacted:
    """Write the rows that count anew, in as few files as are good to read, then delete what is long past.

    Readers go on reading what they read; a pull at the same time adds behind it.

    Raises:
        SourceError: a part is damaged, or another compaction is at work.
        OutputError: it cannot be written.
    """
    for _ in range(_MOST_TRIES):
        base = table.version(folder, name)
        if base.said:
            raise SourceError.of("RQL511", f"`{name}` is not compacted: {base.said[0].message}", *base.said[0].hints)
        old, new = _rewritten(folder, name, base)
        try:
            if old:
                table.put_in_place(folder, base, new, old)
        except table.NotTheNewest:
            for part in new:
                (folder / part.path).unlink(missing_ok=True)
            continue
        dropped = sum(part.rows for part in old) - sum(part.rows for part in new)
        deleted = delete_past(folder, grace_seconds)
        after = len(base.parts) - len(old) + len(new)
        newest = table.version(folder, name)
        keep_points(folder, newest)
        keep_beside(folder)
        return Compacted(newest.number, len(base.parts), after, dropped, deleted)
    raise SourceError.of("RQL511", f"`{name}` is not compacted: others write it all the time", "try it again later")


def _rewritten(folder: Path, name: str, base: table.Version) -> tuple[list[table.StorePart], list[table.StorePart]]:
    """The parts whose rows stand elsewhere too, and these."""
    if any(damages(folder, base)):
        hint = f"`runql store check {name}` says which; `runql pull` reads its runs again"
        raise SourceError.of("RQL511", f"`{name}` is not compacted: a part of it is damaged", hint)
    old: list[table.StorePart] = []
    new: list[table.StorePart] = []
    duck = Duck()
    try:
        runs = _counting(folder, duck, base)
        for fact in Fact:
            parts = base.of(fact)
            if len(parts) > 1 or any(part.pull for part in parts):
                old += parts
                new += _written(folder, duck, fact, parts, runs)
    finally:
        duck.close()
    return old, new


_Counts: TypeAlias = tuple[str, int, int]
"""A run, the pull of the row that counts of it, and that of its other rows."""


def _counting(folder: Path, duck: Duck, base: table.Version) -> list[_Counts]:
    """The runs in the order in which they were pulled."""
    files = files_sql([folder / part.path for part in base.of(Fact.RUNS)])
    newest = "QUALIFY row_number() OVER (PARTITION BY run ORDER BY pull DESC) = 1 ORDER BY pull, place"
    found = duck.rows(f"SELECT run, pull, body FROM {files} {newest}") if base.of(Fact.RUNS) else []
    return [(run, pull, body) for run, pull, body in found]


def _written(
    folder: Path, duck: Duck, fact: Fact, parts: Sequence[table.StorePart], runs: Sequence[_Counts]
) -> Iterator[table.StorePart]:
    """The rows of a fact that count, in new parts."""
    files = files_sql([folder / part.path for part in parts])
    columns = ", ".join(quoted(column) for column in FACTS[fact].columns)
    order = ", ".join(quoted(column) for column in FACTS[fact].order)
    if fact is Fact.PULLS:
        yield from _part(folder, duck, fact, f"SELECT {columns} FROM {files} ORDER BY {order}")
        return
    newest = f"SELECT run, {'pull' if fact is Fact.RUNS else 'body AS pull'} FROM counting"
    rows_a_run = sum(part.rows for part in parts) // max(1, len(runs)) + 1
    of_rows = max(1, _ROWS_A_PART // rows_a_run)
    # A question to the runs reads all of these parts: fewer are read sooner.
    size = of_rows if fact in (Fact.RUNS, Fact.ATTR) else min(_RUNS_A_PART, of_rows)
    for start in range(0, len(runs), size):
        some = [[*each] for each in zip(*runs[start : start + size], strict=True)]
        given = "SELECT unnest(?::VARCHAR[]) AS run, unnest(?::BIGINT[]) AS pull, unnest(?::BIGINT[]) AS body"
        duck.do(f"CREATE OR REPLACE TABLE counting AS {given}", some)
        chosen = f"SELECT {columns} FROM {files} SEMI JOIN ({newest}) USING (run, pull) ORDER BY {order}"
        yield from _part(folder, duck, fact, chosen)


def _part(folder: Path, duck: Duck, fact: Fact, sql: str) -> Iterator[table.StorePart]:
    """The part that holds the rows of a question; none where there are none."""
    home = folder / f"{PARTITION}={fact.value}"
    scratch = home / f".{secrets.token_hex(8)}.part"
    try:
        rows = duck.copy(sql, scratch)
        digest, size = settled(scratch)
        path = home / f"part-0-{secrets.token_hex(4)}-{digest}.parquet"
        if rows:
            scratch.replace(path)
            yield table.StorePart(fact, path.relative_to(folder).as_posix(), size, rows)
        else:
            scratch.unlink()
    except (OSError, Unreadable) as error:
        raise OutputError.of("RQL506", f"the store `{folder}` cannot be written: {error}") from error
