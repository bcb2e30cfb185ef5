"""Whole questions in English where a query begins: `best acc by model`, `compare A and B`, `export all to csv`."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from runql.syntax.mistake import Mistake, Place, idiom, replacing
from runql.syntax.mistakes.phrases.english import FORMATS, order_of
from runql.syntax.mistakes.phrases.first_words import read_words
from runql.syntax.mistakes.phrases.stages_of_others import FOLDS
from runql.text.source import Span

_FIELD: Final = r"[^\W\d][\w./]*"
_ENDS: Final = r"\s*\??\s*(?=$|[;|])"
_RANK: Final = (
    r"(?:(?:what|which)\s+(?:is|are|was|were|has|have)\s+)?(?:the\s+)?"
    r"(?P<word>best|worst|highest|largest|biggest|lowest|smallest|least)\s+"
)
_KEYS: Final = rf"(?P<keys>{_FIELD}(?:\s*,\s*{_FIELD})*)"
_EACH: Final = r"(?:by|per|(?:of|for|in)\s+(?:each|every))\s+"
_RANKED: Final = re.compile(rf"{_RANK}(?!runs?\b)(?P<key>{_FIELD})(?:\s+{_EACH}{_KEYS})?{_ENDS}", re.I)
_RANKED_RUNS: Final = re.compile(
    rf"{_RANK}(?:(?P<count>\d{{1,6}})\s+)?runs?\s+(?:by\s+(?P<key>{_FIELD})\s+)?{_EACH}{_KEYS}(?:\s+by\s+(?P<late>{_FIELD}))?{_ENDS}",
    re.I,
)
_FOLD: Final = re.compile(
    rf"(?:the\s+)?(?P<fold>{'|'.join(FOLDS)})\s+(?:of\s+)?(?P<key>{_FIELD})\s+{_EACH}{_KEYS}{_ENDS}", re.I
)
_TWO: Final = re.compile(
    r"(?:compare|diff|what(?:\s+has)?\s+changed\s+(?:between|from))\s+(?:runs?\s+)?(?P<one>\w{6,})\s+(?:and|vs\.?|with|to|against)?\s*"
    rf"(?P<other>\w{{6,}}){_ENDS}",
    re.I,
)
_LATEST: Final = re.compile(
    rf"(?:compare|diff)\s+(?:the\s+)?(?:last|latest)\s+(?P<count>\d{{1,3}}|two|three)\s+runs{_ENDS}", re.I
)
_EXPORT: Final = re.compile(
    r"(?:export|save|write|dump|download)\s+(?:(?:all|everything|the|my)\s+)*(?:runs\s+)?(?:(?:as|to|into|in)\s+)"
    rf"(?:(?P<format>{FORMATS})|(?P<file>[\w./-]+\.(?:{FORMATS}))){_ENDS}",
    re.I,
)
_PLOT: Final = re.compile(
    rf"plot\s+(?:the\s+)?(?P<key>{_FIELD})\s+(?:of|for|in)\s+(?P<words>(?:[a-z]+\s+|\d{{1,6}}\s+){{0,6}})(?P<runs>runs?){_ENDS}",
    re.I,
)
_RATE: Final = re.compile(
    rf"(?:the\s+)?(?P<word>success|failure|crash|error)\s+(?:rate|ratio|share)(?:\s+{_EACH}{_KEYS})?{_ENDS}", re.I
)
_RATES: Final = {"success": "finished", "failure": "failed", "error": "failed", "crash": "crashed"}
_NUMBERS: Final = {"two": "2", "three": "3"}


def _ranked(match: re.Match[str]) -> str | None:
    order = order_of(match["word"], match["key"])
    if order is None:
        return None
    return f"runs | {order} | limit 1 by {match['keys']}" if match["keys"] else f"runs {order} limit 1"


def _ranked_runs(match: re.Match[str]) -> str | None:
    key = match["key"] or match["late"]
    order = order_of(match["word"], key) if key else None
    return f"runs | {order} | limit {match['count'] or 1} by {match['keys']}" if order is not None else None


def _rate(match: re.Match[str]) -> str:
    keys = f" {match['keys']}" if match["keys"] else ""
    return f'runs | group{keys} : rate = share(state = "{_RATES[match["word"].lower()]}")'


def _plotted(match: re.Match[str]) -> str | None:
    read = read_words(match["words"].lower().split(), is_one=match["runs"].lower() == "run")
    chosen = read.written(more=False) if read is not None else ""
    return f"runs{' ' * bool(chosen)}{chosen} keys {match['key']} | plot {match['key']}" if read is not None else None


def _exported(match: re.Match[str]) -> str:
    return f'runs | to "{match["file"] or "runs." + match["format"].lower()}"'


_QUESTIONS: Final[tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str | None]], ...]] = (
    (_RANKED_RUNS, _ranked_runs),
    (_RANKED, _ranked),
    (_FOLD, lambda match: f"runs | group {match['keys']} : {FOLDS[match['fold'].lower()]}({match['key']})"),
    (_RATE, _rate),
    (_TWO, lambda match: f'runs where id in ("{match["one"]}", "{match["other"]}") | diff'),
    (_LATEST, lambda match: f"runs order -created limit {_NUMBERS.get(match['count'].lower(), match['count'])} | diff"),
    (_EXPORT, _exported),
    (_PLOT, _plotted),
)


def question_in_english(place: Place) -> Mistake | None:
    """`what is the best acc`, `mean loss per model`, `compare A and B`, `plot loss of failed runs`."""
    if "LET" not in place.accepted and "RUNS" not in place.accepted:
        return None
    for form, said in _QUESTIONS:
        match = form.match(place.text, place.found.start)
        new = said(match) if match is not None else None
        if match is not None and new is not None:
            old = match[0].rstrip()
            span = Span(match.start(), match.start() + len(old))
            return idiom(None, old, new, span, replacing(span.start, span.end, new))
    return None
