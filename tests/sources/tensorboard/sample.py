"""The sample of the contract as TensorBoard logs, as far as the format holds it.

Event files know no entity, project, name beside the folder's, tag, job type, note, sweep or machine metric, and a
scalar is a number: texts that were logged are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from runql.sources.tensorboard import TensorboardService
from tests.contract.sample import SampleProject, SampleRun
from tests.sources.tensorboard import writer

FIRST_START = 1.77e9
_STATUS = {"finished": 1, "failed": 2}


def logs_of(sample: SampleProject, folder: Path) -> TensorboardService:
    """Write the sample below a folder, and read it."""
    for at, run in enumerate(sample.runs):
        begin = FIRST_START + at * 86_400
        writer.write(folder / run.id, *_records(run, begin))
    return TensorboardService(folder)


def _records(run: SampleRun, begin: float) -> Iterator[bytes]:
    yield writer.version(at=begin)
    if run.config or run.group:
        yield writer.session_start(run.config, run.group or "", begin, begin)
    for step, row in enumerate(run.rows):
        for tag, number in _numbers("", row):
            body = writer.number_tensor(2, "<d", number)
            yield writer.summary([writer.tensor(tag, body)], step, begin + step)
    yield writer.session_end(_STATUS[run.state], begin + len(run.rows), begin)


def _numbers(prefix: str, row: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    for key, value in row.items():
        if isinstance(value, Mapping):
            yield from _numbers(f"{prefix}{key}.", value)
        elif isinstance(value, int | float):
            yield f"{prefix}{key}", value
