"""A `select` of SQL inside of something else, or over several tables, as a query."""

from __future__ import annotations

import re
from typing import Final

from runql.language.fields import RUN_FIELD_SPELLINGS
from runql.syntax.mistake import Mistake, Place, alone_from, idiom, replacing
from runql.syntax.mistakes.functions.split_arguments import arguments_of
from runql.syntax.mistakes.sql_group_by import (
    aggregates_only,
    fold_of,
    grouped_query,
    limited,
    loose_columns,
    parts_of,
    statement_of,
)
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
_JOIN: Final = re.compile(r"(?i)\bjoin\b")
_WORDS: Final = re.compile(r"\W+")
_AND: Final = re.compile(r"(?i)\s+and\s+")


def query_of_select(text: str, *, rows: bool = False) -> str | None:
    """A `select` from one table as a query. `rows`: one of all columns is wanted too."""
    parts = parts_of(text, list(alone_from(text, 0)))
    table = _TABLE.fullmatch(parts.get("from", "runs"))
    columns = parts.get("select", "").strip()
    is_select = bool(columns) and text.strip().lower().startswith("select")
    if table is None or not is_select or ("group" in parts and loose_columns(parts)):
        return None
    names = {one for one in (table["name"], table["alias"]) if one}
    parts = {word: without_tables(names, part) for word, part in parts.items()}
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
    if is_each_once and columns not in _ALL_OF:
        where = f" where {parts['where']}" if parts.get("where") else ""
        order = [f"order {parts['order']}"] if parts.get("order") else []
        stages = [f"runs{source}{where}", f"select {columns}", "distinct", *order]
        return " | ".join([*stages, *limited(parts.get("limit", ""))])
    query = query if columns in _ALL_OF else f"{query} select {columns}"
    return f"{query} | distinct" if is_each_once else query


def joined_select(place: Place) -> Mistake | None:
    """`select r.name, b.acc from runs r left join base b on r.k = b.k where …`."""
    if "RUNS" not in place.accepted or place.word != "select":
        return None
    lexemes = statement_of(place)
    span = Span(lexemes[0].start, lexemes[-1].end)
    parts = parts_of(place.text, lexemes)
    if not _JOIN.search(parts.get("from", "")):
        return None
    new = joined_query(place.text[span.start : span.end])
    if new is not None:
        return idiom("SQL", place.text[span.start : span.end], new, span, replacing(span.start, span.end, new))
    if not any(one["table"].lower() == "runs" for one in _JOINED.finditer(parts["from"])):
        return None
    message = "the runs beside themselves: the other table is a query in parentheses, with names of its own"
    hint = "`runs | join (runs select id, summary.acc as other) on id`"
    return Mistake("RQL108", message, span, (hint,), certain=True)


def joined_query(text: str) -> str | None:
    """A `select` over joins as a query with stages."""
    parts = parts_of(text, list(alone_from(text, 0)))
    joins = list(_JOINED.finditer(parts.get("from", "")))
    head = _TABLE.fullmatch(parts["from"][: joins[0].start()].strip()) if joins else None
    if head is None or "".join(one[0] for one in joins).strip() != parts["from"][joins[0].start() :].strip():
        return None
    mine = {one for one in (head["name"], head["alias"]) if one}
    stages, others = [], set[str]()
    for one in joins:
        if one["table"].lower() == "runs":
            beside = _beside_itself(one, head["alias"], parts) if len(joins) == 1 else None
            if beside is None:
                return None
            stages, parts = [beside[0]], beside[1]
            continue
        other = {name for name in (one["table"], one["alias"]) if name and name[0] != "("}
        inner = query_of_select(one["table"][1:-1], rows=True) if one["table"].startswith("(") else None
        keys = one["using"] or _keys(one["on"], other, mine | others)
        if not keys or (one["table"].startswith("(") and inner is None):
            return None
        kind = (one["kind"] or "").lower().replace("inner", "")
        table = f"({inner})" if inner is not None else one["table"]
        stages.append(" ".join(filter(None, ("join", kind, table, "on", keys.strip()))))
        others |= other
    plain = {word: without_tables(mine | others, part) for word, part in parts.items() if word != "from"}
    source = "" if head["name"].lower() == "runs" else f" from {head['name']}"
    return " | ".join([f"runs{source}", *stages, *stages_of_select(plain)])


