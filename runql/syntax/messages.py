"""What to say where the parser stopped: the idioms and slips that are known, then what could have stood there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from operator import eq
from typing import Final

from runql.syntax import (
    characters,
    idiom_curves,
    idiom_denials,
    idiom_expressions,
    idiom_lists,
    idiom_numbers,
    idiom_pipes,
    idiom_python,
    idiom_queries,
    idiom_slips,
    idiom_sql,
    idiom_stages,
    idiom_statements,
    idiom_tops,
    idiom_words,
)
from runql.syntax.expected import either, expected_words, needed
from runql.syntax.keywords import keywords
from runql.syntax.lexer import END, accepted
from runql.syntax.mistakes import Mistake, Place, Repair, idiom, replacing, shown
from runql.text.diagnostic import Edit
from runql.text.letters import distance
from runql.text.nearest import nearest
from runql.text.source import Span


def mistakes(place: Place) -> Iterator[Mistake]:
    """The mistakes that this could be, likeliest first. The last one has no repair and always holds."""
    for recognise in _KNOWN:
        mistake = recognise(place)
        if mistake is not None:
            yield mistake
    yield unexpected(place)


def misspelled(place: Place) -> Mistake | None:
    """A keyword with a slip in it."""
    if place.found.terminal != "PATH":
        return None
    return _misspelled(place.found.text, place.accepted, place.found.start)


def misspelled_before(place: Place) -> Mistake | None:
    """A misspelled keyword that was read as a name."""
    before = place.back()
    if before is None or before.terminal not in {"PATH", "SOURCE", "FUNCTION"} or place.found.terminal == END:
        return None
    could = accepted(place.attempt.start, place.attempt.lexemes[:-1])
    mistake = _misspelled(before.text, could, before.start)
    return (
        mistake
        if mistake is None
        else Mistake(
            mistake.code,
            mistake.message,
            mistake.span,
            mistake.hints,
            expected=mistake.expected,
            repairs=mistake.repairs,
            reach=2,
        )
    )


_OTHER_LOGIC: Final = frozenset({"xor", "nor", "nand", "xnor", "iff", "implies"})
"""What joins conditions elsewhere and is not here: no slip for `or` and `and`, which mean something else."""


def _misspelled(text: str, could: frozenset[str], start: int) -> Mistake | None:
    table = keywords()
    if text.lower() in _OTHER_LOGIC:
        return None
    words = [word for terminal in could for word in table.words.get(terminal, ())]
    allowed = 2 if len(text) > 4 or (len(words) == 1 and len(text) > 2) else 1 if len(text) > 2 else 0
    near = nearest(text, sorted(words), most=3, allowed=allowed)
    if not near:
        begun = [word for word in words if len(text) > 2 and word.startswith(text.lower())]
        near = (begun[0],) if len(begun) == 1 else ()
    if not near:
        return None
    # Of words that are equally near, one that begins like what was written.
    least = distance(text.lower(), near[0], allowed)
    equal = [word for word in near if distance(text.lower(), word, allowed) == least]
    near = (max(equal, key=lambda word: sum(map(eq, word[:2], text.lower()))),)
    span = Span(start, start + len(text))
    message = f"unknown word `{text}`"
    return Mistake(
        "RQL106",
        message,
        span,
        (f"nearest: `{near[0]}`",),
        expected=near,
        repairs=(replacing(span.start, span.end, near[0]),),
    )


_DIRECTIONS: Final = {"desc": "-", "descending": "-", "asc": "+", "ascending": "+"}


def missing_comma(place: Place) -> Mistake | None:
    """`keys loss acc`."""
    before = place.back()
    if before is None or "COMMA" not in place.accepted or place.found.terminal not in {"PATH", "STRING", "NUMBER"}:
        return None
    if before.text.lower() in _DIRECTIONS and place.clause is not None and place.clause.terminal == "ORDER":
        new = f"{_DIRECTIONS[before.text.lower()]}{place.found.text}"
        span = Span(before.start, place.found.end)
        return idiom(None, place.text[span.start : span.end], new, span, replacing(span.start, span.end, new))
    repair = Repair("write `,` between", (Edit(Span(before.end, before.end), ","),))
    message = f"a comma is missing between `{shown(before.text)}` and `{shown(place.found.text)}`"
    return Mistake("RQL101", message, place.span, repairs=(repair,), reach=2)


def doubled(place: Place) -> Mistake | None:
    """The same operator, keyword or comma twice."""
    before = place.back()
    if before is None or before.text.lower() != place.word or place.found.terminal in {END, "NUMBER", "STRING"}:
        return None
    repair = Repair("leave out the second", (Edit(Span(place.found.start, place.found.end), ""),))
    return Mistake("RQL101", f"`{place.found.text}` is written twice", place.span, repairs=(repair,))


def unexpected(place: Place) -> Mistake:
    """What could have stood there instead."""
    words = expected_words(place)
    hints = (f"expected {either(words)}",) if words else ()
    before = place.back()
    if "RUNS" in place.accepted and place.found.terminal != END:
        what = "statement" if "LET" in place.accepted else "query"
        message = f"`{shown(place.found.text)}` does not begin a {what}"
        return Mistake("RQL106", message, place.span, hints, expected=words)
    if END in place.accepted or before is None:
        code = "RQL106" if place.found.terminal == "PATH" else "RQL101"
        return Mistake(code, f"`{shown(place.found.text)}` cannot stand here", place.span, hints, expected=words)
    what = needed(place.accepted, before.terminal, place.clause.terminal if place.clause else "")
    after = f"{what} must follow `{shown(before.text)}`"
    if place.found.terminal == END:
        return Mistake("RQL102", f"{after}, but the text ends", place.span, hints, expected=words)
    return Mistake("RQL101", f"{after}, not `{shown(place.found.text)}`", place.span, hints, expected=words)


_KNOWN: Final[tuple[Callable[[Place], Mistake | None], ...]] = (
    characters.smart_quote,
    characters.unclosed_quote,
    characters.sign,
    idiom_tops.reads_only,
    idiom_tops.inner_query,
    idiom_tops.window,
    idiom_numbers.quoted_key,
    idiom_numbers.prefixed_text,
    idiom_numbers.flagged_pattern,
    idiom_numbers.floor_division,
    idiom_numbers.count_selected,
    idiom_numbers.count_of_all,
    idiom_numbers.time_with_space,
    idiom_numbers.existing_field,
    idiom_numbers.metric_of_keys,
    idiom_lists.brackets_of_has,
    idiom_lists.several_after_has,
    idiom_lists.range_in,
    idiom_lists.equal_to_list,
    idiom_lists.equal_to_one_of,
    idiom_lists.equal_to_whole_list,
    idiom_tops.top_by,
    idiom_tops.top_of_each,
    idiom_queries.client_call,
    idiom_pipes.method_chain,
    idiom_statements.common_table,
    idiom_statements.let_left_out,
    idiom_statements.show_runs,
    idiom_statements.statement_of_another_language,
    idiom_queries.word_before_runs,
    idiom_sql.grouped_select,
    idiom_slips.how_many,
    idiom_queries.select_from,
    idiom_tops.sliced_runs,
    idiom_queries.runs_subscript,
    idiom_queries.count_of_runs,
    idiom_python.braces,
    idiom_statements.pull_source,
    idiom_slips.stage_alone,
    idiom_queries.runs_left_out,
    idiom_statements.use_and_query,
    idiom_statements.one_word,
    idiom_statements.several_described,
    idiom_statements.pull_to,
    idiom_statements.into_of_query,
    idiom_statements.statement_taken_for_name,
    idiom_statements.second_statement,
    idiom_statements.parameter_type,
    idiom_statements.equals_left_out,
    idiom_statements.set_colon,
    idiom_queries.one_run,
    idiom_pipes.foreign_pipe,
    idiom_pipes.empty_stage,
    idiom_pipes.stage_of_another_language,
    idiom_pipes.folding,
    idiom_pipes.misplaced_clause,
    idiom_pipes.nearest_as_clause,
    idiom_denials.denial,
    idiom_denials.denial_of_list,
    idiom_words.order_by,
    idiom_stages.group_by,
    idiom_stages.name_behind,
    idiom_stages.bare_definition,
    idiom_stages.extra,
    idiom_stages.synonym,
    idiom_curves.goal,
    idiom_stages.missing_colon,
    idiom_stages.rename_sign,
    idiom_curves.smoothing,
    idiom_curves.binning,
    idiom_stages.preposition,
    idiom_curves.file_name,
    idiom_curves.assert_message,
    idiom_curves.plot_shape,
    idiom_curves.rows_of_edge,
    idiom_stages.pivot_keys,
    idiom_words.offset,
    idiom_words.like,
    idiom_words.spelled_unit,
    idiom_words.last_days,
    idiom_queries.comment,
    idiom_queries.step_range,
    idiom_queries.sample_of_how_many,
    idiom_queries.quoted_name,
    idiom_expressions.two_signs,
    idiom_slips.comma_in_number,
    idiom_slips.percent,
    idiom_slips.spaced_suffix,
    idiom_slips.within_length,
    idiom_slips.sign_in_words,
    idiom_slips.not_exists,
    idiom_slips.between_brackets,
    idiom_python.placeholder,
    idiom_expressions.and_or_signs,
    idiom_slips.where_left_out,
    idiom_stages.no_keys,
    idiom_slips.typed_name,
    idiom_expressions.colon,
    idiom_expressions.and_not_in,
    idiom_python.subscript,
    idiom_python.method,
    idiom_python.list_brackets,
    idiom_lists.key_in_space,
    idiom_lists.value_in_field,
    idiom_lists.value_in_text,
    idiom_python.bare_list,
    idiom_expressions.chained_comparison,
    idiom_expressions.missing_left_side,
    idiom_words.word_of_another_language,
    idiom_pipes.missing_pipe,
    idiom_pipes.unpiped_stage_of_another_language,
    idiom_expressions.presence,
    idiom_expressions.product,
    idiom_expressions.between_comma,
    idiom_expressions.comma_for_and,
    misspelled,
    misspelled_before,
    idiom_stages.missing_word,
    idiom_pipes.statement_as_stage,
    idiom_pipes.no_stage,
    idiom_queries.keyword_taken_for_name,
    idiom_queries.comma_before_end,
    idiom_slips.last_comma,
    idiom_slips.whole_number,
    idiom_slips.all_of_it,
    idiom_expressions.several_in_has,
    idiom_expressions.is_value,
    idiom_expressions.not_sign,
    idiom_slips.not_value,
    idiom_slips.is_word,
    idiom_slips.parameter_sign,
    idiom_slips.and_left_out,
    characters.name_to_quote,
    idiom_words.glued_unit,
    characters.glued_word,
    characters.number,
    characters.dot,
    characters.text_without_quotes,
    characters.quote_in_string,
    characters.open_bracket,
    characters.closing_bracket,
    doubled,
    idiom_expressions.missing_operator,
    missing_comma,
    characters.unknown_character,
)
