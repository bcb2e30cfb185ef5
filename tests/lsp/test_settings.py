"""Settings: of files beside a text or above it, and of the editor."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from runql.frontends.lsp.settings import WISHES, Wishes
from tests.house.sources import ROOT
from tests.lsp.raw import PATIENCE_SECONDS, Json, Raw, piped

GUIDE = ROOT / "docs" / "guide" / "editors.md"
DEMO_TOML = 'source = "demo"\n[aliases]\nrate = "config.lr"\n[sources]\nmine = "./none"\n'


def codes(client: Raw, document: Json) -> list[str]:
    return [one["code"] for one in client.ask("textDocument/diagnostic", {"textDocument": document})["items"]]


def wait_for(client: Raw, document: Json, wanted: list[str]) -> None:
    """Until these are the codes of a document: a source is looked at beside everything else."""
    until = time.monotonic() + PATIENCE_SECONDS
    while (found := codes(client, document)) != wanted:
        assert time.monotonic() < until, found
        time.sleep(0.02)


def test_the_file_above_a_text_names_its_source(tmp_path: Path) -> None:
    (tmp_path / ".runql.toml").write_text(DEMO_TOML)
    inner = tmp_path / "queries"
    inner.mkdir()
    with piped({"RUNQL_SOURCE": ""}) as (client, _):
        client.begin(options={"results": "return"}, root=tmp_path.as_uri())
        document = client.open((inner / "a.rql").as_uri(), "runs where rate > 0.01 and config.nope = 1")
        client.until("textDocument/publishDiagnostics", uri=document["uri"])
        wait_for(client, document, ["RQL201"])
        place = {"line": 0, "character": 12}
        said = client.ask("textDocument/hover", {"textDocument": document, "position": place})
        assert "alias of" in said["contents"]["value"]
        used = client.open((inner / "b.rql").as_uri(), "use mine;\nruns where config.nope = 1;")
        wait_for(client, used, ["RQL511"])
        saved = tmp_path / ".runql"
        saved.mkdir()
        (saved / "best.rql").write_text("# the best\nruns order -summary.acc limit 3\n")
        client.tell("workspace/didChangeWatchedFiles", {"changes": []})
        asked = client.open((inner / "c.rql").as_uri(), "runs from @be")
        items = client.ask("textDocument/completion", {"textDocument": asked, "position": {"line": 0, "character": 13}})
        assert "@best" in [item["label"] for item in items["items"]]


def test_a_settings_file_that_is_wrong_is_said_once_and_right_again_it_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / ".runql.toml"
    file.write_text("sauce = 1\n")
    with piped({"RUNQL_SOURCE": ""}) as (client, _):
        client.begin(options={"results": "return"}, root=tmp_path.as_uri())
        uri = (tmp_path / "a.rql").as_uri()
        document = client.open(uri, "runs where config.nope = 1")
        assert "sauce" in client.until("window/showMessage")["message"]
        assert codes(client, document) == []
        file.write_text(DEMO_TOML)
        client.tell("textDocument/didSave", {"textDocument": document})
        client.change(uri, 2, {"text": "runs where config.nope = 2"})
        wait_for(client, document, ["RQL201"])


def test_the_editor_gives_values_of_parameters() -> None:
    with piped() as (client, _):
        client.begin(
            options={"source": "demo", "results": "return", "rows": 2, "format": "md", "params": {"least": 0.9}}
        )
        text = "param least: float;\nparam other = 1;\nruns where summary.acc > $least;"
        document = client.open("file:///a.rql", text)
        asked = [{"uri": document["uri"]}]
        found = client.ask("workspace/executeCommand", {"command": "runql.run", "arguments": asked})
        assert not found["isError"], found["text"]
        assert found["text"].count("\n| ") == 3, "a line of dashes and two rows"
        assert "the first 2 of" in found["text"]
        hidden = client.open("file:///b.rql", "param least: secret;\nruns where name = $least")
        place = {"line": 1, "character": 20}
        said = client.ask("textDocument/hover", {"textDocument": hidden, "position": place})["contents"]["value"]
        assert "$least" in said and "0.9" not in said
        asked[0]["params"] = {"least": 5}
        found = client.ask("workspace/executeCommand", {"command": "runql.run", "arguments": asked})
        assert "0 of 64 runs" in found["text"]


def test_what_was_killed_leaves_nothing_for_long() -> None:
    seen = []
    for _ in range(2):
        with piped() as (client, process):
            client.begin({"window": {"showDocument": {"support": True}}})
            client.ask(
                "workspace/executeCommand", {"command": "runql.explain", "arguments": [{"text": "runs limit 3"}]}
            )
            seen.append(Path(client.until("window/showDocument")["uri"].removeprefix("file://")).parent)
            assert seen[-1].is_dir()
            process.kill()
            process.wait()
    assert not seen[0].exists()
    next(seen[1].iterdir()).unlink()
    seen[1].rmdir()


def test_the_guide_names_every_setting() -> None:
    rows = [
        line.strip("| ").split(" | ") for line in GUIDE.read_text(encoding="utf-8").splitlines() if line[:3] == "| `"
    ]
    said = {row[0].strip("`"): row for row in rows if len(row) == 3}
    assert said.keys() == WISHES.keys()
    for name, wish in WISHES.items():
        assert said[name][2].strip() == wish.doc
        default = getattr(Wishes(), name)
        if isinstance(default, str | int):
            assert said[name][1].strip("`") == str(default).lower()


def test_the_call_names_the_source_of_texts_that_name_none(tmp_path: Path) -> None:
    """`runql lsp -s demo` wins over the settings of the folder; a query's own `from` wins over both."""
    (tmp_path / ".runql.toml").write_text('source = "./none"\n')
    with piped({"RUNQL_SOURCE": ""}, "-s", "demo") as (client, _):
        client.begin(options={"results": "return"}, root=tmp_path.as_uri())
        document = client.open((tmp_path / "a.rql").as_uri(), "runs where config.nope = 1")
        wait_for(client, document, ["RQL201"])
        client.change(document["uri"], 2, {"text": "runs where config.model.sizes has "})
        place = {"line": 0, "character": 34}
        found = client.ask("textDocument/completion", {"textDocument": document, "position": place})
        assert found["items"][0]["label"] == "64"
        asked = [{"uri": document["uri"], "text": "count runs"}]
        answer = client.ask("workspace/executeCommand", {"command": "runql.run", "arguments": asked})
        assert not answer["isError"] and answer["text"].startswith("```text\n64")
        elsewhere = [{"uri": document["uri"], "text": "count runs from ./none"}]
        refused = client.ask("workspace/executeCommand", {"command": "runql.run", "arguments": elsewhere})
        assert refused["isError"] and "none" in refused["message"]


def test_tensorboard_logs_are_a_source(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "tests" / "fixtures" / "tensorboard_files", tmp_path / "logs")
    with piped({"RUNQL_SOURCE": ""}) as (client, _):
        client.begin(options={"results": "return"}, root=tmp_path.as_uri())
        document = client.open((tmp_path / "a.rql").as_uri(), "use tb:./logs;\nruns where config.nope = config.uni")
        wait_for(client, document, ["RQL201", "RQL201"])
        place = {"line": 1, "character": 36}
        items = client.ask("textDocument/completion", {"textDocument": document, "position": place})["items"]
        assert "config.units" in [item["label"] for item in items]
        fresh = client.open((tmp_path / "b.rql").as_uri(), "use t")
        items = client.ask("textDocument/completion", {"textDocument": fresh, "position": {"line": 0, "character": 5}})
        assert "tb:./logs" in [item["label"] for item in items["items"]]
