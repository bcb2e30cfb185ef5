"""From a text to an answer in words: what runs in the thread of a command."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from runql.frontends.lsp.world import Home
from runql.text.frozen import frozen
from runql.text.markdown import block, words
from runql.text.render import render
from runql.text.source import Source

if TYPE_CHECKING:
    from runql.session import Explanation, Result, Session


@frozen
class CommandReply:
    """An answer in Markdown."""

    kind: str
    text: str
    is_error: bool = False
    is_cancelled: bool = False


@dataclass(slots=True)
class Task:
    """What is to be done. `text` has the offsets of the document; `source` is before what the settings say."""

    what: str
    text: str
    source: str | None
    home: Home
    params: Mapping[str, Any]
    rows: int
    format: str
    reading: Result | None = field(default=None)

    def activity(self) -> str:
        """What goes on, in a few words."""
        return self.reading.activity() if self.reading is not None else "looking at what there is"


def carry_out(task: Task) -> CommandReply:
    """The answer. Raises `RunQLError`."""
    from runql.script.interpreter import ScriptState
    from runql.script.options import Options
    from runql.session import Session

    if task.home.trouble is not None:
        raise task.home.trouble
    with Session(task.source or task.home.default, task.home.settings) as session:
        session.state = ScriptState(options=Options(max_rows=task.rows or None))
        match task.what:
            case "explain":
                return CommandReply("explanation", block("\n\n".join(session.explain(_script(task), task.params))))
            case "check":
                return _checked(session, task)
            case _:
                results = session.run(_script(task), task.params)
                shown = [_shown(result, task) for result in results[-1:]]
                return CommandReply("result", "\n\n".join(shown) or "nothing was asked for")


def _script(task: Task) -> Source:
    """The text of a document, which came with a folder: it writes below that."""
    return Source(task.text, is_script=True)


def _checked(session: Session, task: Task) -> CommandReply:
    found = session.check(_script(task), task.params)
    if not found:
        return CommandReply("check", "no mistakes")
    is_error = any(one.is_error for one in found)
    return CommandReply("check", block(render(found, Source(task.text))), is_error=is_error)


def _shown(result: Result | Explanation, task: Task) -> str:
    from runql.results.formats.formats import FORMATS
    from runql.results.terminal_table.options import View
    from runql.session import Explanation
    from runql.session.time_zone import LOCAL
    from runql.terminal.show import Below

    if isinstance(result, Explanation):
        return block(result.text)
    task.reading = result
    output = result.output(View(zone=LOCAL))
    table = b"".join(FORMATS[task.format].pieces(output)).decode().rstrip("\n")
    below = Below.of(result)
    parts = [table if task.format == "md" else block(table)] if table else []
    if below.warnings:
        parts.append(block(render(below.warnings, below.source)))
    parts.append(" · ".join(words(part) for part in (*below.counts, below.cost) if part))
    if below.lines:
        parts.append(block("\n".join(below.lines)))
    return "\n\n".join(parts)
