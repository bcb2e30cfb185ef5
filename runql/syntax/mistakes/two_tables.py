"""Joins, unions and questions in questions, as SQL, pandas, KQL and dplyr write them."""

from __future__ import annotations

import re
from itertools import islice
from typing import Final

from runql.syntax.keywords import keywords
from runql.syntax.mistake import Mistake, Place, alone_from, closing, idiom, replacing
from runql.syntax.tree import JoinKind
from runql.text.source import Span

_ALSO: Final = {"innerunique": JoinKind.INNER, "outer": JoinKind.FULL, "": JoinKind.INNER}
"""What other languages call a kind, where it is not the same word, or that with `outer` behind it."""
_SPELLED: Final = re.compile(
    r"(?i)(?P<kind>(?:left|right|full|inner|outer|semi|anti|cross|natural)(?:[\s_]+outer)?)[\s_]+join\b"
)
_CALLED: Final = re.compile(
    r"(?i)(?:(?P<kind>left|right|full|inner|semi|anti)_)?(?P<word>join|merge)\s*\(\s*(?P<table>@?[\w./-]+)\s*"
    r"(?P<rest>(?:,[^()]*(?:\([^()]*\)[^()]*)*)?)\)"
)
_LOOKUP: Final = re.compile(r"(?i)lookup\b")
_HOW: Final = re.compile(r"(?i)how\s*=\s*[\"'](?P<how>\w+)[\"']")
_KEYS: Final = re.compile(r"(?i)\b(?:on|by|left_on|right_on)\s*=\s*(?P<keys>[\"'][^\"']*[\"']|[\[(c][^\])]*[\])])")
_QUOTED: Final = re.compile(r"[\"']([^\"']+)[\"']")
_OF_KQL: Final = re.compile(r"(?i)join\s+(?:(?:kind|side)\s*[=:]\s*)?(?P<kind>\w+)(?P<outer>\s+outer)?(?=\s)")
_UNION: Final = re.compile(
    r"(?i)(?P<word>concat|append|bind_rows|rbind|union_all|vstack)\b\s*\(?\s*\[?\s*(?P<table>@?[\w./-]+)\s*\]?\s*\)?\s*(?=\||;|$)"
)
_SETS: Final = re.compile(r"(?i)(?P<word>intersect|minus|difference)\s+(?P<table>@?[\w./-]+)\s*(?=\||;|$)")
_SELECT: Final = re.compile(
    r"(?is)\s*select\s+(?P<columns>.+?)(?:\s+from\s+(?P<source>[\w./@-]+))?(?:\s+where\s+(?P<where>.+?))?\s*\Z"
)
_ALL_OF: Final = {"*", "1"}
_IS_CALL: Final = re.compile(r"\w+\s*\(")


def _kind_of(text: str) -> JoinKind | None:
    """The kind of a join by what others call it: `left`, `leftouter`, `full outer`."""
    text = re.sub(r"[\s_]", "", text.lower())
    if text in _ALSO:
        return _ALSO[text]
    found = [kind for kind in JoinKind if text in {kind.value, f"{kind.value}outer", f"left{kind.value}"}]
    return found[0] if found else None


def _join(kind: JoinKind) -> str:
    return "join" if kind is JoinKind.INNER else f"join {kind.value}"


def _stage_start(place: Place) -> tuple[int, str] | None:
    """Where a stage that is misspelled begins, and the pipe that it lacks before it."""
    if place.back_terminal() == "PIPE":
        return place.found.start, ""
    return (place.found.start, "| ") if "PIPE" in place.accepted else None


def spelled_join(place: Place) -> Mistake | None:
    """`left join base on …`, `inner join`, `lookup base on …`: the kind stands behind the word."""
    start = _stage_start(place)
    if start is None:
        return None
    if match := _LOOKUP.match(place.text, place.found.start):
        kind = JoinKind.LEFT.value
    elif match := _SPELLED.match(place.text, place.found.start):
        kind = match["kind"]
    else:
        return None
    return _kind_written(kind, match[0], Span(*match.span()), start[1])


