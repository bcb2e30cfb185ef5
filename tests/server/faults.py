"""What a test can make go wrong, and what it can look at afterwards."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Fault:
    """One answer that is not the right one.

    `status`: that HTTP status with `body`. `cut`: the right answer, half of its bytes. `drop`: the connection
    is closed without an answer. `errors`: 200 with `body` as it is. `slow`: the right answer, late.
    """

    kind: Literal["status", "cut", "drop", "errors", "slow"] = "status"
    status: int = 200
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    content_type: str = "application/json"

    @classmethod
    def html(cls, status: int = 200) -> Fault:
        """A proxy's page where JSON should be."""
        return cls("status", status, "<!doctype html><html><body>Bad gateway</body></html>", content_type="text/html")

    @classmethod
    def graphql(cls, body: str, status: int = 200) -> Fault:
        return cls("errors", status, body)


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as it came."""

    operation: str
    variables: Mapping[str, Any]
    headers: Mapping[str, str]
    body: str
    path: str
    sent_bytes: int = 0
    status: int = 0


@dataclass
class Knobs:
    """How the server behaves. Change the attributes at any time.

    `script`: faults for the next requests, one each, `None` for a right answer. `fault_for`: asked for each
    request after the script is empty. `lacks`: parts of the schema to leave out, as `Run.sampledHistory` or
    `Run.config(keys)`. `ignores`: of `filters order paging steps`. `poisoned`: runs whose history gives 502 for ever.
    `max_first`: the server's own cap of a page, silently. `max_body`: a longer answer gives 504.
    `count_off`: by how much `runCount` is wrong.
    `renames`: types have other names. `other_schema`: texts of the schema, and what stands there instead.
    `refusal_status`: that of an answer to a document that is not valid. `line_count`: what `historyLineCount` is of
    each run. `denies_more`: `hasNextPage` is always false. `cursors`: of which make they are. `nulls`: fields that
    are always null. `mute`: operators of filters that let everything through. `folds_case`: names of runs are
    compared without regard to case. `blind`: names of filters by which no run is found. `order_as_text`: 10 comes
    before 9. `nan_as`: how sampled rows carry NaN. `sampling`: which rows a sample takes.
    `exports`: what files of histories there are: none; whole ones; those of a run that grew since; some without the
    last row, though nothing is said to be live; some with another value in the second row. `export_address`: where.
    `panics`: of runs, sweeps and projects by name, the fields over which the server breaks; over `name` it breaks
    whatever is asked of them. The request gives 500, or with `tells_where` 200 with what is whole, and where it is not.
    """

    latency_seconds: float = 0.0
    script: deque[Fault | None] = field(default_factory=deque)
    fault_for: Callable[[Seen], Fault | None] | None = None
    before: Callable[[Seen], None] | None = None
    lacks: frozenset[str] = frozenset()
    ignores: frozenset[str] = frozenset()
    poisoned: frozenset[str] = frozenset()
    slow_runs: Mapping[str, float] = field(default_factory=dict)
    max_first: int | None = None
    max_body: int | None = None
    max_rows: int | None = None
    count_off: int = 0
    nan_as: Literal["bare", "string", "null"] = "string"
    sampling: Literal["even", "random"] = "even"
    parquet_live: bool = True
    exports: Literal["none", "whole", "growing", "short", "other"] = "none"
    export_address: str = ""
    shuffle_ties: bool = False
    order_as_text: bool = False
    renames: bool = False
    other_schema: tuple[tuple[str, str], ...] = ()
    refusal_status: int = 400
    line_count: int | None = None
    denies_more: bool = False
    cursors: Literal["offsets", "opaque", "other", "none"] = "offsets"
    nulls: frozenset[str] = frozenset()
    mute: frozenset[str] = frozenset()
    blind: frozenset[str] = frozenset()
    folds_case: bool = False
    panics: Mapping[str, frozenset[str]] = field(default_factory=dict)
    tells_where: bool = False
    key: str | None = None
    public: bool = True
    identity_token: str | None = None
    gzip: bool = True


class HttpFault(Exception):  # noqa: N818 - a fault on purpose, not an error
    """Raised while resolving: the whole request gives this status."""

    def __init__(self, status: int, message: str) -> None:
        self.status = status
        self.message = message
        super().__init__(message)
