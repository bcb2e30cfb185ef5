"""The paths by which W&B's users name projects, runs and sweeps; links from the browser among them."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from runql.errors import ArgumentError
from runql.text.visible import short_repr

_PAGES = frozenset({"runs", "sweeps"})
_APP_PREFIX = "wandb"
"""On CoreWeave's host the pages of W&B lie under this."""
_APP_HOST = "forge.coreweave.com"


def parse_project_path(path: str | None, entity: str = "", project: str = "") -> tuple[str, str]:
    """`entity/project`, `project`, a link to a page of the project, or nothing for the default.

    Raises:
        ArgumentError: it is none of these.
    """
    parts = path_parts(path or "")
    if "://" in (path or ""):
        parts = parts[:2]
    match parts:
        case []:
            return entity, project
        case [only]:
            return entity, only
        case [owner, name]:
            return owner, name
    raise ArgumentError.because(f"`{path}` is not the path of a project: write `entity/project`")


def parse_item_path(path: str, entity: str = "", project: str = "") -> tuple[str, str, str]:
    """`entity/project/id`, `project/id`, `id`, with `/runs/` or `/sweeps/` before the id or with a `:`, or a link.

    Raises:
        ArgumentError: it is none of these.
    """
    parts = path_parts(path)
    for page in _PAGES.intersection(parts[:-1]):
        at = parts.index(page)
        if "://" in path:
            del parts[at + 2 :]  # what follows is a tab of the page
        # `entity/project/runs/id` and `/runs/id`; a project may be called `runs` too
        if at == 2 or (at == 0 and path.strip().startswith("/")):
            del parts[at]
    if len(parts) < 3 and parts and ":" in parts[-1]:
        parts[-1:] = parts[-1].split(":", 1)
    parts = [part.strip() for part in parts]
    if not all(parts):
        parts = []  # `:`, `entity/project:`
    match parts:
        case [ident]:
            return entity, project, ident
        case [name, ident]:
            return entity, name, ident
        case [owner, name, ident]:
            return owner, name, ident
    raise ArgumentError.because(f"`{path}` is not the path of a run or a sweep: write `entity/project/id`")


def path_parts(path: object) -> list[str]:
    """The names in a path or a link.

    Raises:
        ArgumentError: it is no text.
    """
    if not isinstance(path, str):
        raise ArgumentError.because(f"a path is text like `entity/project`, not `{short_repr(path)}`")
    if "://" not in path:
        return [part.strip() for part in path.split("/") if part.strip()]
    link = urlsplit(path.strip())
    parts = [unquote(part) for part in link.path.split("/") if part]
    return parts[1:] if link.hostname == _APP_HOST and parts[:1] == [_APP_PREFIX] else parts
