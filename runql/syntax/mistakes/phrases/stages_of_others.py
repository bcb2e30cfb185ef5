"""Phrases of SQL, Kusto, PRQL and dplyr that are a clause or a stage here, or two."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from runql.language.stages import STAGES
from runql.syntax.lexer import END, Lexeme
from runql.syntax.literals import write_string
from runql.syntax.mistake import Mistake, Place, Repair, closing, idiom, leaving_out, replacing
from runql.syntax.recovery import next_piece
from runql.text.diagnostic import Edit
from runql.text.source import Span

_SQL: Final = "SQL"
_KEY: Final = r"[^\W\d][\w./]*"
_NULLS: Final = re.compile(r"(?i)nulls\s+(?P<where>first|last)\b")
_FETCH: Final = re.compile(r"(?i)fetch\s+(?:first|next)\s+(?P<count>\d+)\s+rows?(?:\s+(?:only|with\s+ties))?\b")
_SELECT_TOP: Final = re.compile(
    r"(?i)select\s+top\s*\(?\s*(?P<count>\d+)\s*\)?\s+(?P<columns>[^;|]+?)\s+from\s+runs\b(?![./])"
)
_COUNT_DISTINCT: Final = re.compile(
    rf"(?i)select\s+count\s*\(\s*distinct\s+(?P<key>{_KEY})\s*\)\s+from\s+runs\b(?![./])(?P<rest>[^;|]*)"
)
FOLDS: Final = {
    "avg": "mean",
    "average": "mean",
    "mean": "mean",
    "sum": "sum",
    "total": "sum",
    "min": "min",
    "max": "max",
    "minimum": "min",
    "maximum": "max",
    "std": "std",
    "stddev": "std",
    "median": "median",
    "count_distinct": "n_unique",
    "nunique": "n_unique",
}
_APPLIED: Final = re.compile(rf"(?i)\b({'|'.join(FOLDS)})(?:\s+({_KEY})|\s*\()")
_AGGREGATE: Final = re.compile(r"(?i)(?:agg|aggregate|summari[sz]e|stats)\b\s*(?P<body>[^|;]+)")
_GROUP_AGGREGATE: Final = re.compile(
    r"(?i)\{?(?P<keys>[^{}()|;]+?)\}?\s*\(\s*aggregate\s*\{?(?P<folds>[^{}|;]+?)\}?\s*\)(?=\s*(?:[|;]|\Z))"
)
_SKIPPED: Final = re.compile(r"\s*,\s*na\.rm\s*=\s*T(?:RUE)?\b")
_ROWS: Final = re.compile(r"(?<![\w.])n\(\s*\)")
_MOST: Final = re.compile(
    rf"(?i)(?P<word>top|bottom|nlargest|nsmallest|top_k|bottom_k)(?:\s+(?P<n1>\d+)\s+(?P<k1>-?{_KEY})"
    rf"|\s*\(\s*(?P<n2>\d+)\s*,\s*(?:by\s*=\s*|columns\s*=\s*)?[\"']?(?P<k2>{_KEY})[\"']?\s*\))(?=\s*(?:[|;]|\Z))"
    rf"|(?P<slice>slice_max|slice_min)(?:\s+|\s*\(\s*)(?P<k3>{_KEY})\s*,?\s*n\s*=\s*(?P<n3>\d+)\s*\)?(?=\s*(?:[|;]|\Z))"
)
_LOW: Final = {"bottom", "nsmallest", "slice_min", "bottom_k"}
_COUNTS: Final = re.compile(
    rf"(?i)(?:value_counts|count|tally)\b\s*\(?\s*(?:(?:by|per)\s+(?P<by>{_KEY})|(?P<key>{_KEY}))?(?P<sort>\s*,\s*sort\s*=\s*T(?:RUE)?)?\s*\)?(?=\s*(?:[|;]|\Z))"
)
_APPLIED_BARE: Final = "|".join(one for one in FOLDS if one not in {"min", "max"})
_WHOLE: Final = re.compile(
    rf"(?i)(?:(?:{'|'.join(FOLDS)})\s*\(\s*{_KEY}\s*\)|(?:{_APPLIED_BARE})\s+{_KEY})(?=\s*(?:[|;]|\Z))"
)
_OF_EACH: Final = re.compile(
    rf"(?i)(?P<fold>(?:{'|'.join(FOLDS)})\s*(?:\(\s*{_KEY}\s*\)|\s(?:of\s+)?{_KEY}))\s+(?:by|per|for\s+each|grouped\s+by)\s+"
    rf"(?P<keys>{_KEY}(?:\s*,\s*{_KEY})*)(?=\s*(?:[|;]|\Z))"
)
_ROW_COUNT: Final = "group : count()"
_AWAY: Final = re.compile(r"(?i)project-away\b")
_RENAMED: Final = re.compile(rf"\(\s*(?P<pairs>{_KEY}\s*=\s*{_KEY}(?:\s*,\s*{_KEY}\s*=\s*{_KEY})*)\s*\)")
_WORDS: Final = re.compile(r"\[\s*(?P<words>[^\W\d]\w*(?:\s*,\s*[^\W\d]\w*)*)\s*\]")
_ASKS: Final = re.compile(r"(?i)(?P<word>duckdb|query|sqlite|run_sql)\s+(?=[\"']{1,3}\s*(?:select|from|with|values)\b)")


def _stage_begins(place: Place) -> bool:
    return place.back_terminal() == "PIPE"


def said(language: str | None, place: Place, span: Span, new: str, *hints: str) -> Mistake:
    repair = replacing(span.start, span.end, new)
    return idiom(language, place.text[span.start : span.end], new, span, repair, *hints)


def nulls_last(place: Place) -> Mistake | None:
    """`order x desc nulls last`: values that are not there come last anyway."""
    found = _NULLS.match(place.text, place.found.start)
    if found is None or place.clause is None or place.clause.terminal != "ORDER":
        return None
    span = Span(*found.span())
    if found["where"].lower() == "last":
        repair = leaving_out(span.start, span.end, found[0])
        message = f"`{found[0]}` is SQL; in RunQL NaN, null and missing come last both ways"
        return Mistake("RQL108", message, span, repairs=(repair,), reach=0)
    hint = "those without a value by themselves: `where missing(x)`"
    message = f"`{found[0]}` is SQL; in RunQL NaN, null and missing come last both ways"
    return Mistake("RQL108", message, span, (hint,), certain=True, resume=span.end)


def fetch_first(place: Place) -> Mistake | None:
    """`fetch first 5 rows only`."""
    found = _FETCH.match(place.text, place.found.start)
    if found is None or not ({"LIMIT", "PIPE"} & place.accepted or _stage_begins(place)):
        return None
    piped = place.first_pipe is not None and not _stage_begins(place)
    return said(_SQL, place, Span(*found.span()), f"{'| ' * piped}limit {found['count']}")


def select_top(place: Place) -> Mistake | None:
    """`select top 5 name from runs order by acc`, `select count(distinct x) from runs`."""
    if "RUNS" not in place.accepted or place.word != "select":
        return None
    if counted := _COUNT_DISTINCT.match(place.text, place.found.start):
        rest = f" {counted['rest'].strip()}" if counted["rest"].strip() else ""
        span = Span(counted.start(), counted.start() + len(counted[0].rstrip()))
        return said(_SQL, place, span, f"runs{rest} | group : n_unique({counted['key']})")
    found = _SELECT_TOP.match(place.text, place.found.start)
    if found is None:
        return None
    ends = (one.start for one in place.ahead() if one.terminal in {"PIPE", "SEMI", END} and one.start >= found.end())
    end = len(place.text[: next(ends, len(place.text))].rstrip())
    chosen = "" if found["columns"].strip() == "*" else f" select {found['columns'].strip()}"
    begun, limit = f"runs{chosen}", f" limit {found['count']}"
    edits = (Edit(Span(*found.span()), begun), Edit(Span(end, end), limit))
    repair = Repair(f"write `{begun} …{limit}`", edits)
    return idiom(_SQL, found[0], f"{begun}{limit}", Span(*found.span()), repair)


def group_by_of_sql(place: Place) -> Mistake | None:
    """`runs group by config.optimizer`: a stage."""
    following = next(iter(list(place.ahead())[1:2]), None)
    if place.word != "group" or following is None or following.text.lower() != "by" or "PIPE" not in place.accepted:
        return None
    span = Span(place.found.start, following.end)
    count = place.attempt.lexemes[0] if place.attempt.lexemes else place.found
    for lexeme in place.attempt.lexemes:
        count = lexeme if lexeme.terminal in {"SEMI", "COUNT"} else count
    if count.terminal == "COUNT":  # of each group, which has its count
        edits = (Edit(Span(count.start, count.end + 1), ""), Edit(span, "| group"))
        message = "`count` is one number: of each group it is `n`, which `| group` gives by itself"
        repair = Repair("write `| group` without `count`", edits)
        resume = next_piece(place.text, span.end, frozenset({"PIPE"}))
        return Mistake("RQL108", message, span, proven=(repair,), certain=True, resume=resume)
    return said(_SQL, place, span, "| group")


def aggregate_of_all(place: Place) -> Mistake | None:
    """`| aggregate {m = average x}`, `| agg mean(x)`: of the whole table."""
    found = _AGGREGATE.match(place.text, place.found.start) if _stage_begins(place) else None
    if found is None or _grouped_before(place):
        return None
    body = found["body"].strip()
    if re.search(r"(?i)\bby\b|:", body) or not body:
        return None
    span = Span(found.start(), found.start() + len(found[0].rstrip()))
    return said(None, place, span, f"group : {_folds(body)}")


def _grouped_before(place: Place) -> bool:
    return [one.terminal for one in place.piece[:2]] == ["PIPE", "GROUP"]


def as_here(folds: str) -> str:
    """Aggregates of dplyr without what goes without saying here, which skips what is missing; `n()` is `count()`."""
    return _ROWS.sub("count()", _SKIPPED.sub("", folds))


def _folds(body: str) -> str:
    """Aggregates as they are written here: `m = average x` is `m = mean(x)`."""
    inner = as_here(body.strip())
    if inner[:1] in "{(" and inner[-1:] in "})" and (inner[0] == "{" or inner.count("(") == inner.count(")") > 1):
        inner = inner[1:-1].strip()

    def one(match: re.Match[str]) -> str:
        name = FOLDS[match[1].lower()]
        return f"{name}({match[2]})" if match[2] else f"{name}("

    return _APPLIED.sub(one, inner)


def group_and_aggregate(place: Place) -> Mistake | None:
    """`group {k} (aggregate {m = average x})`, as PRQL has it."""
    before = place.back()
    if before is None or before.terminal != "GROUP" or place.found.text not in {"{", "("}:
        return None
    found = _GROUP_AGGREGATE.match(place.text, place.found.start)
    if found is None:
        return None
    new = f"group {found['keys'].strip()} : {_folds(found['folds'])}"
    return said("PRQL", place, Span(before.start, found.end()), new)


def braces_of_stage(place: Place) -> Mistake | None:
    """`derive {gap = a - b}`: the list of a stage in braces."""
    before = place.back_terminal()
    entry = STAGES.get(before)
    listing = entry is not None and entry.wants != "a condition"
    if place.found.text != "{" or not (listing or before == "COLON"):
        return None
    end = closing(place.text, place.found.start)
    if end is None:
        return None
    inner = place.text[place.found.end : end.start].strip()
    return said("PRQL", place, Span(place.found.start, end.end), inner)


def most_of_all(place: Place) -> Mistake | None:
    """`top 3 acc`, `nlargest(3, "acc")`, `slice_max acc n=3`: an order and a limit."""
    found = _MOST.match(place.text, place.found.start)
    if found is None or not ("LIMIT" in place.accepted or _stage_begins(place)):
        return None
    key = next(one for one in (found["k1"], found["k2"], found["k3"]) if one is not None).lstrip("-")
    count = found["n1"] or found["n2"] or found["n3"]
    sign = "" if (found["word"] or found["slice"]).lower() in _LOW else "-"
    between = " | " if place.first_pipe is not None else " "
    return said(None, place, Span(*found.span()), f"order {sign}{key}{between}limit {count}")


def counts_of_values(place: Place) -> Mistake | None:
    """`| value_counts x`, `| count x`, `| tally`, `| mean(x)`: groups, or the whole table in one row."""
    if not _stage_begins(place):
        return None
    if each := _OF_EACH.match(place.text, place.found.start):
        return said(None, place, Span(*each.span()), f"group {each['keys']} : {_folds(each['fold'])}")
    if whole := _WHOLE.match(place.text, place.found.start):
        return _of_groups(place, whole) or said(None, place, Span(*whole.span()), f"group : {_folds(whole[0])}")
    found = _COUNTS.match(place.text, place.found.start)
    if found is None:
        return None
    new = f"group {found['key']} | order -n" if found["key"] else f"group {found['by']}" if found["by"] else _ROW_COUNT
    span = Span(found.start(), found.start() + len(found[0].rstrip()))
    return said(None, place, span, new)


def _of_groups(place: Place, whole: re.Match[str]) -> Mistake | None:
    """`| group model | mean(acc)`: the aggregates of the groups before, which have none yet."""
    before = place.piece[:-1]
    if [one.terminal for one in before[:2]] != ["PIPE", "GROUP"] or any(one.terminal == "COLON" for one in before):
        return None
    return said(None, place, Span(place.piece[-1].start, whole.end()), f": {_folds(whole[0])}")


def project_away(place: Place) -> Mistake | None:
    """`| project-away x`."""
    found = _AWAY.match(place.text, place.found.start) if _stage_begins(place) else None
    return None if found is None else said("Kusto", place, Span(*found.span()), "drop")


def renamed_in_brackets(place: Place) -> Mistake | None:
    """`rename(acc = summary.acc)`: the new name stands first there."""
    found = _RENAMED.match(place.text, place.found.start) if place.back_terminal() == "RENAME" else None
    if found is None:
        return None
    pairs = (pair.split("=") for pair in found["pairs"].split(","))
    new = ", ".join(f"{old.strip()} as {name.strip()}" for name, old in pairs)
    start = place.attempt.lexemes[-1].start
    return said("dplyr", place, Span(start, found.end()), f"rename {new}")


def bare_words_in_list(place: Place) -> Mistake | None:
    """`in [sgd, adam]`: texts without their quotes; `isin`."""
    if place.word == "isin" and "IN" in place.accepted:
        return said("pandas", place, place.span, "in")
    found = _WORDS.match(place.text, place.found.start) if place.back_terminal() == "IN" else None
    if found is None or re.search(r"(?i)\b(?:true|false|null|nan|inf)\b", found["words"]):
        return None
    texts = ", ".join(write_string(word.strip()) for word in found["words"].split(","))
    return said(None, place, Span(*found.span()), f"({texts})")


def question_in_sql(place: Place) -> Mistake | None:
    """`| duckdb "select …"`, `| query "select …"`."""
    found = _ASKS.match(place.text, place.found.start) if _stage_begins(place) else None
    if found is None:
        return None
    return said(None, place, Span(place.found.start, place.found.start + len(found["word"])), "sql")


def described_order(text: str, lexemes: Sequence[Lexeme], index: int) -> Mistake | None:
    """`order desc(x)`: a direction that is written as a call."""
    name = lexemes[index]
    before = lexemes[index - 1].terminal if index else ""
    if name.terminal != "FUNCTION" or name.text.lower() not in {"desc", "asc"} or before not in {"ORDER", "COMMA"}:
        return None
    end = closing(text, name.end) if text[name.end : name.end + 1] == "(" else None
    if end is None or "ORDER" not in {one.terminal for one in lexemes[max(0, index - 12) : index]}:
        return None
    new = f"{'-' * (name.text.lower() == 'desc')}{text[name.end + 1 : end.start].strip()}"
    span = Span(name.start, end.end)
    return idiom("dplyr", text[span.start : span.end], new, span, replacing(span.start, span.end, new))


_ORDER_BY: Final = re.compile(
    r"(?i)(?P<words>(?:sort|order)\s+by)\s+(?P<keys>[^\W\d][\w./]*(?:\s*,\s*[^\W\d][\w./]*)*)\s*(?=[|;]|\Z)"
)
_OF_KUSTO: Final = re.compile(r"(?i)\|\s*(?:summarize|extend|project(?:-\w+)?|take|mv-expand)\b")


def order_without_direction(place: Place) -> Mistake | None:
    """`| sort by acc`: from the largest down in Kusto, from the smallest up elsewhere."""
    match = _ORDER_BY.match(place.text, place.found.start) if place.back_terminal() == "PIPE" else None
    if match is None:
        return None
    keys = [key.strip() for key in match["keys"].split(",")]
    rising, falling = f"order {match['keys']}", f"order {', '.join(f'-{key}' for key in keys)}"
    span, written = Span(match.start(), match.end("keys")), f"`{match['words']}`"
    if _OF_KUSTO.search(place.text):
        message = f"{written} is Kusto, from the largest down; in RunQL write `{falling}`"
        return Mistake("RQL108", message, span, repairs=(replacing(span.start, span.end, falling),), certain=True)
    ways = (rising, falling)
    hints = (f"from the smallest up: `{rising}`", f"from the largest down, as in Kusto: `{falling}`")
    proven = tuple(replacing(span.start, span.end, way) for way in ways)
    message = f"{written} does not say which way: in Kusto it is from the largest down"
    return Mistake("RQL108", message, span, hints, proven=proven, certain=True, resume=span.end)
