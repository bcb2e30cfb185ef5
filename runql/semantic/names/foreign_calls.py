"""Calls of SQL, pandas, polars, KQL, PRQL, R and Python, and how RunQL writes them.

Each takes the arguments as they are written and gives the text; `None` where their number is not the one that it knows.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from runql.semantic.names.foreign_texts import FOREIGN_TEXTS, Rewrite
from runql.semantic.names.foreign_times import FOREIGN_TIMES
from runql.syntax import tree


def _renamed(name: str, *counts: int) -> Rewrite:
    """The same arguments under another name."""
    return lambda given: f"{name}({', '.join(given)})" if not counts or len(given) in counts else None


def _whole(given: list[str]) -> str | None:
    """`int(x)`, `toint(x)`: what stands behind the point is cut off."""
    if len(given) != 1:
        return None
    value = f"number({given[0]})" if re.search(r"[\"'$]|\b(?:split|extract|substr|replace)\(", given[0]) else given[0]
    return f"if({value} < 0, ceil({value}), floor({value}))"


def _null_or(given: list[str]) -> str | None:
    """`isnull(x)`; T-SQL's has a second argument, which stands in for null."""
    return f"coalesce({', '.join(given)})" if len(given) == 2 else f"{given[0]} is null" if len(given) == 1 else None


_TIMES: Final = frozenset({"created", "updated", "heartbeat"})
_NO_GOAL: Final = re.compile(r"(?:id|name|state|tags|notes|group|created|job_type|user|config\..+)")


def _best_of(name: str, *, turned: bool = False) -> Rewrite:
    """`max_by(name, acc)`, `arg_max(acc, name)` of Kusto, `arg_max(name, acc)` of DuckDB: what is compared is first."""

    def rewrite(given: list[str]) -> str | None:
        if len(given) != 2:
            return f"{name}({given[0]})" if given and not turned else None
        is_turned = turned or (_NO_GOAL.fullmatch(given[0]) and not _NO_GOAL.fullmatch(given[1]))
        return f"{name}({', '.join(given[::-1] if is_turned else given)})"

    return rewrite


def _null_if(given: list[str]) -> str | None:
    return f"if({given[0]} = {given[1]}, null, {given[0]})" if len(given) == 2 else None


def _power(given: list[str]) -> str | None:
    """`pow(x, 2)`."""
    if len(given) != 2:
        return None
    return " ** ".join(map(_factor, given))


_PARTED: Final = {
    f"{name}{part}": (lambda given, part=part: f"p{part}({given[0]})" if len(given) == 1 else None)
    for name in ("q", "pct", "perc", "percentile", "quantile")
    for part in range(5, 100)
}
"""`q90(x)`, `percentile95(x)`; of `q1` to `q4` a quartile may be meant."""


def _percentiles(given: list[str]) -> str | None:
    """`percentiles(x, 50, 90)`: a column each."""
    value, *parts = given
    if not parts or not all(part.isdigit() and int(part) <= 100 for part in parts):
        return None
    return ", ".join(f"p{part}({value})" for part in parts)


def _factor(text: str) -> str:
    """An argument as it stands beside an operator."""
    return text if re.fullmatch(r"[\w./$]+(?:\([^()]*\))?", text) else f"({text})"


def _folded_if(fold: str, otherwise: str) -> Rewrite:
    """`sumif(x, c)`, `avgif(x, c)`: of the rows where the condition holds."""
    return lambda given: f"{fold}(if({given[1]}, {given[0]}, {otherwise}))" if len(given) == 2 else None


def _cases(given: list[str]) -> str | None:
    """`case(a, 1, b, 2, 3)`, as Kusto has it."""
    if len(given) < 3 or len(given) % 2 == 0:
        return None
    text = given[-1]
    for at in range(len(given) - 3, -1, -2):
        text = f"if({given[at]}, {given[at + 1]}, {text})"
    return text


