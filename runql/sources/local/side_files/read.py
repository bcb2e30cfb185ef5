"""What the small files beside a log say of a run: its config, its summary, who ran it and when."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

from runql.semantic.huge_values import by_name
from runql.semantic.json_text import read_json
from runql.sources.local.discover import CONFIG, EVENTS, FILES, HISTORY, METADATA, SUMMARY
from runql.sources.local.side_files.config_yaml import read_config
from runql.text.frozen import changeable

_MOST_BYTES: Final = 16 << 20
"""More than the SDK writes into any of these: W&B's server takes no config and no summary so large."""


@changeable
class Sides:
    """What could be read; `bad` are the files that could not, each with the reason. `internal` is W&B's own part of the
    config, in which some writers keep what others have in the metadata."""

    config: dict[str, Any] = field(default_factory=dict)
    summary: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    internal: dict[str, Any] = field(default_factory=dict)
    history: Path | None = None
    events: Path | None = None
    bad: list[tuple[str, str]] = field(default_factory=list)
    outsize: dict[str, str] = field(default_factory=dict)
    """Values of the config and the summary that became texts, as `json_text` has them."""

    @property
    def started(self) -> float:
        """When the metadata was written, which is right after the run began; 0 if that is unknown."""
        return time_of(self.metadata.get("startedAt"))

    @property
    def heartbeat(self) -> float:
        """The last sign of life that the metadata tells; 0 if it tells none."""
        return time_of(self.metadata.get("heartbeatAt"))

    def told(self, *names: str) -> str | None:
        """A text of the metadata, or of W&B's own part of the config, under the first of these names that has one."""
        found = (place.get(name) for name in names for place in (self.metadata, self.internal))
        return next((value for value in found if isinstance(value, str) and value), None)

    @property
    def tags(self) -> list[str]:
        """The tags."""
        tags = self.metadata.get("tags") or self.internal.get("tags")
        return [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []

    @property
    def start_time(self) -> float:
        """When the run began, to the fraction of a second, where the config tells it; else 0."""
        time = self.internal.get("start_time")
        is_number = isinstance(time, int | float) and not isinstance(time, bool) and math.isfinite(time)
        return float(time) if is_number and time is not None else 0.0


def read_sides(folder: Path) -> Sides:
    """The files of a run's folder but for its log. A file that is malformed costs nothing but what it holds."""
    sides = Sides(history=_place(folder, HISTORY), events=_place(folder, EVENTS))
    sides.config = _read(folder, CONFIG, partial(_config, sides), sides)
    internal = sides.config.pop("_wandb", None)
    sides.internal = internal if isinstance(internal, dict) else {}
    sides.summary = _read(folder, SUMMARY, partial(_summary, sides), sides)
    sides.metadata = _read(folder, METADATA, json_object, sides)
    return sides


def metadata_beside(folder: Path) -> dict[str, Any]:
    """What `wandb-metadata.json` holds; empty if there is no such file, or it holds something else."""
    return _read(folder, METADATA, json_object, Sides())


def _config(sides: Sides, text: bytes) -> dict[str, Any]:
    reading = read_config(text)
    sides.outsize.update(by_name("config", reading.oddities))
    config: dict[str, Any] = reading.value
    return config


def _summary(sides: Sides, text: bytes) -> dict[str, Any]:
    sides.outsize.update(by_name("summary", read_json(text).oddities))
    return json_object(text)


def json_object(text: bytes) -> dict[str, Any]:
    """A JSON object, with `NaN` and `Infinity` as every SDK writes them. Raises `ValueError`."""
    value = read_json(text).value
    if not isinstance(value, dict):
        raise ValueError("no JSON object")
    return value


def _place(folder: Path, name: str) -> Path | None:
    return next((path for path in (folder / FILES / name, folder / name) if path.is_file()), None)


def _read(folder: Path, name: str, read: Callable[[bytes], dict[str, Any]], sides: Sides) -> dict[str, Any]:
    path = _place(folder, name)
    if path is None:
        return {}
    shown = f"{folder.name}/{path.relative_to(folder)}"
    try:
        with path.open("rb") as file:
            text = file.read(_MOST_BYTES + 1)
        if len(text) > _MOST_BYTES:
            raise ValueError(f"larger than {_MOST_BYTES >> 20} MiB")
        return read(text) if text.strip() else {}
    except OSError as problem:
        sides.bad.append((shown, (problem.strerror or str(problem)).lower()))
    except ValueError as problem:
        sides.bad.append((shown, str(problem).split("\n", 1)[0]))
    return {}


def time_of(text: Any) -> float:
    """Seconds since 1970 of a time that the SDK wrote; one without a zone is in UTC."""
    try:
        time = datetime.fromisoformat(text)
        return (time if time.tzinfo is not None else time.replace(tzinfo=UTC)).timestamp()
    except (TypeError, ValueError, OverflowError):
        return 0.0  # no time, or one that no calendar has
