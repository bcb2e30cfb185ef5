"""Packs the parser's table into the wheel, so that no user waits for it to be built."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class TableBuildHook(BuildHookInterface[Any]):
    """Builds the table from `grammar/runql.lark`; an editable install builds its own at the first use."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if self.target_name != "wheel" or version == "editable":
            return
        sys.path.insert(0, self.root)
        try:
            from runql.syntax.grammar import write_table
        finally:
            sys.path.remove(self.root)
        self._folder = tempfile.TemporaryDirectory(prefix="runql-table-")
        table = Path(self._folder.name) / "runql.table"
        table.write_bytes(write_table())
        build_data["force_include"][str(table)] = "runql/syntax/runql.table"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002
        folder = getattr(self, "_folder", None)
        if folder is not None:
            folder.cleanup()
