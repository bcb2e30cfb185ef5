"""Calls of functions that there are not: the name that is meant, or how RunQL says it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from runql.language.aggregates import HISTORY_AGGREGATES, ROW_AGGREGATES
from runql.language.functions import FUNCTIONS
from runql.language.windows import WINDOWS
from runql.semantic.check.history_idioms import call_meant
from runql.semantic.check.interface import ExpressionCheck
from runql.semantic.check.piped import say_left_of_pipe
from runql.semantic.check_context import Report, rewrite, rewrites
from runql.semantic.names.aggregates_offered import of_histories
from runql.semantic.names.foreign_calls import FOREIGN_FUNCTIONS
from runql.semantic.names.foreign_texts import FOREIGN_NOTES, MOMENTS
from runql.semantic.names.nearest import nearest_names
from runql.semantic.names.several_meanings import meanings_of
from runql.semantic.operands import BROKEN, Operand, literal_text
from runql.semantic.spelling import code
from runql.syntax import to_text, tree
from runql.syntax.mistakes.functions.window_calls import OTHER_ROWS, WindowRows, window_of
from runql.text.source import NOWHERE, Span

_SYNONYMS = {
    "avg": "mean",
    "average": "mean",
    "total": "sum",
    **dict.fromkeys(("stddev", "stdev", "sd"), "std"),
    **dict.fromkeys(("nunique", "n_distinct", "count_distinct"), "n_unique"),
    "ln": "log",
    "pow": "**",
    "power": "**",
    "length": "len",
    "ifnull": "coalesce",
    "nvl": "coalesce",
    "iff": "if",
    "where": "if",
    "ceiling": "ceil",
    "lcase": "lower",
    "ucase": "upper",
    "final": "last",
    "latest": "last",
}

_ELSEWHERE = frozenset(
    {
        *("percent_rank", "cume_dist", "shift", "diff", "cumprod", "pct_change"),
        *("sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh"),
        *("rand", "random", "expm1"),
        *("exp2", "mod", "trunc", "cbrt", "left", "right", "mad"),
    }
)
"""Functions that other languages have and that are not here: no slips for `log`, `min` or `round`."""

_PRESENCE = {
    **dict.fromkeys(
        ("notexists", "nexists", "nonexists", "unexists", "nonexistent", "doesntexist", "doesnotexist", "notexist"),
        "missing",
    ),
    **dict.fromkeys(("absent", "isabsent", "ismissing", "isundefined", "undefined", "notset", "isunset"), "missing"),
    **dict.fromkeys(("exist", "present", "ispresent", "defined", "isdefined", "isset", "notmissing"), "exists"),
}
"""Words for whether a field is there, without underscores, and what they are here."""


class UnknownCalls:
    """Says of each call of a query that is of no function what is meant."""

    def __init__(self, expressions: ExpressionCheck) -> None:
        self._expressions = expressions
        self._report: Report = expressions.report

    def _unknown(self, node: tree.Call, span: Span) -> Operand:  # noqa: PLR0911 - one a mistake
        if node.name in WINDOWS:
            say_left_of_pipe(self._report, span, self._expressions.piped())
            return BROKEN
        place = self._report.place(node.name_span) if node.name_span != NOWHERE else span
        of_history = any(_is_logged(argument) for argument in node.arguments)
        if node.name in OTHER_ROWS and self._of_other_rows(node, place):
            return BROKEN
        if (not of_history or node.name == "best") and self._has_meanings(node, place, span):
            return BROKEN
        if (not of_history and self._rewritten(node, place, span)) or self._is_stage(node, place):
            return BROKEN
        synonym = _SYNONYMS.get(node.name)
        if synonym == "**":
            self._report.add("RQL206", f"no function `{node.name}`", place, "a power is written `a ** b`")
            return BROKEN
        if presence := _PRESENCE.get(node.name.replace("_", "")):
            hint = f"whether a field is there is `{presence}(FIELD)`"
            self._report.add("RQL206", f"no function `{node.name}`", place, hint, fixes=rewrites(place, (presence,)))
            return BROKEN
        if node.name in _OF_ANY:
            self._any_field(node, place, span)
            return BROKEN
        if (meant := call_meant(node)) is not None:
            message = f"no function `{node.name}`"
            self._report.add("RQL206", message, place, f"write {code(meant)}", fixes=rewrite(span, meant))
            return BROKEN
        if of_history and self._rewritten(node, place, span):
            return BROKEN
        names = self._known()
        of_rows = synonym if synonym in ROW_AGGREGATES else node.name
        if of_rows in ROW_AGGREGATES and of_rows not in names:
            hint = f"over the rows of a group: `| group KEY : {of_rows}(…)`"
            self._report.add("RQL219", f"`{of_rows}` makes one value of many rows", place, hint)
            return BROKEN
        near = [synonym] if synonym else self._near(node.name, names)
        shown = ", ".join(f"{code(names[one])} ({self._kind_of(one)})" for one in near)
        hints = (f"nearest: {shown}",) if near else tuple(_kinds_of_functions())
        self._report.add("RQL206", f"no function `{node.name}`", place, *hints, fixes=rewrites(place, near))
        return BROKEN

    @staticmethod
    def _near(name: str, names: Mapping[str, str]) -> list[str]:
        """Names that may be meant; none of a function that is known to be another language's."""
        if name in _ELSEWHERE or name in FOREIGN_FUNCTIONS:
            return []
        # `ci99` is no slip for `ci95`: another number is another function.
        return [one for one in nearest_names(name, names) if not _DIGITS.search(name) or _digits(one) == _digits(name)]

    def _known(self) -> dict[str, str]:
        """The functions that can stand here, each with how it is called."""
        return {name: function.form for name, function in {**FUNCTIONS, **HISTORY_AGGREGATES}.items()}

    def _kind_of(self, name: str) -> str:
        """What a function takes, in a few words."""
        if name in FUNCTIONS and name in HISTORY_AGGREGATES:
            return "of values, or of a metric's history"
        return "of values" if name in FUNCTIONS else "of a metric's history"

    def _any_field(self, node: tree.Call, place: Span, span: Span) -> None:
        """`any(x) ~ "vit"`, `any("vit")`: of any field; `'best' = any(tags)`, of SQL."""
        before = (self._expressions.context.text or "")[: max(span.start, 0)]
        tested = _EQUALS.search(before) if node.arguments and isinstance(node.arguments[0], tree.Field) else None
        if tested is not None:
            text = f"{self._expressions.written(node.arguments[0])} has {tested['value']}"
            hint, fixes = f"write {code(text)}", rewrite(Span(tested.start(), span.end), text)
            self._report.add("RQL206", f"no function `{node.name}`", place, hint, fixes=fixes)
            return
        text = "any_field"
        if len(node.arguments) == 1 and isinstance(node.arguments[0], tree.Literal):
            value = node.arguments[0].value
            text = f"any_field {'~*' if isinstance(value, str) else '='} {literal_text(value)}"
        hints = (
            "a test of any field is `any_field = 0.1`",
            "of the rows of a group: `any(CONDITION)` behind `group KEY :`",
        )
        self._report.add("RQL206", f"no function `{node.name}`", place, *hints, fixes=rewrite(span, text))

    def _rewritten(self, node: tree.Call, place: Span, span: Span) -> bool:
        """Whether it is a call of another language, whose text in this one is offered."""
        rewrite_of = FOREIGN_FUNCTIONS.get(node.name)
        given = [self._expressions.written(argument) for argument in node.arguments]
        text = rewrite_of(given) if rewrite_of is not None and given and all(given) else None
        text = text if given else MOMENTS.get(node.name)
        if text is None:
            return False
        text = self._where_it_stands(text)
        hints = [f"in RunQL write {code(text)}"]
        hints += [FOREIGN_NOTES[node.name]] if node.name in FOREIGN_NOTES else []
        hints += [_OF_UTC] if text.startswith("time(floor(number(") else []
        self._report.add("RQL206", f"no function `{node.name}`", place, *hints, fixes=rewrite(span, text))
        return True

    def _folds_runs(self) -> bool:
        """Whether aggregates over the rows of a table of runs may stand here."""
        return False

    def _where_it_stands(self, text: str) -> str:
        """The text that is offered for a call, its aggregates as they are written in that place: of the history."""
        return of_histories(text)

    def _has_meanings(self, node: tree.Call, place: Span, span: Span) -> bool:
        """Whether the name may mean several things, which are offered one beside the other."""
        given = [self._expressions.written(argument) for argument in node.arguments]
        found = meanings_of(node.name, given[0] or "", of_runs=self._folds_runs()) if len(given) == 1 else ()
        texts = [self._where_it_stands(one.text.replace("X", given[0] or "")) for one in found]
        hints = [f"{one.what}: {code(text)}" for one, text in zip(found, texts, strict=True)]
        if not texts or not given[0]:
            return False
        self._report.add("RQL206", f"no function `{node.name}`", place, *hints, fixes=rewrites(span, texts))
        return True

    def _of_other_rows(self, node: tree.Call, place: Span) -> bool:
        """Whether it is a function of other rows under another name, which stands right of a pipe."""
        if any(map(_is_logged, node.arguments)) and call_meant(node) is not None:
            return False  # it has its own words of a history
        text = window_of(node.name, list(map(to_text, node.arguments)), WindowRows("all"))
        if text is not None:
            hint = f"right of a pipe: {code(text)}"
            self._report.add("RQL206", f"no function `{node.name}`", place, hint)
        return text is not None

    def _is_stage(self, node: tree.Call, place: Span) -> bool:
        """`value_counts(x)`, `cut(x, 5)`: what is a stage here, and is reported."""
        if node.name not in _STAGES or any(map(_is_logged, node.arguments)):
            return False
        what, stage = _STAGES[node.name]
        given = [*map(to_text, node.arguments), *("FIELD", "10")[len(node.arguments) :]]
        hint = f"{what}: {code(stage.format(*given))}"
        self._report.add("RQL206", f"no function `{node.name}`", place, hint)
        return True


