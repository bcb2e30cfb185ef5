"""What people write first: `failed runs`, `last 5 runs`, `best run by loss`, `fields`, `mean(summary.loss)`, `help`."""

from __future__ import annotations

import re
from typing import Final

from runql.syntax.mistake import Mistake, Place, idiom, leaving_out, replacing, shown
from runql.syntax.mistakes.best_few import both_ways
from runql.syntax.mistakes.phrases.english import JOINED, Phrase, order_of, phrase_at, state_named
from runql.syntax.mistakes.phrases.english_vague import EACH, WHOSE, of_history, part_of_time
from runql.syntax.mistakes.phrases.stages_of_others import FOLDS
from runql.text.source import Span

_RUNS: Final = re.compile(
    r"(?P<words>(?:[a-z]+(?:-[a-z]+)?\s+|\d{1,6}\s+){0,7})(?P<runs>runs?)\b(?![\w./:=(-]|\s*[=(])", re.IGNORECASE
)
_FILLERS: Final = (
    "show list get find give print display what which me are were is the all any of please select fetch most a"
)
_NEWEST: Final = frozenset({"latest", "newest", "recent", "last"})
_ORDERS: Final = {
    **dict.fromkeys(_NEWEST, "-created"),
    "oldest": "created",
    **dict.fromkeys(("longest", "slowest"), "-runtime"),
    **dict.fromkeys(("shortest", "fastest", "quickest"), "runtime"),
}
_TAGGED: Final = {"tagged": "not untagged", "untagged": "untagged"}
NUMBERS: Final = {"two": "2", "three": "3", "four": "4", "five": "5", "ten": "10"}
_COUNTS: Final = re.compile(r"(?:how\s+many|number\s+of|count(?:\s+of)?)\s+", re.IGNORECASE)
_RANKS: Final = frozenset({"best", "worst", "top", "highest", "largest", "biggest", "lowest", "smallest"})
_BY: Final = re.compile(
    r"\s+(?:by|on|in|of|for)\s+(?:the\s+)?(?!each\b|every\b)(?P<key>-?[^\W\d][\w./]*"
    r"(?:[ \t]+(?:acc|accuracy|loss|error|score|f1|auc)\b)?)",
    re.IGNORECASE,
)
_SHOWN_ALONE: Final = re.compile(
    r"(?:(?:list|ls|show|get|print)\s+)?(?:(?:the|all|me|every)\s+)*(?P<what>sources|projects|tags|sweeps|lets|fields|columns|"
    r"schema|metrics|params|parameters|config|summary|logged|keys)(?P<rest>\s+(?:config|summary|logged|system|like\b[^;|]*))?\s*(?=$|;)",
    re.IGNORECASE,
)
_SHOWN: Final = {
    **dict.fromkeys(("columns", "schema"), "fields"),
    **dict.fromkeys(("metrics", "keys", "logged"), "fields logged"),
    **dict.fromkeys(("params", "parameters", "config"), "fields config"),
    "summary": "fields summary",
}
_FOLD: Final = re.compile(
    rf"(?P<fold>{'|'.join(FOLDS)})\s*(?:\(\s*|(?:of\s+)?)(?P<field>(?:config|summary)\.[\w./]+|runtime)\s*\)?\s*(?=$|;)",
    re.IGNORECASE,
)
_FIELD: Final = re.compile(r"(?:config|summary)\.[\w./]+\s*(?=$|;)")
_HISTORY: Final = re.compile(r"(?:(?:list|show)\s+)?history\s*(?=$|;)", re.IGNORECASE)
_LISTED: Final = re.compile(r"(?:ls|dir|list)\s*(?=$|;)", re.IGNORECASE)
_RUN_ID: Final = re.compile(
    r"(?:(?:show|get|open|inspect|describe|view)\s+(?:me\s+)?(?:the\s+)?(?:run\s+)?|id\s+)?(?P<id>[a-z0-9]{8})\s*(?=$|[|;])"
)
_COMPARED: Final = re.compile(r"(?:compare|diff)\s+(?:the\s+|all\s+)?runs\b", re.IGNORECASE)


