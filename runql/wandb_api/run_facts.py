"""What every listing tells of a run, and who started it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self
from urllib.parse import quote

from runql.semantic.record import RunRecord, SweepRecord
from runql.wandb_api.explained import USER_REASONS, Explained
from runql.wandb_api.run_attributes import iso_text


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


class InProject:
    """What has an id in a project: where it is, by the names that W&B documents."""

    _record: RunRecord | SweepRecord
    _place: tuple[str, str]
    """The entity and the project that were asked."""

    @property
    def id(self) -> str:
        """The id in its URL."""
        return self._record.id

    @property
    def entity(self) -> str:
        """The user or team that owns the project."""
        return self._record.entity or self._place[0]

    @property
    def username(self) -> str:
        """The entity: W&B's old name for it. (Who started the run is `user`.)"""
        return self.entity

    @property
    def project(self) -> str:
        """The project."""
        return self._record.project or self._place[1]

    @property
    def path(self) -> list[str]:
        """Entity, project and id, each escaped for a URL."""
        return [quote(part, safe="") for part in (self.entity, self.project, self.id)]


class LightAttributes(InProject):
    """The light attributes of a run, under the names that W&B documents."""

    _record: RunRecord

    @property
    def record(self) -> RunRecord:
        """The run as a plain value, as far as it was loaded."""
        return self._record

    @property
    def storage_id(self) -> str | None:
        """The server's own id."""
        return self._record.storage_id

    @property
    def name(self) -> str | None:
        """What people call the run."""
        return self._record.name

    @property
    def url(self) -> str | None:
        """Its page in the browser; `None` where the source has none."""
        return self._record.url

    @property
    def state(self) -> str | None:
        """`running`, `finished`, `failed`, `crashed`, `killed`, `pending`, `preempting` or `preempted`."""
        return self._record.state

    @property
    def group(self) -> str | None:
        """The group."""
        return self._record.group

    @property
    def job_type(self) -> str | None:
        """The type of job."""
        return self._record.job_type

    @property
    def notes(self) -> str | None:
        """The notes."""
        return self._record.notes

    @property
    def description(self) -> str | None:
        """A text that old clients wrote; what people write of a run today is in `notes`."""
        return self._record.description

    @property
    def user(self) -> User | None:
        """Who started the run: a text, the user name, that has the attributes `name` and `username`."""
        record = self._record
        return None if record.user is None else User(record.user, {"name": record.user_name})

    @property
    def project_internal_id(self) -> int | None:
        """The number that the server has for the project."""
        found = self._record.project_id
        return int(found) if found is not None and found.isdecimal() else None

    @property
    def host(self) -> str | None:
        """The machine."""
        return self._record.host

    @property
    def commit(self) -> str | None:
        """The Git commit."""
        return self._record.commit

    @property
    def read_only(self) -> bool:
        """Whether the server lets nobody change the run."""
        return self._record.read_only

    @property
    def created_at(self) -> str | None:
        """When it started, as ISO text in UTC: `2026-01-31T12:00:00Z`."""
        return iso_text(self._record.created)

    @property
    def heartbeat_at(self) -> str | None:
        """When it was last heard of, as ISO text in UTC."""
        return iso_text(self._record.heartbeat)

    @property
    def updated_at(self) -> str | None:
        """When it was last changed, as ISO text in UTC."""
        return iso_text(self._record.updated)

    @property
    def history_line_count(self) -> int | None:
        """How many rows it logged."""
        return self._record.history_line_count

    @property
    def sweep_name(self) -> str | None:
        """The id of the sweep that it belongs to."""
        return self._record.sweep

    def _known_metadata(self) -> dict[str, Any]:
        """What a listing tells of `wandb-metadata.json`, by the names used there."""
        git = None if self.commit is None else {"commit": self.commit}
        facts = {"host": self.host, "startedAt": self.created_at, "git": git}
        return {name: value for name, value in facts.items() if value is not None}
