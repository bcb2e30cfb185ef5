"""Joins, unions and questions in questions, as SQL, pandas, KQL and dplyr write them."""

from __future__ import annotations

import re
from itertools import islice
from typing import Final

from runql.syntax.keywords import keywords
from runql.syntax.mistake import Mistake, Place, alone_from, closing, idiom, replacing
from runql.syntax.mistakes.phrases.selects import query_of_select
from runql.syntax.mistakes.phrases.tables_of_others import join_of_frame, join_text, kind_of
from runql.syntax.tree import JoinKind
from runql.text.source import Span

_SPELLED: Final = re.compile(
    r"(?i)(?P<kind>(?:left|right|full|inner|outer|semi|anti|cross|natural)(?:[\s_]+outer)?)[\s_]+join\b"
)
_CALLED: Final = re.compile(
    r"(?i)(?P<word>(?:(?:left|right|full|inner|semi|anti)_)?(?:join|merge))\s*\((?P<inner>[^()]*(?:\([^()]*\)[^()]*)*)\)"
)
_LOOKUP: Final = re.compile(r"(?i)lookup\b")
_MERGE: Final = re.compile(r"(?i)merge(?=\s+@?[\w./-]+\s+on\b)")
_OF_KQL: Final = re.compile(r"(?i)join\s+(?:(?:kind|side)\s*[=:]\s*)?(?P<kind>\w+)(?P<outer>\s+outer)?(?=\s)")
_UNION: Final = re.compile(
    r"(?i)(?P<word>concat|append|bind_rows|rbind|union_all|vstack)\b\s*\(?\s*\[?\s*(?P<table>@?[\w./-]+)\s*\]?\s*\)?\s*(?=\||;|$)"
)
_UNION_OF: Final = re.compile(
    r"(?i)(?:concat|append|bind_rows|rbind|union_all|vstack)\s*(?=\(\s*(?:runs|count|run|sweep)\b)"
)
_SETS: Final = re.compile(
    r"(?i)(?P<word>intersect|minus|difference|except)\s*(?:\s(?P<table>@?[\w./-]+)\s*(?=\||;|$)|(?P<open>\())"
)
_QUANTIFIED: Final = re.compile(r"(?i)(?P<sign>==?|!=|<>|[<>]=?)\s*(?P<word>any|some|all)\Z")
_QUERY_END: Final = re.compile(r"[|;]|\Z")
_COLUMN: Final = re.compile(r"(?is)\A\s*select\s+(.+?)(?=\s+from\b|\s*\Z)")


def _stage_start(place: Place) -> tuple[int, str] | None:
    """Where a stage that is misspelled begins, and the pipe that it lacks before it."""
    if place.back_terminal() == "PIPE":
        return place.found.start, ""
    return (place.found.start, "| ") if "PIPE" in place.accepted else None


def spelled_join(place: Place) -> Mistake | None:
    """`left join base on …`, `inner join`, `lookup base on …`, `merge base on …`: the kind stands behind the word."""
    start = _stage_start(place)
    if start is None:
        return None
    if match := _LOOKUP.match(place.text, place.found.start):
        kind = JoinKind.LEFT.value
    elif match := _MERGE.match(place.text, place.found.start):
        kind = JoinKind.INNER.value
    elif match := _SPELLED.match(place.text, place.found.start):
        kind = match["kind"]
    else:
        return None
    return _kind_written(kind, match[0], Span(*match.span()), start[1])


def _kind_written(kind: str, written: str, span: Span, pipe: str) -> Mistake | None:
    found = kind_of(kind)
    if found is None and kind.lower().startswith("right"):
        hint = "the other way round: `runs from OTHER | join left (…) on KEY`"
        message = f"for `{written}` the tables change places: `join left` keeps the rows of the first"
        return Mistake("RQL108", message, span, (hint,), certain=True)
    if found is None:
        pairs = "every row beside every other: `| derive one = 1 | join (runs … | derive one = 1) on one`"
        equal = "`join NAME on KEY` puts together the rows whose keys are equal"
        hint = pairs if kind.lower().startswith("cross") else equal
        return Mistake("RQL108", f"there is no `{written}`: a join has a key", span, (hint,), certain=True)
    new = f"{pipe}{join_text(found)}"
    return idiom(None, written, new, span, replacing(span.start, span.end, new))


