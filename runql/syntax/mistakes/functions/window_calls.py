"""Functions of other rows as SQL, pandas, polars, Kusto and dplyr call them, as windows: from texts to a text."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from runql.text.frozen import frozen

_SIMPLE: Final = re.compile(r"-?[^\W\d][\w./]*(?:\([^()]*\))?\Z")
_DESCENDING: Final = re.compile(r"(?is)desc\s*\((?P<key>.*)\)\Z")
_NAMED: Final = re.compile(r"(?i)\A(?:periods|n|k|offset|default|order_by|fill_value)\s*=\s*")
_WINDOW: Final = re.compile(r"(?i)\A(?:window(?:_size)?|n|k|width|size|periods)\s*=\s*")
_COUNT: Final = re.compile(r"\d{1,6}\Z")


@frozen
class WindowRows:
    """Which rows a function looks at: `over` as it is written here (empty: the run of each row), and their order."""

    over: str = "all"
    order: tuple[str, ...] = ()

    def behind(self, order: Sequence[str] | None = None) -> str:
        """What stands behind the call."""
        keys = self.order if order is None else tuple(order)
        over = self.over or ("id" if keys else "")
        rows = f" over {over}" if over else ""
        return f"{rows} order {together(keys)}" if keys else rows


def together(keys: Sequence[str]) -> str:
    """One name as it is, others in parentheses."""
    is_short = len(keys) == 1 and _SIMPLE.match(keys[0]) is not None and keys[0].lower() != "all"
    return keys[0] if is_short else f"({', '.join(keys)})"


def turned(key: str) -> str:
    """A key of an order the other way round."""
    return key[1:] if key.startswith("-") and _SIMPLE.match(key) else f"-{key}" if _SIMPLE.match(key) else f"-({key})"


Rewrite = Callable[[list[str], WindowRows], str | None]


def _ranked(name: str) -> Rewrite:
    """`rank(desc(x))` has its order in the call, `rank() over (order by x)` behind it."""

    def rewrite(given: list[str], rows: WindowRows) -> str | None:
        order = rows.order or tuple(_key(one) for one in given[:1])
        return f"{name}(){rows.behind(order)}" if len(given) < 2 and order else None

    return rewrite


def _numbered(given: list[str], rows: WindowRows) -> str | None:
    order = rows.order or tuple(_key(one) for one in given[:1])
    return f"row_number(){rows.behind(order)}" if len(given) < 2 else None


def _key(text: str) -> str:
    found = _DESCENDING.match(text)
    return turned(found["key"].strip()) if found is not None else text


def _percent_rank(given: list[str], rows: WindowRows) -> str | None:
    key = _only_key(given, rows)
    if key is None:
        return None
    return f"(rank(){rows.behind([key])} - 1) / (count({key.lstrip('-')}){rows.behind(())} - 1)"


def _cume_dist(given: list[str], rows: WindowRows) -> str | None:
    key = _only_key(given, rows)
    if key is None:
        return None
    return f"1 - (rank(){rows.behind([turned(key)])} - 1) / count({key.lstrip('-')}){rows.behind(())}"


def _only_key(given: list[str], rows: WindowRows) -> str | None:
    keys = [*rows.order, *map(_key, given)]
    return keys[0] if len(keys) == 1 and _SIMPLE.match(keys[0]) else None


def _parts(given: list[str], rows: WindowRows) -> str | None:
    """`ntile(4)`, `ntile(x, 4)`, `qcut(x, 4)`."""
    if len(given) == 1:
        return f"ntile({given[0]}){rows.behind()}"
    if len(given) != 2:
        return None
    return f"ntile({_NAMED.sub('', given[1])}){rows.behind(rows.order or [_key(given[0])])}"


def _moved(name: str, other: str) -> Rewrite:
    """`shift(x, -1)` looks behind; a third argument stands where there is no such row."""

    def rewrite(given: list[str], rows: WindowRows) -> str | None:
        if not 1 <= len(given) <= 3:
            return None
        is_default = len(given) > 1 and given[1].replace(" ", "").lower().startswith(("default=", "fill_value="))
        count = "1" if len(given) == 1 or is_default else _NAMED.sub("", given[1])
        called = other if count.startswith("-") else name
        count = count.lstrip("-")
        if not _COUNT.match(count) or count == "0":
            return None
        text = f"{called}({given[0]}{f', {count}' if count != '1' else ''}){rows.behind()}"
        default = given[1] if is_default else given[2] if len(given) == 3 else None
        return text if default is None else f"coalesce({text}, {_NAMED.sub('', default)})"

    return rewrite


def _changed(text: str) -> Rewrite:
    """Of each value and the one before it."""

    def rewrite(given: list[str], rows: WindowRows) -> str | None:
        is_one = len(given) == 1 or (len(given) == 2 and _NAMED.sub("", given[1]) == "1")
        return text.replace("X", given[0]).replace("OVER", rows.behind()) if is_one else None

    return rewrite


def _running(name: str) -> Rewrite:
    """Of the values up to each row."""

    def rewrite(given: list[str], rows: WindowRows) -> str | None:
        return f"{name}({given[0]}){rows.behind()}" if len(given) == 1 else None

    return rewrite


def _fold(name: str, running: str | None = None) -> Rewrite:
    """An aggregate beside its rows; with an order SQL's goes up to each row."""

    def rewrite(given: list[str], rows: WindowRows) -> str | None:
        if not rows.order or name in {"first", "last"}:
            return f"{name}({', '.join(given)}){rows.behind()}"
        is_counting = name == "count" and not given
        return f"{running}({', '.join(given)}){rows.behind()}" if running and (name != "count" or is_counting) else None

    return rewrite


