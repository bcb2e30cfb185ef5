"""Calls of SQL, pandas, polars, KQL, PRQL, R and Python, and how RunQL writes them.

Each takes the arguments as they are written and gives the text; `None` where their number is not the one that it knows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from runql.syntax import tree

Rewrite = Callable[[list[str]], str | None]

_UNITS: Final = {
    **dict.fromkeys(("day", "d", "1d", "dd"), "date"),
    **dict.fromkeys(("week", "w", "1w", "7d", "isoweek", "ww"), "week"),
    **dict.fromkeys(("month", "m", "1mo", "mm", "ms"), "month"),
    **dict.fromkeys(("year", "y", "1y", "yyyy"), "year"),
}
_PARTS: Final = {
    **_UNITS,
    **dict.fromkeys(("hour", "h", "hh"), "hour"),
    **dict.fromkeys(("dow", "isodow", "weekday", "dayofweek"), "weekday"),
}
_LETTERS: Final = {
    "YYYY": "%Y",
    "yyyy": "%Y",
    "MM": "%m",
    "DD": "%d",
    "dd": "%d",
    "HH24": "%H",
    "HH": "%H",
    "MI": "%M",
    "SS": "%S",
}
_SECONDS: Final = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800}


def _unquoted(text: str) -> str:
    return text.strip().strip("'\"`").lower()


def _renamed(name: str, *counts: int) -> Rewrite:
    """The same arguments under another name."""
    return lambda given: f"{name}({', '.join(given)})" if not counts or len(given) in counts else None


def _truncated(given: list[str]) -> str | None:
    """`date_trunc('week', t)`, `datetrunc(t, "week")`, `bin(t, 1d)`."""
    for unit, moment in (given, given[::-1]) if len(given) == 2 else ():
        if (name := _UNITS.get(_unquoted(unit))) is not None:
            return f"{name}({moment})"
    if len(given) == 2 and (rounded := _rounded_moment(given)) is not None:
        return rounded
    if len(given) == 2 and re.fullmatch(r"\d+(?:\.\d+)?", given[1]):
        return f"floor({given[0]} / {given[1]}) * {given[1]}"
    return None


def _rounded_moment(given: list[str]) -> str | None:
    """`date_trunc('hour', t)`, `bin(t, 15m)`: the moment with which a part of the day begins."""
    for unit, moment in (given, given[::-1]):
        found = _PART_OF_DAY.fullmatch(_unquoted(unit))
        seconds = int(found["count"] or 1) * _SECONDS_OF[found["unit"][0]] if found is not None else 0
        if seconds and 86400 % seconds == 0:
            return f"time(floor(number({moment}) / {seconds}) * {seconds})"
    return None


_PART_OF_DAY: Final = re.compile(r"(?P<count>\d{1,5})?\s*(?P<unit>h|hours?|hh|m|min|minutes?|s|sec|seconds?)")
_SECONDS_OF: Final = {"h": 3600, "m": 60, "s": 1}


def _whole(given: list[str]) -> str | None:
    """`int(x)`, `toint(x)`: what stands behind the point is cut off."""
    if len(given) != 1:
        return None
    value = f"number({given[0]})" if re.search(r"[\"'$]|\b(?:split|extract|substr|replace)\(", given[0]) else given[0]
    return f"if({value} < 0, ceil({value}), floor({value}))"


def _day(given: list[str]) -> str | None:
    """`to_date(t)`: of a text, the moment that it says."""
    if len(given) != 1:
        return None
    return f"time({given[0]})" if given[0].startswith(("'", '"')) else f"date({given[0]})"


def _null_or(given: list[str]) -> str | None:
    """`isnull(x)`; T-SQL's has a second argument, which stands in for null."""
    return f"coalesce({', '.join(given)})" if len(given) == 2 else f"{given[0]} is null" if len(given) == 1 else None


def _power(given: list[str]) -> str | None:
    """`pow(x, 2)`."""
    if len(given) != 2:
        return None
    return " ** ".join(one if re.fullmatch(r"[\w./$]+(?:\([^()]*\))?", one) else f"({one})" for one in given)


def _ago(given: list[str]) -> str | None:
    """`ago(7d)`."""
    return f"{given[0]} ago" if len(given) == 1 and re.fullmatch(r"(?:\d+[smhdw])+", given[0]) else None


def _cases(given: list[str]) -> str | None:
    """`case(a, 1, b, 2, 3)`, as Kusto has it."""
    if len(given) < 3 or len(given) % 2 == 0:
        return None
    text = given[-1]
    for at in range(len(given) - 3, -1, -2):
        text = f"if({given[at]}, {given[at + 1]}, {text})"
    return text


def _part_of(given: list[str]) -> str | None:
    """`date_part('hour', t)`."""
    for part, moment in (given, given[::-1]) if len(given) == 2 else ():
        if (name := _PARTS.get(_unquoted(part))) is not None:
            return f"{name}({moment})"
    return None


def _formatted(given: list[str]) -> str | None:
    """`strftime(t, "%Y")`, and the arguments the other way round."""
    if len(given) != 2:
        return None
    moment, pattern = given if given[1][:1] in "\"'" else given[::-1]
    names = _LETTERS
    written = pattern if "%" in pattern else re.sub("|".join(names), lambda match: names[match[0]], pattern)
    return f"format({moment}, {written})" if "%" in written else None


