"""Draws the pictures of the README: what a terminal shows, as SVG.

python docs/make_pictures.py [--out FOLDER]
"""

from __future__ import annotations

import argparse
import html
import re
import sys
import tempfile
from dataclasses import dataclass
from io import StringIO
from itertools import groupby
from pathlib import Path
from typing import Any

from rich.cells import cell_len
from rich.console import Console
from rich.style import Style
from rich.terminal_theme import TerminalTheme
from rich.text import Text

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.house.terminal import show  # noqa: E402 - found once the root is on the path
from tests.repl.screen import terminal  # noqa: E402

INK, PAPER, GREY, WHITE = (214, 218, 228), (27, 30, 38), (120, 128, 148), (245, 247, 250)
RED, GREEN, YELLOW = (232, 105, 109), (133, 195, 118), (229, 181, 103)
BLUE, MAGENTA, CYAN = (110, 168, 254), (190, 141, 237), (98, 195, 200)
THEME = TerminalTheme(
    PAPER,
    INK,
    [PAPER, RED, GREEN, YELLOW, BLUE, MAGENTA, CYAN, INK],
    [GREY, RED, GREEN, YELLOW, BLUE, MAGENTA, CYAN, WHITE],
)
_INK, _PAPER, _GREY, _BLACK = (36, 41, 47), (250, 251, 252), (104, 112, 122), (20, 24, 28)
_RED, _GREEN, _YELLOW = (190, 40, 50), (30, 120, 50), (140, 95, 0)
_BLUE, _MAGENTA, _CYAN = (10, 90, 200), (130, 60, 180), (0, 120, 130)
LIGHT = TerminalTheme(
    _PAPER,
    _INK,
    [_BLACK, _RED, _GREEN, _YELLOW, _BLUE, _MAGENTA, _CYAN, _INK],
    [_GREY, _RED, _GREEN, _YELLOW, _BLUE, _MAGENTA, _CYAN, _BLACK],
)
# As rich draws it, but with the fonts of the reader's own system: a picture fetches nothing.
FRAME = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  font-size: {char_height}px; line-height: {line_height}px; font-variant-east-asian: full-width; }}
.{unique_id}-title {{ font-family: system-ui, sans-serif; font-size: 18px; font-weight: bold; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/>
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix" xml:space="preserve">
{matrix}
</g>
</g>
</svg>
"""


@dataclass(frozen=True)
class PromptPicture:
    """The prompt as it stands after keys were pressed. Each step is what is typed and what is on the screen then."""

    name: str
    columns: int
    lines: int
    steps: tuple[tuple[str, str], ...]


CHOICE = "runs where config.lr > 0.01 order -summary.loss"


@dataclass(frozen=True)
class Picture:
    """`lines` are typed one after the other into a terminal of `columns`. `is_light`: on a light ground too."""

    name: str
    columns: int
    lines: tuple[str, ...]
    is_light: bool = False


PICTURES = (
    Picture(
        "mission",
        110,
        (
            f'runql -s demo "{CHOICE} limit 6 select name, config.lr, summary.loss"',
            f'runql -s demo "{CHOICE} sample 200 keys loss,acc"',
        ),
    ),
    Picture(
        "plot",
        80,
        (
            "runql -s demo \"runs where group = 'long' keys val/loss scan | plot log y\"",
            'runql -s demo "runs | group config.optimizer : mean(summary.acc), ci95(summary.acc) | plot"',
            "runql -s demo 'runs | plot summary.acc vs config.lr by summary.loss log x'",
        ),
        is_light=True,
    ),
    Picture(
        "plot-wide",
        120,
        (
            "runql -s demo \"runs where name startswith 'baseline' keys loss, acc scan | plot by config.optimizer\"",
            'runql -s demo "runs | pivot mean(summary.acc) by config.model.depth across config.optimizer | plot"',
        ),
        is_light=True,
    ),
)


PROMPTS = (
    PromptPicture(
        "prompt",
        100,
        22,
        (
            ("", "64 runs · just now"),
            (
                "runs where config.lr > 0.01 order -summary.val/acc limit 3 select name, summary.val/acc\r",
                "of 44 matching",
            ),
            ("runs where config.lr > 0.01 and config.opti", "config.optimizer  field"),
            ("\t = ", "of the runs so far"),
        ),
    ),
    PromptPicture(
        "prompt-error",
        100,
        8,
        (
            ("", "64 runs · just now"),
            ("runs where config.optimiser = 'adam' and config.lr > 0.01 ", "nearest: `config.optimizer`"),
        ),
    ),
)


_TEXT = re.compile(
    r'<text class="(?P<look>[^"]*)" x="(?P<x>[^"]*)" y="(?P<y>[^"]*)" textLength="[^"]*" clip-path="(?P<clip>[^"]*)">'
    r"(?P<text>[^<]*)</text>"
)
_WORD = re.compile(r"\S+")
_CELL = 12.2
"""How wide rich draws a cell."""


def placed(svg: str) -> str:
    """The picture with each word at its own place: its columns hold in fonts and programs that space text otherwise."""

    def words(found: re.Match[str]) -> str:
        text = html.unescape(found["text"]).replace("\u00a0", " ")
        return "".join(
            f'<text class="{found["look"]}" x="{float(found["x"]) + cell_len(text[: word.start()]) * _CELL:g}" '
            f'y="{found["y"]}" textLength="{cell_len(word[0]) * _CELL:g}" clip-path="{found["clip"]}">'
            f"{html.escape(word[0])}</text>"
            for word in _WORD.finditer(text)
        )

    return _TEXT.sub(words, svg)


def draw_prompt(picture: PromptPicture) -> str:
    """The picture as SVG: the screen of a real prompt in a real terminal."""
    console = Console(record=True, width=picture.columns, file=StringIO(), force_terminal=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        terminal(Path(folder), "-s", "demo", columns=picture.columns, lines=picture.lines) as seen,
    ):
        for keys, wanted in picture.steps:
            seen.press(keys)
            seen.wait(wanted)
        seen.settle()
        for number in range(picture.lines):
            console.print(_line(seen.screen.buffer[number], picture.columns, seen.screen.cursor, number), end="\n")
    return placed(console.export_svg(title="runql", theme=THEME, code_format=FRAME, unique_id=picture.name))


def _line(row: Any, columns: int, cursor: Any, number: int) -> Text:
    """A line of the screen, with its colours and the cursor; what looks alike is one piece."""
    line = Text(no_wrap=True)
    cells = ((row[at].data, _style(row[at], is_cursor=(cursor.x, cursor.y) == (at, number))) for at in range(columns))
    for style, alike in groupby(cells, key=lambda cell: cell[1]):
        line.append("".join(data for data, _ in alike), style)
    return line


def _style(char: Any, *, is_cursor: bool) -> Style:
    return Style(
        color=_rich_color(char.fg),
        bgcolor=_rich_color(char.bg),
        bold=char.bold,
        underline=char.underscore,
        italic=char.italics,
        reverse=char.reverse != is_cursor,
    )


def _rich_color(name: str) -> str | None:
    """pyte's name of a colour as rich has it."""
    name = {"brown": "yellow", "brightbrown": "bright_yellow"}.get(name, name)
    if name == "default":
        return None
    return f"#{name}" if len(name) == 6 and not name.isalpha() else name.replace("bright", "bright_").replace("__", "_")


def draw(picture: Picture) -> dict[str, str]:
    """The picture as SVG, and one on a light ground, by the names of the files. Its text is what the commands write
    today.
    """
    console = Console(record=True, width=picture.columns, file=StringIO(), force_terminal=True)
    with tempfile.TemporaryDirectory() as folder:
        for line in picture.lines:
            seen = show(line, Path(folder), color=True, columns=picture.columns)
            console.print(Text.assemble(("$ ", "bold green"), (line, "bold")))
            console.print(Text.from_ansi(seen))
    themes = {picture.name: THEME} | ({f"{picture.name}-light": LIGHT} if picture.is_light else {})
    return {
        name: placed(console.export_svg(title="runql", theme=theme, code_format=FRAME, unique_id=name, clear=False))
        for name, theme in themes.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "pictures", help="where the pictures are written")
    folder = parser.parse_args().out
    folder.mkdir(exist_ok=True)
    for picture in PICTURES:
        for name, drawn in draw(picture).items():
            (folder / f"{name}.svg").write_text(drawn, encoding="utf-8")
    for prompt in PROMPTS:
        (folder / f"{prompt.name}.svg").write_text(draw_prompt(prompt), encoding="utf-8")


if __name__ == "__main__":
    main()