def _kind_written(kind: str, written: str, span: Span, pipe: str) -> Mistake | None:
    found = _kind_of(kind)
    if found is None and kind.lower().startswith("right"):
        hint = "the other way round: `runs from OTHER | join left (…) on KEY`"
        message = f"for `{written}` the tables change places: `join left` keeps the rows of the first"
        return Mistake("RQL108", message, span, (hint,), certain=True)
    if found is None:
        hint = "`join NAME on KEY` puts together the rows whose keys are equal"
        return Mistake("RQL108", f"there is no `{written}`: a join has a key", span, (hint,), certain=True)
    new = f"{pipe}{_join(found)}"
    return idiom(None, written, new, span, replacing(span.start, span.end, new))


def call_of_frame(place: Place) -> Mistake | None:
    """`merge(base, how="left", on="k")`, `left_join(base, by = "k")`."""
    start = _stage_start(place)
    match = _CALLED.match(place.text, place.found.start) if start is not None else None
    if match is None or start is None:
        return None
    how = _HOW.search(match["rest"])
    kind = _kind_of(how["how"] if how else match["kind"] or "")
    keys = [_QUOTED.findall(found["keys"]) for found in _KEYS.finditer(match["rest"])]
    if kind is None or not keys or not keys[0]:
        return None
    on = ", ".join(keys[0])
    if len(keys) == 2 and len(keys[0]) == len(keys[1]):
        on = ", ".join(f"{left} = {right}" for left, right in zip(*keys, strict=True))
    new = f"{start[1]}{_join(kind)} {match['table']} on {on}"
    return idiom(None, match[0], new, Span(*match.span()), replacing(*match.span(), new))


def using(place: Place) -> Mistake | None:
    """`join base using (k)`, `join base by k`."""
    if place.word not in {"using", "by"} or "ON" not in place.accepted:
        return None
    match = re.compile(r"(?i)(using|by)\s*(?:\(\s*(?P<listed>[^()]*)\)|(?P<plain>[\w./`]+))").match(
        place.text, place.found.start
    )
    if match is None:
        return None
    new = f"on {(match['listed'] or match['plain']).strip()}"
    language = "SQL" if place.word == "using" else None
    return idiom(language, match[0], new, Span(*match.span()), replacing(*match.span(), new))


def kind_of_join(place: Place) -> Mistake | None:
    """`join outer base on k`, `join kind=leftouter base on k`."""
    join = place.clause
    if join is None or join.terminal != "JOIN" or "ON" not in place.accepted:
        return None
    match = _OF_KQL.match(place.text, join.start)
    if match is None or match.end() > place.found.start:
        return None
    if _kind_of(match["kind"]) is None and not match["kind"].lower().startswith("right"):
        return None
    return _kind_written(match["kind"] + (match["outer"] or ""), match[0], Span(*match.span()), "")


def spelled_union(place: Place) -> Mistake | None:
    """`concat bad`, `bind_rows(bad)`; `intersect bad`, `except bad`."""
    start = _stage_start(place)
    if start is None:
        return None
    if match := _UNION.match(place.text, place.found.start):
        new = f"{start[1]}union {match['table']}"
    elif match := _SETS.match(place.text, place.found.start):
        new = f"{start[1]}join {'semi' if match['word'].lower() == 'intersect' else 'anti'} {match['table']} on id"
    else:
        return None
    written = match[0].rstrip()
    span = Span(match.start(), match.start() + len(written))
    return idiom(None, written, new, span, replacing(span.start, span.end, new))


def union_all(place: Place) -> Mistake | None:
    """`union all bad`: every row stays anyway."""
    union, word = place.back(2), place.back()
    if union is None or word is None or union.terminal != "UNION" or word.text.lower() not in {"all", "distinct"}:
        return None
    span = Span(union.start, word.end)
    if word.text.lower() == "all":
        return idiom("SQL", "union all", "union", span, replacing(span.start, span.end, "union"))
    hint = "`union` keeps each row; then `| distinct` takes each once"
    return Mistake("RQL108", "`union distinct` is SQL", span, (hint,), repairs=(replacing(*_pair(span), "union"),))


def _pair(span: Span) -> tuple[int, int]:
    return span.start, span.end


