"""Write the reference of the Python API from its docstrings: `python docs/make_python.py [--out FOLDER]`."""

from __future__ import annotations

import argparse
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import runql
from runql import errors

MADE = "<!-- made by docs/make_python.py -->"
FUNCTIONS = ("query", "connect", "from_mongo")
CLASSES = ("Connection", "Result", "Frame", "Api", "Runs", "Run")
_OF_FRONT_ENDS = frozenset(
    f"Result.{name}"
    for name in ("say_first", "fresh_warnings", "output", "footer", "ways_out", "ladder", "activity", "answer", "going")
)
"""What those who show results need of one, and nobody else."""
_SECTION = re.compile(r"^(Args|Raises|Returns|Yields):$")
_ITEM = re.compile(r"^ {4}(?P<name>\w[\w, .*]*): (?P<said>.*)$")
_PROTOCOLS = ("__iter__", "__len__", "__getitem__", "__arrow_c_stream__", "__dataframe__")


def page() -> Iterator[str]:
    """The lines of the page."""
    yield from (MADE, "", "# The Python API", "")
    yield "Everything here is `runql.NAME`, and is loaded when it is first used."
    yield "[The guide](../guide/python.md) shows it at work."
    yield from ("", "## Functions")
    for name in FUNCTIONS:
        yield from _function(f"runql.{name}", getattr(runql, name))
    for name in CLASSES:
        found = getattr(runql, name)
        yield from ("", f"## {name}", "", *_docstring(found))
        for member, value in _members(found):
            yield from _member(name, member, value)
    yield from (
        "",
        "## Values and exceptions",
        "",
        "`runql.MISSING` is what stands for a field that was never set.",
        "",
    )
    yield "| exception | of | what |"
    yield "|---|---|---|"
    for kind in _exceptions():
        above = ", ".join(f"`{base.__name__}`" for base in kind.__bases__)
        yield f"| `{kind.__name__}` | {above} | {_summary(kind.__doc__)} |"
    yield from ("", "Each carries `diagnostics`: codes, places, sentences and ways out.")


def _exceptions() -> list[type[Exception]]:
    kinds = (value for value in vars(errors).values() if isinstance(value, type))
    found = (kind for kind in kinds if issubclass(kind, errors.RunQLError))
    return [kind for kind in dict.fromkeys(found) if hasattr(runql, kind.__name__)]


def _members(of: type) -> Iterator[tuple[str, Any]]:
    """What a class gives to whoever uses it, in the order in which it is written, the nearest class first."""
    seen: set[str] = set()
    for kind in of.__mro__:
        if not kind.__module__.startswith("runql."):
            continue
        for name, value in vars(kind).items():
            is_shown = not name.startswith("_") or name in _PROTOCOLS
            is_member = inspect.isfunction(value) or isinstance(value, property | cached_property | classmethod)
            is_shown = is_shown and f"{of.__name__}.{name}" not in _OF_FRONT_ENDS
            if is_shown and is_member and name not in seen and _doc_of(value):
                seen.add(name)
                yield name, value


def _doc_of(value: Any) -> str:
    return inspect.getdoc(value.__func__ if isinstance(value, classmethod) else value) or ""


def _member(owner: str, name: str, value: Any) -> Iterator[str]:
    if isinstance(value, property | cached_property):
        yield from ("", f"### {owner}.{name}", "", *_docstring(value))
        return
    yield from _function(f"{owner}.{name}", value.__func__ if isinstance(value, classmethod) else value)


def _function(name: str, function: Any) -> Iterator[str]:
    signature = inspect.signature(function)
    shown = [_plain(one) for one in signature.parameters.values() if one.name not in {"self", "cls"}]
    text = str(signature.replace(parameters=shown, return_annotation=Written(signature.return_annotation)))
    before = "async " if inspect.iscoroutinefunction(function) else ""
    yield from ("", f"### {name}", "", f"    {before}{name.removeprefix('runql.')}{text}", "", *_docstring(function))


@dataclass(frozen=True)
class Written:
    """An annotation as it is written."""

    text: object

    def __repr__(self) -> str:
        return str(self.text)


def _plain(one: inspect.Parameter) -> inspect.Parameter:
    """A parameter as it is written; one that is given by place is shown like any: the sign for it tells little."""
    is_by_place = one.kind is inspect.Parameter.POSITIONAL_ONLY
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD if is_by_place else one.kind
    is_typed = one.annotation is not inspect.Parameter.empty
    return one.replace(kind=kind, annotation=Written(one.annotation) if is_typed else one.annotation)


def _docstring(value: Any) -> Iterator[str]:
    """A docstring as Markdown: what it says, then arguments and exceptions as lists."""
    lines = iter(_doc_of(value).splitlines())
    text: list[str] = []
    for line in lines:
        if _SECTION.match(line):
            text += [line.replace("Args:", "Arguments:"), ""]
        elif (item := _ITEM.match(line)) is not None:
            text.append(f"- `{item['name']}`: {item['said']}")
        elif line.startswith("        "):
            text.append(f"  {line.strip()}")
        else:
            text.append(line)
    yield from text


def _summary(docstring: str | None) -> str:
    return " ".join((docstring or "").split("\n\n", maxsplit=1)[0].split())


def main() -> None:
    """Write the page into the folder that the call names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "reference")
    out: Path = parser.parse_args().out
    (out / "python.md").write_text("\n".join(page()).rstrip() + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
