"""Mistakes of characters: quotes, brackets, numbers, signs that the language does not have."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from runql.language.operators import BEFORE_TEXT
from runql.syntax.keywords import keywords
from runql.syntax.lexer import END, STRAY
from runql.syntax.literals import quote_name, write_string
from runql.syntax.mistake import Mistake, Place, Repair, idiom, leaving_out, replacing, spaced
from runql.text.diagnostic import Edit
from runql.text.source import Span

_SMART_QUOTES: Final = "\u201c\u201d\u201e\u201f\u2018\u2019\u201a\u201b\u00ab\u00bb\u2039\u203a"
_SMART_STRING: Final = re.compile(f"[{_SMART_QUOTES}]([^{_SMART_QUOTES}\n]*)[{_SMART_QUOTES}]")
_SIGNS: Final = {
    "\u2265": ">=",
    "\u2264": "<=",
    "\u2260": "!=",
    "\u2a7e": ">=",
    "\u2a7d": "<=",
    "\u00d7": "*",
    "\u00f7": "/",
    "\u2212": "-",
    "\u2013": "-",
    "\u2014": "-",
    "\u2227": "and",
    "\u2228": "or",
    "\u00ac": "not",
    "\u2208": "in",
    "\u2026": "..",
    "^": "**",
}
_GLUED: Final = re.compile(r"(\d[\d._]*(?:e[+-]?\d+)?)([a-z]{2,})(?!\w)", re.IGNORECASE)
_WORDISH: Final = re.compile(r"[\w./-]+")
_SLASHED: Final = re.compile(r"/(.+)/(i?)")
_ANY_CASE: Final = {"REGEX": "~*", "NOT_REGEX": "!~*"}
_UNQUOTED: Final = re.compile(r"[^\s,;|()]+")
_TAKES_TEXT: Final = {*BEFORE_TEXT, "LIKE"}
_CLOSES: Final = {")": "(", "]": "[", "}": "{"}


def unclosed_long_string(place: Place) -> Mistake | None:
    """Three quotes without the three at its end: the first two were taken for an empty string."""
    start, before = place.found.start - 2, place.back()
    if before is None or before.text != '""' or before.start != start or place.found.text[:1] != '"':
        return None
    if place.back_terminal(2) != "SQL":
        return _three_quotes(place, start)
    end = len(place.text.rstrip())
    return Mistake(
        "RQL103",
        "this string is not closed",
        Span(start, start + 3),
        ("a string that begins with three quotes ends with three",),
        repairs=(Repair("close it", (Edit(Span(end, end), '"""'),)),),
        certain=True,
        resume=len(place.text),
    )


def _three_quotes(place: Place, start: int) -> Mistake | None:
    """Three quotes around a value: only the question of `sql` stands in them."""
    found = re.compile(r'"""(.*?)"""(?!")').match(place.text, start)
    if found is None:
        return None
    span = Span(*found.span())
    repair = replacing(span.start, span.end, write_string(found[1]))
    return Mistake("RQL101", "a text stands in one quote on each side", span, repairs=(repair,), certain=True)


def unclosed_quote(place: Place) -> Mistake | None:
    """A string or a backtick without its end, said at its beginning."""
    quote = place.found.text
    if place.found.terminal != STRAY or quote not in {'"', "'", "`"}:
        return None
    start = place.found.start
    line_end = place.text.find("\n", start)
    rest = place.text[start + 1 : line_end if line_end >= 0 else len(place.text)]
    words = "|".join(word for word in keywords().clause_words if len(word) > 1)
    clause = re.search(rf"(?i)\s+(?:{words}|and|or)\b|\s*[;|)]", rest)
    inside = rest[: clause.start()] if clause else rest.rstrip()
    end = start + 1 + len(inside)
    backslashes = len(inside) - len(inside.rstrip("\\"))
    closing = quote if backslashes % 2 == 0 or quote == "`" else f"\\{quote}"
    what = "name in backticks" if quote == "`" else "string"
    return Mistake(
        "RQL103",
        f"this {what} is not closed",
        place.span,
        (f"a {what} ends on its line, with {'a backtick' if quote == '`' else f'`{quote}`'}",),
        repairs=(Repair("close it", (Edit(Span(end, end), closing),)),),
        certain=True,
        resume=start + len(rest) + 1,
    )


def smart_quote(place: Place) -> Mistake | None:
    """Curly quotes, as word processors make them."""
    if place.found.terminal != STRAY or place.found.text not in _SMART_QUOTES:
        return None
    match = _SMART_STRING.match(place.text, place.found.start)
    if match is None:
        return Mistake("RQL109", "a curly quote cannot stand here", place.span, ("strings stand in straight quotes",))
    straight = write_string(match[1])
    span = Span(match.start(), match.end())
    repair = replacing(span.start, span.end, straight)
    return idiom(None, match[0], straight, span, repair)