_DIGITS = re.compile(r"\d+\Z")


def _digits(name: str) -> str:
    found = _DIGITS.search(name)
    return found[0] if found is not None else ""


_EQUALS = re.compile(r"""(?P<value>"[^"\n]*"|'[^'\n]*'|-?\d[\w.]*)\s*==?\s*\Z""")
_OF_UTC = "counted from midnight in UTC, whatever the zone"
_EMA = "an exponential mean, along each run of a history", "| smooth ema 0.9"
_BINS = "how many values lie in each of so many bins", "| histogram {0} bins {1}"
_STAGES = {
    "value_counts": ("how often each value occurs", "| group {0} : count()"),
    **dict.fromkeys(("unnest", "explode", "flatten"), ("a row for each element", "| unnest {0}")),
    "corr": ("how it goes with each field of the config", "| corr {0}"),
    **dict.fromkeys(("cut", "hist", "width_bucket"), _BINS),
    **dict.fromkeys(("ema", "ewm", "ewma"), _EMA),
}
"""Functions of others that are stages here: what each is for, and the stage."""
_OF_ANY = frozenset({"any", "anyfield", "any_field", "anything", "any_value", "any_of"})


def _kinds_of_functions() -> Iterator[str]:
    """What there is, where no name is near."""
    yield "of values there are `abs`, `round`, `log`, `lower`, `len`, `coalesce`, `if` and others"
    yield "of a metric's history `min`, `max`, `mean`, `last`, `argmin` and others: `min(logged.loss)`"
    yield "over rows, behind `group KEY :`, `count()`, `mean(x)`, `std(x)` and others"


def _is_logged(node: tree.Expr) -> bool:
    return isinstance(node, tree.Field) and node.path.segments[:1] == ("logged",)
