"""`\\spark`: histories in one line each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from runql.errors import wrong_call
from runql.frontends.repl.commands.table import BackslashCall
from runql.results.frame import Frame
from runql.results.terminal_table.sparks import spark
from runql.script.named_queries import LAST, text_of
from runql.semantic.values import Value
from runql.session import Result
from runql.text.source import Source

if TYPE_CHECKING:
    from runql.charts.sparks import HistorySparks
    from runql.frontends.repl.shell import Shell

_WIDTH: Final = 24


def show_sparks(shell: Shell, call: BackslashCall) -> None:
    """A line a run and metric of the query, or of the last one. Raises `QueryError` for one without histories."""
    state = shell.session.state
    query = call.rest or (text_of(state.lets[LAST]) if LAST in state.lets else "")
    if not query:
        raise wrong_call("there is no last query yet", r"such as `\spark runs limit 5 keys loss sample 100`")
    gap = "\n" if "#" in query else " "
    try:
        result = _drawn(shell, query, gap)
        with shell.screen.progress(lambda: "reading histories"):
            sparks = result.sparks(_WIDTH)
            rows = [*_rows(sparks, unicode=shell.screen.view().unicode)]
    finally:
        shell.session.state = state
    if not rows:
        raise wrong_call(
            "the query gives no histories", r"add `keys METRIC`: `\spark runs limit 5 keys loss sample 100`"
        )
    count = f"{len(rows):,} line{'s' * (len(rows) != 1)}"
    drawn = "each character is the mean of a stretch of x, between the smallest and the largest of its line"
    said = "; ".join((count, drawn, *sparks.notes))
    shell.table(Frame.of_rows(("run", "metric", "", "first", "last", "min", "max"), rows), "spark", said)


def _drawn(shell: Shell, query: str, gap: str) -> Result:
    """The result of the query as one that is drawn."""
    results = shell.session.run(Source(query))
    (result,) = results if len(results) == 1 else (None,)
    if isinstance(result, Result) and not result.draws:
        (result,) = shell.session.run(Source(f"{query}{gap}| plot"))
    if not isinstance(result, Result):
        raise wrong_call(r"`\spark` draws one query", r"such as `\spark runs limit 5 keys loss sample 100`")
    return result


def _rows(sparks: HistorySparks, *, unicode: bool) -> Iterator[tuple[Value, ...]]:
    for each in sparks.lines:
        drawn = spark(each.values, unicode=unicode)
        yield each.run, each.metric, drawn, each.first, each.last, each.least, each.most
