"""The arguments of the Python API, checked before anything is asked of a source."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias, get_args

from runql.engine.mongo.filters import compile_filter
from runql.errors import ArgumentError
from runql.plan.selectors import Filters
from runql.sources.protocol import Stream
from runql.syntax.mongo.reader import read_filter, read_order
from runql.text.visible import short_repr

Format: TypeAlias = Literal["default", "pandas", "polars"]

DEFAULT_ORDER = "+created_at"


def checked_filters(filters: Filters | None) -> dict[str, Any]:
    """A copy of the filter, proven to be one."""
    if filters is None:
        return {}
    compile_filter(read_filter(filters))
    return copy.deepcopy(dict(filters))


def checked_order(order: str | None) -> str:
    """The order, proven to be one; an empty one is the default, as in W&B."""
    if not order:
        return DEFAULT_ORDER
    read_order(order)
    return order


def checked_count(name: str, value: object) -> int:
    """A whole number of at least 1."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ArgumentError.because(f"`{name}` must be a whole number of 1 or more, not `{short_repr(value)}`")
    return value


def checked_keys(keys: Sequence[str] | None) -> tuple[str, ...] | None:
    """The keys as a tuple, each once; `None` for every metric."""
    if keys is None:
        return None
    if isinstance(keys, str):
        raise ArgumentError.because(f"`keys` is a list: write `keys=[{short_repr(keys)}]`")
    if not isinstance(keys, Sequence) or not all(isinstance(key, str) for key in keys):
        raise ArgumentError.because(f"`keys` is a list of names, not `{short_repr(keys)}`")
    if not keys:
        raise ArgumentError.because("`keys` is empty: leave it out to get every metric")
    return tuple(dict.fromkeys(keys))


def checked_stream(stream: str, keys: tuple[str, ...] | None) -> Stream:
    """The stream; W&B takes no keys for that of the machine, which old scripts call `events`."""
    stream = "system" if stream == "events" else stream
    if stream not in get_args(Stream):
        raise ArgumentError.because(f"`stream` is `default` or `system`, not `{short_repr(stream)}`")
    if stream == "system" and keys is not None:
        raise ArgumentError.because("`keys` and `stream='system'` exclude each other: leave `keys` out")
    return "system" if stream == "system" else "default"


def checked_format(name: str) -> Format:
    """How histories are handed out."""
    for known in get_args(Format):
        if name == known:
            return known  # type: ignore[no-any-return]
    raise ArgumentError.because(f"`format` is `default`, `pandas` or `polars`, not `{short_repr(name)}`")


def checked_x_axis(x_axis: object) -> str:
    """The name of a metric."""
    if not isinstance(x_axis, str) or not x_axis:
        raise ArgumentError.because(f"`x_axis` is the name of a metric, not `{short_repr(x_axis)}`")
    return x_axis


def checked_step(name: str, value: object) -> int | None:
    """A step of a history, or none."""
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise ArgumentError.because(f"`{name}` is a whole number, not `{short_repr(value)}`")


def checked_overrides(overrides: object) -> Mapping[str, Any]:
    """W&B's dict of settings."""
    if overrides is None:
        return {}
    if not isinstance(overrides, Mapping):
        raise ArgumentError.because(f"`overrides` is a dict of settings, not `{short_repr(overrides)}`")
    return overrides
