"""One `select` of SQL as a whole: names of tables and quotes taken off, `distinct`, sets, and what is refused."""

from __future__ import annotations

import re
from typing import Final

from runql.language.fields import RUN_FIELD_SPELLINGS
from runql.syntax.keywords import keywords
from runql.syntax.lexer import Lexeme
from runql.syntax.literals import quote_name
from runql.syntax.mistake import Mistake, Place, alone_from, closing, idiom, replacing, shown
from runql.syntax.mistakes.functions.split_arguments import arguments_of
from runql.syntax.mistakes.phrases.selects import without_tables
from runql.syntax.mistakes.phrases.windows import query_with_windows
from runql.syntax.mistakes.sql_group_by import (
    aggregates_only,
    fold_of,
    grouped_query,
    limited,
    loose_columns,
    parts_of,
    statement_of,
    value_and_name,
)
from runql.text.source import Span

_SQL: Final = "SQL"
_RUNS: Final = re.compile(r"(?is)runs(?:\s+(?:as\s+)?(?P<alias>[^\W\d]\w*))?")
_DISTINCT: Final = re.compile(r"(?i)distinct(?:\s+(?!on\s*\()|(?=\())")
_IN_BRACKETS: Final = re.compile(r"\(\s*([\w./]+)\s*\)")
_OF_DISTINCT: Final = re.compile(r"(?i)\b(?P<name>(?!count\b)[^\W\d]\w*)\s*\(\s*distinct\s+(?P<of>[^()]+?)\s*\)")
_COUNTED: Final = re.compile(r"(?i)count\s*\(\s*(?:\*|1)\s*\)")
_DIRECTION: Final = re.compile(r"(?i)\s+(?:asc|desc)\b.*|\s+nulls\s+(?:first|last)\Z")
_TEXTS: Final = re.compile(r"'(?:[^'\n]|'')*'|`[^`\n]*`|\"(?P<name>[^\"\n]*)\"")
_VALUE: Final = re.compile(r"(?i)(?:[=<>~]|\b(?:i?like|between|in\s*\(|interval|date|timestamp))\s*\Z")
_NAME_AFTER: Final = re.compile(r"(?i)(?:\.|\b(?:select|distinct|by|as)|(?<!\bin)(?<=\w)\s*\()\s*\Z")
_NAME_BEFORE: Final = re.compile(r"(?i)\s*(?:[=<>~!]|(?:is|in|not|i?like|between)\b)")
_KEYS_INSIDE: Final = re.compile(r"(?i)\b(?:partition|order)\s+by\b[^()]*\Z")
_PLAIN: Final = re.compile(r"[^\W\d]\w*(?:[./]\w+)*")
_SETS: Final = frozenset({"union", "except", "minus", "intersect"})
_CERTAIN: Final = frozenset({"id", "name"})
"""The fields that every run has: in a list of them there is no null."""


def whole_select(place: Place) -> Mistake | None:
    """A `select` over runs whose parts have another order or other names than a query of RunQL."""
    if "RUNS" not in place.accepted or place.word != "select":
        return None
    lexemes = statement_of(place)
    span = Span(lexemes[0].start, lexemes[-1].end)
    several = any(one.text.lower() in _SETS for one in lexemes) and _set_of_selects(place, lexemes, span)
    if several:
        return several
    written = place.text[span.start : span.end]
    parts = plain_parts(written)
    if parts is None:
        others = _parts(written)
        loose = loose_columns(others) if others.get("group") and others.get("select") else []
        return _loose(others["group"], loose[0], span) if loose else None
    refused = _refused(place, parts, span)
    if refused is not None:
        return refused
    is_distinct = _DISTINCT.match(parts["select"]) is not None and parts["select"][-1:] != "*"
    if not is_distinct and parts == _parts(written):
        return None  # as simple as it stands: whoever knows the parts of it says more of each
    new = query_of_parts(parts)
    return None if new is None else idiom(_SQL, written, new, span, replacing(span.start, span.end, new))


def _parts(text: str) -> dict[str, str]:
    return parts_of(text, list(alone_from(text, 0)))


