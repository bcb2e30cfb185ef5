"""What the environment and the user's own settings file say of the way to a server, and what that comes to.

A settings file of the working folder has no say here before somebody said yes to it: it may have come with a
repository.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from runql.errors import Unreachable
from runql.text.diagnostic import Diagnostic
from runql.text.frozen import frozen

SECRET = "x_extra_http_headers"
STORED = (SECRET, "insecure_disable_ssl")
"""Of W&B's settings files these count here, beside `http_proxy` or `https_proxy`, by the server's scheme."""

SECRETS = frozenset({"WANDB_X_EXTRA_HTTP_HEADERS", "WANDB__EXTRA_HTTP_HEADERS"})
"""The variables that, as the setting `SECRET`, hold what is meant for one server alone."""

_YES = frozenset({"1", "true", "t", "yes", "y", "on"})
_NO = frozenset({"0", "false", "f", "no", "n", "off", ""})


@frozen
class NetworkSettings:
    """As it stands there, nothing checked. Its `repr` shows nothing: there may be passwords.

    `env`: variables by name. `stored`: what the user's own settings file of W&B says, by name.
    """

    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    stored: Mapping[str, str] = field(default_factory=dict, repr=False)

    def of_wandb(self, *names: str, setting: str = "") -> tuple[str, str] | None:
        """What the first variable that is not empty says, else the setting; and the name of it, for messages."""
        for name in names:
            if self.env.get(name):
                return self.env[name], f"`{name}`"
        if setting and self.stored.get(setting):
            return self.stored[setting], f"`{setting}` of W&B's settings file"
        return None


def unusable(origin: str, what: str, *hints: str) -> Unreachable:
    """The error for a setting that cannot be obeyed. It never shows the value."""
    return Unreachable([Diagnostic("RQL404", f"{origin} {what}", hints=hints)])


def is_yes(found: tuple[str, str] | None) -> bool:
    """Whether a switch is on. Raises `Unreachable` for a value that is neither."""
    if found is None:
        return False
    text, origin = found[0].strip().lower(), found[1]
    if text not in _YES | _NO:
        raise unusable(origin, "is neither `true` nor `false`")
    return text in _YES


def timeout_of(settings: NetworkSettings) -> float | None:
    """The seconds that one request may take with all its repetitions, if `WANDB_HTTP_TIMEOUT` says so.

    0 is no limit of its own, as in W&B's client.
    """
    found = settings.of_wandb("WANDB_HTTP_TIMEOUT")
    if found is None:
        return None
    try:
        seconds = float(found[0])
    except ValueError:
        seconds = -1.0
    if not 0.0 <= seconds < 1e6:
        raise unusable(found[1], "is not a number of seconds", "such as `30`")
    return seconds or None
