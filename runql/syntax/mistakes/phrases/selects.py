"""A `select` of SQL inside of something else, or over several tables, as a query."""

from __future__ import annotations

import re
from typing import Final

from runql.syntax.mistake import Mistake, Place, alone_from, idiom, replacing
from runql.syntax.mistakes.sql_group_by import fold_of, grouped_query, parts_of, statement_of
from runql.text.source import Span

_ALL_OF: Final = {"*", "1"}
_IS_CALL: Final = re.compile(r"\w+\s*\(")
_TABLE: Final = re.compile(r"(?is)(?P<name>[\w./@-]+)(?:\s+(?:as\s+)?(?P<alias>\w+))?")
_DISTINCT: Final = re.compile(r"(?i)distinct\s+")
_JOINED: Final = re.compile(
    r"(?is)(?:\b(?P<kind>left|full|inner)(?:\s+outer)?\s+)?\bjoin\s+(?P<table>\([^()]*(?:\([^()]*\)[^()]*)*\)|[\w./@-]+)"
    r"\s*(?:as\s+)?(?P<alias>(?!on\b|using\b)\w+)?\s*(?:\bon\s+(?P<on>.+?)|\busing\s*\((?P<using>[^()]*)\))\s*"
    r"(?=\b(?:left|right|full|inner|cross|natural|join)\b|\Z)"
)
_EQUAL: Final = re.compile(r"\s*([\w.`/]+)\s*==?\s*([\w.`/]+)\s*")
_AND: Final = re.compile(r"(?i)\s+and\s+")


def query_of_select(text: str, *, rows: bool = False) -> str | None:
    """A `select` from one table as a query. `rows`: one of all columns is wanted too."""
    parts = parts_of(text, list(alone_from(text, 0)))
    table = _TABLE.fullmatch(parts.get("from", "runs"))
    columns = parts.get("select", "").strip()
    if not columns or table is None or not text.strip().lower().startswith("select"):
        return None
    names = {one for one in (table["name"], table["alias"]) if one}
    parts = {word: _without(names, part) for word, part in parts.items()}
    columns = parts["select"].strip()
    source = "" if table["name"].lower() == "runs" else f" from {table['name']}"
    if "group" in parts:
        return f"runs{source}{grouped_query(parts).removeprefix('runs')}" + ("" if rows else f" | select {columns}")
    is_each_once = _DISTINCT.match(columns)
    columns = _DISTINCT.sub("", columns)
    if columns in _ALL_OF and not rows:
        return None
    query = f"runs{source}" + "".join(
        f" {word} {parts[word]}" for word in ("where", "order", "limit") if parts.get(word)
    )
    if _IS_CALL.match(columns):
        return f"{query} | group : {fold_of(columns)}"
    query = query if columns in _ALL_OF else f"{query} select {columns}"
    return f"{query} | distinct" if is_each_once else query


def joined_select(place: Place) -> Mistake | None:
    """`select r.name, b.acc from runs r left join base b on r.k = b.k where …`."""
    if "RUNS" not in place.accepted or place.word != "select":
        return None
    lexemes = statement_of(place)
    parts = parts_of(place.text, lexemes)
    joins = list(_JOINED.finditer(parts.get("from", "")))
    head = _TABLE.fullmatch(parts["from"][: joins[0].start()].strip()) if joins else None
    if head is None or "".join(one[0] for one in joins).strip() != parts["from"][joins[0].start() :].strip():
        return None
    mine = {one for one in (head["name"], head["alias"]) if one}
    if any(one["table"].lower() == "runs" for one in joins):
        message = "the runs beside themselves: the other table is a query in parentheses, with names of its own"
        hint = "`runs | join (runs select id, summary.acc as other) on id`"
        return Mistake("RQL108", message, Span(lexemes[0].start, lexemes[-1].end), (hint,), certain=True)
    stages, others = [], set[str]()
    for one in joins:
        other = {name for name in (one["table"], one["alias"]) if name and name[0] != "("}
        inner = query_of_select(one["table"][1:-1], rows=True) if one["table"].startswith("(") else None
        keys = one["using"] or _keys(one["on"], other, mine | others)
        if not keys or (one["table"].startswith("(") and inner is None):
            return None
        kind = (one["kind"] or "").lower().replace("inner", "")
        table = f"({inner})" if inner is not None else one["table"]
        stages.append(" ".join(filter(None, ("join", kind, table, "on", keys.strip()))))
        others |= other
    plain = {word: _without(mine | others, part) for word, part in parts.items() if word != "from"}
    source = "" if head["name"].lower() == "runs" else f" from {head['name']}"
    new = " | ".join([f"runs{source}", *stages, *_rest(plain)])
    span = Span(lexemes[0].start, lexemes[-1].end)
    return idiom("SQL", place.text[span.start : span.end], new, span, replacing(span.start, span.end, new))


def _rest(parts: dict[str, str]) -> list[str]:
    """The stages behind the joins."""
    if "group" in parts:
        where = [f"where {parts['where']}"] if parts.get("where") else []
        inner = {word: part for word, part in parts.items() if word != "where"}
        return [*where, grouped_query(inner).removeprefix("runs | ")]
    columns = parts["select"].strip()
    chosen = [] if columns in _ALL_OF else [f"select {columns}"]
    ordered = [f"{word} {parts[word]}" for word in ("order", "limit") if parts.get(word)]
    where = [f"where {parts['where']}"] if parts.get("where") else []
    return [*where, *chosen, *ordered] if " as " in columns else [*where, *ordered, *chosen]


def _keys(text: str, others: set[str], mine: set[str]) -> str | None:
    """The keys of a join without the names of their tables, that of the left one first."""
    keys = []
    inner = text.strip()
    inner = inner[1:-1] if inner.startswith("(") and inner.endswith(")") else inner
    for term in _AND.split(inner):
        found = _EQUAL.fullmatch(term)
        if found is None:
            return None
        left, right = found[1], found[2]
        is_turned = left.partition(".")[0] in others and right.partition(".")[0] not in others
        left, right = (right, left) if is_turned else (left, right)
        left, right = _without(mine | others, left), _without(mine | others, right)
        keys.append(left if left == right else f"{left} = {right}")
    return ", ".join(keys)


def _without(tables: set[str], text: str) -> str:
    """A text without the names of tables before those of columns."""
    names = "|".join(re.escape(one) for one in sorted(tables))
    return re.sub(rf"(?<![\w.`\"'])(?:{names})\.(?=[\w`*])", "", text) if tables else text
