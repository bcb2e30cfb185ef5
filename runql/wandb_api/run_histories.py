"""The histories of all runs of a list, as rows and as frames."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

from runql.semantic.record import RunHistory
from runql.sources.history_rows import x_axis_of
from runql.sources.protocol import HistoryRequest, Page, ServiceApi, Stream
from runql.wandb_api import arguments
from runql.wandb_api.arguments import Format
from runql.wandb_api.frames import gather, pandas_frame, polars_frame, rows_with_run_id
from runql.wandb_api.paginator import Paginator
from runql.wandb_api.run import BaseRun

if TYPE_CHECKING:
    import pandas
    import polars

R = TypeVar("R", bound=BaseRun)


class HistoryFrames(Paginator[R, Page]):
    """A list of runs that gives their histories."""

    _service: ServiceApi

    @overload
    def histories(
        self,
        samples: int = 500,
        keys: Sequence[str] | None = None,
        x_axis: str = "_step",
        format: Literal["default"] = "default",
        stream: Stream = "default",
    ) -> list[dict[str, Any]]: ...
    @overload
    def histories(
        self,
        samples: int = 500,
        keys: Sequence[str] | None = None,
        x_axis: str = "_step",
        *,
        format: Literal["pandas"],
        stream: Stream = "default",
    ) -> pandas.DataFrame: ...
    @overload
    def histories(
        self,
        samples: int = 500,
        keys: Sequence[str] | None = None,
        x_axis: str = "_step",
        *,
        format: Literal["polars"],
        stream: Stream = "default",
    ) -> polars.DataFrame: ...

    def histories(
        self,
        samples: int = 500,
        keys: Sequence[str] | None = None,
        x_axis: str = "_step",
        format: Format = "default",  # noqa: A002
        stream: Stream = "default",
    ) -> list[dict[str, Any]] | pandas.DataFrame | polars.DataFrame:
        """A sample of the history of every run, under each other, with the run's id in `run_id`.

        A row is there if it holds all the keys and the x axis: W&B's own rule, so keys that were logged at different
        steps want a call each. Runs stand in the order of this list, columns in the order of their names.

        Args:
            samples: About how many rows of each run.
            keys: The metrics; without it all, and whatever rows there are.
            x_axis: The metric along which the rows stand.
            format: A list of dicts (`default`), a `pandas` or a `polars` frame.
            stream: `system` for machine metrics, without `keys`.

        Raises:
            ArgumentError: a bad argument; nothing was asked of the source.
        """
        shape = arguments.checked_format(format)
        checked = arguments.checked_keys(keys)
        samples = arguments.checked_count("samples", samples)
        x_axis = arguments.checked_x_axis(x_axis)
        stream = arguments.checked_stream(stream, checked)
        request = HistoryRequest("", "", (), checked, samples, "all", x_axis, stream=stream)
        names = None if checked is None else (x_axis_of(request), *checked)
        histories = self._histories(request)
        if shape == "default":
            return list(rows_with_run_id(histories, names))
        columns = gather(histories, names, run_id=True)
        return pandas_frame(columns) if shape == "pandas" else polars_frame(columns)

    def _histories(self, request: HistoryRequest) -> Iterator[RunHistory]:
        """The histories of all runs: one request of the service for each stretch of runs of one project."""
        for (entity, project), group in groupby(self, key=lambda run: (run.entity, run.project)):
            ids = tuple(run.id for run in group)
            asked = replace(request, entity=entity, project=project, run_ids=ids)
            for history in self._service.histories(asked):
                self._notices.update(dict.fromkeys(history.notices))
                yield history
