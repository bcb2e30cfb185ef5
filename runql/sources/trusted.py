"""Who asks which server, and what of a folder must be trusted for that."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from runql.config import Settings
from runql.errors import UntrustedFolder
from runql.settings_file import project_places
from runql.text.diagnostic import Diagnostic

if TYPE_CHECKING:
    from runql.sources.wandb import Credentials


def credentials_for(settings: Settings) -> Credentials:
    """The server and who asks it: the one place where a session looks for either.

    Raises:
        AuthError: a key that can't be one.
        SourceError: a base URL that is none.
        UntrustedFolder: a setting of the folder would count that nobody said yes to, or no server may be asked here.
    """
    from runql.sources.wandb import discover

    server = settings.server
    if not server.may_ask:
        message = f"nobody said that the folder `{settings.folder}` is trusted, so no server is asked"
        hint = f"`runql trust {settings.folder}` says it"
        raise UntrustedFolder([Diagnostic("RQL530", message, hints=(hint,))])
    return discover(
        server.env,
        server.home,
        settings.folder,
        base_url=server.base_url,
        api_key=server.api_key,
        api_key_file=server.api_key_file,
        guard=server.trust,
    )


def files_that_count(settings: Settings, folder: Path) -> tuple[Path, ...]:
    """The settings files that count for a working folder and are not the user's own, whether they are there or not."""
    from runql.wandb_settings.files import Surroundings, settings_paths

    around = Surroundings(settings.server.env, settings.server.home, folder)
    project, _ = project_places(folder)
    of_folder = (path for path, is_of_a_folder in settings_paths(around) if is_of_a_folder)
    return (*((project,) if project is not None else ()), *of_folder)


def is_covered(settings: Settings, folder: Path) -> bool:
    """Whether the user said yes to a folder in which these settings count, as it is now."""
    files = (*files_that_count(settings, folder), *files_that_count(settings, settings.folder))
    return settings.server.trust.covers(folder, files)