def keys_together(place: Place) -> Mistake | None:
    """`on (k, l)`, `on k and l`: keys stand one behind the other, with a comma."""
    if place.clause is None or place.clause.terminal != "JOIN":
        return None
    if place.back_terminal() == "ON" and place.found.text == "(":
        end = closing(place.text, place.found.start)
        if end is None:
            return None
        new = place.text[place.found.end : end.start].strip()
        span = Span(place.found.start, end.end)
        return Mistake(
            "RQL101", "keys stand without parentheses", span, repairs=(replacing(span.start, span.end, new),)
        )
    if place.word in {"and", "&", "&&"} and "COMMA" in place.accepted and "PIPE" in place.accepted:
        before = place.back()
        start = before.end if before is not None else place.found.start
        repair = replacing(start, place.found.end, ",")
        return Mistake("RQL101", "keys are separated by `,`", place.span, repairs=(repair,))
    return None


def keys_without_on(place: Place) -> Mistake | None:
    """`join base config.data`: the key stands behind `on`."""
    if "ON" not in place.accepted or place.found.terminal != "PATH":
        return None
    repair = replacing(place.found.start, place.found.start, "on ", "write `on` before it")
    return Mistake("RQL101", "`on` is missing before the key", place.span, repairs=(repair,))


# ---------------------------------------------------------------- questions in questions


def _inner(place: Place) -> tuple[int, int, str] | None:
    """The bracket that was read last, or found, with a query or a `select` in it."""
    lexemes = place.attempt.lexemes
    opened = next((one for one in reversed(lexemes) if one.terminal == "LPAR"), None)
    if opened is None or not place.in_condition:
        return None
    first = next(islice(alone_from(place.text, opened.end), 1), None)
    end = closing(place.text, opened.start)
    if first is None or end is None or end.end <= place.found.start:
        return None
    word = first.text.lower()
    if word != "select" and (word not in keywords().query_words or place.found.start > first.end + 1):
        return None
    return opened.start, end.end, place.text[opened.end : end.start].strip()


def inner_select(place: Place) -> Mistake | None:
    """`x in (select y from runs where …)`, `x = (select max(y) …)`."""
    found = _inner(place)
    if found is None:
        return None
    start, end, text = found
    before = place.text[:start].rstrip().lower()
    if re.search(r"\bexists\Z", before):
        return None
    many = bool(re.search(r"\b(in|any|all)\Z", before))
    query = _as_query(text)
    if query is None:
        return None
    new = f"({query})" if many else f"value({query})"
    return idiom("SQL", place.text[start:end], new, Span(start, end), replacing(start, end, new))


def _as_query(text: str) -> str | None:
    """A `select` as a query."""
    match = _SELECT.match(text)
    if match is None or match["columns"].strip() in _ALL_OF:
        return None
    source = match["source"]
    parts = ["runs", f"from {source}" if source and source.lower() != "runs" else ""]
    parts += [f"where {match['where']}" if match["where"] else ""]
    columns = match["columns"].strip()
    parts += [f"| group : {columns}" if _IS_CALL.match(columns) else f"select {columns}"]
    return " ".join(filter(None, parts))


def inner_value(place: Place) -> Mistake | None:
    """`acc > (runs | group : mean(acc))`: the value of a query."""
    found = _inner(place)
    if found is None or found[2].lower().startswith("select"):
        return None
    start, end, text = found
    before = place.text[:start].rstrip().lower()
    if re.search(r"\b(in|any|all|exists|value)\Z", before):
        return None
    message = "the value of a query is written `value(…)`"
    return Mistake("RQL101", message, Span(start, end), repairs=(replacing(start, end, f"value({text})"),))


def existence(place: Place) -> Mistake | None:
    """`exists (select …)`, `not exists (runs …)`: a semi join, or an anti join."""
    found = _inner(place)
    if found is None or not re.search(r"(?i)\bexists\Z", place.text[: found[0]].rstrip()):
        return None
    start, end, _ = found
    word = re.search(r"(?i)(not\s+)?exists\s*\Z", place.text[:start])
    span = Span(word.start() if word else start, end)
    kind = "anti" if word and word[1] else "semi"
    message = "`exists` asks of a field whether a run has it"
    hints = (f"rows for which another table has one: `| join {kind} (runs where …) on KEY`",)
    return Mistake("RQL108", message, span, hints, certain=True, resume=end)
