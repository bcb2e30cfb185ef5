"""How long a key press in a file of 5,000 lines takes the language server, measured from outside, over its pipes.

A key press is `didChange`, the diagnostics that follow, the colours that changed and a completion. Printed: its parts,
and how they compare with the same in a file of 50 lines. `python benchmarks/bench_lsp.py [PRESSES]`
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Any

STATEMENT = """\
# what stands out at number {n}
runs where config.lr > 0.0{n} and name contains "resnet;{n}" and state = "finished"
  order -summary.loss
  limit 10
  keys loss, acc;
"""
BAR_SECONDS = 0.05
URI = "file:///bench/long.rql"
Json = dict[str, Any]


class Client:
    """The least that speaks to a language server."""

    def __init__(self) -> None:
        began = time.perf_counter()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "runql", "lsp"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.sent = 0
        self.checked: Json = {}
        """The last diagnostics."""
        self.told = 0
        """How often diagnostics of a text as it was opened came."""
        options = {"source": "demo"}
        capabilities: Json = {"textDocument": {"inlayHint": {}}}
        self.ask(
            "initialize", {"processId": os.getpid(), "capabilities": capabilities, "initializationOptions": options}
        )
        self.started = time.perf_counter() - began
        self.tell("initialized", {})

    def _send(self, message: Mapping[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.process.stdin.flush()

    def _take(self) -> Json:
        assert self.process.stdout is not None
        length = 0
        while (line := self.process.stdout.readline()) != b"\r\n":
            if line.startswith(b"Content-Length"):
                length = int(line.split(b":")[1])
        message: Json = json.loads(self.process.stdout.read(length))
        if message.get("method") == "textDocument/publishDiagnostics":
            self.checked = message["params"]
            self.told += self.checked.get("version") == 1
        return message

    def tell(self, method: str, params: Json) -> None:
        self._send({"method": method, "params": params})

    def ask(self, method: str, params: Json) -> Any:
        self.sent += 1
        self._send({"id": self.sent, "method": method, "params": params})
        while True:
            message = self._take()
            if message.get("id") == self.sent and "method" not in message:
                return message["result"]

    def cpu(self) -> float:
        """The seconds of CPU that the server took so far, on Linux."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def diagnostics(self, version: int) -> None:
        """Wait for those of a version."""
        while self.checked.get("version") != version:
            self._take()


def pressed(client: Client, lines: int, presses: int) -> dict[str, list[float]]:
    """Open a file of so many lines and write in the middle of it; the seconds of each part."""
    client.checked = {}
    text = "".join(STATEMENT.format(n=n) for n in range(lines // 5))
    document = {"uri": URI}
    began = time.perf_counter()
    client.tell("textDocument/didOpen", {"textDocument": {**document, "languageId": "rql", "version": 1, "text": text}})
    cpu, told = client.cpu(), client.told
    client.diagnostics(1)
    found: dict[str, list[float]] = {"first": [time.perf_counter() - began]}
    while client.told < told + (2 if lines > 500 else 1):  # those of the first statements of a long file come first
        client._take()
    found |= {"open": [time.perf_counter() - began], "CPU": [client.cpu() - cpu]}
    time.sleep(2)  # the catalog comes, and everything is checked against it
    colors = client.ask("textDocument/semanticTokens/full", {"textDocument": document})["resultId"]
    line, column = (lines // 10) * 5 + 1, len("runs where ")
    word = "summary.acc > 0.9 and "
    for press in range(presses):
        at = {"line": line, "character": column + press % len(word)}
        began = time.perf_counter()
        change = {"range": {"start": at, "end": at}, "text": word[press % len(word)]}
        versioned = {**document, "version": press + 2}
        client.tell("textDocument/didChange", {"textDocument": versioned, "contentChanges": [change]})
        cursor = {"line": line, "character": at["character"] + 1}
        client.ask("textDocument/completion", {"textDocument": document, "position": cursor})
        completed = time.perf_counter()
        colors = client.ask(
            "textDocument/semanticTokens/full/delta", {"textDocument": document, "previousResultId": colors}
        )["resultId"]
        colored = time.perf_counter()
        client.diagnostics(press + 2)
        ended = time.perf_counter()
        parts = {"completion": completed - began, "colours": colored - completed, "diagnostics": ended - colored}
        for name, seconds in {**parts, "all": ended - began}.items():
            found.setdefault(name, []).append(seconds)
    client.tell("textDocument/didClose", {"textDocument": document})
    return found


def main() -> None:
    presses = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    client = Client()
    print(f"initialize answered after {client.started * 1000:.0f} ms")
    short, long = pressed(client, 50, presses), pressed(client, 5000, presses)
    print(
        f"open, to diagnostics: 50 lines {short['open'][0] * 1000:.0f} ms, 5,000 lines {long['open'][0] * 1000:.0f} ms "
        f"({long['CPU'][0]:.2f} s of the server's CPU), those of the first statements {long['first'][0] * 1000:.0f} ms"
    )
    for name in ("completion", "colours", "diagnostics", "all"):
        a, b = median(short[name]), median(long[name])
        late = sorted(long[name])[int(len(long[name]) * 0.95)]
        print(
            f"{name:12} 50 lines {a * 1000:6.1f} ms   5,000 lines {b * 1000:6.1f} ms (95 of 100: {late * 1000:.1f})"
            f"   {b / a:4.1f} times"
        )
    spare = BAR_SECONDS / median(long["all"])
    print(f"the bar of {BAR_SECONDS * 1000:.0f} ms a key press holds on a computer that is {spare:.1f} times slower")
    client.ask("shutdown", {})
    client.tell("exit", {})


if __name__ == "__main__":
    main()