def sign(place: Place) -> Mistake | None:
    """A mathematical sign for which the language has another."""
    plain = _SIGNS.get(place.found.text) or _wide(place.found.text)
    if place.found.terminal != STRAY or plain is None or place.back_terminal() in _TAKES_TEXT - {"EQ", "NE"}:
        return None
    start, end = place.found.start, place.found.end
    repair = replacing(start, end, spaced(place.text, start, end, plain) if plain.isalpha() else plain)
    return idiom(None, place.found.text, plain, place.span, repair)


_MARKED_DATE: Final = re.compile(r"@(?P<date>\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2})?)?)(?![\w-])")


def marked_date(place: Place) -> Mistake | None:
    """`@2026-01-12`, as PRQL has it."""
    found = _MARKED_DATE.match(place.text, place.found.start)
    if found is None:
        return None
    span = Span(*found.span())
    return idiom("PRQL", found[0], found["date"], span, replacing(span.start, span.end, found["date"]))


def _wide(char: str) -> str | None:
    """The plain character for one of the width of a Chinese one."""
    plain = unicodedata.normalize("NFKC", char)
    return plain if len(char) == 1 and plain != char and plain.isascii() and not plain.isalnum() else None


def glued_word(place: Place) -> Mistake | None:
    """`0.1and`, `5keys`: a number and the word behind it."""
    match = _GLUED.match(place.text, place.found.start)
    if (
        match is None
        or place.found.terminal != STRAY
        or match[2].lower() not in {"and", "or", *keywords().clause_words}
    ):
        return None
    new = f"{match[1]} {match[2]}"
    span = Span(*match.span())
    message = f"a space is missing between `{match[1]}` and `{match[2]}`"
    return Mistake("RQL107", message, span, repairs=(replacing(*match.span(), new),))


_SIZE: Final = re.compile(r"(?P<count>\d+(?:\.\d+)?)(?P<unit>[kmg])i?b", re.I)


_NUMBERS: Final = "numbers are `0.01`, `1e-4`, `10k`; durations `90s`, `15m`, `2h`, `7d`, `3w`"


def _sized(text: str) -> tuple[str, ...]:
    """What to say of a size in bytes."""
    size = _SIZE.fullmatch(text)
    unit = size["unit"].upper().replace("K", "k") if size is not None else ""
    return (f"a number has no unit of bytes: `{size['count']}{unit}` is without",) if size is not None else ()


def number(place: Place) -> Mistake | None:
    """Something that begins like a number and is none."""
    text = place.found.text
    if place.found.terminal != STRAY or not text[0].isdigit():
        return None
    match = _WORDISH.match(place.text, place.found.start)
    whole = match[0] if match else text
    start, end = place.found.start, place.found.start + len(whole)
    if "STRING" not in place.accepted and "PATH" in place.accepted:
        return name_to_quote(place)
    sized = _sized(whole)
    if "STRING" not in place.accepted:
        return Mistake("RQL107", f"`{whole}` is not a number", Span(start, end), sized, certain=True)
    return Mistake(
        "RQL107",
        f"`{whole}` is not a number",
        Span(start, end),
        (
            *sized,
            "text stands in quotes",
            "numbers are `0.01`, `1e-4`, `10k`; durations `90s`, `15m`, `2h`, `7d`, `3w`",
        ),
        repairs=(replacing(start, end, write_string(whole)),),
        certain=True,
    )


def dot(place: Place) -> Mistake | None:
    """A point with nothing behind it: `1.`, `config.`; or with a `*` where no pattern can stand."""
    before = place.back()
    if place.found.text != "." or before is None or before.end != place.found.start:
        return None
    span = Span(before.start, place.found.end)
    written = f"{before.text}."
    if before.terminal == "NUMBER":
        repair = Repair(f"write `{written}0`", (Edit(Span(place.found.end, place.found.end), "0"),))
        return Mistake("RQL107", f"`{written}` lacks a digit after the point", span, repairs=(repair,), certain=True)
    if place.text[place.found.end : place.found.end + 1] == "*":
        span = Span(before.start, place.found.end + 1)
        message = f"the pattern `{written}*` cannot stand for one value"
        return Mistake("RQL101", message, span, ("patterns stand in `select` and `keys`",), certain=True)
    return Mistake("RQL101", f"a name must follow `{written}`", span, certain=True)


def name_to_quote(place: Place) -> Mistake | None:
    """A name that needs backticks where only a name can stand: a number or a string in `keys`, a hyphen in a name."""
    if "STRING" in place.accepted or not {"PATH", "COMMA"} & place.accepted:
        return None
    start, before = place.found.start, place.back()
    if place.found.terminal == "MINUS" and before and before.terminal == "PATH" and before.end == start:
        start = before.start
    elif "PATH" not in place.accepted:
        return None
    match = _WORDISH.match(place.text, start)
    if match is None or place.clause is None or place.clause.terminal not in {"KEYS", "X"}:
        return None
    named = quote_name(match[0])
    span = Span(start, match.end())
    message = f"the name `{match[0]}` needs backticks"
    return Mistake("RQL101", message, span, repairs=(replacing(span.start, span.end, named),), certain=True)


