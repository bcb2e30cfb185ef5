"""The sample of the contract as a folder of run files."""

from __future__ import annotations

import json
from pathlib import Path

from runql.sources.local import LocalService
from tests.contract.sample import SampleProject, SampleRun
from tests.sources.local import files

FIRST_START = 1.77e9


def folder_of(sample: SampleProject, folder: Path) -> LocalService:
    """Write the sample below a folder, and read it."""
    for at, run in enumerate(sample.runs):
        body = _bodies(run, sample, FIRST_START + at * 86_400)
        log = files.write(folder, files.log(body), run.id, stamp=f"202601{at + 1:02}_120000")
        if run.metadata:
            beside = log.parent / "files" / "wandb-metadata.json"
            beside.parent.mkdir(exist_ok=True)
            beside.write_text(json.dumps(run.metadata))
    return LocalService(folder)


def _bodies(run: SampleRun, sample: SampleProject, started: float) -> list[bytes]:
    optional = {"group": run.group, "job_type": run.job_type, "notes": run.notes, "sweep": run.sweep}
    given = {name: value for name, value in optional.items() if value is not None}
    head = files.run(
        run.id,
        sample.project,
        entity=sample.entity,
        started=started,
        name=run.name,
        tags=run.tags,
        config=run.config,
        **given,
    )
    bodies = [head]
    for step, row in enumerate(run.rows):
        bodies += [files.summary({**row, "_step": step}), files.row(row, step)]
    for row in run.system:
        samples = {name.removeprefix("system."): value for name, value in row.items() if name != "_timestamp"}
        bodies.append(files.stats(row["_timestamp"], samples))
    ends = {"finished": [files.exit_()], "failed": [files.exit_(1)]}
    return bodies + ends[run.state]
