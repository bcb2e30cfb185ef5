"""Plain English behind `runs`: `runs failed since yesterday`, `runs tagged best`, `runs sorted by loss`."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from runql.language.fields import RUN_STATES, state_like
from runql.language.goals import less_is_better
from runql.syntax.literals import read_string, write_string
from runql.syntax.mistake import Mistake, Place, idiom, replacing
from runql.syntax.mistakes.phrases.english_vague import (
    CALENDAR,
    FIELD,
    counted_by,
    in_calendar,
    of_sweep,
    searched,
    vague,
)
from runql.syntax.mistakes.words import duration_of
from runql.text.frozen import frozen
from runql.text.source import Span

_NAME: Final = r"""(?P<name>"[^"\n]*"|'[^'\n]*'|[^\W\d][\w.-]*)"""
_COUNTED: Final = r"(?P<count>\d+(?:\.\d+)?)\s*(?P<unit>[a-z]+)\b"
_STATE: Final = re.compile(
    r"(?:(?:that|which|who)\s+)?(?:with\s+(?:the\s+)?state\s+)?(?:(?:are|is|have|has|did|were)\s+)?(?P<word>[a-z]+)\b",
    re.I,
)
_DAY: Final = r"\d{4}-\d\d-\d\d"
_MOMENT: Final = re.compile(
    r"(?:(?:created|started|made|launched|begun|run)\s+)?(?:(?P<how>since|after|before|until|till|from|of|on|in)\s+)?"
    r"(?:between\s+(?P<low>"
    + _DAY
    + r")\s+and\s+(?P<high>"
    + _DAY
    + r")(?![\w./-])|(?P<moment>today|yesterday|\d{4}-\d\d-\d\d(?:T[\d:.Z+-]+)?)(?![\w./-])|"
    + _COUNTED
    + r"(?P<ago>\s+ago\b)?)",
    re.I,
)
_LAST: Final = re.compile(
    r"(?:(?:created|started|made|launched|begun|run)\s+)?(?P<how>in|of|from|within|during|over)?\s*(?:(?<!\w)the\s+)?"
    r"(?:last|past)\s+(?:" + _COUNTED + r"|(?P<one>hour|day|week)\b)",
    re.I,
)
_LONGER: Final = re.compile(
    r"(?:(?:that|which)\s+)?(?:(?:running|ran|run|took|take|lasted|lasting)\s+)?(?:for\s+)?"
    r"(?P<how>older|newer|younger|longer|shorter|slower|faster|quicker|(?<=[a-z]\s)more|(?<=[a-z]\s)less)\s+than\s+"
    + _COUNTED,
    re.I,
)
_ABSENT: Final = re.compile(
    r"(?:without|lacking|with\s+no|no|missing)\s+(?:any\s+|a\s+)?"
    r"(?P<field>(?:config|summary)\.[\w./]+|tags|[^\W\d][\w./]*(?=\s*(?:$|[|;])))(?![\w./]|\s*[(=<>!])",
    re.I,
)
_PRESENT: Final = re.compile(
    r"(?:(?:that|which)\s+)?(?:with|having|have|has)\s+(?:any\s+|a\s+|some\s+)?(?P<field>notes|group|sweep|job_?type|summary\.[\w./]+|config\.[\w./]+)"
    r"(?=\s*(?:$|[|;]))",
    re.I,
)
_TAGGED: Final = re.compile(r"(?:(?P<un>un)tagged|tagged|with\s+(?:any\s+)?tags)(?=\s*(?:$|[|;]))", re.I)
_EQUAL: Final = re.compile(
    r"(?:with|having)\s+(?:the\s+)?(?P<field>[^\W\d][\w./]*)\s+(?:of\s+)?(?P<value>-?\d[\w.+-]*|\"[^\"\n]*\"|'[^'\n]*'|[^\W\d]\w*)(?=\s*(?:$|[|;]|and\b))",
    re.I,
)
_SIZED: Final = re.compile(
    r"(?:(?:with|having|whose)\s+|(?<=\band\s))(?:a\s+|an\s+|the\s+)?(?P<field>[^\W\d][\w./]*)\s+(?:(?:is|was|of)\s+)?"
    r"(?P<how>below|under|above|over|less\s+than|lower\s+than|smaller\s+than|more\s+than|greater\s+than|higher\s+than|"
    r"larger\s+than|at\s+least|at\s+most)\s+(?P<value>-?\d[\w.+-]*)(?P<part>\s*%)?(?![\w./])",
    re.I,
)
_STEPS: Final = re.compile(
    r"(?:with|having|that\s+(?:have|ran))\s+(?P<how>more|less|fewer)\s+than\s+(?P<count>\d+)\s+steps?\b", re.I
)
_SAME: Final = re.compile(
    r"(?:with|having|that\s+(?:have|share))\s+(?:the\s+)?same\s+(?P<keys>[^\W\d][\w./]*(?:(?:\s*,\s*|\s+and\s+)(?!same)[^\W\d][\w./]*)*)"
    r"(?=\s*(?:$|[|;]))",
    re.I,
)
_USING: Final = re.compile(r"(?:that\s+)?(?:using|use|used)\s+(?P<value>[^\W\d][\w-]*)(?=\s*(?:$|[|;]|and\b))", re.I)
_NAN: Final = re.compile(
    r"(?:with|having)\s+(?:a\s+|an\s+)?(?P<word>nan|infinite|inf)\s+(?P<field>" + FIELD + ")", re.I
)
_NANS: Final = {"inf": "infinite"}
_NOT: Final = re.compile(
    r"(?:(?:that|which)\s+)?(?:(?:are|have|did|is)\s+)?(?:not|excluding|without|except(?:\s+for)?)\s+", re.I
)
_NAMED: Final = re.compile(
    r"(?:(?P<called>named|called)|(?P<tagged>tagged(?:\s+(?:as|with))?|(?:(?:with|has|have|having)\s+)?(?:the\s+)?tags?)"
    r"|(?:in|of|from|with)\s+(?:the\s+)?(?P<group>group)|(?:by|of|from|with)\s+(?:the\s+)?(?P<user>user))\s+"
    + _NAME
    + r"(?:\s+or\s+(?P<other>[^\W\d][\w-]*))?"
    + r"(?![\w.=<>~!(-])(?!\s*(?:[=<>~!(]|has\b|in\b|contains\b))",
    re.I,
)
_SORTED: Final = re.compile(
    r"(?:sorted|ordered|(?P<ranked>ranked))\s+by\s+(?P<key>-?" + FIELD + r")(?:\s+(?P<way>asc\w*|desc\w*)\b)?", re.I
)
FORMATS: Final = "csv|tsv|jsonl?|parquet|markdown|md|latex|tex|yaml"
_EXTREME: Final = re.compile(
    r"(?:(?:with|having|of|has|have|got|gets)\s+)?(?:the\s+)?(?P<word>highest|largest|biggest|most|maximal|maximum|lowest|smallest|least|minimal|"
    r"minimum|best|worst)\s+(?P<key>" + FIELD + r"(?:\s+(?:acc|accuracy|loss|error|score|f1|auc)\b)?)",
    re.I,
)
_FEW: Final = re.compile(r"(?:(?P<last>last|latest|newest)\s+|first\s+)?(?P<count>\d{1,6})\b(?![\w.%])", re.I)
_SHOWN: Final = re.compile(
    r"(?:show|showing|display|displaying|return|returning|get|give|list|print)\s+(?P<keys>"
    + FIELD
    + r"(?:\s*,\s*"
    + FIELD
    + r")*)",
    re.I,
)
_FILE: Final = re.compile(r"(?:to|into)\s+(?P<file>[\w./-]+\.(?:csv|tsv|jsonl?|md|tex|parquet|yaml))\b", re.I)
_BLANK: Final = re.compile(r"[ \t]*")
JOINED: Final = re.compile(r"\s*,\s*|\s+(?:and|where|with)\s+", re.I)
"""What stands between conditions in English."""
_LOW: Final = frozenset({"lowest", "smallest", "least", "minimal", "minimum"})


