"""The summary of a run, as a dict that only reads."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, NoReturn

from runql.engine.fields import lookup
from runql.semantic.values import MISSING
from runql.wandb_api.explained import SUMMARY_REASONS, Explained


class NoMetricError(AttributeError, KeyError):
    """A summary has no such value: a `KeyError`, as in W&B's client, and what `hasattr` understands."""

    __str__ = AttributeError.__str__


class Summary(Explained, Mapping[str, Any]):
    """The last value of each metric.

    Nested names are found in steps, `summary["val"]["loss"]`, as attributes, `summary.val.loss`, or with dots.
    """

    __slots__ = ("_values",)

    KIND: ClassVar[str] = "Summary"
    REASONS: ClassVar[Mapping[str, str]] = SUMMARY_REASONS

    def __init__(self, values: Mapping[str, Any]) -> None:
        object.__setattr__(self, "_values", values)

    @property
    def _json_dict(self) -> dict[str, Any]:
        """All of it as a plain dict of plain values, which may be changed; W&B's scripts ask for it by this name."""
        return copy.deepcopy(dict(self._values))

    def __getitem__(self, key: str) -> Any:
        found = self._values[key] if key in self._values else lookup(self._values, str(key).split("."))
        if found is MISSING:
            raise KeyError(key)
        return Summary(found) if isinstance(found, Mapping) else found

    def get(self, k: str, default: Any = None) -> Any:
        """The value, or `default`."""
        try:
            return self[k]
        except KeyError:
            return default

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") and name not in ("_step", "_runtime", "_timestamp", "_wandb"):
            return super().__getattr__(name)
        try:
            return self[name]
        except KeyError:
            if name in self.REASONS:
                return super().__getattr__(name)
            raise NoMetricError(f"the summary has no value `{name}`", name=name, obj=self) from None

    def __setitem__(self, key: str, value: object) -> NoReturn:
        raise TypeError(f"RunQL only reads: the summary value `{key}` cannot be set")

    def __delitem__(self, key: str) -> NoReturn:
        raise TypeError(f"RunQL only reads: the summary value `{key}` cannot be deleted")

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"RunQL only reads: the summary value `{name}` cannot be set", name=name, obj=self)

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __eq__(self, other: object) -> bool:
        return bool(self._values == (other._values if isinstance(other, Summary) else other))

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        return Summary, (dict(self._values),)

    def __repr__(self) -> str:
        return repr(self._values)
