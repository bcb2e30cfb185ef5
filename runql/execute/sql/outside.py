"""Questions in SQL that stand in no query: to the tables of a store, and to an answer that is there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import tzinfo
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from runql.config import SqlBounds
from runql.engine.table import Table
from runql.errors import QueryError
from runql.execute.sql.ask import SqlQuestion
from runql.execute.sql.extra import way_out
from runql.execute.sql.to_sql import hand_over
from runql.results.frame import Frame
from runql.semantic.typed import TSql
from runql.sources.open import SourcePlace
from runql.sources.protocol import SqlTables
from runql.text.diagnostic import Diagnostic
from runql.text.frozen import frozen
from runql.text.source import Source, Span

if TYPE_CHECKING:
    import duckdb


@frozen
class SqlCall:
    """A question with the values of its `$name`; dates begin in `zone`. What it raises points into its text."""

    source: Source
    params: Mapping[str, Any]
    zone: tzinfo
    bounds: SqlBounds

    def of_store(
        self, places: Sequence[SourcePlace], copy_of: Callable[[SourcePlace], str | None]
    ) -> tuple[Frame, tuple[Diagnostic, ...]]:
        """The answer of a store, and what is to be said of it. `copy_of`: the store that is a copy of a source.

        Raises `QueryError`.
        """
        return self._pointing(lambda: self._of_tables(self._tables(places, copy_of)))

    def of_frame(self, frame: Frame) -> tuple[Frame, tuple[Diagnostic, ...]]:
        """The answer of a table, which is called `_`. Raises `QueryError`."""
        table = Table(frame.columns, frame.length)
        stage = self._stage()
        names = tuple(table.names)
        asked = SqlQuestion(stage, (), lambda connection: hand_over(connection, table, stage.span), names)
        return self._pointing(lambda: asked.answer(self.bounds))

    def _of_tables(self, found: SqlTables) -> tuple[Table, tuple[Diagnostic, ...]]:
        def prepare(connection: duckdb.DuckDBPyConnection) -> tuple[Diagnostic, ...]:
            for statement in found.statements:
                connection.execute(statement)
            return found.said

        tables = f"the tables of a store: {', '.join(f'`{name}`' for name in found.names)}"
        return SqlQuestion(self._stage(), found.files, prepare, tables=tables).answer(self.bounds)

    def _tables(self, places: Sequence[SourcePlace], copy_of: Callable[[SourcePlace], str | None]) -> SqlTables:
        if len(places) != 1:
            raise self._refused("RQL246", "`runql sql` asks one store", "name one: `-s store:NAME`")
        (place,) = places
        found = place.service.tables(place.entity, place.project)
        if found is None:
            copy = copy_of(place)
            pull = "`runql pull SOURCE` makes a store of it, and `-s store:NAME` asks that"
            hint = pull if copy is None else f"its copy answers: `-s {copy}`"
            raise self._refused("RQL246", f"`{place.name}` is no store, and `runql sql` asks stores alone", hint)
        return found

    def _stage(self) -> TSql:
        text = self.source.text
        span = Span(0, len(text))
        given = tuple(self.params.items())
        return TSql(text, given, self.zone, span=span, written=text, written_span=span, plain=True)

    def _refused(self, code: str, message: str, hint: str) -> QueryError:
        return QueryError([Diagnostic(code, message, Span(0, len(self.source.text)), hints=(hint,))], self.source)

    def _pointing(
        self, ask: Callable[[], tuple[Table, tuple[Diagnostic, ...]]]
    ) -> tuple[Frame, tuple[Diagnostic, ...]]:
        if find_spec("duckdb") is None:
            raise self._refused("RQL247", "`sql` needs DuckDB, which is not installed", way_out())
        try:
            table, said = ask()
        except QueryError as error:
            raise QueryError(error.diagnostics, error.source or self.source) from error
        return Frame(table.columns, table.length), said
