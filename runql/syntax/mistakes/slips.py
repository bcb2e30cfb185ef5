"""Slips of the pen in clauses and conditions: commas, spaces and words that are too many, or missing."""

from __future__ import annotations

import re
from itertools import islice
from typing import Final

from runql.language.entry import LiteralEntry
from runql.language.words import WORDS
from runql.syntax.keywords import keywords
from runql.syntax.lexer import END
from runql.syntax.mistake import Mistake, Place, Repair, closing, idiom, leaving_out, replacing, shown
from runql.syntax.mistakes.phrases.frame_stages import is_no_condition
from runql.syntax.mistakes.phrases.stages_of_others import FOLDS
from runql.text.diagnostic import Edit
from runql.text.source import Span

_COMPARED: Final = frozenset({"EQ", "NE", "LT", "LE", "GT", "GE", "BETWEEN"})
_ENDS_CONDITION: Final = frozenset(
    {"NUMBER", "STRING", "PATH", "TIME", "DURATION", "PARAM", "RPAR", "NULL", "TRUE", "FALSE"}
)
_SIGNS: Final[dict[tuple[str, ...], str]] = {
    ("greater", "than"): ">",
    ("greater", "or", "equal"): ">=",
    ("more", "than"): ">",
    ("bigger", "than"): ">",
    ("larger", "than"): ">",
    ("longer", "than"): ">",
    ("higher", "than"): ">",
    ("later", "than"): ">",
    ("less", "than"): "<",
    ("shorter", "than"): "<",
    ("earlier", "than"): "<",
    ("fewer", "than"): "<",
    ("smaller", "than"): "<",
    ("lower", "than"): "<",
    ("at", "least"): ">=",
    ("at", "most"): "<=",
    ("equal", "to"): "=",
    ("equals", "to"): "=",
    ("above",): ">",
    ("over",): ">",
    ("exceeds",): ">",
    ("below",): "<",
    ("under",): "<",
    ("after",): ">",
    ("since",): ">=",
    ("before",): "<",
    ("until",): "<=",
}
_NQL_TYPES: Final = frozenset(
    {"float", "int", "integer", "string", "bool", "boolean", "datetime", "stringSet", "floatSeries", "experimentState"}
)
_LENGTH: Final = re.compile(
    r"(?:(?:in|within)\s+)?(?:the\s+)?(?:(?:last|past)\s+)?(?P<length>\d+\s*[smhdw])\b", re.IGNORECASE
)
_FOLLOWS: Final = re.compile(r"\s*([^\W\d]\w*|[\d(\[\"'`.$-])")
_VALUES: Final = frozenset(terminal for terminal, entry in WORDS.items() if isinstance(entry, LiteralEntry))


def last_comma(place: Place) -> Mistake | None:
    """`keys loss, acc,` at the end of the text, or before a pipe."""
    comma = place.back()
    if comma is None or comma.terminal != "COMMA" or place.found.terminal not in {END, "PIPE", "SEMI"}:
        return None
    message = "nothing follows this comma"
    return Mistake("RQL101", message, Span(comma.start, comma.end), repairs=(leaving_out(comma.start, comma.end, ","),))


def not_exists(place: Place) -> Mistake | None:
    """`config.lr not exists`, `config.lr is missing`-like words behind `not`."""
    field, denial = place.back(2), place.back(1)
    new = {"exists": "missing", "exist": "missing", "missing": "exists", "set": "missing"}.get(place.word)
    if new is None or field is None or denial is None or denial.terminal != "NOT" or field.terminal != "PATH":
        return None
    span = Span(field.start, place.found.end)
    written = f"{new}({field.text})"
    return idiom("SQL", place.text[span.start : span.end], written, span, replacing(span.start, span.end, written))


def not_value(place: Place) -> Mistake | None:
    """`config.lr not 0.1`."""
    denial = place.back()
    if denial is None or denial.terminal != "NOT" or place.back_terminal(2) != "PATH":
        return None
    if place.found.terminal not in {"NUMBER", "STRING", "TIME", "DURATION", "PARAM"}:
        return None
    span = Span(denial.start, place.found.end)
    new = f"!= {place.found.text}"
    return idiom(None, place.text[span.start : span.end], new, span, replacing(span.start, span.end, new))


