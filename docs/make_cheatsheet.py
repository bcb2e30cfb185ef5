"""Write the language on one page to print, A4 across: `python docs/make_cheatsheet.py [--out FOLDER]`."""

from __future__ import annotations

import argparse
import html
from collections.abc import Iterable, Iterator
from pathlib import Path

from runql.language.entry import ReferenceSection
from runql.language.pages import PAGES

EXAMPLES = {
    "the best, by a value": "runs order -summary.val/acc limit 10",
    "the best over training": "runs order -max(logged.val/acc) limit 10 select name, max(logged.val/acc)",
    "two of each kind": "runs order -summary.acc | limit 2 by config.optimizer",
    "seeds together": "runs | group config.lr : acc = mean(summary.acc), ci95(summary.acc), n = count()",
    "curves": "runs where group = 'long' sample 200 keys loss, acc",
    "percent over the mean": "runs | derive p = summary.acc / mean(summary.acc) over config.optimizer - 1",
    "what differs": "runs where tags has 'sweep' | diff",
    "what matters": "runs | corr summary.val/acc",
    "into a file": "runs keys loss scan | smooth ema 0.9 | to 'loss.csv'",
}
"""Lines to begin with. The documents' tests run those of the page of questions; here each is one of their kinds."""

IN_ROWS = (
    "Queries",
    "Clauses",
    "Stages",
    "Statements",
    "How they are written",
    "Beside each other",
    "Below each other",
)
"""Sections whose forms stand below each other; those of the others follow each other."""

LEFT_OUT = ("Words and signs inside them, and inside stages", "As values", "In tables")
"""Sections that repeat what stands elsewhere on the page."""

STYLE = """
@page { size: A4 landscape; margin: 7mm }
* { box-sizing: border-box }
body { font: 6.8pt/1.34 system-ui, "DejaVu Sans", sans-serif; color: #1a1c22; margin: 0 auto; max-width: 283mm }
h1 { font-size: 12pt; margin: 0 0 1.2mm } h1 small { font-size: 7pt; font-weight: normal; color: #555 }
main { columns: 4; column-gap: 4mm; max-height: 186mm }
section { margin: 0 0 1.6mm }
h2 { break-after: avoid; font-size: 7.6pt; margin: 0 0 .4mm; padding: 0 1mm; border-radius: .5mm }
h2 { background: #3f51b5; color: #fff }
code { font: 6.1pt "DejaVu Sans Mono", ui-monospace, monospace; color: #1b3a8a; overflow-wrap: anywhere }
div { padding: 0 1mm } i { font-style: normal; color: #777 }
"""


def page() -> Iterator[str]:
    """The lines of the page."""
    yield "<!doctype html>"
    yield "<!-- made by docs/make_cheatsheet.py -->"
    yield '<html lang="en"><head><meta charset="utf-8"><title>RunQL on a page</title>'
    yield f"<style>{STYLE}</style></head><body>"
    yield "<h1>RunQL <small>capitals are filled in, brackets may be left out; "
    yield 'a field that was never set is missing: only != and "not in" hold for it; m: logged.METRIC</small></h1><main>'
    yield from _box(
        "To begin with", (f"<div><i>{about}</i><br>{_code(line)}</div>" for about, line in EXAMPLES.items())
    )
    for one in PAGES.values():
        yield from _box(one.title, (line for section in one.sections for line in _forms(section)))
    yield "</main></body></html>"


def _forms(section: ReferenceSection) -> Iterable[str]:
    """The forms of a section: below each other, or after its title in a row; nothing of one that is left out."""
    if section.title in LEFT_OUT:
        return []
    forms = [_code((section.before + one.form).replace("logged.METRIC", "m")) for one in section.entries]
    if section.title in IN_ROWS:
        return [f"<div>{form}</div>" for form in forms]
    return [f"<div><i>{html.escape(section.title.replace('`', ''))}</i> {' · '.join(forms)}</div>"]


def _box(title: str, lines: Iterable[str]) -> Iterator[str]:
    yield from (f"<section><h2>{html.escape(title)}</h2>", *lines, "</section>")


def _code(text: str) -> str:
    return f"<code>{html.escape(text)}</code>"


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description="write the language on one page")
    arguments.add_argument("--out", type=Path, default=Path(__file__).parent)
    (arguments.parse_args().out / "cheatsheet.html").write_text("\n".join(page()) + "\n", encoding="utf-8")
