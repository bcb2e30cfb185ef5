"""Numbers, times and names as they are written elsewhere: `//`, `count(*)`, `2026-01-12 10:00`, `"x"i`."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from runql.syntax.lexer import END, Lexeme
from runql.syntax.literals import quote_name, read_string, write_string
from runql.syntax.mistake import Mistake, Place, Repair, closing, idiom, leaving_out, replacing, tidy
from runql.text.diagnostic import Edit
from runql.text.source import Span

_DIVIDED: Final = re.compile(
    r"//\s*(?P<by>\d[\w.]*|[^\W\d][\w./]*)(?=\s*(?:[=<>!%+*)|;,-]|\Z|and\b|or\b|as\b|between\b|in\b))"
)
_CLOCK: Final = re.compile(r"\s+(\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)(?P<zone>Z|[+-]\d{2}:?\d{2})?(?!\w)")
_QUOTED_KEY: Final = re.compile(r"""\.\s*(?P<key>"[^"\n]+"|'[^'\n]+')""")
_PUT_IN: Final = re.compile(r"\{\s*([^\W\d][\w./]*)\s*\}")
_VERBATIM: Final = re.compile(r"""@(?P<text>"[^"\n]*"|'[^'\n]*')""")
_ONE_FIELD: Final = 3
_COUNTED: Final = re.compile(r"(?i)count\s*\(\s*(?:\*|1)\s*\)")
_BEFORE_NUMBER: Final = frozenset({"EQ", "NE", "LT", "LE", "GT", "GE", "BETWEEN", "AND", "MINUS", "PLUS"})
_DECIMAL: Final = re.compile(r"(?P<whole>\d+),(?P<rest>\d+)(?!\w)")
_THOUSANDS: Final = re.compile(r"[1-9]\d{0,2}(?:,\d{3})+(?!\w)")
_PERCENT: Final = re.compile(r"(?P<number>\d+(?:\.\d+)?)\s*%")


def floor_division(place: Place) -> Mistake | None:
    """`config.depth // 2`: in Python, the whole part of a quotient."""
    start = place.found.start
    if place.back_terminal() == "DIVIDE":
        start = place.attempt.lexemes[-1].start
    left = next((one for one in reversed(place.attempt.lexemes) if one.end <= start), None)
    match = _DIVIDED.match(place.text, start)
    if match is None or left is None or left.terminal not in {"PATH", "NUMBER"} or match.end() <= place.found.start:
        return None
    if not place.text[match.end() :].strip() and left.terminal == "NUMBER" and not match["by"][0].isdigit():
        return None
    before = next((one for one in reversed(place.attempt.lexemes) if one.end <= left.start), None)
    if before is not None and before.terminal in {"TIMES", "DIVIDE", "MODULO", "POWER", "MINUS"}:
        return None
    span = Span(left.start, match.end())
    new = f"floor({left.text} / {match['by']})"
    return idiom("Python", place.text[span.start : span.end], new, span, replacing(span.start, span.end, new))


def count_of_all(place: Place) -> Mistake | None:
    """`count(*)`, `count(1)`: of rows, `count()`."""
    call = _counted(place)
    if call is None or place.clause is None:
        return None
    new = "count()"
    named = _AS_NAME.match(place.text, call[1]) if place.clause.terminal in {"DERIVE", "GROUP"} else None
    if named is not None:
        call, new = (call[0], named.end()), f"{named[1]} = count()"
    repair = replacing(*call, new)
    return idiom("SQL", place.text[call[0] : call[1]], new, Span(*call), repair)


_AS_NAME: Final = re.compile(r"(?i)\s+as\s+([^\W\d]\w*)")


