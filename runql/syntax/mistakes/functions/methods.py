"""Methods of texts, times and columns, as pandas, polars and Python have them, as calls of functions."""

from __future__ import annotations

import re
from typing import Final

from runql.syntax.mistakes.functions.split_arguments import arguments_of
from runql.syntax.mistakes.functions.types import cast_of

_ALONE: Final = {
    "lower": "lower(X)",
    "upper": "upper(X)",
    "str_lower": "lower(X)",
    "to_lowercase": "lower(X)",
    "to_uppercase": "upper(X)",
    "strip": "trim(X)",
    "strip_chars": "trim(X)",
    "trim": "trim(X)",
    **dict.fromkeys(("len", "length", "size", "len_chars"), "len(X)"),
    "abs": "abs(X)",
    "sqrt": "sqrt(X)",
    "exp": "exp(X)",
    "log": "log(X)",
    "round": "round(X)",
    "sign": "sign(X)",
    "year": "year(X)",
    "hour": "hour(X)",
    "weekday": "weekday(X)",
    "week": "week(X)",
    "date": "date(X)",
    "isinf": "X is infinite",
    "is_infinite": "X is infinite",
    "is_nan": "X is nan",
    "is_finite": "X is finite",
    "normalize": "date(X)",
    "day_name": 'format(X, "%A")',
    "month_name": 'format(X, "%B")',
}
_GIVEN: Final = {
    **dict.fromkeys(("fillna", "fill_null", "fill_nan"), "coalesce"),
    "strip": "trim",
    "strip_chars": "trim",
    "clip": "clip",
    "split": "split",
    "round": "round",
    **dict.fromkeys(("str_replace", "replace_all"), "replace"),
    "extract": "extract",
    "strftime": "format",
    "to_string": "format",
    "concat": "concat",
    "replace": "replace",
}
_PART_OF_DAY: Final = re.compile(r"(?P<count>[1-9]\d{0,4})?(?P<unit>h|min|m|s|t)")
_SECONDS: Final = {"h": 3600, "min": 60, "m": 60, "t": 60, "s": 1}
_DAY: Final = 86400
_UNITS: Final = {"1d": "date", "d": "date", "1w": "week", "w": "week", "1mo": "month", "m": "month", "1y": "year"}


def rewritten(owner: str, called: str, argument: str) -> str | None:
    """The call of a function that a method means; `None` for one that is not known."""
    owner, called = re.sub(r"\.(?:str|dt|col)\Z", "", owner), called.lower()
    given = arguments_of(argument)
    if not given:
        pattern = _ALONE.get(called)
        return pattern.replace("X", owner) if pattern is not None else None
    if called in {"astype", "cast"}:
        cast = cast_of(re.sub(r"\A(?:pl|np|pd)\.", "", given[0]).strip("\"'"))
        return f"{cast}({owner})" if cast is not None else None
    if called in {"truncate", "floor", "to_period"}:
        written = given[0].strip("\"'").lower()
        if (part := _PART_OF_DAY.fullmatch(written)) is not None and called != "to_period":
            seconds = int(part["count"] or 1) * _SECONDS[part["unit"]]
            return f"time(floor(number({owner}) / {seconds}) * {seconds})" if _DAY % seconds == 0 else None
        unit = _UNITS.get(written)
        return f"{unit}({owner})" if unit is not None else None
    if called == "slice" and len(given) == 2 and all(one.isdigit() for one in given):
        return f"substr({owner}, {given[0]}, {max(0, int(given[1]) - int(given[0]))})"
    return _given(owner, called, given)


def _given(owner: str, called: str, given: list[str]) -> str | None:
    """A method of which only the name is another."""
    name = _GIVEN.get(called)
    if name is None:
        return None
    is_regex = any(re.sub(r"\s", "", one) == "regex=True" for one in given) or (
        called in {"replace", "replace_all"} and given[0].startswith("r")
    )
    given = [re.sub("^r(?=[\"'])", "", one) for one in given if "=" not in re.sub(r"([\"']).*?\1", "", one)]
    if name == "replace" and len(given) != 2:
        return None
    given = [f"re {given[0]}", *given[1:]] if is_regex and name == "replace" else given
    return f"{name}({', '.join((owner, *given))})"
