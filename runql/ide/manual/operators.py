"""Operators, tests and literals."""

from __future__ import annotations

from typing import Final

from runql.ide.manual.entry import Entry, Page, Section

_COMPARISONS: Final = Section(
    "Comparisons",
    (
        Entry("A = B", "Equal. `==` is the same.", "runs where config.optimizer = 'adam'"),
        Entry(
            "A != B",
            "Not equal. It holds for runs that lack the field too, and the answer says for how many.",
            "runs where config.momentum != 0.9",
        ),
        Entry("A < B, A <= B", "Less; less or equal.", "runs where summary.loss < 0.01"),
        Entry("A > B, A >= B", "Greater; greater or equal.", "runs where summary.val/loss > summary.loss"),
        Entry("A between B and C", "From B to C, both included.", "runs where config.lr between 0.001 and 0.1"),
        Entry("A in (B, C, …)", "Equal to one of them.", "runs where config.optimizer in ('adam', 'sgd')"),
        Entry("A not in (B, C, …)", "Equal to none of them.", "runs where state not in ('crashed', 'failed')"),
    ),
    "Numbers compare with numbers, texts with texts, times with times, bools with bools. Where the types are known, "
    "another comparison is an error. With null, missing or NaN, `<`, `<=`, `>`, `>=` and `between` do not hold.",
)
_TEXTS: Final = Section(
    "Tests of text",
    (
        Entry("A contains B", "B occurs in A.", "runs where name contains 'adam'"),
        Entry("A startswith B", "A begins with B.", "runs where name startswith 'long'"),
        Entry("A endswith B", "A ends with B.", "runs where name endswith 's0'"),
        Entry(
            "A glob B", "All of A fits the pattern: `*` is any text, `?` one character.", "runs where name glob 'lr*'"
        ),
        Entry("A ~ B", "The regular expression B occurs in A.", "runs where name ~ 'h(32|64)'"),
        Entry("A ~* B", "The same in any case.", "runs where name ~* 'ADAM'"),
        Entry("A !~ B, A !~* B", "The regular expression does not occur.", "runs where name !~ '^long'"),
        Entry("A not contains B", "`not` stands before any of these words.", "runs where name not contains 'adam'"),
    ),
    "Upper and lower case differ, except in `~*`, `!~*` and tests of `state`.",
)
_LISTS: Final = Section(
    "Tests of lists",
    (
        Entry("LIST has A", "One element equals A.", "runs where tags has 'baseline'"),
        Entry(
            "LIST has any (A, B, …)", "At least one of them is an element.", "runs where tags has any ('lr', 'long')"
        ),
        Entry("LIST has all (A, B, …)", "All of them are elements.", "runs where tags has all ('sweep', 'lr')"),
        Entry(
            "LIST !has A",
            "No element equals A; `!has any (…)` and `!has all (…)` likewise.",
            "runs where tags !has 'lr'",
        ),
        Entry("untagged", "The run has no tag.", "count runs where untagged"),
        Entry(
            "LIST[N]", "The element at a place, from 0; `[-1]` is the last.", "runs where config.model.sizes[0] = 64"
        ),
    ),
)
_STATES: Final = Section(
    "Tests of what is there",
    (
        Entry("exists(FIELD)", "The field was set, to null or anything else.", "runs where exists(config.momentum)"),
        Entry("missing(FIELD)", "The field was never set.", "runs where missing(config.momentum)"),
        Entry("exists(logged.METRIC)", "The metric was logged at least once.", "runs where exists(logged.val/acc)"),
        Entry("A is null", "Set to null, or never set. `is not null` is the opposite.", "runs where notes is null"),
        Entry("A is missing", "Never set.", "runs where summary.val/acc is missing"),
        Entry("A is nan", "A number that is NaN.", "runs where summary.loss is nan"),
        Entry("A is finite", "A number that is neither NaN nor infinite.", "runs where summary.loss is finite"),
    ),
)
_LOGIC: Final = Section(
    "Conditions together",
    (
        Entry("A and B", "Both hold.", "runs where state = 'finished' and config.lr > 0.01"),
        Entry("A or B", "At least one holds.", "runs where config.optimizer = 'sgd' or config.lr > 0.1"),
        Entry("not A", "A does not hold. Where A is unknown, so is `not A`.", "runs where not (config.lr > 0.01)"),
    ),
    "`not` binds tightest, then `and`, then `or`; brackets change that.",
)
_ARITHMETIC: Final = Section(
    "Arithmetic",
    (
        Entry("A + B, A - B", "Sum and difference.", "runs where summary.val/loss - summary.loss > 0.1"),
        Entry(
            "A * B, A / B",
            "Product and quotient. A space stands on both sides of `/`, for it may be part of a name.",
            "runs where summary.params / config.batch_size > 100",
        ),
        Entry("A % B", "The remainder.", "runs where config.model.depth % 2 = 0"),
        Entry("A ** B", "Power; it binds tighter than a sign before it.", "runs where config.model.hidden ** 2 > 1000"),
        Entry("-A", "The negative.", "runs order -summary.acc limit 5"),
    ),
    "Division by zero gives no value: a comparison with it does not hold.",
)
OPERATORS: Final = Page(
    "operators",
    "Operators and tests",
    "What stands between values in `where`, `order`, `select` and the stages.",
    (_COMPARISONS, _TEXTS, _LISTS, _STATES, _LOGIC, _ARITHMETIC),
)

LITERALS: Final = Page(
    "literals",
    "Names and literals",
    "How fields, values and comments are written.",
    (
        Section(
            "Names",
            (
                Entry("name", "A field that every run has.", "runs select id, name, state, created limit 3"),
                Entry(
                    "config.NAME", "A value of the config; nested ones with dots.", "runs where config.model.depth = 4"
                ),
                Entry("summary.NAME", "A value of the summary.", "runs order summary.val/loss limit 3"),
                Entry("logged.METRIC", "A metric's history, inside a function.", "runs where min(logged.loss) < 0.01"),
                Entry("system.METRIC", "A metric of the machine.", "runs keys system.cpu"),
                Entry(
                    "NAME",
                    "A bare name is looked for in config and summary; if both have it, an error names both.",
                    "runs where batch_size = 32",
                ),
                Entry("`odd name`", "Backticks hold a name with spaces or signs.", "runs where config.`lr` > 0.1"),
                Entry(
                    "config.*", "A pattern, in `select`, `keys` and some stages.", "runs select name, config.* limit 3"
                ),
                Entry(
                    "$NAME",
                    "A parameter: a value that is given from outside.",
                    "param least = 0.9; runs where acc > $least",
                ),
                Entry("@NAME", "A saved query, as a source.", "runs from @good", needs="a saved query `good`"),
            ),
        ),
        Section(
            "Literals",
            (
                Entry("42, 0.5, 1e-3, 1_000", "Numbers.", "runs where config.lr >= 1e-3"),
                Entry("inf, -inf, nan", "The numbers that are not finite.", "runs where summary.loss < inf"),
                Entry(
                    "'text', \"text\"",
                    r"Text. `\n`, `\t`, `\\`, `\"`, `\'` and `\u00e9` are escapes.",
                    'runs where config.optimizer = "adam"',
                ),
                Entry("true, false", "Bools.", "runs where config.stop_on_nan = false"),
                Entry("null", "The value of a field that was set to null.", "runs where config.lr != null"),
                Entry("(A, B, …)", "A list, behind `in`, `has any` and `has all`.", "runs where config.seed in (0, 1)"),
                Entry("# …", "A comment, to the end of the line.", "runs limit 3  # the first three"),
            ),
            "Times and durations are on the page of dates.",
        ),
    ),
)
