"""Where a run ran: `wandb-metadata.json` beside its log or, of an offline run, what the log holds in its place."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeAlias

from runql.sources.files.wire import BYTES, VARINT, MalformedWire, fields, text, timestamp
from runql.sources.local import records
from runql.sources.local.records import Frames
from runql.sources.local.run import LocalRun
from runql.sources.local.side_files.read import metadata_beside

ORIGIN: Final = "neither `files/wandb-metadata.json` nor the log of the run says it"

_Bytes: TypeAlias = Callable[[bytes, int, int], Any]


def _moment(data: bytes, start: int, end: int) -> str:
    seconds = timestamp(data, start, end)
    try:
        return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None).isoformat() + "Z"
    except (OverflowError, OSError, ValueError):
        return str(seconds)  # a date that no calendar has


def _named(text_: str) -> dict[int, str]:
    """`1 os 2 python` as numbers and names."""
    words = text_.split()
    return dict(zip(map(int, words[::2]), words[1::2], strict=True))


class _Message:
    """A message by its field numbers: names of texts, whole numbers, 64-bit numbers, other messages, lists and maps."""

    def __init__(
        self,
        texts: str = "",
        numbers: str = "",
        longs: str = "",
        *,
        parts: Mapping[int, tuple[str, _Bytes]] = {},
        lists: Mapping[int, tuple[str, _Bytes]] = {},
        maps: Mapping[int, tuple[str, _Bytes]] = {},
    ) -> None:
        self._single: dict[int, tuple[str, _Bytes]] = {at: (name, text) for at, name in _named(texts).items()}
        self._single.update(parts)
        self._numbers, self._longs, self._lists, self._maps = _named(numbers), _named(longs), lists, maps

    def __call__(self, data: bytes, start: int, end: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for number, wire, a, b in fields(data, start, end):
            if wire == VARINT:
                if number in self._numbers:
                    found[self._numbers[number]] = a
                elif number in self._longs:
                    found[self._longs[number]] = str(a)  # as protobuf writes 64 bits into JSON
            elif wire != BYTES:
                continue
            elif number in self._single:
                name, read = self._single[number]
                found[name] = read(data, a, b)
            elif number in self._lists:
                name, read = self._lists[number]
                found.setdefault(name, []).append(read(data, a, b))
            elif number in self._maps:
                name, entry = self._maps[number]
                pair = entry(data, a, b)
                found.setdefault(name, {})[pair.get("key", "")] = pair.get("value", {})
        return found


_DISK: Final = _Message("1 key", parts={2: ("value", _Message(longs="1 total 2 used"))})
_NVIDIA: Final = _Message("1 name 4 architecture 5 uuid 6 pciBusId", "3 cudaCores 7 numaNode", "2 memoryTotal")
_AMD: Final = _Message(
    "1 id 2 uniqueId 3 vbiosVersion 4 performanceLevel 5 gpuOverdrive 6 gpuMemoryOverdrive 7 maxPower 8 series 9 model "
    "10 vendor 11 sku 12 sclkRange 13 mclkRange"
)
_APPLE: Final = _Message(
    "1 name 8 macModel", "2 ecpuCores 3 pcpuCores 4 gpuCores 5 memoryGb", "6 swapTotalBytes 7 ramTotalBytes"
)
_ENVIRONMENT: Final = _Message(
    "1 os 2 python 4 docker 6 program 7 codePath 8 codePathLocal 10 email 11 root 12 host 13 username 14 executable "
    "15 colab 18 gpu 25 cudaVersion 199 writerId",
    "16 cpu_count 17 cpu_count_logical 19 gpu_count",
    parts={
        3: ("startedAt", _moment),
        9: ("git", _Message("1 remote 2 commit")),
        21: ("memory", _Message(longs="1 total")),
        22: ("cpu", _Message("3 model", "1 count 2 countLogical")),
        23: ("apple", _APPLE),
        28: ("trainium", _Message("1 name 2 vendor", "3 neuronDeviceCount 4 neuroncorePerDeviceCount")),
        29: ("tpu", _Message("1 name", "2 hbmGib 3 devicesPerChip 4 count")),
        30: ("coreweave", _Message("1 clusterName 2 orgId 3 region")),
    },
    lists={5: ("args", text), 24: ("gpu_nvidia", _NVIDIA), 26: ("gpu_amd", _AMD)},
    maps={20: ("disk", _DISK), 27: ("slurm", _Message("1 key 2 value"))},
)
"""`EnvironmentRecord` of the SDK 0.31, by the names under which it stands in the file."""


def metadata_of(run: LocalRun) -> Mapping[str, Any]:
    """What is said of where a run ran, by the names of W&B's file; of a run in several folders the last one wins."""
    found: dict[str, Any] = {}
    for segment in run.segments:
        beside = metadata_beside(segment.file.folder) if segment.file.folder is not None else {}
        found |= beside or (_logged(segment.file.path) if segment.file.is_log else {})
    return found


def _logged(path: Path) -> dict[str, Any]:
    """The SDK writes several such records, some with only a few of the fields."""
    found: dict[str, Any] = {}
    try:
        with path.open("rb") as file:
            for data, start, end, _ in Frames(file, os.fstat(file.fileno()).st_size):
                try:
                    kind, begin, stop = records.locate(data, start, end)
                    if kind == records.ENVIRONMENT:
                        found |= _ENVIRONMENT(data, begin, stop)
                except MalformedWire:
                    continue  # the listing has said so
    except OSError:
        return found  # as above: the file was read a moment ago for the listing, which says what is wrong with it
    return found
