"""Whole questions in English where a query begins: `best acc by model`, `compare A and B`, `export all to csv`."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from runql.syntax.mistake import Mistake, Place, idiom, replacing
from runql.syntax.mistakes.phrases.english import FORMATS, order_of
from runql.syntax.mistakes.phrases.english_vague import part_of_time
from runql.syntax.mistakes.phrases.first_words import NUMBERS, read_words
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
    rf"{_RANK.replace('best|', 'best|top|bottom|')}(?:(?P<count>\d{{1,6}})\s+)?runs?\s+(?:by\s+(?P<key>{_FIELD})\s+)?"
    rf"{_EACH}{_KEYS}(?:\s+by\s+(?P<late>{_FIELD}))?{_ENDS}",
    re.I,
)
_FEW_OF_EACH: Final = re.compile(
    rf"(?:runs\s+)?{_RANK.replace('best|', 'best|top|bottom|')}(?P<count>\d{{1,6}})\s+(?:runs\s+)?"
    rf"by\s+(?P<key>{_FIELD})\s+{_EACH}{_KEYS}{_ENDS}",
    re.I,
)
_FRAME: Final = re.compile(
    rf"(?:df|runs|runs_df)\.(?P<what>columns|shape|dtypes|info\(\)|to_csv\(\s*[\"'](?P<file>[^\"'\n]+)[\"'][^)]*\)){_ENDS}",
    re.I,
)
_LENGTH: Final = re.compile(rf"len\(\s*(?:df|runs)\s*\){_ENDS}", re.I)
_CURVE: Final = re.compile(rf"plot\s+(?:the\s+)?(?!config\.|summary\.)(?P<key>{_FIELD}){_ENDS}", re.I)
_WORDS: Final = r"(?P<words>(?:[a-z]+\s+|\d{1,6}\s+){0,6})(?P<runs>runs?)"
_FOLD_OF_RUNS: Final = re.compile(
    rf"(?:the\s+)?(?P<fold>{'|'.join(FOLDS)})\s+(?:of\s+)?(?P<key>{_FIELD})(?:\s+{_EACH}{_KEYS})?(?:\s+(?:of|for|in|over)\s+{_WORDS})?{_ENDS}",
    re.I,
)
_COUNTED: Final = re.compile(rf"(?:count|how\s+many|number\s+of)\s+{_WORDS}\s+{_EACH}{_KEYS}{_ENDS}", re.I)
_RUNS_DONE: Final = re.compile(
    rf"(?P<verb>group|sort|order|filter)\s+(?:the\s+|all\s+)?runs\s+(?:by|where|with)\s+(?P<rest>[^;|]+?){_ENDS}", re.I
)
_ENDS_OF_TABLE: Final = re.compile(rf"(?P<stage>head|tail)(?:\s+(?P<count>\d{{1,6}}))?{_ENDS}", re.I)
_HISTOGRAM: Final = re.compile(rf"(?:hist|histogram|distribution)\s+(?:of\s+)?(?P<key>{_FIELD}){_ENDS}", re.I)
_SCATTER: Final = re.compile(rf"scatter\s+(?!plots?\b|of\b)(?P<rest>{_FIELD}[^;|]*?){_ENDS}", re.I)
_STATS: Final = re.compile(rf"(?:stats|statistics|summari[sz]e|describe)(?:\s+(?:(?:all|the)\s+)?runs)?{_ENDS}", re.I)
_TWO: Final = re.compile(
    r"(?:compare|diff|what(?:\s+has)?\s+changed\s+(?:between|from))\s+(?:runs?\s+)?(?!tagged\b|failed\b|crashed\b|finished\b|running\b)(?P<one>\w{6,})\s+(?:and|vs\.?|with|to|against)?\s*"
    rf"(?P<other>\w{{6,}}){_ENDS}",
    re.I,
)
_LATEST: Final = re.compile(
    rf"(?:compare|diff)\s+(?:the\s+)?(?:last|latest)\s+(?P<count>\d{{1,3}}|two|three|four|five)\s+runs{_ENDS}", re.I
)
_EXPORT: Final = re.compile(
    r"(?:export|save|write|dump|download)\s+(?:(?:all|everything|the|my)\s+)*(?:runs\s+)?(?:(?:as|to|into|in)\s+)"
    rf"(?:(?P<format>{FORMATS})|(?P<file>[\w./-]+\.(?:{FORMATS}))){_ENDS}",
    re.I,
)
_PLOT: Final = re.compile(
    rf"plot\s+(?:the\s+)?(?P<key>{_FIELD})\s+(?:of|for|in)\s+{_WORDS}{_ENDS}",
    re.I,
)
_RATE: Final = re.compile(
    rf"(?:the\s+)?(?P<word>success|failure|crash|error)\s+(?:rate|ratio|share)(?:\s+{_EACH}{_KEYS})?{_ENDS}", re.I
)
_RATES: Final = {"success": "finished", "failure": "failed", "error": "failed", "crash": "crashed"}
_HISTORY: Final = re.compile(
    rf"select\s+(?P<keys>\*|{_FIELD}(?:\s*,\s*{_FIELD})*)\s+from\s+(?:history|histories|metrics|scan_history|logs?)\s+"
    rf"where\s+(?:run|run_id|id|run\.id)\s*==?\s*(?:'(?P<id>[\w-]+)'|\"(?P<name>[\w-]+)\"){_ENDS}",
    re.I,
)
_EDGES: Final = {"head": "limit", "tail": "last"}


def _ranked(match: re.Match[str]) -> str | None:
    order = order_of(match["word"], match["key"])
    if order is None:
        return None
    return f"runs | {order} | limit 1 by {match['keys']}" if match["keys"] else f"runs {order} limit 1"


def _few_of_each(match: re.Match[str]) -> str | None:
    order = order_of(match["word"], match["key"])
    return f"runs | {order} | limit {match['count']} by {match['keys']}" if order is not None else None


def _of_frame(match: re.Match[str]) -> str:
    if match["file"]:
        return f'runs | to "{match["file"]}"'
    what = match["what"].lower().removesuffix("()")
    return {"shape": "count runs"}.get(what, "show fields")


def _ranked_runs(match: re.Match[str]) -> str | None:
    key = match["key"] or match["late"]
    order = order_of(match["word"], key) if key else None
    return f"runs | {order} | limit {match['count'] or 1} by {match['keys']}" if order is not None else None


def _rate(match: re.Match[str]) -> str:
    keys = f" {match['keys']}" if match["keys"] else ""
    return f'runs | group{keys} : rate = share(state = "{_RATES[match["word"].lower()]}")'


def _chosen(match: re.Match[str]) -> str | None:
    """The runs that words choose: `runs`, `runs where state = "failed"`; `None` where a word is not known."""
    if match["words"] is None:
        return "runs"
    read = read_words(match["words"].lower().split(), is_one=match["runs"].lower() == "run")
    return None if read is None else f"runs {read.written(more=False)}".rstrip()


def _folded(match: re.Match[str]) -> str | None:
    if (match["keys"] or "").lower() in {"run", "runs"}:  # of the history of each
        return None
    runs, keys = _chosen(match), f" {match['keys']}" if match["keys"] else ""
    return None if runs is None else f"{runs} | group{keys} : {FOLDS[match['fold'].lower()]}({match['key']})"


def _counted(match: re.Match[str]) -> str | None:
    runs = _chosen(match)
    return None if runs is None else f"{runs} | group {', '.join(map(part_of_time, re.split(r',[ ]*', match['keys'])))}"


def _done(match: re.Match[str]) -> str:
    verb, rest = match["verb"].lower(), match["rest"].strip()
    return f"runs {'where' if verb == 'filter' else 'order' if verb in {'sort', 'order'} else '| group'} {rest}"


def _history(match: re.Match[str]) -> str:
    """The curves of one run; `_step` comes with them."""
    keys = [key for key in re.split(r"\s*,\s*", match["keys"]) if key.lower() not in {"step", "_step", "*"}]
    return f"run {match['id'] or match['name']} keys {', '.join(keys) or '*'}"


def _plotted(match: re.Match[str]) -> str | None:
    runs = _chosen(match)
    return None if runs is None else f"{runs} keys {match['key']} | plot {match['key']}"


def _exported(match: re.Match[str]) -> str:
    return f'runs | to "{match["file"] or "runs." + match["format"].lower()}"'


_QUESTIONS: Final[tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str | None]], ...]] = (
    (_FEW_OF_EACH, _few_of_each),
    (_FRAME, _of_frame),
    (_HISTORY, _history),
    (_LENGTH, lambda match: "count runs"),  # noqa: ARG005 - all of these take the match
    (_CURVE, lambda match: f"runs keys {match['key']} | plot"),
    (_RANKED_RUNS, _ranked_runs),
    (_RANKED, _ranked),
    (_FOLD_OF_RUNS, _folded),
    (_COUNTED, _counted),
    (_RUNS_DONE, _done),
    (_ENDS_OF_TABLE, lambda match: f"runs | {_EDGES[match['stage'].lower()]} {match['count'] or 5}"),
    (_HISTOGRAM, lambda match: f"runs | histogram {match['key']}"),
    (_SCATTER, lambda match: f"runs | plot scatter {match['rest']}"),
    (_STATS, lambda match: "runs | describe"),  # noqa: ARG005 - all of these take the match
    (_RATE, _rate),
    (_TWO, lambda match: f'runs where id in ("{match["one"]}", "{match["other"]}") | diff'),
    (_LATEST, lambda match: f"runs order -created limit {NUMBERS.get(match['count'].lower(), match['count'])} | diff"),
    (_EXPORT, _exported),
    (_PLOT, _plotted),
)


def question_in_english(place: Place) -> Mistake | None:
    """`what is the best acc`, `mean loss per model`, `compare A and B`, `plot loss of failed runs`."""
    if "LET" not in place.accepted and "RUNS" not in place.accepted and place.back_terminal() != "RUNS":
        return None
    begun = place.back_terminal() in {"COUNT", "RUNS"}
    start = place.attempt.lexemes[-1].start if begun else place.found.start
    for form, said in _QUESTIONS:
        match = form.match(place.text, start)
        new = said(match) if match is not None else None
        if match is not None and new is not None:
            old = match[0].rstrip()
            span = Span(match.start(), match.start() + len(old))
            return idiom(None, old, new, span, replacing(span.start, span.end, new))
    return None
