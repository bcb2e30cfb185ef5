"""Whole sentences in English where a query begins, that ask of several things or could be said in several ways:
`median and 90th percentile of loss by model`, `loss over time`, `how long did the runs take`."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from runql.language.goals import less_is_better
from runql.syntax.mistake import Mistake, Place, idiom, replacing, shown
from runql.syntax.mistakes.phrases.english import FORMATS, state_named
from runql.syntax.mistakes.phrases.first_words import read_words
from runql.syntax.mistakes.phrases.stages_of_others import FOLDS
from runql.text.source import Span

_FIELD: Final = r"[^\W\d][\w./]*"
_ENDS: Final = r"\s*\??\s*(?=$|[;|])"
_ASKED: Final = (
    r"(?:(?:please|show\s+me|give\s+me|get\s+me|print|compute|calculate|draw|i\s+want|how\s+(?:do|can)\s+i\s+(?:get|see|plot)|"
    r"(?:what|which)\s+(?:is|are|was|were))\s+)?(?:(?:the|a|an)\s+)?"
)
_KEYS: Final = rf"(?P<keys>{_FIELD}(?:(?:\s*,\s*|\s+and\s+){_FIELD})*)"
_EACH: Final = r"(?:by|per|(?:of|for|in)\s+(?:each|every))\s+"
_FOLD: Final = rf"(?:{'|'.join(FOLDS)}|(?:\d{{1,2}}(?:st|nd|rd|th)?)\s+percentile|p\d{{1,2}})"
_FOLDED: Final = re.compile(
    rf"{_ASKED}(?P<folds>{_FOLD}(?:(?:\s*,\s*|\s+and\s+){_FOLD})*)\s+(?:of\s+)?(?:the\s+)?(?P<key>{_FIELD})"
    rf"(?:\s+{_EACH}{_KEYS})?{_ENDS}",
    re.I,
)
_ACROSS: Final = re.compile(
    rf"{_ASKED}(?P<fold>{'|'.join(FOLDS)})\s+(?:of\s+)?(?P<key>{_FIELD})\s+(?:across|over)\s+(?:the\s+)?(?P<apart>{_FIELD}?)s?{_ENDS}",
    re.I,
)
_OVER: Final = re.compile(
    rf"(?:(?:plot|show|draw)\s+)?(?:the\s+)?(?P<key>{_FIELD})\s+(?:over|against|vs\.?|by)\s+(?:the\s+)?"
    rf"(?P<axis>time|steps?|epochs?|iterations?){_ENDS}",
    re.I,
)
_BOX: Final = re.compile(
    rf"(?:(?:plot|draw|show)\s+)?(?:a\s+)?(?:box\s*plots?|boxes)\s+(?:of\s+)?(?P<key>{_FIELD})\s+{_EACH}(?P<by>{_FIELD}){_ENDS}",
    re.I,
)
_SCATTER: Final = re.compile(
    rf"(?:(?:plot|draw|show)\s+)?(?:a\s+)?(?:scatter\s*plots?|scatter)\s+of\s+(?P<a>{_FIELD})\s+"
    rf"(?P<joint>and|vs\.?|versus|against|over)\s+(?P<b>{_FIELD}){_ENDS}",
    re.I,
)
_AT_STEP: Final = re.compile(
    rf"{_ASKED}(?P<key>{_FIELD})\s+(?:at|after|by)\s+step\s+(?P<step>\d+)(?:\s+(?:of|for|in)\s+(?:each|every|all(?:\s+the)?)\s+runs?)?{_ENDS}",
    re.I,
)
_CORRELATED: Final = re.compile(
    rf"{_ASKED}(?:correlation|correlations|relation|relationship)\s+(?:of|between)\s+(?P<a>{_FIELD})\s+(?:and|with|vs\.?)\s+"
    rf"(?P<b>{_FIELD}){_ENDS}",
    re.I,
)
_CORRELATES: Final = re.compile(
    rf"(?:what|which\s+(?:hyper)?param(?:eter)?s?|which\s+settings?|which\s+config)\s+(?:correlates?|matters?|goes|affects?|drives?|"
    rf"influences?)(?:\s+(?:the\s+)?(?:most|best))?(?:\s+(?:with|for|to))?(?:\s+(?:the\s+)?(?P<key>{_FIELD}))?{_ENDS}",
    re.I,
)
_GAP: Final = re.compile(
    rf"{_ASKED}(?:difference|gap)\s+(?:of|between)\s+(?P<a>{_FIELD})(?P<b>\s+(?:and|from)\s+{_FIELD}(?:\s+{_FIELD})?){_ENDS}",
    re.I,
)
_TOOK: Final = re.compile(
    r"how\s+(?:long\s+(?:did|do)\s+(?:(?:the|my|all)\s+)*runs?\s+(?:take|last|run)"
    r"|much\s+(?:compute|time|gpu\s+time)\s+(?:did|do|have)\s+(?:i|we|(?:the|my)\s+runs)\s+(?:used?|spend|spent|take))"
    + _ENDS,
    re.I,
)
_EXPORT: Final = re.compile(
    rf"how\s+(?:do|can)\s+(?:i|we)\s+(?:export|save|write|download)\s+(?:(?:all|everything|the|my|it)\s+)*(?:runs\s+)?"
    rf"(?:as|to|into)\s+(?:a\s+)?(?P<format>{FORMATS})(?:\s+file)?{_ENDS}",
    re.I,
)
_FILE_OF: Final = re.compile(
    rf"(?:(?:make|write|give\s+me)\s+)?(?:a\s+)?(?P<format>{FORMATS})\s+(?:table|file|export)\s+of\s+"
    rf"(?P<words>(?:[a-z]+\s+|\d{{1,6}}\s+){{0,6}})runs{_ENDS}",
    re.I,
)
_CURVE_OF: Final = re.compile(
    rf"(?:plot|draw|show)\s+(?:me\s+)?(?:the\s+)?(?P<key>{_FIELD})\s+curves?\s+(?:of|for)\s+"
    rf"(?P<words>(?:[a-z]+\s+|\d{{1,6}}\s+){{0,6}})runs?{_ENDS}",
    re.I,
)
_COMPARED: Final = re.compile(
    rf"compare\s+(?P<a>[^\W\d][\w.-]*)\s+(?:and|vs\.?|with|to|against)\s+(?P<b>[^\W\d][\w.-]*){_ENDS}", re.I
)
_COUNTED: Final = re.compile(
    rf"how\s+many\s+(?P<word>[^\W\d][\w-]*)\s+runs(?:\s+(?:have\s+|are\s+)?(?P<state>[a-z]+))?{_ENDS}", re.I
)
_QUESTION: Final = re.compile(r"(?:how|what|which|why|who|is|are|did|does|do|can)\s+[a-z][^;|\n]*", re.I)
_IS_ONE: Final = re.compile(r"(?:what|which|who)\s+(?:is|are|was|were)\s+(?:the|my|a|an)\b", re.I)
_SUFFIXES: Final = {"markdown": "md", "latex": "tex"}


def _listed(text: str) -> str:
    return ", ".join(re.split(r"\s*,\s*|\s+and\s+", text.strip(), flags=re.I))


def _folds_of(match: re.Match[str]) -> Sequence[str]:
    folds = []
    for word in re.split(r"\s*,\s*|\s+and\s+", match["folds"], flags=re.I):
        part = re.fullmatch(r"p?(\d{1,2})(?:st|nd|rd|th)?(?:\s+percentile)?", word.strip(), re.I)
        folds.append(f"p{int(part[1])}({match['key']})" if part else f"{FOLDS[word.strip().lower()]}({match['key']})")
    keys = f" {_listed(match['keys'])}" if match["keys"] else ""
    return (f"runs | group{keys} : {', '.join(folds)}",)


def _across(match: re.Match[str]) -> Sequence[str]:
    """Of all runs, or of those that differ in that one setting alone."""
    fold = f"{FOLDS[match['fold'].lower()]}({match['key']})"
    return f"runs | group : {fold}", f"runs | group config.* except config.{match['apart']} : {fold}"


def _over(match: re.Match[str]) -> Sequence[str]:
    axis = match["axis"].lower()
    curve = f"runs keys {match['key']}"
    if axis == "time":
        return f"{curve} | plot", f"runs | plot {match['key']} vs created"
    return (f"{curve}, epoch | plot {match['key']} vs epoch" if axis.startswith("epoch") else f"{curve} | plot",)


def _scatter(match: re.Match[str]) -> Sequence[str]:
    one, other = (
        f"runs | plot scatter {match['a']} vs {match['b']}",
        f"runs | plot scatter {match['b']} vs {match['a']}",
    )
    return (one, other) if match["joint"].lower() == "and" else (one,)


def _correlated(match: re.Match[str]) -> Sequence[str]:
    """The config's field stands first; which of two that is, its goal tells where it is a metric."""
    a, b = match["a"], match["b"]
    if less_is_better(a) is not None and less_is_better(b) is not None:  # of two metrics DuckDB knows Pearson's
        there = f"where {a} is finite and {b} is finite"
        return (f'runs {there} select {a} as a, {b} as b | sql "select corr(a, b) from _"',)
    value = a if less_is_better(a) is not None and less_is_better(b) is None else b
    field = b if value == a else a
    return (f"runs | select {field if '.' in field else f'config.{field}'}, {value} | corr {value}",)


