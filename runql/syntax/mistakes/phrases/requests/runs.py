"""The noun that most requests are about: `the 3 best adam runs by loss`, `runs that took longer than an hour`."""

from __future__ import annotations

import re
from typing import Final

from runql.language.goals import less_is_better
from runql.syntax.literals import write_string
from runql.syntax.mistakes.phrases.english import order_of, phrase_at, state_named
from runql.syntax.mistakes.phrases.english_vague import part_of_time
from runql.syntax.mistakes.phrases.first_words import read_words
from runql.syntax.mistakes.phrases.requests.words import RequestWords
from runql.text.frozen import frozen

RANKS: Final = ("best", "worst", "top", "highest", "largest", "lowest", "smallest")
EACH: Final = ("for each", "for every", "of each", "of every", "in each", "in every", "per", "each", "by")
_RUN: Final = ("runs", "run", "experiments", "experiment", "trials", "trial", "rows", "row")
_ABOVE: Final = ("above", "over", "more than", "greater than", "higher than", "larger than", "bigger than", ">")
_BELOW: Final = ("below", "under", "less than", "lower than", "smaller than", "fewer than", "<")
_SIGNS: Final = {
    **dict.fromkeys(_ABOVE, ">"),
    **dict.fromkeys(_BELOW, "<"),
    **dict.fromkeys(("at least", ">="), ">="),
    **dict.fromkeys(("at most", "<="), "<="),
    **dict.fromkeys(("not equal to", "different from", "other than", "!="), "!="),
    **dict.fromkeys(("equal to", "equals", "==", "="), "="),
    **dict.fromkeys(("starting with", "starts with", "start with", "beginning with", "begins with"), "startswith"),
    **dict.fromkeys(("ending with", "ends with"), "endswith"),
    **dict.fromkeys(("containing", "contains"), "contains"),
}
_SPANS: Final = {"second": "1s", "minute": "1m", "hour": "1h", "day": "1d", "week": "7d"}


@frozen
class RunsPhrase:
    """Runs that words choose, in an order, and how many of them. `rank` is `best` or `top` without a metric."""

    conditions: tuple[str, ...] = ()
    order: str = ""
    limit: str = ""
    rank: str = ""

    def written(self, *, counted: bool = False) -> str:
        """As a query."""
        where = f"where {' and '.join(self.conditions)}" if self.conditions else ""
        few = f"limit {self.limit}" if self.limit else ""
        return " ".join(filter(None, ("count runs" if counted else "runs", where, self.order, few)))


def chosen_runs(words: RequestWords) -> RunsPhrase | None:
    """The runs that the words ahead name; nothing is read if they name none."""
    return words.attempt(_chosen_runs)


def _chosen_runs(words: RequestWords) -> RunsPhrase | None:
    words.skip("all of the", "all", "the", "any", "of", "every", "each", "my own", "a", "an", "those", "these")
    rank, limit, before = "", "", list[str]()
    while not words.take(*_RUN):
        name = words.peek()
        if ranked := words.take(*RANKS):
            rank = ranked
        elif (count := words.count()) is not None:
            limit = count
        elif name and read_words([name], is_one=False) is not None:
            before.append(name)
            words.at += 1
        else:
            return None
    is_one = not words.words[words.at - 1].lower.endswith("s")
    read = read_words(before, is_one=False)
    if read is None:
        return None
    newest = next((clause for clause in read.clauses if clause.startswith("order ")), "")
    limit = limit or ("1" if is_one and (newest or rank) else "")
    chosen = RunsPhrase(read.conditions, newest, limit, rank)
    return _modified(words, chosen, is_one=is_one)


def _modified(words: RequestWords, chosen: RunsPhrase, *, is_one: bool) -> RunsPhrase | None:
    """The runs with what is said of them behind the noun."""
    while True:
        key = words.attempt(_measure) if chosen.rank else None
        is_open = key is not None and chosen.rank == "top" and less_is_better(key)  # the lowest or the highest
        order = order_of("highest" if chosen.rank == "top" else chosen.rank, key) if key and not is_open else None
        if key is not None and order is None:
            return None
        extreme = order or words.attempt(_extreme)
        if (order := extreme or words.attempt(_sorted)) is not None:
            if chosen.order or (chosen.rank and key is None):
                return None  # one order does not stand beside another
            limit = chosen.limit or ("1" if is_one and extreme else "")
            chosen = RunsPhrase(chosen.conditions, order, limit)
            continue
        more = words.attempt(_conditions)
        if more is None:
            return chosen
        chosen = RunsPhrase((*chosen.conditions, *more), chosen.order, chosen.limit, chosen.rank)


def _measure(words: RequestWords) -> str | None:
    if not words.take("by", "in terms of", "on", "in", "according to", "with respect to", "for"):
        return None
    words.skip("the", "their", "its", "final")
    return words.field()


def _extreme(words: RequestWords) -> str | None:
    """`with the lowest loss`, `that has the best acc`."""
    if not words.take("with", "having", "that has", "that have", "that had", "which has", "has", "have", "had", "of"):
        return None
    words.skip("the")
    rank = words.take(*RANKS)
    key = words.field() if rank else None
    return None if key is None else order_of("highest" if rank == "top" else rank, key)


