"""What W&B's classes have in common: other spellings, what is left out and why, how they look in a notebook."""

from __future__ import annotations

import html
import re
import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Any, ClassVar

_WRITES = "RunQL only reads"
_FILES = "RunQL reads the data of runs, not their files and artifacts"
_ARTIFACTS = "RunQL reads runs, not artifacts and registries"
_REPORTS = "RunQL reads runs, not reports"
_LAUNCH = "RunQL reads runs, not queues and jobs"
_AUTOMATIONS = "RunQL reads runs, not automations and integrations"
_ACCOUNTS = "RunQL reads runs, not teams and organizations"


def _reasons(reason: str, names: str) -> dict[str, str]:
    return dict.fromkeys(names.split(), reason)


RUN_REASONS: Mapping[str, str] = {
    **_reasons(_WRITES, "create delete log_artifact save stop update update_state upload_file use_artifact"),
    **_reasons(_FILES, "console_logs download_history_exports files logged_artifacts used_artifacts"),
    "file": f"{_FILES}; what `wandb-metadata.json` says is in `metadata`",
    "wait_until_finished": "RunQL does not wait; read the run again with `load(force=True)`",
    "beta_scan_history": "use `scan_history`",
    "dir": "RunQL makes no folder for a run",
}
SWEEP_REASONS: Mapping[str, str] = {"enqueue_run": _WRITES, "get": "use `Api.sweep`"}
PROJECT_REASONS: Mapping[str, str] = _reasons(_ARTIFACTS, "artifacts_types collections")
USER_REASONS: Mapping[str, str] = {
    **_reasons(_WRITES, "create delete_api_key generate_api_key"),
    **_reasons("RunQL keeps no keys in its objects", "api_keys user_api"),
}
API_REASONS: Mapping[str, str] = {
    **_reasons(_WRITES, "create_project create_run create_team create_user create_custom_chart sync_tensorboard"),
    **_reasons(
        _ARTIFACTS,
        "artifact artifact_collection artifact_collection_exists artifact_collections artifact_exists artifact_type "
        "artifact_types artifact_versions artifacts create_registry registries registry",
    ),
    **_reasons(_LAUNCH, "create_run_queue job list_jobs queued_run run_queue upsert_run_queue"),
    **_reasons(
        _AUTOMATIONS,
        "automation automations create_automation delete_automation integrations slack_integrations update_automation "
        "webhook_integrations",
    ),
    **_reasons(_ACCOUNTS, "organization team"),
    "reports": _REPORTS,
    "client": "RunQL has a client of its own; what holds the runs is `service_api`",
}
MODULE_REASONS: Mapping[str, str] = {
    "login": "the key that `wandb login` stored, or `WANDB_API_KEY`, is found without it: leave the call out",
    **_reasons(
        f"{_WRITES}: what logs goes on with `import wandb`",
        "agent alert attach box3d config controller define_metric ensure_configured finish init join "
        "link_model log log_artifact log_code log_model mark_preempting pin_config_keys plot plot_table "
        "require run sagemaker_auth save sdk setup summary sweep teardown unwatch use_artifact use_model "
        "visualize watch AlertLevel Audio Classes Config EvalTable Graph Histogram Html Image JoinedTable "
        "Molecule Object3D Plotly Settings Table Video",
    ),
    **_reasons(_FILES, "Artifact ArtifactTTL restore"),
    **_reasons("the classes are `runql.Api`, `runql.Run`, `runql.Runs`", "apis"),
    **_reasons(
        "it is of W&B's own package: `import wandb` beside RunQL",
        "env sklearn termerror termlog termsetup termwarn util UsageError",
    ),
}
"""What W&B's module has and ours has not: `import runql as wandb` is what becomes of a script."""

PAGES_REASONS: Mapping[str, str] = {
    "QUERY": "RunQL fits its documents to the server; what is asked for is in `variables`",
}
SUMMARY_REASONS: Mapping[str, str] = {
    **_reasons(_WRITES, "update write_h5"),
    **_reasons(_FILES, "open_h5 read_h5"),
    "load": "a summary is read with its run: `run.load(force=True)`",
}


def why_not_in_the_module(name: str) -> AttributeError:
    """The error for a name that `runql` has not; with the reason for one that `wandb` has."""
    reason = MODULE_REASONS.get(name)
    if reason is None:
        return AttributeError(f"module 'runql' has no attribute {name!r}", name=name)
    return AttributeError(f"`runql.{name}` is not offered: {reason}", name=name)


class Explained:
    """Attributes under W&B's other spellings, and a reason for each that is left out."""

    __slots__ = ()

    KIND: ClassVar[str] = ""
    SPELLINGS: ClassVar[Mapping[str, str]] = {}
    """Other spellings, and the attribute that each means."""
    REASONS: ClassVar[Mapping[str, str]] = {}
    """What W&B's class has and this one has not, and why."""

    def __getattr__(self, name: str) -> Any:
        kind = self.KIND or type(self).__name__
        if name.startswith("_"):  # what pickle, copy and notebooks look for
            raise AttributeError(f"`{kind}` has no attribute `{name}`", name=name, obj=self)
        if name in self.SPELLINGS:
            return getattr(self, self.SPELLINGS[name])
        reason = self.REASONS.get(name)
        if reason is not None:
            raise AttributeError(f"`{kind}.{name}` is not offered: {reason}", name=name, obj=self)
        raise AttributeError(f"`{kind}` has no attribute `{name}`{self._near(name)}", name=name, obj=self)

    def _near(self, name: str) -> str:
        from runql.text.nearest import nearest

        found = nearest(name, [each for each in dir(self) if not each.startswith("_")], 1)
        return "".join(f"; nearest: `{each}`" for each in found)

    def snake_to_camel(self, string: str) -> str:
        """A name as W&B's server spells it: `created_at` is `createdAt`."""
        return re.sub(r"_+([^_])", lambda found: found[1].upper(), string.rstrip("_"))


class Pictured(Explained):
    """What has a page in W&B's app, and can show it in a notebook."""

    PAGE: ClassVar[str] = "page"

    def _address(self) -> str:
        """The address of the page, if it has one that a browser may open."""
        url = getattr(self, "url", None) or ""
        return url if url.startswith(("https://", "http://")) else ""

    def _title(self) -> str:
        return repr(self)

    def to_html(self, height: int = 420, hidden: bool = False) -> str:
        """A frame with its page; its name where the source has no page."""
        address = self._address()
        if not address:
            return html.escape(self._title())
        style = f"border:none;width:100%;height:{int(height)}px;"
        button = ""
        if hidden:
            style += "display:none;"
            shows = "this.nextElementSibling.style.display='block';this.style.display='none';"
            button = f'<button onclick="{shows}">Show the {html.escape(self.PAGE)}</button>'
        return f'{button}<iframe src="{html.escape(address)}?jupyter=true" style="{style}"></iframe>'

    def display(self, height: int = 420, hidden: bool = False) -> bool:
        """Show its page in a notebook; whether this is one."""
        ipython = sys.modules.get("IPython")
        shell = None if ipython is None else ipython.get_ipython()
        if shell is None or not hasattr(shell, "kernel"):
            return False
        module: Any = import_module("IPython.display")
        module.display(module.HTML(self.to_html(height, hidden)))
        return True

    def _repr_html_(self) -> str:
        said, address = html.escape(self._title()), self._address()
        return f'<a href="{html.escape(address)}">{said}</a>' if address else said
