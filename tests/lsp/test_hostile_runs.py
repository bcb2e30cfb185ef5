"""A run with hostile names and values, in an editor: its text stays text where editors read Markdown or links."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from tests.lsp.raw import Json, Raw, piped
from tests.sources.local import files

READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
IMAGE = "`![x](https://e.example/a.png) <img src=x> [r](command:y)`"
FENCE = "  ```\n![x](https://e.example/a.png)"
FORBIDDEN = {"image", "link_open", "html_inline", "html_block"}


def kinds(markdown: str) -> set[str]:
    tokens = [token for each in READER.parse(markdown) for token in (each, *(each.children or ()))]
    return {token.type for token in tokens if token.content != "<br>"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    config = {"opt": IMAGE, "fence": FENCE, "other": "```", "turned": "a\u202eb", IMAGE: 1}
    log = [files.run("abc", display_name=IMAGE), files.config(config), files.summary({IMAGE: 1}), files.exit_()]
    files.write(tmp_path / "wandb", files.log(log))
    return tmp_path


def opened(client: Raw, folder: Path, text: str) -> Json:
    document = client.open((folder / "a.rql").as_uri(), text)
    client.until("textDocument/publishDiagnostics", uri=document["uri"])
    at = {"textDocument": document, "position": {"line": 0, "character": 11}}
    while not any(item["detail"][:1].isdigit() for item in client.ask("textDocument/completion", at)["items"]):
        pass  # until the source was read: how many fields it has is told then
    return document


@pytest.mark.parametrize("form", ["table", "md"])
def test_a_hostile_run(folder: Path, form: str) -> None:
    with piped({"RUNQL_SOURCE": ""}) as (client, _):
        wishes = {"source": str(folder / "wandb"), "results": "return", "format": form}
        client.begin(options=wishes, root=folder.as_uri())
        document = opened(client, folder, "runs where config.opt = config.fence and config.other = 1")
        for place in range(11, 50):
            at = {"textDocument": document, "position": {"line": 0, "character": place}}
            said = client.ask("textDocument/hover", at)
            assert said is None or not FORBIDDEN & kinds(said["contents"]["value"])
            for item in client.ask("textDocument/completion", at)["items"][:5]:
                told = client.ask("completionItem/resolve", item).get("documentation", {"value": ""})
                assert not FORBIDDEN & kinds(told["value"])
        for query in (
            "runs select name, config.*",
            "runs select config.fence",
            "runs | group config.opt",
            f"runs where config.opt = 1 and name = '{IMAGE}'",
        ):
            asked = {"command": "runql.run", "arguments": [{"uri": document["uri"], "text": query}]}
            found = client.ask("workspace/executeCommand", asked)
            assert "e.example" in found["text"], json.dumps(found)
            assert not FORBIDDEN & kinds(found["text"]), found["text"]


def test_a_menu_shows_no_character_that_turns_the_writing(folder: Path) -> None:
    with piped({"RUNQL_SOURCE": ""}) as (client, _):
        client.begin(options={"source": str(folder / "wandb"), "results": "return"}, root=folder.as_uri())
        document = opened(client, folder, "runs where config.opt = 1")
        client.change(document["uri"], 2, {"text": "runs where config.turned = "})
        at = {"textDocument": document, "position": {"line": 0, "character": 27}}
        first = client.ask("textDocument/completion", at)["items"][0]
        assert first["label"] == first["textEdit"]["newText"] == r'"a\u202eb"'


def test_a_message_has_no_link(folder: Path) -> None:
    with piped({"RUNQL_SOURCE": ""}) as (client, _):
        client.begin(options={"source": str(folder / "wandb"), "results": "message"}, root=folder.as_uri())
        document = opened(client, folder, "runs where config.opt = 1")
        asked = {"command": "runql.run", "arguments": [{"uri": document["uri"], "text": "runs select config.opt"}]}
        client.ask("workspace/executeCommand", asked)
        said = client.until("window/showMessage")["message"]
        assert "![x] (https://" in said and "](" not in said
