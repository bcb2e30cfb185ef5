"""What stands on the wrong side of a pipe, and pipes that are none."""

from __future__ import annotations

import re
from typing import Final

from runql.syntax.keywords import keywords
from runql.syntax.lexer import END
from runql.syntax.literals import write_string
from runql.syntax.lr_parser import run
from runql.syntax.mistake import Mistake, Place, Repair, closing, idiom, replacing, shown, tidy
from runql.syntax.recovery import next_piece
from runql.text.diagnostic import Edit
from runql.text.source import Span

_FAR: Final = 2_000
_PIPES: Final = (
    ("|>", "R", "|"),
    ("%>%", "dplyr", "|"),
    ("||", None, "|"),
    (">>", "shell", "| to"),
    (">", "shell", "| to"),
)
_FILE: Final = re.compile(r"\s*([\w./~-]+\.\w+)(?=\s|;|\Z)")


def misplaced_clause(place: Place) -> Mistake | None:
    """`| keys loss`, `| limit 3 keys loss`: a clause of the query right of a pipe."""
    table = keywords()
    if place.word not in table.clause_words or place.word in table.stage_words or place.compares:
        return None
    pipe = place.first_pipe
    dangling = place.back_terminal() == "PIPE"
    if pipe is None or not (dangling or END in place.accepted):
        return None
    end = next_piece(place.text, place.found.end, frozenset({"PIPE"}))
    clauses = place.text[place.found.start : end].strip()
    start = place.attempt.lexemes[-1].start if dangling else place.found.start
    leaving = tidy(Edit(Span(start, start + len(place.text[start:end].rstrip())), ""), place.text)
    message = f"`{place.found.text}` belongs to the query, left of the first `|`"
    begun_by = {lexeme.terminal for lexeme in place.attempt.lexemes[:pipe]}
    if place.word == "sample" and "KEYS" not in begun_by:
        message = "`sample` is of the points of a history, and this table holds runs"
        hint = "the first few rows are `| limit 5`; rows at random there are none"
        return Mistake("RQL101", message, place.span, (hint,), certain=True, resume=end)
    attempt = run(clauses, 0, "rest")
    begun = {lexeme.terminal for lexeme in place.attempt.lexemes[:pipe]}
    if attempt.failure is not None or not begun & set(table.queries):
        return Mistake("RQL101", message, place.span, certain=True, resume=place.found.start)
    if begun & {lexeme.terminal for lexeme in attempt.lexemes} & set(table.clauses):
        repair = Repair("leave it out", (leaving,))
        return Mistake("RQL105", f"{message}, which has one", place.span, proven=(repair,), certain=True, resume=end)
    before = place.attempt.lexemes[pipe - 1].end
    repair = Repair("move it left of the first `|`", (Edit(Span(before, before), f" {clauses}"), leaving))
    return Mistake("RQL101", message, place.span, proven=(repair,), certain=True, resume=place.found.start)


def missing_pipe(place: Place) -> Mistake | None:
    """`runs group config.model`, `| limit 3 order x`: a stage without its pipe."""
    if place.word not in keywords().stage_words or "PIPE" not in place.accepted:
        return None
    start = place.found.start
    repair = Repair("write `|` before it", (Edit(Span(start, start), "| "),))
    message = f"`|` is missing before the stage `{place.found.text}`"
    return Mistake("RQL101", message, place.span, repairs=(repair,), reach=2)


def nearest_as_clause(place: Place) -> Mistake | None:
    """`align nearest` left of the pipe: a mode that only the stage has."""
    align = place.back()
    if align is None or align.terminal != "ALIGN" or place.word != "nearest":
        return None
    repair = Repair("write `|` before it", (Edit(Span(align.start, align.start), "| "),))
    span = Span(align.start, place.found.end)
    return Mistake("RQL101", "only the stage `| align` has the mode `nearest`", span, repairs=(repair,))


def foreign_pipe(place: Place) -> Mistake | None:
    """`|>`, `%>%`, `||`, `> "file"`: pipes of other languages, and the shell's way into a file."""
    dangling = place.back_terminal() == "PIPE"
    start = place.attempt.lexemes[-1].start if dangling else place.found.start
    if not dangling and "PIPE" not in place.accepted:
        return None
    for sign, language, new in _PIPES:
        if place.text.startswith(sign, start) and (not dangling or place.found.start < start + len(sign)):
            end = start + len(sign)
            file = _FILE.match(place.text, end) if new == "| to" else None
            written = f"{new} {write_string(file[1])}" if file else new
            span = Span(start, file.end() if file else end)
            repair = replacing(span.start, span.end, written)
            if sign == "%>%":  # the next one would be read as a remainder
                others = re.finditer(sign, place.text[end : end + _FAR].partition(";")[0])
                edits = (edit for one in others for edit in _piped(place.text, end + one.start()))
                repair = Repair(repair.title, (*repair.edits, *edits))
            return idiom(language, place.text[span.start : span.end], written, span, repair)
    return None


def _piped(text: str, start: int) -> tuple[Edit, ...]:
    """The edits for one more `%>%`: a `summarise(…)` behind a `group_by(…)` stands behind a colon."""
    call = _SUMMARISED.match(text, start)
    end = None if call is None else closing(text, call.end() - 1)
    if call and end and _GROUPED.search(text[max(0, start - _FAR) : start]):
        return Edit(Span(start, call.end()), ": "), Edit(Span(end.start, end.end), "")
    return (Edit(Span(start, start + 3), "|"),)


_SUMMARISED, _GROUPED = re.compile(r"%>%\s*summari[sz]e\s*\("), re.compile(r"group_by\s*\([^()]*\)\s*\Z")


def empty_stage(place: Place) -> Mistake | None:
    """`runs | | limit 3`."""
    if place.back_terminal() != "PIPE" or place.found.terminal != "PIPE":
        return None
    repair = Repair("leave out the second", (Edit(place.span, ""),))
    return Mistake("RQL101", "no stage stands between these pipes", place.span, repairs=(repair,), certain=True)


def statement_as_stage(place: Place) -> Mistake | None:
    """`| show fields`, `| runs where a > 1`: what begins a statement."""
    if place.back_terminal() != "PIPE" or place.word not in keywords().head_words or place.word == "count":
        return None
    message = f"`{place.found.text}` begins a statement, and cannot stand behind `|`"
    hint = "statements are separated by `;`"
    return Mistake("RQL101", message, place.span, (hint,), certain=True)


def no_stage(place: Place) -> Mistake | None:
    """A word behind a pipe that is no stage."""
    if place.back_terminal() != "PIPE" or place.found.terminal not in {"PATH", "FUNCTION"}:
        return None
    some = tuple(f"`{word}`" for word in keywords().stage_words[:5])
    hint = "expected a stage such as `where`, `group` or `derive`"
    message = f"there is no stage `{shown(place.found.text)}`"
    return Mistake("RQL106", message, place.span, (hint,), expected=some, certain=True)
