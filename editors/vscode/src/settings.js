// What of the settings is for the server, and what starts it.
// @ts-check
"use strict";

/** The settings that the server knows; the others are for this extension. */
const WISHES = ["source", "params", "rows", "format", "delay", "lenses", "hints", "notices"];

/**
 * The settings as the server takes them. Results that are to stand beside the query are shown here.
 * @param {{ get(name: string): any }} section
 */
function wishes(section) {
  const results = section.get("results") ?? "auto";
  /** @type {Record<string, unknown>} */
  const found = { results: results === "auto" ? "return" : results };
  for (const name of WISHES) {
    const value = section.get(name);
    if (value !== undefined && value !== null) found[name] = value;
  }
  return found;
}

/**
 * The program and its arguments. The server is started in trusted workspaces alone, so it may ask servers there.
 * @param {{ get(name: string): any }} section
 */
function commandOf(section) {
  const given = section.get("command");
  const words = (Array.isArray(given) ? given : [given]).filter((word) => typeof word === "string" && word !== "");
  const [command, ...args] = words.length > 0 ? words : ["runql"];
  return { command, args: [...args, "lsp", "--trusted"] };
}

module.exports = { WISHES, wishes, commandOf };
