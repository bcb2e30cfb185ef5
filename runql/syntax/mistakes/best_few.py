"""The best few, and parts of lists of runs: `top 5 by x`, `runs[:5]`, and what the language has no word for yet."""

from __future__ import annotations

import re
from itertools import islice
from typing import Final

from runql.language.goals import less_is_better
from runql.syntax.mistake import Mistake, Place, Repair, closing, idiom, replacing
from runql.text.diagnostic import Edit
from runql.text.source import Span

_TOP: Final = re.compile(
    r"(?i)(?P<word>top|bottom|best|worst|largest|smallest|highest|lowest|nlargest|nsmallest)\s+(?P<count>\d+)\s+"
    r"(?:by|on|of)\s+(?!each\b|every\b)(?P<key>[-+]?[^\W\d][\w./]*(?:\([\w./]+\))?)(?:\s+(?P<way>asc|desc)\b)?"
    r"(?:\s+(?:per|by|(?:for|of|in)\s+(?:each|every))\s+(?P<keys>[^\W\d][\w./]*(?:\s*,\s*[^\W\d][\w./]*)*))?"
)
_OF_EACH: Final = re.compile(
    r"(?i)(?P<word>top|bottom|best|worst|largest|smallest|nlargest|nsmallest|limit|head|tail|first|last)\s+(?P<count>\d+)\s+"
    r"(?:(?:rows|runs)\s+)?(?P<key>-?(?!by\b|per\b|for\b|of\b|in\b|over\b)[^\W\d][\w./]*\s+)??"
    r"(?P<by>by|per|over|(?:for|of|in)\s+(?:each|every))\s+(?:group\s+)?(?P<keys>[^\W\d][\w./]*(?:\s*,\s*[^\W\d][\w./]*)*)"
    r"(?:\s+(?:by|order)\s+(?P<after>-?[^\W\d][\w./]*))?"
)
_LOW: Final = {"bottom", "worst", "smallest", "lowest", "nsmallest"}
_SLICE: Final = re.compile(r"\s*(?:0?\s*:\s*(?P<count>\d+)|(?P<first>0))\s*")
_READS_ONLY: Final = {"delete", "update", "insert", "drop", "truncate", "alter", "create", "remove", "replace", "merge"}
_OF_RUNS: Final = {"runs", "run", "from", "into", "table", "sweep", "sweeps", "project", "where", "set", "all"}


def top_by(place: Place) -> Mistake | None:
    """`top 5 by summary.acc`: an order and a limit."""
    match = _TOP.match(place.text, place.found.start)
    begins = not place.attempt.lexemes and "RUNS" in place.accepted
    if match is None or not ({"LIMIT", "LIMIT_STAGE"} & place.accepted or place.back_terminal() == "PIPE" or begins):
        return None
    key = match["key"].lstrip("-+")
    way = (match["way"] or "").lower()
    rising = way == "asc" or (not way and _rises(match["word"], key))
    between = " | " if place.first_pipe is not None else " "
    if match["keys"]:
        between = " | "
    head = "" if not begins else "runs | " if match["keys"] else "runs "
    head = f"| {head}" if match["keys"] and not begins and place.first_pipe is None else head
    of_each = f" by {match['keys']}" if match["keys"] else ""
    new = f"{head}order {'' if rising else '-'}{key}{between}limit {match['count']}{of_each}"
    span = Span(*match.span())
    if not of_each and key not in {"n", "count"} and (keys := _bare_keys(place)) is not None:
        whole, stages = Span(keys[0], span.end), f"{new} by {keys[1]}"
        return idiom(
            None, place.text[whole.start : whole.end], stages, whole, replacing(whole.start, whole.end, stages)
        )
    is_name = not of_each and match["key"] == key and not key.startswith("summary.")
    each = (f"of each: `| limit {match['count']} by {key}`",) if is_name else ()
    made = idiom(None, match[0], new, span, replacing(span.start, span.end, new), *each)
    return both_ways(made, match["word"], key, f"order -{key}", f"order {key}")


def both_ways(mistake: Mistake, word: str, key: str, falling: str, rising: str) -> Mistake:
    """`top 3 by loss` may mean the highest or the best: both are offered, the lowest first."""
    if word.lower() != "top" or not less_is_better(key) or not mistake.repairs:
        return mistake
    edit = mistake.repairs[0].edits[0]
    lowest = Repair(f"write `{rising}`: the lowest", (Edit(edit.span, edit.text.replace(falling, rising, 1)),))
    highest = Repair(f"write `{falling}`: the highest", mistake.repairs[0].edits)
    message = f"`{word}` by `{key}` may be the lowest, `{rising}`, or the highest, `{falling}`"
    return Mistake("RQL101", message, mistake.span, mistake.hints, repairs=(lowest, highest), reach=0)