def _chosen(words: str, *, is_one: bool = False) -> str | None:
    read = read_words(words.lower().split(), is_one=is_one)
    return None if read is None else f"runs {read.written(more=False)}".rstrip()


def _file_of(match: re.Match[str]) -> Sequence[str]:
    runs, name = _chosen(match["words"]), match["format"].lower()
    return () if runs is None else (f'{runs} | to "runs.{_SUFFIXES.get(name, name)}"',)


def _curve_of(match: re.Match[str]) -> Sequence[str]:
    words, key = match["words"].lower().split(), match["key"]
    rank = next((word for word in words if word in {"best", "worst"}), None)
    is_one = not match[0].rstrip(" ?").lower().endswith("s")
    runs = _chosen(" ".join(word for word in words if word != rank), is_one=is_one)
    less = less_is_better(key)
    if runs is None or (rank is not None and less is None):
        return ()
    if rank is not None:
        runs = f"runs order {'' if less == (rank == 'best') else '-'}{key} limit 1"
    return (f"{runs} keys {key} | plot",)


def _counted(match: re.Match[str]) -> Sequence[str]:
    """`how many adam runs finished`: runs that have a value of that name, whichever field holds it."""
    state = state_named(match["state"]) if match["state"] else None
    is_known = read_words([match["word"].lower()], is_one=False) is not None
    if is_known or (match["state"] and state is None):
        return ()
    told = f'state = "{state}" and ' if state else ""
    return (f'count runs where {told}any_field = "{match["word"]}"',)


