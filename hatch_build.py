"""What a build adds: the parser's table, so that no user waits for it, and the addresses of the project, if any."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.metadata.plugin.interface import MetadataHookInterface

HOME_PAGE = "RUNQL_HOME_PAGE"
"""The variable that says where the repository is that a release is built from."""

_ADDRESS = re.compile(r"https://[^\s/\"'<>()]+(?:/[^\s/\"'<>()]+)+")
_CITED = re.compile(r"^repository-code: *[\"']?([^\s\"']+)", re.MULTILINE)
_PICTURE = re.compile(r"(?P<before>!\[[^\]]*\]\(|\b(?:src|srcset)=\")(?P<path>(?!https?:|#|/)[^)\"\s]+)")
_LINK = re.compile(r"(?P<before>(?<!!)\[[^\]!]*\]\()(?P<path>(?!https?:|mailto:|#|/)[^)\s]+)")


class AddressesHook(MetadataHookInterface):
    """Fills in the addresses of the repository, and has the README link to it: a page of a registry holds no files.

    The address is what `RUNQL_HOME_PAGE` says, or `repository-code` of `CITATION.cff`. Where neither says one there
    is none: an address that nobody gave would be an invention. A wheel that is built from an sdist has the sdist's.
    """

    PLUGIN_NAME = "custom"

    def update(self, metadata: dict[str, Any]) -> None:
        root = Path(self.root)
        home = home_page(root)
        if "readme" not in metadata:
            text = (root / "README.md").read_text(encoding="utf-8")
            metadata["readme"] = {"content-type": "text/markdown", "text": linked(text, home) if home else text}
        if "urls" not in metadata:
            metadata["urls"] = addresses(home) if home else {}


def home_page(root: Path) -> str | None:
    """Where the repository is; `None` if nobody says. Raises `ValueError` for what is no address of a repository."""
    citation = root / "CITATION.cff"
    cited = _CITED.search(citation.read_text(encoding="utf-8")) if citation.exists() else None
    said = os.environ.get(HOME_PAGE, "").strip() or (cited[1] if cited else "")
    if not said:
        return None
    home = said.rstrip("/").removesuffix(".git")
    if not _ADDRESS.fullmatch(home):
        raise ValueError(f"no address of a repository, such as https://example.org/group/runql: {said!r}")
    return home


def addresses(home: str) -> dict[str, str]:
    """The addresses of a repository at GitHub, GitLab or Forgejo, by the names that registries know."""
    return {
        "Homepage": home,
        "Documentation": f"{home}/blob/HEAD/docs/index.md",
        "Changelog": f"{home}/blob/HEAD/CHANGELOG.md",
        "Issues": f"{home}/issues",
    }


def linked(readme: str, home: str) -> str:
    """The README with addresses in place of paths in the repository."""
    text = _PICTURE.sub(lambda found: f"{found['before']}{home}/raw/HEAD/{found['path']}", readme)
    return _LINK.sub(lambda found: f"{found['before']}{home}/blob/HEAD/{found['path']}", text)


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
