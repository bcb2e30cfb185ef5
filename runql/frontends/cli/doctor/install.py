"""What is installed: RunQL, Python, the packages that RunQL needs, and those of its extras."""

from __future__ import annotations

import platform
import re
import sys
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path

import runql
from runql.extras import install_command
from runql.frontends.cli.doctor.report import Finding, Section

_NEEDED = re.compile(r"(?P<name>[A-Za-z0-9._-]+)(\[(?P<more>[^\]]*)\])?\s*(?P<versions>[^;]*)(;(?P<marker>.*))?")
_EXTRA = re.compile(r"""extra\s*==\s*["'](?P<extra>[\w-]+)["']""")
_NOT_SAID = frozenset({"all", "test", "check", "demo", "docs", "engines", "release"})
"""Extras of those who work on RunQL, and the one that is all others."""


def sections() -> Iterator[Section]:
    """The installation, the packages, the extras."""
    where = Path(runql.__file__).parent
    yield Section(
        "installation",
        (
            Finding("runql", f"{runql.__version__} in {where}"),
            Finding("python", f"{platform.python_version()} ({platform.python_implementation()}) at {sys.executable}"),
            Finding("system", platform.platform()),
        ),
    )
    try:
        needed = metadata.requires("runql") or []
    except metadata.PackageNotFoundError:
        hint = "`pip install .` in the checkout installs it with all that it needs"
        yield Section(
            "packages", (Finding("runql", "not installed: a bare checkout", (f"no packages are known; {hint}",)),)
        )
        return
    required: list[Finding] = []
    extras: dict[str, list[str]] = {}
    for line in needed:
        found = _NEEDED.match(line)
        if found is None:
            continue
        name, versions, marker = found["name"], found["versions"].strip(), found["marker"] or ""
        of_extra = _EXTRA.search(marker)
        if of_extra is not None:
            known = extras.setdefault(of_extra["extra"], [])
            known += [_named(one, versions if one == name else "") for one in (*_brought(name, found["more"]), name)]
        elif not marker or sys.platform in marker:
            text, wrong = _package(name, versions)
            required.append(Finding(name, text, wrong))
    yield Section("packages", tuple(required))
    yield Section(
        "extras", tuple(_extra(extra, packages) for extra, packages in extras.items() if extra not in _NOT_SAID)
    )


def _package(name: str, versions: str) -> tuple[str, tuple[str, ...]]:
    """The version that is there, and what is wrong where RunQL cannot do without it."""
    try:
        version = metadata.version(name)
    except metadata.PackageNotFoundError:
        return f"{name} is not installed", (f"`{name}` is not installed; `pip install '{name}{versions}'`",)
    least = re.search(r">=\s*([\d.]+)", versions)
    if least is not None and _numbers(version) < _numbers(least[1]):
        return f"{version}, older than {least[1]}", (
            f"`{name}` {version} is too old; `pip install '{name}{versions}'`",
        )
    return version, ()


def _named(name: str, versions: str) -> str:
    text = _package(name, versions)[0]
    return text if text.startswith(name) else f"{name} {text}"


def _brought(name: str, extra: str | None) -> list[str]:
    """The packages that an extra of a package brings: `httpx[socks]` is no more than httpx where they are not there."""
    try:
        needed = metadata.requires(name) or [] if extra else []
    except metadata.PackageNotFoundError:
        return []
    found = ((_NEEDED.match(line), _EXTRA.search(line)) for line in needed)
    return [line["name"] for line, of_extra in found if line and of_extra and of_extra["extra"] == extra]


def _extra(extra: str, packages: list[str]) -> Finding:
    missing = [text for text in packages if text.endswith("is not installed")]
    if missing:
        return Finding(extra, f"{', '.join(missing)}: `{install_command(extra)}`")
    return Finding(extra, ", ".join(packages))


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version.partition("+")[0])[:3])


def variables(found: Mapping[str, str], hidden: Mapping[str, str]) -> Section:
    """The variables that have a say: values of RunQL's own, of W&B's and the network's only that they are set."""
    own = (Finding(name, value) for name, value in sorted(found.items()))
    others = (Finding(name, "set") for name, value in sorted(hidden.items()) if value)
    return Section("variables", (*own, *others))
