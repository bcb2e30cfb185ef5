"""The headers beside those of the protocol: what a company's gateway wants, and who asks, as W&B's own client sends it.

They go to the server alone: redirects are not followed, and a proxy that is asked for a tunnel gets none of them.
"""

from __future__ import annotations

import json
import re

from runql.sources.wandb.network.credentials import Secret
from runql.sources.wandb.network.settings import NetworkSettings, unusable

Headers = tuple[tuple[str, Secret], ...]

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_FORBIDDEN = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_NEVER = frozenset({"host", "content-length", "transfer-encoding", "connection"})
_LOOKS_LIKE = 'it must look like `{"X-Gateway-Token": "…"}`, texts in double quotes'


def gateway_headers(settings: NetworkSettings) -> Headers:
    """The headers of `WANDB_X_EXTRA_HTTP_HEADERS`.

    Raises:
        Unreachable: it is no JSON object of texts, or holds what can be no header. The message shows no value.
    """
    names = ("WANDB_X_EXTRA_HTTP_HEADERS", "WANDB__EXTRA_HTTP_HEADERS")
    found = settings.of_wandb(*names, setting="x_extra_http_headers")
    if found is None:
        return ()
    text, origin = found
    try:
        table = json.loads(text)
    except (ValueError, RecursionError):
        raise unusable(origin, "is no JSON", _LOOKS_LIKE) from None
    if not isinstance(table, dict) or not all(isinstance(value, str) for value in table.values()):
        raise unusable(origin, "is no JSON object of texts", _LOOKS_LIKE)
    for place, (name, value) in enumerate(table.items(), 1):
        if not _NAME.fullmatch(name) or _FORBIDDEN.search(value) or name.lower() in _NEVER:
            raise unusable(origin, f"holds what can be no header, at place {place}", _LOOKS_LIKE)
    return tuple((name, Secret(value)) for name, value in table.items())


def user_headers(settings: NetworkSettings) -> Headers:
    """Who asks, in words, and that an administrator's rights may be used: W&B's own client sends the same."""
    found = [("Use-Admin-Privileges", "true")]
    for name, variable, setting in (
        ("X-WANDB-USERNAME", "WANDB_USERNAME", "username"),
        ("X-WANDB-USER-EMAIL", "WANDB_USER_EMAIL", "email"),
    ):
        said = settings.of_wandb(variable, setting=setting)
        if said is not None and not _FORBIDDEN.search(said[0]):
            found.append((name, said[0].strip()))
    return tuple((name, Secret(value)) for name, value in found)
