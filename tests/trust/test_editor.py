"""The language server asks no server in a folder that nobody said yes to, whatever drives it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from runql.frontends.cli.main import main
from tests.lsp.raw import Json, Raw, piped
from tests.trust.world import KEY, World

FENCE = "# Notes\n\n```rql\nruns where config.nope = 1\n```\n"
QUIET_SECONDS = 2.0


@contextmanager
def editor(world: World, *options: str, wishes: Json | None = None) -> Iterator[Raw]:
    with piped({**world.env, "WANDB_API_KEY": KEY}, *options) as (client, _):
        client.begin(options={"results": "return", **(wishes or {})}, root=world.repo.as_uri())
        yield client


def opened(client: Raw, world: World, name: str, text: str, language: str) -> str:
    uri = (world.repo / name).as_uri()
    client.open(uri, text, language)
    client.until("textDocument/publishDiagnostics", uri=uri)
    return uri


TEXTS = [
    ("a.rql", "runs where config.nope = 1", "rql"),
    ("b.rql", "runs from acme/vision, acme/other where config.nope = 1", "rql"),
    ("c.rql", "use acme/vision;\nruns where config.nope = 1", "rql"),
    ("d.md", FENCE, "markdown"),
]


def works(client: Raw, uri: str) -> list[Json]:
    """All that an editor asks about a text, and its commands."""
    document = {"textDocument": {"uri": uri}}
    place = {"line": 0, "character": 12}
    for method in ("completion", "hover"):
        client.ask(f"textDocument/{method}", {**document, "position": place})
    client.ask("textDocument/diagnostic", document)
    arguments = [{"uri": uri, "text": "runs from acme/vision limit 1"}]
    return [
        client.ask("workspace/executeCommand", {"command": f"runql.{what}", "arguments": arguments})
        for what in ("run", "explain", "check")
    ]


@pytest.mark.parametrize("named", ["own", "elsewhere"])
def test_a_text_that_is_opened_asks_nobody(world: World, named: str) -> None:
    """Not even the user's own server: what to ask it comes from the folder."""
    if named == "own":
        world.user_says(f"base_url = {world.own.base_url}")
    else:
        world.repo_says(f"base_url = {world.elsewhere.url}")
    with editor(world) as client:
        for name, text, language in TEXTS:
            uri = opened(client, world, name, text, language)
            replies = works(client, uri)
            assert all("is trusted" in reply["text"] and reply["isError"] for reply in replies)
        assert "is trusted" in client.until("window/showMessage")["message"]
        time.sleep(QUIET_SECONDS)
    assert world.own.seen == []


@pytest.mark.parametrize("wish", [{"trusted": True}, {"source": "acme/vision"}])
def test_settings_of_an_editor_say_no_yes(world: World, wish: Json) -> None:
    """Editors read them from the folder too."""
    world.user_says(f"base_url = {world.own.base_url}")
    with editor(world, wishes=wish) as client:
        works(client, opened(client, world, *TEXTS[1]))
        client.tell("workspace/didChangeConfiguration", {"settings": {"runql": wish}})
        works(client, opened(client, world, *TEXTS[0]))
    assert world.own.seen == []


def test_a_settings_file_that_cannot_be_read_is_no_way_to_a_server(world: World) -> None:
    (world.repo / ".runql.toml").write_text("source = ")
    with editor(world, wishes={"source": "acme/vision"}) as client:
        works(client, opened(client, world, *TEXTS[1]))
    assert world.own.seen == []


@pytest.mark.parametrize("how", ["--trusted", "runql trust"])
def test_a_folder_that_is_trusted_is_as_before(world: World, how: str) -> None:
    world.user_says(f"base_url = {world.own.base_url}")
    if how == "runql trust":
        assert main(["trust"]) == 0
    with editor(world, *(["--trusted"] if how == "--trusted" else [])) as client:
        uri = opened(client, world, *TEXTS[0])
        replies = works(client, uri)
        assert not replies[0]["isError"]
    assert world.keys_seen == {KEY}


def test_an_editor_that_vouches_does_not_choose_the_server(world: World) -> None:
    world.repo_says(f"base_url = {world.elsewhere.url}")
    with editor(world, "--trusted") as client:
        for reply in works(client, opened(client, world, *TEXTS[0])):
            assert "nobody said yes" in reply["text"]
    assert world.own.seen == []


def test_aliases_that_double_hold_up_no_editor(world: World) -> None:
    lines = [
        'source = "demo"',
        "[aliases]",
        'x0 = "config.lr"',
        *(f'x{n} = "x{n - 1} + x{n - 1}"' for n in range(1, 41)),
    ]
    (world.repo / ".runql.toml").write_text("\n".join(lines))
    with editor(world) as client:
        uri = (world.repo / "a.rql").as_uri()
        client.open(uri, "runs where x40 > 1 select x30 | where x35 > 2")
        found = client.until("textDocument/publishDiagnostics", uri=uri)["diagnostics"]
        assert "RQL534" in [one["code"] for one in found]
        position = {"line": 0, "character": 12}
        assert client.ask("textDocument/hover", {"textDocument": {"uri": uri}, "position": position})
        assert client.ask("textDocument/completion", {"textDocument": {"uri": uri}, "position": position})
