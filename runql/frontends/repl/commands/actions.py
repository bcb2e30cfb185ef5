"""What each backslash command does: the small ones here, the others in files of their own."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, cast

from runql.errors import QueryError, RunQLError, wrong_call
from runql.frontends.repl.commands import fields as command_fields
from runql.frontends.repl.commands import help as helping
from runql.frontends.repl.commands import saved as command_saved
from runql.frontends.repl.commands import spark, watch
from runql.frontends.repl.commands.table import COMMANDS, MARK, BackslashCall, nearest_command
from runql.frontends.repl.kept_results import KeptResult, name_of
from runql.language.options import OPTIONS
from runql.results.formats.formats import FORMATS, chosen
from runql.results.frame import Frame
from runql.results.terminal_table.options import Turn
from runql.script.given_values import values_of
from runql.sources.names import known_sources
from runql.terminal import pager
from runql.text.visible import visible

if TYPE_CHECKING:
    from runql.frontends.repl.shell import Shell

_SWITCHES: Mapping[str, bool] = MappingProxyType({"on": True, "off": False})
_NEXT_PARAMETER = re.compile(r"\s+(?=[A-Za-z_]\w*=)")
_TURNS = ("auto", "on", "off")


def carry_out(shell: Shell, call: BackslashCall) -> None:
    """Carry out a command. Raises `RunQLError`: `QueryError` for a word that is no command, and for wrong words."""
    command = call.command
    if command is None:
        near = nearest_command(call.word)
        hints = [f"nearest: `{MARK}{near}`"] if near else []
        if near:
            shell.next_text = f"{MARK}{near}{'!' * call.force} {call.rest}".rstrip()
        raise wrong_call(f"there is no command `{MARK}{call.word}`", *hints, r"all of them: `\help`")
    if call.force and command.name != "save":
        raise wrong_call(f"`{MARK}{command.name}` takes no `!`")
    _ACTIONS[command.name](shell, call)


def wrong_words(call: BackslashCall) -> QueryError:
    """The error for words that a command does not take."""
    command = COMMANDS[call.command.name] if call.command is not None else None
    assert command is not None
    example = f", such as `{command.example}`" if command.example != command.syntax else ""
    error = wrong_call(
        f"`{MARK}{command.name}` does not take `{call.rest}`", f"it is written `{command.syntax}`{example}"
    )
    assert isinstance(error, QueryError)
    return error


def _quit(shell: Shell, call: BackslashCall) -> None:
    if call.rest:
        raise wrong_words(call)
    shell.leaving = True


def _switched(call: BackslashCall, now: bool) -> bool:
    """What a switch is afterwards; without a word it is turned over."""
    word = call.rest.lower()
    if not word:
        return not now
    if word not in _SWITCHES:
        raise wrong_words(call)
    return _SWITCHES[word]


def _timing(shell: Shell, call: BackslashCall) -> None:
    looks = shell.screen.looks
    looks.timing = _switched(call, looks.timing)
    shell.tell(f"timing is {'on' if looks.timing else 'off'}")


def _pager(shell: Shell, call: BackslashCall) -> None:
    looks = shell.screen.looks
    looks.paged = _switched(call, looks.paged)
    command = pager.pager_command(shell.settings.pager)
    if looks.paged and not command:
        shell.tell("the pager is on, but there is no `less`, and `$PAGER` names no other: long tables are shortened")
    else:
        shell.tell(f"the pager is {'on: ' + ' '.join(command) if looks.paged else 'off: long tables are shortened'}")


def _turn(shell: Shell, call: BackslashCall) -> None:
    """With a word: from now on. Without one: the last table, turned."""
    word = call.rest.lower()
    if word and word not in _TURNS:
        raise wrong_words(call)
    if word:
        shell.screen.looks.turn = cast(Turn, word)
        said = {"auto": "turned where they are too wide", "on": "turned always", "off": "never turned"}
        shell.tell(f"tables are {said[word]}")
    else:
        shell.screen.draw(_last(shell, 1, newest=True), FORMATS["table"], turn="on")


def _last(shell: Shell, number: int, *, newest: bool) -> KeptResult:
    """What is kept at a place. Raises `QueryError` if nothing is."""
    kept = shell.shelf.last if newest else shell.shelf.get(number)
    if kept is None:
        count = len(shell.shelf)
        if not count:
            raise wrong_call("there is no last result yet")
        raise wrong_call(f"there is no `{name_of(number - 1)}`: {count} result{'s are' * (count != 1)} kept")
    if kept.gone:
        raise wrong_call(kept.gone, f"ask again: `runs from {name_of(number - 1)}`")
    return kept


def _show_last(shell: Shell, call: BackslashCall) -> None:
    words = call.rest.split()
    number, newest = 1, True
    if (words and words[0].lstrip("_").isdecimal()) or words[:1] == ["_"]:
        word = words.pop(0).lstrip("_")
        number, newest = int(word or 1), False
    kept = _last(shell, number, newest=newest)
    if len(words) > 1:
        raise wrong_words(call)
    if not words or words == ["all"]:
        shell.screen.draw(kept, FORMATS["table"] if words else shell.screen.looks.form, whole=bool(words))
        shell.screen.say_below(kept)
        return
    form, path = chosen(words[0])
    if path is not None:
        shell.screen.save(kept, form, path)
    else:
        lost = shell.screen.draw(kept, form)
        shell.screen.say_below(replace(kept, below=None), *lost)


def _output(shell: Shell, call: BackslashCall) -> None:
    looks = shell.screen.looks
    if call.rest:
        looks.take(call.rest)
    path = f"; the next result goes to `{looks.path}`" if looks.path is not None else ""
    shell.tell(f"results are shown as {looks.form.name}{path}")
    if not call.rest:
        others = ", ".join(name for name in FORMATS if name != looks.form.name)
        shell.tell(f"others: {others}, or a file such as `runs.csv` for the next result")


def _params(shell: Shell, call: BackslashCall) -> None:
    """Show the parameters, or set some: values as `-p` takes them."""
    state = shell.session.state
    if call.rest:
        words = _NEXT_PARAMETER.split(call.rest)
        gone = {word.removesuffix("=") for word in words if word.endswith("=")}
        given = values_of(word for word in words if word.removesuffix("=") not in gone)
        params = {name: value for name, value in {**state.params, **given}.items() if name not in gone}
        shell.session.state = replace(state, params=params)
        return
    rows = [(f"${name}", "…" if name in state.secrets else value) for name, value in state.params.items()]
    if not rows:
        shell.tell(r"no parameter has a value: `\params NAME=VALUE`, or `param NAME = VALUE`")
        return
    shell.table(Frame.of_rows(("parameter", "value"), rows), "parameters")


def _set(shell: Shell, call: BackslashCall) -> None:
    """`\\set NAME VALUE` is the statement."""
    if call.rest:
        shell.run(f"set {call.rest}")
        return
    options = shell.session.state.options
    rows = [
        ("max_rows", options.max_rows, OPTIONS["max_rows"].takes),
        ("names", "on" if options.names else "off", f"{OPTIONS['names'].takes}: {OPTIONS['names'].doc}"),
        *((code, "off", "such notices and warnings are not said") for code in sorted(options.silenced)),
    ]
    shell.table(Frame.of_rows(("option", "value", "takes"), rows), "options")


def _source(shell: Shell, call: BackslashCall) -> None:
    """Without a word all sources that are known; with one it is the source from now on."""
    session = shell.session
    if not call.rest:
        settings = session.settings
        known = known_sources(settings)
        here = shell.source
        if here is not None and here not in known:
            known = {here: "", **known}
        rows = [("→" if name == here else "", name, what) for name, what in known.items()]
        shell.table(Frame.of_rows(("", "source", "means"), rows), "sources")
        shell.tell(r"`\source NAME` takes another: a name, a folder, `tb:FOLDER`, or `entity/project` of a W&B server")
        return
    name = call.rest.strip("\"'")
    try:
        with shell.screen.progress(lambda: f"looking at {visible(name)}"):
            catalog = session.catalog(name)
    except RunQLError as error:
        raise _still_there(error, shell.source) from None
    if name != shell.source:
        session.state = replace(session.state, source=name)
        shell.hooks.source_changed()
    shell.tell(f"{visible(name)}: {catalog.run_count:,} run{'s' * (catalog.run_count != 1)}")


def _still_there(error: RunQLError, source: str | None) -> RunQLError:
    """The error with what answers now: a query that was typed meanwhile goes there, and not where it was meant to."""
    first, *others = error.diagnostics
    stays = f"`{visible(source)}` is still the source" if source is not None else "there is still no source"
    error.diagnostics = (replace(first, hints=(*first.hints, stays)), *others)
    return error


def _refresh(shell: Shell, call: BackslashCall) -> None:
    if call.rest:
        raise wrong_words(call)
    shell.hooks.refresh()
    source = shell.source
    if source is not None:
        with shell.screen.progress(lambda: "looking at what there is"):
            catalog = shell.session.catalog(shell.session.state.source)
        shell.tell(f"{visible(source)}: {catalog.run_count:,} run{'s' * (catalog.run_count != 1)}")


_ACTIONS: Mapping[str, Callable[[Shell, BackslashCall], None]] = MappingProxyType(
    {
        "help": helping.show_help,
        "fields": command_fields.show_fields,
        "describe": command_fields.describe,
        "explain": command_fields.explain,
        "save": command_saved.save,
        "saved": command_saved.show_saved,
        "edit": command_saved.edit,
        "watch": watch.watch,
        "spark": spark.show_sparks,
        "last": _show_last,
        "x": _turn,
        "o": _output,
        "timing": _timing,
        "pager": _pager,
        "params": _params,
        "set": _set,
        "source": _source,
        "refresh": _refresh,
        "quit": _quit,
    }
)
