// The client of `runql lsp`: starts it, hands on the settings, and shows beside a query what came of it.
// @ts-check
"use strict";

const vscode = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");
const { Results } = require("./results");
const { commandOf, wishes } = require("./settings");
const { holdsQueries } = require("./fences");

/** @type {LanguageClient | undefined} */
let client;
/** @type {Results} */
let results;
let isStarted = false;

/** Start the server, if the workspace is trusted. What keeps it from starting is said, with the way out. */
async function start() {
  if (!vscode.workspace.isTrusted) return;
  const section = vscode.workspace.getConfiguration("runql");
  const { command, args } = commandOf(section);
  client = new LanguageClient(
    "runql",
    "RunQL",
    { command, args, options: { shell: false } },
    {
      documentSelector: [
        { language: "rql", scheme: "file" },
        { language: "rql", scheme: "untitled" },
        { language: "markdown", scheme: "file" },
      ],
      initializationOptions: wishes(section),
      synchronize: { fileEvents: vscode.workspace.createFileSystemWatcher("**/{.runql.toml,.runql/*.rql}") },
      middleware: {
        executeCommand: async (name, given, next) => {
          const reply = await next(name, given);
          if (section.get("results") === "auto") await results.show(reply);
          return reply;
        },
        workspace: {
          configuration: async (params) => params.items.map(() => wishes(vscode.workspace.getConfiguration("runql"))),
        },
      },
    },
  );
  try {
    await client.start();
  } catch (error) {
    client = undefined;
    await sayWhyNot([command, ...args].join(" "), error);
  }
}

/**
 * @param {string} command
 * @param {unknown} error
 */
async function sayWhyNot(command, error) {
  const open = "Open Settings";
  const why = error instanceof Error ? error.message : String(error);
  const message = `\`${command}\` does not start: ${why}. \`pip install "runql[lsp]"\`, or name the command in \`runql.command\`.`;
  if ((await vscode.window.showErrorMessage(message, open)) === open) {
    await vscode.commands.executeCommand("workbench.action.openSettings", "runql.command");
  }
}

/**
 * The server is started for the first text with queries: a page of Markdown without any needs none. In a workspace that
 * is not trusted nothing is started: what a folder says would decide what is asked of a server, with the user's key.
 */
async function startFor(/** @type {import("vscode").TextDocument} */ document) {
  if (!vscode.workspace.isTrusted) return;
  if (!isStarted && holdsQueries(document.languageId, document.getText())) await restart();
}

async function startForAll() {
  for (const document of vscode.workspace.textDocuments) await startFor(document);
}

async function restart() {
  if (!vscode.workspace.isTrusted) return void (await sayUntrusted());
  isStarted = true;
  await stop();
  await start();
}

async function sayUntrusted() {
  const manage = "Manage Workspace Trust";
  const message = "RunQL starts no language server in a workspace that is not trusted.";
  if ((await vscode.window.showInformationMessage(message, manage)) === manage) {
    await vscode.commands.executeCommand("workbench.trust.manage");
  }
}

async function stop() {
  const running = client;
  client = undefined;
  if (running) await running.stop().catch(() => undefined);
}

/** A command of the server about the selection, or the place of the cursor. */
function atCursor(/** @type {string} */ name) {
  return async () => {
    const editor = vscode.window.activeTextEditor;
    if (!editor || !client) return;
    const { document, selection } = editor;
    const uri = document.uri.toString();
    const place = selection.isEmpty
      ? { position: { line: selection.active.line, character: selection.active.character } }
      : { range: client.code2ProtocolConverter.asRange(selection) };
    await vscode.commands.executeCommand(name, { uri, ...place });
  };
}

/** What changed in the settings: another command is another server, the rest is told to the one that runs. */
async function configured(/** @type {import("vscode").ConfigurationChangeEvent} */ event) {
  if (event.affectsConfiguration("runql.command") || event.affectsConfiguration("runql.results")) {
    if (isStarted) await restart();
  } else if (event.affectsConfiguration("runql") && client) {
    const settings = { runql: wishes(vscode.workspace.getConfiguration("runql")) };
    await client.sendNotification("workspace/didChangeConfiguration", { settings });
  }
}

async function activate(/** @type {import("vscode").ExtensionContext} */ context) {
  results = new Results(vscode);
  const command = vscode.commands.registerCommand;
  context.subscriptions.push(
    results,
    vscode.workspace.onDidChangeConfiguration(configured),
    vscode.workspace.onDidGrantWorkspaceTrust(startForAll),
    vscode.workspace.onDidOpenTextDocument(startFor),
    vscode.workspace.onDidSaveTextDocument(startFor),
    command("runql.runAtCursor", atCursor("runql.run")),
    command("runql.explainAtCursor", atCursor("runql.explain")),
    command("runql.checkAtCursor", atCursor("runql.check")),
    command("runql.refreshAll", () => client && vscode.commands.executeCommand("runql.refresh")),
    command("runql.restart", restart),
  );
  await startForAll();
}

module.exports = { activate, deactivate: stop };
