"""What was pasted from elsewhere, as a query: an address of W&B's pages, a Mongo filter, a filter of MLflow, of W&B's
workspaces, of LEET or of Neptune.

Whoever takes a text from a user hands it to `read` first, shows `Foreign.query` (and its notes), and runs that text
in place of the one that was given. A text of the language, right or wrong, gives `None`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from runql.config import Settings
from runql.errors import ArgumentError, QueryError, SourceError
from runql.syntax import parse
from runql.syntax import tree as t
from runql.syntax.keywords import keywords
from runql.syntax.printer.to_text import to_text
from runql.text.diagnostic import Diagnostic
from runql.text.frozen import frozen
from runql.text.source import Source, Span

_ADDRESS: Final = re.compile(r"(?:https?://\S+|(?:app\.)?wandb\.ai/\S+)\Z")
_CALL: Final = re.compile(r"(?:\w+\.)*(?:runs|search_runs|Runs)\s*\(.*\)\Z", re.DOTALL)
_FIND: Final = re.compile(r"(?:\w+\.)+find\(\s*(?P<filter>\{.*\})\s*\)\Z", re.DOTALL)
_OWN_PAGES: Final = frozenset(
    {
        "home",
        "settings",
        "profile",
        "authorize",
        "login",
        "signup",
        "site",
        "docs",
        "create-team",
        "registry",
        "account",
    }
)
_LISTS: Final = frozenset({"workspace", "table", "overview", "runs", "sweeps", "groups", ""})
_PAGES: Final = frozenset(
    {"runs", "sweeps", "groups", "workspace", "table", "overview", "reports", "artifacts", "jobs"}
)
_RUNS_TAKES: Final = frozenset({"path", "filters", "order", "lazy", "per_page", "include_sweeps"})
_SEARCH_TAKES: Final = frozenset({"filter_string", "order_by", "max_results"})
_FRONT: Final = ("forge.coreweave.com", "wandb")
"""The host of W&B's own service whose pages stand below a folder."""


@frozen
class Foreign:
    """A query read from another language.

    `source` is its project as `entity/project` if it names one, `host` the server of an address (`wandb.ai`), `notes`
    what was understood how, or left out.
    """

    query: str
    kind: str
    source: str | None = None
    host: str | None = None
    notes: tuple[str, ...] = ()


def read(text: str) -> Foreign | None:
    """What a pasted text means; `None` if it is not one of W&B's addresses, or a filter that is known.

    Raises:
        QueryError: it is one, and the language cannot say what it asks.
    """
    pasted, table = text.strip(), keywords()
    # A text that begins with the words of a statement and of a clause, as only the language does, needs no reader.
    words = pasted.split(None, 2)
    heads, clauses = (
        {word for terminal in terminals for word in table.words[terminal]} for terminals in (table.heads, table.clauses)
    )
    if len(words) > 2 and words[0].lower() in heads and words[1].lower() in clauses:
        return None
    try:
        return _read(pasted)
    except ArgumentError as error:
        raise QueryError(
            [Diagnostic("RQL108", one.message, Span(0, len(text)), one.hints) for one in error.diagnostics],
            Source(text),
        ) from error


def _read(pasted: str) -> Foreign | None:
    from runql.syntax.foreign.python_values import read_call

    if _ADDRESS.match(pasted):
        return _address(pasted)
    if pasted.startswith("{"):
        return _filter(pasted.rstrip(","))
    if re.match(r"filters\s*=", pasted):
        return _arguments(read_call(f"runs({pasted})"))
    if found := _FIND.match(pasted):
        return _filter(found["filter"])
    if _CALL.match(pasted):
        return _arguments(read_call(pasted))
    return _workspace(pasted) or _condition(pasted) or _mlflow(pasted)


def _filter(pasted: str) -> Foreign | None:
    """A filter of Mongo. Of one that ends too early it is said what it would be with the brackets that it lacks."""
    from runql.syntax.foreign.mongo import from_mongo, mongo_text, parse_filter
    from runql.syntax.foreign.python_values import lacking_brackets

    filters = parse_filter(pasted)
    if filters is not None:
        return Foreign(from_mongo(filters), "Mongo filter")
    lacking = lacking_brackets(pasted)
    condition = mongo_text(pasted + lacking) if lacking else None
    if condition is not None:
        message = f"this filter ends before its last `{lacking}`"
        raise ArgumentError.because(message, f"with it, it reads `runs where {condition}`")
    return None


def check_server(found: Foreign, settings: Settings) -> None:
    """That the project of an address is asked where the address leads.

    Raises:
        SourceError: the settings name another server, or a folder of the project's name would be read.
    """
    if found.host is None or found.source is None:
        return
    from runql.sources.open import server_hosts

    if (settings.folder / found.source).exists():
        hint = f"runs on disk are `runs from ./{found.source}`"
        raise SourceError.of("RQL511", f"the folder `{found.source}` here hides the project of this address", hint)
    asked = server_hosts(settings)
    if found.host not in asked:
        api = "https://api.wandb.ai" if found.host.endswith("wandb.ai") else f"https://{found.host}"
        message = f"the address is of `{found.host}`, and the server that would be asked is `{asked[0]}`"
        raise SourceError.of("RQL511", message, f"`WANDB_BASE_URL={api}` names the server of the address")


# ---------------------------------------------------------------- addresses


