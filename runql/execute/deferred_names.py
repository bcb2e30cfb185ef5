"""Names of a query that were not looked up before its runs were asked for: the first runs bear them out, or not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import field

from runql.errors import QueryError
from runql.language.fields import Space
from runql.semantic.catalog import Catalog, build_catalog
from runql.semantic.check_query import Checked
from runql.semantic.record import RunRecord
from runql.text.diagnostic import Diagnostic, Severity
from runql.text.frozen import changeable
from runql.text.source import Source


@changeable
class Doubt:
    """What is not known yet of the names of a query. Only if its first runs lack one of them the catalog is asked for.

    `check` checks the query against a catalog, `learn` asks for the one that it needs. `metrics`: those that the query
    names; what was logged ends in the summary, which comes with the runs. `is_blank`: nothing was known of the source;
    else only whether what was known is still true is in doubt. `said`: what the catalog told when rows were given
    already.
    """

    check: Callable[[Catalog], Checked]
    learn: Callable[[], Catalog]
    source: Source
    metrics: tuple[str, ...]
    is_blank: bool
    has_looked: bool = False
    said: dict[Diagnostic, None] = field(default_factory=dict)
    _catalog: Catalog | None = None

    def look(self, records: Sequence[RunRecord] | None) -> None:
        """Look at the first runs that came, if any source was asked. Raises `QueryError` if one of them lacks a name,
        and the catalog, asked for then, too."""
        if self.has_looked or records is None:
            return
        self.has_looked = True
        has_all = bool(records)
        if records and self.is_blank:
            seen = build_catalog("", records)
            has_metrics = all(seen.index.by_dotted.get((Space.SUMMARY, name)) for name in self.metrics)
            has_all = has_metrics and not is_doubtful(self.check(seen))
        if not has_all:
            self.settle()

    def settle(self, *, late: bool = False) -> Catalog:
        """The catalog, asked for once. What is wrong with the query is raised as `QueryError`; if it is `late`, for
        rows were given already, it is among what is `said`."""
        if self._catalog is None:
            catalog = self.learn()
            found = [one for one in self.check(catalog).diagnostics if _is_told(one)]
            if not late and any(one.is_error for one in found):
                raise QueryError(found, self.source)
            self._catalog = catalog
            self.said.update(dict.fromkeys(found))
        return self._catalog


def is_doubtful(checked: Checked) -> bool:
    """Whether anything but a notice was said of a query."""
    return checked.query is None or any(map(_is_told, checked.diagnostics))


def _is_told(one: Diagnostic) -> bool:
    """Whether a catalog tells it that knows of all runs, and not only of the first."""
    return one.severity is not Severity.NOTICE or one.code == "RQL346"