def _start(place: Place) -> int | None:
    """Where a query begins that the parser stopped at; a `show` before it belongs to its words."""
    if place.back_terminal() == "SHOW":
        return place.attempt.lexemes[-1].start
    counts = place.back_terminal() == "COUNT"
    return place.attempt.lexemes[-1].start if counts else place.found.start if "RUNS" in place.accepted else None


def runs_in_english(place: Place) -> Mistake | None:
    """`failed runs`, `show me the last 5 runs`, `best 3 runs by acc`, `how many running runs`, `my runs`."""
    start = _start(place)
    if start is None or _RUN_ID.match(place.text, start):
        return None
    counts = _COUNTS.match(place.text, start)
    match = _RUNS.match(place.text, counts.end() if counts is not None else start)
    if match is None:
        return None
    words = [NUMBERS.get(word, word) for word in match["words"].lower().split()]
    span = Span(start, match.end())
    if "my" in words:
        message = f"`{shown(match[0])}` is said by a condition"
        return Mistake("RQL101", message, span, (WHOSE,), certain=True, resume=span.end)
    asked = next((word for word in words if word in {"diverged", "converged", "exploded"}), None)
    if asked is not None:
        return of_history(span, asked)
    is_one = match["runs"].lower() == "run"
    if words == ["which"] and is_one:
        return _which(place, start, end=match.end())
    return _chosen(place, span, words, is_one=is_one, counted=counts is not None)


def _chosen(place: Place, span: Span, words: list[str], *, is_one: bool, counted: bool) -> Mistake | None:
    """The runs that the words before `runs` choose: by their state, their age, or a metric."""
    rank = next((word for word in words if word in _RANKS), None)
    read = read_words([word for word in words if word not in _RANKS], is_one=is_one)
    start, end = span.start, span.end
    is_told = bool(words or counted) and phrase_at(place.text, end).end > end
    if read is None or not (rank or read.conditions or read.clauses or is_told):
        return _plain(place, span, words, counted=counted) if read is not None else None
    if rank is not None:
        by = _BY.match(place.text, end)
        key = "/".join(by["key"].split()) if by is not None else ""
        order = order_of(rank, key) if by is not None else None
        if by is None or order is None:
            return _unranked(Span(start, end if by is None else by.end()), rank, key)
        read, end = Phrase(read.conditions, (order, *read.clauses), read.end), by.end()
        made = _said(place, start, end, read, counted=counted)
        return both_ways(made, rank, key, f"order -{key}", f"order {key}")
    return _said(place, start, end, read, counted=counted)


def _plain(place: Place, span: Span, words: list[str], *, counted: bool) -> Mistake | None:
    """`get all runs`, `how many runs per model`: words that choose nothing."""
    if counted or len(words) < 2:  # one word before `runs` is known elsewhere
        return _counted(place, span.start if counted else None, span.end)
    end = span.end - len("runs")
    return Mistake(
        "RQL101", "a query begins with `runs`", span, repairs=(leaving_out(span.start, end, " ".join(words)),)
    )


def _which(place: Place, start: int, end: int) -> Mistake | None:
    """`which run is best`, `which run has the lowest loss`."""
    if (
        best := re.compile(r"\s+(?:is|was|did)\s+(?:the\s+)?(best|worst)\b", re.IGNORECASE).match(place.text, end)
    ) is not None:
        return _unranked(Span(start, best.end()), best[1].lower(), "")
    behind = phrase_at(place.text, end)
    if behind.end == end:
        return None
    new, old = f"runs {behind.written(more=False)} limit 1", place.text[start : behind.end]
    return idiom(None, old, new, Span(start, behind.end), replacing(start, behind.end, new))


def _counted(place: Place, start: int | None, end: int) -> Mistake | None:
    """`how many runs per model`: groups."""
    match = EACH.match(place.text, end + 1) if start is not None else None
    if match is None or start is None:
        return None
    new, old = f"runs | group {part_of_time(match['key'])}", place.text[start : match.end()]
    return idiom(None, old, new, Span(start, match.end()), replacing(start, match.end(), new))