def _address(text: str) -> Foreign:
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
    except ValueError as error:
        raise ArgumentError.because(f"this is no address: {error}", "runs are asked for by `runs`") from error
    host = parts.netloc.rpartition("@")[2].lower()
    steps = [unquote(step) for step in parts.path.split("/") if step]
    if (host, *steps[:1]) == _FRONT:
        steps = steps[1:]
    begin = next((index for index in range(2, len(steps)) if steps[index] in _PAGES), len(steps))
    if begin < 2 or len(steps) < 2 or steps[0] in _OWN_PAGES:
        raise ArgumentError.because(
            "this address names no project", "an address of runs is `https://wandb.ai/ENTITY/PROJECT/runs/ID`"
        )
    if begin == len(steps):
        begin = 2
    source = "/".join(steps[begin - 2 : begin])
    notes: tuple[str, ...] = ()
    if parts.query:
        notes = ("the filters, the order and the columns of a page are not in its address: all runs are asked for",)
    return _page(source, host, steps[begin:], notes)


def _page(source: str, host: str, steps: list[str], notes: tuple[str, ...]) -> Foreign:
    """The query for a page below a project."""
    page, name = (*steps, "", "")[:2]
    start = t.FromClause((t.SourceRef(t.SourceKind.NAME, source),))
    match page:
        case "runs" if name and name != "table":
            query, notes = t.Query(t.Target.RUN, (start,), ident=name), ()
        case "sweeps" if name:
            query = t.Query(t.Target.SWEEP, (start,), ident=name)
        case "groups" if name:
            group = t.Compare(t.Comparison.EQ, t.Field(t.Path(("group",))), t.Literal(name))
            query = t.Query(t.Target.RUNS, (start, t.WhereClause(group)))
        case "sweeps":
            query = t.Query(t.Target.RUNS, (start, t.SweepsClause()))
        case _ if page in _LISTS:
            query = t.Query(t.Target.RUNS, (start,))
        case _:
            message = f"the page `{page}` of an address shows no runs that could be asked for"
            raise ArgumentError.because(message, f"the runs of its project are `runs from {source}`")
    return Foreign(to_text(query), "W&B address", source, host, notes)


# ---------------------------------------------------------------- filters


def _arguments(call: tuple[str, list[Any], Mapping[str, Any]] | None) -> Foreign | None:
    """The call of a client: `api.runs("acme/vision", {"state": "finished"}, order="-created_at")`."""
    from runql.syntax.foreign.mongo import from_mongo

    if call is None:
        return None
    name, values, named = call
    if name.endswith("search_runs"):
        return _search(values, named)
    given = {**dict(zip(("path", "filters", "order"), values, strict=False)), **named}
    path, filters, order = given.get("path"), given.get("filters"), given.get("order")
    if not given or not isinstance(path, str | None) or not isinstance(order, str | None):
        return None
    return Foreign(
        _from(path, from_mongo(filters, order)), "call of the W&B client", path, notes=_left_out(given, _RUNS_TAKES)
    )


def _left_out(given: Mapping[str, Any], known: frozenset[str]) -> tuple[str, ...]:
    rest = sorted({*given} - known)
    return (f"left out: {', '.join(f'`{name}`' for name in rest)}",) if rest else ()


def _from(path: str | None, query: str) -> str:
    if path is None:
        return query
    clause = to_text(t.FromClause((t.SourceRef(t.SourceKind.NAME, path),)))
    return f"runs {clause}{query.removeprefix('runs')}"


def _search(values: list[Any], named: Mapping[str, Any]) -> Foreign | None:
    """The call of MLflow: `search_runs(filter_string="…", order_by=["…"], max_results=10)`."""
    text = named.get("filter_string", values[1] if len(values) > 1 else "")
    order = named.get("order_by") or []
    if not isinstance(text, str) or not isinstance(order, list) or not all(isinstance(key, str) for key in order):
        return None
    found = _mlflow(text, order, named.get("max_results"))
    notes = _left_out(named, _SEARCH_TAKES)
    return replace(found, notes=(*found.notes, *notes)) if found is not None else None


def _workspace(text: str) -> Foreign | None:
    from runql.syntax.foreign.workspaces import read_workspace_filter

    found = read_workspace_filter(text)
    return Foreign(found.query, "filter of a W&B workspace", notes=found.notes) if found is not None else None


def _condition(text: str) -> Foreign | None:
    """A filter that is nothing but a condition. One that makes no query was none."""
    from runql.syntax.foreign.leet import read_leet
    from runql.syntax.foreign.nql import read_nql

    nql = read_nql(text)
    leet = read_leet(text) if nql is None else None
    where, kind, notes = (nql, "NQL filter", ()) if leet is None else (leet.where, "LEET filter", leet.notes)
    if where is None:
        return None
    parsed = parse(f"runs where {where}")
    return Foreign(f"runs where {where}", kind, notes=notes) if parsed.ok else None


def _mlflow(text: str, order: list[str] | None = None, limit: object = None) -> Foreign | None:
    from runql.syntax.foreign.mlflow import read_mlflow

    found = read_mlflow(text, order or [])
    if found is None:
        return None
    parts = ["runs"]
    parts += [f"where {found.where}"] if found.where else []
    parts += [f"order {found.order}"] if found.order else []
    parts += [f"limit {limit}"] if isinstance(limit, int) else []
    return Foreign(" ".join(parts), "MLflow filter", notes=found.notes)
