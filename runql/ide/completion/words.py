"""Words: keywords, operators, functions, stages, parameters, sources."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import IntEnum
from functools import partial
from typing import Final

from runql.ide.completion.items import ItemKind, Offer
from runql.ide.completion.slots import KnownField, Role, Slot, kinds_of_expr, known_name
from runql.ide.context import Context
from runql.ide.cursor import Cursor
from runql.ide.entry_text import entry_markdown
from runql.language.aggregates import HISTORY_AGGREGATES, OF_X
from runql.language.clauses import CLAUSES
from runql.language.entry import LiteralEntry
from runql.language.functions import FUNCTIONS
from runql.language.kinds import Kind
from runql.language.operators import TESTS
from runql.language.stages import STAGES
from runql.language.windows import WINDOWS
from runql.language.words import GIVEN_ONCE, WORDS
from runql.semantic.check_stages.scope import Scope
from runql.semantic.folds import fold_named
from runql.syntax.keywords import keywords
from runql.syntax.tree import terminal_of

_AXES: Final = frozenset({"x", "y"})


class WordGroup(IntEnum):
    """The order of words that match alike. Values and names stand between the tests and the functions."""

    FIRST = 0
    JOINS = 1
    CLAUSES = 2
    PIPE = 3
    FUNCTIONS = 5
    SIGNS = 6
    LAST = 7


CALLED: Final = frozenset({"EXISTS", "MISSING", "VALUE"})
"""The words that are called like functions."""
_ENDINGS: Final = {
    "EXISTS": "(",
    "MISSING": "(",
    "VALUE": "(",
    "ANY": " (",
    "ALL": " (",
    "NONE": " (",
    "LAST": " 100",
    "HELD": " 5",
    "ALONG": " ",
    "RE": ' "',
    "AS_OF": " of 7d ago",
}
"""What is written behind a word, because it is only that word where this follows."""

_LISTED: Final = frozenset({"ANY", "ALL", "NONE"})
_CONDITIONS: Final = frozenset({"NOT", "UNTAGGED", "ANY_FIELD", *CALLED}) - {"VALUE"}
_ONLY_IN_AGGREGATES: Final = {
    "LAST": HISTORY_AGGREGATES.keys() - {"at", "exists"},
    "APPROX": HISTORY_AGGREGATES.keys() - {"exists"},
    "ALONG": OF_X,
    "HELD": frozenset({"when"}),
}
"""The words among the arguments of a history's value, and in which of them they stand."""

_CONSTANTS: Final = {terminal: entry.gives for terminal, entry in WORDS.items() if isinstance(entry, LiteralEntry)}
_JOINS: Final = ("AND", "OR")
_OF_COPIES: Final = frozenset({"AS_OF", "FRESH", "CACHED"})
"""The clauses that are for sources with a copy alone: behind the others."""


def words(cursor: Cursor, slot: Slot, context: Context, table: Scope | None) -> Iterator[Offer]:
    """The keywords and operators that can stand at the cursor; `table` is the one on which a stage stands."""
    if cursor.quote:
        return
    spelled = keywords()
    tests = _tests(cursor, context)
    closed = closed_options(cursor)
    signs = cursor.accepted & {*tests, "PIPE", "DOTDOT"} & spelled.symbols.keys() if not cursor.typed else frozenset()
    for terminal in _by_use((cursor.accepted & spelled.words.keys() - closed) | signs, tests):
        spellings = spelled.words.get(terminal) or spelled.symbols[terminal][:1]
        if cursor.previous == "PIPE":
            if terminal == "TO" or not any(lexeme.terminal == "PLOT" for lexeme in cursor.lexemes):
                yield from _stages(terminal, spellings, table)
        elif _can_come(terminal, cursor, slot, context, tests):
            yield from (_word(terminal, spelling, cursor, tests) for spelling in spellings if spelling not in closed)
    if not cursor.typed and "LPAR" in cursor.accepted and "PATH" not in cursor.accepted:
        yield Offer("(", "(", ItemKind.OPERATOR, WordGroup.FIRST, "a list of values")