def _said(place: Place, start: int, end: int, read: Phrase, *, counted: bool) -> Mistake:
    """The query that some words before `runs` and the English behind it say."""
    behind = phrase_at(place.text, end)
    end = max(end, behind.end)
    whole = Phrase(read.conditions + behind.conditions, read.clauses + behind.clauses, end)
    following = JOINED.match(place.text, end)
    is_open = following is not None and bool(whole.conditions) and not whole.clauses
    new = f"{'count ' if counted else ''}runs {whole.written(more=is_open)}"
    until = following.end() - following[0][-1:].isspace() if following is not None and is_open else end
    old = place.text[start:end]
    return idiom(None, old, new.removesuffix(" and"), Span(start, end), replacing(start, until, new))


def read_words(words: list[str], *, is_one: bool) -> Phrase | None:
    """What the words before `runs` say; `None` if one of them is not known."""
    conditions: list[str] = []
    key, limit = "", 1 if is_one else 0
    for word in words:
        if word.isdecimal():
            limit = int(word)
        elif word in _ORDERS:
            key = _ORDERS[word]
        elif word in _TAGGED:
            conditions.append(_TAGGED[word])
        elif (state := state_named(word)) is not None:
            conditions.append(f'state = "{state}"')
        elif word not in _FILLERS.split() and word != "first":
            return None
    if is_one and "first" in words:
        key = "created"
    meant = key or limit > is_one or "first" in words or bool(conditions)
    order = (f"order {key}",) if key else ()
    few = (f"limit {limit}",) if limit and (meant or is_one) else ()
    return Phrase(tuple(conditions), order + few, 0)


def _unranked(span: Span, rank: str, key: str) -> Mistake:
    message = f"`{rank}` by which metric, and is more of it better?" if key else f"`{rank}` by which metric?"
    key = key or "METRIC"
    hint = f"`runs order {key} limit 1` begins with the lowest, `runs order -{key} limit 1` with the highest"
    return Mistake("RQL101", message, span, (hint,), certain=True, resume=span.end)


def word_alone(place: Place) -> Mistake | None:
    """`fields`, `list tags`, `ls`, `compare runs`, `summary.acc`, `mean(summary.loss)`, `help`."""
    if "LET" not in place.accepted and place.back_terminal() != "SHOW":
        return None
    is_shown = place.back_terminal() == "SHOW"
    text, start = place.text, place.attempt.lexemes[-1].start if is_shown else place.found.start
    new: str | None = None
    if (match := _RUN_ID.match(text, start)) is not None and any(map(str.isdigit, match["id"])):
        new = f"run {match['id']}"
    elif (match := _SHOWN_ALONE.match(text, start)) is not None:
        what = match["what"].lower()
        new = f"show {_SHOWN.get(what, what)}{match['rest'] or ''}"
    elif (match := _LISTED.match(text, start)) is not None:
        new = "runs"
    elif (match := _COMPARED.match(text, start)) is not None:
        new = "runs | diff"
    elif (match := _FOLD.match(text, start)) is not None:
        new = f"runs | group : {FOLDS[match['fold'].lower()]}({match['field']})"
    elif (match := _FIELD.match(text, start)) is not None:
        new = f"runs select {match[0].strip()}"
    if match is None or new is None:
        return _history(place) or _help(place)
    old = match[0].rstrip()
    span = Span(start, start + len(old))
    return idiom(None, old, new, span, replacing(span.start, span.end, new))


def _history(place: Place) -> Mistake | None:
    """`history`: of the runs, or of what was asked."""
    match = _HISTORY.match(place.text, place.found.start)
    if match is None:
        return None
    hints = ("what the runs logged: `show fields logged`; a curve: `runs keys METRIC`", "what was asked: Up, Ctrl-R")
    span = Span(match.start(), match.start() + len(match[0].rstrip()))
    return Mistake("RQL106", "`history` does not begin a statement", span, hints, certain=True, resume=match.end())


def _help(place: Place) -> Mistake | None:
    if place.word not in {"help", "man", "usage", "quit", "exit", "hello", "hi"} or next(place.ahead(), None) is None:
        return None
    if len(shown(place.text[place.found.start :]).split()) > 1:
        return None
    hints = ("`runs limit 5`, `count runs` and `show fields` are statements; `runql help` and `\\help` say more",)
    return Mistake("RQL106", f"`{place.found.text}` does not begin a statement", place.span, hints, certain=True)
