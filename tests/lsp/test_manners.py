"""What the protocol asks of a server whatever the client does: answers, exit statuses, nothing left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from runql.extras import install_command
from tests.e2e.conftest import KEY, Serve, environment, serve
from tests.lsp.raw import Json, Raw, over_tcp, piped
from tests.server import Knobs
from tests.server.samples import vision

__all__ = ["serve"]

URI = "file:///somewhere/a.rql"
START: Json = {"line": 0, "character": 0}


def test_a_whole_life() -> None:
    with piped() as (client, process):
        assert client.ask("textDocument/hover", {})["code"] == -32602
        early = client.ask("shutdown")
        assert early["code"] == -32002
        assert client.begin()["serverInfo"]["name"] == "runql"
        assert client.ask("initialize", {"processId": None, "rootUri": None, "capabilities": {}})["code"] == -32600
        assert client.ask("no/such")["code"] == -32601
        client.tell("$/no/such", {})
        client.tell("textDocument/didChange", {"textDocument": {"uri": "file:///unknown", "version": 3}})
        client.bytes(b"{no json")
        assert client.answer(None)["error"]["code"] == -32700
        document = client.open(URI, "runs limit 3")
        _malformed(client, document)
        client.change(
            URI, 2, {"text": "runs where '😀' = na", "range": {"start": START, "end": {"line": 9, "character": 99}}}
        )
        hover = client.ask("textDocument/hover", {"textDocument": document, "position": {"line": 77, "character": 77}})
        assert hover is None
        other = client.open("file:///somewhere/b.rql", "runs limt 3")
        assert client.until("textDocument/publishDiagnostics", uri=other["uri"])["diagnostics"]
        client.tell("textDocument/didClose", {"textDocument": other})
        assert client.until("textDocument/publishDiagnostics", uri=other["uri"], diagnostics=[]) is not None
        client.tell("workspace/didChangeConfiguration", {"settings": {"runql": {"rowz": 3}}})
        assert "nearest: `rows`" in client.until("window/showMessage")["message"]
        assert client.ask("shutdown") is None
        assert client.ask("textDocument/hover", {"textDocument": document, "position": START})["code"] == -32600
        client.tell("exit")
        assert process.wait(10) == 0
        assert process.stderr is not None and process.stderr.read() == b""


def _malformed(client: Raw, document: Json) -> None:
    """Requests that make no sense get an error, and odd places an answer."""
    wrong = {"textDocument": document, "position": {"line": "x"}}
    assert client.ask("textDocument/completion", wrong)["code"] == -32602
    for method in ("foldingRange", "documentSymbol", "codeLens", "semanticTokens/full", "diagnostic"):
        assert not client.ask(f"textDocument/{method}", {"textDocument": {"uri": "file:///not/open"}}) or True
    backwards = {"start": {"line": 5, "character": 5}, "end": START}
    actions = client.ask(
        "textDocument/codeAction", {"textDocument": document, "range": backwards, "context": {"diagnostics": []}}
    )
    assert actions == []
    for arguments in ([], [{"uri": "file:///not/there.rql"}], ["text"], [{"uri": document["uri"], "position": 3}]):
        found = client.ask("workspace/executeCommand", {"command": "runql.run", "arguments": arguments})
        assert found["code"] == -32602
    assert client.ask("workspace/executeCommand", {"command": "no.such"})["code"] == -32602


@pytest.mark.parametrize("way", ["exit", "hang up"])
def test_a_client_that_leaves_without_a_word(way: str) -> None:
    with piped() as (client, process):
        client.begin()
        client.open(URI, "runs limit 3;\n" * 500)
        if way == "exit":
            client.tell("exit")
        else:
            client.hang_up()
        assert process.wait(10) == 1


def test_an_answer_is_a_file_of_the_user_alone_that_goes_with_the_server() -> None:
    with piped() as (client, process):
        client.begin({"window": {"showDocument": {"support": True}}})
        value = client.ask(
            "workspace/executeCommand", {"command": "runql.explain", "arguments": [{"text": "runs limit 3"}]}
        )
        shown = client.until("window/showDocument")
        path = Path(shown["uri"].removeprefix("file://"))
        assert path.read_text(encoding="utf-8").rstrip("\n") == value["text"]
        assert path.parent.parent == Path(tempfile.gettempdir())
        assert path.parent.stat().st_mode & 0o077 == 0
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) != 0
        assert not path.parent.exists()


def test_a_query_can_be_cancelled_and_typing_goes_on_while_a_server_is_silent(serve: Serve, tmp_path: Path) -> None:
    server = serve(vision(5), Knobs(latency_seconds=20))
    # The home stays: the table of the grammar, which is dear to make, is kept there.
    with piped({**environment(tmp_path, server), "HOME": str(Path.home())}, "--trusted") as (client, process):
        client.begin({"window": {"workDoneProgress": True}}, {"source": "acme/vision", "results": "return"})
        document = client.open(URI, "runs")
        params: Json = {"command": "runql.run", "arguments": [{"uri": URI}]}
        number = client.start("workspace/executeCommand", {**params, "workDoneToken": "mine"})
        client.until("$/progress", token="mine")
        end = {"line": 0, "character": 4}
        assert client.ask("textDocument/completion", {"textDocument": document, "position": end})["items"]
        client.change(URI, 2, {"text": "runs limt 3"})
        assert client.until("textDocument/publishDiagnostics", version=2)["diagnostics"]
        client.tell("$/cancelRequest", {"id": number})
        assert client.answer(number)["error"]["code"] == -32800
        again = client.start("workspace/executeCommand", {"command": "runql.run", "arguments": [{"text": "runs"}]})
        token = client.until("window/workDoneProgress/create")["token"]
        client.until("$/progress", token=token)
        client.tell("window/workDoneProgress/cancel", {"token": token})
        assert client.answer(again)["result"]["isCancelled"]
        assert client.ask("shutdown") is None
        client.tell("exit")
        assert process.wait(10) == 0
        assert process.stderr is not None and KEY.encode() not in process.stderr.read()


def _first_statements_first(client: Raw) -> None:
    """Of a long text what is wrong at its beginning is said before the rest is read, then all that is wrong."""
    uri = "file:///somewhere/long.rql"
    client.open(uri, "runs limt 3;\n" + "runs limit 3;\n" * 110 + "runs limt 3;\n")
    early = client.until("textDocument/publishDiagnostics", uri=uri)
    assert [one["range"]["start"]["line"] for one in early["diagnostics"]] == [0]
    whole = client.until("textDocument/publishDiagnostics", uri=uri)
    assert [one["range"]["start"]["line"] for one in whole["diagnostics"]] == [0, 111]


def test_over_tcp() -> None:
    with over_tcp() as (client, process):
        client.begin()
        client.open(URI, "runs limt 3")
        found = client.until("textDocument/publishDiagnostics", uri=URI)
        assert [one["code"] for one in found["diagnostics"]] == ["RQL106"]
        _first_statements_first(client)
        assert client.ask("shutdown") is None
        client.tell("exit")
        assert process.wait(10) == 0


def test_a_client_that_is_gone_takes_a_server_over_tcp_with_it() -> None:
    with over_tcp() as (client, process):
        client.begin()
        client.hang_up()
        assert process.wait(10) == 1


@pytest.mark.parametrize("address", ["nowhere", "127.0.0.1:99999"])
def test_an_address_that_is_none(address: str) -> None:
    done = subprocess.run([sys.executable, "-m", "runql", "lsp", "--tcp", address], capture_output=True, check=False)
    assert done.returncode == 2
    assert b"is no address" in done.stderr


def test_without_the_extra() -> None:
    code = "import sys; sys.modules['pygls'] = None; sys.argv = ['', 'lsp']; import runql.__main__ as m; exit(m.main())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False, env={**os.environ})
    assert done.returncode == 2
    assert f"`{install_command('lsp')}`" in done.stderr.decode()
