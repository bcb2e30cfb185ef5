"""A whole request in English, where a query begins: `average loss per optimizer`, `which model has the best acc`.

A small grammar: what is asked (runs, a count, an aggregate of a field, a picture, the values of a field), of which
runs, for each of what. Every word has to be read, and what is offered says each of them; of a request with a word that
is not known nothing is offered.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from runql.language.fields import RUN_FIELDS
from runql.syntax.keywords import keywords
from runql.syntax.lexer import Lexeme
from runql.syntax.mistake import Mistake, Place, idiom, replacing, shown
from runql.syntax.mistakes.phrases.english import order_of, phrase_at
from runql.syntax.mistakes.phrases.requests.comparisons import (
    best_of_values,
    best_settings,
    best_value,
    differences,
    related,
    shares,
)
from runql.syntax.mistakes.phrases.requests.measures import (
    FOLDS_IN_WORDS,
    after_steps,
    columns,
    curves,
    folded,
    smoothed,
)
from runql.syntax.mistakes.phrases.requests.runs import (
    RunsPhrase,
    chosen_runs,
    column_of,
    keys_of_groups,
    test_of_history,
)
from runql.syntax.mistakes.phrases.requests.words import ASKING, OPENERS, RequestWords, opened
from runql.text.source import Span

_LISTS: Final = {
    **dict.fromkeys(("metrics", "logged metrics", "keys"), "fields logged"),
    **dict.fromkeys(("fields", "columns", "names"), "fields"),
    **dict.fromkeys(("settings", "hyperparameters", "parameters", "configs"), "fields config"),
    **dict.fromkeys(("tags", "sweeps", "projects", "sources"), ""),
}


def request(place: Place) -> Mistake | None:
    """A request that is known as a whole, and the query that it is."""
    lexemes = _read(place)
    if lexemes and (not {one.terminal for one in lexemes} <= {*keywords().heads, "WITH", "PATH"} or len(lexemes) > 2):
        return None
    start = lexemes[0].start if lexemes else place.found.start
    if lexemes and lexemes[0].terminal == "RUNS" and _is_known(place, lexemes[0].end):
        return None
    return _request(place.text, start)


def metric_that_went(place: Place) -> Mistake | None:
    """`runs where the loss diverged`, `runs where acc went up`."""
    lexemes = _read(place)
    if [one.terminal for one in lexemes[:2]] != ["RUNS", "WHERE"] or len(lexemes) > 4:
        return None
    words = RequestWords(place.text, lexemes[1].end)
    words.skip("the", "its", "their")
    key = words.field()
    test = test_of_history(words, key) if key is not None else None
    return _offered(words, [test]) if test is not None and words.is_over else None


def _read(place: Place) -> tuple[Lexeme, ...]:
    """What was read of the statement that the parser stopped in."""
    lexemes = place.attempt.lexemes
    return lexemes[max((n for n, one in enumerate(lexemes) if one.terminal == "SEMI"), default=-1) + 1 :]


def _is_known(place: Place, start: int) -> bool:
    """Whether what stands behind `runs` is known without this: `failed since yesterday`, `with lr > 0.1`."""
    rest = place.text[start : start + 240].partition("|")[0].partition(";")[0]
    if place.word in {"group", "sort"} or re.search(r"[<>=~]", rest):
        return True
    return phrase_at(place.text, start).end >= start + len(rest.rstrip(" ?\n"))


def _request(text: str, start: int) -> Mistake | None:
    words = RequestWords(text, start)
    if not words.is_whole or len(words.words) < 2:
        return None
    for read in _REQUESTS:
        words.at = 0
        texts = read(words)
        if texts and words.is_over:
            return _offered(words, texts)
    for read_open in _OPEN:
        words.at = 0
        example = read_open(words)
        if example and words.is_over:
            return _open(words, example)
    return None


def _open(words: RequestWords, example: str) -> Mistake:
    """A request that does not say by which metric."""
    span = Span(words.words[0].start, words.words[-1].end)
    message = f"by which metric `{shown(words.text[span.start : span.end])}` is meant is not said"
    return Mistake("RQL101", message, span, (f"for example: `{example}`",), certain=True, resume=span.end)


def _offered(words: RequestWords, texts: list[str]) -> Mistake:
    span = Span(words.words[0].start, words.words[-1].end)
    old = words.text[span.start : span.end]
    repairs = tuple(replacing(span.start, span.end, text) for text in texts)
    if len(texts) == 1:
        return idiom(None, old, texts[0], span, repairs[0])
    hint = " or ".join(f"`{text}`" for text in texts)
    return Mistake(
        "RQL101", f"`{shown(old)}` may be said in {len(texts)} ways", span, (hint,), repairs=repairs, reach=0
    )


def _runs(words: RequestWords) -> list[str]:
    """`find runs where the loss is nan`, `top 3 runs by acc for each model`."""
    opened(words)
    words.take("there")
    chosen = chosen_runs(words)
    if chosen is None or chosen.rank:
        return []
    is_by = words.peek() == "by"  # `runs by loss` has several meanings
    keys = keys_of_groups(words)
    if keys is None or is_by:
        return [chosen.written()] if keys is None and chosen != RunsPhrase() else []
    runs = RunsPhrase(chosen.conditions).written()
    if chosen.order and chosen.limit:
        return [f"{runs} | {chosen.order} | limit {chosen.limit} by {', '.join(keys)}"]
    if chosen.order or chosen.limit:
        return []
    return _sorted_groups(words, f"{runs} | group {', '.join(keys)}")


def _sorted_groups(words: RequestWords, grouped: str) -> list[str]:
    """`runs grouped by optimizer sorted by mean loss`."""
    if not words.take("sorted by", "ordered by", "sort by", "order by"):
        return [grouped]
    words.skip("the", "their")
    fold, key = FOLDS_IN_WORDS.get(words.take(*FOLDS_IN_WORDS)), words.field()
    if fold is None or key is None:
        return []
    falls = "-" if words.take("descending", "desc", "decreasing") else ""
    name = column_of(fold, key)
    return [f"{grouped} : {name} = {fold}({key}) | order {falls}{name}"]


def _ranked_of_each(words: RequestWords) -> list[str]:
    """`best 3 runs for each optimizer by acc`."""
    opened(words)
    chosen = chosen_runs(words)
    if chosen is None or not chosen.rank:
        return []
    keys = keys_of_groups(words)
    if not keys or not words.take("by", "in terms of", "on"):
        return []
    key = words.field()
    order = order_of("highest" if chosen.rank == "top" else chosen.rank, key) if key is not None else None
    if order is None:
        return []
    return [f"{RunsPhrase(chosen.conditions).written()} | {order} | limit {chosen.limit or 1} by {', '.join(keys)}"]


def _counted(words: RequestWords) -> list[str]:
    """`how many runs failed`, `number of crashed runs per user`."""
    words.take(*OPENERS)
    words.take(*ASKING)
    words.skip("the")
    if not words.take("how many", "number of", "total number of", "count of", "count"):
        return []
    chosen = chosen_runs(words)
    if chosen is None or chosen.order or chosen.limit or chosen.rank:
        return []
    words.take("are there", "do we have", "do i have", "exist", "there are")
    keys = keys_of_groups(words)
    return [chosen.written(counted=True)] if keys is None else [f"{chosen.written()} | group {', '.join(keys)}"]


def _values(words: RequestWords) -> list[str]:
    """`distinct values of lr`, `which optimizers were used`, `unique models`."""
    words.take(*OPENERS)
    is_asked = bool(words.take(*ASKING))
    words.skip("the", "all")
    is_told = words.take("distinct", "unique", "different", "possible")
    is_value = words.take("values of", "value of", "values for")
    words.skip("the")
    if named := words.take(*_LISTS):
        words.take("are there", "exist", "do we have", "were logged", "are logged")
        return [f"show {_LISTS[named] or named}"]
    key = words.field()
    is_used = words.take("were used", "are used", "was used", "did we use", "have been used", "are there", "exist")
    if key is None or not (is_told or (is_asked and is_used)):
        return []
    is_plural = not is_value and key.endswith("s") and not key.endswith("ss") and key not in RUN_FIELDS
    return [f"runs | group {key[:-1] if is_plural else key}"]


def _of_person(words: RequestWords) -> list[str]:
    """`what did alice run yesterday`."""
    if not words.take("what did", "which runs did"):
        return []
    name = words.value()
    if name is None or name[0] != '"' or not words.take("run", "start", "do", "launch", "train"):
        return []
    when = phrase_at(words.text, words.place)
    if not words.is_over and (not when.conditions or when.clauses):
        return []
    words.skip_to(when.end)
    return [f"runs where {' and '.join((f'user = {name}', *when.conditions))}"]


def _arranged(words: RequestWords) -> list[str]:
    """`sort by loss descending`, `group by optimizer`, `count by state`."""
    if words.take("group by", "count by", "group the runs by", "group runs by", "count per"):
        keys = words.fields()
        return [f"runs | group {', '.join(keys)}"] if keys else []
    if words.take("sort by", "order by", "rank by"):
        key = words.field()
        if key is None:
            return []
        falls = words.take("descending", "desc", "decreasing", "from highest to lowest")
        if not falls:
            words.take("ascending", "asc", "increasing")
        return [f"runs order {'-' if falls else ''}{key}"]
    return []


_REQUESTS: Final[tuple[Callable[[RequestWords], list[str]], ...]] = (
    _counted,
    shares,
    differences,
    related,
    best_value,
    after_steps,
    curves,
    folded,
    _ranked_of_each,
    _values,
    _arranged,
    _of_person,
    smoothed,
    columns,
    _runs,
)
_OPEN: Final[tuple[Callable[[RequestWords], str], ...]] = (best_of_values, best_settings)
