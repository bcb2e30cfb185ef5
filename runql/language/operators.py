"""Operators and tests: what stands between values. Their bodies are the nodes of expressions."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from runql.language.entry import Entry, OperatorEntry, ReferencePage, ReferenceSection
from runql.language.kinds import Kind

_COMPARISONS: Final = ReferenceSection(
    "Comparisons",
    (
        OperatorEntry("A = B", "Equal; `==` is the same.", "runs where config.optimizer = 'adam'", terminal="EQ"),
        OperatorEntry(
            "A != B",
            "Not equal; it holds for runs that lack the field too, and the answer says for how many.",
            "runs where config.momentum != 0.9",
            terminal="NE",
        ),
        OperatorEntry("A < B", "Less.", "runs where summary.loss < 0.01", terminal="LT"),
        OperatorEntry("A <= B", "Less or equal.", "runs where config.lr <= 0.01", terminal="LE"),
        OperatorEntry("A > B", "Greater.", "runs where summary.val/loss > summary.loss", terminal="GT"),
        OperatorEntry("A >= B", "Greater or equal.", "runs where config.batch_size >= 32", terminal="GE"),
        OperatorEntry(
            "A between B and C",
            "From B to C, both included.",
            "runs where config.lr between 0.001 and 0.1",
            terminal="BETWEEN",
        ),
        OperatorEntry(
            "A in (B, C, …)", "Equal to one of them.", "runs where config.optimizer in ('adam', 'sgd')", terminal="IN"
        ),
        Entry("A not in (B, C, …)", "Equal to none of them.", "runs where state not in ('crashed', 'failed')"),
        Entry(
            "A in (QUERY)",
            "Equal to one of the values that a question gives, which is asked first; it gives one column.",
            "runs where config.seed in (runs where summary.acc > 0.98 select config.seed)",
        ),
        Entry(
            "value(QUERY)",
            "The one value that a question gives, which is asked first; it gives one row and one column.",
            "runs where summary.acc > value(runs | group : mean(summary.acc))",
            terminal="VALUE",
            wants="a query",
        ),
    ),
    "Numbers compare with numbers, texts with texts, times with times, bools with bools. Where the types are known, "
    "another comparison is an error. With null, missing or NaN, `<`, `<=`, `>`, `>=` and `between` do not hold.",
)
_LOGIC: Final = ReferenceSection(
    "Conditions together",
    (
        OperatorEntry(
            "A and B",
            "Both hold.",
            "runs where state = 'finished' and config.lr > 0.01",
            terminal="AND",
            wants="a condition",
        ),
        OperatorEntry(
            "A or B",
            "At least one holds.",
            "runs where config.optimizer = 'sgd' or config.lr > 0.1",
            terminal="OR",
            wants="a condition",
        ),
        OperatorEntry(
            "not A",
            "A does not hold; where A is unknown, so is `not A`.",
            "runs where not (config.lr > 0.01)",
            terminal="NOT",
            wants="a condition",
        ),
    ),
    "`not` binds tightest, then `and`, then `or`; brackets change that.",
)
_TEXTS: Final = ReferenceSection(
    "Tests of text",
    (
        OperatorEntry("A contains B", "B occurs in A.", "runs where name contains 'adam'", terminal="CONTAINS"),
        OperatorEntry("A startswith B", "A begins with B.", "runs where name startswith 'long'", terminal="STARTSWITH"),
        OperatorEntry("A endswith B", "A ends with B.", "runs where name endswith 's0'", terminal="ENDSWITH"),
        OperatorEntry(
            "A glob B",
            "All of A fits the pattern: `*` is any text, `?` one character.",
            "runs where name glob 'lr*'",
            terminal="LIKE_GLOB",
        ),
        OperatorEntry(
            "A ~ B", "The regular expression B occurs in A.", "runs where name ~ 'h(32|64)'", terminal="REGEX"
        ),
        OperatorEntry("A ~* B", "The same in any case.", "runs where name ~* 'ADAM'", terminal="REGEX_ANY_CASE"),
        OperatorEntry(
            "A !~ B", "The regular expression does not occur.", "runs where name !~ '^long'", terminal="NOT_REGEX"
        ),
        OperatorEntry("A !~* B", "The same in any case.", "runs where name !~* '^LONG'", terminal="NOT_REGEX_ANY_CASE"),
        Entry("A not contains B", "`not` stands before any of these words.", "runs where name not contains 'adam'"),
    ),
    "Upper and lower case differ, except in `~*`, `!~*` and tests of `state`.",
)
_LISTS: Final = ReferenceSection(
    "Tests of lists",
    (
        OperatorEntry("LIST has A", "One element equals A.", "runs where tags has 'baseline'", terminal="HAS"),
        Entry(
            "LIST has any (A, B, …)",
            "At least one of them is an element.",
            "runs where tags has any ('lr', 'long')",
            terminal="ANY",
        ),
        Entry(
            "LIST has all (A, B, …)",
            "All of them are elements.",
            "runs where tags has all ('sweep', 'lr')",
            terminal="ALL",
        ),
        Entry(
            "LIST has none (A, B, …)",
            "None of them is an element.",
            "runs where tags has none ('sweep', 'lr')",
            terminal="NONE",
        ),
        Entry(
            "LIST = [A, B, …]",
            "These elements and no others, in this order; a parameter may be such a list: `= $list`.",
            "runs where tags = ['sweep', 'lr']",
        ),
        Entry(
            "LIST contains|startswith|endswith|glob|~ TEXT",
            "Any element is a text for which the test holds; with `not`, none is.",
            "runs where tags glob 's*'",
        ),
        Entry(
            "LIST !has A",
            "No element equals A; `!has any (…)` and `!has all (…)` likewise.",
            "runs where tags !has 'lr'",
        ),
        Entry("untagged", "The run has no tag.", "count runs where untagged", terminal="UNTAGGED"),
        Entry(
            "LIST[N]",
            "The element of a config or summary list at a place, from 0; `[-1]` is the last.",
            "runs where config.model.sizes[0] = 64",
        ),
    ),
)
_ANY_FIELD: Final = ReferenceSection(
    "Tests of any field",
    (
        Entry(
            "any_field = A",
            "The id, name, notes, group, a tag, or a key or value of the config equals A; other tests likewise.",
            "runs where any_field ~ 'adam'",
            terminal="ANY_FIELD",
        ),
        Entry(
            "config.* = A",
            "Any value of the config equals A; `config.model.*` asks what lies in `model`.",
            "runs where config.* = 'adam'",
        ),
        Entry(
            "summary.* > A",
            "Any value of the summary is greater, apart from those that W&B adds (`_step`).",
            "count runs where summary.val/* > 0.99",
        ),
    ),
    "One value that passes is enough, nested ones and elements of lists among them. What is negated (`not`, `!=`, "
    "`!~`, `not in`, `is not`) holds if none passes.",
)
_STATES: Final = ReferenceSection(
    "Tests of what is there",
    (
        OperatorEntry(
            "A is null|nan|finite|infinite|missing",
            "Which kind of no value it is, or that it is a number; `is not` is the opposite.",
            "runs where summary.loss is not nan",
            terminal="IS",
        ),
        Entry(
            "exists(FIELD)",
            "The field was set, to null or anything else; for a metric, it was logged.",
            "runs where exists(config.momentum)",
            terminal="EXISTS",
        ),
        Entry(
            "missing(FIELD)",
            "The field was never set; for a metric, it was never logged.",
            "runs where missing(config.momentum)",
            terminal="MISSING",
        ),
        Entry("exists(logged.METRIC)", "The metric was logged at least once.", "runs where exists(logged.val/acc)"),
        Entry(
            "A is null",
            "Set to null, or never set; `is not null` is the opposite.",
            "runs where notes is null",
            terminal="NULL",
        ),
        Entry("A is nan", "A number that is NaN.", "runs where summary.loss is nan", terminal="NAN"),
        Entry(
            "A is finite",
            "A number that is neither NaN nor infinite.",
            "runs where summary.loss is finite",
            terminal="FINITE",
        ),
        Entry(
            "A is infinite",
            "A number that is an infinity.",
            "count runs where summary.loss is infinite",
            terminal="INFINITE",
        ),
        Entry("A is missing", "Never set.", "runs where summary.val/acc is missing", terminal="UNSET"),
    ),
)
_ARITHMETIC: Final = ReferenceSection(
    "Arithmetic",
    (
        OperatorEntry("A + B", "The sum.", "runs where summary.loss + summary.val/loss < 0.2", terminal="PLUS"),
        OperatorEntry("A - B", "The difference.", "runs where summary.val/loss - summary.loss > 0.1", terminal="MINUS"),
        OperatorEntry("A * B", "The product.", "runs where config.lr * config.batch_size > 1", terminal="TIMES"),
        OperatorEntry(
            "A / B",
            "The quotient; a space stands on both sides of `/`, for it may be part of a name.",
            "runs where summary.params / config.batch_size > 100",
            terminal="DIVIDE",
        ),
        OperatorEntry("A % B", "The remainder.", "runs where config.model.depth % 2 = 0", terminal="MODULO"),
        OperatorEntry(
            "A ** B",
            "Power; it binds tighter than a sign before it.",
            "runs where config.model.hidden ** 2 > 1000",
            terminal="POWER",
        ),
        Entry("-A", "The negative.", "runs order -summary.acc limit 5"),
    ),
    "Division by zero gives an infinity, or NaN for 0 / 0; arithmetic on anything but numbers gives no value.",
)
OPERATORS: Final = ReferencePage(
    "operators",
    "Operators and tests",
    "What stands between values in `where`, `order`, `select` and the stages.",
    (_COMPARISONS, _LOGIC, _TEXTS, _LISTS, _ANY_FIELD, _STATES, _ARITHMETIC),
)

INFIX: Final = frozenset(
    one.terminal for section in OPERATORS.sections for one in section.entries if isinstance(one, OperatorEntry)
)
"""The terminals of what stands between two values, and of `not`."""

_TEXT_TESTS = ("CONTAINS", "REGEX", "STARTSWITH", "ENDSWITH", "LIKE_GLOB", "NOT_REGEX", "REGEX_ANY_CASE")

TESTS: Final[Mapping[Kind, tuple[str, ...]]] = MappingProxyType(
    {
        Kind.NUMBER: ("GT", "LT", "EQ", "GE", "LE", "NE", "BETWEEN", "IN", "IS"),
        Kind.TIME: ("GT", "LT", "BETWEEN", "EQ", "GE", "LE", "IS"),
        Kind.TEXT: ("EQ", "NE", "IN", *_TEXT_TESTS, "IS", "NOT_REGEX_ANY_CASE"),
        Kind.BOOL: ("EQ", "NE", "IS"),
        Kind.LIST: ("HAS", *_TEXT_TESTS, "IS", "EQ", "NE"),
        Kind.UNKNOWN: (
            *("EQ", "NE", "GT", "LT", "GE", "LE", "BETWEEN", "IN", "HAS"),
            *_TEXT_TESTS,
            *("IS", "NOT_REGEX_ANY_CASE"),
        ),
    }
)
"""The tests that a kind of value takes, in the order of use."""

BEFORE_TEXT: Final = frozenset({*TESTS[Kind.TEXT], "HAS"} - {"IN", "IS"})
"""The tests behind which one text stands."""