def _by_use(terminals: Iterable[str], tests: tuple[str, ...]) -> list[str]:
    """Keywords in the order in which they are used: tests, joints, clauses as the formatter orders them."""
    table = keywords()
    clauses = sorted(table.clauses, key=_OF_COPIES.__contains__)
    order = (*table.queries, *tests, *_JOINS, *clauses, *table.stages, *WORDS)
    order = (*order, *table.words)
    rank = {terminal: place for place, terminal in reversed(list(enumerate(order)))}
    return sorted(terminals, key=lambda terminal: (rank.get(terminal, len(order)), terminal))


def _tests(cursor: Cursor, context: Context) -> tuple[str, ...]:
    """The tests that fit what stands before the cursor; none if no test can follow."""
    if not {"EQ", "IN"} & cursor.accepted:
        return ()
    subject = _before(cursor, context)
    kinds = subject.kinds if subject is not None and subject.kinds else frozenset({Kind.UNKNOWN})
    tests = [test for kind in TESTS if kind in kinds for test in TESTS[kind]]
    return tuple(dict.fromkeys(tests)) or TESTS[Kind.UNKNOWN]


def _before(cursor: Cursor, context: Context) -> KnownField | None:
    last = cursor.lexemes[-2:] if cursor.previous == "NOT" else cursor.lexemes[-1:]
    return known_name(last[0].text, context) if last and last[0].terminal == "PATH" else None


def _can_come(terminal: str, cursor: Cursor, slot: Slot, context: Context, tests: tuple[str, ...]) -> bool:
    """Whether a keyword that the grammar takes also makes sense."""
    if terminal in TESTS[Kind.UNKNOWN]:
        return terminal in tests
    if terminal == "OVER" and cursor.previous == "RPAR":
        return cursor.is_piped and _is_of_rows(_called_before(cursor))
    if terminal == "EVERY":
        return True
    if terminal in {*keywords().clauses, *_JOINS, "PIPE"}:
        is_name = terminal == "AS_OF" and "AS" in cursor.accepted  # behind a column it gives that a name
        return not is_name and terminal not in _closed(cursor) and not _lacks_test(cursor, context)
    if "PATH" not in cursor.accepted or (terminal == "SHAPE" and cursor.previous == "PLOT"):
        return True
    return _begins_well(terminal, slot, context)


def _called_before(cursor: Cursor) -> str:
    """The function whose call ends before the cursor; empty if none does."""
    depth = 0
    for place in range(len(cursor.lexemes) - 1, 0, -1):
        terminal = cursor.lexemes[place].terminal
        depth += (terminal == "RPAR") - (terminal == "LPAR")
        if not depth:
            before = cursor.lexemes[place - 1]
            return before.text.lower() if before.terminal == "FUNCTION" else ""
    return ""


def _is_of_rows(function: str) -> bool:
    """Whether a function may stand before `over`."""
    return function in WINDOWS or fold_named(function) is not None


def _lacks_test(cursor: Cursor, context: Context) -> bool:
    """Whether what stands before the cursor is no condition yet: a field that is no bool, a value."""
    if cursor.clause != "WHERE" or "EQ" not in cursor.accepted:
        return False
    subject = _before(cursor, context)
    if subject is not None:
        return bool(subject.kinds) and Kind.BOOL not in subject.kinds
    return cursor.previous in {"NUMBER", "STRING", "TIME", "DURATION"}


def _begins_well(terminal: str, slot: Slot, context: Context) -> bool:  # noqa: PLR0911 - one line a role
    """Whether an expression may begin with a keyword where a name could stand too."""
    kinds = kinds_of_expr(slot.subject, context)
    if slot.role is Role.ARGUMENT:
        function = FUNCTIONS.get(slot.function)
        kinds = function.parameter(slot.index).kinds if function is not None else kinds
        if terminal == "RE":
            return function is not None and function.parameter(slot.index).takes_regex
        if terminal in _ONLY_IN_AGGREGATES:
            return slot.index > 0 and slot.function in _ONLY_IN_AGGREGATES[terminal]
        return terminal in _CONDITIONS and kinds == {Kind.BOOL}
    if terminal in keywords().queries:
        return terminal == "RUNS" and slot.role in {Role.VALUE, Role.MEMBER}
    if terminal in _CONDITIONS:
        return slot.role is Role.CONDITION
    if terminal == "VALUE":
        return slot.role in {Role.VALUE, Role.OPERAND}
    if slot.role is Role.VALUE:
        return _CONSTANTS.get(terminal) in kinds
    return slot.role is Role.MEMBER and terminal in _LISTED