def count_selected(place: Place) -> Mistake | None:
    """`runs where … select count(*)`: the runs are counted by a query of its own."""
    call = _counted(place)
    select, head = place.clause, place.attempt.lexemes[0] if place.attempt.lexemes else None
    heads = [one for one in place.attempt.lexemes if one.terminal == "RUNS"]
    if call is None or select is None or select.terminal != "SELECT" or head is None or len(heads) != 1:
        return None
    if place.text[select.end : call[0]].strip() or place.first_pipe is not None or place.back_terminal(1) == "COUNT":
        return None
    edits = (
        Edit(Span(heads[0].start, heads[0].end), "count runs"),
        tidy(Edit(Span(select.start, call[1]), ""), place.text),
    )
    repair = Repair("write `count runs`", edits)
    old = place.text[select.start : call[1]]
    mistake = idiom("SQL", old, "count runs", Span(select.start, call[1]))
    return replace(mistake, proven=(repair,), resume=call[1])


def _counted(place: Place) -> tuple[int, int] | None:
    """Where a `count(*)` stands in which the parser stopped."""
    for name in reversed(place.attempt.lexemes[-4:]):
        if name.text.lower() == "count" and (match := _COUNTED.match(place.text, name.start)):
            return match.span() if match.end() >= place.found.start else None
    return None


def time_with_space(place: Place) -> Mistake | None:
    """`2026-01-12 10:00`: a `T` stands between a date and a time."""
    day = place.back()
    if day is None or day.terminal != "TIME" or len(day.text) != len("2026-01-12"):
        return None
    match = _CLOCK.match(place.text, day.end)
    if match is None:
        return None
    clock = match[1] if match[1][1].isdigit() else f"0{match[1]}"
    new = f"{day.text}T{clock}{match['zone'] or ''}"
    span = Span(day.start, match.end())
    return idiom(None, place.text[span.start : span.end], new, span, replacing(span.start, span.end, new))


_MONTHS: Final = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_SPOKEN_DATE: Final = re.compile(
    r"(?i)(?:(?P<day>\d{1,2})(?:st|nd|rd|th)?\s+(?P<month>[a-z]{3,9})|(?P<month2>[a-z]{3,9})\s+(?P<day2>\d{1,2})(?:st|nd|rd|th)?)"
    r"(?:,?\s+(?P<year>\d{4}))?(?![\w./-])"
)


def spoken_date(place: Place) -> Mistake | None:
    """`created > 13 Jan 2026`, `created > Jan 13`: a day with the name of its month."""
    before = place.back()
    if before is None or not place.in_condition:
        return None
    match = _SPOKEN_DATE.match(place.text, before.start)
    month = (match["month"] or match["month2"])[:3].lower() if match is not None else ""
    if match is None or month not in _MONTHS or match.end() <= place.found.start:
        return None
    span, day = Span(*match.span()), int(match["day"] or match["day2"])
    if not match["year"] or not 1 <= day <= 31:
        return Mistake(
            "RQL107", f"`{match[0]}` is no whole date", span, ("a date is `2026-01-31`",), certain=True, resume=span.end
        )
    new = f"{match['year']}-{_MONTHS.index(month) + 1:02}-{day:02}"
    return idiom(None, match[0], new, span, replacing(span.start, span.end, new))


def quoted_key(place: Place) -> Mistake | None:
    """`config."cat dog"`: a key of a name in quotes."""
    name = place.back()
    match = _QUOTED_KEY.match(place.text, place.found.start)
    if match is None or name is None or name.terminal != "PATH" or name.end != place.found.start:
        return None
    span = Span(name.start, match.end())
    new = f"{name.text}.{quote_name(read_string(match['key']))}"
    message = f"a key that needs quotes stands in backticks: `` {new} ``"
    return Mistake("RQL101", message, span, repairs=(replacing(span.start, span.end, new),))


def flagged_pattern(place: Place) -> Mistake | None:
    """`name ~ "x"i`, `name ~ r"x"`: letters around a text."""
    text = place.back()
    sign = place.back(2)
    if text is None or text.terminal != "STRING" or text.end != place.found.start or place.word != "i":
        return None
    new = {"REGEX": "~*", "NOT_REGEX": "!~*"}.get(sign.terminal) if sign is not None else None
    if sign is None or new is None:
        return None
    span = Span(sign.start, place.found.end)
    return idiom("Perl", place.text[span.start : span.end], f"{new} {text.text}", span, _joined(span, new, text.text))