def _of_last(name: str) -> Rewrite:
    """`rolling_mean(x, 20)`: of the last values up to each row."""

    def rewrite(given: list[str], rows: WindowRows) -> str | None:
        if len(given) != 2:
            return None
        count = _WINDOW.sub("", given[1])
        is_count = count.startswith("$") or (_COUNT.match(count) is not None and int(count) > 0)
        return f"{name}({given[0]}, last {count}){rows.behind()}" if is_count else None

    return rewrite


def _counted_from_zero(given: list[str], rows: WindowRows) -> str | None:
    return None if given else f"row_number(){rows.behind()} - 1"


def _all(names: str, rewrite: Rewrite) -> dict[str, Rewrite]:
    return dict.fromkeys(names.split(), rewrite)


_LAST: Final[Mapping[str, str]] = MappingProxyType(
    {"mean": "mean", "avg": "mean", "sum": "sum", "min": "min", "max": "max", "median": "median", "std": "std"}
)
"""What is made of the last values up to each row."""
_OF_ROWS: Final[Mapping[str, Rewrite]] = MappingProxyType(
    {
        **_all("rank min_rank row_rank_min rank_min rankmin", _ranked("rank")),
        **_all("dense_rank row_rank_dense denserank rank_dense", _ranked("dense_rank")),
        **_all("row_number rownumber row_num rownum cum_count", _numbered),
        **_all("cumcount", _counted_from_zero),
        **_all("percent_rank percentrank", _percent_rank),
        **_all("cume_dist cumedist", _cume_dist),
        **_all("ntile qcut", _parts),
        **_all("lag shift prev previous", _moved("lag", "lead")),
        **_all("lead next", _moved("lead", "lag")),
        **_all("delta diff difference", _changed("delta(X)OVER")),
        **_all("ratio", _changed("ratio(X)OVER")),
        **_all("zscore z_score zscores standardize standardise", _changed("(X - mean(X)OVER) / std(X)OVER")),
        **_all("pct_change pctchange percent_change", _changed("ratio(X)OVER - 1")),
        **_all("cumsum cum_sum row_cumsum running_sum cumulative_sum running_total", _running("cumsum")),
        **_all("cummax cum_max running_max cumulative_max", _running("cummax")),
        **_all("cummin cum_min running_min cumulative_min", _running("cummin")),
        **_all("cummean cum_mean running_mean cumulative_mean running_avg expanding_mean", _running("cummean")),
        **{
            f"{before}{name}": _of_last(fold)
            for name, fold in _LAST.items()
            for before in ("rolling_", "roll", "roll_", "moving_", "mov", "froll", "slide_")
        },
        **_all("sma moving_average rolling", _of_last("mean")),
    }
)
"""By name, in small letters."""
_FOLDS: Final[Mapping[str, Rewrite]] = MappingProxyType(
    {
        **_all("sum", _fold("sum", "cumsum")),
        **_all("avg average mean", _fold("mean", "cummean")),
        **_all("min", _fold("min", "cummin")),
        **_all("max", _fold("max", "cummax")),
        **_all("count size len", _fold("count", "row_number")),
        **_all("stddev stddev_samp stdev std sd", _fold("std")),
        **_all("variance var_samp var", _fold("var")),
        **_all("median", _fold("median")),
        **_all("nunique n_unique n_distinct", _fold("n_unique")),
        **_all("first first_value", _fold("first")),
        **_all("last last_value", _fold("last")),
    }
)
OTHER_ROWS: Final = frozenset(_OF_ROWS) | {"first_value", "last_value"}
"""The functions that look at other rows by themselves."""


def window_of(name: str, given: list[str], rows: WindowRows) -> str | None:
    """A call with the rows that it looks at, as a window; `None` where it is not known."""
    rewrite = _OF_ROWS.get(name.lower()) or _FOLDS.get(name.lower())
    return rewrite(given, rows) if rewrite is not None else None