def _rises(word: str, key: str) -> bool:
    """Whether the lowest come first: of the best of a loss, and of the worst of a score, too."""
    less = less_is_better(key) if word.lower() in {"best", "worst"} else None
    return word.lower() in _LOW if less is None else less == (word.lower() == "best")


def _bare_keys(place: Place) -> tuple[int, str] | None:
    """Where a `group k` without aggregates begins behind which this stage stands, and its keys."""
    lexemes = place.attempt.lexemes
    if not lexemes or lexemes[-1].terminal != "PIPE":
        return None
    at = next((i for i in range(len(lexemes) - 2, -1, -1) if lexemes[i].terminal in {"GROUP", "PIPE", "COLON"}), -1)
    if at < 0 or lexemes[at].terminal != "GROUP":
        return None
    keys = place.text[lexemes[at].end : lexemes[-1].start].strip()
    return (lexemes[at].start, keys) if _PLAIN_KEYS.fullmatch(keys) else None


_PLAIN_KEYS: Final = re.compile(r"[^\W\d][\w./]*(?:\s*,\s*[^\W\d][\w./]*)*")


def top_of_each(place: Place) -> Mistake | None:
    """`top 3 acc by model`, `limit 3 per model`, left of the pipe `limit 3 by model`: so many rows of each group."""
    number = place.back(2) if place.back_terminal() == "NUMBER" else None
    is_begun = number is not None and place.word in {"by", "per", "for", "of", "in", "over"}
    match = _OF_EACH.match(place.text, number.start if number is not None and is_begun else place.found.start)
    if match is None or match.end() <= place.found.start:
        return None
    key, count, word = (match["key"] or match["after"] or "").strip(), match["count"], match["word"].lower()
    sign = "" if _rises(word, key) or (key or "").startswith("-") else "-"
    piped = place.first_pipe is not None
    order = f"order {sign}{key} | " if key else "" if piped else "| "
    if key and not piped and "ORDER" not in place.accepted:
        order = f"| {order}"
    stage = "last" if word in {"tail", "last"} else "limit"
    new = f"{order}{stage} {count} by {match['keys']}"
    span = Span(*match.span())
    repair = replacing(span.start, span.end, new)
    if word == "limit" and not key and not piped and match["by"].lower() == "by":
        message = f"so many of each group are a stage: write `{new}`"
        return Mistake("RQL101", message, span, ("`limit N` by itself is of all the runs",), repairs=(repair,))
    return idiom(None, match[0], new, span, repair)


def sliced_runs(place: Place) -> Mistake | None:
    """`runs[:5]`, `runs[0]`: the first ones."""
    if place.found.terminal == "PATH" and (first := re.fullmatch(r"(?i)runs\[0\]", place.found.text)):
        only = "runs limit 1"
        return idiom("Python", first[0], only, place.span, replacing(place.found.start, place.found.end, only))
    if place.found.text != "[" or place.back_terminal() != "RUNS":
        return None
    end = closing(place.text, place.found.start)
    if end is None:
        return None
    inner = place.text[place.found.end : end.start]
    match = _SLICE.fullmatch(inner)
    span = Span(place.attempt.lexemes[-1].start, end.end)
    old = place.text[span.start : span.end]
    part = re.fullmatch(r"\s*(\d{1,9})\s*:\s*(\d{1,9})?\s*", inner)
    new: str | None = None if match is None else f"runs limit {match['count'] or 1}"
    if new is None and part is not None and (part[2] is None or int(part[1]) < int(part[2])):
        limit = "" if part[2] is None else f" limit {int(part[2]) - int(part[1])}"
        new = f"runs{limit} offset {int(part[1])}"
    if new is not None:
        return idiom("Python", old, new, span, replacing(place.found.start, end.end, new.removeprefix("runs")))
    if not re.fullmatch(r"[\s\d:-]+", inner):
        return None
    hint = "`limit` gives the first runs; with `order` the other way, the last ones"
    return Mistake(
        "RQL108", f"`{old}` is Python; RunQL has no parts of lists", span, (hint,), certain=True, resume=end.end
    )


def reads_only(place: Place) -> Mistake | None:
    """`delete runs where …`: RunQL changes nothing."""
    if place.word not in _READS_ONLY or "RUNS" not in place.accepted:
        return None
    following = next(islice(place.ahead(), 1, 2), None)
    if following is None or following.text.lower() not in _OF_RUNS:
        return None
    end = next((one.start for one in place.ahead() if one.terminal == "SEMI"), len(place.text))
    hint = "the W&B client and the web page change runs"
    message = f"RunQL only reads: there is no `{place.found.text}`"
    return Mistake("RQL108", message, place.span, (hint,), certain=True, resume=end)
