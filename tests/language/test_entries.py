"""The entries of the language and the grammar say the same, and each entry has a body."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from runql.engine import functions, time_functions
from runql.engine.histories import aggregates
from runql.engine.stages.pipeline import COUNT_STAGES
from runql.engine.stages.reference import folds, moving, windows
from runql.language.aggregates import HISTORY_AGGREGATES, ROW_AGGREGATES
from runql.language.clauses import CLAUSES
from runql.language.entry import Entry
from runql.language.formats import FORMATS
from runql.language.functions import FUNCTIONS
from runql.language.functions.times import DIRECTIVES
from runql.language.kinds import SEVERAL, PartKind, TableKind
from runql.language.options import CODE_OPTION, OPTIONS
from runql.language.stages import STAGES
from runql.language.statements import STATEMENTS
from runql.language.types import TYPES
from runql.language.windows import WINDOWS
from runql.language.words import WORDS
from runql.results.formats import formats
from runql.script import options, parameters
from runql.semantic import typed
from runql.semantic.check_stages import parts
from runql.syntax import tree
from runql.syntax.keywords import keywords
from runql.syntax.parse import parse

ENTRIES = (*STATEMENTS.values(), *CLAUSES.values(), *STAGES.values())


def test_each_keyword_has_an_entry_and_each_entry_a_keyword() -> None:
    assert WORDS.keys() | STAGES.keys() == keywords().words.keys() | keywords().symbols.keys()


def test_the_statements_are_those_of_the_grammar_in_its_order() -> None:
    assert tuple(STATEMENTS) == keywords().heads


def test_the_clauses_are_those_of_the_grammar_in_its_order() -> None:
    assert tuple(CLAUSES) == keywords().clauses


def test_the_stages_are_those_of_the_grammar_in_its_order() -> None:
    assert tuple(STAGES) == keywords().stages


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.terminal)
def test_a_form_begins_with_its_keyword(entry: Entry) -> None:
    assert entry.name == keywords().spelling(entry.terminal)


def test_each_node_has_an_entry_and_each_entry_a_node() -> None:
    assert {node.terminal for node in get_args(tree.Clause)} == {"", *CLAUSES} - {"FULL"}
    own = {terminal for terminal, entry in STAGES.items() if entry.parts is None}
    assert {node.terminal for node in get_args(tree.Stage)} == {"", *own} - {"LAST_ROW"}
    done = {terminal for terminal, entry in STAGES.items() if not entry.is_later}
    typed_ones = {node.terminal for node in get_args(typed.TStage)}
    assert typed_ones == {"", *done} - {"LAST_ROW", *COUNT_STAGES}, "a typed node, or a body in `COUNT_STAGES`"


def test_each_type_and_format_has_a_body_and_each_body_an_entry() -> None:
    assert TYPES.keys() == parameters.TAKERS.keys()
    assert FORMATS.keys() == formats.FORMATS.keys() == formats.BODIES.keys()


def test_each_stage_of_a_number_has_a_body_and_each_body_an_entry_of_that_number() -> None:
    without_node = {terminal for terminal, entry in STAGES.items() if entry.parts is not None} - parts.TYPED.keys()
    assert without_node == COUNT_STAGES.keys()
    for terminal in COUNT_STAGES:
        (part,) = STAGES[terminal].parts or ()
        assert part.kind is PartKind.WHOLE and not part.optional


HELD = {
    PartKind.WHOLE: "int",
    PartKind.WORD: "str",
    PartKind.NAME: "str",
    PartKind.NUMBER: "Named",
    PartKind.VALUES: "tuple[Named, ...]",
    PartKind.GOALS: "tuple[tuple[Goal, Named], ...]",
    PartKind.KEYS: "tuple[Named | ColumnPick, ...]",
    PartKind.COLUMNS: "tuple[ColumnPick, ...]",
}
"""What the field of a typed stage holds of a part."""


@pytest.mark.parametrize("terminal", [one for one in parts.TYPED if STAGES[one].parts is not None])
def test_a_typed_stage_holds_the_parts_of_its_entry_in_their_order(terminal: str) -> None:
    kind: Any = parts.TYPED[terminal]
    declared = STAGES[terminal].parts or ()
    held = {name: kind.__dataclass_fields__[name].type for name in kind.__match_args__}
    wanted = {one.name: HELD[one.kind] + " | None" * (one.optional and one.kind not in SEVERAL) for one in declared}
    assert list(held.items())[: len(wanted)] == list(wanted.items())
    lists = [one.kind in SEVERAL for one in declared]
    assert not any(lists[:-1]), "what a stage lists stands last: it may be written on lines of its own"
    given = issubclass(kind, typed.TOwnRows)
    assert given == (STAGES[terminal].gives is TableKind.OTHER), (
        "derive it from `TOwnRows`, or let its entry give no rows"
    )


def test_what_an_option_offers_can_be_set() -> None:
    for entry in OPTIONS.values():
        for value in entry.values:
            (statement,) = parse(f"set {'RQL211' if entry is CODE_OPTION else entry.name} {value}").script.statements
            assert isinstance(statement, tree.SetStatement)
            assert options.set_option(options.Options(), statement)[1] is None


def test_what_a_clause_excludes_excludes_it() -> None:
    for terminal, entry in CLAUSES.items():
        assert all(terminal in CLAUSES[other].excludes for other in entry.excludes)


def test_each_function_has_a_body_and_each_body_a_function() -> None:
    assert FUNCTIONS.keys() == {*functions.FUNCTIONS, *time_functions.ZONED, "age"}  # `age` is `now - t`
    assert time_functions.DIRECTIVES.keys() == DIRECTIVES
    assert HISTORY_AGGREGATES.keys() == aggregates.AGGREGATES
    assert ROW_AGGREGATES.keys() == {*folds.BODIES, "argmin", "argmax", "wmean", "percentile"}
    assert WINDOWS.keys() == windows.BODIES | moving.BODIES
