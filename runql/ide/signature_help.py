"""The signature of the function, or the form of the clause, in which the cursor stands."""

from __future__ import annotations

from collections.abc import Sequence

from runql.ide.context import Context, Text
from runql.ide.cursor import cursor_at
from runql.language.entry import Function
from runql.language.functions import FUNCTIONS
from runql.language.stages import STAGES
from runql.language.windows import WINDOWS
from runql.language.words import WORDS
from runql.semantic.folds import fold_named, history_fold_named
from runql.syntax.lexer import Lexeme
from runql.text.frozen import frozen
from runql.text.markdown import code
from runql.text.source import Span


@frozen
class Signature:
    """One form. `parameters` are places in the label; `active` is the index of the one being written, if it is one."""

    label: str
    documentation: str
    parameters: tuple[Span, ...] = ()
    active: int | None = None


def signature(text: Text, offset: int, context: Context) -> tuple[Signature, ...]:  # noqa: ARG001 - one form for all
    """The forms of the innermost function around an offset, else that of the clause; empty if there is neither."""
    cursor = cursor_at(text, offset)
    if cursor is None:
        return ()
    called = _called(cursor.lexemes)
    if called is None:
        word = STAGES.get(cursor.clause) if cursor.is_piped else WORDS.get(cursor.clause)
        return (Signature(word.form, word.doc),) if word is not None else ()
    function, index = called
    if function.terminal in WORDS:
        word = WORDS[function.terminal]
        return (Signature(word.form, word.doc, (_inside(word.form),), 0),)
    fold = fold_named(function.text.lower()) if cursor.is_piped else None
    if fold is not None:
        return (_form(fold, index),)
    name = function.text.lower()
    found = (FUNCTIONS.get(name), history_fold_named(name), WINDOWS.get(name))
    forms = [form for form in found if form is not None]
    return tuple(_form(form, index) for form in forms)


def _called(lexemes: Sequence[Lexeme]) -> tuple[Lexeme, int] | None:
    """The function whose bracket is open, and how many arguments stand before the cursor."""
    depth = index = 0
    for place in range(len(lexemes) - 1, 0, -1):
        match lexemes[place].terminal:
            case "RPAR":
                depth += 1
            case "COMMA" if depth == 0:
                index += 1
            case "LPAR" if depth > 0:
                depth -= 1
            case "LPAR":
                before = lexemes[place - 1]
                if before.terminal in {"FUNCTION", "EXISTS", "MISSING", "VALUE"}:
                    return before, index
                index = 0
            case _:
                pass
    return None


def _inside(syntax: str) -> Span:
    return Span(syntax.index("(") + 1, syntax.rindex(")"))


def _form(function: Function, index: int) -> Signature:
    label = function.form
    inside = _inside(label)
    parameters, start = [], inside.start
    for part in label[inside.start : inside.end].split(", "):
        parameters.append(Span(start, start + len(part)))
        start += len(part) + 2
    # The dots after a parameter that may be repeated stand for all that follow.
    last = len(parameters) - 1 if function.most is None or index < function.most else -1
    active = min(index, last) if last >= 0 else None
    return Signature(label, f"{function.doc}\n\n{code(function.example)}", tuple(parameters), active)