def plain_parts(text: str) -> dict[str, str] | None:
    """The parts of a `select` over runs without the names of the table and the quotes of names."""
    parts = _parts(text)
    table = _RUNS.fullmatch(parts.get("from", ""))
    if table is None or not parts.get("select"):
        return None
    tables = {"runs", *([table["alias"]] if table["alias"] else [])}
    parts = _parts(without_quotes(without_tables(tables, text)))
    return {**parts, "from": "runs"} if parts.get("select") else None


def without_quotes(text: str) -> str:
    """A `select` whose names in double quotes, as SQL has them, are written as names; a text stays one."""
    written, at = [], 0
    for found in _TEXTS.finditer(text):
        before = text[max(0, found.start() - 200) : found.start()]
        is_inside = text.count("(", 0, found.start()) > text.count(")", 0, found.start())
        is_listed = before.rstrip().endswith(",") and (not is_inside or _KEYS_INSIDE.search(before) is not None)
        is_name = is_listed or _NAME_AFTER.search(before) is not None or _NAME_BEFORE.match(text, found.end())
        written.append(text[at : found.start()])
        at = found.end()
        written.append(_name(found["name"]) if found["name"] and is_name and not _VALUE.search(before) else found[0])
    return "".join([*written, text[at:]])


def _name(name: str) -> str:
    is_free = name.lower() in RUN_FIELD_SPELLINGS or name.lower() not in keywords().all_words
    return name if _PLAIN.fullmatch(name) and is_free else quote_name(name)


def query_of_parts(parts: dict[str, str]) -> str | None:
    """A `select` as a query of which each part is asked of the same rows as in SQL."""
    select = " ".join(_written(word, parts[word]) for word in parts if parts[word])
    if (windowed := query_with_windows(select)) is not None:
        return windowed
    if "group" in parts:
        return grouped_query(parts)
    columns = parts["select"].strip()
    where = f" where {parts['where']}" if parts.get("where") else ""
    order = _keys_by_value(parts.get("order", ""), columns)
    if _DISTINCT.match(columns) and columns[-1:] != "*":
        columns = _once_of(columns)
        named = _keys_by_name(parts.get("order", ""), columns)
        stages = [f"runs{where}", f"select {columns}", "distinct", *([f"order {named}"] if named else [])]
        return " | ".join([*stages, *limited(parts.get("limit", ""))])
    if _COUNTED.fullmatch(columns):
        return f"count runs{where}"
    if aggregates_only(columns):
        return f"runs{where} | group : {', '.join(map(fold_of, arguments_of(columns)))}"
    query = f"runs{where}" + (f" order {order}" if order else "")
    query += f" limit {parts['limit']}" if parts.get("limit") else ""
    return query if columns == "*" else f"{query} select {columns}"


def _once_of(columns: str) -> str:
    """The columns behind `distinct`, which stands there like a function too."""
    columns = _DISTINCT.sub("", columns, count=1).strip()
    return _IN_BRACKETS.sub(r"\1", columns) if _IN_BRACKETS.fullmatch(columns) else columns


def _written(word: str, part: str) -> str:
    return f"{word} {'by ' if word in {'group', 'order'} else ''}{part}"


def _turned(order: str, columns: str, *, by_name: bool) -> str:
    """The keys of an `order by` with each name of a column for its value, or the other way."""
    listed = [value_and_name(one) for one in arguments_of(columns)]
    pairs = [(value.strip(), name) for value, name in listed if name]
    counted = {str(at): (name if by_name and name else value) for at, (value, name) in enumerate(listed, 1)}
    names = {name.lower(): value for value, name in pairs}
    values = {value.lower(): name for value, name in pairs}
    new = []
    for key in arguments_of(order):
        found = _DIRECTION.search(key)
        end = len(key) if found is None else found.start()
        of = counted | (values if by_name else names)
        new.append(of.get(key[:end].lower(), key[:end]) + key[end:])
    return ", ".join(new)


def _keys_by_value(order: str, columns: str) -> str:
    return _turned(order, columns, by_name=False)


