"""The extension of VS Code, and Helix: what their files say agrees with the language, the server and each other."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest

from editors.generate.files import FOLDER
from runql.frontends.lsp.semantic_tokens import TYPES
from runql.frontends.lsp.settings import WISHES, Wishes
from runql.syntax.parse import parse

HERE = FOLDER / "vscode"
_PLACE = re.compile(r"\$\{\d+(?::([^{}]*)|\|([^,|]*)[^}]*)\}")


def read(name: str) -> Any:
    return json.loads((HERE / name).read_text(encoding="utf-8"))


PACKAGE = read("package.json")
CONTRIBUTED = PACKAGE["contributes"]
SETTINGS = CONTRIBUTED["configuration"]["properties"]


def paths(value: object) -> Iterator[str]:
    """Every file that a part of the description names."""
    if isinstance(value, str) and value.startswith("./"):
        yield value.removeprefix("./")
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from paths(inner)


def test_every_file_that_is_named_is_there() -> None:
    named = set(paths(CONTRIBUTED))
    assert {"syntaxes/rql.tmLanguage.json", "snippets/rql.json", "language-configuration.json"} <= named
    assert [name for name in named if not (HERE / name).is_file()] == []
    assert (HERE / PACKAGE["icon"]).read_bytes().startswith(b"\x89PNG")
    assert (HERE / "LICENSE").read_text("utf-8") == (FOLDER.parent / "LICENSE").read_text("utf-8")


def test_the_settings_are_those_of_the_server() -> None:
    own = {"command", "trace.server"}
    assert {name.removeprefix("runql.") for name in SETTINGS} == {*WISHES, *own}
    defaults = {name: SETTINGS[f"runql.{name}"]["default"] for name in WISHES}
    assert defaults == {name: getattr(Wishes(), name) for name in WISHES}
    for name, wish in WISHES.items():
        setting = SETTINGS[f"runql.{name}"]
        assert all(
            wish.fits(value)
            for value in setting.get("enum", [] if setting["default"] is None else [setting["default"]])
        )


def test_each_kind_of_token_has_a_scope_in_the_grammar() -> None:
    colors, in_markdown = CONTRIBUTED["semanticTokenScopes"]
    assert (colors["language"], in_markdown["language"]) == ("rql", "markdown")
    assert colors["scopes"] == in_markdown["scopes"]
    grammar = (HERE / "syntaxes/rql.tmLanguage.json").read_text("utf-8")
    for kind, scopes in colors["scopes"].items():
        assert kind.partition(".")[0] in TYPES
        assert all(f'"{scope}"' in grammar for scope in scopes), scopes


def test_commands_that_are_offered_are_there() -> None:
    source = (HERE / "src/extension.js").read_text("utf-8")
    offered = {command["command"] for command in CONTRIBUTED["commands"]}
    assert set(re.findall(r'command\("(runql\.\w+)"', source)) == offered
    used = {entry["command"] for menu in CONTRIBUTED["menus"].values() for entry in menu}
    assert used | {key["command"] for key in CONTRIBUTED["keybindings"]} <= offered


def expanded(snippet: dict[str, Any]) -> str:
    """The text of a snippet with what stands in its places by default."""
    filled: dict[str, str] = {}
    text = "\n".join(snippet["body"])
    for match in re.finditer(r"\$\{(\d+)(?::([^{}]*)|\|([^,|]*)[^}]*)\}", text):
        filled[match[1]] = match[2] if match[2] is not None else match[3]
    return _PLACE.sub(lambda match: match[1] if match[1] is not None else match[2], text)


@pytest.mark.parametrize("name", read("snippets/rql.json"))
def test_snippets_are_queries(name: str) -> None:
    text = expanded(read("snippets/rql.json")[name])
    assert "$" not in text
    # A declaration alone is a whole text too.
    assert [one.message for one in parse(text).diagnostics] == []


def test_the_lock_names_no_host() -> None:
    lock = read("package-lock.json")
    assert lock["packages"]
    assert not [name for name, package in lock["packages"].items() if "resolved" in package]


def test_what_helix_is_told() -> None:
    told = tomllib.loads((FOLDER / "helix" / "languages.toml").read_text("utf-8"))
    (language,) = told["language"]
    assert language["file-types"] == ["rql"]
    assert language["comment-token"] == "#"
    (server,) = language["language-servers"]
    assert told["language-server"][server]["args"] == ["lsp"]


UNIT = """
const { wishes, commandOf, WISHES } = require("./src/settings");
const { holdsQueries } = require("./src/fences");
const { Results } = require("./src/results");
const section = (values) => ({ get: (name) => values[name] });
const calls = [];
class EventEmitter {
  event = "event";
  fire(uri) { calls.push(["changed", uri.toString()]); }
  dispose() {}
}
const pages = [
  ["rql", ""], ["markdown", "x\\n```rql\\n"], ["markdown", "~~~ {.runql}\\n"],
  ["markdown", "```rqlx"], ["python", "```rql"],
];
const commands = [{}, { command: "/a b/runql" }, { command: ["python", "-m", "runql"] }];
let provider;
const vscode = {
  EventEmitter,
  ViewColumn: { Beside: -2 },
  Uri: { from: ({ scheme, path }) => ({ toString: () => `${scheme}:${path}` }) },
  workspace: {
    registerTextDocumentContentProvider: (scheme, given) => ((provider = given), { dispose() {} }),
    openTextDocument: async (uri) => ({ uri, text: provider.provideTextDocumentContent(uri) }),
  },
  window: {
    showErrorMessage: async (text, more) => (calls.push(["error", text]), undefined),
    showTextDocument: async (document, options) => calls.push(["shown", document.text, options]),
  },
};
(async () => {
  const results = new Results(vscode);
  await results.show({ kind: "result", text: "a table" });
  await results.show({ kind: "error", text: "error[RQL101]: no\\nmore", message: "error[RQL101]: no", isError: true });
  await results.show({ kind: "cancelled", text: "", isCancelled: true });
  await results.show(undefined);
  console.log(JSON.stringify({
    names: WISHES,
    plain: wishes(section({})),
    told: wishes(section({ results: "message", rows: 5, source: null, command: "x" })),
    commands: commands.map((given) => commandOf(section(given))),
    holds: pages.map((given) => holdsQueries(...given)),
    calls,
  }));
})();
"""


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not here")
def test_the_parts_of_the_client() -> None:
    done = subprocess.run(["node", "-e", UNIT], cwd=HERE, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert set(found["names"]) == set(WISHES) - {"results"}
    assert found["plain"] == {"results": "return"}
    assert found["told"] == {"results": "message", "rows": 5}
    assert found["commands"] == [
        {"command": "runql", "args": ["lsp", "--trusted"]},
        {"command": "/a b/runql", "args": ["lsp", "--trusted"]},
        {"command": "python", "args": ["-m", "runql", "lsp", "--trusted"]},
    ]
    assert found["holds"] == [True, True, True, False, False]
    beside = {"viewColumn": -2, "preserveFocus": True, "preview": True}
    assert found["calls"] == [
        ["changed", "runql-result:/result.md"],
        ["shown", "a table", beside],
        ["changed", "runql-result:/error.md"],
        ["error", "RunQL: error[RQL101]: no"],
    ]


TRUST = """
const Module = require("module");
const calls = [];
let grant;
const documents = [{ languageId: "rql", getText: () => "runs", uri: "file:///a.rql" }];
const nothing = () => ({ dispose() {} });
const commands = {};
const vscode = {
  EventEmitter: class { event() {} fire() {} dispose() {} },
  workspace: {
    isTrusted: false,
    textDocuments: documents,
    getConfiguration: () => ({ get: () => undefined }),
    createFileSystemWatcher: nothing,
    registerTextDocumentContentProvider: nothing,
    onDidChangeConfiguration: (then) => ((vscode.configured = then), nothing()),
    onDidOpenTextDocument: (then) => ((vscode.opened = then), nothing()),
    onDidSaveTextDocument: (then) => ((vscode.saved = then), nothing()),
    onDidGrantWorkspaceTrust: (then) => ((grant = then), nothing()),
  },
  commands: { registerCommand: (name, then) => ((commands[name] = then), nothing()), executeCommand: async () => {} },
  window: { showInformationMessage: async (text) => void calls.push(text), activeTextEditor: undefined },
};
class LanguageClient {
  constructor(id, name, server) { this.server = server; }
  async start() { calls.push([this.server.command, ...this.server.args]); }
  async stop() { calls.push("stopped"); }
}
const load = Module._load;
Module._load = (name, ...rest) =>
  name === "vscode" ? vscode : name === "vscode-languageclient/node" ? { LanguageClient } : load(name, ...rest);
(async () => {
  const { activate } = require("./src/extension");
  await activate({ subscriptions: [] });
  await vscode.opened(documents[0]);
  await vscode.saved(documents[0]);
  await vscode.configured({ affectsConfiguration: () => true });
  await commands["runql.restart"]();
  const before = [...calls];
  vscode.workspace.isTrusted = true;
  await grant();
  console.log(JSON.stringify({ before, after: calls.slice(before.length) }));
})();
"""


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not here")
def test_no_server_is_started_before_the_workspace_is_trusted() -> None:
    done = subprocess.run(["node", "-e", TRUST], cwd=HERE, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert found["before"] == ["RunQL starts no language server in a workspace that is not trusted."]
    assert found["after"] == [["runql", "lsp", "--trusted"]]


def test_trust_is_declared() -> None:
    declared = PACKAGE["capabilities"]["untrustedWorkspaces"]
    assert declared["supported"] == "limited"
    assert {"runql.command", "runql.source", "runql.params"} <= set(declared["restrictedConfigurations"])