_SENTENCES: Final[tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Sequence[str]]], ...]] = (
    (_ACROSS, _across),
    (_FOLDED, _folds_of),
    (_OVER, _over),
    (_BOX, lambda match: (f"runs | plot box {match['key']} by {match['by']}",)),
    (_SCATTER, _scatter),
    (_AT_STEP, lambda match: (f"runs select name, at(logged.{match['key']}, {match['step']})",)),
    (_CORRELATED, _correlated),
    (_CORRELATES, lambda match: (f"runs | corr {match['key']}",) if match["key"] else ()),
    (_TOOK, lambda _: ("runs | group : sum(runtime), mean(runtime)", "runs select name, runtime order -runtime")),
    (_EXPORT, lambda match: (f'runs | to "runs.{_SUFFIXES.get(match["format"].lower(), match["format"].lower())}"',)),
    (_FILE_OF, _file_of),
    (_CURVE_OF, _curve_of),
    (_COUNTED, _counted),
)


def sentence(place: Place) -> Mistake | None:
    """A sentence where a query begins: what says it here, each way where there are several."""
    if "LET" not in place.accepted and "RUNS" not in place.accepted:
        return None
    for form, said in _SENTENCES:
        match = form.match(place.text, place.found.start)
        texts = said(match) if match is not None else ()
        if match is not None and texts:
            return _offered(match, texts)
    return _hinted(place)


def _offered(match: re.Match[str], texts: Sequence[str]) -> Mistake:
    old = match[0].rstrip()
    span = Span(match.start(), match.start() + len(old))
    repairs = tuple(replacing(span.start, span.end, text) for text in texts)
    if len(texts) == 1:
        return idiom(None, old, texts[0], span, repairs[0])
    message = f"`{shown(old)}` may be said in {len(texts)} ways"
    hint = " or ".join(f"`{text}`" for text in texts)
    return Mistake("RQL101", message, span, (hint,), repairs=repairs, reach=0)


def _hinted(place: Place) -> Mistake | None:
    """Sentences that leave something open: which metric, which setting."""
    if (match := _CORRELATES.match(place.text, place.found.start)) is not None:
        message, hint = (
            "for which metric is not said",
            "how each setting goes with a metric: `runs | corr summary.loss`",
        )
    elif (match := _GAP.match(place.text, place.found.start)) is not None:
        message, hint = "a difference is a column", "for example: `runs | derive gap = summary.loss - summary.val/loss`"
    elif (match := _COMPARED.match(place.text, place.found.start)) is not None:
        pair = f'("{match["a"]}", "{match["b"]}")'
        message = f"of which field `{match['a']}` and `{match['b']}` are is not said"
        where = f"where config.FIELD in {pair}"
        hint = f"of a setting: `runs {where} | group config.FIELD : mean(METRIC)`"
        hint += f"; names of runs: `runs where name in {pair} | diff`"
    elif (match := _CURVE_OF.match(place.text, place.found.start)) is not None:
        message = "best by which metric?"
        hint = f"for example: `runs order summary.loss limit 1 keys {match['key']} | plot`"
    elif (match := _FILE_OF.match(place.text, place.found.start)) is not None:
        message = "which runs is not said in words that are known"
        hint = 'for example: `runs order summary.loss limit 10 | to "runs.tex"`'
    else:
        return None
    span = Span(match.start(), match.start() + len(match[0].rstrip()))
    return Mistake("RQL101", message, span, (hint,), certain=True, resume=match.end())


def question(place: Place) -> Mistake | None:
    """A question that is not known: one error for all of it, and none for each of its words."""
    match = _QUESTION.match(place.text, place.found.start)
    is_test = place.compares and not _IS_ONE.match(place.text, place.found.start)
    if match is None or "LET" not in place.accepted or is_test:
        return None
    examples = (
        'count runs where state = "failed"',
        "runs | group config.optimizer : mean(summary.loss)",
        "show fields",
    )
    hints = (f"for example: {', '.join(f'`{one}`' for one in examples)}",)
    message = f"`{place.found.text}` does not begin a statement: a query begins with `runs`"
    span = Span(match.start(), match.start() + len(match[0].rstrip()))
    return Mistake("RQL106", message, span, hints, certain=True, resume=match.end())
