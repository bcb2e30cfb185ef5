"""Runs that hold every value beyond what is common, on disk and on a server: for tests of what becomes of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.sources.local import files

DEEP = "[" * 900 + "1" + "]" * 900
DEEPER = '{"a": ' * 2000 + "1" + "}" * 2000
TEXTS: dict[str, str] = {
    "huge": str(2**1024),
    "minus_huge": str(-(2**1030)),
    "large": str(2**1023),
    "int64": str(2**63),
    "digits": "7" * 5000,
    "deep": DEEP,
    "deeper": DEEPER,
    "list": f"[1, {2**1024}, {DEEP}]",
    "record": f'{{"inner": {2**1024}, "fine": 3}}',
    "overflow": "1e999",
    "zero": "-0",
    "minus_zero": "-0.0",
    "nan": "NaN",
    "infinity": "-Infinity",
    "half": '"\\ud800 and \\udfff"',
    "nul": '"a\\u0000b"',
    "escape": '"\\u001b[31mred\\u001b[0m"',
    "long": json.dumps("x" * 100_000),
    "__proto__": "1",
    "": "2",
    "k" * 5000: "3",
    "a.b.c": "4",
    "mixed": '{"a": [], "b": {}, "c": null}',
}
"""JSON texts by key."""


def config_text() -> str:
    """A config as a server sends it, with each value in a wrapper."""
    entries = ", ".join(f'{json.dumps(key)}: {{"value": {text}, "desc": null}}' for key, text in TEXTS.items())
    return f"{{{entries}}}"


def summary_text() -> str:
    return f"{{{', '.join(f'{json.dumps(key)}: {text}' for key, text in TEXTS.items())}}}"


def folder(root: Path) -> Path:
    """A folder of three runs: a common one, an odd one, and one whose history is odd too."""
    fine = {("lr",): 0.1, ("huge",): 5, ("loss",): 1.0}
    rows = [files.row({("loss",): 0.5 / step, ("huge",): step}, step) for step in range(1, 6)]
    files.write(root, files.log([files.run("fine", config=fine), *rows, files.summary(fine), files.exit_()]), "fine")
    config = files.message(5, _items())
    summary = files.message(3, _items())
    odd = [files.run("odd", notes="n" * 10_000_000, tags=["", "t" * 9999]), config, summary, *rows, files.exit_()]
    files.write(root, files.log(odd), "odd", "20260102_000000")
    odd_rows = [files.message(2, _items() + files.message(2, files.number(1, step))) for step in range(1, 4)]
    files.write(root, files.log([files.run("rows"), *rows[:1], *odd_rows, *rows[4:]]), "rows", "20260103_000000")
    return root / "wandb"


def _items() -> bytes:
    return b"".join(files.message(1, files.item((key,), value_json=text)) for key, text in TEXTS.items())


def planted(_: int, body: bytes) -> bytes:
    """The answer of a server in which the run `odd` has odd values, and the history of `rows` too."""
    document = json.loads(body)
    for node in _nodes(document):
        for key in node.keys() & {"config", "someConfig"} if node.get("name") == "odd" else ():
            node[key] = config_text()
        for key in node.keys() & {"summaryMetrics", "someSummary"} if node.get("name") == "odd" else ():
            node[key] = summary_text()
        for rows in (node.get("sampledHistory") or ()) if node.get("name") == "rows" else ():
            for row in rows:
                row.update({key: f"@{key}@" for key in TEXTS if row.keys() & {key, "huge"}})
        if node.get("name") == "rows" and node.get("history"):
            node["history"] = [f'{{"_step": {at}, {summary_text()[1:]}' for at in range(3)]
    text = json.dumps(document)
    for key, value in TEXTS.items():
        text = text.replace(json.dumps(f"@{key}@"), value)
    return text.encode()


def _nodes(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if "name" in value:
            yield value
        for below in value.values():
            yield from _nodes(below)
    elif isinstance(value, list):
        for below in value:
            yield from _nodes(below)
