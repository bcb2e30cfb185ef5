"""Words behind `runs` that could be said in several ways here, or that name no condition: `by loss`, `last week`."""

from __future__ import annotations

import re
from calendar import monthrange
from typing import Final

from runql.language.fields import RUN_FIELDS
from runql.language.goals import less_is_better
from runql.syntax.lexer import Lexeme
from runql.syntax.literals import write_string
from runql.syntax.mistake import Mistake, Place, idiom, leaving_out, replacing, shown
from runql.text.source import Span

FIELD: Final = r"[^\W\d][\w./*-]*"
_USED: Final = re.compile(r"(?:with|using|on|for|about)\s+(?P<word>[^\W\d][\w-]*)(?=\s*(?:$|[|;]))", re.I)
_ON_HOST: Final = re.compile(r"(?:on|from)\s+(?:the\s+)?(?:host|machine)\s+[\"']?(?P<name>[\w.-]+)[\"']?", re.I)
_BESIDE: Final = re.compile(
    r"(?P<one>\"[^\"\n]+\"|'[^'\n]+')\s*(?:vs\.?|versus|against|and)\s*(?P<other>\"[^\"\n]+\"|'[^'\n]+')(?=\s*(?:$|[|;]))",
    re.I,
)
_SWEEP: Final = re.compile(r"(?:in|of|from)\s+(?:the\s+)?sweep\s+(?P<id>[\w-]+)", re.I)


def part_of_time(key: str) -> str:
    """A key of groups: `week` is that of `created`."""
    name = {"day": "date", "daily": "date"}.get(key.lower(), key.lower())
    return f"{name}(created)" if name in {"date", "week", "month", "year", "hour", "weekday"} else key


def counted_by(place: Place) -> Mistake | None:
    """`count runs by state`, `count runs per model`."""
    match, count = EACH.match(place.text, place.found.start), place.back(2)
    if match is None or count is None:
        return None
    span = Span(count.start, match.end())
    new = f"runs | group {part_of_time(match['key'])}"
    return idiom(None, place.text[span.start : span.end], new, span, replacing(span.start, span.end, new))


CALENDAR: Final = re.compile(
    r"(?:(?:created|started|made|launched|begun|run|finished|ended)\s+)?(?:(?:from|of|in|since|after|before|on|until|during)\s+)?"
    r"(?:(?P<which>this|last)\s+(?P<unit>week|month|year)\b"
    r"|(?<=\s)(?:mon|tues|wednes|thurs|fri|satur|sun)day\b|(?<=\s)\d{4}-\d\d(?![\w-])"
    r"|(?<=\s)(?:january|february|march|april|may|june|july|august|september|october|november|december)\b"
    r"(?:\s+\d{1,2}(?:st|nd|rd|th)?\b)?(?:,?\s+\d{4}\b)?)",
    re.I,
)
_DIVERGED: Final = re.compile(r"(?:(?:that|which)\s+)?(?:have\s+|has\s+)?(?P<word>diverged|exploded|converged)\b", re.I)
EACH: Final = re.compile(r"(?:by|per|for\s+each|(?:\|\s*)?group\s+by)\s+(?P<key>" + FIELD + ")", re.I)
_GROUPED: Final = re.compile(
    rf"(?:grouped|split|aggregated|broken\s+down)\s+by\s+(?P<key>{FIELD})(?=\s*(?:$|[|;]))", re.I
)
_WHOSE: Final = re.compile(r"(?:by|of|from)\s+(?:me|myself|us)\b|mine\b", re.I)
_ALL: Final = re.compile(r"(?:all|please|now|\*)\s*(?=$|[;|])", re.I)


WHOSE: Final = 'whose runs they are says `user`: `runs where user = "NAME"`'


def searched(place: Place, start: int) -> Mistake | None:
    """`runs with adam`, `runs on gpu`."""
    if (on_host := _ON_HOST.match(place.text, start)) is not None:
        new = f"where host = {write_string(on_host['name'])}"
        return idiom(None, on_host[0], new, Span(*on_host.span()), replacing(*on_host.span(), new))
    if (pair := _BESIDE.match(place.text, start)) is not None:
        new = f"where name in ({pair['one']}, {pair['other']}) | diff"
        return idiom(None, pair[0], new, Span(*pair.span()), replacing(*pair.span(), new))
    match = _USED.match(place.text, start)
    if match is None:
        return None
    if match[0].lower().startswith("with") and match["word"] in RUN_FIELDS:
        new = f"where {'not untagged' if match['word'] == 'tags' else 'exists(' + match['word'] + ')'}"
        return idiom(None, match[0], new, Span(*match.span()), replacing(*match.span(), new))
    new = f"search {write_string(match['word'])}"
    return idiom(None, match[0], new, Span(*match.span()), replacing(*match.span(), new))


