"""What a run is without its sweep, as W&B's public API has it; `runs.py` has the rest."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal, overload

from runql.engine.mongo.history_keys import history_keys_of
from runql.semantic.record import RunRecord
from runql.sources.history_rows import x_axis_of
from runql.sources.protocol import FULL, LIGHT, HistoryRequest, ServiceApi, Stream, Wanted
from runql.text.render import clean
from runql.wandb_api import arguments
from runql.wandb_api.explained import RUN_REASONS, Pictured
from runql.wandb_api.frames import gather, pandas_frame, rows_of
from runql.wandb_api.history_scan import HistoryScan
from runql.wandb_api.loader import PageLoader, not_found
from runql.wandb_api.run_attributes import (
    SPELLINGS,
    Metadata,
    attributes,
    config_of,
    own_copy,
    rawconfig_of,
    summary_of,
)
from runql.wandb_api.run_facts import LightAttributes
from runql.wandb_api.summary import Summary

if TYPE_CHECKING:
    import pandas


class BaseRun(LightAttributes, Pictured):
    """One run. What a listing left out is loaded the first time that it is read, for the whole page at once.

    Args:
        service_api: The service that holds the run.
        entity: The entity, and
        project: the project in which it is looked up.
        run_id: The id in its URL.
        attrs: The run, if it is at hand; else it is asked for.
        include_sweeps: Whether to load its sweep now.
        lazy: Whether to leave config, summary and system metrics until they are read.
        api_key: Taken for W&B's sake; who may read what is the service's business.
        loader: Loads the rest of the page together with this run.

    Raises:
        RunNotFoundError: there is no such run; the nearest id is named.
    """

    KIND: ClassVar[str] = "Run"
    PAGE: ClassVar[str] = "run"
    SPELLINGS: ClassVar[Mapping[str, str]] = SPELLINGS
    REASONS: ClassVar[Mapping[str, str]] = RUN_REASONS

    def __init__(  # noqa: PLR0917 - W&B's own order
        self,
        service_api: ServiceApi,
        entity: str,
        project: str,
        run_id: str,
        attrs: RunRecord | None = None,
        include_sweeps: bool = False,
        lazy: bool = True,
        api_key: str | None = None,  # noqa: ARG002
        *,
        loader: PageLoader | None = None,
    ) -> None:
        self._service = service_api
        self._place = (entity, project)
        self._lazy = lazy
        record = attrs if attrs is not None else self._ask(run_id, LIGHT if lazy else FULL)
        self._record = record
        self._full = not lazy and record.config is not None
        self._loader = PageLoader(service_api) if loader is None else loader
        self._loader.runs.append(self)
        self._handed_out: dict[str, Any] = {}
        """Configs and tags that somebody may have changed: what is changed in them stays changed, in this object."""
        self._metadata: Metadata | None = None
        if include_sweeps:
            self._ask_for_sweep()

    @property
    def is_full(self) -> bool:
        """Whether config, summary, system metrics and history keys are all here."""
        return self._full

    # What is heavy

    @property
    def config(self) -> dict[str, Any]:
        """The hyperparameters, nested as they were set, without what W&B keeps there for itself.

        A dict of this object's own: what is changed in it stays changed until `load(force=True)`.
        """
        record = self._whole()
        if "config" not in self._handed_out:
            self._handed_out["config"] = own_copy(config_of(record))
        found: dict[str, Any] = self._handed_out["config"]
        return found

    @property
    def tags(self) -> list[str]:
        """The tags, a list of this object's own, as `config` is a dict."""
        found: list[str] = self._handed_out.setdefault("tags", list(self._record.tags))
        return found

    @property
    def rawconfig(self) -> dict[str, Any]:
        """The hyperparameters with what W&B keeps there for itself."""
        return own_copy(rawconfig_of(self._whole()))

    @property
    def json_config(self) -> str:
        """The config as W&B's server keeps it: JSON text, each value in a record."""
        return json.dumps({key: {"value": value, "desc": None} for key, value in self.rawconfig.items()})

    @property
    def summary(self) -> Summary:
        """The last value of each metric, to be read like a dict."""
        return Summary(summary_of(self._whole()))

    @property
    def summary_metrics(self) -> dict[str, Any]:
        """The last value of each metric, as a plain dict."""
        return own_copy(summary_of(self._whole()))

    @property
    def system_metrics(self) -> dict[str, Any]:
        """The last machine metrics."""
        return dict(self._whole().system_metrics or {})

    @property
    def history_keys(self) -> dict[str, Any]:
        """The metrics it logged: `{"lastStep": n, "keys": {name: {"typeCounts": […]}}}`."""
        return history_keys_of(self._whole())

    @property
    def lastHistoryStep(self) -> int:  # noqa: N802 - W&B's own name
        """The last step that it logged; -1 if there is none."""
        return int(self.history_keys.get("lastStep", -1))

    @property
    def metadata(self) -> dict[str, Any]:
        """What `wandb-metadata.json` says of where the run ran, as far as the source knows it; read once.

        Of runs on disk that is the file, or what the log holds in its place; a server is asked for it, and a store has
        what its source said. A store that was pulled before it kept that warns, and the next pull adds it.
        """
        if self._metadata is None:
            told = self._service.metadata(*self._place, self.id)
            if told.lacking:
                warnings.warn(told.lacking, UserWarning, stacklevel=2)
            self._metadata = Metadata({**self._known_metadata(), **told.facts}, told.origin)
        return self._metadata

    @property
    def _attrs(self) -> dict[str, Any]:
        """The run under W&B's names: old scripts ask for it by this name."""
        return self.load()

    def load(self, force: bool = False) -> dict[str, Any]:
        """The run under W&B's names, as far as it was loaded. `force` asks for it again.

        Raises:
            RunNotFoundError: the run is gone.
        """
        if force:
            self._record = self._ask(self.id, FULL if self._full else LIGHT)
            self._handed_out.clear()
        return attributes(self._record)

    def load_full_data(self, force: bool = False) -> dict[str, Any]:
        """The whole run under W&B's names. `force` asks for it again even if it is here.

        Raises:
            RunNotFoundError: the run is gone.
        """
        if force:
            self.accept(self._ask(self.id, FULL))
            self._handed_out.clear()
        return attributes(self._whole())

    def accept(self, record: RunRecord) -> None:
        """Take over the run with all its parts."""
        self._record = record
        self._full = True

    def _whole(self) -> RunRecord:
        if not self._full:
            self._loader.complete(self)
        return self._record

    def _ask(self, run_id: str, wanted: Wanted) -> RunRecord:
        record = self._service.run(*self._place, run_id, wanted)
        if record is None:
            raise not_found(self._service, *self._place, run_id)
        return record

    def _ask_for_sweep(self) -> None:
        """Load its sweep now."""
        raise NotImplementedError

    # Its history

    @overload
    def history(
        self,
        samples: int = 500,
        keys: Sequence[str] | None = None,
        x_axis: str = "_step",
        pandas: Literal[True] = True,
        stream: Stream = "default",
    ) -> pandas.DataFrame: ...
    @overload
    def history(
        self,
        samples: int = 500,
        keys: Sequence[str] | None = None,
        x_axis: str = "_step",
        *,
        pandas: Literal[False],
        stream: Stream = "default",
    ) -> list[dict[str, Any]]: ...

    def history(
        self,
        samples: int = 500,
        keys: Sequence[str] | None = None,
        x_axis: str = "_step",
        pandas: bool = True,
        stream: Stream = "default",
    ) -> list[dict[str, Any]] | pandas.DataFrame:
        """A sample of the rows that hold all the keys and the x axis: W&B's own rule.

        Args:
            samples: About how many rows.
            keys: The metrics; without it all, and whatever rows there are.
            x_axis: The metric along which the rows stand.
            pandas: A frame, or else a list of dicts.
            stream: `system` for machine metrics, without `keys`.

        Raises:
            ArgumentError: a bad argument.
        """
        checked = arguments.checked_keys(keys)
        request = HistoryRequest(
            self.entity,
            self.project,
            (self.id,),
            checked,
            arguments.checked_count("samples", samples),
            "all",
            arguments.checked_x_axis(x_axis),
            stream=arguments.checked_stream(stream, checked),
        )
        names = None if checked is None else (x_axis_of(request), *checked)
        histories = list(self._service.histories(request))
        if pandas:
            return pandas_frame(gather(histories, names))
        return [row for history in histories for row in rows_of(history, names)]

    def scan_history(
        self,
        keys: Sequence[str] | None = None,
        page_size: int = 1_000,
        min_step: int = 0,
        max_step: int | None = None,
        use_cache: bool = True,  # noqa: ARG002 - W&B's cache; a scan here always reads the source
    ) -> HistoryScan:
        """Every logged row that holds all the keys, streamed.

        Args:
            keys: The metrics; without it every metric, and every row.
            page_size: Taken for W&B's sake: a source reads in pages of the size that suits it.
            min_step: The first step.
            max_step: The step before which it ends.
            use_cache: Taken for W&B's sake.

        Raises:
            ArgumentError: a bad argument.
        """
        arguments.checked_count("page_size", page_size)
        low, high = arguments.checked_step("min_step", min_step), arguments.checked_step("max_step", max_step)
        request = HistoryRequest(
            self.entity,
            self.project,
            (self.id,),
            arguments.checked_keys(keys),
            None,
            "all",
            min_step=low or None,
            max_step=None if high is None else high - 1,
        )
        return HistoryScan(self._service, request, self, page_size)

    # How it looks

    def __setattr__(self, name: str, value: object) -> None:
        if not name.startswith("_"):
            raise AttributeError(f"`Run.{name}` cannot be set: RunQL only reads runs")
        super().__setattr__(name, value)

    def __repr__(self) -> str:
        return clean(f"<Run {'/'.join(self.path)} ({self.state})>")

    def _title(self) -> str:
        return f"{self.name or self.id} ({self.state})"

    # In a pickle: the run as it is here, and how its source is opened again

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "_loader"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._loader = PageLoader(self._service)
        self._loader.runs.append(self)
