"""The tables of a store that `runql sql` asks. `docs/guide/store.md` says what each column holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from runql.language.fields import RUN_FIELDS
from runql.plan.to_sql.texts import text_sql
from runql.sources.protocol import SqlTables
from runql.sources.store.duck import files_sql, quoted, type_sql
from runql.sources.store.layout import FACTS, Fact
from runql.sources.store.table import Version

_OWN: Final = ("run", "pull", "body", "place", "gone", "last_step", "history_line_count")
_KIND: Final = (
    "CASE t WHEN 'n' THEN 'number' WHEN 'q' THEN 'number' WHEN 's' THEN 'text' WHEN 'j' THEN 'text' "
    "WHEN 'b' THEN 'bool' WHEN 'z' THEN 'null' WHEN 'd' THEN 'time' WHEN 'a' THEN 'list' ELSE 'record' END"
)
_NUMBER: Final = "CASE t WHEN 'n' THEN num WHEN 'q' THEN 'nan'::DOUBLE END"
_TABLES: Final[Mapping[str, tuple[Fact, str, str]]] = {
    "attr": (Fact.ATTR, "a.*", "TRUE"),
    "config": (Fact.ATTR, f"a.run, r.id, path AS key, {_KIND} AS kind, {_NUMBER} AS number, str AS text", "config"),
    "summary": (Fact.ATTR, f"a.run, r.id, path AS key, {_KIND} AS kind, {_NUMBER} AS number, str AS text", "summary"),
    "points": (Fact.POINTS, "a.run, r.id, a.key, a.row, a.step, a.val AS value", ""),
    "system": (Fact.SYSTEM, "a.run, r.id, a.key, a.row, a.step, a.val AS value", ""),
}
NAMES: Final = ("runs", *_TABLES)


def sql_tables(folder: Path, version: Version, lost: Sequence[object], entity: str, project: str) -> SqlTables:
    """What SQL may ask of a version: of the parts that can be read, and of the runs of a project."""

    def paths(fact: Fact) -> list[Path]:
        return [(folder / part.path).absolute() for part in version.of(fact) if part not in lost]

    def rows(fact: Fact) -> str:
        kinds = FACTS[fact].columns
        gaps = ", ".join(f"NULL::{type_sql(kind)} AS {quoted(name)}" for name, kind in kinds.items())
        return files_sql(paths(fact)) if paths(fact) else f"(SELECT {gaps} WHERE FALSE)"

    names = ", ".join(quoted(name) for name in dict.fromkeys((*_OWN, *RUN_FIELDS)))
    of = rows(Fact.RUNS)
    newest = f"SELECT run, max(pull) AS pull FROM {of} GROUP BY run"
    owners = {"entity": entity, "project": project}
    where = [f"{name} = {text_sql(given) or 'NULL'}" for name, given in owners.items() if given]
    statements = [
        f"CREATE TABLE runs AS SELECT {names} FROM {of} SEMI JOIN ({newest}) USING (run, pull) "
        f"WHERE {' AND '.join(where) or 'TRUE'}"
    ]
    for name, (fact, columns, space) in _TABLES.items():
        test = f"space = '{space}' AND NOT el" if space in ("config", "summary") else "TRUE"
        joined = "JOIN runs AS r ON r.run = a.run AND r.body = a.pull"
        chosen = f"SELECT {columns} FROM {rows(fact)} AS a {joined} WHERE {test}"
        statements.append(f"CREATE VIEW {quoted(name)} AS {chosen}")
    files = tuple(str(path) for fact in (Fact.RUNS, Fact.ATTR, Fact.POINTS, Fact.SYSTEM) for path in paths(fact))
    return SqlTables(NAMES, files, tuple(statements))