def between_brackets(place: Place) -> Mistake | None:
    """`between (1, 2)`, `between [1, 2]`, `between (1 .. 2)`."""
    bracket = place.found if place.found.text == "[" else place.opened[-1] if place.opened else None
    if bracket is None or (place.found.terminal != "COMMA" and place.found.text != ".." and bracket is not place.found):
        return None
    before = [lexeme for lexeme in place.attempt.lexemes if lexeme.end <= bracket.start][-1:]
    end = closing(place.text, bracket.start)
    if not before or before[0].terminal != "BETWEEN" or end is None:
        return None
    inner = place.text[bracket.end : end.start]
    sign = ".." if ".." in inner else ","
    if inner.count(sign) != 1:
        return None
    low, high = (part.strip() for part in inner.split(sign))
    span = Span(bracket.start, end.end)
    new = f"{low} and {high}"
    return idiom(None, place.text[span.start : span.end], new, span, replacing(span.start, span.end, new))


def sign_in_words(place: Place) -> Mistake | None:
    """`config.lr is greater than 0.1`, `created after 2026-01-01`, `lr at least 1`."""
    begin = place.back() if place.back_terminal() == "IS" else None
    field = place.back(2 if begin is not None else 1)
    if field is None or field.terminal not in {"PATH", "RPAR"}:
        return None
    words = [lexeme for lexeme, _ in zip(place.ahead(), range(3), strict=False)]
    texts = tuple(lexeme.text.lower() for lexeme in words)
    known = next((texts[:count] for count in (3, 2, 1) if texts[:count] in _SIGNS), None)
    if known is None:
        return None
    span = Span((begin or place.found).start, words[len(known) - 1].end)
    sign = _SIGNS[known]
    return idiom(None, place.text[span.start : span.end], sign, span, replacing(span.start, span.end, sign))


def within_length(place: Place) -> Mistake | None:
    """`created within 7d`, `created in the last 7d`, `created last 7d`: since so long ago."""
    index = next((count for count in (1, 2) if place.back_terminal(count) == "PATH"), None)
    field = place.back(index) if index is not None else None
    if field is None or (index == 2 and place.back_terminal() != "IN"):
        return None
    start = place.found.start if index == 1 else place.attempt.lexemes[-1].start
    match = _LENGTH.match(place.text, start)
    if match is None or match.start("length") == match.start():
        return None
    new = f"> {''.join(match['length'].split())} ago"
    span = Span(*match.span())
    return idiom(None, match[0], new, span, replacing(span.start, span.end, new))


def where_left_out(place: Place) -> Mistake | None:
    """`runs config.lr > 0.1`, `runs with lr > 0.1`, `runs whose lr > 0.1`."""
    before = place.back()
    if before is not None and before.terminal == "WITH" and place.compares:
        return idiom(
            None, before.text, "where", Span(before.start, before.end), replacing(before.start, before.end, "where")
        )
    if "WHERE" not in place.accepted or "AND" in place.accepted:
        return None
    start = place.found.start
    if place.compares:
        if before is not None and before.terminal == "PIPE" and is_no_condition(place.text, place.found):
            return None
        repair = Repair("write `where` before it", (Edit(Span(start, start), "where "),))
        return Mistake("RQL101", "`where` is missing before this condition", place.span, repairs=(repair,), reach=2)
    if place.word in {"whose", "when", "if", "that", "which"}:
        return idiom(None, place.found.text, "where", place.span, replacing(start, place.found.end, "where"))
    return None


def joined_twice(place: Place) -> Mistake | None:
    """`a > 1 or or b < 3`, `a > 1 and and b < 3`: the second word was taken for a name."""
    second, first = place.back(1), place.back(2)
    if second is None or first is None or second.terminal != "PATH" or first.terminal not in {"AND", "OR"}:
        return None
    if second.text.lower() not in {"and", "or"} or not place.compares:
        return None
    span = Span(second.start, second.end)
    if second.text.lower() != first.text.lower():
        message = f"`{first.text} {second.text}`: one of them is too much"
        return Mistake("RQL101", message, Span(first.start, second.end), certain=True)
    repair = Repair(f"leave out one `{second.text}`", (Edit(Span(second.start, place.found.start), ""),))
    return Mistake("RQL101", f"`{second.text}` stands here twice", span, repairs=(repair,), reach=2)