def _sorted(words: RequestWords) -> str | None:
    if not words.take("sorted by", "ordered by", "sort by", "order by"):
        return None
    words.skip("the", "their")
    key = words.field()
    if key is None:
        return None
    falls = words.take("descending", "desc", "in descending order", "from highest to lowest", "decreasing")
    if not falls:
        words.take("ascending", "asc", "in ascending order", "increasing")
    return f"order {'-' if falls and not key.startswith('-') else ''}{key}"


def _conditions(words: RequestWords) -> list[str] | None:
    """One or more conditions, each a test of a field or a phrase that `phrase_at` knows."""
    found: list[str] = []
    while True:
        one = words.attempt(_phrase) or words.attempt(_tests)
        if one is None:
            return found or None
        found += one
        if not words.take("and", ",", "but"):
            return found


def _phrase(words: RequestWords) -> list[str] | None:
    """What `phrase_at` knows: `since yesterday`, `tagged best`, `older than 7 days`."""
    words.skip("that", "which", "are", "were", "is", "still", "currently")
    phrase = phrase_at(words.text, words.place)
    if not phrase.conditions or phrase.clauses:
        return None
    words.skip_to(phrase.end)
    return list(phrase.conditions)


def _tests(words: RequestWords) -> list[str] | None:
    """`with lr between 0.001 and 0.01`, `where the loss is nan`, `whose name starts with swift`."""
    if words.attempt(_took) is not None:
        words.take("than")
        span = words.attempt(_span_of_time)
        return None if span is None else [f"runtime {span}"]
    if not words.take("with", "having", "where", "whose", "when", "for which", "that have", "that had", "which have"):
        return None
    words.skip("the", "a", "an", "their", "its")
    special = words.take("no", "nan", "missing", "infinite")
    key = words.field()
    if key is None:
        return None
    if special:
        return [f"missing({key})" if special in {"no", "missing"} else f"{key} is {special}"]
    test = test_of_history(words, key) or _test(words, key)
    return None if test is None else [test]


def test_of_history(words: RequestWords, key: str) -> str | None:
    """`diverged`, `went up`: what the history of a metric says."""
    if words.take("diverged", "has diverged", "exploded", "blew up"):
        return f"diverged(logged.{key})"
    if words.take("increased", "went up", "has increased", "grew", "rose"):
        return f"last(logged.{key}) > first(logged.{key})"
    if words.take("decreased", "went down", "has decreased", "fell"):
        return f"last(logged.{key}) < first(logged.{key})"
    return None


def _took(words: RequestWords) -> str | None:
    words.skip("that", "which")
    return words.take("took", "ran for", "ran", "lasted", "running for", "taking", "lasting") or None


def _span_of_time(words: RequestWords) -> str | None:
    """`longer than an hour`."""
    at = words.at
    while at and words.words[at - 1].lower in {"than"}:
        at -= 1
    words.at = at
    sign = ">" if words.take("longer than", "more than", "over", "at least") else ""
    sign = sign or ("<" if words.take("shorter than", "less than", "under", "at most") else "")
    if not sign:
        return None
    words.skip("a", "an", "one")
    unit = words.peek()
    if unit not in _SPANS:
        return None
    words.at += 1
    return f"{sign} {_SPANS[unit]}"


def _test(words: RequestWords, key: str) -> str | None:
    """The test of a field: `above 0.1`, `between 1 and 2`, `of adam or sgd`, `is nan`."""
    words.take("is", "was", "are", "of", "were")
    is_denied = bool(words.take("not"))
    if word := words.take("nan", "infinite", "null", "missing"):
        return f"{key} is {'not ' * is_denied}{word}"
    if words.take("between"):
        low = words.number()
        high = words.number() if words.take("and", "to") else None
        return None if low is None or high is None else f"{'not ' * is_denied}{key} between {low} and {high}"
    sign = words.take(*_SIGNS)
    value = words.value()
    if value is None or (value[0] == '"' and _SIGNS.get(sign) in {"<", ">", "<=", ">="}):
        return None
    if state_named(value.strip('"')) and key == "state":
        value = write_string(state_named(value.strip('"')) or "")
    others = words.attempt(_alternatives) if not sign else None
    if others:
        return f"{key} {'not ' * is_denied}in ({', '.join((value, *others))})"
    if is_denied:
        return f"{key} != {value}" if not sign else None
    return f"{key} {_SIGNS.get(sign, '=')} {value}"


def _alternatives(words: RequestWords) -> list[str] | None:
    """`or sgd or lion`."""
    found: list[str] = []
    while words.take("or"):
        value = words.value()
        if value is None:
            return None
        found.append(value)
    return found or None


def keys_of_groups(words: RequestWords) -> list[str] | None:
    """`per optimizer`, `for each model and seed`, `grouped by week`."""
    if not words.take("grouped by", "split by", "broken down by", "group by", "across", *EACH):
        return None
    words.skip("the", "different", "each", "every")
    keys = words.fields()
    return [part_of_time(key) for key in keys] or None


def column_of(fold: str, key: str) -> str:
    """The name of a column of an aggregate, so that what follows can order by it."""
    return f"{fold}_{re.sub(r'[^0-9A-Za-z]+', '_', key).strip('_')}"
