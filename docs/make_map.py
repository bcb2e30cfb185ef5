"""Draw the house from its code: `python docs/make_map.py [--out FOLDER]` writes `house.svg`.

Floors and their order are those of the layer contract in `pyproject.toml`, rooms their folders and files, arrows
the imports between floors, less those that follow from others.
"""

from __future__ import annotations

import argparse
import ast
import tomllib
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "runql"
FOLDER = Path(__file__).parent / "design"

WIDTH, MARGIN, LANE = 1000, 16, 14
PLAIN, GAP, LINE = 34, 14, 15
LETTERS = 150
"""How many letters of room names fit on a line across the whole width."""

Graph = Mapping[str, frozenset[str]]


def floors() -> list[list[str]]:
    """The floors of the contract, the highest first; those of one layer together."""
    contract = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    return [[name.strip() for name in layer.split("|")] for layer in contract["contracts"][0]["layers"]]


def files_of(floor: str) -> list[Path]:
    """The Python files of a floor: one, or those of its folder."""
    file = PACKAGE / f"{floor}.py"
    return [file] if file.exists() else sorted((PACKAGE / floor).rglob("*.py"))


def rooms_of(floor: str) -> list[str]:
    """The folders of a floor, each with its own folders in brackets, then its files."""
    folder = PACKAGE / floor
    below = sorted(path.parent for path in folder.glob("*/__init__.py"))
    rooms = []
    for room in below:
        inner = sorted(path.parent.name for path in room.glob("*/__init__.py"))
        rooms.append(f"{room.name}/ ({', '.join(inner)})" if inner else f"{room.name}/")
    return rooms + sorted(path.stem for path in folder.glob("*.py") if path.stem != "__init__")


def imported(file: Path) -> Iterator[str]:
    """The floors that a file imports, wherever in it the import stands."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "runql":
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("runql."):
            yield (node.module or "").split(".")[1]


def imports(names: list[str]) -> Graph:
    """Which floors a floor imports."""
    known = set(names)
    return {
        floor: frozenset(name for file in files_of(floor) for name in imported(file) if name in known) - {floor}
        for floor in names
    }


def without_detours(graph: Graph) -> dict[str, list[str]]:
    """The graph without the imports that follow from others: from a to c, where a imports b and b imports c."""

    def reach(floor: str) -> set[str]:
        return set(graph[floor]).union(*(reach(other) for other in graph[floor]))

    below = {floor: reach(floor) for floor in graph}
    return {
        floor: sorted(other for other in graph[floor] if not any(other in below[via] for via in graph[floor]))
        for floor in graph
    }


def wrap(words: list[str], letters: int) -> list[str]:
    """Words in lines of at most so many letters."""
    lines: list[str] = []
    for word in words:
        longer = f"{lines[-1]} · {word}" if lines else word
        if lines and len(longer) <= letters:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def drawing() -> str:
    """The picture as SVG."""
    layers = floors()
    names = [floor for layer in layers for floor in layer]
    arrows = without_detours(imports(names))
    places: dict[str, tuple[float, float, float, float]] = {}
    boxes: list[str] = []
    room = WIDTH - 2 * MARGIN - LANE * 8
    y = float(MARGIN)
    for layer in layers:
        width = (room - GAP * (len(layer) - 1)) / len(layer)
        lines = {floor: wrap(rooms_of(floor), int(LETTERS * width / room) - 4) for floor in layer}
        height = max(PLAIN + LINE * len(each) + 8 * bool(each) for each in lines.values())
        for position, floor in enumerate(layer):
            x = MARGIN + position * (width + GAP)
            places[floor] = (x, y, width, height)
            boxes += box(floor, lines[floor], places[floor])
        y += height + GAP
    lines_between = [line for floor in names for other in arrows[floor] for line in arrow(floor, other, layers, places)]
    return "\n".join([*head(y + MARGIN), *lines_between, *boxes, "</svg>", ""])


def head(height: float) -> list[str]:
    """The opening of the picture, with its colours."""
    return [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" font-family="sans-serif">',
        f'<rect width="{WIDTH}" height="{height:.0f}" fill="#ffffff"/>',
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0L8 4L0 8z" fill="#8a8f98"/></marker></defs>',
    ]


def box(floor: str, rooms: list[str], place: tuple[float, float, float, float]) -> list[str]:
    """One floor: its name, how many files it has, and its rooms."""
    x, y, width, height = place
    count = len(files_of(floor))
    size = f"{count} files" if count != 1 else "1 file"
    drawn = [
        f'<rect x="{x:.0f}" y="{y:.0f}" width="{width:.0f}" height="{height:.0f}" rx="6" fill="#f3f6fb"'
        ' stroke="#9db2d0"/>',
        f'<text x="{x + 12:.0f}" y="{y + 22:.0f}" font-size="15" font-weight="bold" fill="#1f3555">{floor}</text>',
        f'<text x="{x + width - 12:.0f}" y="{y + 22:.0f}" font-size="11" text-anchor="end"'
        f' fill="#6b7480">{size}</text>',
    ]
    for row, line in enumerate(rooms):
        drawn.append(
            f'<text x="{x + 12:.0f}" y="{y + 42 + row * LINE:.0f}" font-size="11" fill="#3c4654">{escape(line)}</text>'
        )
    return drawn


def arrow(
    floor: str, other: str, layers: list[list[str]], places: dict[str, tuple[float, float, float, float]]
) -> list[str]:
    """An import: straight down to the next layer, else by a lane on the right."""
    level = {name: index for index, layer in enumerate(layers) for name in layer}
    (x1, y1, w1, h1), (x2, y2, w2, h2) = places[floor], places[other]
    style = 'fill="none" stroke="#8a8f98" marker-end="url(#tip)"'
    if level[other] - level[floor] == 1:
        middle = (max(x1, x2) + min(x1 + w1, x2 + w2)) / 2
        return [f'<path d="M{middle:.0f} {y1 + h1:.0f}V{y2:.0f}" {style}/>']
    lane = max(x1 + w1, x2 + w2) + LANE * min(8, level[other] - level[floor])
    start, end = y1 + h1 * 0.6, y2 + h2 * 0.4
    return [f'<path d="M{x1 + w1:.0f} {start:.0f}H{lane:.0f}V{end:.0f}H{x2 + w2:.0f}" {style}/>']


def main() -> None:
    """Write the picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=FOLDER)
    folder: Path = parser.parse_args().out
    (folder / "house.svg").write_text(drawing(), encoding="utf-8")


if __name__ == "__main__":
    main()