def _difference(given: list[str]) -> str | None:
    """`datediff(later, earlier)`, `datediff('day', earlier, later)`."""
    if len(given) == 2:
        return f"{given[0]} - {given[1]}"
    seconds = _SECONDS.get(_unquoted(given[0]).removesuffix("s")) if len(given) == 3 else None
    if seconds is None:
        return None
    return f"({given[2]} - {given[1]})" + (f" / {seconds}" if seconds > 1 else "")


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


def _right(given: list[str]) -> str | None:
    return f"substr({given[0]}, -{given[1]})" if len(given) == 2 and given[1].isdigit() else None


def _split_part(given: list[str]) -> str | None:
    if len(given) != 3:
        return None
    place = f"{int(given[2]) - 1}" if given[2].isdigit() and int(given[2]) else given[2]
    return f"split({given[0]}, {given[1]}, {place})"


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


def _null_test(negated: str = "") -> Rewrite:
    return lambda given: f"{given[0]} is {negated}null" if len(given) == 1 else None


def _one(pattern: str) -> Rewrite:
    return lambda given: pattern.replace("X", given[0]) if len(given) == 1 else None


def _all(names: str, rewrite: Rewrite) -> dict[str, Rewrite]:
    return dict.fromkeys(names.split(), rewrite)


FOREIGN_FUNCTIONS: Final[Mapping[str, Rewrite]] = MappingProxyType(
    {
        **_all(
            "float double to_number tonumber todouble toreal to_float as_numeric numeric safe_cast_number parse_number",
            _renamed("number", 1),
        ),
        **_all("to_numeric decimal", _renamed("number", 1)),
        **_all("int toint tolong to_int integer trunc truncate", _whole),
        **_all("str string tostring to_string to_char_text as_character as_text varchar", _renamed("text", 1)),
        **_all("tobool to_bool boolean toboolean", _renamed("bool", 1)),
        **_all("to_datetime todatetime to_timestamp to_time timestamp datetime", _renamed("time", 1)),
        **_all("to_date todate", _day),
        **_all("from_unixtime unixtime_seconds_todatetime epoch_to_time", _renamed("time", 1)),
        **_all("unix_timestamp epoch to_unixtime", _renamed("number", 1)),
        **_all(
            "date_trunc datetrunc trunc_date datetime_trunc timestamp_trunc floor_date time_bucket bin bin_at",
            _truncated,
        ),
        **_all("startofday", _renamed("date", 1)),
        **_all("startofweek", _renamed("week", 1)),
        **_all("startofmonth", _renamed("month", 1)),
        **_all("startofyear getyear", _renamed("year", 1)),
        **_all("dayofweek day_of_week isodow wday", _renamed("weekday", 1)),
        **_all("hourofday hour_of_day gethour", _renamed("hour", 1)),
        **_all("weekofyear week_of_year isoweek", _one('format(X, "%G-W%V")')),
        **_all("monthofyear month_of_year", _one('format(X, "%m")')),
        **_all("day dayofmonth mday", _one('format(X, "%d")')),
        **_all("minute", _one('format(X, "%M")')),
        **_all("dayofyear yday", _one('format(X, "%j")')),
        **_all("date_part datepart datetime_part", _part_of),
        **_all("strftime date_format format_datetime to_char format_date dateformat format_timestamp", _formatted),
        **_all("datediff date_diff timestampdiff datetime_diff timestamp_diff", _difference),
        **_all("ago_of since elapsed", _renamed("age", 1)),
        **_all("quantile percentile_cont percentile_disc approx_quantile quantile_cont", _quantile),
        **_all("countif count_where sum_if sumif", _renamed("count_if", 1)),
        **_all("fillna ifnull nvl isnull_or coalesce_na fill_null iff_null zn", _renamed("coalesce", 2)),
        **_all("isnull", _null_or),
        **_all("isna is_null isnan_or_null is_na", _null_test()),
        **_all("notnull notna isnotnull is_not_null", _null_test("not ")),
        **_all("is_nan isnan", _one("X is nan")),
        **_all("isinf is_inf is_infinite isinfinite", _one("X is infinite")),
        **_all("isfinite is_finite", _one("X is finite")),
        **_all("substring", _substring),
        **_all("mid str_sub", _substring),
        **_all("left", lambda given: f"substr({given[0]}, 0, {given[1]})" if len(given) == 2 else None),
        **_all(
            "right",
            lambda given: f"substr({given[0]}, -{given[1]})" if len(given) == 2 and given[1].isdigit() else None,
        ),
        **_all("split_part", _split_part),
        **_all("regexp_extract regexp_substr regexp_match str_extract", _regexp_extract),
        **_all("regexp_replace replace_regex str_replace_all regex_replace gsub re_sub", _regexp_replace),
        **_all("str_replace replace_string translate", _renamed("replace", 3)),
        **_all("concat_ws paste", _joined),
        **_all("strcat concatenate", _renamed("concat")),
        **_all("strip btrim trimws ltrim rtrim str_trim", _renamed("trim", 1, 2)),
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
        **_all("nullif", lambda given: f"if({given[0]} = {given[1]}, null, {given[0]})" if len(given) == 2 else None),
        **_all("pow power", _power),
        **_all("ago", _ago),
        **_all("isnotempty", _one("len(X) > 0")),
        **_all("isempty", _one("coalesce(len(X), 0) = 0")),
        **_all("array_agg make_list collect collect_list", _renamed("list", 1)),
        **_all("string_agg group_concat listagg", lambda given: f"list({given[0]})" if given else None),
        **_all("rate success_rate proportion fraction", _renamed("share", 1)),
    }
)
"""By name, in small letters."""
