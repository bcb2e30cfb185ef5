"""Where a run ran: `wandb-metadata.json` beside its log or, of an offline run, what the log holds in its place."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from runql.backends.local import records
from runql.backends.local.framing import Frames
from runql.backends.local.run import LocalRun
from runql.backends.local.side.read import metadata_beside
from runql.backends.local.wire import BYTES, VARINT, Malformed, fields, text, timestamp

ORIGIN: Final = "neither `files/wandb-metadata.json` nor the log of the run says it"

_TEXTS: Final = {
    1: "os",
    2: "python",
    4: "docker",
    6: "program",
    7: "codePath",
    8: "codePathLocal",
    10: "email",
    11: "root",
    12: "host",
    13: "username",
    14: "executable",
    15: "colab",
    18: "gpu",
    25: "cudaVersion",
}
_NUMBERS: Final = {16: "cpu_count", 17: "cpu_count_logical", 19: "gpu_count"}
_STARTED, _ARGS, _GIT, _MEMORY = 3, 5, 9, 21
_GPUS: Final = 24
_GPU_TEXTS: Final = {1: "name", 4: "architecture", 5: "uuid", 6: "pciBusId"}
_GPU_NUMBERS: Final = {2: "memoryTotal", 3: "cudaCores", 7: "numaNode"}


def metadata_of(run: LocalRun) -> Mapping[str, Any] | None:
    """What is said of where a run ran, by the names of W&B's file; of a run in several folders the last one wins."""
    found: dict[str, Any] = {}
    for segment in run.segments:
        beside = metadata_beside(segment.file.folder) if segment.file.folder is not None else {}
        found |= beside or (_logged(segment.file.path) if segment.file.is_log else {})
    return found or None


def _logged(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = {}
    try:
        with path.open("rb") as file:
            for data, start, end, _ in Frames(file, os.fstat(file.fileno()).st_size):
                try:
                    kind, begin, stop = records.locate(data, start, end)
                    if kind == records.ENVIRONMENT:
                        found |= _environment(data, begin, stop)
                except Malformed:
                    continue  # the listing has said so
    except OSError:
        return {}  # as above: the file was read a moment ago for the listing, which says what is wrong with it
    return found


def _environment(data: bytes, start: int, end: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for number, wire, a, b in fields(data, start, end):
        if wire == VARINT and number in _NUMBERS:
            found[_NUMBERS[number]] = a
        elif wire != BYTES:
            continue
        elif number in _TEXTS:
            found[_TEXTS[number]] = text(data, a, b)
        elif number == _ARGS:
            found.setdefault("args", []).append(text(data, a, b))
        elif number == _STARTED:
            moment = datetime.fromtimestamp(timestamp(data, a, b), UTC).replace(tzinfo=None)
            found["startedAt"] = moment.isoformat() + "Z"
        elif number == _GIT:
            found["git"] = _parts(data, a, b, {1: "remote", 2: "commit"}, {})
        elif number == _MEMORY:
            found["memory"] = _parts(data, a, b, {}, {1: "total"})
        elif number == _GPUS:
            found.setdefault("gpu_nvidia", []).append(_parts(data, a, b, _GPU_TEXTS, _GPU_NUMBERS))
    return found


def _parts(
    data: bytes, start: int, end: int, texts: Mapping[int, str], numbers: Mapping[int, str]
) -> dict[str, str | int]:
    """A message of texts and numbers. 64-bit numbers are texts in W&B's file, as in all JSON that protobuf writes."""
    found: dict[str, str | int] = {}
    for number, wire, a, b in fields(data, start, end):
        if wire == BYTES and number in texts:
            found[texts[number]] = text(data, a, b)
        elif wire == VARINT and number in numbers:
            name = numbers[number]
            found[name] = str(a) if name in ("total", "memoryTotal") else a
    return found
