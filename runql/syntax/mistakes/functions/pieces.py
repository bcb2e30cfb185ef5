"""Pieces of expressions as SQL, Kusto and Python write them: aggregates with a word inside, intervals, elements."""

from __future__ import annotations

import re
from typing import Final

from runql.language.functions import FUNCTIONS
from runql.syntax.lexer import Lexeme
from runql.syntax.literals import read_string
from runql.syntax.mistake import Mistake, Place, closing, idiom, replacing
from runql.syntax.mistakes.functions.split_arguments import arguments_of
from runql.text.source import Span

_ELEMENT: Final = re.compile(r"\bsplit\s*\((?P<inner>[^()]*)\)\s*\[\s*(?P<at>-?\d+)\s*\]")
_FILTERED: Final = re.compile(r"(?is)\bcount\s*\(\s*\*?\s*\)\s*filter\s*(?P<open>\()\s*where\b\s*")
_WHERE: Final = re.compile(r"(?i)\s*filter\s*(?P<open>\()\s*where\b\s*")
_FOLDED: Final = re.compile(r"(?i)(?<![\w.])(?P<name>[^\W\d]\w*)\s*\((?P<of>[^()*]+)\)\s*\Z")
_OF_SQL: Final = {"avg": "mean", "stddev": "std", "stddev_samp": "std", "variance": "var"}
_INTERVAL: Final = re.compile(r"(?i)\s*(?P<count>\d+)\s*(?P<unit>second|minute|hour|day|week)s?\s*")
_BARE_INTERVAL: Final = re.compile(r"(?i)(?P<count>\d{1,6})\s*(?P<unit>second|minute|hour|day|week)s?\b")
_MOMENT_OF_PANDAS: Final = re.compile(
    r"(?:pd\.Timestamp|pd\.to_datetime)\(\s*(?P<quote>[\"'])(?P<moment>[^\"']{1,40})(?P=quote)\s*\)"
)
_LENGTH_OF_PANDAS: Final = re.compile(
    r"(?:pd\.|datetime\.)?[Tt]ime[Dd]elta\(\s*(?P<unit>days|hours|minutes|seconds|weeks)\s*=\s*(?P<count>\d{1,6})\s*\)"
)
_TERNARY: Final = re.compile(
    r"(?P<then>[^,=|;()]+?)\s+if\s+(?P<condition>[^,|;]+?)\s+else\s+(?P<otherwise>[^,|;]+?)(?=\s*(?:[,|;]|\Z))"
)
_OF_R: Final = {
    "is.na": "(X is null or X is nan)",
    "is.nan": "X is nan",
    "is.finite": "X is finite",
    "as.Date": "date(X)",
    "as.numeric": "number(X)",
    "as.character": "text(X)",
}
_MODULES: Final = frozenset({"np", "numpy", "math", "torch", "jnp"})
_SQL: Final = "SQL"


def element_of_split(place: Place) -> Mistake | None:
    """`split(name, "_")[0]`."""
    if place.found.text != "[" or place.back_terminal() != "RPAR":
        return None
    found = next((one for one in _ELEMENT.finditer(place.text) if one.start() < place.found.start < one.end()), None)
    if found is None or found["inner"].count(",") != 1:
        return None
    new = f"split({found['inner'].strip()}, {found['at']})"
    return idiom("Python", found[0], new, Span(*found.span()), replacing(*found.span(), new))


def count_distinct(place: Place) -> Mistake | None:
    """`count(distinct x)`, `count(distinct x) filter (where y > 1)`, behind `group KEY :`."""
    word, bracket, name = place.back(1), place.back(2), place.back(3)
    if word is None or bracket is None or name is None or word.text.lower() != "distinct":
        return None
    end = closing(place.text, bracket.start) if bracket.terminal == "LPAR" else None
    if end is None or name.text.lower() != "count":
        return None
    of, stop = place.text[place.found.start : end.start].strip(), end.end
    if (where := _WHERE.match(place.text, end.end)) is not None:
        last = closing(place.text, where.start("open"))
        if last is None:
            return None
        of, stop = f"if({place.text[where.end() : last.start].strip()}, {of}, null)", last.end
    new = f"n_unique({of})"
    span = Span(name.start, stop)
    return idiom(_SQL, place.text[span.start : span.end], new, span, replacing(span.start, span.end, new))


