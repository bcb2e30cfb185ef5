"""Plain English inside of a query: conditions (`tags include best`, `acc is highest`), curves, and files."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from runql.language.fields import RUN_FIELD_SPELLINGS
from runql.language.goals import less_is_better
from runql.syntax.mistake import Mistake, Place, idiom, replacing
from runql.syntax.mistakes.functions.window_calls import WindowRows, window_of
from runql.syntax.mistakes.phrases.english import FORMATS, JOINED, order_of, phrase_at
from runql.syntax.mistakes.phrases.english_vague import unsaid_week
from runql.syntax.mistakes.phrases.stages_of_others import FOLDS
from runql.syntax.mistakes.words import duration_of
from runql.text.source import Span

_INCLUDE: Final = re.compile(
    r"(?:do(?:es)?\s+(?P<not>not)\s+)?(?:include|includes|including|hold|holds|containing)\s+"
    r"(?P<value>[^\W\d][\w.-]*|\"[^\"\n]*\"|'[^'\n]*')",
    re.I,
)
_AGE: Final = re.compile(
    r"(?:is\s+)?(?P<how>older|newer|younger)\s+than\s+(?P<count>\d+(?:\.\d+)?)\s*(?P<unit>[a-z]+)\b", re.I
)
_EXTREME: Final = re.compile(
    r"(?:(?:is|=|==)\s*)?(?:the\s+)?(?:(?P<word>highest|largest|biggest|maximal|maximum|max|lowest|smallest|minimal|minimum|min|"
    r"best|worst)|in\s+(?:the\s+)?(?P<top>top|bottom|best|worst)\s+(?P<count>\d+))\b(?!\s*\()",
    re.I,
)
_STEPS: Final = re.compile(
    r"(?:between|from|steps?\s+from)\s+(?:steps?\s+)?(?P<low>\d\w*)\s+(?:and|to|until)\s+(?P<high>\d\w*)"
    r"|(?:the\s+)?first\s+(?P<first>\d\w*)\s+steps?\b|(?:after|since)\s+step\s+(?P<after>\d\w*)"
    r"|(?:before|until)\s+step\s+(?P<before>\d\w*)",
    re.I,
)
_EVERY: Final = re.compile(r"every\s+(?P<count>\d+)(?:st|nd|rd|th)?(?:\s+steps?)?\b", re.I)
_SAMPLES: Final = re.compile(r"(?P<count>\d+)\s+(?:samples?|points?|rows?)\b", re.I)
_SMOOTH: Final = re.compile(r"smooth(?:ed)?\b(?:\s+(?:by\s+|with\s+)?(?P<weight>0?\.\d+))?(?=\s*(?:$|[|;]))", re.I)
_FORMAT: Final = re.compile(rf"(?:(?:as|to|into|in)\s+)?(?P<format>{FORMATS})(?=\s*(?:$|[|;]))", re.I)
_SUFFIXES: Final = {"markdown": "md", "latex": "tex"}
_CURVES: Final = re.compile(r"(?:history|histories|curves?)\s+(?:of\s+)?(?=[^\W\d])", re.I)
_MARKS: Final = re.compile(r"(?P<mark>scatter|lines?|bars?|box|boxes|heat|heatmap|curves?)\s+(?=[^\W\d])", re.I)
_MARK_NAMES: Final = {"lines": "line", "curve": "line", "curves": "line", "bars": "bar", "boxes": "box"}
_DEFINED: Final = re.compile(r"(?:(?P<let>let|var)\s+)?(?P<name>[^\W\d]\w*)\s*=(?!=)\s*(?=\S)", re.I)
_LITERAL: Final = re.compile(r"(?:\"[^\"]*\"|'[^']*'|-?\d[\w.]*|true|false|null|nan)\s*(?:$|[|;])", re.I)


def english_in_condition(place: Place) -> Mistake | None:
    """`where tagged best`, `where tags include best`, `created older than 7d`, `where acc is highest`."""
    back = place.back()
    if back is None or not place.in_condition or place.clause is None or place.clause.terminal != "WHERE":
        return None
    if back.text.lower() == "tags" and (match := _INCLUDE.match(place.text, place.found.start)) is not None:
        value = match["value"] if match["value"][0] in "\"'" else f'"{match["value"]}"'
        return _said(place, match.span(), f"{'!' if match['not'] else ''}has {value}")
    if (
        back.text in {"created", "heartbeat", "updated"}
        and (match := _AGE.match(place.text, place.found.start)) is not None
    ):
        duration = duration_of(match["count"], match["unit"])
        sign = "<" if match["how"].lower() == "older" else ">"
        return None if duration is None else _said(place, match.span(), f"{sign} {duration} ago")
    return _phrase(place) or _extreme(place) or _vague_size(place) or unsaid_week(place, back)


def _phrase(place: Place) -> Mistake | None:
    """English that begins a condition, its first word taken for a field: `where took longer than 1h`."""
    for count in (0, 1):
        begin = place.found if count == 0 else place.back(count)
        if (
            begin is None
            or begin.text.lower() in RUN_FIELD_SPELLINGS
            or place.back_terminal(count + 1) not in {"WHERE", "AND", "OR", "LPAR"}
        ):
            continue
        read = phrase_at(place.text, begin.start)
        end = read.end
        if read.conditions and not read.clauses and end > place.found.start:
            new = " and ".join(read.conditions)
            joined = JOINED.match(place.text, end)
            until = end if joined is None or joined[0].strip().lower() not in {"where", "with"} else joined.end() - 1
            new += " and" * (until > end)
            span = Span(begin.start, end)
            return idiom(None, place.text[begin.start : end], new, span, replacing(begin.start, until, new))
    return None


def _extreme(place: Place) -> Mistake | None:
    """`where acc is highest`, `where loss in the top 10`: an order and a limit."""
    at = next((n for n in (1, 2) if place.back_terminal(n) == "PATH" and place.back_terminal(n + 1) == "WHERE"), None)
    if at is None:
        return None
    field, where = place.attempt.lexemes[-at], place.attempt.lexemes[-at - 1]
    match = re.compile(r"\s*").match(place.text, field.end)
    found = _EXTREME.match(place.text, match.end()) if match is not None else None
    order = order_of((found["word"] or found["top"]).lower(), field.text) if found is not None else None
    if found is None or order is None or found.end() <= place.found.start:
        return None
    more = re.compile(r"\s+and\b", re.I).match(place.text, found.end())
    new, end = f"{order} limit {found['count'] or 1}", found.end() if more is None else more.end()
    return _said(place, (where.start, end), new if more is None else f"{new} where")


_SIZE: Final = re.compile(r"(?:very\s+|too\s+)?(?P<word>small|low|tiny|large|high|big|good|bad|huge)\b(?!\s*\()", re.I)


def _vague_size(place: Place) -> Mistake | None:
    """`where lr is small`."""
    field = place.back(2) if place.back_terminal() == "IS" else None
    match = _SIZE.match(place.text, place.found.start)
    if field is None or match is None or field.terminal != "PATH":
        return None
    lowest, highest = f"`order {field.text}` begins with the lowest", f"`order -{field.text}` with the highest"
    hint = f"for example: `{field.text} < 0.01`; {lowest}, {highest}"
    message = f"what `{match['word']}` is, a number says"
    return Mistake("RQL101", message, Span(*match.span()), (hint,), certain=True, resume=match.end())


def english_of_curves(place: Place) -> Mistake | None:
    """`keys loss first 100 steps`, `keys loss every 10`, `keys loss and acc`, `keys loss smoothed`, `200 samples`."""
    if place.clause is None or place.clause.terminal != "KEYS" or place.first_pipe is not None:
        return None
    text, start = place.text, place.found.start
    if place.word in {"and", "&", "plus"} and "COMMA" in place.accepted:
        return _said(place, (place.attempt.lexemes[-1].end, place.found.end), ",")
    for form, said in _OF_CURVES:
        if (match := form.match(text, start)) is not None:
            return _said(place, match.span(), said(match))
    return None


def _steps(match: re.Match[str]) -> str:
    low, high = match["low"] or match["after"] or "", match["high"] or match["before"] or ""
    if match["first"]:  # steps are counted from 0
        high = f"{int(match['first']) - 1}" if match["first"].isdecimal() and int(match["first"]) else match["first"]
    return f"steps {low}..{high}"


_WAYS: Final = {"desc": "-", "descending": "-", "asc": "", "ascending": ""}


def best_in_order(place: Place) -> Mistake | None:
    """`order best acc`, `order descending acc`: the first word was taken for a field."""
    rank = place.back()
    before = place.back_terminal(2)
    way = _WAYS.get(rank.text.lower()) if rank is not None else None
    if rank is not None and way is not None and before in {"ORDER", "SORTED"} and place.found.terminal == "PATH":
        return _said(place, (rank.start, place.found.end), f"{way}{place.found.text}")
    if rank is None or before != "ORDER" or rank.text.lower() not in {"best", "worst", "highest", "lowest"}:
        return None
    order = order_of(rank.text, place.found.text) if place.found.terminal == "PATH" else None
    return _said(place, (rank.start, place.found.end), order.removeprefix("order ")) if order is not None else None


_OF_CURVES: Final[tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...]] = (
    (_STEPS, _steps),
    (_SAMPLES, lambda match: f"sample {match['count']}"),
    (_EVERY, lambda match: f"scan | bin x {match['count']}"),
    (_SMOOTH, lambda match: f"scan | smooth ema {match['weight'] or '0.9'}"),
)


def format_behind_query(place: Place) -> Mistake | None:
    """`runs keys loss as csv`, `runs | csv`, `runs to json`: a table goes into a file, or `-o csv` writes it."""
    is_stage = place.back_terminal() == "PIPE"
    match = _FORMAT.match(place.text, place.found.start)
    if match is None or not (is_stage or "PIPE" in place.accepted):
        return None
    name = match["format"].lower()
    new = f'{"" if is_stage else "| "}to "runs.{_SUFFIXES.get(name, name)}"'
    return _said(place, match.span(), new)


def english_beside_keys(place: Place) -> Mistake | None:
    """`runs history loss`, `runs curves of loss`."""
    match = _CURVES.match(place.text, place.found.start)
    if match is None or "KEYS" not in place.accepted or place.back_terminal() != "RUNS" or place.compares:
        return None
    return _said(place, match.span(), "keys ")


_WINDOWED: Final = re.compile(
    r"(?P<name>rank|dense_rank|cumsum|cummean|cummax|cummin|z_?score|normali[sz]e|standardi[sz]e)\s*(?:by\s+|\(\s*)?(?P<key>[^\W\d][\w./]*)\s*\)?"
    r"(?=\s*(?:$|[|;]))",
    re.I,
)


def _windowed(name: str, key: str) -> str:
    """A stage that adds what a function says of each row among all."""
    if name.startswith(("z", "norm", "stand")):
        return f"derive z = ({key} - mean({key}) over all) / std({key}) over all"
    if name.endswith("rank"):
        return f"derive {name} = {name}() over all order {'' if less_is_better(key) else '-'}{key}"
    return f"derive {name} = {name}({key}) over all"


_BY_KEY: Final = re.compile(r"by\s+(?=[^\W\d])", re.I)
_LIMITED: Final = re.compile(r"(?P<stage>limit|last|first|offset)\s*\(\s*(?P<count>\d{1,9})\s*\)", re.I)
_ANY_OF: Final = re.compile(r"(?:(?:in|contains|has|includes?)\s+)?(?P<how>any|none|all)\s+of\s*(?=\()", re.I)
_TAGGED: Final = re.compile(
    r"(?P<key>tags?|state|name|group|user|sweep)\s*:\s*(?P<value>[^\W\d][\w-]*)(?![\w.(])", re.I
)
_FOLDED: Final = re.compile(rf"(?P<fold>{'|'.join(FOLDS)})\s+(?:of\s+)?(?P<key>[^\W\d][\w./]*)(?=\s*(?:$|[|;]))", re.I)


def any_of(place: Place) -> Mistake | None:
    """`optimizer any of ("a", "b")`, `tags contains any of (…)`, `optimizer = ("a", "b")`."""
    if not place.in_condition:
        return None
    if place.found.terminal == "COMMA" and place.opened:
        return _one_of_brackets(place)
    before = [one.start for one in (place.back(2), place.back()) if one is not None]
    for start in (*before, place.found.start):
        match = _ANY_OF.match(place.text, start)
        if match is None or match.end() < place.found.start:
            continue
        field = next((one for one in reversed(place.attempt.lexemes) if one.end <= start), None)
        is_list = match[0].lower().startswith(("contains", "has")) or (field is not None and field.text == "tags")
        how = match["how"].lower()
        words = f"has {how} " if is_list or how == "all" else "not in " if how == "none" else "in "
        return _said(place, match.span(), words)
    return None


def _one_of_brackets(place: Place) -> Mistake | None:
    """`optimizer = ("adam", "sgd")`."""
    opened = place.opened[-1]
    sign = next((one for one in reversed(place.attempt.lexemes) if one.end <= opened.start), None)
    if sign is None or sign.terminal not in {"EQ", "NE"}:
        return None
    return _said(place, (sign.start, sign.end), "in" if sign.terminal == "EQ" else "not in")


def field_with_colon(place: Place) -> Mistake | None:
    """`runs tag:lr`, `runs state:failed`, as search boxes have it."""
    if place.back_terminal() != "RUNS":
        return None
    match = _TAGGED.match(place.text, place.found.start)
    if match is None:
        return None
    key, value = match["key"].lower(), match["value"]
    test = f'tags has "{value}"' if key.startswith("tag") else f'{key} = "{value}"'
    return _said(place, match.span(), f"where {test}")


_QUANTILE: Final = re.compile(
    r"(?:quantile|percentile)\s*\(?\s*(?P<key>[^\W\d][\w./]*)\s*,?\s*(?P<part>0?\.\d+|\d{1,2})\s*\)?(?=\s*(?:$|[|;]))",
    re.I,
)
_OF_ROWS: Final = re.compile(
    r"(?P<name>pct_change|diff|shift|lag|lead)\s*(?:\(\s*)?(?P<key>[^\W\d][\w./]*)\s*\)?(?=\s*(?:$|[|;]))", re.I
)


def function_as_stage(place: Place) -> Mistake | None:
    """`| quantile acc 0.9`, `| pct_change(loss)`: functions that stand within a stage."""
    if place.back_terminal() != "PIPE":
        return None
    if (match := _QUANTILE.match(place.text, place.found.start)) is not None:
        part = float(match["part"]) * 100 if "." in match["part"] else float(match["part"])
        return _said(place, match.span(), f"group : percentile({match['key']}, {part:.10g})")
    match = _OF_ROWS.match(place.text, place.found.start)
    has_keys = any(one.terminal == "KEYS" for one in place.attempt.lexemes)
    name = match["name"].lower() if match is not None else ""
    new = window_of(name, [match["key"]], WindowRows("" if has_keys else "all")) if match is not None else None
    if match is None or (new is None and name not in {"lag", "lead"}):
        return None
    over = "" if has_keys else " over all"
    return _said(place, match.span(), f"derive {name} = {new or f'{name}({match[2]}){over}'}")


def rows_of_days(place: Place) -> Mistake | None:
    """`| last 7 days`: `last` takes so many rows."""
    number, stage = place.back(1), place.back(2)
    if number is None or stage is None or stage.terminal != "LAST_ROW" or place.back_terminal(3) != "PIPE":
        return None
    duration = duration_of(number.text, place.found.text)
    if duration is None:
        return None
    return _said(place, (stage.start, place.found.end), f"where created > {duration} ago")


def _of_stage(place: Place) -> Mistake | None:
    """`| limit(3)`, `| group optimizer mean acc`."""
    back = place.back()
    if back is not None and (limited := _LIMITED.match(place.text, back.start)) is not None:
        return _said(place, limited.span(), f"{limited['stage'].lower()} {limited['count']}")
    folded = _FOLDED.match(place.text, place.found.start)
    if folded is None or place.clause is None or place.clause.terminal != "GROUP" or "COMMA" not in place.accepted:
        return None
    return _said(place, folded.span(), f": {FOLDS[folded['fold'].lower()]}({folded['key']})")


def english_stage(place: Place) -> Mistake | None:  # noqa: PLR0911 - one line a phrase
    """`| scatter lr acc`, `| x = lr * 2`, `| rank by acc`; `| state = "failed"` lacks its `where`."""
    if place.back_terminal() != "PIPE":
        return rows_of_days(place) or _of_stage(place)
    text, start = place.text, place.found.start
    if (ranked := _WINDOWED.match(text, start)) is not None:
        return _said(place, ranked.span(), _windowed(ranked["name"].lower(), ranked["key"]))
    if (limited := _LIMITED.match(text, start)) is not None:
        return _said(place, limited.span(), f"{limited['stage'].lower()} {limited['count']}")
    if (by := _BY_KEY.match(text, start)) is not None:
        return _said(place, by.span(), "group ")
    match = _DEFINED.match(text, start)
    if match is not None and (match["let"] or not _LITERAL.match(text, match.end())):
        return _said(place, match.span(), f"derive {match['name']} = ")
    if (match := _MARKS.match(text, start)) is not None:
        mark = match["mark"].lower()
        return _said(place, match.span(), f"plot {_MARK_NAMES.get(mark, mark)} ")
    return None


def _said(place: Place, span: tuple[int, int], new: str) -> Mistake:
    old = place.text[slice(*span)]
    end = span[0] + len(old.rstrip())
    return idiom(None, old.strip(), new.strip(), Span(span[0], end), replacing(*span, new))
