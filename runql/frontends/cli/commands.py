"""What the command does: one function for each of `run`, `explain`, `check`, `fmt` and `describe`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runql import config
from runql.errors import OutputError, QueryError, RunQLError, UntrustedFolder, wrong_call
from runql.frontends.cli.call import for_call, is_file_name, options_of_call, params_of, text_of
from runql.frontends.cli.command_table import Arguments, Command
from runql.frontends.cli.first_word import with_first_word
from runql.results.writing import write_file
from runql.semantic.catalog import Catalog
from runql.semantic.spelling import PREFIXES
from runql.terminal import stderr, stdout
from runql.terminal.progress import Progress, Waiting
from runql.terminal.stderr import Voice
from runql.text.frozen import frozen

if TYPE_CHECKING:
    from runql.session import Explanation, Result, Session
    from runql.text.source import Source


@frozen
class CommandCall:
    """A call of the command, with what it needs."""

    arguments: Arguments
    settings: config.Settings
    voice: Voice
    waiting: Waiting

    def looking(self) -> AbstractContextManager[object]:
        """The line at a terminal for as long as a text is checked, for which a server may be asked what it holds."""
        if self.arguments.quiet or self.settings.dumb_terminal or not stderr.is_terminal():
            return nullcontext()
        return Progress(lambda: "looking at what there is", waiting=self.waiting, color=self.settings.color)


def perform(arguments: Arguments) -> int:
    """Carry out a call and give its exit status; every error is said on standard error.

    Where the settings of the folder need a yes, and somebody can say it, it is asked for once.
    """
    structured = arguments.errors == "json"
    voice, debug = Voice(structured=structured), False
    try:
        waiting = Waiting()
        settings = for_call(config.load(), arguments, waiting)
        debug = settings.debug
        if stderr.is_terminal():
            color = settings.color and not settings.dumb_terminal
            voice = Voice(color=color, columns=settings.columns or stderr.columns(), structured=structured)
        call, command = CommandCall(arguments, settings, voice, waiting), _COMMANDS[arguments.command]
        try:
            done = command(call)
        except UntrustedFolder as error:
            from runql.frontends.cli.trust import asked

            if not asked(settings, voice, error):
                raise
            done = command(call)
        return voice.status(done)
    except RunQLError as error:
        return voice.error(error)
    except stdout.CannotWrite as error:
        return voice.error(OutputError.of("RQL506", f"cannot write standard output: {error}"))
    except stdout.ClosedPipe:
        return voice.status(stderr.OK)
    except Exception as error:  # noqa: BLE001 - whatever we did wrong is shown as ours, with the way to report it
        return voice.fault(error, debug=debug)


def _asked(call: CommandCall) -> tuple[Source, Mapping[str, Any]]:
    """The text of a call and its parameters. What was pasted from elsewhere is the query that it means, which is said
    first. Raises `QueryError`."""
    from runql.script.pasted import check_server, read

    source = text_of(call.arguments.words)
    found = read(source.text)
    if found is not None:
        if not call.arguments.quiet:
            call.voice.read_as(found.query, found.kind, found.notes)
        check_server(found, call.settings)
        source = replace(source, text=found.query)
    return source, params_of(call.arguments) if call.arguments.params else {}


def _session(call: CommandCall) -> Session:
    """A session with the options of the call."""
    from runql.script.interpreter import ScriptState
    from runql.script.options import Options, Told
    from runql.session import Session

    session = Session(call.arguments.source, call.settings)
    session.state = ScriptState(options=options_of_call(call.arguments) or Options(told=Told()))
    return session


def run(call: CommandCall) -> int:
    """Run a query or a script: data to standard output or a file, everything else to standard error."""
    given = call.arguments
    if (given.source or call.settings.source or "").startswith(config.STORE):
        from runql.sources.store.duck import open_ahead

        open_ahead()  # what reads a store, while the rest of RunQL is loaded: the one takes about as long as the other
    from runql.terminal.show import ResultWriter

    show = ResultWriter(
        call.settings, call.voice, call.waiting, output=given.output, quiet=given.quiet, safe=given.safe
    )
    source, params = _asked(call)
    report: AbstractContextManager[list[Result | Explanation]] = nullcontext([])
    if given.junit is not None:
        report = _reported(call, source, Path(given.junit))
    with _session(call) as session, session.within(given.timeout), report as answered:
        with call.looking():
            try:
                answered.extend(session.run(source, params))
            except QueryError as error:
                raise with_first_word(error, given.words, given.source) from error
        try:
            show.results(answered)
        finally:
            if given.stats:
                from runql.frontends.cli.programs import stats_json

                call.voice.say(stats_json(answered))
    return stderr.OK


@contextmanager
def _reported(call: CommandCall, source: Source, path: Path) -> Iterator[list[Result | Explanation]]:
    """What comes of the answers, in the file of `--junit`: also where one of them fails."""
    from runql.frontends.cli.junit import JunitReport

    answered: list[Result | Explanation] = []
    report = JunitReport(path, source)
    try:
        yield answered
    except RunQLError as error:
        try:
            report.write(answered, error)
        except OutputError as lost:
            call.voice.error(lost)
        raise
    except stdout.ClosedPipe:
        report.write(answered, None)
        raise
    report.write(answered, None)


def explain(call: CommandCall) -> int:
    """Print what a text becomes."""
    source, params = _asked(call)
    with _session(call) as session, session.within(call.arguments.timeout):
        with call.looking():
            texts = session.explain(source, params)
        stdout.say("\n\n".join(texts))
    return stderr.OK


def check(call: CommandCall) -> int:
    """Say every mistake of a text, or of several files."""
    words = call.arguments.words
    if len(words) > 1 and all(map(is_file_name, words)):
        return max(check(replace(call, arguments=call.arguments._replace(words=(word,)))) for word in words)
    source, params = _asked(call)
    with _session(call) as session, session.within(call.arguments.timeout), call.looking():
        diagnostics = session.check(source, params, offline=call.arguments.offline)
    call.voice.diagnostics(diagnostics, source)
    return stderr.WRONG if any(diagnostic.is_error for diagnostic in diagnostics) else stderr.OK


def fmt(call: CommandCall) -> int:
    """Write texts in the one form."""
    from runql.frontends.cli.fmt import format_all

    if call.arguments.check and call.arguments.diff:
        raise wrong_call("`--check` and `--diff` do not go together")
    return format_all(call.arguments, call.voice)


def describe(call: CommandCall) -> int:
    """Say what a source holds, in at most so many words; of one field what `describe FIELD` says."""

    arguments, field = field_and_source(call.arguments)
    call = replace(call, arguments=arguments)
    if field is not None:
        return run(replace(call, arguments=arguments._replace(command="run", words=(f"describe {field}",))))
    with _session(call) as session, session.within(arguments.timeout):
        with call.looking():
            catalog = session.catalog(metrics=True)
        return written(catalog, arguments)


def open_(call: CommandCall) -> int:
    """Show an answer in another program."""
    from runql.frontends.cli.viewers import look, single

    source, params = _asked(call)
    with _session(call) as session, session.within(call.arguments.timeout):
        with call.looking():
            result = single(session.run(source, params))
        return look(result, call.arguments, call.voice)


def trust(call: CommandCall) -> int:
    """Say yes to a folder, take that back, or list what was said."""
    from runql.frontends.cli.trust import perform as carry_out

    return carry_out(call.settings, call.voice, call.arguments)


def pull(call: CommandCall) -> int:
    """Copy the runs of a source to a store."""
    from runql.frontends.cli.store import perform_pull

    return perform_pull(call.settings, call.voice, call.waiting, call.arguments, call.looking())


def store(call: CommandCall) -> int:
    """List stores, look into one, look through it, or delete it."""
    from runql.frontends.cli.store import perform_store

    return perform_store(call.settings, call.voice, call.arguments)


def sql(call: CommandCall) -> int:
    """Ask the tables of a store in SQL: data to standard output or a file, everything else to standard error."""
    from runql.terminal.show import ResultWriter

    given = call.arguments
    # A project is answered from its store: no server takes SQL.
    call = replace(call, settings=replace(call.settings, offline=True))
    show = ResultWriter(
        call.settings, call.voice, call.waiting, output=given.output, quiet=given.quiet, safe=given.safe
    )
    with _session(call) as session:
        answer = session.sql(text_of(given.words), params_of(given))
        show.frame(answer.frame, () if given.quiet else answer.notices)
    return stderr.OK


_COMMANDS: Mapping[Command, Callable[[CommandCall], int]] = {
    "run": run,
    "explain": explain,
    "check": check,
    "fmt": fmt,
    "describe": describe,
    "open": open_,
    "trust": trust,
    "pull": pull,
    "store": store,
    "sql": sql,
}


_BUDGET = 2000


def field_and_source(arguments: Arguments) -> tuple[Arguments, str | None]:
    """The call with its source, and the field if it names one: `describe demo`, `describe demo config.lr`.

    Of a word alone, `config.lr` is a field of the source that `-s` or the settings name. Raises `QueryError` for more
    words than that.
    """
    words = list(arguments.words)
    source = arguments.source
    if source is None and words and not (len(words) == 1 and _is_field(words[0])):
        source = words.pop(0)
    if len(words) > 1:
        raise wrong_call(f"`{words[1]}` is one word too many", "write `runql describe SOURCE`, or `… SOURCE FIELD`")
    if words and arguments.budget is not None:
        raise wrong_call("`--budget` goes with a whole source, not with one field")
    return arguments._replace(source=source, words=()), next(iter(words), None)


def _is_field(word: str) -> bool:
    return word.partition(".")[0] in PREFIXES and "." in word and not Path(word).exists()


def written(catalog: Catalog, arguments: Arguments) -> int:
    """Write the schema of a source as text or as JSON, and give the exit status."""
    from runql.advice.schema import Schema

    schema = Schema(catalog, arguments.budget or _BUDGET)
    output = arguments.output or "text"
    path = Path(output)
    if output in {"text", "json"}:
        stdout.say(schema.json() if output == "json" else str(schema))
    elif path.suffix in {".json", ".txt"}:
        text = schema.json() if path.suffix == ".json" else str(schema)
        write_file(path, [f"{text}\n".encode()])
    else:
        message = f"`-o {output}`: a schema is written as `text` or `json`, or to a file `.txt` or `.json`"
        raise wrong_call(message, f"as a table: `runql -s {arguments.source or 'SOURCE'} -o {output} 'show fields'`")
    return stderr.OK
