"""The summary of a run, as a dict that only reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

from runql.engine.fields import lookup
from runql.semantic.values import MISSING


class Summary(Mapping[str, Any]):
    """The last value of each metric. Nested names are found in steps, `summary["val"]["loss"]`, or with dots."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def __getitem__(self, key: str) -> Any:
        found = self._values[key] if key in self._values else lookup(self._values, str(key).split("."))
        if found is MISSING:
            raise KeyError(key)
        return Summary(found) if isinstance(found, Mapping) else found

    def __setitem__(self, key: str, value: object) -> NoReturn:
        raise TypeError(f"RunQL only reads: the summary value `{key}` cannot be set")

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __eq__(self, other: object) -> bool:
        return self._values == (other._values if isinstance(other, Summary) else other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return repr(self._values)
