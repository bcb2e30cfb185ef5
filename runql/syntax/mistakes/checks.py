"""What the grammar can't say: clauses given twice, and hyphens that could be part of a name."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final, TypeAlias

from runql.syntax import tree as t
from runql.syntax.keywords import keywords
from runql.syntax.lexer import Lexeme
from runql.syntax.literals import quote_name, read_string
from runql.syntax.mistake import EXPRESSIONS, Mistake, Repair, idiom, replacing, tidy
from runql.text.diagnostic import Diagnostic, Edit, Fix, Label
from runql.text.source import Span


def without_second_clauses(query: t.Query, text: str, diagnostics: list[Diagnostic]) -> t.Query:
    """The query with each kind of clause once: a second one is reported, with both places, and left out."""
    first: dict[type[t.Clause], t.Clause] = {}
    kept: list[t.Clause] = []
    for clause in query.clauses:
        kind = type(clause)
        earlier = first.get(kind)
        if earlier is None or kind is t.BrokenClause:
            first[kind] = clause
            kept.append(clause)
            continue
        diagnostics.append(_twice(earlier, clause, text))
    return query if len(kept) == len(query.clauses) else replace(query, clauses=tuple(kept))


_MLFLOW: Final = {"metrics": "summary", "metric": "summary", "params": "config", "parameters": "config"}
_MISSING: Final = "null nor NaN"
_CALLS: Final = {
    "isnull": "is null",
    "isna": f"is {_MISSING}",
    "is_null": "is null",
    "notnull": "is not null",
    "notna": f"is not {_MISSING}",
    "isnan": "is nan",
    "isfinite": "is finite",
    **dict.fromkeys(("isnotnull", "is_not_null", "not_null"), "is not null"),
    **dict.fromkeys(("isnotnan", "is_not_nan", "notnan", "not_nan"), "is not nan"),
    **dict.fromkeys(("isinf", "is_inf", "isinfinite", "is_infinite"), "in (inf, -inf)"),
    "is_nan": "is nan",
    "is_finite": "is finite",
    "now": "now",
    "today": "today",
}
_METRIC_NAMES: Final = {f"{one}.{other}" for one in ("metric", "metrics", "logged") for other in ("name", "key")}
_PLAIN_METRIC: Final = re.compile(r"\w+(?:[./]\w+)*")
_OTHER_DATE: Final = re.compile(
    r"(?:(?P<year>[0-9]{4})[/-](?P<month>[0-9]{1,2})[/-](?P<day>[0-9]{1,2})|[0-9]{1,2}[-/][0-9]{1,2}[-/][0-9]{4})"
    r"(?![\w./-])"
)


def _twice(first: t.Clause, second: t.Clause, text: str) -> Diagnostic:
    words = [text[clause.span.start : clause.span.end].split(maxsplit=1)[:1] for clause in (first, second)]
    one, two = ("".join(word).lower() for word in words)
    message = f"`{one}` is given twice" if one == two else f"`{two}` is given after `{one}`"
    fixes = [Fix("leave out the second", (tidy(Edit(second.span, ""), text),))]
    hints: tuple[str, ...] = ()
    if isinstance(first, t.WhereClause) and isinstance(second, t.WhereClause):
        between = text[first.span.end : second.span.start]
        hints = ("the conditions of one `where` are joined with `and`",)
        if re.search(r"(?i)\bas\b", between):  # a name that `select` gives is a column, which only a stage may ask
            hints = ("a column of `select` is asked right of a pipe: `| where …`",)
            fixes = [Fix("write `|` before it", (Edit(Span(second.span.start, second.span.start), "| "),))]
        elif between.isspace():
            fixes.insert(0, Fix("join them with `and`", (*_joined(first, text, ""), *_joined(second, text, "and"))))
    elif one == two and isinstance(second, t.SelectClause | t.KeysClause | t.OrderClause):
        items = text[second.span.start + len(two) : second.span.end].strip()
        more = Edit(Span(first.span.end, first.span.end), f", {items}")
        fixes.insert(0, Fix("write one list", (more, tidy(Edit(second.span, ""), text))))
    label = Label(first.span, "first given here")
    return Diagnostic("RQL105", message, second.span, hints=hints, labels=(label,), fixes=tuple(fixes))


def _joined(clause: t.WhereClause, text: str, joint: str) -> list[Edit]:
    """The edits by which the condition of a clause becomes a term."""
    keyword = Span(clause.span.start, clause.span.start + len(keywords().spelling("WHERE")))
    edits = [Edit(keyword, joint)] if joint else []
    if isinstance(clause.condition, t.Or):
        begin = (
            keyword.end + len(text[keyword.end : clause.span.end]) - len(text[keyword.end : clause.span.end].lstrip())
        )
        edits += [Edit(Span(begin, begin), "("), Edit(Span(clause.span.end, clause.span.end), ")")]
    return edits


def check_lexemes(text: str, lexemes: Sequence[Lexeme]) -> list[Mistake]:
    """What the parser takes and nobody means: a hyphen in a name, `order by -x`, `= None`, `metrics.loss`.

    Only what stands in one of the tables below is looked at.
    """
    found: list[Mistake] = []
    clauses = keywords().beginnings
    clause = ""
    for index, lexeme in enumerate(lexemes):
        terminal = lexeme.terminal
        clause = terminal if terminal in clauses else clause
        if clause not in EXPRESSIONS or index == 0:
            continue
        match terminal:
            case "PATH":
                word = lexeme.text.partition(".")[0].lower()
                check = _named_in_group if clause == "GROUP" else _WORDS.get(word)
            case "MINUS":
                check = _SIGNS.get(lexemes[index - 1].terminal)
            case "NUMBER":
                check = _NUMBERS.get(text[lexeme.end : lexeme.end + 1])
            case _:
                check = _OTHERS.get(terminal)
        mistake = check(text, lexemes, index, clause) if check is not None else None
        if mistake is not None:
            found.append(mistake)
    return found


def _subtraction(text: str, lexemes: Sequence[Lexeme], index: int, clause: str) -> Mistake | None:
    if index + 1 == len(lexemes) or _is_comment(text, lexemes[index], lexemes[index + 1]):
        return None
    last, lexeme, after = lexemes[index - 1 : index + 2]
    before = lexemes[index - 2] if index > 1 else None
    checked = _order_by(last, before, after)
    if checked is None and clause == "ORDER":
        checked = _two_keys(last, lexeme, after)
    if checked is None and last.end == lexeme.start and lexeme.end == after.start:
        is_named = clause == "DERIVE" and before is not None and before.terminal == "EQ"
        checked = hyphen_mistake(last, after, None if is_named else before, in_list=_in_list(lexemes, index - 1))
    return checked


def _plus_minus(text: str, lexemes: Sequence[Lexeme], index: int, _: str) -> Mistake | None:
    """`mean(acc) +- std(acc)`, which would be their difference."""
    plus, minus = lexemes[index - 1 : index + 1]
    after = lexemes[index + 1] if index + 1 < len(lexemes) else None
    if plus.end != minus.start or after is None or after.terminal == "NUMBER":
        return None
    span = Span(plus.start, minus.end)
    repairs = (replacing(len(text[: plus.start].rstrip()), span.end, ",", "write them beside each other"),)
    message = "`+-` would be a difference: a mean and its spread are two columns"
    return Mistake("RQL101", message, span, ("for example: `mean(acc), std(acc)`",), repairs=repairs)


def _sql_comment(text: str, lexemes: Sequence[Lexeme], index: int, _: str) -> Mistake | None:
    """`-- words`, which would be a double minus."""
    first, second = lexemes[index - 1 : index + 1]
    if not _is_comment(text, first, second):
        return None
    span = Span(first.start, second.end)
    return idiom("a comment elsewhere", "--", "#", span, replacing(span.start, span.end, "#"))


def _is_comment(text: str, first: Lexeme, second: Lexeme) -> bool:
    return second.terminal == "MINUS" and first.end == second.start and text[second.end : second.end + 1].isspace()


def _date(text: str, lexemes: Sequence[Lexeme], index: int, _: str) -> Mistake | None:
    """`01-31-2026`, `2026/01/31`, which would be arithmetic."""
    match = _OTHER_DATE.match(text, lexemes[index].start)
    if match is None:
        return None
    repairs: tuple[Repair, ...] = ()
    if match["year"]:
        repairs = (replacing(match.start(), match.end(), f"{match['year']}-{match['month']:0>2}-{match['day']:0>2}"),)
    span = Span(match.start(), match.end())
    return Mistake("RQL107", f"`{match[0]}` is no date", span, ("a date is `2026-01-31`",), repairs=repairs)


def _none(text: str, lexemes: Sequence[Lexeme], index: int, _: str) -> Mistake | None:
    """`x == None`, which would be a field of that name."""
    sign, word = lexemes[index - 1 : index + 1]
    if word.text not in {"None", "nil", "undefined", "NULL"} or sign.terminal not in {"EQ", "NE"} or index < 2:
        return None
    new = "is null" if sign.terminal == "EQ" else "is not null"
    span = Span(sign.start, word.end)
    return idiom("Python", text[span.start : span.end], new, span, replacing(span.start, span.end, new))


def _mlflow(_text: str, lexemes: Sequence[Lexeme], index: int, _: str) -> Mistake | None:
    """`metrics.loss`, `params.lr`: a logged name that begins so is written with its namespace."""
    before, word = lexemes[index - 1 : index + 1]
    namespace, dot, rest = word.text.partition(".")
    named = _metric_named(lexemes[index : index + 3])
    if named is not None or not dot or namespace not in _MLFLOW or before.terminal == "AS":
        return named
    new = f"{_MLFLOW[namespace]}.{rest}"
    hint = f"a logged name that begins so is written `{_MLFLOW[namespace]}.{word.text}`"
    return idiom("MLflow", word.text, new, Span(word.start, word.end), replacing(word.start, word.end, new), hint)


def _named_in_group(text: str, lexemes: Sequence[Lexeme], index: int, clause: str) -> Mistake | None:
    from runql.syntax.mistakes.piped.stages import named_key

    checked = _none(text, lexemes, index, clause) or _mlflow(text, lexemes, index, clause)
    return checked or named_key(text, lexemes, index)


def _function(text: str, lexemes: Sequence[Lexeme], index: int, clause: str) -> Mistake | None:
    from runql.syntax.mistakes.lists import list_call
    from runql.syntax.mistakes.phrases.stages_of_others import described_order
    from runql.syntax.mistakes.sql_group_by import keys_in_brackets

    last, lexeme = lexemes[index - 1 : index + 1]
    checked = _order_by(lexeme, last, lexeme) or _python_call(text, lexeme)
    checked = checked or described_order(text, lexemes, index) or keys_in_brackets(text, lexeme, last)
    return checked or list_call(text, lexeme, is_condition=clause == "WHERE")


def _modulo(text: str, lexemes: Sequence[Lexeme], index: int, _: str) -> Mistake | None:
    from runql.syntax.mistakes.lists import list_of_r

    return list_of_r(text, lexemes[index])


_Check: TypeAlias = Callable[[str, Sequence[Lexeme], int, str], Mistake | None]
"""Looks at a lexeme that is not the first: the text, its lexemes, the place of that one, its clause."""

_WORDS: Final[Mapping[str, _Check]] = {
    **dict.fromkeys(("none", "nil", "undefined", "null"), _none),
    **dict.fromkeys(("metric", "metrics", "logged", "params", "parameters"), _mlflow),
}
"""What is looked at of a name, by its first word."""
_SIGNS: Final[Mapping[str, _Check]] = {
    **dict.fromkeys(("PATH", "NUMBER", "RPAR"), _subtraction),
    "PLUS": _plus_minus,
    "MINUS": _sql_comment,
}
"""What is looked at of a minus, by the terminal before it."""
_NUMBERS: Final[Mapping[str, _Check]] = {"-": _date, "/": _date}
"""What is looked at of a number, by the sign behind it."""
_OTHERS: Final[Mapping[str, _Check]] = {"FUNCTION": _function, "MODULO": _modulo}
"""What is looked at of another terminal."""


def _python_call(text: str, name: Lexeme) -> Mistake | None:
    """`isnull(x)`, `now()`: what is written without a call here."""
    new = _CALLS.get(name.text.lower().removeprefix("np.").removeprefix("pd."))
    if new is None:
        return None
    from runql.syntax.mistake import closing
    from runql.syntax.mistakes.frames.columns import missing
    from runql.syntax.mistakes.functions.split_arguments import arguments_of

    end = closing(text, text.find("(", name.end))
    if end is None:
        return None
    span = Span(name.start, end.end)
    inner = text[text.find("(", name.end) + 1 : end.start].strip()
    if bool(inner) != (" " in new):
        return None
    if len(arguments_of(inner)) > 1:
        if name.text.lower() != "isnull":
            return None
        written = f"coalesce({inner})"
        return idiom("T-SQL", text[span.start : span.end], written, span, replacing(span.start, span.end, written))
    written = f"{inner} {new}".strip()
    if new.endswith(_MISSING) or (new.endswith("null") and name.text.lower().startswith("pd.")):
        written = f"{'not ' * ('not' in new)}({missing(inner).text})"
    return idiom("Python", text[span.start : span.end], written, span, replacing(span.start, span.end, written))


def _order_by(by: Lexeme, order: Lexeme | None, after: Lexeme) -> Mistake | None:
    """`order by -x`, which would be the field `by` minus `x`."""
    if (
        order is None
        or order.terminal not in {"ORDER", "SORTED"}
        or by.text.lower() != "by"
        or after.terminal not in {"PATH", "FUNCTION"}
    ):
        return None
    span = Span(order.start, by.end)
    return idiom("SQL", f"{order.text} {by.text}", "order", span, replacing(span.start, span.end, "order"))


def _two_keys(left: Lexeme, sign: Lexeme, right: Lexeme) -> Mistake | None:
    """`order -a -b`, which would be one key, minus `a` minus `b`."""
    if left.terminal not in {"PATH", "RPAR"} or left.end == sign.start or sign.end != right.start:
        return None
    span = Span(left.end, right.end)
    message = f"`-{right.text}` could be a second key or a subtraction"
    return Mistake(
        "RQL101",
        message,
        Span(sign.start, right.end),
        (f"a second key is written `, -{right.text}`", f"the subtraction is written `- {right.text}`"),
        repairs=(
            replacing(span.start, span.end, f", -{right.text}", "write a second key"),
            replacing(span.start, span.end, f" - {right.text}", "write the subtraction"),
        ),
    )


def _metric_named(lexemes: Sequence[Lexeme]) -> Mistake | None:
    """`metric.name = "loss"`: whether a metric was logged."""
    if len(lexemes) < 3 or lexemes[0].text.lower() not in _METRIC_NAMES or lexemes[2].terminal != "STRING":
        return None
    word = {"EQ": "exists", "NE": "missing"}.get(lexemes[1].terminal)
    name = read_string(lexemes[2].text)
    if word is None or not name:
        return None
    written = name if _PLAIN_METRIC.fullmatch(name) else quote_name(name)
    span = Span(lexemes[0].start, lexemes[2].end)
    new = f"{word}(logged.{written})"
    old = f"{lexemes[0].text} {lexemes[1].text} {lexemes[2].text}"
    return idiom("MLflow", old, new, span, replacing(span.start, span.end, new))


def _in_list(lexemes: Sequence[Lexeme], index: int) -> bool:
    """Whether a lexeme is one of the values behind `in (`."""
    opener = index - 1
    while opener > 0 and index - opener < _LONGEST_LIST and lexemes[opener].terminal in _LISTED:
        opener -= 1
    return opener > 0 and lexemes[opener].terminal == "LPAR" and lexemes[opener - 1].terminal == "IN"


_LISTED: Final = frozenset({"COMMA", "PATH", "STRING", "NUMBER", "MINUS"})
_LONGEST_LIST: Final = 64


def hyphen_mistake(left: Lexeme, right: Lexeme, before: Lexeme | None, *, in_list: bool = False) -> Mistake | None:
    """What to say about `left-right`; none if a subtraction is plain."""
    span = Span(left.start, right.end)
    written = f"{left.text}-{right.text}"
    if left.terminal == "NUMBER" and right.terminal == "NUMBER" and len(left.text) == 4 and len(right.text) == 2:
        # For `=`, `>` and `<=` the first day is another time than the month, so it is offered for `>=` and `<` only.
        begins = before is not None and before.terminal in {"GE", "LT"}
        repairs = (replacing(span.start, span.end, f"{written}-01"),) if begins else ()
        hint = "a date is `2026-01-31`, and a month `between 2026-01-01 and 2026-01-31`"
        return Mistake("RQL107", f"`{written}` is no whole date", span, (hint,), repairs=repairs)
    if left.terminal != "PATH" or right.terminal not in {"PATH", "NUMBER", "DURATION"}:
        return None
    named, apart = hyphenated(left.text, right.text), f"{left.text} - {right.text}"
    ways = [("name", named), ("subtraction", apart)]
    from runql.language.operators import BEFORE_TEXT  # of most texts it is not asked

    begins_value = in_list or (before is not None and before.terminal in BEFORE_TEXT)
    if begins_value and "." not in left.text:
        ways.insert(0, ("text", f'"{written}"'))
    return Mistake(
        "RQL101",
        f"`{written}` could be {'text, ' if len(ways) > 2 else ''}a name or a subtraction",
        span,
        tuple(f"the {what} is written {_quoted(way)}" for what, way in ways),
        repairs=tuple(replacing(span.start, span.end, way, f"write the {what}: {way}") for what, way in ways),
    )


def _quoted(text: str) -> str:
    return f"`` {text} ``" if "`" in text else f"`{text}`"


def hyphenated(left: str, right: str) -> str:
    """A name whose last segment is hyphenated, in backticks: ``config.`batch-size` ``."""
    namespace, dot, last = left.rpartition(".")
    if "`" in left or "`" in right or "[" in left:
        return f"{left} - {right}"
    return f"{namespace}{dot}{quote_name(f'{last}-{right}')}"