def _beside_itself(join: re.Match[str], mine: str | None, parts: dict[str, str]) -> tuple[str, dict[str, str]] | None:
    """The runs joined with the runs: the stage, and the other parts with the new names of the second's columns."""
    other, kind = join["alias"], (join["kind"] or "inner").lower()
    if mine is None or other is None or mine == other or not join["on"] or kind not in ("inner", "left"):
        return None
    of_other = re.compile(rf"(?<![\w.`\"']){re.escape(other)}\.(?P<path>[\w./]+)")
    keys, terms = dict[str, str](), list[str]()
    for term in _AND.split(join["on"].strip()):
        found = _EQUAL.fullmatch(term)
        sides = sorted((found[1], found[2]), key=lambda side: side.startswith(f"{other}.")) if found else []
        if sides and sides[0].startswith(f"{mine}.") and sides[1].startswith(f"{other}."):
            keys[sides[1].removeprefix(f"{other}.")] = sides[0].removeprefix(f"{mine}.")
        else:
            terms.append(term)
    if not keys or (terms and kind == "left"):
        return None
    # A short name is found among the fields of the runs, not among the columns of the other table.
    same = {path for path, left in keys.items() if path == left and ("." in path or path in RUN_FIELD_SPELLINGS)}
    rest = {word: part for word, part in parts.items() if word != "from"}
    if terms:
        rest["where"] = " and ".join(filter(None, (*terms, rest.get("where"))))

    def named(path: str) -> str:
        return path if path in same else f"{other}_{_WORDS.sub('_', path)}"

    used = dict.fromkeys((*keys, *(one["path"] for part in rest.values() for one in of_other.finditer(part))))
    columns = ", ".join(path if path in same else f"{path} as {named(path)}" for path in used)
    on = ", ".join(path if path in same else f"{left} = {named(path)}" for path, left in keys.items())
    stage = f"join {'' if kind == 'inner' else 'left '}(runs select {columns}) on {on}"
    renamed = {word: of_other.sub(lambda one: named(one["path"]), part) for word, part in rest.items()}
    return stage, {"from": parts["from"], **renamed}


def stages_of_select(parts: dict[str, str]) -> list[str]:
    """What stands around the tables of a `select` as stages."""
    if "group" in parts:
        where = [f"where {parts['where']}"] if parts.get("where") else []
        inner = {word: part for word, part in parts.items() if word != "where"}
        return [*where, grouped_query(inner).removeprefix("runs | ")]
    columns = parts["select"].strip()
    if aggregates_only(columns):
        where = [f"where {parts['where']}"] if parts.get("where") else []
        return [*where, f"group : {', '.join(map(fold_of, arguments_of(columns)))}"]
    chosen = [] if columns in _ALL_OF else [f"select {columns}"]
    ordered = [f"order {parts['order']}"] if parts.get("order") else []
    ordered += limited(parts.get("limit", ""))
    if _DISTINCT.match(columns):
        chosen = [] if _DISTINCT.sub("", columns) == "*" else [f"select {_DISTINCT.sub('', columns)}"]
        return [*([f"where {parts['where']}"] if parts.get("where") else []), *chosen, "distinct", *ordered]
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
        left, right = without_tables(mine | others, left), without_tables(mine | others, right)
        keys.append(left if left == right else f"{left} = {right}")
    return ", ".join(keys)


def without_tables(tables: set[str], text: str) -> str:
    """A text without the names of tables before those of columns; what stands in quotes stays as it is."""
    names = "|".join(re.escape(one) for one in sorted(tables))
    quoted = r"'[^'\n]*'|`[^`\n]*`|\"[^\"\n]*\""
    pattern = rf"(?i)(?P<quoted>{quoted})|(?<![\w.`\"'])(?:{names})\.(?=[\w`*\"])"
    return re.sub(pattern, lambda found: found["quoted"] or "", text) if tables else text