def and_left_out(place: Place) -> Mistake | None:
    """`config.lr > 0.1 state = "finished"`."""
    before = place.back()
    if before is None or "AND" not in place.accepted or not place.compares or not place.in_condition:
        return None
    signed = any(lexeme.terminal in _COMPARED | {"IN", "HAS", "IS"} for lexeme in place.piece)
    if not signed or before.terminal not in _ENDS_CONDITION or place.found.text.lower() in keywords().clause_words:
        return None
    repair = Repair("write `and` between", (Edit(Span(place.found.start, place.found.start), "and "),))
    message = "`and` or `or` is missing before this condition"
    return Mistake("RQL101", message, place.span, repairs=(repair,), reach=2)


_DISTINCT_FROM: Final = re.compile(r"(?i)is\s+(?P<denied>not\s+)?distinct\s+from\b")


_DESCRIBES: Final = re.compile(
    r"(?:number|numeric|integer|int|float|string|str|text|list|array|dict|bool|boolean|date|time|unknown|valid|"
    r"invalid|empty|set|unset|defined|undefined|present|absent|small|smaller|smallest|low|lower|lowest|tiny|"
    r"little|large|larger|largest|high|higher|highest|big|bigger|biggest|huge|good|better|best|bad|worse|worst|"
    r"short|long|fast|faster|fastest|slow|slower|slowest|new|newer|newest|old|older|oldest|positive|negative|"
    r"zero|nonzero|even|odd|unique|same|different|equal|similar|constant)"
)
"""Words that say of what kind or how large a value is, and are no value."""


def is_word(place: Place) -> Mistake | None:
    """`state is finished`, `config.x is inf`: `is` asks for null, NaN and the like only."""
    denied = place.back_terminal() == "NOT"
    word = place.back(1 + denied)
    if word is None or word.terminal != "IS" or place.found.terminal != "PATH" or "." in place.found.text:
        return None
    if (distinct := _DISTINCT_FROM.match(place.text, word.start)) is not None:
        new = "=" if distinct["denied"] else "!="
        return idiom("SQL", distinct[0], new, Span(*distinct.span()), replacing(*distinct.span(), new))
    follows = _FOLLOWS.match(place.text, place.found.end)
    ends = {*keywords().clause_words, "and", "or", "as"}
    literals = {word for terminal in _VALUES for word in keywords().words[terminal]}
    if _DESCRIBES.fullmatch(place.word):
        span, of_text = Span(word.start, place.found.end), f'{"!=" if denied else "="} "{place.found.text}"'
        hints = (f"the text `{place.found.text}` itself is `{of_text}`",)
        message = "`is` asks for `null`, `nan`, `finite` and `missing`"
        return Mistake("RQL101", message, span, hints, certain=True)
    if place.word not in literals and follows is not None and follows[1].lower() not in ends:
        return None  # `is one of (…)`, `is neither 1 nor 2`: not one word
    value = place.found.text if place.word in literals else f'"{place.found.text}"'
    new = f"{'!=' if denied else '='} {value}"
    span = Span(word.start, place.found.end)
    hint = "`is` asks for `null`, `nan`, `finite` and `missing`"
    return idiom(None, place.text[span.start : span.end], new, span, replacing(span.start, span.end, new), hint)


def parameter_sign(place: Place) -> Mistake | None:
    """`$`, `$1`, `?`: a parameter without a name."""
    if place.found.text not in {"$", "?"} or "PARAM" not in place.accepted:
        return None
    hint = "a parameter is written `$name`, and gets its value by `-p name=VALUE`, or `name=` in Python"
    return Mistake("RQL109", f"`{place.found.text}` names no parameter", place.span, (hint,), certain=True)