def closing_bracket(place: Place) -> Mistake | None:
    """A bracket that closes nothing."""
    text = place.found.text
    if text not in _CLOSES or (text == ")" and place.opened):
        return None
    repair = leaving_out(place.found.start, place.found.end, text)
    message = f"`{text}` closes nothing"
    return Mistake("RQL104", message, place.span, repairs=(repair,), certain=END in place.accepted)


def open_bracket(place: Place) -> Mistake | None:
    """A bracket that is not closed, said where it was opened."""
    before = place.back()
    if not place.opened or before is None or "RPAR" not in place.accepted:
        return None
    opener = place.opened[-1]
    closing = ")" * len(place.opened)
    repair = Repair(f"write `{closing}`", (Edit(Span(before.end, before.end), closing),))
    where = "at the end" if place.found.terminal == END else "before this"
    return Mistake(
        "RQL104",
        "this bracket is not closed" if len(closing) == 1 else f"{len(closing)} brackets are not closed",
        Span(opener.start, opener.end),
        labels=((place.span, f"`{closing}` is missing {where}"),),
        repairs=(repair,),
        certain=place.found.terminal == END,
        resume=place.found.start,
    )


def open_list(place: Place) -> Mistake | None:
    """`tags = ["a"`: a list that is not closed."""
    before, opener = place.back(), place.open_list
    if opener is None or before is None or "RSQB" not in place.accepted:
        return None
    repair = Repair("write `]`", (Edit(Span(before.end, before.end), "]"),))
    where = "at the end" if place.found.terminal == END else "before this"
    return Mistake(
        "RQL104",
        "this list is not closed",
        Span(opener.start, opener.end),
        labels=((place.span, f"`]` is missing {where}"),),
        repairs=(repair,),
        certain=place.found.terminal == END,
    )


def quote_in_string(place: Place) -> Mistake | None:
    """`'it's'`: the string ends before the word does."""
    before = place.back()
    if (
        before is None
        or before.terminal != "STRING"
        or place.found.terminal != "PATH"
        or before.end != place.found.start
    ):
        return None
    quote = before.text[0]
    hint = f"a quote inside a string is written `\\{quote}`"
    return Mistake("RQL103", "this string ends in a word", Span(before.start, before.end), (hint,), certain=True)


def text_without_quotes(place: Place) -> Mistake | None:
    """`name glob vit-*`: a pattern or a text without quotes."""
    index = next((i for i in range(len(place.piece) - 1, -1, -1) if place.piece[i].terminal in _TAKES_TEXT), None)
    if index is None:
        return None
    operand = place.piece[index + 1] if index + 1 < len(place.piece) else place.found
    match = _UNQUOTED.match(place.text, operand.start)
    if match is None or not match.start() <= place.found.start < match.end() or match[0][0] in "\"'`$=~!<>":
        return None
    if not any(map(str.isalnum, match[0])):
        return None  # `=/=`: no text, a sign
    test = place.piece[index]
    pattern = _SLASHED.fullmatch(match[0]) if test.terminal in _ANY_CASE else None
    new = write_string(pattern[1] if pattern else match[0])
    span = Span(match.start(), match.end())
    if pattern and pattern[2]:
        span, new = Span(test.start, span.end), f"{_ANY_CASE[test.terminal]} {new}"
        return idiom("Perl", place.text[span.start : span.end], new, span, replacing(span.start, span.end, new))
    repair = replacing(span.start, span.end, new)
    return Mistake("RQL101", f"text stands in quotes: `{new}`", span, repairs=(repair,))


def unknown_character(place: Place) -> Mistake | None:
    """A character that nothing in the language is written with."""
    if place.found.terminal != STRAY:
        return None
    char = place.found.text
    if char in "[{":
        lists, conditions = "lists stand in parentheses, behind `in`", "conditions are written `config.lr > 0.1`"
        hint = lists if char == "[" else conditions
        return Mistake("RQL101", f"`{char}` cannot stand here", place.span, (hint,), certain=True)
    if len(char) > 1 and char[0].isdigit():
        return Mistake("RQL107", f"`{char}` is not a number", place.span, (*_sized(char), _NUMBERS), certain=True)
    repair = leaving_out(place.found.start, place.found.end, char)
    if not char.isprintable():
        name = unicodedata.name(char, "a control character").lower()
        hidden = Repair("leave it out", repair.edits)
        message = f"a character that cannot be seen: U+{ord(char):04X}, {name}"
        return Mistake("RQL109", message, place.span, repairs=(hidden,), certain=True)
    if char == "±":
        start = len(place.text[: place.found.start].rstrip())
        repairs = (replacing(start, place.found.end, ",", "write them beside each other"),)
        hint = "a mean and its spread are two columns: `mean(acc), std(acc)`"
        return Mistake("RQL109", "the language has no `±`", place.span, (hint,), repairs=repairs, certain=True)
    return Mistake("RQL109", f"the language has no `{char}`", place.span, certain=True)
