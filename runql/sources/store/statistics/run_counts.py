"""What each question wants to know of all runs of a version: counted once, and kept with the catalog."""

from __future__ import annotations

from typing import Any, Final

from runql.sources.store.layout import Fact
from runql.sources.store.views import StoreViews
from runql.text.frozen import frozen

LISTING_SQL: Final = "SELECT pull, epoch_us(ended), listed, said FROM {files} ORDER BY pull DESC LIMIT 1"
GONE_SQL: Final = "SELECT id FROM runs WHERE gone IS NOT NULL ORDER BY pull, place"
PATHS_SQL: Final = "SELECT DISTINCT entity, project FROM runs"
NEWEST_SQL: Final = "SELECT coalesce(max(pull), 0) FROM runs"
TOLD_SQL: Final = "SELECT count(*) FROM {files} WHERE contains(said, '\"run\":')"


@frozen
class VersionCounts:
    """What is known of all runs of a version.

    `each_counts`: each row of the parts of `runs` is a run as it is, and each row of the others is of one. `gone`: the
    ids of the runs that their source has no more. `paths`: entities and projects. `tells`: there is something to say
    of some run. `listing`: the newest row of `pulls`, as `LISTING_SQL` gives it.
    """

    count: int
    each_counts: bool
    gone: tuple[str, ...]
    paths: tuple[tuple[str, str], ...]
    newest_pull: int
    tells: bool
    listing: tuple[Any, ...] | None

    def document(self) -> list[Any]:
        """It as JSON has it."""
        listing = None if self.listing is None else [*self.listing]
        paths = [[*path] for path in self.paths]
        return [self.count, self.each_counts, [*self.gone], paths, self.newest_pull, self.tells, listing]


def counted_runs(views: StoreViews) -> VersionCounts:
    """Counted of a version of which all parts can be read."""
    listing, told = views.rows(Fact.PULLS, LISTING_SQL), views.rows(Fact.RUNS, TOLD_SQL)
    return VersionCounts(
        views.ask("SELECT count(*) FROM runs")[0][0],
        views.counts_each_row(),
        tuple(run_id for (run_id,) in views.ask(GONE_SQL)),
        tuple((entity, project) for entity, project in views.ask(PATHS_SQL)),
        views.ask(NEWEST_SQL)[0][0],
        bool(told and told[0][0]),
        listing[0] if listing else None,
    )


def counts_of(document: Any) -> VersionCounts:
    """It, from what JSON had. Raises `ValueError` or `TypeError` for anything else."""
    count, each_counts, gone, paths, newest, tells, listing = document
    return VersionCounts(
        int(count),
        bool(each_counts),
        tuple(map(str, gone)),
        tuple((str(entity), str(project)) for entity, project in paths),
        int(newest),
        bool(tells),
        None if listing is None else tuple(listing),
    )
