"""Finds the server and who asks it, as W&B's own client does: a pure function of the environment and the home.

Nothing here reads the environment of the process; whoever calls hands it in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from urllib.parse import urlsplit

from runql.errors import AuthError
from runql.sources.wandb.network.network import SECRET, SECRETS, STORED, NetworkSettings
from runql.sources.wandb.network.redaction import Secret
from runql.text.bounded import MOST_SMALL_BYTES, read_bounded
from runql.text.diagnostic import Diagnostic
from runql.text.frozen import frozen
from runql.text.hidden import HiddenValues
from runql.wandb_settings.files import (
    Guard,
    Layer,
    NobodyVouches,
    Surroundings,
    WandbSettings,
    config_folder,
    read_settings,
    server_unknown,
    untrusted,
)
from runql.wandb_settings.netrc_keys import key_from_netrc, netrc_file
from runql.wandb_settings.urls import DEFAULT_BASE_URL, app_url_of, is_same_server, normal_base_url

_JWT = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)
_SECRET = re.compile(r"[\w-]{40,}", re.ASCII)


@frozen
class ApiKey:
    """A key, and where it was found (a path, a variable, never the key)."""

    secret: Secret
    origin: str


@frozen
class IdentityToken:
    """A file with the token of a federated identity; `credentials_path` keeps what it is exchanged for."""

    path: Path
    credentials_path: Path
    origin: str


@frozen
class Credentials:
    """Where to ask, on which way, and as whom. `auth` is `None` for nobody: enough for public projects.

    `tried` says where a key was looked for, for the message that there is none.
    """

    base_url: str = DEFAULT_BASE_URL
    auth: ApiKey | IdentityToken | None = None
    entity: str | None = None
    project: str | None = None
    app_url: str | None = None
    tried: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    network: NetworkSettings = field(default_factory=NetworkSettings)


def discover(
    env: Mapping[str, str],
    home: Path,
    cwd: Path,
    *,
    base_url: str | None = None,
    api_key: str | None = None,
    api_key_file: Path | None = None,
    guard: Guard | None = None,
) -> Credentials:
    """The server and the identity: arguments first, then `WANDB_…`, netrc, W&B's settings files.

    A key goes to the server that an argument, the environment, the user's own settings file or W&B's default names. A
    server that only the settings file of a folder names gets the key that netrc has for it by name, and no other,
    unless `guard` vouches for the file.

    Raises:
        AuthError: a key that can't be one, both a key and an identity token, or a key file that can't be read.
        SourceError: a base URL that is none.
        UntrustedFolder: a setting of a folder would count that nobody said yes to.
    """
    around = Surroundings(env, home, cwd, guard if guard is not None else NobodyVouches())
    settings = read_settings(around)
    has_files = bool(settings.layers)
    explicit = None if api_key is None and api_key_file is None else _explicit_auth(api_key, api_key_file)
    chosen = base_url or env.get("WANDB_BASE_URL")
    url, layer = (normal_base_url(chosen), None) if chosen else _server(settings)
    auth, tried, warnings = _auth_for(around, settings, url, layer, explicit)
    app_url = env.get("WANDB_APP_URL") or (_app_url(settings, url) if has_files else None) or ""
    return Credentials(
        base_url=url,
        auth=auth,
        entity=env.get("WANDB_ENTITY") or (settings.get("entity") if has_files else None) or None,
        project=env.get("WANDB_PROJECT") or (settings.get("project") if has_files else None) or None,
        app_url=app_url.rstrip("/") or None,
        tried=tried,
        warnings=(*settings.warnings, *warnings),
        network=_network(around, settings, url, layer) if has_files else NetworkSettings(env),
    )


def _server(settings: WandbSettings) -> tuple[str, Layer | None]:
    """The base URL, and the settings file that alone names it, if nobody said yes to that file."""
    if settings.unreadable is not None:
        raise server_unknown(settings.unreadable)
    own = normal_base_url(settings.trusted("base_url") or DEFAULT_BASE_URL)
    layer = settings.layer("base_url")
    if layer is None:
        return own, None
    url = normal_base_url(layer.values["base_url"])
    return url, None if layer.is_trusted or is_same_server(url, own) else layer


def _auth_of_a_folders_server(
    around: Surroundings, url: str, layer: Layer, explicit: ApiKey | None
) -> tuple[ApiKey, tuple[str, ...]]:
    """The key that the user keeps for the very server that a folder names, and what to say of another key."""
    path = netrc_file(around)
    key = None
    if explicit is None and not around.is_of_the_folder(path):
        key, _ = key_from_netrc(path, url, is_named=True)
    if key is None:
        hint = f"a key that netrc keeps for `{urlsplit(url).netloc}` goes there without that"
        untrusted(layer, "base_url", url, *(() if explicit else (hint,)))
    unused = next((name for name in ("WANDB_API_KEY", "WANDB_IDENTITY_TOKEN_FILE") if around.env.get(name)), None)
    said = f"`{url}` is named by `{layer.path}`, so the key of `{path}` for it was sent, and not `{unused}`"
    return checked_key(key, f"`{path}`"), (said,) if unused else ()


def _app_url(settings: WandbSettings, url: str) -> str | None:
    """The address of the pages. One of a folder counts if it is of the server that is asked: links lead there."""
    layer = settings.layer("app_url")
    if layer is None:
        return None
    app_url = layer.values["app_url"]
    hosts = {urlsplit(each)[:2] for each in (url, app_url_of(url))}
    return app_url if _scheme_and_host(app_url) in hosts else settings.get("app_url")


def _scheme_and_host(url: str) -> tuple[str, str]:
    try:
        return urlsplit(url.lower())[:2]
    except ValueError:
        return "", ""


def _explicit_auth(api_key: str | None, api_key_file: Path | None) -> ApiKey | None:
    if api_key is not None:
        return checked_key(api_key, "`api_key`")
    return checked_key(_read_key(api_key_file), f"`{api_key_file}`") if api_key_file is not None else None


def _auth_for(
    around: Surroundings, settings: WandbSettings, url: str, layer: Layer | None, explicit: ApiKey | None
) -> tuple[ApiKey | IdentityToken | None, tuple[str, ...], tuple[str, ...]]:
    """Who asks a server, where that was looked for in vain, and what is to be said."""
    if layer is not None:
        auth, warnings = _auth_of_a_folders_server(around, url, layer, explicit)
        return auth, (), warnings
    if explicit is not None:
        return explicit, (), ()
    env = around.env
    key, token = env.get("WANDB_API_KEY"), env.get("WANDB_IDENTITY_TOKEN_FILE")
    if key and token:
        raise _auth_error(
            "both `WANDB_API_KEY` and `WANDB_IDENTITY_TOKEN_FILE` are set", "unset the one that does not count"
        )
    if key:
        return checked_key(key, "`WANDB_API_KEY`"), (), ()
    if not token:
        return _stored_auth(around, url, settings)
    kept = env.get("WANDB_CREDENTIALS_FILE")
    store = around.path(kept) if kept else config_folder(around) / "credentials.json"
    return IdentityToken(around.path(token), store, "`WANDB_IDENTITY_TOKEN_FILE`"), (), ()


def _stored_auth(
    around: Surroundings, url: str, settings: WandbSettings
) -> tuple[ApiKey | None, tuple[str, ...], tuple[str, ...]]:
    """The key in netrc or in a settings file; where it was looked for; what to warn of."""
    path = netrc_file(around)
    key, warnings = key_from_netrc(path, url)
    if key is not None:
        return checked_key(key, f"`{path}`"), (), warnings
    for layer, server in reversed(_servers_of_keys(settings)):
        if is_same_server(normal_base_url(server), url):
            if not layer.is_trusted:
                untrusted(layer, "api_key")
            return checked_key(layer.values["api_key"], f"`{layer.path}`"), (), warnings
    return None, ("`WANDB_API_KEY`", f"`{path}`", "W&B's settings files"), warnings


def _servers_of_keys(settings: WandbSettings) -> list[tuple[Layer, str]]:
    """The settings files that hold a key, each with its server: the one that it names, or a weaker file did."""
    found = []
    server = DEFAULT_BASE_URL
    for layer in settings.layers:
        named = layer.values.get("base_url") or server
        server = named if layer.is_trusted else server
        if layer.values.get("api_key"):
            found.append((layer, named))
    return found


def _read_key(path: Path) -> str:
    try:
        return read_bounded(path, MOST_SMALL_BYTES).decode().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise _auth_error(f"the key file `{path}` cannot be read") from error


def checked_key(key: str, origin: str) -> ApiKey:
    """The key, if it may be one: a JWT, or 40 and more characters after an optional `prefix-`.

    Raises:
        AuthError: it can't be a key. The message does not hold it.
    """
    if not key:
        raise _auth_error(f"the key in {origin} is empty")
    if _JWT.fullmatch(key):
        return ApiKey(Secret(key), origin)
    prefix, dash, rest = key.partition("-")
    secret = rest if dash else prefix
    if not _SECRET.fullmatch(secret):
        problem = (
            f"has {len(secret)} characters" if re.fullmatch(r"[\w-]+", secret, re.ASCII) else "holds other characters"
        )
        raise _auth_error(
            f"the key in {origin} is no W&B key: it {problem}", "a key has 40 or more letters, digits, `_` and `-`"
        )
    return ApiKey(Secret(key), origin)


def _auth_error(message: str, *hints: str) -> AuthError:
    return AuthError([Diagnostic("RQL401", message, hints=hints)])


def _network(around: Surroundings, settings: WandbSettings, url: str, layer: Layer | None) -> NetworkSettings:
    """What says how the server is reached. The headers of a gateway do not go to a server that a folder names.

    Raises:
        UntrustedFolder: the settings file of a folder has a say in it, and nobody said yes to it.
    """
    names = (*STORED, f"{urlsplit(url).scheme}_proxy")
    asked = (name for name in names if not around.env.get(f"WANDB_{name.upper()}"))
    stored = HiddenValues((name, settings.get(name) or "") for name in asked)
    stored.update((name, settings.trusted(name) or "") for name in ("username", "email"))
    if layer is None:
        return NetworkSettings(around.env, stored)
    stored.pop(SECRET, None)
    return NetworkSettings(HiddenValues((name, around.env[name]) for name in around.env.keys() - SECRETS), stored)