def _keys_by_name(order: str, columns: str) -> str:
    return _turned(order, columns, by_name=True)


def _refused(place: Place, parts: dict[str, str], span: Span) -> Mistake | None:
    """What SQL refuses too, or what an answer of RunQL would leave out."""
    columns = parts["select"]
    folded = _OF_DISTINCT.search(columns)
    if folded is not None:
        at = re.compile(re.escape(folded["name"]) + r"\s*\(\s*distinct\b", re.IGNORECASE).search(place.text, span.start)
        return _of_distinct(folded, Span(*at.span()) if at is not None else span, parts.get("group", ""), span.end)
    loose = loose_columns(parts) if "group" in parts else []
    if loose:
        return _loose(parts["group"], loose[0], span)
    is_once = _DISTINCT.match(columns) is not None and columns[-1:] != "*"
    return _not_once(parts, span) if is_once else None


def _not_once(parts: dict[str, str], span: Span) -> Mistake | None:
    """A `distinct` whose rows have no such order, or which is of groups."""
    once = _once_of(parts["select"])
    given = {one.lower() for pair in map(value_and_name, arguments_of(once)) for one in pair}
    if "group" in parts:
        if all(key.lower() in given for key in arguments_of(parts["group"])):
            return None
        message = "groups are told once each by their keys; `distinct` of other columns is a stage behind"
        hint = "`runs | group KEY | select n | distinct`"
        return Mistake("RQL108", message, span, (hint,), certain=True, resume=span.end)
    keys = [_DIRECTION.sub("", key) for key in arguments_of(parts.get("order", ""))]
    lost = next((key for key in keys if key.lower() not in given and not key.isdecimal()), None)
    if lost is None:
        return None
    message = f"rows are told once each by what is selected, and `{shown(lost)}` is not: they have no such order"
    hint = f"select it too: `select {shown(once)}, {shown(lost)} | distinct`"
    return Mistake("RQL108", message, span, (hint,), certain=True, resume=span.end)


def _loose(keys: str, one: str, span: Span) -> Mistake:
    """A column of which a group has many values."""
    message = f"`{shown(one)}` is neither a key of the group nor an aggregate"
    hints: tuple[str, ...] = (
        f"one row for each of both: `group {keys}, {one}`",
        f"of each group: `min({one})`, `n_unique({one})`",
    )
    if not _PLAIN.fullmatch(one):
        hints = ("a column is a key of `group`, or an aggregate such as `mean(x)`",)
    return Mistake("RQL108", message, span, hints, certain=True, resume=span.end)


def _of_distinct(folded: re.Match[str], span: Span, keys: str, resume: int | None) -> Mistake:
    """`avg(distinct x)`: each value once is a stage before."""
    fold = fold_of(f"{folded['name'].lower()}({folded['of']})")
    rows = f"| select {', '.join(filter(None, (keys, folded['of'])))} | distinct"
    message = f"`{folded['name']}(distinct …)` is {_SQL}: here rows are told once each by a stage before"
    grouped = f" | group {f'{keys} ' * bool(keys)}: {fold}" if fold.split("(")[0] in _FOLDS else ""
    hint = f"`{rows}{grouped}`; how many there are is `n_unique({folded['of']})`"
    return Mistake("RQL108", message, span, (hint,), certain=True, resume=resume)


_FOLDS: Final = frozenset({"mean", "sum", "min", "max", "median", "std"})


def fold_of_distinct(place: Place) -> Mistake | None:
    """`group k : avg(distinct x)`: a comma there would ask for something else."""
    word, bracket, name = place.back(1), place.back(2), place.back(3)
    if word is None or bracket is None or name is None or word.text.lower() != "distinct":
        return None
    end = closing(place.text, bracket.start) if bracket.terminal == "LPAR" else None
    folded = None if end is None else _OF_DISTINCT.fullmatch(place.text, name.start, end.end)
    is_of_all = place.back_terminal(4) == "COLON" and place.back_terminal(5) == "GROUP"
    keys = "" if is_of_all else "KEY"
    return None if folded is None or end is None else _of_distinct(folded, Span(name.start, end.end), keys, end.end)


