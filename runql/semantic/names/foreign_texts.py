"""Calls of other languages that look into texts, as RunQL writes them: from the arguments, as written, to a text."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

Rewrite = Callable[[list[str]], str | None]


def _place(text: str, part: str, first: int) -> str:
    """Where a part begins in a text, and one less than `first` where it is not: what stands before it is counted."""
    found = f"number({text} contains {part}) * (len(split({text}, {part}, 0)) + 1)"
    return found if first else f"{found} - 1"


def _position(first: int, *, turned: bool = False) -> Rewrite:
    """`strpos(x, "a")`; of `turned` ones the part stands first: `charindex("a", x)`."""

    def rewrite(given: list[str]) -> str | None:
        if len(given) != 2 or not given[turned ^ 1].startswith(("'", '"')) or len(given[turned ^ 1]) < len("'a'"):
            return None
        return _place(given[turned], given[turned ^ 1], first)

    return rewrite


def _tested(sign: str) -> Rewrite:
    """`regexp_matches(x, "…")`, `str_detect(x, "…")`."""
    return lambda given: f"{given[0]} {sign} {given[1].removeprefix('r')}" if len(given) == 2 else None


def _cut(pattern: str) -> Rewrite:
    """`ltrim(x)`: of one end."""
    return lambda given: f'replace({given[0]}, re "{pattern}", "")' if len(given) == 1 else None


def _pasted(between: str) -> Rewrite:
    """R's `paste(a, b)`, which puts a space between."""

    def rewrite(given: list[str]) -> str | None:
        if len(given) < 2 or any("=" in one for one in given):
            return None
        return f"concat({between.join(given)})"

    return rewrite


def _right(given: list[str]) -> str | None:
    return f"substr({given[0]}, -{given[1]})" if len(given) == 2 and given[1].isdigit() and int(given[1]) else None


def _part_from_one(given: list[str]) -> str | None:
    """`split_part(x, "-", 2)`, counted from 1."""
    if len(given) != 3:
        return None
    place = f"{int(given[2]) - 1}" if given[2].isdigit() and int(given[2]) else given[2]
    return f"split({given[0]}, {given[1]}, {place})" if re.fullmatch(r"-?\d+", place) else None


def _before_nth(given: list[str]) -> str | None:
    """`substring_index(x, "-", 1)`: what stands before the first."""
    if len(given) != 3 or given[2] not in ("1", "-1"):
        return None
    return f"split({given[0]}, {given[1]}, {0 if given[2] == '1' else -1})"


def _split(given: list[str]) -> str | None:
    return f"split({', '.join(given)})" if len(given) == 2 else None


def _all(names: str, rewrite: Rewrite) -> dict[str, Rewrite]:
    return dict.fromkeys(names.split(), rewrite)


FOREIGN_TEXTS: Final[Mapping[str, Rewrite]] = MappingProxyType(
    {
        **_all("strpos instr position_of", _position(1)),
        **_all("charindex locate", _position(1, turned=True)),
        **_all("indexof index_of str_find str_locate", _position(0)),
        **_all("regexp_matches regexp_like regexp_contains rlike str_detect matches_regex regexp", _tested("~")),
        **_all("grepl", lambda given: _tested("~")(given[::-1])),
        **_all("regexp_ilike", _tested("~*")),
        **_all("ltrim lstrip trim_start trimstart", _cut(r"^\\s+")),
        **_all("rtrim rstrip trim_end trimend", _cut(r"\\s+$")),
        **_all("paste", _pasted(', " ", ')),
        **_all("paste0 str_c", _pasted(", ")),
        **_all("right", _right),
        **_all("split_part splitpart", _part_from_one),
        **_all("substring_index", _before_nth),
        "str_split_fixed": lambda given: _split(given[:2]),
        "str_split_i": _part_from_one,
        **_all("spread ptp", lambda given: f"(max({given[0]}) - min({given[0]}))" if len(given) == 1 else None),
        **_all("string_split str_split strsplit string_to_array split_string", _split),
    }
)
"""By name, in small letters."""

MOMENTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        **dict.fromkeys(("curdate", "current_date", "currentdate", "sys_date"), "today"),
        **dict.fromkeys(
            ("current_timestamp", "getdate", "sysdate", "localtimestamp", "utcnow", "systime", "sys_time"),
            "now",
        ),
    }
)
"""Calls without an argument that are a moment here."""
FOREIGN_NOTES: Final[Mapping[str, str]] = MappingProxyType(
    {
        **dict.fromkeys(
            ("dayofweek", "day_of_week", "wday", "weekday"),
            "here Monday is 1 and Sunday 7; other languages count from 0, or from Sunday: `weekday(t) % 7` has it as 0",
        ),
        "startofweek": "here a week begins on Monday, in Kusto on Sunday",
        **dict.fromkeys(
            ("datediff", "date_diff", "datetime_diff"),
            "how often the unit changes; the time between two moments is `a - b`, in seconds",
        ),
        "percentile_disc": "between two values here; `percentile_disc` takes one of them",
        **dict.fromkeys(
            ("string_agg", "group_concat", "listagg"), "a list of the values, which nothing puts into one text"
        ),
        **dict.fromkeys(
            ("regexp_replace", "str_replace", "sub"), "here each place is replaced; in some languages the first alone"
        ),
        "str_split_fixed": "a list of its parts; a column for the first is `split(x, sep, 0)`",
        **dict.fromkeys(("string_to_array", "string_split", "str_split"), "its elements are counted from 0"),
        "mod": "of a negative number it has the sign of the divisor, as in Python; in SQL that of the number",
        **dict.fromkeys(("arg_max", "arg_min"), "what is compared stands first, then what is wanted of that row"),
        **dict.fromkeys(("stddev_pop", "var_pop"), "of one value it is missing here"),
        **dict.fromkeys(
            ("to_char", "date_format", "dateformat", "format_date", "format_datetime"),
            "in the zone of the session, names in English",
        ),
    }
)
"""What differs all the same, by the name of the function: said beside the text that is offered."""
