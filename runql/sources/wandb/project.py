"""A project of a server, ready to be asked: documents are fitted to what the server has, and errors become RunQL's."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import field
from typing import Any, Final, TypeAlias, assert_never

from runql.errors import BackendError, NotFound, RunQLError
from runql.plan.selectors import Selector, TypedSelector, WandbSelector
from runql.sources.protocol import Wanted
from runql.sources.wandb.answer_shapes import Fields
from runql.sources.wandb.decode import ProjectPlace
from runql.sources.wandb.failures.failures import Failure, Fault
from runql.sources.wandb.http.client import Client, GraphqlAnswer, GraphqlCall
from runql.sources.wandb.http.flow_control import Stakes
from runql.sources.wandb.observed_fields import Learning
from runql.sources.wandb.schema.abilities import Abilities
from runql.sources.wandb.schema.documents import GraphqlDocument, document
from runql.sources.wandb.schema.refusals import read_refusals
from runql.text.diagnostic import Diagnostic
from runql.text.frozen import changeable, frozen

_MOST_REFUSALS = 12
_WHOLE_INSTEAD: Final = (
    ("some_config", "all_config", "Run.config(keys)"),
    ("some_summary", "all_summary", "Run.summaryMetrics(keys)"),
)
"""Options for single fields; for the whole in their stead, where a server lacks the coordinate."""


@frozen
class Question:
    """One document with its options and variables. `repeat`: how many runs a by-name document asks for. `needs`: the
    coordinates without which its answer is no use. `make`: what to make of the answer at once, `GraphqlAnswer.made`."""

    name: str
    options: frozenset[str]
    variables: Mapping[str, Any]
    repeat: int = 1
    stakes: Stakes | None = None
    needs: frozenset[str] = frozenset()
    make: Callable[[Mapping[str, Any], Fields], Any] | None = None


Sent: TypeAlias = tuple[Question, GraphqlDocument, Future[GraphqlAnswer]]
"""A question on its way, and the document that was sent for it."""


@changeable
class WandbServer:
    """One server: its client and what is known of it. Raises `Failure`; `error` makes RunQL's of one. `hints`: what to
    do where nobody is signed in."""

    host: str
    app_url: str
    client: Client
    has_identity: bool
    hints: tuple[str, ...] = ()
    abilities: Abilities = field(default_factory=Abilities)
    learning: Learning = field(default_factory=Learning)

    def submit(self, question: Question) -> Sent:
        """Sends a question, fitted to what the server has. To be given to `wait`."""
        asked = self._document(question)
        variables = {key: value for key, value in question.variables.items() if f"${key}:" in asked.text}
        if self.abilities.types:
            types = dict(self.abilities.types)
            variables = {key: fitted(value, types.get(key)) for key, value in variables.items()}
        call = GraphqlCall(asked.operation, asked.text, variables, question.stakes, question.make)
        return question, asked, self.client.submit(call)

    def _document(self, question: Question) -> GraphqlDocument:
        options, abilities = question.options, self.abilities
        for some, whole, coordinate in _WHOLE_INSTEAD:
            if some in options and not abilities.has(coordinate):
                options = (options - {some}) | {whole}
        return document(question.name, options, abilities.lacks, question.repeat, abilities.types)

    def wait(self, sent: Sent) -> GraphqlAnswer:
        """The answer; asked again without the parts that the server turns out not to have.

        Raises:
            Failure: no answer, or a refusal that names nothing new.
        """
        for _ in range(_MOST_REFUSALS):
            question, asked, future = sent
            try:
                return self.client.wait(future)
            except Failure as failure:
                failure.document = asked.text
                if failure.kind is not Fault.LACKING:
                    raise
                self.abilities.learn(read_refusals(failure.errors, asked))
                if self._document(question).text == asked.text or not self.abilities.has_all(question.needs):
                    raise
                sent = self.submit(question)
        raise Failure(Fault.LACKING)

    def ask(self, question: Question) -> GraphqlAnswer:
        return self.wait(self.submit(question))

    def error(self, failure: Failure, subject: str) -> BackendError:
        """RunQL's error for a failure, with what to do where nobody is signed in."""
        hints = () if self.has_identity else self.hints
        if failure.kind is Fault.SIGNED_OUT and not self.has_identity:
            return Failure(Fault.NO_KEY, failure.detail).to_error(self.host, subject, *hints[1:])
        wants_key = failure.kind in (Fault.SIGNED_OUT, Fault.FORBIDDEN, Fault.MISSING)
        return failure.to_error(self.host, subject, *(hints if wants_key else ()))

    def project_of(self, answer: GraphqlAnswer, place: ProjectPlace) -> Mapping[str, Any]:
        """The `project` of an answer.

        Raises:
            NotFound: it is null: there is none, or whoever asks may not see it. W&B does not say which.
        """
        project = answer.data.get("project")
        if isinstance(project, Mapping):
            return project
        hint = f"`show projects` lists those of `{place.entity}`" if self.has_identity else ""
        hints = tuple(filter(None, (hint, *(() if self.has_identity else self.hints))))
        message = f"no project `{place.path}` on {self.host}, or none that may be seen"
        raise NotFound([Diagnostic("RQL402", message, hints=hints)])


def fitted(value: Any, kind: str | None) -> Any:
    """The value of a variable that a server wants to be of another type."""
    base = (kind or "").strip("[]!")
    if base in ("String", "ID") and isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if base in ("JSON", "JSONObject", "Map", "Any") and isinstance(value, str):
        return json.loads(value)
    return value


def wanted_options(wanted: Wanted) -> tuple[frozenset[str], dict[str, Any]]:
    """The options and variables of a document that asks for parts of a run."""
    options: set[str] = set()
    variables: dict[str, Any] = {}
    for name, keys in (("config", wanted.config), ("summary", wanted.summary)):
        if keys is None:
            options.add(f"all_{name}")
        elif keys:
            options.add(f"some_{name}")
            variables[f"{name}Keys"] = list(keys)
    if wanted.system_metrics:
        options.add("system_metrics")
    if wanted.history_keys:
        options.add("history_keys")
    return frozenset(options), variables


def in_form_of_wandb(selector: Selector) -> WandbSelector:
    """What a server is asked for. Raises RQL901 for a condition or an order that nobody wrote as a filter."""
    match selector:
        case WandbSelector():
            return selector
        case TypedSelector(condition=None, order=()):
            return WandbSelector()
        case TypedSelector():
            raise RunQLError.of("RQL901", "a W&B server was asked by a condition that is no filter")
        case _:
            assert_never(selector)


def concerned_by(wanted: Wanted) -> tuple[str, ...]:
    """The coordinates whose lack changes how these parts are fetched."""
    named = []
    if wanted.config:
        named.append("Run.config(keys)")
    if wanted.summary:
        named.append("Run.summaryMetrics(keys)")
    if wanted.history_keys:
        named.append("Run.historyKeys")
    return tuple(named)