def call_of_frame(place: Place) -> Mistake | None:
    """`merge(base, how="left", on="k")`, `left_join(base, by = "k")`, `join(base, on="k", how="anti")`."""
    start = _stage_start(place)
    word = place.back(2)
    if place.back_terminal() == "LPAR" and word is not None and word.terminal == "JOIN":
        start = word.start, ""
    match = _CALLED.match(place.text, start[0]) if start is not None else None
    stage = join_of_frame(match["word"], match["inner"]) if match is not None else None
    if match is None or start is None or stage is None:
        return None
    new = f"{start[1]}{stage}"
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
    if kind_of(match["kind"]) is None and not match["kind"].lower().startswith("right"):
        return None
    return _kind_written(match["kind"] + (match["outer"] or ""), match[0], Span(*match.span()), "")


def spelled_union(place: Place) -> Mistake | None:
    """`concat bad`, `bind_rows(bad)`; `intersect bad`, `except bad`, `except (runs where …)`."""
    start = _stage_start(place)
    if start is None:
        return None
    if match := _UNION_OF.match(place.text, place.found.start):
        new, end = f"{start[1]}union{'' if match[0][-1].isspace() else ' '}", match.end()
    elif match := _UNION.match(place.text, place.found.start):
        new, end = f"{start[1]}union {match['table']}", match.end()
    elif (match := _SETS.match(place.text, place.found.start)) and _is_of_tables(match["word"], place):
        closed = closing(place.text, match.end() - 1) if match["open"] else None
        inner = place.text[match.end() : closed.start].strip() if closed is not None else ""
        query = query_of_select(inner, rows=True) if inner.lower().startswith("select") else inner
        table = match["table"] or (f"({query})" if query else None)
        if table is None:
            return None
        kind = JoinKind.SEMI if match["word"].lower() == "intersect" else JoinKind.ANTI
        new, end = f"{start[1]}{join_text(kind)} {table} on id", closed.end if closed is not None else match.end()
    else:
        return None
    written = place.text[match.start() : end].rstrip()
    span = Span(match.start(), match.start() + len(written))
    return idiom(None, written, new, span, replacing(span.start, span.end, new))


def _is_of_tables(word: str, place: Place) -> bool:
    """Whether a word of sets is about tables: `except` also takes patterns away from patterns."""
    return word.lower() != "except" or place.back_terminal() in {"PIPE", "SOURCE", "SAVED", "RUNS", "RPAR"}


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


def union_of_query(place: Place) -> Mistake | None:
    """`union runs where …`: the other query stands in parentheses."""
    runs = place.back()
    if runs is None or place.back_terminal(2) != "UNION" or runs.text.lower() not in keywords().query_words:
        return None
    end = _QUERY_END.search(place.text, place.found.start)
    text = place.text[runs.start : end.start() if end else None].rstrip()
    span, new = Span(runs.start, runs.start + len(text)), f"({text})"
    repair = replacing(*_pair(span), new)
    return Mistake("RQL101", "the other query stands in parentheses", span, repairs=(repair,), certain=True)


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
    if "ON" not in place.accepted or place.found.terminal != "PATH" or place.word in keywords().clause_words:
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
    """`x in (select y from runs where …)`, `x = (select max(y) …)`, `x = any (select y …)`, `x > all (select y …)`."""
    found = _inner(place)
    if found is None:
        return None
    start, end, text = found
    before = place.text[:start].rstrip()
    if re.search(r"(?i)\bexists\Z", before):
        return None
    if quantified := _QUANTIFIED.search(before):
        return _of_quantifier(place, quantified, Span(start, end), text)
    query = query_of_select(text)
    if query is None:
        return None
    new = f"({query})" if re.search(r"(?i)\b(in|any|all|value)\Z", before) else f"value({query})"
    return idiom("SQL", place.text[start:end], new, Span(start, end), replacing(start, end, new))