def filtered_fold(place: Place) -> Mistake | None:
    """`sum(x) filter (where state = 'finished')`: of the values for which a condition holds."""
    opened = _WHERE.match(place.text, place.found.start) if place.word == "filter" else None
    begin = max(0, place.found.start - _NEAR)
    called = _FOLDED.search(place.text[begin : place.found.start]) if opened is not None else None
    end = closing(place.text, opened.start("open")) if opened is not None else None
    if called is None or end is None or opened is None:
        return None
    name = _OF_SQL.get(called["name"].lower(), called["name"].lower())
    new = f"{name}(if({place.text[opened.end() : end.start].strip()}, {called['of'].strip()}, null))"
    span = Span(begin + called.start(), end.end)
    return idiom(_SQL, place.text[span.start : span.end], new, span, replacing(span.start, span.end, new))


def filtered_count(place: Place) -> Mistake | None:
    """`count(*) filter (where state = 'finished')`."""
    found = next((one for one in _FILTERED.finditer(place.text) if one.start() < place.found.start < one.end()), None)
    end = closing(place.text, found.start("open")) if found is not None else None
    if found is None or end is None:
        return None
    new = f"count_if({place.text[found.end() : end.start].strip()})"
    span = Span(found.start(), end.end)
    return idiom(_SQL, place.text[span.start : span.end], new, span, replacing(span.start, span.end, new))


def interval(place: Place) -> Mistake | None:
    """`now - interval '7 days'`, `now - interval 7 day`."""
    word = place.back()
    if word is not None and word.text.lower() == "interval" and place.found.terminal == "NUMBER":
        bare = _BARE_INTERVAL.match(place.text, place.found.start)
        if bare is not None:
            span, new = Span(word.start, bare.end()), f"{bare['count']}{bare['unit'][0].lower()}"
            return idiom(_SQL, place.text[span.start : span.end], new, span, replacing(span.start, span.end, new))
    if word is None or word.text.lower() != "interval" or place.found.terminal != "STRING":
        return None
    found = _INTERVAL.fullmatch(read_string(place.found.text))
    span = Span(word.start, place.found.end)
    if found is None:
        hint = "durations are `90s`, `15m`, `2h`, `7d`, `3w`"
        return Mistake("RQL107", "an `interval` is SQL", span, (hint,), certain=True)
    new = f"{found['count']}{found['unit'][0].lower()}"
    return idiom(_SQL, place.text[span.start : span.end], new, span, replacing(span.start, span.end, new))


_NEAR: Final = 200
_TITLED: Final = re.compile(r"(?is)(?P<value>.+?)(?P<title>\s+as\s+[^\W\d]\w*)")
_TRIMMED: Final = re.compile(
    r"(?i)\btrim\s*\(\s*(?P<end>both|leading|trailing)?\s*(?P<sign>'[^']*')?\s*from\s+(?P<of>[\w./]+)\s*\)"
)
_POSITION: Final = re.compile(r"(?i)\bposition\s*\(\s*(?P<part>'[^']+')\s+in\s+(?P<of>[\w./]+)\s*\)")


def _around(place: Place, pattern: re.Pattern[str]) -> tuple[re.Match[str], Span] | None:
    """What a pattern finds around a place, near to it, and where that stands."""
    begin = max(0, place.found.start - _NEAR)
    near, at = place.text[begin : place.found.start + _NEAR], place.found.start - begin
    found = next((one for one in pattern.finditer(near) if one.start() < at < one.end()), None)
    return None if found is None else (found, Span(begin + found.start(), begin + found.end()))


