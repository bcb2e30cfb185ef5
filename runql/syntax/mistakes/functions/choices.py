"""One value or another as other languages choose it: `a ?? b`, `c ? a : b`, `case x when …`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from runql.syntax.keywords import keywords
from runql.syntax.lexer import END, Lexeme
from runql.syntax.mistake import Mistake, Place, alone_from, closing, idiom, replacing
from runql.syntax.mistakes.functions.split_arguments import arguments_of
from runql.text.source import Span

_VALUES: Final = frozenset({"PATH", "NUMBER", "STRING", "PARAM", "FUNCTION", "TIME", "DURATION"})
_ARITHMETIC: Final = frozenset({"+", "-", "*", "/", "%", "**", "//"})
_ENDS: Final = frozenset({",", ")", "|", ";", "]"})
_LONGEST: Final = 200
_DEEPEST: Final = 20
_CASE: Final = re.compile(
    r"(?is)case\s+(?P<of>(?!when\b)[^\s,;|]+(?:\([^()]*\))?)\s+(?P<when>when\b.+?\bthen\b.+?)"
    r"(?:\s+else\s+(?P<otherwise>(?:(?!\bwhen\b).)+?))?\s+end\b"
)
_WHEN: Final = re.compile(r"(?is)\bwhen\s+(.+?)\s+then\s+(.+?)(?=\s+when\b|\Z)")
_FAR: Final = 2_000
_MAPS: Final = frozenset({"map", "replace", "replace_strict"})


def first_of_two(place: Place) -> Mistake | None:
    """`config.momentum ?? 0`: the first value that is there."""
    if not place.text.startswith("??", place.found.start):
        return None
    lexemes = place.attempt.lexemes
    begin, (others, end) = _value_before(lexemes), _values_from(place.text, place.found.start)
    behind = next(alone_from(place.text, end), None) if others else None
    is_beside = behind is not None and behind.text in _ARITHMETIC
    if begin is None or not others or is_beside or (begin and lexemes[begin - 1].text in _ARITHMETIC):
        hint = "the first of several values that is there: `coalesce(config.momentum, 0)`"
        span = Span(place.found.start, place.found.start + 2)
        return Mistake("RQL108", "`??` is another language", span, (hint,), certain=True)
    span = Span(lexemes[begin].start, end)
    new = f"coalesce({', '.join((place.text[span.start : lexemes[-1].end], *others))})"
    return idiom("another language", place.text[span.start : span.end], new, span, replacing(span.start, span.end, new))


def one_of_two(place: Place) -> Mistake | None:
    """`summary.acc > 0.9 ? "good" : "bad"`."""
    if place.found.text[:1] != "?" or place.text.startswith("??", place.found.start):
        return None
    begin = _condition_before(place)
    if _parts_behind(place.text, place.found.start + 1)[1] is None:
        return None
    chosen = None if begin is None else _chosen(place.text, begin, place.found.start)
    if begin is None or chosen is None:
        hint = "one of two values: `if(condition, then, otherwise)`"
        return Mistake("RQL108", "`? :` is another language", place.span, (hint,), certain=True)
    new, end = chosen
    span = Span(begin, end)
    return idiom("another language", place.text[span.start : span.end], new, span, replacing(span.start, span.end, new))


def _chosen(text: str, begin: int, sign: int, deep: int = 0) -> tuple[str, int] | None:
    """A choice whose condition begins at a place, and whose `?` stands at another, and where it ends."""
    then, otherwise = _parts_behind(text, sign + 1)
    if then is None or otherwise is None or deep > _DEEPEST:
        return None
    last, end = text[otherwise.start : otherwise.end], otherwise.end
    if (again := _sign_in(text, otherwise)) is not None:
        inner = _chosen(text, otherwise.start, again, deep + 1)
        if inner is None:
            return None
        last, end = inner
    return f"if({text[begin:sign].strip()}, {text[then.start : then.end]}, {last})", end


def _sign_in(text: str, span: Span) -> int | None:
    """The first `?` in a part, outside of brackets."""
    depth = 0
    for lexeme in islice(alone_from(text, span.start), _LONGEST):
        depth += (lexeme.text == "(") - (lexeme.text == ")")
        if lexeme.start >= span.end:
            return None
        if depth == 0 and lexeme.text == "?":
            return lexeme.start
    return None


def case_of(place: Place) -> Mistake | None:
    """`case config.optimizer when "adam" then 1 else 0 end`."""
    word = place.back()
    if word is None or word.text.lower() != "case" or place.word == "when":
        return None
    found = _CASE.match(place.text[word.start : word.start + _FAR])
    if found is None:
        return None
    new = found["otherwise"] or "null"
    for value, result in reversed(_WHEN.findall(found["when"])):
        new = f"if({found['of']} = {value.strip()}, {result.strip()}, {new})"
    span = Span(word.start, word.start + found.end())
    return idiom("SQL", found[0], new, span, replacing(span.start, span.end, new))


def case_of_prql(place: Place) -> Mistake | None:
    """`case [config.lr > 0.1 => "high", true => "low"]`."""
    word = place.back()
    if word is None or word.text.lower() != "case" or place.found.text != "[":
        return None
    end = closing(place.text, place.found.start)
    pairs = [one.split("=>") for one in arguments_of(place.text[place.found.end : end.start])] if end else []
    if end is None or not pairs or any(len(one) != 2 or not all(map(str.strip, one)) for one in pairs):
        return None
    new = "null"
    for condition, value in reversed(pairs):
        new = value.strip() if condition.strip() == "true" else f"if({_plain(condition)}, {value.strip()}, {new})"
    span = Span(word.start, end.end)
    return idiom("PRQL", place.text[span.start : span.end], new, span, replacing(span.start, span.end, new))


def _plain(condition: str) -> str:
    """A condition of PRQL with the signs of this language."""
    return condition.strip().replace("==", "=").replace("&&", "and").replace("||", "or")


def mapped(place: Place) -> Mistake | None:
    """`config.optimizer.map({"adam": 1, "sgd": 2})`, and `replace`, which keeps every other value."""
    name = place.back()
    owner, _, called = name.text.rpartition(".") if name is not None else ("", "", "")
    opened = place.text[place.found.end :].lstrip()[:1] == "{" if place.found.terminal == "LPAR" else False
    end = closing(place.text, place.found.start) if owner and called in _MAPS and opened else None
    inner = place.text[place.found.end : end.start].strip() if end is not None else ""
    if name is None or end is None or inner[-1:] != "}":
        return None
    owner = re.sub(r"\A(?:df|runs)\.", "", owner)
    pairs = [one.partition(":") for one in arguments_of(inner[1:-1])]
    if not pairs or not all(key.strip() and value.strip() for key, _, value in pairs):
        return None
    new = owner if called == "replace" else "null"
    for key, _, value in reversed(pairs):
        new = f"if({owner} = {key.strip()}, {value.strip()}, {new})"
    span = Span(name.start, end.end)
    return idiom("pandas", place.text[span.start : span.end], new, span, replacing(span.start, span.end, new))


def _value_before(lexemes: Sequence[Lexeme]) -> int | None:
    """Where the value begins that was read last: a name, a constant, or a call."""
    if not lexemes or (lexemes[-1].terminal not in _VALUES and lexemes[-1].text != ")"):
        return None
    depth = 0
    for index in range(len(lexemes) - 1, max(-1, len(lexemes) - _LONGEST), -1):
        depth += (lexemes[index].text == ")") - (lexemes[index].text == "(")
        if depth == 0:
            is_called = lexemes[index].text == "(" and index > 0 and lexemes[index - 1].end == lexemes[index].start
            return index - 1 if is_called else index
    return None


def _values_from(text: str, at: int) -> tuple[list[str], int]:
    """The values behind one `??` after the other, and where they end."""
    values, end = list[str](), at
    while text.startswith("??", at) and len(values) < _DEEPEST:
        begin, stop = _value_from(text, at + 2)
        if begin is None:
            return [], end
        values.append(text[begin:stop])
        following = next(alone_from(text, stop), None)
        at, end = len(text) if following is None else following.start, stop
    return values, end


def _value_from(text: str, at: int) -> tuple[int | None, int]:
    """Where the value behind a sign begins, and ends."""
    ahead = list(islice(alone_from(text, at), _LONGEST))
    if not ahead or (ahead[0].terminal not in _VALUES and ahead[0].text != "("):
        return None, 0
    depth, end = 0, ahead[0].end
    for index, lexeme in enumerate(ahead):
        depth += (lexeme.text == "(") - (lexeme.text == ")")
        end = lexeme.end
        is_called = index + 1 < len(ahead) and ahead[index + 1].text == "(" and ahead[index + 1].start == end
        if depth == 0 and not is_called:
            break
    return ahead[0].start, end


def _condition_before(place: Place) -> int | None:
    """Where the condition begins that was read last: behind the word of its stage, a comma, a bracket or a `=`."""
    lexemes, depth = place.attempt.lexemes, 0
    begin: int | None = None
    for index in range(len(lexemes) - 1, max(-1, len(lexemes) - _LONGEST), -1):
        lexeme = lexemes[index]
        depth += (lexeme.text == ")") - (lexeme.text == "(")
        if depth < 0 or (depth == 0 and (lexeme.text in {",", ":"} or lexeme is place.clause)):
            break
        begin = index
    if begin is None:
        return None
    is_defined = begin + 2 < len(lexemes) and lexemes[begin + 1].text == "=" and _defines(place)
    return lexemes[begin + 2 if is_defined else begin].start


def _defines(place: Place) -> bool:
    return place.clause is not None and place.clause.terminal in {"DERIVE", "GROUP", "PIVOT"} and not place.opened


def _parts_behind(text: str, at: int) -> tuple[Span | None, Span | None]:
    """What stands between `?` and `:`, and behind that."""
    first = _until_end(islice(alone_from(text, at), _LONGEST), colon=True)
    if first is None or text[first.end :].lstrip()[:1] != ":":
        return None, None
    colon = text.index(":", first.end)
    return first, _until_end(islice(alone_from(text, colon + 1), _LONGEST), colon=False)


def _until_end(lexemes: Iterator[Lexeme], *, colon: bool) -> Span | None:
    """The lexemes up to the end of a value: a sign or a word that none can hold; `colon`: the one of its `?` too."""
    start, end, depth, asked = None, 0, 0, 0
    for lexeme in lexemes:
        depth += lexeme.text == "("
        asked += lexeme.text == "?"
        is_over = (
            lexeme.text in _ENDS or lexeme.text.lower() in {"as", *keywords().clause_words} or lexeme.terminal == END
        )
        if depth == 0 and (is_over or (lexeme.text == ":" and colon and asked == 0)):
            break
        asked -= lexeme.text == ":" and asked > 0
        depth -= lexeme.text == ")"
        start, end = lexeme.start if start is None else start, lexeme.end
    return None if start is None else Span(start, end)