def _closed(cursor: Cursor) -> set[str]:
    """The clauses that cannot come: they are there already, or contradict one that is."""
    if cursor.is_piped:
        return set()
    begun = {lexeme.terminal for lexeme in cursor.lexemes} & CLAUSES.keys()
    begun |= {terminal_of(clause) for clause in cursor.later} & CLAUSES.keys()
    closed = begun | {other for terminal in begun for other in CLAUSES[terminal].excludes}
    if any(lexeme.terminal == "COUNT" for lexeme in cursor.lexemes):
        closed |= {terminal for terminal, entry in CLAUSES.items() if not entry.counts}
    return closed


def _word(terminal: str, spelling: str, cursor: Cursor, tests: tuple[str, ...]) -> Offer:
    word = WORDS.get(terminal)
    is_sign = terminal in keywords().symbols
    kind = ItemKind.OPERATOR if is_sign else ItemKind.FUNCTION if terminal in CALLED else ItemKind.KEYWORD
    detail = word.doc if word is not None else ""
    describe = partial(entry_markdown, word) if word is not None else str
    insert = spelling + _ENDINGS.get(terminal, "")
    return Offer(spelling, insert, kind, _group(terminal, cursor, tests), detail, describe)


def _group(terminal: str, cursor: Cursor, tests: tuple[str, ...]) -> WordGroup:
    if terminal in {"SHAPE", "EVERY", "SORTED"} or (terminal == "OVER" and _called_before(cursor) in WINDOWS):
        return WordGroup.FIRST
    if terminal in keywords().clauses:
        return WordGroup.CLAUSES
    if terminal == "PIPE":
        return WordGroup.PIPE
    if terminal in tests or terminal == "NOT":
        return WordGroup.FIRST if cursor.clause == "WHERE" and "PATH" not in cursor.accepted else WordGroup.LAST
    if terminal in _JOINS or (terminal == "RUNS" and "PATH" in cursor.accepted):
        return WordGroup.JOINS if cursor.clause == "WHERE" else WordGroup.LAST
    return WordGroup.LAST if "PATH" in cursor.accepted and terminal not in _LISTED else WordGroup.FIRST


def _stages(terminal: str, spellings: tuple[str, ...], table: Scope | None) -> Iterator[Offer]:
    """The stages that can work on the table left of the pipe; on all, if it is not known what that is."""
    info = STAGES.get(terminal)
    if info is not None and not info.is_later and (table is None or table.kind in info.takes):
        for name in spellings:
            yield Offer(name, name, ItemKind.STAGE, WordGroup.FIRST, info.doc, partial(entry_markdown, info))


def closed_options(cursor: Cursor) -> frozenset[str]:
    """The terminals that cannot come again, before or behind the cursor in the same brackets; an axis by its letter."""
    before = [(lexeme.terminal, lexeme.text) for lexeme in reversed(cursor.lexemes)]
    tokens = cursor.around.tokens
    behind = [(token.terminal, token.text) for token in tokens if token.span.start >= cursor.whole.end]
    given = _at_hand(before, "RPAR", "LPAR") + _at_hand(behind, "LPAR", "RPAR")
    found = {terminal for terminal, _ in given if terminal in GIVEN_ONCE}
    axes = {text.lower() for terminal, text in given if terminal == "AXIS"}
    return frozenset(found | axes | ({"LOG"} if axes >= _AXES else set()))


def _at_hand(pieces: Iterable[tuple[str, str]], opens: str, closes: str) -> list[tuple[str, str]]:
    """The pieces up to the end of the brackets, or of the stage, without those in brackets among them."""
    found, depth = [], 0
    for terminal, text in pieces:
        depth += (terminal == opens) - (terminal == closes)
        if depth < 0 or (not depth and terminal in {"PIPE", "SEMI"}):
            break
        if not depth:
            found.append((terminal, text))
    return found
