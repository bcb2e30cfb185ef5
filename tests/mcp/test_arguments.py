"""Arguments of a call that do not fit: what is said of each, in words of ours, with a way out."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from mcp import Client

from runql import config
from runql.frontends.mcp.answers import Answers
from runql.frontends.mcp.fixed_session import FixedSession
from runql.frontends.mcp.server import server_of

_CALLS: list[tuple[str, dict[str, Any], str, str]] = [
    ("query", {"query": 5}, "`query` of `query` is a text, not 5", "the call is `query(query: a text, "),
    ("query", {}, "`query` lacks its argument `query`", "the call is `query("),
    ("query", {"query": "runs", "limit": 3}, "`query` has no argument `limit`", "part of the query: `runs limit 10`"),
    ("query", {"query": "runs", "source": "demo"}, "`query` has no argument `source`", "query: `runs from SOURCE …`"),
    ("check", {"query": "runs", "source": "demo"}, "`check` has no argument `source`", "query: `runs from SOURCE …`"),
    ("query", {"query": "runs", "parms": {}}, "`query` has no argument `parms`", "nearest: `params`"),
    ("query", {"query": "runs", "budget": "500"}, 'from 50 to 20,000, not "500"', "write 500, without quotes"),
    ("query", {"query": "runs", "budget": 7}, "`budget` of `query` is a whole number from 50 to 20,000, not 7", ""),
    ("query", {"query": "runs", "budget": True}, "not true", ""),
    ("query", {"query": "runs", "params": '{"lr": 1}'}, "is an object or null", 'write {"lr": 1}, without quotes'),
    ("check", {"query": "runs", "explain": "yes"}, "`explain` of `check` is true or false", ""),
    ("describe", {"source": ["demo"]}, "`source` of `describe` is a text or null", ""),
    ("query_wandb_tool", {}, "there is no tool `query_wandb_tool`", "there are `describe`, `check`, `query`"),
    ("qery", {}, "there is no tool `qery`", "nearest: `query`"),
]


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[bool, dict[str, Any]]]:
    """What each call is answered with, over the package's own client."""
    folder = tmp_path_factory.mktemp("agent")
    with FixedSession(("demo",), replace(config.load(), folder=Path(folder))) as session:
        return asyncio.run(_ask(Answers(session, None)))


async def _ask(answers: Answers) -> list[tuple[bool, dict[str, Any]]]:
    found = []
    async with Client(server_of(answers)) as client:
        for tool, arguments, *_ in _CALLS:
            result = await client.call_tool(tool, arguments)
            found.append((bool(result.is_error), json.loads(getattr(result.content[0], "text", ""))))
    return found


@pytest.mark.parametrize("number", range(len(_CALLS)))
def test_what_does_not_fit_is_said(asked: list[tuple[bool, dict[str, Any]]], number: int) -> None:
    _, _, message, hint = _CALLS[number]
    is_error, answer = asked[number]
    assert is_error
    (error,) = answer["errors"]
    assert error["code"] == "RQL512"
    assert message in error["message"]
    assert hint in "\n".join(error["hints"])
    assert "pydantic" not in json.dumps(answer)
