"""What other languages and speech deny, in one word or several, and how it is denied here. A denial is never lost."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from runql.syntax.lexer import Lexeme
from runql.syntax.mistake import Mistake, Place, idiom, replacing
from runql.text.source import Span

_ISNT: Final = r"(?:is\s+not|isnot|is_not|isn['’]?t|isn|ain['’]?t|was\s+not|wasn['’]?t)"
_DOESNT: Final = r"(?:does\s+not|doesn['’]?t|doesnot|do\s+not|don['’]?t|did\s+not|didn['’]?t)"
_NO: Final = rf"(?:{_ISNT}|not|no)\s+"
_MORE: Final = r"(?:(?:greater|more|bigger|larger|higher|later)\s+than|above|over|after|exceeding)\b"
_LESS: Final = r"(?:(?:less|fewer|smaller|lower|earlier)\s+than|below|under|before)\b"
_VALUE: Final = r"""(?=\s+(?:["'\d$.-]|(?:true|false|today|yesterday|now)\b))"""
_TABLE: Final[tuple[tuple[str, str], ...]] = (
    # What is written, and what is written here; `{field}` is what stands before it.
    (rf"{_ISNT}\s+(?P<word>in|between|contains|startswith|endswith|glob|has)\b", "not {word}"),
    (rf"{_ISNT}\s+(?:null|none|nil|na)\b", "is not null"),
    (rf"{_ISNT}\s+(?P<word>nan|finite|missing)\b", "is not {word}"),
    (rf"{_ISNT}\s+(?:infinite|infinity|inf)\b|is_?not_?inf\b", "not in (inf, -inf)"),
    (rf"{_ISNT}\s+(?:set|defined|present|there|available|logged)\b", "missing({field})"),
    (rf"{_ISNT}\s+(?:unset|undefined|absent)\b", "exists({field})"),
    (rf"{_ISNT}\s+empty\b|not_?empty\b", "len({field}) != 0"),
    (rf"{_ISNT}\s+(?:equals?(?:\s+to)?|eq|the\s+same\s+as|like(?=\s+\d))\b", "!="),
    (rf"{_ISNT}\s+(?:one|any)\s+of(?=\s*[(\[])", "not in"),
    (rf"{_ISNT}\s+at\s+least\b", "not {field} >="),
    (rf"{_ISNT}\s+at\s+most\b", "not {field} <="),
    (rf"(?:{_NO}){_MORE}|(?:not|!)\s*>(?!=)|{_ISNT}\s*>(?!=)", "not {field} >"),
    (rf"(?:{_NO}){_LESS}|(?:not|!)\s*<(?![=>])|{_ISNT}\s*<(?![=>])", "not {field} <"),
    (rf"(?:not|!)\s*>=|{_ISNT}\s*>=", "not {field} >="),
    (rf"(?:not|!)\s*<=|{_ISNT}\s*<=", "not {field} <="),
    (r"not(?=\s+(?:today|yesterday|now)\b)", "!="),
    (rf"{_ISNT}{_VALUE}", "!="),
    (rf"{_DOESNT}\s+(?:have|has)\b|hasn['’]?t\b|hasnot\b|has\s+not\b|has_not\b", "!has"),
    (r"(?:without|except)(?=\s+[\"'$])", "!has"),
    (r"not_?has\b|nhas\b|lacks?\b|has\s+no\b(?!\s+(?:value|one)\b)", "!has"),
    (rf"{_DOESNT}\s+(?:contains?|includes?)\b|does\s+exclude\b|excludes?\b", "not contains"),
    (r"not_?contains?\b|ncontains?\b|not_?includes?\b|not\s+includes?\b", "not contains"),
    (rf"(?:{_DOESNT}\s+|not_?)(?:start|begin)s?[\s_]?with\b|nstartswith\b", "not startswith"),
    (rf"(?:{_DOESNT}\s+|not_?)ends?[\s_]?with\b|nendswith\b", "not endswith"),
    (rf"(?:{_DOESNT}\s+|not_?|not\s+)(?:match(?:es)?|regexp?|rlike)\b|nmatch\b", "!~"),
    (rf"(?:{_DOESNT}\s+|not_?|not\s+)equals?(?:\s+to\b)?\b|noteq\b|neq\b", "!="),
    (r"differs?\s+from\b|different\s+from\b|unequal(?:\s+to)?\b|other\s+than\b", "!="),
    (rf"(?!is\s){_ISNT}\s+(?P<word>[^\W\d]\w*)\b", '!= "{word}"'),
    (r"is\s+not_?finite\b", "is not finite"),
    (r"has\s+none\s+of\b|has\s+none(?=\s*\()", "not has any"),
    (r"(?:not_?in|nin)\b", "not in"),
    (r"(?:not_?between|nbetween)\b", "not between"),
    (r"is_?not_?(?:null|na)\b|not_?null\b|notna\b|non_?null\b", "is not null"),
    (r"(?:is_?not_?nan|not_?nan)\b", "is not nan"),
    (rf"{_DOESNT}\s+exists?\b|not_?exists?\b|nonexistent\b|(?:is\s+)?(?:absent|unset|undefined)\b", "missing({field})"),
    (r"(?:exists?|present|defined)\b(?!\s*[\w(])", "exists({field})"),
    (r"is\s+(?:set|present|defined|there|available|logged)\b|is_?set\b|is_?present\b", "exists({field})"),
    (r"is\s+(?:infinite|infinity)\b|is_?inf(?:inite)?\b", "in (inf, -inf)"),
    (r"is\s+(?:(?:one|any)\s+of|in|among)(?=\s*[(\[])", "in"),
    (r"is\s+empty\b|is_?empty\b", "len({field}) = 0"),
)
_PATTERNS: Final = tuple((re.compile(pattern, re.IGNORECASE), new) for pattern, new in _TABLE)
_WORDS: Final = frozenset({"not", "is", "has", "!", "no"})


def denial(place: Place) -> Mistake | None:
    """`hasn't`, `isnot null`, `does not contain`, `isn't set`, and what says the opposite of those."""
    found = _said(place)
    return None if found is None else _mistake(place, *found)


def denial_of_list(place: Place) -> Mistake | None:
    """The same of a list, where what a text does not contain was meant."""
    found = _said(place)
    if found is None or found[1] != "not contains":
        return None
    return _mistake(place, found[0], "!has", found[2])


def _mistake(place: Place, span: Span, new: str, field: Lexeme | None) -> Mistake | None:
    if "{field}" in new:
        if field is None:
            return None
        span, new = Span(field.start, span.end), new.replace("{field}", field.text)
    old = place.text[span.start : span.end]
    return None if old.lower() == new else idiom(None, old, new, span, replacing(span.start, span.end, new))


def _said(place: Place) -> tuple[Span, str, Lexeme | None] | None:
    """What is denied, or not, where the parser stopped: its place, how it is written here, and the field before it."""
    if not place.in_condition:
        return None
    for start, before in _starts(place):
        if before is None or before.terminal not in {"PATH", "RPAR", "STRING", "PARAM", "NUMBER"}:
            continue
        for pattern, new in _PATTERNS:
            match = pattern.match(place.text, start)
            if match is not None and match.end() >= place.attempt.lexemes[-1].end:
                words = match.groupdict()
                word = words.get("word") or ""
                written = new.replace("{word}", word if '"' in new else word.lower())
                return Span(*match.span()), written, before if before.terminal == "PATH" else None
    return None


def _starts(place: Place) -> Iterator[tuple[int, Lexeme | None]]:
    """Where the words may begin, and what stands before them: what was found, and the words of an operator before."""
    yield place.found.start, place.back()
    for count in (1, 2):
        word = place.back(count)
        if word is None or word.text.lower() not in _WORDS:
            return
        yield word.start, place.back(count + 1)
