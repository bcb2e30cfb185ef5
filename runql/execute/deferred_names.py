"""Names of a query that were not looked up before its runs were asked for: the first runs bear them out, or not."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from runql.errors import QueryError
from runql.language.fields import Space
from runql.semantic.build_catalog import build_catalog
from runql.semantic.catalog import Catalog
from runql.semantic.check_query import Checked
from runql.semantic.record import RunRecord
from runql.text.diagnostic import Diagnostic, Severity
from runql.text.source import Source


class Doubt:
    """What is not known yet of the names of a query. Only if its first runs lack one of them the catalog is asked for.

    Args:
        check: Checks the query against a catalog.
        learn: Asks for the catalog that the query needs.
        metrics: The metrics that the query names: what was logged ends in the summary, which comes with the runs.
        is_blank: Nothing was known of the source; else only whether what was known is still true is in doubt.
    """

    def __init__(
        self,
        check: Callable[[Catalog], Checked],
        learn: Callable[[], Catalog],
        source: Source,
        metrics: tuple[str, ...],
        *,
        is_blank: bool,
    ) -> None:
        self.metrics = metrics
        self.said: dict[Diagnostic, None] = {}
        self._check = check
        self._learn = learn
        self._source = source
        self._is_blank = is_blank
        self._has_looked = False
        self._catalog: Catalog | None = None

    def look(self, records: Sequence[RunRecord]) -> None:
        """Look at the first runs that came. Raises `QueryError` if the catalog, asked for then, lacks a name."""
        if not self._has_looked:
            self._has_looked = True
            if not records or (self._is_blank and not self._bear_out(records)):
                self.settle()

    def settle(self, *, late: bool = False) -> Catalog:
        """The catalog, asked for once. What is wrong with the query is raised as `QueryError`; if it is `late`, for
        rows were given already, it is among what is `said`."""
        if self._catalog is None:
            catalog = self._learn()
            found = [one for one in self._check(catalog).diagnostics if _is_told(one)]
            if not late and any(one.is_error for one in found):
                raise QueryError(found, self._source)
            self._catalog = catalog
            self.said.update(dict.fromkeys(found))
        return self._catalog

    def _bear_out(self, records: Sequence[RunRecord]) -> bool:
        """Whether these runs have all that the query names, as it names it."""
        seen = build_catalog("", records)
        has_metrics = all(seen.index.by_dotted.get((Space.SUMMARY, name)) for name in self.metrics)
        return has_metrics and not is_doubtful(self._check(seen))


def is_doubtful(checked: Checked) -> bool:
    """Whether anything but a notice was said of a query."""
    return checked.query is None or any(map(_is_told, checked.diagnostics))


def _is_told(one: Diagnostic) -> bool:
    """Whether a catalog tells it that knows of all runs, and not only of the first."""
    return one.severity is not Severity.NOTICE or one.code == "RQL346"