@frozen
class Phrase:
    """What some words of English say here: conditions, the clauses behind them, and where the words end."""

    conditions: tuple[str, ...]
    clauses: tuple[str, ...]
    end: int

    def written(self, *, more: bool) -> str:
        """As it stands behind `runs`; `more` says whether further conditions follow."""
        where = f"where {' and '.join(self.conditions)}" if self.conditions else ""
        return " ".join((*filter(None, (where,)), *self.clauses, *(("and",) if more else ())))


def state_named(word: str) -> str | None:
    """The state that a word of English names; `run` is none, though other tools have it."""
    lower = word.lower()
    return lower if lower in RUN_STATES else None if lower == "run" else next(iter(state_like(lower)), None)


def _one_name(key: str) -> str:
    """`val acc`, the name of a metric in two words, as such names are written."""
    return "/".join(key.split())


def order_of(word: str, key: str) -> str | None:
    """The order that puts the `best` or the `lowest` of a key first; none where its name does not say which is best."""
    lower = word.lower()
    if key.startswith("-"):
        return f"order {key}"
    if lower in {"best", "worst"}:
        less = less_is_better(key)
        return None if less is None else f"order {'' if less == (lower == 'best') else '-'}{key}"
    return f"order {'' if lower in _LOW else '-'}{key}"


