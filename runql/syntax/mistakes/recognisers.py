"""What to say where the parser stopped: the idioms and slips that are known, then what could have stood there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from operator import eq
from typing import Final

from runql.syntax.keywords import keywords
from runql.syntax.lexer import END, accepted
from runql.syntax.mistake import Mistake, Place, Repair, replacing, shown
from runql.syntax.mistakes import (
    best_few,
    characters,
    curves,
    denials,
    expressions,
    lists,
    numbers,
    pipes,
    python,
    queries,
    sql_group_by,
    stages,
    statements,
    two_tables,
)
from runql.syntax.mistakes import slips as idiom_slips
from runql.syntax.mistakes import words as idiom_words
from runql.syntax.mistakes.expected import either, expected_words, needed
from runql.syntax.mistakes.functions import casts, chained_calls, choices, pieces
from runql.syntax.mistakes.phrases import (
    columns_of_frames,
    data_frames,
    distinct_rows,
    frame_stages,
    selects,
    sql_phrases,
    stages_of_others,
    tables_of_others,
    tables_renamed,
    whole_stages,
    windows,
)
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
    if "RUNS" in place.accepted and "NUMBER" not in place.accepted and place.found.terminal != END:
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
    stages.table_stage,
    characters.smart_quote,
    characters.unclosed_long_string,
    characters.unclosed_quote,
    characters.sign,
    characters.marked_date,
    best_few.reads_only,
    sql_phrases.windows_left_of_pipe,
    sql_phrases.tuples_in,
    sql_phrases.zone_of_time,
    sql_phrases.not_distinct_from,
    sql_phrases.tables_beside,
    chained_calls.whens,
    chained_calls.part_of_split,
    windows.over_of_sql,
    windows.over_of_polars,
    windows.keys_without_brackets,
    windows.order_without_keys,
    windows.qualify,
    distinct_rows.duplicates_dropped,
    columns_of_frames.window_of_frame,
    columns_of_frames.mutated,
    columns_of_frames.derived,
    frame_stages.frame_stage,
    frame_stages.selected,
    columns_of_frames.column_of_frame,
    two_tables.inner_select,
    two_tables.inner_value,
    two_tables.existence,
    tables_of_others.column_of_frame,
    tables_of_others.table_in_brackets,
    tables_of_others.nearest_join,
    tables_of_others.sides_of_kusto,
    tables_of_others.keys_of_prql,
    tables_of_others.no_keys,
    two_tables.call_of_frame,
    two_tables.spelled_join,
    two_tables.spelled_union,
    two_tables.using,
    two_tables.kind_of_join,
    two_tables.union_all,
    two_tables.union_of_query,
    two_tables.keys_together,
    tables_of_others.renamed_table,
    two_tables.keys_without_on,
    numbers.quoted_key,
    casts.cast_as,
    casts.colons,
    casts.key_of_json,
    casts.typed_moment,
    casts.case_when,
    choices.case_of,
    choices.first_of_two,
    choices.one_of_two,
    casts.case_when_of_r,
    casts.scalar_question,
    casts.extract_from,
    pieces.trimmed_from,
    pieces.position_in,
    casts.substring_from,
    casts.text_slice,
    pieces.element_of_split,
    pieces.filtered_count,
    pieces.count_distinct,
    pieces.interval,
    pieces.one_or_the_other,
    pieces.function_of_module,
    numbers.prefixed_text,
    numbers.verbatim_text,
    numbers.flagged_pattern,
    numbers.floor_division,
    numbers.count_selected,
    numbers.count_of_all,
    numbers.time_with_space,
    numbers.existing_field,
    numbers.metric_of_keys,
    lists.brackets_of_has,
    lists.several_after_has,
    lists.range_in,
    lists.limits_in_brackets,
    whole_stages.whole_stage,
    whole_stages.group_and_take,
    whole_stages.bins_of_histogram,
    whole_stages.corr_of_two,
    best_few.top_by,
    stages_of_others.most_of_all,
    best_few.top_of_each,
    queries.client_call,
    pipes.method_chain,
    data_frames.best_row,
    data_frames.data_frame,
    tables_of_others.frames_joined,
    sql_phrases.tables_by_a_key,
    statements.common_table,
    statements.let_left_out,
    statements.value_named,
    statements.show_runs,
    statements.statement_of_another_language,
    queries.word_before_runs,
    tables_renamed.query_of_query,
    windows.select_with_windows,
    selects.joined_select,
    tables_renamed.runs_renamed,
    tables_renamed.sets_of_queries,
    sql_group_by.within_group,
    sql_group_by.grouped_select,
    idiom_slips.how_many,
    stages_of_others.select_top,
    whole_stages.selected_aggregates,
    queries.select_from,
    best_few.sliced_runs,
    queries.runs_subscript,
    queries.count_of_runs,
    stages_of_others.group_and_aggregate,
    stages_of_others.braces_of_stage,
    python.braces,
    python.test_alone,
    statements.pull_source,
    idiom_slips.stage_alone,
    queries.runs_left_out,
    statements.use_and_query,
    statements.one_word,
    statements.several_described,
    statements.pull_to,
    statements.into_of_query,
    statements.statement_taken_for_name,
    statements.second_statement,
    statements.parameter_type,
    statements.equals_left_out,
    statements.set_colon,
    queries.one_run,
    pipes.foreign_pipe,
    pipes.empty_stage,
    stages_of_others.project_away,
    stages_of_others.question_in_sql,
    stages_of_others.counts_of_values,
    pipes.named_columns,
    pipes.stage_of_another_language,
    stages_of_others.aggregate_of_all,
    pipes.folding,
    pipes.misplaced_clause,
    pipes.nearest_as_clause,
    denials.denial,
    denials.denial_of_list,
    stages_of_others.nulls_last,
    stages_of_others.fetch_first,
    stages_of_others.group_by_of_sql,
    stages_of_others.renamed_in_brackets,
    idiom_words.order_by,
    stages.bare_question,
    stages.having,
    distinct_rows.select_distinct,
    stages.group_by,
    stages.name_behind,
    stages.bare_definition,
    stages.extra,
    stages.synonym,
    curves.goal,
    stages.missing_colon,
    stages.rename_sign,
    curves.smoothing,
    curves.binning,
    stages.preposition,
    curves.file_name,
    curves.assert_message,
    curves.plot_shape,
    curves.plot_axes,
    curves.plot_named_axes,
    curves.plot_label,
    stages.pivot_keys,
    idiom_words.skip,
    idiom_words.limit_of_two,
    idiom_words.like,
    idiom_words.spelled_unit,
    idiom_words.last_days,
    idiom_words.moment_of_copy,
    idiom_words.spelled_days,
    queries.unquoted_search,
    queries.comment,
    queries.step_range,
    queries.sample_of_how_many,
    queries.quoted_name,
    expressions.star_for_any_field,
    expressions.two_signs,
    idiom_slips.comma_in_number,
    idiom_slips.percent,
    idiom_slips.spaced_suffix,
    idiom_slips.within_length,
    idiom_slips.sign_in_words,
    idiom_slips.not_exists,
    idiom_slips.between_brackets,
    curves.history_place,
    python.placeholder,
    expressions.and_or_signs,
    windows.call_left_of_pipe,
    idiom_slips.where_left_out,
    idiom_slips.typed_name,
    expressions.colon,
    expressions.and_not_in,
    python.subscript,
    curves.history_call,
    python.method,
    stages_of_others.bare_words_in_list,
    python.list_brackets,
    lists.key_in_space,
    lists.value_in_field,
    lists.value_in_text,
    python.bare_list,
    expressions.chained_comparison,
    expressions.missing_left_side,
    idiom_words.word_of_another_language,
    pipes.missing_pipe,
    pipes.unpiped_stage_of_another_language,
    expressions.presence,
    expressions.product,
    expressions.between_comma,
    expressions.comma_for_and,
    misspelled,
    misspelled_before,
    queries.searched_words,
    stages.missing_word,
    pipes.statement_as_stage,
    pipes.no_stage,
    queries.keyword_taken_for_name,
    queries.comma_before_end,
    idiom_slips.last_comma,
    idiom_slips.whole_number,
    idiom_slips.all_of_it,
    expressions.several_in_has,
    expressions.is_value,
    expressions.not_sign,
    idiom_slips.not_value,
    idiom_slips.is_word,
    idiom_slips.parameter_sign,
    idiom_slips.joined_twice,
    idiom_slips.and_left_out,
    characters.name_to_quote,
    idiom_words.glued_unit,
    characters.glued_word,
    characters.number,
    characters.dot,
    characters.text_without_quotes,
    characters.quote_in_string,
    characters.open_list,
    characters.open_bracket,
    characters.closing_bracket,
    doubled,
    expressions.missing_operator,
    idiom_slips.missing_comma,
    characters.unknown_character,
)
