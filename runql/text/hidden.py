"""Variables by name, some of which are keys: whoever shows all that a program holds does not show their values."""

from __future__ import annotations


class HiddenValues(dict[str, str]):
    """A dict whose `repr` shows no value: debuggers and tracebacks show all that stands in a frame."""

    def __repr__(self) -> str:
        return f"<{len(self)} values>"
