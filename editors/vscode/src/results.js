// Results beside a query: one document for each kind, always in the same place.
// @ts-check
"use strict";

const SCHEME = "runql-result";

class Results {
  /** @param {typeof import("vscode")} vscode */
  constructor(vscode) {
    this._vscode = vscode;
    /** @type {Map<string, string>} */
    this._texts = new Map();
    this._changed = new vscode.EventEmitter();
    this._registered = vscode.workspace.registerTextDocumentContentProvider(SCHEME, {
      onDidChange: this._changed.event,
      provideTextDocumentContent: (uri) => this._texts.get(uri.toString()) ?? "",
    });
  }

  /**
   * Show the value of a command: a mistake as a message, everything else as a document that leaves the cursor alone.
   * @param {any} reply
   */
  async show(reply) {
    if (!reply || typeof reply.text !== "string" || reply.isCancelled) return;
    const uri = this._vscode.Uri.from({ scheme: SCHEME, path: `/${reply.kind}.md` });
    this._texts.set(uri.toString(), reply.text);
    this._changed.fire(uri);
    if (reply.isError) {
      const more = "Show";
      if ((await this._vscode.window.showErrorMessage(`RunQL: ${reply.message}`, more)) !== more) return;
    }
    const document = await this._vscode.workspace.openTextDocument(uri);
    const viewColumn = this._vscode.ViewColumn.Beside;
    await this._vscode.window.showTextDocument(document, { viewColumn, preserveFocus: true, preview: true });
  }

  dispose() {
    this._registered.dispose();
    this._changed.dispose();
  }
}

module.exports = { Results, SCHEME };
