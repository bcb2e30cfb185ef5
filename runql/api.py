"""RunQL from Python: `query`, `connect`, and W&B's `Api` over any source."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from os import PathLike
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from runql import config
from runql.errors import ArgumentError, QueryError
from runql.plan.selectors import Filters
from runql.semantic.catalog import Catalog
from runql.session import Result, Session
from runql.session.checked_query import Explanation
from runql.sources.open import knows_server, open_server
from runql.sources.protocol import ServiceApi
from runql.text.diagnostic import Diagnostic
from runql.text.source import Source
from runql.wandb_api import api as runs_api
from runql.wandb_api.arguments import DEFAULT_ORDER
from runql.wandb_api.runs import Runs

if TYPE_CHECKING:
    from runql.advice.schema import Schema
    from runql.session.sql_answer import SqlAnswer


def query(text: str, /, source: str | PathLike[str] | ServiceApi | None = None, **params: Any) -> Result:
    """The answer to a query, read when it is used; at once if it writes a file (`to`) or may be refused (`assert`).

    Args:
        text: One query.
        source: Where the runs are: a folder (a `Path` too), `demo`, a name of the settings, or a service that
            holds them. By default what the settings say.
        params: A value for each `$name` of the text, never pasted into it; a list for `in $ids`.

    Raises:
        QueryError: something is wrong with the text or a parameter; no run was asked for. On a server a name may be
            found wrong only when the first runs come: then reading the answer raises it, before there is a row.
        SourceError: no source, or one that cannot be opened.
        AssertionFailed: an `assert` of the query does not hold. OutputError: `to` cannot write its file.
    """
    return connect(source).query(text, **params)


def connect(
    source: str | PathLike[str] | ServiceApi | None = None, *, allow_write: Iterable[str | PathLike[str]] | None = None
) -> Connection:
    """A connection to a source, by default to what the settings say.

    Args:
        source: As `query` takes it.
        allow_write: Where `to` of a text may write besides the working folder, for texts that came from elsewhere: `()`
            for nowhere. By default a text is the program's own and writes where the program may.

    Raises:
        SourceError: no source, or one that cannot be opened.
    """
    return Connection(source, allow_write=allow_write)


class Connection:
    """A source that stays open over many queries. A context manager: leaving it closes the source."""

    def __init__(
        self,
        source: str | PathLike[str] | ServiceApi | None = None,
        *,
        allow_write: Iterable[str | PathLike[str]] | None = None,
    ) -> None:
        more = () if allow_write is None else tuple(map(Path, allow_write))
        self._session = Session(source, replace(config.load(), allow_write=more))
        self._are_scripts = allow_write is not None
        self._one_text = Lock()
        self._place = self._session.place()

    def query(self, text: str, /, **params: Any) -> Result:
        """The answer to a query: see `runql.query`."""
        results = self.run(text, **params)
        if len(results) != 1 or not isinstance(results[0], Result):
            hint = "`run` answers a script; what a query becomes, its `.explain()` says"
            raise QueryError.of("RQL216", "the text has not one answer", hint)
        return results[0]

    async def aquery(self, text: str, /, **params: Any) -> Result:
        """The answer to a query, read whole in a thread while the loop goes on; nothing of it blocks afterwards.

        Queries of one connection may be awaited together. One that is cancelled is not waited for, and ends in its
        thread. Raises as `runql.query` does, and the `BackendError` family.
        """
        from asyncio import to_thread

        return await to_thread(self._read, text, params)

    def _read(self, text: str, params: dict[str, Any]) -> Result:
        with self._one_text:
            result = self.query(text, **params)
        _ = result.frame
        return result

    def run(self, text: str, /, **params: Any) -> tuple[Result | Explanation, ...]:
        """The answers of a script, one for each statement that has one. What it names stays known to the next text.

        All statements are checked before any is answered. Each answer is read when it is used, but one that writes a
        file (`to`) or may be refused (`assert`) is read here, in its turn. Raises as `runql.query` does.
        """
        if not isinstance(text, str):
            raise ArgumentError.of("RQL216", f"the text of a query is a `str`, not {type(text).__name__}")
        results = self._asked(text, params)
        for result in results:
            if isinstance(result, Result) and result.answer.acts:
                _ = result.frame
        return results

    def _asked(self, text: str, params: dict[str, Any]) -> tuple[Result | Explanation, ...]:
        """The answers of a text, none of them read."""
        from runql.script.pasted import check_server, read

        found = read(text)
        if found is None:
            return self._session.run(Source(text, is_script=self._are_scripts), params)
        check_server(found, self._session.settings)
        results = self._session.run(Source(found.query), params)
        notice = Diagnostic("RQL112", f"the {found.kind} was read as `{found.query}`", hints=found.notes)
        for result in results:
            if isinstance(result, Result):
                result.say_first(notice)
        return results

    def sql(self, question: str, /, **params: Any) -> SqlAnswer:
        """The answer of DuckDB to a question about the tables of a store: `runs`, `config`, `summary`, `points`, …

        Raises:
            QueryError: the question is refused, or the source is no store.
        """
        return self._session.sql(question, params)

    def runs(
        self,
        filters: Filters | None = None,
        order: str = DEFAULT_ORDER,
        per_page: int = 50,
        include_sweeps: bool = False,
        lazy: bool = True,
    ) -> Runs:
        """The runs of the source as W&B's `Runs`: see there for the arguments.

        Those of several projects (`connect("acme/vit-*")`) are fetched at the first use, for they have one order.
        """
        places = self._session.places()
        if len(places) > 1:
            from runql.session.runs import ManyRuns

            return ManyRuns(places, filters, order, include_sweeps=include_sweeps, lazy=lazy)
        (place,) = places
        return Runs(place.service, place.entity, place.project, filters, order, per_page, include_sweeps, lazy)

    @property
    def service_api(self) -> ServiceApi:
        """The service that holds the runs."""
        return self._place.service

    def catalog(self, *, metrics: bool = False) -> Catalog:
        """What the source holds: its fields, types, counts. `metrics`: also what was logged, which may take a while."""
        return self._session.catalog(metrics=metrics)

    def describe(self, budget: int = 2000) -> Schema:
        """What the source holds in at most `budget` words, most useful first: `str()` of it, or its `.json()`.

        Raises `ValueError` for a budget below 100. A folder is read through, to know what was logged.
        """
        from runql.advice.schema import Schema

        return Schema(self.catalog(metrics=True), budget)

    def close(self) -> None:
        """Close the source."""
        self._session.close()

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self) -> Connection:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        # A debugger shows it also where the source could not be opened.
        place = getattr(self, "_place", None)
        return f"<Connection {place.name}>" if place is not None else "<Connection, not open>"


class Api(runs_api.WandbApi):
    """W&B's `Api` over any source: `runql.Api("demo").runs()`, `runql.Api("./wandb").run(id)`.

    `source`: `entity/project`, a folder, `tb:FOLDER` with TensorBoard logs, `demo`, a name of the settings; by
    default the `source` of the settings.
    Without any, and where `base_url` or `api_key` is given, it is the W&B server, as in W&B's client: a `./wandb` in
    the working folder is taken only where there is no key for a server and no address of one.
    """

    @property
    def default_entity(self) -> str:
        """The entity of paths that name none: of the settings, else of who is signed in to the server, else empty."""
        accounts = self.service_api.accounts
        return self._entity or (accounts is not None and accounts.default_entity()) or ""

    def open_source(self, source: str | None) -> runs_api.OpenedSource:
        """The service that holds the runs of a source. Raises `SourceError` if none can be opened."""
        settings = config.load()
        base_url = self.settings.get("base_url")
        server = replace(settings.server, base_url=base_url, api_key=self.api_key, timeout_seconds=self.timeout)
        settings = replace(settings, server=server)
        named = source is not None or (settings.source and not base_url and not self.api_key)
        is_server = not named and (settings.default_source() is None or knows_server(settings))
        place = (
            open_server(settings, project=settings.project or "") if is_server else Session(source, settings).place()
        )
        return runs_api.OpenedSource(place.service, place.entity, place.project)
