"""Against the official client's own signatures: what it has, RunQL has, or says why not."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pytest
from wandb.apis import public

from runql.backends.memory import MemoryService
from runql.runs.api import Api
from runql.runs.run import Run
from runql.runs.run_attributes import NOT_OFFERED
from runql.runs.runs import Runs

CALLS: list[tuple[Callable[..., Any], Callable[..., Any]]] = [
    (public.Runs.__init__, Runs.__init__),
    (public.Runs.histories, Runs.histories),
    (public.Runs.upgrade_to_full, Runs.upgrade_to_full),
    (public.Runs.update_variables, Runs.update_variables),
    (public.Run.__init__, Run.__init__),
    (public.Run.history, Run.history),
    (public.Run.scan_history, Run.scan_history),
    (public.Run.load, Run.load),
    (public.Run.load_full_data, Run.load_full_data),
    (public.Api.runs, Api.runs),
    (public.Api.run, Api.run),
    (public.Api.sweep, Api.sweep),
]

NOT_IN_A_LISTING = {"dir", "display", "to_html", "snake_to_camel", "server_provides_internal_id_field"}
"""What the official run has for its own use, or for a frame around its page in the browser."""


@pytest.mark.parametrize(("theirs", "ours"), CALLS, ids=[ours.__qualname__ for _, ours in CALLS])
def test_a_call_takes_what_theirs_takes(theirs: Callable[..., Any], ours: Callable[..., Any]) -> None:
    wanted = inspect.signature(inspect.unwrap(theirs)).parameters
    found = inspect.signature(ours).parameters
    positional = [name for name, each in found.items() if each.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD]
    assert positional == list(wanted)
    assert [found[name].default for name in wanted] == [each.default for each in wanted.values()]


def test_a_run_has_what_theirs_has_or_says_why_not() -> None:
    run = Api(service_api=MemoryService([{"id": "a"}])).run("a")
    documented = {name for name in dir(public.Run) if not name.startswith("_")}
    missing = {name for name in documented if name not in NOT_OFFERED and not hasattr(run, name)}
    assert missing <= NOT_IN_A_LISTING
    assert not {name for name in NOT_OFFERED if name not in documented}


def test_runs_have_what_theirs_have() -> None:
    documented = {name for name in dir(public.Runs) if not name.startswith("_")}
    # Theirs are steps of its own paging, which speak of its protocol.
    assert documented - set(dir(Runs)) <= {"QUERY", "convert_objects", "last_response"}
