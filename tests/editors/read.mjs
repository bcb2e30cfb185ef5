// What VS Code's own engine makes of texts: node read.mjs GRAMMARS SCOPE < texts.json
// The texts are a JSON array; so are the answers: for each text its pieces, as [begin, end, scopes] in UTF-16.
// The grammars are a JSON object, from the name of each to its file. Modules are taken from the working directory.
import fs from "node:fs";
import path from "node:path";
import { createRequire } from "node:module";

const require = createRequire(`${process.cwd()}/`);
const oniguruma = require("vscode-oniguruma");
const textmate = require("vscode-textmate");

const wasm = fs.readFileSync(path.join(path.dirname(require.resolve("vscode-oniguruma")), "onig.wasm"));
await oniguruma.loadWASM(wasm.buffer.slice(wasm.byteOffset, wasm.byteOffset + wasm.byteLength));

const files = JSON.parse(process.argv[2]);
const registry = new textmate.Registry({
  onigLib: Promise.resolve({
    createOnigScanner: (patterns) => new oniguruma.OnigScanner(patterns),
    createOnigString: (text) => new oniguruma.OnigString(text),
  }),
  loadGrammar: async (scope) =>
    scope in files ? textmate.parseRawGrammar(fs.readFileSync(files[scope], "utf8"), files[scope]) : null,
  getInjections: (scope) => (scope === "source.rql" ? [] : ["markdown.rql.codeblock", "python.rql.string"]),
});

const grammar = await registry.loadGrammar(process.argv[3]);
const answers = JSON.parse(fs.readFileSync(0, "utf8")).map((text) => {
  const pieces = [];
  let state = textmate.INITIAL;
  let start = 0;
  for (const line of text.split("\n")) {
    const read = grammar.tokenizeLine(line, state);
    state = read.ruleStack;
    for (const token of read.tokens) {
      const end = Math.min(token.endIndex, line.length);
      if (token.startIndex < end) pieces.push([start + token.startIndex, start + end, token.scopes.slice(1)]);
    }
    start += line.length + 1;
  }
  return pieces;
});
console.log(JSON.stringify(answers));
