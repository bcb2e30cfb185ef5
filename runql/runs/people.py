"""Who started a run, owns a project or asks: a text, with what else is known of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from runql.runs.explained import USER_REASONS, Explained


class User(Explained, str):
    """A user name that is a text, and has the attributes of W&B's `User`.

    `name` is what people call them, `username` what the server does. Of who started a run no more is known; of
    `Api.viewer` also `email`, `entity`, `admin` and `teams`.
    """

    KIND: ClassVar[str] = "User"
    REASONS: ClassVar[Mapping[str, str]] = USER_REASONS
    FACTS: ClassVar[tuple[str, ...]] = ("id", "email", "entity", "admin", "flags", "deleted_at", "teams")

    _facts: Mapping[str, Any]

    def __new__(cls, username: str, facts: Mapping[str, Any] | None = None) -> Self:
        made = super().__new__(cls, username)
        made._facts = dict(facts or {})
        return made

    @property
    def username(self) -> str:
        """The user name, as a plain text."""
        return str.__str__(self)

    @property
    def name(self) -> str:
        """What people call them; the user name where the source knows no other."""
        return str(self._facts.get("name") or self.username)

    def __getattr__(self, name: str) -> Any:
        if name in self.FACTS:
            if name in self._facts:
                return self._facts[name]
            reason = "the source says no more of a user than the name"
            raise AttributeError(f"`User.{name}` is not known: {reason}", name=name, obj=self)
        return super().__getattr__(name)

    def display(self, height: int = 420, hidden: bool = False) -> bool:  # noqa: ARG002 - W&B's own arguments
        """Nothing: a user has no page that a notebook could show."""
        return False

    def to_html(self, *_: Any, **__: Any) -> None:
        """None: a user has no page that a notebook could show."""

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self._facts})
