"""Queries over a query, over runs under another name, and sets of queries, as SQL writes them."""

from __future__ import annotations

import re
from itertools import islice
from typing import Final

from runql.syntax.keywords import keywords
from runql.syntax.mistake import Mistake, Place, closing, idiom, replacing
from runql.syntax.mistakes.functions.split_arguments import arguments_of
from runql.syntax.mistakes.phrases.selects import joined_query, query_of_select, stages_of_select, without_tables
from runql.syntax.mistakes.phrases.windows import query_with_windows
from runql.syntax.mistakes.sql_group_by import parts_of, statement_of
from runql.text.source import Span

_JOINS: Final = re.compile(r"join|left|right|full|inner|cross|outer|natural")
_NAME: Final = re.compile(r"[^\W\d]\w*")
_INNER: Final = re.compile(r"(?is)\s*select\b")
_SETS: Final = {"except": "anti", "minus": "anti", "intersect": "semi"}
_SQL: Final = "SQL"


def query_of_query(place: Place) -> Mistake | None:
    """`select * from (select … from runs …) t where …`: the outer one's parts are stages behind the inner one."""
    if "RUNS" not in place.accepted or place.word != "select":
        return None
    lexemes = statement_of(place)
    if (first_rows := _distinct_on(place, Span(lexemes[0].start, lexemes[-1].end))) is not None:
        return first_rows
    parts = parts_of(place.text, lexemes)
    at = next((one for one in lexemes[1:] if one.text.lower() == "from"), None)
    source = parts.get("from", "")
    end = closing(source, 0) if at is not None and source.startswith("(") else None
    if end is None or not _INNER.match(source[1:]):
        return None
    alias = re.sub(r"(?i)\Aas\s+", "", source[end.end :].strip())
    if alias and not _NAME.fullmatch(alias):
        return None
    inner = source[1 : end.start].strip()
    query = query_with_windows(inner) or query_of_select(inner, rows=True)
    if query is None:
        return None
    plain = {word: without_tables({alias} - {""}, part) for word, part in parts.items() if word != "from"}
    new = " | ".join([query, *stages_of_select(plain)])
    span = Span(lexemes[0].start, lexemes[-1].end)
    return idiom(_SQL, place.text[span.start : span.end], new, span, replacing(span.start, span.end, new))


_DISTINCT_ON: Final = re.compile(
    r"(?is)select\s+distinct\s+on\s*\((?P<keys>[^()]+)\)\s*(?P<columns>[^;|]+?)\s+from\s+runs\b(?P<rest>[^;|]*?)"
    r"(?:\s+order\s+by\s+(?P<order>[^;|]+?))?(?P<limit>\s+limit\s+\d+)?\s*\Z"
)


def _distinct_on(place: Place, span: Span) -> Mistake | None:
    """`select distinct on (k) name from runs order by k, a desc`: the first row of each, in that order."""
    found = _DISTINCT_ON.fullmatch(place.text[span.start : span.end])
    if found is None:
        return None
    stages = [f"runs {found['rest'].strip()}".strip()]
    stages += [f"order {found['order']}"] if found["order"] else []
    stages += [f"distinct by {found['keys'].strip()}"]
    stages += [found["limit"].strip()] if found["limit"] else []
    stages += [] if found["columns"].strip() == "*" else [f"select {found['columns'].strip()}"]
    new = " | ".join(stages)
    return idiom("Postgres", place.text[span.start : span.end], new, span, replacing(span.start, span.end, new))


def runs_renamed(place: Place) -> Mistake | None:
    """`runs r where r.config.lr > 0.1`, `runs r join base b on r.k = b.k`: the runs have no other name."""
    runs = place.back()
    if runs is None or runs.terminal != "RUNS":
        return None
    following = [one for one in islice(place.ahead(), 3) if one.text.lower() != "as"]
    name = following[0].text if following else ""
    behind = following[1].text.lower() if len(following) > 1 else ""
    if not _NAME.fullmatch(name) or not (_JOINS.fullmatch(behind) or behind in keywords().clause_words):
        return None
    lexemes = statement_of(place)
    end = lexemes[-1].end
    old = place.text[runs.start : end]
    rest = place.text[following[0].end : end].strip()
    if _JOINS.fullmatch(behind):
        new = joined_query(f"select * from runs {name} {rest}")
    else:
        new = f"{runs.text} {without_tables({name}, rest)}" if f"{name}." in rest else None
    if new is None:
        return None
    return idiom(_SQL, old, new, Span(runs.start, end), replacing(runs.start, end, new))


def sets_of_queries(place: Place) -> Mistake | None:
    """`runs where … except runs where …`: rows that another query has, or has not."""
    kind = _SETS.get(place.word)
    other = next(islice(place.ahead(), 1, 2), None)
    if kind is None or other is None or other.text.lower() not in keywords().query_words:
        return None
    if "PIPE" not in place.accepted:
        if "RUNS" not in place.accepted:
            return None
        hint = f"behind a query: `runs … | join {kind} (runs where …) on id`"
        message = f"`{place.found.text}` is {_SQL}: a query begins with `runs`"
        return Mistake("RQL108", message, place.span, (hint,), certain=True)
    lexemes = statement_of(place)
    span = Span(place.found.start, lexemes[-1].end)
    new = f"| join {kind} ({place.text[other.start : span.end]}) on id"
    return idiom(_SQL, place.text[span.start : span.end], new, span, replacing(span.start, span.end, new))


_MADE_NAME: Final = re.compile(r"(?<![\w.])[^\W\d]+_\w*")
_PLAIN_FOLD: Final = re.compile(r"([^\W\d]\w*)\s*\(\s*([\w./]*)\s*\)")
_BEHIND: Final = 400


def with_names_of_kusto(folds: str, text: str, end: int) -> str:
    """Aggregates with those names that later stages use: there `avg(acc)` is called `avg_acc`, `count()` `count_`."""
    behind = set(_MADE_NAME.findall(text[end : end + _BEHIND]))
    parts = []
    for fold in arguments_of(folds):
        called = _PLAIN_FOLD.fullmatch(fold)
        name = f"{called[1]}_{called[2].rpartition('.')[2]}" if called is not None else ""
        parts.append(f"{name} = {fold}" if name in behind else fold)
    return ", ".join(parts)