_BEGUN: Final = frozenset({"started", "begun", "launched", "running", "run", "finished", "ended"})
_WHEN: Final = re.compile(r"\s+(?:on|in|at|after|before|since|between|from|during|this|last)\b", re.I)


def _state(match: re.Match[str]) -> str | None:
    if match["word"].lower() in _BEGUN and _WHEN.match(match.string, match.end()):
        return None  # `started on January 13` is of a time
    state = state_named(match["word"])
    return f'state = "{state}"' if state is not None else None


def _moment(match: re.Match[str]) -> str | None:
    if match["low"]:
        return f"created between {match['low']} and {match['high']}"
    how = (match["how"] or "").lower()
    sign = {"since": ">=", "from": ">=", "after": ">", "before": "<", "until": "<=", "till": "<="}.get(how)
    if match["moment"]:
        return f"created {sign or '='} {match['moment'].lower()}"
    duration = duration_of(match["count"], match["unit"])
    is_told = match["ago"] or how in {"since", "after", "before", "until"}
    return f"created {sign or '>'} {duration} ago" if duration and is_told else None


def _last(match: re.Match[str]) -> str | None:
    if match["one"]:
        # "last week" may be that of the calendar; "in the last week" and "past week" are seven days.
        is_told = re.search(r"\bthe\s+last\b|\bpast\b", match[0], re.I) is not None
        return f"created > 1{match['one'][0].lower()} ago" if is_told else None
    duration = duration_of(match["count"], match["unit"])
    return f"created > {duration} ago" if duration else None


_TOOK: Final = frozenset({"longer", "slower", "more", "shorter", "faster", "quicker", "less"})


def _longer(match: re.Match[str]) -> str | None:
    duration = duration_of(match["count"], match["unit"])
    how = match["how"].lower()
    if duration is None:
        return None
    if how in _TOOK:
        return f"runtime {'>' if how in {'longer', 'slower', 'more'} else '<'} {duration}"
    return f"created {'<' if how == 'older' else '>'} {duration} ago"


def _named(match: re.Match[str]) -> str | None:
    name = match["name"]
    text = write_string(read_string(name) if name[0] in "\"'" else name)
    if match["tagged"]:
        return f"tags has {text}" if not match["other"] else f"tags has any ({text}, {write_string(match['other'])})"
    return f"{'name' if match['called'] else 'group' if match['group'] else 'user'} = {text}"


_NO_FIELDS: Final = frozenset(
    {
        "same",
        "more",
        "less",
        "fewer",
        "best",
        "worst",
        "highest",
        "lowest",
        "largest",
        "smallest",
        "biggest",
        "top",
        "no",
    }
)


def _equal(match: re.Match[str]) -> str | None:
    value = match["value"]
    if match["field"].lower() in _NO_FIELDS:
        return None
    if value.lower() in {"sweeps", "above", "below", "over", "under", "best", "low", "high", "missing"}:
        return None
    return f"{match['field']} = {value if not value[0].isalpha() else write_string(value)}"


def _denied(condition: str) -> str:
    """The opposite of an equation, or of `tags has`."""
    return condition.replace(" = ", " != ", 1) if " = " in condition else condition.replace(" has ", " !has ", 1)


def _sorted(match: re.Match[str]) -> str | None:
    if match["ranked"] and not match["way"]:
        return order_of("best", match["key"]) or order_of("highest", match["key"])
    falls = (match["way"] or "").lower().startswith("desc")
    return f"order {'-' if falls and not match['key'].startswith('-') else ''}{match['key']}"


def _few(match: re.Match[str]) -> str | None:
    return f"{'order -created ' if match['last'] else ''}limit {match['count']}"


def _sized(match: re.Match[str]) -> str | None:
    how, value = " ".join(match["how"].lower().split()), match["value"]
    if match["field"].lower() in {"created", "more", "less", "fewer", "older", "newer", "runs", "that", "which"}:
        return None
    if match["part"]:
        if not re.fullmatch(r"-?\d+(?:\.\d+)?", value):
            return None
        value = f"{float(value) / 100:g}"
    sign = _SIGNS.get(how, "<" if how in {"below", "under"} or how.split()[0] in _SMALLER else ">")
    return f"{match['field']} {sign} {value}"


_SIGNS: Final = {"at least": ">=", "at most": "<="}
_SMALLER: Final = {"less", "lower", "smaller"}


