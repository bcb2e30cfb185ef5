"""What W&B's classes know beyond runs: users, single projects, agents of sweeps, where a run ran."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any, Final, Protocol

from runql.semantic.record import AgentRecord, ProjectRecord, UserRecord
from runql.sources.protocol import RunMetadata
from runql.sources.wandb.decode import ProjectPlace, nodes_of, read_agent, read_project, read_run_info, read_user
from runql.sources.wandb.listing.connections import nodes_of as connection_nodes
from runql.sources.wandb.project import Question, WandbServer

_METADATA_ORIGIN: Final = (
    "a server tells `program args os python executable cpu_count gpu_count gpu git` and no more of it"
)


class AccountHost(Protocol):
    """What these questions need of the service that they belong to."""

    def metadata_of(self, entity: str, project: str, run_ids: tuple[str, ...]) -> Mapping[str, RunMetadata]: ...

    _server: WandbServer

    def _place(self, entity: str, project: str) -> ProjectPlace: ...

    def _errors(self, subject: str) -> AbstractContextManager[None]: ...


class Accounts:
    """The questions of W&B's classes that no query asks. Each is one request, at the first use."""

    def viewer(self: AccountHost) -> UserRecord | None:
        """Who asks; `None` if nobody is signed in."""
        with self._errors("who is signed in"):
            return read_user(self._server.ask(Question("viewer", frozenset({"whole"}), {})).data.get("viewer"))

    def users(self: AccountHost, text: str) -> list[UserRecord]:
        """The users whose name or address is like the text. Servers tell that to administrators only."""
        with self._errors("the users"):
            answer = self._server.ask(Question("users", frozenset(), {"query": text}))
        found = (read_user(node) for node in nodes_of(answer.data.get("users")))
        return [user for user in found if user is not None]

    def project(self: AccountHost, entity: str, name: str) -> ProjectRecord | None:
        """One project, or `None`."""
        place = self._place(entity, name)
        with self._errors(f"the project {place.path}"):
            variables = {"entity": place.entity, "project": place.project}
            node = self._server.ask(Question("project", frozenset(), variables)).data.get("project")
        return read_project(node, place.entity, self._server.app_url) if isinstance(node, Mapping) else None

    def agents(self: AccountHost, entity: str, project: str, sweep_id: str) -> list[AgentRecord]:
        """The agents of a sweep."""
        place = self._place(entity, project)
        variables = {"entity": place.entity, "project": place.project, "sweep": sweep_id}
        with self._errors(f"the agents of {place.path}/{sweep_id}"):
            answer = self._server.ask(Question("agents", frozenset(), variables))
            sweep = self._server.project_of(answer, place).get("sweep")
        found = (read_agent(node) for node in nodes_of(sweep.get("agents") if isinstance(sweep, Mapping) else None))
        return [agent for agent in found if agent is not None]

    def runs_of_agent(self: AccountHost, entity: str, project: str, sweep_id: str, agent: str) -> list[str]:
        """The ids of the runs that an agent ran."""
        place = self._place(entity, project)
        variables = {"entity": place.entity, "project": place.project, "sweep": sweep_id, "agent": agent}
        with self._errors(f"the runs of agent {agent}"):
            nodes = connection_nodes(self._server, "agent_runs", "Agent.runs", variables, _runs_of_agent)
            return [node["name"] for node in nodes if isinstance(node.get("name"), str)]

    def metadata(self: AccountHost, entity: str, project: str, run_id: str) -> RunMetadata:
        """Where a run ran, by the names of `wandb-metadata.json`, as far as the server says so in an answer."""
        return self.metadata_of(entity, project, (run_id,)).get(run_id, RunMetadata({}, _METADATA_ORIGIN))

    def metadata_of(self: AccountHost, entity: str, project: str, run_ids: tuple[str, ...]) -> dict[str, RunMetadata]:
        """The same of several runs of a project, in one request."""
        place = self._place(entity, project)
        variables = {"entity": place.entity, "project": place.project}
        variables |= {f"name_{at}": run_id for at, run_id in enumerate(run_ids)}
        of = run_ids[0] if len(run_ids) == 1 else f"{len(run_ids)} runs"
        with self._errors(f"the metadata of {place.path}/{of}"):
            answer = self._server.ask(Question("metadata", frozenset(), variables, len(run_ids)))
            told = self._server.project_of(answer, place)
        found = {run_id: told.get(f"run_{at}") for at, run_id in enumerate(run_ids)}
        return {
            run_id: RunMetadata(read_run_info(run.get("runInfo")) or {}, _METADATA_ORIGIN)
            for run_id, run in found.items()
            if isinstance(run, Mapping)
        }


def _runs_of_agent(data: Mapping[str, Any]) -> Any:
    found: Any = data
    for name in ("project", "sweep", "agent", "runs"):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found
