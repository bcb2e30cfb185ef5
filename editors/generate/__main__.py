"""Writes what the editors know of the language.

python -m editors.generate [--out FOLDER]
"""

from __future__ import annotations

import argparse
from pathlib import Path

from editors.generate.files import FOLDER, files


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=FOLDER, help="where the files are written")
    folder: Path = parser.parse_args().out
    for name, text in files().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