def _joined(span: Span, sign: str, text: str) -> Repair:
    return replacing(span.start, span.end, f"{sign} {text}")


def prefixed_text(place: Place) -> Mistake | None:
    """`r"\\d+"`, `f"x"`: Python's texts with a letter before them."""
    letter, text = place.back(), place.found
    if letter is None or text.terminal != "STRING" or letter.end != text.start:
        return None
    if letter.text.lower() not in {"r", "f", "b", "u", "rb", "br"}:
        return None
    inner = text.text[1:-1]
    if "f" in letter.text.lower() and "{" in inner:
        span, hint = Span(letter.start, text.end), "a text is written as it is, and nothing is put into it"
        if (new := _concatenated(text.text)) is not None:
            return idiom("Python", place.text[span.start : span.end], new, span, replacing(span.start, span.end, new))
        return Mistake("RQL108", f"`{place.text[span.start : span.end]}` is Python", span, (hint,), certain=True)
    new = write_string(inner) if "r" in letter.text.lower() else text.text
    span = Span(letter.start, text.end)
    return idiom("Python", place.text[span.start : span.end], new, span, replacing(span.start, span.end, new))


def verbatim_text(place: Place) -> Mistake | None:
    """`@"\\d+"`: Kusto's text in which a backslash is one."""
    found = _VERBATIM.match(place.text, place.found.start)
    if found is None:
        return None
    new = write_string(found["text"][1:-1])
    return idiom("Kusto", found[0], new, Span(*found.span()), replacing(*found.span(), new))


def _concatenated(text: str) -> str | None:
    """What a text of Python with fields in it comes to: `f"{config.lr}-{name}"`; `None` for anything but fields."""
    parts = _PUT_IN.split(text[1:-1])
    if len(parts) < _ONE_FIELD or "{" in "".join(parts[::2]) or "}" in "".join(parts[::2]):
        return None
    quote = text[0]
    pieces = [part if at % 2 else f"{quote}{part}{quote}" for at, part in enumerate(parts) if part]
    return f"concat({', '.join(pieces)})" if len(pieces) > 1 else f"text({pieces[0]})"


_ALONE: Final = re.compile(r"(?i)\s*(?:$|[|;)]|(?:and|or|order|limit|select|keys)\b)")


def existing_field(place: Place) -> Mistake | None:
    """`where has config.lr`: whether a field is there."""
    word, before = place.back(1), place.back(2)
    if word is None or before is None or place.found.terminal != "PATH":
        return None
    if word.text.lower() not in {"has", "have", "with", "defined"}:
        return None
    if "." not in place.found.text and not _ALONE.match(place.text, place.found.end):
        return None
    if before.terminal not in {"WHERE", "AND", "OR", "NOT", "LPAR"}:
        return None
    span = Span(word.start, place.found.end)
    new = f"exists({place.found.text})"
    return idiom(None, place.text[span.start : span.end], new, span, replacing(span.start, span.end, new))


def metric_of_keys(place: Place) -> Mistake | None:
    """`keys max(loss)`: one value of a history is selected."""
    name = _called(place)
    if name is None or place.clause is None or place.clause.terminal != "KEYS":
        return None
    opening = place.text.find("(", name.end)
    end = closing(place.text, opening)
    if end is None or (place.back() is not place.clause and place.back() is not name):
        return None
    inner = place.text[opening + 1 : end.start].strip().removeprefix("logged.")
    if not re.fullmatch(r"[^\W\d][\w./]*", inner):
        return None
    span = Span(place.clause.start, end.end)
    new = f"select {name.text}(logged.{inner})"
    old = place.text[span.start : span.end]
    hint = "`keys` takes the names of metrics, and gives their histories"
    return idiom(None, old, new, span, replacing(span.start, span.end, new), hint)


