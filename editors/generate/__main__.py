"""Writes what the editors know of the language.

python -m editors.generate
"""

from __future__ import annotations

from editors.generate.files import FOLDER, files


def main() -> None:
    for name, text in files().items():
        path = FOLDER / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
