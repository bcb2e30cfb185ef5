"""The server for agents as a process, driven by the client of the protocol's own package."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

from mcp import Client, StdioServerParameters, stdio_client

from tests.house.sources import ROOT


def test_an_afternoon_of_an_agent(tmp_path: Path) -> None:
    asyncio.run(_ask(tmp_path))


async def _ask(folder: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": str(folder), "WANDB_API_KEY": "k" * 40}
    call = StdioServerParameters(
        command=sys.executable, args=["-m", "runql", "mcp", "-s", "demo"], env=environment, cwd=folder
    )
    async with Client(stdio_client(call)) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert set(tools) == {"describe", "check", "query"}
        assert all(tool.annotations is not None and tool.annotations.read_only_hint for tool in tools.values())

        async def asked(name: str, **arguments: Any) -> tuple[dict[str, Any], bool]:
            result = await client.call_tool(name, arguments)
            (block,) = result.content
            text = getattr(block, "text", "")
            assert "kkkk" not in text
            found: dict[str, Any] = json.loads(text)
            return found, bool(result.is_error)

        schema, is_error = await asked("describe", budget=150)
        assert (is_error, schema["sources"]) == (False, ["demo"])
        wrong, _ = await asked("check", query="runs where config.lrr > 0.1")
        assert wrong["said"][0]["fixes"]
        best, is_error = await asked("query", query="runs order -summary.val/acc limit 2 select name", budget=100)
        assert (is_error, best["rows"]) == (False, [["lr adam 0.01"], ["lr momentum 0.1"]])
        refused, is_error = await asked("query", query="runs from './x'")
        assert (is_error, refused["errors"][0]["code"]) == (True, "RQL593")

        prompt = (await client.get_prompt("language")).messages[0].content
        assert getattr(prompt, "text", "").startswith("# RunQL in 800 words")
        pages = {str(one.uri) for one in (await client.list_resources()).resources}
        assert "runql://reference/stages" in pages
        page = (await client.read_resource("runql://reference/stages")).contents[0]
        assert "best min|max METRIC" in getattr(page, "text", "")