def _quantile(given: list[str]) -> str | None:
    """`quantile(x, 0.9)`: RunQL counts in percent."""
    if len(given) != 2:
        return None
    value, part = given if re.fullmatch(r"[0-9.]+", given[1]) else given[::-1]
    if not re.fullmatch(r"[0-9]*\.?[0-9]+", part):
        return None
    return f"percentile({value}, {float(part) * 100:.10g})" if float(part) <= 1 else f"percentile({value}, {part})"


def _regex(text: str) -> str:
    return re.sub("^r(?=[\"'])", "", text)


def _substring(given: list[str]) -> str | None:
    """SQL counts characters from 1, so who begins at 0 counts as here; a negative place is counted from the end."""
    if len(given) not in (2, 3):
        return None
    is_number = re.fullmatch(r"-?\d+", given[1]) is not None
    start = f"{given[1]} - 1" if not is_number else f"{int(given[1]) - (int(given[1]) > 0)}"
    return f"substr({', '.join((given[0], start, *given[2:]))})"


def _regexp_replace(given: list[str]) -> str | None:
    if len(given) not in (3, 4) or given[1][:1] not in "r\"'":
        return None
    return f"replace({given[0]}, re {_regex(given[1])}, {given[2]})"


def _regexp_extract(given: list[str]) -> str | None:
    """`regexp_extract(x, '…', 1)`; KQL's has the pattern first: `extract("…", 1, x)`."""
    if len(given) not in (2, 3) or given[1][:1] not in "r\"'":
        return None
    return f"extract({', '.join((given[0], _regex(given[1]), *given[2:]))})"


def pattern_first(nodes: Sequence[tree.Expr], given: Sequence[str]) -> str | None:
    """KQL's `extract("lr=(.+)", 1, name)`, which may end with a `typeof(…)`: here the text stands first."""
    kinds = [type(one.value) if isinstance(one, tree.Literal) else None for one in nodes[:2]]
    if len(nodes) not in (3, 4) or kinds != [str, int]:
        return None
    return f"extract({given[2]}, {given[0]}, {given[1]})"


def _joined(given: list[str]) -> str | None:
    """`concat_ws("-", a, b)`."""
    if len(given) < 3:
        return None
    return f"concat({f', {given[0]}, '.join(given[1:])})"


def _seconds_over(seconds: int) -> Rewrite:
    """`hours(runtime)`: a length of time is its seconds; the hour of a time is another question."""
    return lambda given: f"{_factor(given[0])} / {seconds}" if len(given) == 1 and given[0] not in _TIMES else None


def _null_test(negated: str = "") -> Rewrite:
    return lambda given: f"{given[0]} is {negated}null" if len(given) == 1 else None


def _one(pattern: str) -> Rewrite:
    return lambda given: pattern.replace("X", given[0]) if len(given) == 1 else None


def _all(names: str, rewrite: Rewrite) -> dict[str, Rewrite]:
    return dict.fromkeys(names.split(), rewrite)


