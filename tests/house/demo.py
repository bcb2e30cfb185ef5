"""The runs that come with RunQL, read once a process: neither their files change, nor what is read of them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from runql import demo
from runql.sources.local import folder, head_reader
from runql.sources.local.discover import RunFile, find_run_files
from runql.sources.local.head import Head

_FOLDER = Path(demo.__path__[0]) / "wandb"


@cache
def _of_the_demo(file: RunFile) -> Head:
    return head_reader.read_run(file)


def read_run(file: RunFile) -> Head:
    """In place of the function that `runql.sources.local.folder` calls: with a memory for the files of the demo."""
    return _of_the_demo(file) if file.path.is_relative_to(_FOLDER) else head_reader.read_run(file)


def read_for_good() -> None:
    """Read all of it now, and never again in this process nor in those that fork from it."""
    vars(folder)["read_run"] = read_run
    for file in find_run_files(_FOLDER).files:
        read_run(file)
