"""Write the page of the manual from the command's own help: `python docs/make_man.py [--out FOLDER]`."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Iterator
from pathlib import Path

from runql import __version__
from runql.frontends.cli.arguments import described_options, parse
from runql.frontends.cli.command_table import COMMANDS, HIDDEN

_DESCRIPTION = """\
asks questions of machine-learning runs that Weights & Biases or TensorBoard have logged: on disk, without a server and
without their packages, or on a W&B server, in few requests. Without a query it is a prompt.
"""


def page() -> Iterator[str]:
    """The page in the language of man."""
    yield f'.TH RUNQL 1 "" "runql {__version__}" "User Commands"'
    yield from (".SH NAME", "runql \\- ask questions of machine\\-learning runs", ".SH SYNOPSIS", ".nf")
    for command in ("", *(name for name in COMMANDS if COMMANDS[name] not in HIDDEN)):
        yield from (_text(line.removeprefix("usage: ").strip()) for line in _usage(command))
    yield from (".fi", ".SH DESCRIPTION", ".B runql", _text(" ".join(_DESCRIPTION.split())), ".SH COMMANDS", ".nf")
    shown = parse(["--help"]).show or ""
    _, _, commands = shown.partition("\ncommands:\n")
    yield from map(_text, textwrap.dedent(commands.rstrip()).splitlines())
    yield from (".fi", ".SH OPTIONS")
    for option in described_options():
        yield from _option(option)
    yield from (
        ".SH FILES",
        ".TP",
        ".I ~/.config/runql/config.toml",
        "the settings; `runql --write-config` writes one that explains every one",
    )
    yield from (".TP", ".I .runql.toml", "those of a project, in the working folder or the nearest one above")
    yield from (".SH ENVIRONMENT", ".TP", ".B RUNQL_SOURCE", "the source of queries that name none")
    yield from (
        ".TP",
        ".B RUNQL_CONFIG, RUNQL_DATA, RUNQL_CACHE, RUNQL_STORE",
        "other places for settings, history, cache and stores",
    )
    yield from (
        ".TP",
        ".B WANDB_API_KEY, WANDB_BASE_URL, WANDB_ENTITY, WANDB_PROJECT, WANDB_DIR",
        "as for the package of W&B",
    )
    yield from (".SH SEE ALSO", ".BR wandb (1)")


def _usage(command: str) -> list[str]:
    shown = parse([*([command] if command else []), "--help"]).show or ""
    return shown.split("\n\n", maxsplit=1)[0].splitlines()


def _option(option: dict[str, str | list[str] | None]) -> Iterator[str]:
    names, commands = option["names"] or [], [one for one in option["commands"] or [] if one not in HIDDEN]
    value = f" {option['value']}" if option["value"] is not None else ""
    yield ".TP"
    yield f".B {_text(', '.join(names) + value)}"
    where = "" if "run" in commands else f" (of {', '.join(commands)})"
    yield _text(f"{option['help']}{where}")


def _text(text: str) -> str:
    """A line that man shows as it is."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("…", "...")
    text = "".join(char if char.isascii() else f"\\[u{ord(char):04X}]" for char in text)
    return f"\\&{text}" if text.startswith((".", "'")) else text


def main() -> None:
    """Write the page into the folder that the call names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "man")
    out: Path = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    (out / "runql.1").write_text("\n".join(page()) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