def _set_of_selects(place: Place, lexemes: list[Lexeme], span: Span) -> Mistake | None:
    """`select … union all select …`, `select … except select …`."""
    depth, ends, kinds, sides, start = 0, list[Lexeme](), list[str](), list[str](), span.start
    for one, behind in zip(lexemes, [*lexemes[1:], None], strict=True):
        depth += (one.text == "(") - (one.text == ")")
        if depth == 0 and one.text.lower() in _SETS and behind is not None and behind.text.lower() in _BEHIND_SET:
            ends.append(one)
            kinds.append(one.text.lower() + " all" * (behind.text.lower() == "all"))
            sides.append(place.text[start : one.start].strip())
            start = behind.end if behind.text.lower() in {"all", "distinct"} else one.end
    if not ends:
        return None
    sides.append(place.text[start : span.end].strip())
    kind = kinds[0]
    new = _united(kind, sides) if len(set(kinds)) == 1 else None
    if new is not None:
        old = f"select … {kind} select …"
        return idiom(_SQL, old, new, span, replacing(span.start, span.end, new))
    if kind.startswith("union"):
        message = f"`{kind}` of SQL goes by the places of columns, `union` here by their names"
        hint = "rows below rows, of columns with the same names: `runs … | union (runs …)`"
    else:
        message = f"`{kind}` is {_SQL}; here a row is asked whether another query has its value"
        hint = f"`where name {'' if kind.startswith('intersect') else 'not '}in (runs … select name)`"
    where = Span(ends[0].start, ends[0].end)
    return Mistake("RQL108", message, where, (hint,), certain=True, resume=span.end)


_BEHIND_SET: Final = frozenset({"select", "all", "distinct"})


def _united(kind: str, sides: list[str]) -> str | None:
    """The sides of a set as one query; none where their columns have not the same names."""
    parted = [plain_parts(side) for side in sides]
    parts = [one for one in parted if one is not None]
    last = parts[-1] if parts else {}
    columns = {" ".join(one["select"].lower().split()) for one in parts}
    is_one = len(parts) == len(sides) and len(columns) == 1
    alone = [{word: part for word, part in one.items() if word not in {"order", "limit"}} for one in parts]
    if not is_one or any(one != plain for one, plain in zip(parts[:-1], alone[:-1], strict=True)):
        return None
    named = _keys_by_name(last.get("order", ""), last["select"])
    behind = [*([f"order {named}"] if named else []), *limited(last.get("limit", ""))]
    if kind.startswith("union"):
        queries = [_side(one) for one in alone]
        once = [] if kind.endswith(" all") else ["distinct"]
        if None in queries:
            return None
        return " | ".join([str(queries[0]), *(f"union ({one})" for one in queries[1:]), *once, *behind])
    is_pair = len(parts) == len(("left", "right")) and not any("group" in one for one in parts)
    return _in_other(kind, alone, behind) if is_pair and not kind.endswith(" all") else None


def _in_other(kind: str, sides: list[dict[str, str]], behind: list[str]) -> str | None:
    """`except` and `intersect` of a field that every run has."""
    column = sides[0]["select"].strip()
    if column.lower() not in _CERTAIN:
        return None
    left, right = (side.get("where", "") for side in sides)
    test = (
        f"{column} {'' if kind == 'intersect' else 'not '}in (runs{f' where {right}' * bool(right)} | select {column})"
    )
    left = f"({left})" if re.search(r"(?i)\bor\b", left) else left
    return " | ".join([f"runs where {f'{left} and ' * bool(left)}{test}", f"select {column}", "distinct", *behind])


def _side(parts: dict[str, str]) -> str | None:
    columns, where = parts["select"].strip(), f" where {parts['where']}" if parts.get("where") else ""
    if _COUNTED.fullmatch(columns) and "group" not in parts:
        return f"runs{where} | group : count()"
    if "group" in parts or "(" in columns or _DISTINCT.match(columns):
        return query_of_parts(parts)
    return f"runs{where}" if columns == "*" else f"runs{where} | select {columns}"
