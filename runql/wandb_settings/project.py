"""The project that W&B's variables or its settings files name, as a source."""

from __future__ import annotations

import re
from collections.abc import Container

from runql.wandb_settings.files import Surroundings, read_settings

__all__ = ["Surroundings", "project_source"]

_PLAIN = re.compile(r"[\w-][\w.-]*(/[\w.-]+)?")


def project_source(around: Surroundings, entity: str | None, project: str | None, taken: Container[str]) -> str | None:
    """The project as a source; `None` if nothing names one.

    It is always the project of the server. Where its name alone would mean something else (the demo, a folder, one of
    the names `taken`), `wandb:` stands before it.
    """
    settings = None if entity and project else read_settings(around)
    of_files = settings is not None and not project
    project = project or (settings.get("project") if settings is not None else None)
    if not project:
        return None
    entity = entity or (settings.get("entity") if settings is not None else None)
    name = f"{entity}/{project}" if entity else project
    is_taken = name == "demo" or name in taken or (around.cwd / name).exists()
    is_clear = _PLAIN.fullmatch(name) is not None and not is_taken and ("/" in name or not of_files)
    return name if is_clear else f"wandb:{name}"