def how_many(place: Place) -> Mistake | None:
    """`how many runs where …`, `count(runs)`, `number of runs`."""
    counts = place.back_terminal() == "COUNT"
    if not counts and "RUNS" not in place.accepted:
        return None
    words = list(islice(place.ahead(), 3))
    texts = [lexeme.text.lower() for lexeme in words]
    if counts and texts == ["(", "runs", ")"]:
        begin = place.attempt.lexemes[-1].start
    elif texts in (["how", "many", "runs"], ["number", "of", "runs"]):
        begin = place.found.start
    else:
        return None
    span = Span(begin, words[-1].end)
    new = "count runs"
    return idiom(None, place.text[span.start : span.end], new, span, replacing(span.start, span.end, new))


_ASSERTED: Final = (
    'of the number of runs: `runs where … | assert count() > 0, "no runs"`; of each: `runs where … | assert A > B`'
)


def stage_alone(place: Place) -> Mistake | None:
    """`| limit 3`, `plot summary.loss`: a stage without a query."""
    if "RUNS" not in place.accepted or "LET" not in place.accepted:
        return None
    start = place.found.start
    if place.found.text == "|":
        repair = Repair("write `runs` before it", (Edit(Span(start, start), "runs "),))
        return Mistake("RQL101", "`runs` is missing before the pipe", place.span, repairs=(repair,))
    stages = {word for terminal in keywords().stages for word in keywords().words.get(terminal, ())}
    following = next(islice(place.ahead(), 1, 2), None)
    if place.word not in stages or place.word in keywords().clause_words or following is None:
        return None
    repair = Repair("write `runs |` before it", (Edit(Span(start, start), "runs | "),))
    message = f"`{place.word}` is a stage: a query and a pipe stand before it"
    hints = (_ASSERTED,) if place.word == "assert" else ()
    return Mistake("RQL101", message, place.span, hints, repairs=(repair,), reach=2)


def typed_name(place: Place) -> Mistake | None:
    """``(`lr`:float > 0.1)``: NQL gives a name its type."""
    name = place.back()
    kind = next(islice(place.ahead(), 1, 2), None)
    if (
        place.found.text != ":"
        or name is None
        or name.terminal != "PATH"
        or kind is None
        or kind.text not in _NQL_TYPES
    ):
        return None
    span = Span(place.found.start, kind.end)
    written = place.text[span.start : span.end]
    hint = "a name stands without its type"
    repair = leaving_out(span.start, span.end, written)
    return Mistake("RQL108", f"`{written}` is NQL; names have no types here", span, (hint,), repairs=(repair,))


_DIRECTIONS: Final = {"desc": "-", "descending": "-", "asc": "+", "ascending": "+"}


_NAMES: Final = re.compile(r"[^\W\d][\w./]*(?:[ \t]+[^\W\d][\w./]*)+(?=\s*(?:$|[|;]))")
"""Two names or more without a comma between them, which end the list."""


def missing_comma(place: Place) -> Mistake | None:
    """`keys loss acc`."""
    before = place.back()
    if before is None or "COMMA" not in place.accepted or place.found.terminal not in {"PATH", "STRING", "NUMBER"}:
        return None
    if before.text.lower() in _DIRECTIONS and place.clause is not None and place.clause.terminal == "ORDER":
        new = f"{_DIRECTIONS[before.text.lower()]}{place.found.text}"
        span = Span(before.start, place.found.end)
        return idiom(None, place.text[span.start : span.end], new, span, replacing(span.start, span.end, new))
    if (listed := _NAMES.match(place.text, place.found.start)) is not None and place.found.terminal == "PATH":
        names = listed[0].split()
        if any(name.lower() in FOLDS or name.lower() in {"as", "by", "over", *_DIRECTIONS} for name in names):
            return None  # `group k mean acc` lacks a colon
        span, new = Span(before.end, listed.end()), "".join(f", {name}" for name in names)
        repairs = (replacing(span.start, span.end, new, f"write `{shown(before.text + new)}`"),)
        return Mistake("RQL101", "commas are missing between the names", span, repairs=repairs)
    repair = Repair("write `,` between", (Edit(Span(before.end, before.end), ","),))
    message = f"a comma is missing between `{shown(before.text)}` and `{shown(place.found.text)}`"
    return Mistake("RQL101", message, place.span, repairs=(repair,), reach=2)
