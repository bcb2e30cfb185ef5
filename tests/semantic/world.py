"""A small project that the tests ask: its catalog, and the checker over it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from runql.language.fields import Space
from runql.language.kinds import Kind
from runql.semantic.catalog import Catalog, FieldInfo
from runql.semantic.check_context import CheckContext
from runql.semantic.check_query import Checked, check
from runql.semantic.typed import TypedQuery
from runql.syntax import tree
from runql.syntax.parse import parse
from runql.text.diagnostic import Diagnostic

NOW = datetime(2026, 11, 23, 19, 0, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
RUNS = 412


def info(space: Space, path: str | tuple[str, ...], *kinds: Kind, runs: int = RUNS, **facts: Any) -> FieldInfo:
    keys = tuple(path.split(".")) if isinstance(path, str) else path
    return FieldInfo(space, keys, runs, dict.fromkeys(kinds, runs), **facts)


FIELDS = (
    info(Space.CONFIG, "learning_rate", Kind.NUMBER, minimum=1e-4, median=0.003, maximum=0.1),
    info(Space.CONFIG, "lr", Kind.NUMBER, Kind.NULL, runs=402, median=0.003),
    info(Space.CONFIG, "optim.lr", Kind.NUMBER, runs=10),
    info(Space.CONFIG, "optimizer", Kind.TEXT, top=(("adam", 300), ("sgd", 112))),
    info(Space.CONFIG, "use_amp", Kind.BOOL),
    info(Space.CONFIG, "model.depth", Kind.NUMBER, median=18),
    info(Space.CONFIG, "model.name", Kind.TEXT),
    info(Space.CONFIG, "pbt.workspace", Kind.TEXT, runs=3),
    info(Space.CONFIG, ("pbt.workspace",), Kind.TEXT, runs=4),
    info(Space.CONFIG, "layers", Kind.LIST),
    info(Space.CONFIG, "mixed", Kind.NUMBER, Kind.TEXT, runs=2),
    info(Space.CONFIG, "epochs", Kind.NUMBER),
    info(Space.SUMMARY, "epochs", Kind.NUMBER),
    info(Space.SUMMARY, "loss", Kind.NUMBER, median=0.4),
    info(Space.SUMMARY, "val/loss", Kind.NUMBER, runs=400),
    info(Space.SUMMARY, "acc", Kind.NUMBER),
    info(Space.SUMMARY, ("top-1 acc",), Kind.NUMBER, runs=7),
    info(Space.SUMMARY, "sample", Kind.RECORD, runs=5),
    info(Space.LOGGED, "loss", Kind.NUMBER),
    info(Space.LOGGED, "acc", Kind.NUMBER),
    info(Space.LOGGED, "val/loss", Kind.NUMBER, runs=400),
    info(Space.LOGGED, "grad_norm", Kind.NUMBER),
    info(Space.SYSTEM, ("gpu.0.temp",), Kind.NUMBER),
)
COMPLETE = Catalog("acme/vision", RUNS, complete=True, fields=FIELDS)
PARTIAL = Catalog("acme/vision", RUNS, complete=False, fields=FIELDS)


def query_of(text: str) -> tree.Query:
    parsed = parse(text)
    assert parsed.ok, parsed.diagnostics
    statement = parsed.script.statements[0]
    assert isinstance(statement, tree.QueryStatement | tree.ExplainStatement)
    return statement.query


def checked(
    text: str,
    catalog: Catalog | None = COMPLETE,
    *,
    zone: tzinfo = UTC,
    params: Mapping[str, object] | None = None,
    aliases: Mapping[str, tree.Expr] | None = None,
) -> Checked:
    """What the checker makes of a text that parses."""
    context = CheckContext(params=params or {}, now=NOW, zone=zone, aliases=aliases or {}, text=text)
    return check(query_of(text), catalog, context)


def typed(text: str, catalog: Catalog | None = COMPLETE, **context: Any) -> TypedQuery:
    """The typed tree of a text without mistakes."""
    found = checked(text, catalog, **context)
    assert found.query is not None, found.diagnostics
    return found.query


def shown(diagnostic: Diagnostic, text: str) -> str:
    """A diagnostic with all that it says, the text at its place, and what its fixes make of the text."""
    place = text[diagnostic.span.start : diagnostic.span.end]
    lines = [f"{diagnostic.severity}[{diagnostic.code}]: {diagnostic.message}", f"  at: {place}"]
    lines += [f"  = {hint}" for hint in diagnostic.hints]
    lines += [f"  fix: {applied(fix.edits, text)}" for fix in diagnostic.fixes]
    return "\n".join(lines)


def applied(edits: Any, text: str) -> str:
    """The text with edits made, from the last place to the first."""
    for edit in sorted(edits, key=lambda e: e.span.start, reverse=True):
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
    return " ".join(text.split())