def trimmed_from(place: Place) -> Mistake | None:
    """`trim(both ' ' from name)`, `trim(leading from name)`."""
    if place.word not in {"from", "both", "leading", "trailing"} and place.found.terminal != "STRING":
        return None
    around = _around(place, _TRIMMED)
    if around is None:
        return None
    found, span = around
    is_white = found["sign"] is None or not found["sign"].strip("' ")
    end = (found["end"] or "both").lower()
    if end == "both":
        new = f"trim({found['of']})" if is_white else f"trim({found['of']}, {found['sign']})"
    elif is_white:
        new = f'replace({found["of"]}, re "{"^ +" if end == "leading" else " +$"}", "")'
    else:
        return None
    return idiom(_SQL, found[0], new, span, replacing(span.start, span.end, new))


def concatenated(columns: str) -> str:
    """Columns in which SQL joins texts: `name || '-' || state` is `concat(name, '-', state)`."""

    def one(column: str) -> str:
        titled = _TITLED.fullmatch(column)
        value, title = (column, "") if titled is None else (titled["value"], titled["title"])
        parts = [part.strip() for part in value.split("||")]
        return column if len(parts) == 1 else f"concat({', '.join(parts)}){title}"

    return ", ".join(map(one, arguments_of(columns))) if "||" in columns else columns


def position_in(place: Place) -> Mistake | None:
    """`position('adam' in name)`: how many characters stand before it, and one; 0 where it is not."""
    around = _around(place, _POSITION) if place.opened else None
    if around is None:
        return None
    found, span = around
    new = f"number({found['of']} contains {found['part']}) * (len(split({found['of']}, {found['part']}, 0)) + 1)"
    return idiom(_SQL, found[0], new, span, replacing(span.start, span.end, new))


def one_or_the_other(place: Place) -> Mistake | None:
    """`a if condition else b`."""
    before = place.back()
    if place.word != "if" or before is None or place.clause is None:
        return None
    start = max(place.text.rfind(sign, place.clause.start, place.found.start) for sign in ("= ", ",", "("))
    start = place.clause.end if start < 0 else start + 1
    while place.text[start : start + 1].isspace():
        start += 1
    found = _TERNARY.match(place.text, start)
    if found is None or not found.start() < place.found.start < found.end():
        return None
    new = f"if({found['condition']}, {found['then']}, {found['otherwise']})"
    return idiom("Python", found[0], new, Span(*found.span()), replacing(*found.span(), new))


def function_of_module(place: Place) -> Mistake | None:
    """`np.log(x)`, `math.sqrt(x)`."""
    name = place.back()
    if place.found.terminal != "LPAR" or name is None or name.terminal != "PATH":
        return None
    if (known := _known_call(place, name)) is not None:
        return known
    module, _, called = name.text.rpartition(".")
    if module not in _MODULES or called.lower() not in FUNCTIONS:
        return None
    span = Span(name.start, name.end)
    return idiom("Python", name.text, called.lower(), span, replacing(span.start, span.end, called.lower()))


def _known_call(place: Place, name: Lexeme) -> Mistake | None:
    """`np.where(c, a, b)`, `is.na(x)`, `pd.Timestamp("2026-01-13")`."""
    if name.text == "np.where":
        return idiom("NumPy", "np.where", "if", Span(name.start, name.end), replacing(name.start, name.end, "if"))
    if name.text in _OF_R and (end := closing(place.text, place.found.start)) is not None:
        inner, span = place.text[place.found.end : end.start].strip(), Span(name.start, end.end)
        new = _OF_R[name.text].replace("X", inner)
        return idiom("R", place.text[span.start : span.end], new, span, replacing(span.start, span.end, new))
    if moment := _MOMENT_OF_PANDAS.match(place.text, name.start):
        new = f'time("{moment["moment"]}")'
        return idiom("pandas", moment[0], new, Span(*moment.span()), replacing(*moment.span(), new))
    if length := _LENGTH_OF_PANDAS.match(place.text, name.start):
        new = f"{length['count']}{length['unit'][0]}"
        return idiom("Python", length[0], new, Span(*length.span()), replacing(*length.span(), new))
    return None
