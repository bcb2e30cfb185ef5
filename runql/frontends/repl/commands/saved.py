"""`\\save`, `\\saved` and `\\edit`: queries that are kept in files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from runql.errors import QueryError, wrong_call
from runql.frontends.repl.commands.table import BackslashCall
from runql.results.frame import Frame
from runql.results.writing import write_file
from runql.script.named_queries import LAST, NamedQuery, text_of
from runql.script.saved import saved_queries
from runql.semantic.operands import literal_text
from runql.semantic.values import MISSING
from runql.syntax import parse, tree
from runql.syntax.tree import LetStatement, ParamStatement
from runql.syntax.tree.walk import nodes
from runql.text.bounded import MOST_TEXT_BYTES, read_bounded
from runql.text.nearest import nearest
from runql.text.source import Source
from runql.text.visible import visible

if TYPE_CHECKING:
    from runql.frontends.repl.shell import Shell

_NAME: Final = re.compile(r"[\w-][\w.-]*\Z")
_TEMPLATE: Final = "# What it asks, in a line that completion shows.\nruns limit 10\n"


def save(shell: Shell, call: BackslashCall) -> None:
    """Keep a query under a name. Raises `QueryError` for a name that is taken, unless `!` was written."""
    name, text = _name_and_text(call.rest)
    text = _to_save(shell, text) if text else _last_text(shell)
    path = _folder(shell) / f"{name}.rql"
    if path.exists() and not call.force:
        old = read_bounded(path, MOST_TEXT_BYTES).decode(errors="replace")
        if old == text:
            shell.tell(f"`@{name}` is that query already")
            return
        hint = rf"`\save! {name}` replaces it; `\saved {name}` shows it"
        raise wrong_call(f"there is a saved query `@{name}` already", hint)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_file(path, [text.encode()])
    shell.tell(f"saved in {visible(str(path))}: `runs from @{name}` asks it")


def _name_and_text(rest: str) -> tuple[str, str]:
    name, *others = rest.split(maxsplit=1)[:2] or [""]
    name = name.removeprefix("@")
    if not name:
        raise wrong_call(r"`\save` wants a name", r"such as `\save good`: it keeps the last query as `@good`")
    if not _NAME.match(name):
        raise wrong_call(f"`{name}` is no name for a file", "letters, digits, `_`, `-` and `.`")
    return name, others[0] if others else ""


def _last_text(shell: Shell) -> str:
    lets = shell.session.state.lets
    if LAST not in lets:
        raise wrong_call("there is no last query yet", r"such as `\save good runs where state = 'finished'`")
    return _with_params(shell, lets[LAST])


def _to_save(shell: Shell, text: str) -> str:
    """A text that says the same in another session: with the names of this one put in."""
    source = Source(text)
    parsed = parse(source)
    if not parsed.ok:
        raise QueryError([one for one in parsed.diagnostics if one.severity != "notice"], source)
    statements = parsed.script.statements
    queries = [one.query for one in statements if isinstance(one, tree.QueryStatement)]
    others = [one for one in statements if not isinstance(one, tree.QueryStatement | LetStatement | ParamStatement)]
    if len(queries) != 1 or others:
        raise wrong_call("a saved query is one query, with `param` and `let` before it")
    clause = queries[0].clause(tree.FromClause)
    names = {ref.name for ref in clause.sources} if clause is not None else set()
    if len(statements) == 1 and (names & set(shell.session.state.lets) or LAST in names):
        return _with_params(shell, shell.session.written_out(source))
    return f"{text.strip()}\n"


def _with_params(shell: Shell, named: NamedQuery) -> str:
    """A query, after the values of its parameters, but for those that are secret."""
    known = {name: value for name, value in named.params.items() if name not in shell.session.state.secrets}
    used = dict.fromkeys(node.name for node in nodes(named.query) if isinstance(node, tree.Param))
    params = [f"param {name} = {literal_text(known[name])};\n" for name in used if name in known]
    return "".join([*params, text_of(named), "\n"])


def _folder(shell: Shell) -> Path:
    folders = shell.settings.saved
    if not folders:
        raise wrong_call("there is no folder for saved queries", "make one beside the project: `mkdir .runql`")
    return folders[0]


def show_saved(shell: Shell, call: BackslashCall) -> None:
    """The saved queries, or the text of one."""
    name = call.rest.removeprefix("@")
    if name:
        text = read_bounded(_path(shell, name), MOST_TEXT_BYTES).decode(errors="replace")
        shell.screen.put("".join(f"{visible(line)}\n" for line in text.splitlines()))
        return
    rows = [
        (f"@{one.name}", one.comment or MISSING, str(one.path.parent)) for one in saved_queries(shell.settings.saved)
    ]
    if not rows:
        shell.tell(r"nothing is saved yet: `\save NAME` keeps the last query")
        return
    shell.table(Frame.of_rows(("name", "comment", "folder"), rows), "saved queries")


def _path(shell: Shell, name: str) -> Path:
    saved = {one.name: one.path for one in saved_queries(shell.settings.saved)}
    if name not in saved:
        near = [f"nearest: `@{one}`" for one in nearest(name, saved, most=1)]
        raise wrong_call(f"there is no saved query `@{name}`", *near, r"which there are: `\saved`")
    return saved[name]


def edit(shell: Shell, call: BackslashCall) -> None:
    """Let the user edit the last query, or a saved one."""
    if shell.hooks.edit is None:
        raise wrong_call("there is no editor here")
    name = call.rest.removeprefix("@")
    if not name:
        last = shell.shelf.newest_query
        text = shell.hooks.edit(last.title if last is not None else "")
        if text is not None and text.strip():
            shell.next_text = text.strip()
        return
    if not _NAME.match(name):
        raise wrong_call(f"`{name}` is no name for a file", "letters, digits, `_`, `-` and `.`")
    saved = {one.name: one.path for one in saved_queries(shell.settings.saved)}
    path = saved.get(name, _folder(shell) / f"{name}.rql")
    before = read_bounded(path, MOST_TEXT_BYTES).decode(errors="replace") if path.exists() else ""
    text = shell.hooks.edit(before or _TEMPLATE)
    if text is None or text == before:
        shell.tell(f"`@{name}` is as it was")
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    write_file(path, [f"{text.rstrip()}\n".encode()])
    shell.tell(f"saved in {visible(str(path))}: `runs from @{name}` asks it")
    source = Source(text, str(path))
    shell.voice.diagnostics(shell.session.check(source, offline=True), source)