_CONDITIONS: Final[tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str | None]], ...]] = (
    (_STEPS, lambda match: f"summary._step {'>' if match['how'].lower() == 'more' else '<'} {match['count']}"),
    (_LONGER, _longer),
    (_SIZED, _sized),
    (_LAST, _last),
    (_MOMENT, _moment),
    (_ABSENT, lambda match: "untagged" if match["field"].lower() == "tags" else f"missing({match['field']})"),
    (_PRESENT, lambda match: f"exists({match['field']})"),
    (_TAGGED, lambda match: "untagged" if match["un"] else "not untagged"),
    (_NAMED, _named),
    (_USING, lambda match: f"any_field = {write_string(match['value'])}"),
    (_NAN, lambda match: f"{match['field']} is {_NANS.get(match['word'].lower(), match['word'].lower())}"),
    (_EQUAL, _equal),
    (_STATE, _state),
)
_CLAUSES: Final[tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str | None]], ...]] = (
    (_SORTED, _sorted),
    (_EXTREME, lambda match: order_of(match["word"], _one_name(match["key"]))),
    (_FEW, _few),
    (_SHOWN, lambda match: f"select {match['keys']}"),
    (_SAME, lambda match: f"| duplicates by {', '.join(re.split(r'[ ]*,[ ]*|[ ]+and[ ]+', match['keys']))}"),
    (_FILE, lambda match: f'| to "{match["file"]}"'),
)


def phrase_at(text: str, start: int) -> Phrase:
    """The English that begins at a place behind `runs`, as far as it goes; none of it may be there."""
    conditions: list[str] = []
    clauses: list[str] = []
    end = start
    while not (clauses and clauses[-1].startswith("|")):
        gaps = [_BLANK.match(text, end), JOINED.match(text, end) if conditions else None]
        found = next((each for gap in gaps if gap is not None for each in _one(text, gap.end())), None)
        if found is None or (found[0] and clauses):
            break
        is_condition, said, end = found
        (conditions if is_condition else clauses).append(said)
    return Phrase(tuple(conditions), tuple(clauses), end)


def _one(text: str, at: int) -> list[tuple[bool, str, int]]:
    """The one piece of English at a place: whether it is a condition, what it is here, where it ends."""
    if (denial := _NOT.match(text, at)) is not None:
        denied = [(form.match(text, denial.end()), said) for form, said in ((_NAMED, _named), (_STATE, _state))]
        told = [(match, said(match)) for match, said in denied if match is not None]
        if known := [(True, _denied(new), match.end()) for match, new in told if new is not None]:
            return known
    for is_condition, table in ((True, _CONDITIONS), (False, _CLAUSES)):
        for form, said in table:
            match = form.match(text, at)
            new = said(match) if match is not None else None
            if match is not None and new is not None:
                return [(is_condition, new, match.end())]
    return []


def english_behind_runs(place: Place) -> Mistake | None:
    """`runs failed`, `runs since yesterday`, `runs older than 7 days sorted by loss`, `runs with tag best`."""
    with_word = place.back() if place.back_terminal() == "WITH" else None
    head = 1 if with_word is None else 2
    source = place.back(2) if place.back_terminal(2) == "FROM" else None
    if source is not None:
        with_word, head = source, 3
        if (calendar := CALENDAR.match(place.text, source.start)) is not None:
            return in_calendar(calendar, "where created ")
    if place.back_terminal(head) != "RUNS" or (place.compares and place.word != "not"):
        return None
    start = place.found.start if with_word is None else with_word.start
    phrase = phrase_at(place.text, start)
    counts = place.back_terminal(head + 1) == "COUNT"
    if phrase.end == start or (counts and phrase.clauses):
        return counted_by(place) if counts else searched(place, start) or of_sweep(place, start) or vague(place, start)
    joined = JOINED.match(place.text, phrase.end) if phrase.conditions and not phrase.clauses else None
    new = phrase.written(more=joined is not None)
    end = phrase.end if joined is None else joined.end() - joined[0][-1:].isspace()
    old = place.text[start : phrase.end]
    return idiom(None, old, new.removesuffix(" and"), Span(start, phrase.end), replacing(start, end, new))


def sorted_by(place: Place) -> Mistake | None:
    """`where lr > 0.01 sorted by loss`."""
    match = _SORTED.match(place.text, place.found.start) if "ORDER" in place.accepted else None
    new = _sorted(match) if match is not None else None
    return idiom(None, match[0], new, Span(*match.span()), replacing(*match.span(), new)) if match and new else None


def moment_of_condition(place: Place) -> Mistake | None:
    """`created in the last 7 days`, `created last week`: a condition of a time in English."""
    denied = place.back() if place.back_terminal() == "IN" else None
    field = place.back(1 if denied is None else 2)
    if field is None or field.text not in {"created", "heartbeat", "updated"} or not place.in_condition:
        return None
    start = place.found.start if denied is None else denied.start
    if (calendar := CALENDAR.match(place.text, start)) is not None:
        return in_calendar(calendar, "")
    match = _LAST.match(place.text, start)
    said = _last(match) if match is not None else None
    if match is None or said is None:
        return None
    new = said.removeprefix("created ")
    return idiom(None, match[0], new, Span(*match.span()), replacing(*match.span(), new))