def of_sweep(place: Place, start: int) -> Mistake | None:
    """`runs of sweep abc`."""
    match = _SWEEP.match(place.text, start) if place.back_terminal() == "RUNS" else None
    if match is None:
        return None
    begin, new = place.attempt.lexemes[-1].start, f"sweep {match['id']}"
    return idiom(
        None, place.text[begin : match.end()], new, Span(begin, match.end()), replacing(begin, match.end(), new)
    )


def vague(place: Place, start: int) -> Mistake | None:  # noqa: PLR0911 - one line a phrase
    """Words that could be said in several ways here."""
    if (match := _GROUPED.match(place.text, start)) is not None:
        new = f"| group {match['key']}"
        return idiom(None, match[0], new, Span(*match.span()), replacing(*match.span(), new))
    if (match := _ALL.match(place.text, start)) is not None:
        repairs = (leaving_out(start, match.end(), match[0].strip()),)
        return Mistake("RQL101", "`runs` are all of them", Span(*match.span()), repairs=repairs)
    if (match := _WHOSE.match(place.text, start)) is not None:
        hints = (WHOSE,)
        message = f"`{shown(match[0])}` is said by a condition"
    elif (match := _DIVERGED.match(place.text, start)) is not None:
        return of_history(Span(*match.span()), match["word"])
    elif (match := CALENDAR.match(place.text, start)) is not None:
        return in_calendar(match, "where created ")
    elif (match := EACH.match(place.text, start)) is not None and part_of_time(match["key"]) != match["key"]:
        new = f"| group {part_of_time(match['key'])}"
        return idiom(None, match[0], new, Span(*match.span()), replacing(*match.span(), new))
    elif place.word == "by" and (match := EACH.match(place.text, start)) is not None:
        key = match["key"]
        is_person = "." not in key and less_is_better(key) is None
        person = f'`where user = "{key}"` are those of a person, ' * is_person
        hints = (f"{person}`order {key}` sorts by it, `| group {key}` makes a row of each of its values",)
        message = f"`{shown(match[0])}` could be {'a person, ' * is_person}an order or groups"
    elif place.back_terminal() == "WITH":
        return _no_sweeps(place)
    else:
        return None
    return Mistake("RQL101", message, Span(*match.span()), hints, certain=True, resume=match.end())


def _no_sweeps(place: Place) -> Mistake | None:
    """`runs with nan loss`: behind `with` only `sweeps` can stand."""
    before = place.back()
    if before is None or place.found.terminal != "PATH":
        return None
    span = Span(before.start, place.found.end)
    hints = ('for example: `where config.lr > 0.01`, `where summary.loss is nan`, `where tags has "best"`',)
    return Mistake("RQL101", "a condition begins with `where`", span, hints, certain=True)


def of_history(span: Span, word: str) -> Mistake:
    """`diverged runs`: of which metric is not said."""
    hints = ("for example: `where diverged(logged.loss)`, `where when(logged.loss < 0.1) < 1000`",)
    message = f"`{word}` is asked of the history of a metric"
    return Mistake("RQL101", message, span, hints, certain=True, resume=span.end)


def unsaid_week(place: Place, before: Lexeme) -> Mistake | None:
    """`created > last week`."""
    match = CALENDAR.match(place.text, before.start) if before.text.lower() in {"last", "this"} else None
    return in_calendar(match) if match is not None else None


def in_calendar(match: re.Match[str], before: str | None = None) -> Mistake:
    """`this week`, `in 2026-01`: stretches of the calendar. `before`: what is written before the test of a time there;
    none where only the hint fits."""
    test = _calendar_test(match)
    hints = ("for example: `where created > 7d ago`, `where created >= 2026-11-01`, `where created = yesterday`",)
    message = f"`{shown(match[0])}` is said by a condition on a time"
    span = Span(*match.span())
    if test is None:
        return Mistake("RQL101", message, span, hints, certain=True, resume=match.end())
    hints = (f"write `where created {test}`",)
    repairs = () if before is None else (replacing(span.start, span.end, f"{before}{test}"),)
    return Mistake("RQL101", message, span, hints, repairs=repairs, certain=True, resume=match.end())


def _calendar_test(match: re.Match[str]) -> str | None:
    """The test of a time that a stretch of the calendar is; none for `last week`, which may be seven days."""
    words = match[0].lower()
    if re.search(r"\b(?:before|until|after)\b", words):
        return None
    if (this := re.search(r"\bthis\s+(week|month)\b", words)) is not None:
        return f">= {this[1]}(now)"
    month = re.search(r"\b(\d{4})-(\d\d)\b", words)
    if month is None or not 1 <= int(month[2]) <= 12:
        return None
    start = f"{month[0]}-01"
    return (
        f">= {start}"
        if "since" in words
        else f"between {start} and {month[0]}-{monthrange(int(month[1]), int(month[2]))[1]}"
    )
