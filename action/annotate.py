"""From JUnit XML to annotations of GitHub, on standard error, and a summary in Markdown, on standard output."""

from __future__ import annotations

import sys
from xml.etree.ElementTree import Element, parse

SIGNS = {"failure": "❌", "error": "💥", "skipped": "⏭️", "": "✅"}


def escaped(text: str, *, is_property: bool = False) -> str:
    """A text as a command of a workflow takes it."""
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return text.replace(":", "%3A").replace(",", "%2C") if is_property else text


def outcome(case: Element) -> tuple[str, str, str]:
    """What became of a case, in a word, a sentence and all that there is to say."""
    for kind in ("failure", "error", "skipped"):
        found = case.find(kind)
        if found is not None:
            message = found.get("message") or ""
            return kind, message, found.text or message
    return "", "", ""


def annotation(case: Element) -> str | None:
    """The command that shows a case beside its line, for one that did not pass."""
    kind, _, detail = outcome(case)
    if kind not in {"failure", "error"}:
        return None
    about = {name: case.get(key) for name, key in (("file", "file"), ("line", "line"), ("title", "name"))}
    shown = ",".join(f"{name}={escaped(value, is_property=True)}" for name, value in about.items() if value)
    return f"::error {shown}::{escaped(detail)}"


def row(case: Element) -> str:
    """A line of the summary."""
    kind, message, _ = outcome(case)
    cells = (SIGNS[kind], case.get("name", ""), message)
    return f"| {' | '.join(cell.replace('|', chr(92) + '|').replace('<', '&lt;') for cell in cells)} |"


def main(path: str) -> None:
    """Write both for one file."""
    cases = parse(path).getroot().findall(".//testcase")
    for said in filter(None, map(annotation, cases)):
        sys.stderr.write(f"{said}\n")
    sys.stdout.write("\n".join(["| | case | |", "|---|---|---|", *map(row, cases), ""]))


if __name__ == "__main__":
    main(sys.argv[1])
