"""What a chart was made of, kept in its file: the question, the runs, what was said, versions and time."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from html import escape
from typing import Any, Final

from runql.charts.chart import Chart
from runql.charts.vega.spec import notes_of
from runql.text.visible import visible

KEY: Final = "runql"
"""Under this name it stands in all kinds of files, as JSON."""

_PNG_HEAD: Final = 8


def metadata_of(chart: Chart) -> dict[str, Any]:
    """What is kept of a chart that is drawn."""
    source = chart.source
    return {
        "query": source.query,
        "runs": [*source.runs],
        "counts": [*source.counts],
        "notes": [*notes_of(chart)],
        "notices": [*source.notices],
        "versions": dict(source.versions),
        "time": source.time,
    }


def in_svg(drawn: str, kept: dict[str, Any], description: str) -> str:
    """The SVG with it as `<metadata>`, and with a description for those who see no picture."""
    head, end, rest = drawn.partition(">")
    told = f"<desc>{escape(visible(description), quote=False)}</desc>" if description else ""
    text = escape(json.dumps(kept, ensure_ascii=True), quote=False)
    return f'{head}{end}{told}<metadata id="{KEY}">{text}</metadata>{rest}'


def in_png(drawn: bytes, kept: dict[str, Any]) -> bytes:
    """The PNG with it as `tEXt`: all of it under `runql`, and what other programs know under their names."""
    texts = {
        "Software": " ".join(f"{name} {version}" for name, version in kept["versions"].items()),
        "Creation Time": kept["time"],
        "Source": visible(kept["query"]),
        KEY: json.dumps(kept, ensure_ascii=True),
    }
    chunks = b"".join(_chunk(name, text) for name, text in texts.items() if text)
    end_of_header = next(end for kind, end in _chunks(drawn) if kind == b"IHDR")
    return drawn[:end_of_header] + chunks + drawn[end_of_header:]


def _chunk(name: str, text: str) -> bytes:
    """A chunk of text, Latin-1 as PNG has it; other letters are written as escapes."""
    body = b"tEXt" + name.encode("ascii") + b"\0" + text.encode("latin-1", "backslashreplace")
    return len(body[4:]).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")


def _chunks(drawn: bytes) -> Iterator[tuple[bytes, int]]:
    """Of each chunk its kind and where it ends."""
    at = _PNG_HEAD
    while at < len(drawn):
        length = int.from_bytes(drawn[at : at + 4], "big")
        kind = drawn[at + 4 : at + 8]
        at += 12 + length
        yield kind, at