def _of_quantifier(place: Place, sign: re.Match[str], span: Span, text: str) -> Mistake | None:
    """`= any (…)` is `in (…)`; `> all (…)` compares with the largest."""
    is_all = sign["word"].lower() == "all"
    if sign["sign"] in {"=", "=="} and not is_all:
        new = query_of_select(text)
        new = None if new is None else f"in ({new})"
    elif sign["sign"] in {"!=", "<>"} and is_all:
        new = query_of_select(text)
        new = None if new is None else f"not in ({new})"
    else:
        fold = "max" if sign["sign"].startswith(">") is is_all else "min"
        folded = _COLUMN.sub(rf"select {fold}(\1)", text, count=1)
        new = query_of_select(folded) if sign["sign"][0] in "<>" else None
        new = None if new is None else f"{sign['sign']} value({new})"
    if new is None:
        return None
    written = Span(sign.start(), span.end)
    return idiom("SQL", place.text[written.start : written.end], new, written, replacing(*_pair(written), new))


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


_CORRELATED: Final = re.compile(
    r"(?is)where\s+(?:not\s+)?exists\s*\(\s*select\s+[^()]{1,80}?\s+from\s+runs\s+(?:as\s+)?(?P<inner>[^\W\d]\w*)\s+where\s+"
    r"(?P<terms>[^()|;]{1,300})\)(?=\s*(?:[|;]|\Z))"
)
_SAME: Final = re.compile(r"(?P<a>[^\W\d][\w./]*)\s*==?\s*(?P<b>[^\W\d][\w./]*)")


def _correlated(place: Place, at: int, kind: str) -> Mistake | None:
    """`where exists (select 1 from runs r where r.config.checkpoint = id)`: a join, where it is all that is asked."""
    first = max(0, at - 12)
    begin = place.text[first:at].lower().rfind("where")
    found = _CORRELATED.match(place.text, first + begin) if begin >= 0 else None
    if found is None:
        return None
    own = f"{found['inner']}."
    keys: tuple[str, str] | None = None
    rest = list[str]()
    for term in re.split(r"(?i)\s+and\s+", found["terms"].strip()):
        same = _SAME.fullmatch(term)
        sides = sorted((same["a"], same["b"]), key=lambda side: not side.startswith(own)) if same is not None else []
        if keys is None and sides and sides[0].startswith(own) and not sides[1].startswith(own):
            keys = sides[0].removeprefix(own), sides[1].removeprefix("runs.")
        else:
            rest.append(re.sub(rf"(?<![\w.]){re.escape(own)}", "", term))
    if keys is None or any(re.search(r"(?i)\bor\b", term) for term in rest):
        return None
    where = f" where {' and '.join(rest)}" if rest else ""
    on = keys[0] if keys[0] == keys[1] else f"{keys[1]} = {keys[0]}"
    is_stage = place.text[max(0, found.start() - 4) : found.start()].rstrip()[-1:] == "|"
    new = f"{'' if is_stage else '| '}join {kind} (runs{where} select {keys[0]}) on {on}"
    span = Span(*found.span())
    return idiom("SQL", found[0], new, span, replacing(span.start, span.end, new))


def existence(place: Place) -> Mistake | None:
    """`exists (select …)`, `not exists (runs …)`: a semi join, or an anti join."""
    found = _inner(place)
    if found is None or not re.search(r"(?i)\bexists\Z", place.text[: found[0]].rstrip()):
        return None
    start, end, _ = found
    word = re.search(r"(?i)(not\s+)?exists\s*\Z", place.text[:start])
    span = Span(word.start() if word else start, end)
    kind = "anti" if word and word[1] else "semi"
    if word is not None and (joined := _correlated(place, word.start(), kind)) is not None:
        return joined
    message = "`exists` asks of a field whether a run has it"
    hints = (f"rows for which another table has one: `| join {kind} (runs where …) on KEY`",)
    return Mistake("RQL108", message, span, hints, certain=True, resume=end)