def _called(place: Place) -> Lexeme | None:
    """The name of a call in which the parser stopped."""
    if place.found.terminal == "FUNCTION":
        return place.found
    before = place.back()
    return before if place.found.terminal == "LPAR" and before is not None and before.terminal == "PATH" else None


def comma_in_number(place: Place) -> Mistake | None:
    """`config.lr > 0,01`, `runtime > 1,000`: the comma of another country, or between thousands."""
    number = place.back()
    if place.found.terminal != "COMMA" or number is None or number.terminal != "NUMBER":
        return None
    if place.found.start != number.end or place.back_terminal(2) not in _BEFORE_NUMBER:
        return None
    thousands = _THOUSANDS.match(place.text, number.start)
    match = thousands or _DECIMAL.match(place.text, number.start)
    if match is None or match.start() != number.start:
        return None
    point = match[0].replace(",", ".", 1)
    texts = [match[0].replace(",", ""), point] if thousands else [point]
    span = Span(*match.span())
    repairs = tuple(replacing(span.start, span.end, text) for text in texts if text.count(".") < 2 and "," not in text)
    message = f"`{match[0]}` is no number: decimals stand behind a point, and thousands without a sign"
    hint = f"write {' or '.join(f'`{text}`' for text in texts)}"
    return Mistake("RQL107", message, span, (hint,), repairs=repairs, certain=True)


def percent(place: Place) -> Mistake | None:
    """`summary.acc > 50%`."""
    sign, number = place.back(1), place.back(2)
    if sign is None or number is None or sign.text != "%" or number.terminal != "NUMBER":
        return None
    match = _PERCENT.match(place.text, number.start)
    if match is None or match.end() != sign.end:
        return None
    span = Span(*match.span())
    opened = place.opened[-1].start if place.opened else 0
    if re.search(r"(?i)\bpercentile\Z", place.text[max(0, opened - len("percentile")) : opened]):
        hint = f"`percentile` counts in percent: `{match['number']}`"
        repair = replacing(*match.span(), match["number"])
        return Mistake("RQL107", f"`{match[0]}` is no number", span, (hint,), repairs=(repair,))
    new = f"{float(match['number']) / 100:g}"
    hint = "a share is written as a part of one; `%` between two numbers is the rest of a division"
    return Mistake("RQL107", f"`{match[0]}` is no number", span, (hint,), repairs=(replacing(*match.span(), new),))


def spaced_suffix(place: Place) -> Mistake | None:
    """`10 k`, `7 d`: a number and the letter behind it are one word."""
    number = place.back()
    if number is None or number.terminal != "NUMBER" or place.found.text not in {"k", "M", "G"}:
        return None
    span = Span(number.start, place.found.end)
    new = f"{number.text}{place.found.text}"
    return idiom(None, place.text[span.start : span.end], new, span, replacing(span.start, span.end, new))


def whole_number(place: Place) -> Mistake | None:
    """`limit ten`, `limit -1`, `limit all`."""
    before = place.back()
    if before is None or before.terminal not in {"LIMIT", "PAGE"} or place.found.terminal == END:
        return None
    if place.word in {"all", "none", "null"}:
        span = Span(before.start, place.found.end)
        repair = leaving_out(span.start, span.end, place.text[span.start : span.end])
        message = f"`{before.text}` takes a number; without it there is no limit"
        return Mistake("RQL101", message, span, repairs=(repair,))
    return None


def all_of_it(place: Place) -> Mistake | None:
    """`scan 100`: every step, and a number of them."""
    before = place.back()
    if before is None or before.terminal != "SCAN" or place.found.terminal != "NUMBER":
        return None
    span = Span(before.start, place.found.end)
    new = f"sample {place.found.text}"
    hint = "`scan` reads every step"
    return idiom(None, place.text[span.start : span.end], new, span, replacing(span.start, span.end, new), hint)
