"""Write every file of this repository that follows from others, or say which are stale.

    python -m tools.generate [NAME …]            write those that are stale
    python -m tools.generate --check [NAME …]    write nothing; exit with 1 and name those that are stale

`GENERATORS` is the only list of them. The parser's table is no such file: it is packed into the wheel by
`hatch_build.py`, and a checkout keeps its own, made anew when the grammar changes.
"""

from __future__ import annotations

import argparse
import html
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
COMMAND = "make generate"


def exact(text: str) -> str:
    """Every character counts."""
    return text


def words(picture: str) -> str:
    """The words of a picture without spaces and durations: these differ each time, and lines then break elsewhere.

    Nor what a slow computer says while it looks: it stands in a picture for a moment, or never.
    """
    pieces = re.findall(r"<text [^>]*>([^<]*)</text>", picture)
    text = html.unescape(" ".join(pieces)).replace("\N{NO-BREAK SPACE}", " ")
    text = re.sub(r"\b\d+(\.\d+)? m?s\b", "… s", re.sub(r"\s+", " ", text))
    return text.replace("looking at what there is · … s", "").replace(" ", "")


@dataclass(frozen=True)
class Generator:
    """A command that writes files below `--out FOLDER`; they are kept in `place`.

    `what_counts` gives the part of a file that makes it stale if it differs. `owned` is a pattern of the files in
    `place` that nobody else makes: one of them that is not written any more is stale too.
    """

    name: str
    place: str
    command: tuple[str, ...]
    what_counts: Callable[[str], str] = exact
    owned: str | None = None

    def write(self, folder: Path) -> None:
        """Run the command. Raises `CalledProcessError` with what it said on standard error before."""
        subprocess.run([sys.executable, *self.command, "--out", str(folder)], cwd=ROOT, check=True)


GENERATORS = (
    Generator("reference", "docs/reference", ("docs/make_reference.py",)),
    Generator("cheatsheet", "docs", ("docs/make_cheatsheet.py",)),
    Generator("python", "docs/reference", ("docs/make_python.py",)),
    Generator("man", "docs/man", ("docs/make_man.py",)),
    Generator("map", "docs/design", ("docs/make_map.py",)),
    Generator("editors", "editors", ("-m", "editors.generate")),
    Generator("pictures", "docs/pictures", ("docs/make_pictures.py",), words, "*.svg"),
    Generator("charts", "docs/pictures/charts", ("docs/make_charts.py",), words, "*.svg"),
)


def changes(generator: Generator) -> dict[str, str | None]:
    """The files that are stale, by their paths in the repository, and what must be in each; `None` for one too many."""
    kept = ROOT / generator.place
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder)
        generator.write(made)
        texts = {path.relative_to(made): path.read_text("utf-8") for path in made.rglob("*") if path.is_file()}
    stale = {name: text for name, text in texts.items() if not _is_same(kept / name, text, generator.what_counts)}
    others = kept.glob(generator.owned) if generator.owned else ()
    left_over = {path.relative_to(kept) for path in others} - set(texts)
    found: dict[str, str | None] = {
        f"{generator.place}/{name.as_posix()}": stale.get(name) for name in {*stale, *left_over}
    }
    return dict(sorted(found.items()))


def _is_same(path: Path, text: str, what_counts: Callable[[str], str]) -> bool:
    return path.is_file() and what_counts(path.read_text("utf-8")) == what_counts(text)


def write(path: str, text: str | None) -> None:
    """Write a file of the repository, or remove it."""
    if text is None:
        (ROOT / path).unlink()
        return
    (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
    (ROOT / path).write_text(text, "utf-8")


def main(argv: Sequence[str] | None = None) -> int:
    """The command. Gives its exit status."""
    names = [generator.name for generator in GENERATORS]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(names)}; all if none is given")
    parser.add_argument("--check", action="store_true", help="name what is stale, and write nothing")
    arguments = parser.parse_args(argv)
    if unknown := set(arguments.names) - set(names):
        parser.error(f"no generator `{unknown.pop()}`; there are {', '.join(names)}")
    is_stale = False
    for generator in GENERATORS:
        if arguments.names and generator.name not in arguments.names:
            continue
        for path, text in changes(generator).items():
            is_stale = True
            if not arguments.check:
                write(path, text)
            done = "stale" if arguments.check else "removed" if text is None else "written"
            sys.stdout.write(f"{done}: {path}\n")
    last = (
        "nothing is stale" if not is_stale else f"`{COMMAND}` writes anew what is stale" if arguments.check else "done"
    )
    sys.stdout.write(f"{last}\n")
    return int(arguments.check and is_stale)


if __name__ == "__main__":
    sys.exit(main())
