"""Draws the pictures of the README: what a terminal shows, as SVG.

python docs/make_pictures.py [--out FOLDER]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.house.terminal import show  # noqa: E402 - found once the root is on the path

INK, PAPER, GREY, WHITE = (214, 218, 228), (27, 30, 38), (120, 128, 148), (245, 247, 250)
RED, GREEN, YELLOW = (232, 105, 109), (133, 195, 118), (229, 181, 103)
BLUE, MAGENTA, CYAN = (110, 168, 254), (190, 141, 237), (98, 195, 200)
THEME = TerminalTheme(
    PAPER,
    INK,
    [PAPER, RED, GREEN, YELLOW, BLUE, MAGENTA, CYAN, INK],
    [GREY, RED, GREEN, YELLOW, BLUE, MAGENTA, CYAN, WHITE],
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
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


CHOICE = "runs where config.lr > 0.01 order -summary.loss"


@dataclass(frozen=True)
class Picture:
    """`lines` are typed one after the other into a terminal of `columns`."""

    name: str
    columns: int
    lines: tuple[str, ...]


PICTURES = (
    Picture(
        "mission",
        110,
        (
            f'runql -s demo "{CHOICE} limit 6 select name, config.lr, summary.loss"',
            f'runql -s demo "{CHOICE} sample 200 keys loss,acc"',
        ),
    ),
)


def draw(picture: Picture) -> str:
    """The picture as SVG. Its text is what the commands write today."""
    console = Console(record=True, width=picture.columns, file=StringIO(), force_terminal=True)
    with tempfile.TemporaryDirectory() as folder:
        for line in picture.lines:
            seen = show(line, Path(folder), color=True, columns=picture.columns)
            console.print(Text.assemble(("$ ", "bold green"), (line, "bold")))
            console.print(Text.from_ansi(seen))
    return console.export_svg(title="runql", theme=THEME, code_format=FRAME, unique_id=picture.name)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "pictures", help="where the pictures are written")
    folder = parser.parse_args().out
    folder.mkdir(exist_ok=True)
    for picture in PICTURES:
        (folder / f"{picture.name}.svg").write_text(draw(picture), encoding="utf-8")


if __name__ == "__main__":
    main()
