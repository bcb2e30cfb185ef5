"""What one run file says of its run, all but its history."""

from __future__ import annotations

from dataclasses import field
from enum import StrEnum
from pathlib import Path
from typing import Any

from runql.sources.local.items import Outsize
from runql.sources.local.records import Damage, DamageKind
from runql.text.frozen import changeable, frozen


class LogState(StrEnum):
    """What there is of a run's log: `HELD` if it says which run it is of."""

    HELD = "held"
    EMPTY = "empty"
    MISSING = "missing"
    POINTER = "pointer"
    FOREIGN = "foreign"


@frozen
class BranchPoint:
    """The last step that a rewound or forked run shares with the run `run_id`."""

    run_id: str
    step: float


@changeable
class Head:
    """What one run file says of its run. Times are seconds since 1970.

    `exit_code` is `None` where there is no exit record. `summary_from_rows`: the log holds no summary, so it was taken
    from the last value of each metric. `starting_step` is the number of the first row that has none of its own.
    `first_step` and `last_step` are those of the first and last row that tell one.

    What comes from the files beside the log: `history` and `events` hold the rows and samples of a run whose log holds
    nothing, `state` is the state told there, `filled` names what the log lacks, `sign` is the last sign of life,
    `bad_sides` are files that could not be read, and `beside` tells whether any of them changed.
    """

    size: int
    version: int | None = None
    run: dict[str, Any] = field(default_factory=dict)
    config: dict[str, Any] = field(default_factory=dict)
    internal_config: dict[str, Any] = field(default_factory=dict)
    summary: dict[str, Any] = field(default_factory=dict)
    system: dict[str, Any] = field(default_factory=dict)
    user: str | None = None
    rows: int = 0
    samples: int = 0
    exit_code: int | None = None
    exit_runtime: float | None = None
    last_sample: float = 0
    starting_step: int | None = None
    summary_from_rows: bool = False
    first_step: int | None = None
    last_step: int | None = None
    branch: BranchPoint | None = None
    log: LogState = LogState.HELD
    history: Path | None = None
    events: Path | None = None
    state: str | None = None
    filled: tuple[str, ...] = ()
    sign: float = 0
    bad_sides: tuple[tuple[str, str], ...] = ()
    beside: tuple[tuple[str, int, int], ...] = ()
    damages: list[Damage] = field(default_factory=list)
    outsize: Outsize = field(default_factory=dict)

    @property
    def is_foreign(self) -> bool:
        """Whether this is no run file, or one of a version that nobody knows: nothing of it was read."""
        return any(
            damage.kind is DamageKind.VERSION or (damage.kind is DamageKind.HEADER and damage.resumed is None)
            for damage in self.damages
        )
