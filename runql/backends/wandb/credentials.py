"""Finds the server and who asks it, as W&B's own client does: a pure function of the environment and the home.

Nothing here reads the environment of the process; whoever calls hands it in.
"""

from __future__ import annotations

import configparser
import netrc
import re
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from urllib.parse import urlsplit

from runql.errors import AuthError, SourceError
from runql.text.diagnostic import Diagnostic
from runql.text.frozen import frozen

DEFAULT_BASE_URL = "https://api.forge.coreweave.com"

FORGE_HOSTS: Mapping[str, str] = {
    "forge.coreweave.com": "api.wandb.ai",
    "qa.forge.coreweave.com": "api.qa.wandb.ai",
}
"""The front of W&B's own service by name, and the older host of the same service."""

_FORGE_API_PATH = "/api/wandb"
_JWT = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)
_SECRET = re.compile(r"[\w-]{40,}", re.ASCII)


class Secret:
    """A text that shows itself to nobody: not in a repr, a log, a format or a pickle."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format("***", spec)

    def __reduce__(self) -> str:
        raise TypeError("a secret is not pickled")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)


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
    """Where to ask and as whom. `auth` is `None` for nobody: enough for public projects.

    `tried` says where a key was looked for, for the message that there is none.
    """

    base_url: str = DEFAULT_BASE_URL
    auth: ApiKey | IdentityToken | None = None
    entity: str | None = None
    project: str | None = None
    app_url: str | None = None
    tried: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@frozen
class Surroundings:
    """What `discover` looks at: the environment, the home folder and the working folder."""

    env: Mapping[str, str] = field(default_factory=dict)
    home: Path = Path()
    cwd: Path = Path()


def discover(
    env: Mapping[str, str],
    home: Path,
    cwd: Path,
    *,
    base_url: str | None = None,
    api_key: str | None = None,
    api_key_file: Path | None = None,
) -> Credentials:
    """The server and the identity: arguments first, then `WANDB_…`, netrc, W&B's settings files.

    Raises:
        AuthError: a key that can't be one, both a key and an identity token, or a key file that can't be read.
        SourceError: a base URL that is none.
    """
    around = Surroundings(env, home, cwd)
    settings, warnings = read_settings(around)
    url = normal_base_url(base_url or env.get("WANDB_BASE_URL") or settings.get("base_url") or DEFAULT_BASE_URL)
    auth: ApiKey | IdentityToken | None = _explicit_auth(api_key, api_key_file) or _auth_from_env(around)
    tried: tuple[str, ...] = ()
    more: tuple[str, ...] = ()
    if auth is None:
        auth, tried, more = _stored_auth(around, url, settings)
    return Credentials(
        base_url=url,
        auth=auth,
        entity=env.get("WANDB_ENTITY") or settings.get("entity") or None,
        project=env.get("WANDB_PROJECT") or settings.get("project") or None,
        app_url=(env.get("WANDB_APP_URL") or settings.get("app_url") or "").rstrip("/") or None,
        tried=tried,
        warnings=(*warnings, *more),
    )


def _explicit_auth(api_key: str | None, api_key_file: Path | None) -> ApiKey | None:
    if api_key is not None:
        return checked_key(api_key, "`api_key`")
    return checked_key(_read_key(api_key_file), f"`{api_key_file}`") if api_key_file is not None else None


def _auth_from_env(around: Surroundings) -> ApiKey | IdentityToken | None:
    env = around.env
    key, token = env.get("WANDB_API_KEY"), env.get("WANDB_IDENTITY_TOKEN_FILE")
    if key and token:
        raise _auth_error(
            "both `WANDB_API_KEY` and `WANDB_IDENTITY_TOKEN_FILE` are set", "unset the one that does not count"
        )
    if key:
        return checked_key(key, "`WANDB_API_KEY`")
    if not token:
        return None
    kept = env.get("WANDB_CREDENTIALS_FILE")
    store = _expand(kept, around.home) if kept else config_folder(around) / "credentials.json"
    return IdentityToken(_expand(token, around.home), store, "`WANDB_IDENTITY_TOKEN_FILE`")


def _stored_auth(
    around: Surroundings, url: str, settings: Mapping[str, str]
) -> tuple[ApiKey | None, tuple[str, ...], tuple[str, ...]]:
    """The key in netrc or in a settings file; where it was looked for; what to warn of."""
    path = netrc_file(around)
    key, warnings = key_from_netrc(path, url)
    if key is not None:
        return checked_key(key, f"`{path}`"), (), warnings
    stored = settings.get("api_key")
    # A key in a settings file belongs to the server that the file names.
    if stored and normal_base_url(settings.get("base_url") or DEFAULT_BASE_URL) == url:
        return checked_key(stored, "W&B's settings file"), (), warnings
    return None, ("`WANDB_API_KEY`", f"`{path}`", "W&B's settings files"), warnings


def _read_key(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
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


def normal_base_url(url: str) -> str:
    """A base URL as it is used: the address of the API, without a slash at the end.

    Raises:
        SourceError: it is none, or an address of W&B's service that serves no API.
    """
    text = url.strip().rstrip("/")
    parts = urlsplit(text)
    try:
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise _url_error(text, str(error)) from error
    if parts.scheme not in ("http", "https") or not host or parts.username is not None:
        raise _url_error(text, "it must look like `https://api.example.com`")
    if host in FORGE_HOSTS:
        if parts.scheme == "https" and port is None and parts.path.rstrip("/") == _FORGE_API_PATH:
            return f"https://api.{host}"
        raise _url_error(text, f"the API is at `https://api.{host}`")
    if host == "wandb.ai" or (host.endswith(".wandb.ai") and not host.startswith("api.")):
        raise _url_error(text, "the API is at `https://api.wandb.ai`")
    if host.endswith("wandb.ai") and parts.scheme == "http":
        raise _url_error(text, f"W&B's service speaks TLS: `https://{host}`")
    return text


def _url_error(url: str, hint: str) -> SourceError:
    shown = re.sub(r"//[^/@]*@", "//***@", url)
    return SourceError([Diagnostic("RQL511", f"`{shown}` is not the base URL of a W&B server", hints=(hint,))])


def app_url_of(base_url: str, app_url: str | None = None) -> str:
    """Where a browser sees what `base_url` serves."""
    if app_url:
        return app_url
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    for forge, upstream in FORGE_HOSTS.items():
        if host in (forge, f"api.{forge}", upstream):
            return f"https://{forge}/wandb"
    if host == "api.wandb.test":
        return base_url.replace("//api.wandb.test", "//app.wandb.test", 1)
    if host.startswith("api.wandb."):
        return base_url.replace("//api.", "//", 1)
    if host.startswith("api."):
        return base_url.replace("//api.", "//app.", 1)
    return base_url


def is_loopback(base_url: str) -> bool:
    """Whether the server is this machine itself."""
    import ipaddress

    host = urlsplit(base_url).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def config_folder(around: Surroundings) -> Path:
    """W&B's own folder of settings."""
    named = around.env.get("WANDB_CONFIG_DIR")
    return _expand(named, around.home) if named else around.home / ".config" / "wandb"