_FOLDS_IF: Final = {"avg": "mean", "min": "min", "max": "max", "stdev": "std", "dcount": "n_unique"}
FOREIGN_FUNCTIONS: Final[Mapping[str, Rewrite]] = MappingProxyType(
    {
        **FOREIGN_TEXTS,
        **FOREIGN_TIMES,
        **_all(
            "float double to_number tonumber todouble toreal to_float as_numeric numeric safe_cast_number parse_number",
            _renamed("number", 1),
        ),
        **_all("to_numeric decimal", _renamed("number", 1)),
        **_all("int toint tolong to_int integer trunc truncate", _whole),
        **_all("str string tostring to_string to_char_text as_character as_text varchar", _renamed("text", 1)),
        **_all("tobool to_bool boolean toboolean", _renamed("bool", 1)),
        **_all("quantile percentile_cont percentile_disc approx_quantile quantile_cont", _quantile),
        **_all("percentiles", _percentiles),
        **_PARTED,
        **_all("iqr interquartile_range", _one("(p75(X) - p25(X))")),
        **_all("stderr std_err sem standard_error se", _one("(std(X) / sqrt(count(X)))")),
        **_all("dcount approx_count_distinct", lambda given: f"n_unique({given[0]})" if len(given) in (1, 2) else None),
        **_all("minimum lowest smallest least_of", _renamed("min", 1)),
        **_all("maximum highest largest biggest", _renamed("max", 1)),
        **_all("med", _renamed("median", 1)),
        **_all("in_minutes to_minutes minutes", _seconds_over(60)),
        **_all("in_hours to_hours hours", _seconds_over(3600)),
        **_all("in_days to_days days", _seconds_over(86400)),
        **_all("countif count_where", _renamed("count_if", 1)),
        **_all("sumif sum_if", _folded_if("sum", "0")),
        **{
            f"{before}{between}if": _folded_if(fold, "null")
            for before, fold in (
                ("avg", "mean"),
                ("min", "min"),
                ("max", "max"),
                ("stdev", "std"),
                ("dcount", "n_unique"),
            )
            for between in ("", "_")
        },
        **_all("stddev_samp std_dev stdev_s", _renamed("std", 1)),
        **_all("stddev_pop stdev_p stdevp", _one("sqrt(var(X) * (count(X) - 1) / count(X))")),
        **_all("var_pop variance_pop varp", _one("var(X) * (count(X) - 1) / count(X)")),
        **_all("mod", lambda given: f"{_factor(given[0])} % {_factor(given[1])}" if len(given) == 2 else None),
        **_all("fillna ifnull nvl isnull_or coalesce_na fill_null iff_null zn", _renamed("coalesce", 2)),
        **_all("isnull", _null_or),
        **_all("is_null", _null_test()),
        **_all("isna isnan_or_null is_na", _one("(X is null or X is nan)")),
        **_all("notna", _one("not (X is null or X is nan)")),
        **_all("notnull isnotnull is_not_null", _null_test("not ")),
        **_all("is_nan isnan", _one("X is nan")),
        **_all("isinf is_inf is_infinite isinfinite", _one("X is infinite")),
        **_all("isfinite is_finite", _one("X is finite")),
        **_all("substring", _substring),
        **_all("mid str_sub", _substring),
        **_all("left", lambda given: f"substr({given[0]}, 0, {given[1]})" if len(given) == 2 else None),
        **_all("regexp_extract regexp_substr regexp_match regex_extract str_extract", _regexp_extract),
        **_all("regexp_replace replace_regex str_replace_all regex_replace gsub re_sub", _regexp_replace),
        **_all("str_replace replace_string", _renamed("replace", 3)),
        **_all("concat_ws", _joined),
        **_all("strcat concatenate", _renamed("concat")),
        **_all("strip btrim trimws str_trim", _renamed("trim", 1, 2)),
        **_all("length char_length character_length strlen nchar", _renamed("len", 1)),
        **_all("tolower str_to_lower", _renamed("lower", 1)),
        **_all("toupper str_to_upper", _renamed("upper", 1)),
        **_all("signum sgn", _renamed("sign", 1)),
        **_all("greatest", _renamed("max")),
        **_all("least", _renamed("min")),
        **_all("variance var_samp", _renamed("var", 1)),
        **_all("weighted_mean wavg weighted_avg", _renamed("wmean", 2)),
        **_all("clamp", _renamed("clip", 3)),
        **_all("ifelse if_else case_when iif", _renamed("if", 3)),
        **_all("iff", _renamed("if", 3)),
        **_all("case", _cases),
        **_all("any_value take_any arbitrary", _renamed("first", 1)),
        **_all("max_by", _best_of("argmax", turned=True)),
        **_all("min_by", _best_of("argmin", turned=True)),
        **_all("arg_max", _best_of("argmax")),
        **_all("arg_min", _best_of("argmin")),
        **_all(
            "nullif na_if", lambda given: f"if({given[0]} = {given[1]}, null, {given[0]})" if len(given) == 2 else None
        ),
        **_all("pow power", _power),
        **_all("isnotempty", _one("len(X) > 0")),
        **_all("isempty", _one("coalesce(len(X), 0) = 0")),
        **_all("array_agg make_list collect collect_list", _renamed("list", 1)),
        **_all("string_agg group_concat listagg", lambda given: f"list({given[0]})" if given else None),
        **_all("rate success_rate proportion fraction", _renamed("share", 1)),
    }
)
"""By name, in small letters."""
