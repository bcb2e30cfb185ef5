"""Chains of calls of the W&B client and of Mongo: `api.run("a/b/x").history(keys=["loss"])`, `db.runs.find({…})`."""

from __future__ import annotations

import ast
import re
from typing import Final

from runql.syntax.foreign.mongo import mongo_text
from runql.syntax.mistake import Mistake, Place, closing, idiom, replacing, shown
from runql.syntax.mistakes.frames.columns import field_named
from runql.syntax.mistakes.frames.python_text import (
    LONGEST,
    Given,
    UnknownError,
    read_python,
    texts_of,
    value_of,
    whole_of,
)
from runql.text.source import Span

_RUN: Final = re.compile(
    r"(?:(?:wandb\.)?(?:api|Api\(\))\.run(?=\()|run(?=\.(?:history|scan_history|summary|config)\b))"
)
_STEP: Final = re.compile(r"\s*(?:\.\s*[^\W\d]\w*(?P<call>\()?|(?P<index>\[))")
_MONGO: Final = re.compile(r"(?:db\.)?(?:runs|getCollection\(\"runs\"\))\.find(?:One)?(?=\()")
_MONGO_STEP: Final = re.compile(r"\s*\.\s*(?P<name>sort|limit|skip|count|toArray|pretty)\s*(?=\()")
_KEY: Final = re.compile(r"[\"']?(?P<key>[\w./]+)[\"']?\s*:\s*(?P<way>-?1)")
_SAMPLES: Final = 500
"""How many points `history()` gives where nobody says."""


def run_of_client(place: Place) -> Mistake | None:
    """`api.run("demo/x1y2").history(keys=["loss"], samples=100)`, `run.summary["loss"]`."""
    begun = _RUN.match(place.text, place.found.start) if "RUNS" in place.accepted else None
    if begun is None:
        return None
    near = place.text[begun.start() : begun.start() + LONGEST]
    end = _end_of(near, begun.end() - begun.start())
    old = near[:end].rstrip()
    span = Span(begun.start(), begun.start() + len(old))
    try:
        source, clauses = _read(read_python(old))
    except UnknownError:
        return None
    if not clauses:
        return None
    project, _, ident = source.rpartition("/")
    new = f"run {ident or 'ID'}" + (f" from {project}" if project else "") + f" {clauses}"
    if not ident:
        message = f"`{shown(old)}` is Python; in RunQL a run is named by its id"
        return Mistake("RQL108", message, span, (f"for example: `{new}`",), certain=True, resume=span.end)
    return idiom("Python", old, new, span, replacing(span.start, span.end, new))


def _end_of(text: str, at: int) -> int:
    if text[at : at + 1] == "(":
        bracket = closing(text, at)
        at = bracket.end if bracket is not None else at
    while (step := _STEP.match(text, at)) is not None:
        bracket = closing(text, step.end() - 1) if step["call"] or step["index"] else None
        if bracket is None and (step["call"] or step["index"]):
            break
        at = bracket.end if bracket is not None else step.end()
    return at


def _read(node: ast.expr) -> tuple[str, str]:
    """The path of the run, empty where none is named, and the clauses that its history or a value of it is."""
    match node:
        case ast.Subscript(value=ast.Attribute(value=owner, attr="summary" | "config" as space), slice=index):
            return _path(owner), f"select {space}.{field_named(''.join(texts_of(index)))}"
        case ast.Call(
            func=ast.Attribute(value=ast.Attribute(value=owner, attr="summary" | "config" as space), attr="get"),
            args=[key, *_],
        ):
            return _path(owner), f"select {space}.{field_named(''.join(texts_of(key)))}"
        case ast.Attribute(value=owner, attr="summary" | "config" as space):
            return _path(owner), f"select {space}.*"
        case ast.Call(func=ast.Attribute(value=owner, attr="history" | "scan_history" as name)):
            return _path(owner), _history(name, node)
        case _:
            raise UnknownError


def _path(node: ast.expr) -> str:
    match node:
        case ast.Name():
            return ""
        case ast.Call(func=ast.Attribute(attr="run"), args=[ast.Constant(value=str(path))], keywords=[]) if path:
            return path
        case _:
            raise UnknownError


def _history(name: str, call: ast.Call) -> str:
    is_whole = name == "scan_history"
    given = Given(call, "keys page_size min_step max_step" if is_whole else "samples keys x_axis pandas stream")
    keys = [field_named(one) for one in texts_of(given.take("keys"))]
    rows = "scan" if is_whole else f"sample {whole_of(given.take('samples'), _SAMPLES)}"
    axis, stream = given.value("x_axis", "_step"), given.value("stream", "default")
    first, last = given.take("min_step"), given.take("max_step")
    if not isinstance(axis, str) or stream != "default":
        raise UnknownError
    if given.lost({"pandas": ..., "page_size": ...}, {}):
        raise UnknownError
    steps = ""
    if first is not None or last is not None:
        # The client leaves out the last step itself.
        ends = (
            str(value_of(first)) if first is not None else "",
            str(whole_of(last, 1) - 1) if last is not None else "",
        )
        steps = f" steps {'..'.join(ends)}"
    x = f" x {field_named(axis)}" if axis != "_step" else ""
    return f"keys {', '.join(keys) or '*'}{x}{steps} {rows}"


def find_of_mongo(place: Place) -> Mistake | None:
    """`db.runs.find({"config.lr": 0.1}).sort({"summary.loss": 1}).limit(5)`."""
    begun = _MONGO.match(place.text, place.found.start) if "RUNS" in place.accepted else None
    near = place.text[begun.start() : begun.start() + LONGEST] if begun is not None else ""
    end = closing(near, begun.end() - begun.start()) if begun is not None else None
    if begun is None or end is None:
        return None
    written = near[begun.end() - begun.start() + 1 : end.start].strip()
    condition = mongo_text(written) if written not in {"", "{}"} else ""
    if condition is None:
        return None
    clauses = {"where": condition, "order": ""}
    at, head = end.end, "runs"
    while (step := _MONGO_STEP.match(near, at)) is not None:
        stop = closing(near, step.end())
        inner = near[step.end() + 1 : stop.start].strip() if stop is not None else ""
        if stop is None or not _add(clauses, step["name"], inner):
            return None
        head = "count runs" if step["name"] == "count" else head
        at = stop.end
    if begun[0].endswith("One"):
        clauses["limit"] = "1"
    new = " ".join([head, *(f"{word} {said}" for word, said in clauses.items() if said)])
    span = Span(begun.start(), begun.start() + at)
    return idiom("Mongo", place.text[span.start : span.end], new, span, replacing(span.start, span.end, new))


def _add(clauses: dict[str, str], name: str, inner: str) -> bool:
    """Add the clause of a call; false for one that is not known."""
    if name in {"count", "toArray", "pretty"}:
        return not inner
    if name != "sort":
        clauses["limit" if name == "limit" else "offset"] = inner
        return inner.isdigit()
    keys = [_KEY.fullmatch(one.strip()) for one in inner.strip("{} ").split(",") if one.strip()]
    clauses["order"] = ", ".join(f"{'-' * (one['way'] == '-1')}{one['key']}" for one in keys if one is not None)
    return bool(keys) and all(keys)