def read_settings(around: Surroundings) -> tuple[dict[str, str], tuple[str, ...]]:
    """W&B's settings: those of the user, and over them those of the working folder. Also what could not be read."""
    root = _expand(around.env["WANDB_DIR"], around.home) if around.env.get("WANDB_DIR") else around.cwd
    local = ".wandb" if (root / ".wandb").is_dir() else "wandb"
    settings: dict[str, str] = {}
    for path in (config_folder(around) / "settings", root / local / "settings"):
        parser = configparser.ConfigParser(interpolation=None, strict=False, default_section="no default")
        try:
            parser.read_string(path.read_text(encoding="utf-8"))
        except (FileNotFoundError, NotADirectoryError):
            continue
        except (OSError, UnicodeDecodeError, configparser.Error):
            return {}, (f"W&B's settings file `{path}` cannot be read, so no settings file counts",)
        if parser.has_section("default"):
            settings.update(parser["default"])
    return settings, ()


def netrc_file(around: Surroundings) -> Path:
    """The netrc file, whether it exists or not."""
    if around.env.get("NETRC"):
        return _expand(around.env["NETRC"], around.home)
    usual, windows = around.home / ".netrc", around.home / "_netrc"
    return windows if windows.exists() and not usual.exists() else usual


def key_from_netrc(path: Path, base_url: str) -> tuple[str | None, tuple[str, ...]]:
    """The key for a server, by `host:port`; for W&B's own service also by the older host. Also what to warn of."""
    try:
        entries = netrc.netrc(path)
    except FileNotFoundError:
        return None, ()
    except (netrc.NetrcParseError, OSError, UnicodeDecodeError):
        return None, (f"`{path}` cannot be read as a netrc file",)
    hosts = [urlsplit(base_url).netloc]
    for forge, upstream in FORGE_HOSTS.items():
        if hosts[0] in (f"api.{forge}", forge):
            hosts.append(upstream)
        elif hosts[0] == upstream:
            hosts.append(f"api.{forge}")
    found = next((entry for entry in map(entries.authenticators, hosts) if entry), None)
    if found is None:
        return None, ()
    return found[2] or None, () if found[2] else (f"`{path}` names `{hosts[0]}` without a key",)


def _expand(text: str, home: Path) -> Path:
    if text == "~" or text.startswith("~/"):
        return home / text[2:]
    return Path(text)
