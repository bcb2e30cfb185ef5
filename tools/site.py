"""What the site of the documents needs beside them: called by mkdocs, as `mkdocs.yml` says.

The pages are written for a reader of the repository. Here the fences get names that Pygments knows, and files outside
of `docs/` that pages link to become pages and files of the site.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PAGES = (
    "CHANGELOG.md",
    "SECURITY.md",
    "examples/demo/README.md",
    "examples/ci/README.md",
    "skills/runql/SKILL.md",
    "CONTRIBUTING.md",
)
"""Documents beside `docs/` that are pages of the site."""

_FENCE = re.compile(r"^( *```+) *(runql|console|ipython|python)\b[^\n]*$", re.MULTILINE)
_LEXERS = {"runql": "runql", "console": "runql-console", "ipython": "python", "python": "python"}
_CODE = re.compile(r"(?<=<td>).*?(?=</td>)", re.DOTALL)
_OUTSIDE = re.compile(r"\]\((?P<to>(?:\.\./)+(?P<path>[\w./-]+))(?P<anchor>#[\w-]+)?\)")
_FROM_ROOT = re.compile(r"\]\((?!https?:|mailto:|#)(?P<path>[\w./-]+)(?P<anchor>#[\w-]+)?\)")


def on_files(files: Any, config: Any) -> Any:
    """Add the pages and examples that are not in `docs/`."""
    from mkdocs.structure.files import File

    for page in PAGES:
        files.append(File.generated(config, page, content=_rooted(page)))
    files.append(File.generated(config, "LICENSE.md", content=f"# License\n\n{(ROOT / 'LICENSE').read_text('utf-8')}"))
    for script in sorted((ROOT / "examples").glob("*.rql")):
        files.append(File.generated(config, f"examples/{script.name}", content=script.read_text("utf-8")))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """The text of a page with fences that are highlighted, and links to what `on_files` added."""
    depth = page.file.src_uri.count("/")
    text = _FENCE.sub(lambda match: f"{match[1]}{_LEXERS[match[2]]}", markdown)
    return _OUTSIDE.sub(lambda match: f"]({_inside(match['to'], match['path'], depth)}{match['anchor'] or ''})", text)


def on_page_content(html: str, **_: Any) -> str:
    """The page, with bars in code as they are: a table of Markdown writes them behind a backslash."""
    return _CODE.sub(lambda match: match[0].replace("\\|", "|"), html)


def _inside(to: str, path: str, depth: int) -> str:
    """A link that leaves `docs/`, from a page `depth` folders below it, as a link within the site."""
    return f"{'../' * depth}{path}" if to.count("../") > depth else to


def _rooted(page: str) -> str:
    """A page that is not in `docs/`, with its links into `docs/` as they are in the site."""
    text = (ROOT / page).read_text("utf-8")
    return _FROM_ROOT.sub(lambda match: f"]({match['path'].removeprefix('docs/')}{match['anchor'] or ''})", text)
