"""What the prompt knows, and the thread that finds it out while somebody types: the language, the source, its runs.

Nothing that a key press needs waits here. What is not known yet is left out.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from runql.errors import RunQLError
from runql.frontends.repl.parsed_text import ParsedTexts
from runql.frontends.repl.start import Start
from runql.text.collector import keep_for_good
from runql.text.frozen import frozen

if TYPE_CHECKING:
    from runql.frontends.repl.shell import Shell
    from runql.ide.context import Context
    from runql.semantic.catalog import Catalog
    from runql.semantic.record import RunRecord
    from runql.session import Session

FRESH_SECONDS: Final = 60.0
"""A source is looked at anew before a line if what is known of it is older."""


@frozen(slots=False)
class PromptWorld:
    """What is known of the source by now, in which edition. `looking`: more is on its way. `trouble`: the first line of
    why not."""

    source: str | None = None
    context: Any = None
    records: tuple[RunRecord, ...] | None = None
    looking: bool = False
    trouble: str = ""
    edition: tuple[int | None, ...] = ()

    @property
    def catalog(self) -> Catalog | None:
        return None if self.context is None else self.context.catalog

    def at_now(self) -> Context:
        """The context, of this moment."""
        from runql.ide.context import Context

        return Context() if self.context is None else replace(self.context, now=datetime.now(UTC))


class Knowledge:
    """Loads and looks in one thread, job by job.

    Args:
        start: What the prompt was started with.
        make_shell: Makes the shell; called in the thread.
        changed: Called in the thread whenever something new is known.
        trouble: Called in the thread with an error that the user should see now.
    """

    def __init__(
        self,
        start: Start,
        make_shell: Callable[[], Shell],
        *,
        changed: Callable[[], None],
        trouble: Callable[[RunQLError], None],
    ) -> None:
        self._start = start
        self._make_shell = make_shell
        self._changed = changed
        self._trouble = trouble
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._ready = threading.Event()
        self._shell: Shell | None = None
        self._fault: BaseException | None = None
        self._newest = 0
        self.language: Any = None
        """The language service, once it is loaded."""
        self.texts = ParsedTexts()
        self.world = PromptWorld(start.source_name, looking=True)

    def begin(self) -> None:
        """Start to load; called once, after the prompt is drawn."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, daemon=True, name="runql-knowledge")
            self._thread.start()

    def shell(self) -> Shell:
        """The shell; waits for it, which Ctrl-C ends."""
        self.begin()
        while not self._ready.wait(0.2):
            pass
        if self._shell is None:
            assert self._fault is not None
            raise self._fault
        return self._shell

    def look(self, *, anew: bool = False) -> None:
        """Find out about the source that the shell asks now, unless that is known."""
        shell = self._shell
        if shell is None:
            return
        self._newest += 1
        number = self._newest
        self._jobs.put(lambda: self._look(shell, number, anew=anew))

    def end(self) -> None:
        """Nothing more is looked for, and what was opened is closed."""
        self._newest += 1
        self._jobs.put(None)
        if self._shell is not None:
            self._shell.session.close()

    # ---------------------------------------------------------------- in the thread

    def _run(self) -> None:
        try:
            self._load()
        except BaseException as error:
            self._fault = error
            self._ready.set()
            raise
        while (job := self._jobs.get()) is not None:
            job()

    def _load(self) -> None:
        from runql.ide import service

        self.texts.parsed("runs where config.lr > 0.01 limit 1")
        self.language = service
        self._changed()
        self._shell = self._make_shell()
        self._ready.set()
        self.look()
        self._jobs.put(self._load_recognisers)

    def _load_recognisers(self) -> None:
        """Loads what reads mistakes, behind the first look at the source, so that no key press waits for it."""
        self.texts.parsed("runs wher config.lr > 0.01")

    def _look(self, shell: Shell, number: int, *, anew: bool) -> None:
        if number != self._newest:
            return
        session, name = shell.session, shell.source
        known = self.world if self.world.source == name else PromptWorld(name)
        self.world = replace(known, looking=True)
        self._changed()
        try:
            edition = () if name is None else session.edition(name)
            if known.catalog is not None and not anew and _is_fresh(known.catalog) and edition == known.edition:
                self._take(number, self._again(session, known))
            else:
                self._find_out(session, name, number, anew=anew)
                self.world = replace(self.world, edition=edition) if number == self._newest else self.world
        except RunQLError as error:
            if number == self._newest:  # else it was ended, or asked of a source that is left
                told = self.world.trouble
                self.world = replace(self.world, looking=False, trouble=_first_line(error))
                if self.world.trouble != told:
                    self._trouble(error)
        self._changed()

    def _again(self, session: Session, known: PromptWorld) -> PromptWorld:
        """The same source after a text was performed, which may have named queries and set parameters."""
        from runql.session.language_context import context_of

        context = context_of(session, self._start.params, known.source)
        return replace(
            known,
            context=replace(context, catalog=known.context.catalog, values_of=known.context.values_of),
            looking=False,
        )

    def _find_out(self, session: Session, name: str | None, number: int, *, anew: bool) -> None:
        from runql.session.language_context import context_of, records_of

        if name is None:
            self._take(number, PromptWorld(name, context_of(session, self._start.params, name)))
            return
        known, _ = session.known_catalog(name, metrics=True)
        if known is not None and self.world.catalog is None:
            context = context_of(session, self._start.params, name)
            self._take(number, _world(name, context, known, None, looking=True))
        catalog = session.learn_catalog(name, force=anew)
        context = context_of(session, self._start.params, name)
        self._take(number, _world(name, context, catalog, self.world.records, looking=True))
        records = records_of(session, name)
        if records is not None:
            self._take(number, _world(name, context, catalog, records, looking=True))
        catalog = session.learn_catalog(name, metrics=True)
        self._take(number, _world(name, context, catalog, records))

    def _take(self, number: int, world: PromptWorld) -> None:
        if number == self._newest:
            self.world = world
            self._changed()


def _world(
    name: str, context: Context, catalog: Catalog, records: tuple[RunRecord, ...] | None, *, looking: bool = False
) -> PromptWorld:
    """What is known with a catalog, which is made ready for completion here, off every key press."""
    from runql.ide.completion.index import index_of
    from runql.ide.loaded_runs import LoadedRuns

    index_of(catalog)
    keep_for_good()
    context = replace(context, catalog=catalog)
    if records is not None:
        context = replace(context, values_of=LoadedRuns(records, context))
    return PromptWorld(name, context, records, looking)


def _is_fresh(catalog: Catalog) -> bool:
    return catalog.as_of is None or (datetime.now(UTC) - catalog.as_of).total_seconds() < FRESH_SECONDS


def _first_line(error: RunQLError) -> str:
    return error.diagnostics[0].message if error.diagnostics else str(error)
