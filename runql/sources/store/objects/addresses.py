"""Addresses of stores in object storage: `s3://bucket/acme/vision`."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import quote, unquote, urlsplit

from runql.errors import SourceError
from runql.text.frozen import frozen

SCHEMES: Final[Mapping[str, str]] = {
    "s3": "s3",
    "s3a": "s3",
    "gs": "gs",
    "az": "az",
    "azure": "az",
    "adl": "az",
    "abfs": "abfss",
    "abfss": "abfss",
}
"""What an address may begin with, as deltalake takes it, and what that is called here."""
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_NOT_IN_NAMES: Final = re.compile(r"[^A-Za-z0-9._-]+")
_MOST_NAME: Final = 60
_DIGEST_BYTES: Final = 6


@frozen
class ObjectAddress:
    """Where a store is: the scheme, the bucket (of Azure the container, and the account behind `@`), and the path."""

    scheme: str
    bucket: str
    path: str

    @property
    def shown(self) -> str:
        """As a user writes it."""
        return f"{self.scheme}://{self.bucket}" + (f"/{self.path}" if self.path else "")

    @property
    def url(self) -> str:
        """As the library takes it."""
        return f"{self.scheme}://{self.bucket}/{quote(self.path)}"

    def below(self, name: str) -> ObjectAddress:
        """The address of a name below this one."""
        return ObjectAddress(self.scheme, self.bucket, f"{self.path}/{name}".strip("/"))

    def folder_name(self, endpoints: Mapping[str, str]) -> str:
        """The name of the folder of its copy: another one for each server that the bucket may be asked of."""
        told = "\n".join([self.shown, *(f"{name}={value}" for name, value in sorted(endpoints.items()))])
        digest = hashlib.blake2b(told.encode(), digest_size=_DIGEST_BYTES).hexdigest()
        plain = _NOT_IN_NAMES.sub("-", self.shown).strip("-.")
        return f"{plain[:_MOST_NAME]}-{digest}"


def is_address(name: str) -> bool:
    """Whether a name is an address, and no path or name of a store."""
    return "://" in name


def folder_of_file(name: str) -> Path | None:
    """The folder that a `file://` address means; `None` for another address. Raises `SourceError`."""
    parts = urlsplit(name)
    if parts.scheme.lower() != "file":
        return None
    if parts.netloc not in {"", "localhost"} or parts.query or parts.fragment or not parts.path.startswith("/"):
        raise SourceError.of("RQL511", f"`{name}` names no folder of this computer", "write `file:///path/to/store`")
    return Path(unquote(parts.path))


def address_of(name: str) -> ObjectAddress:
    """Read an address. Raises `SourceError` for one that no store can be at."""
    scheme, _, rest = name.partition("://")
    known = SCHEMES.get(scheme.lower())
    form = "an object store is written `s3://BUCKET/PATH`, `gs://…`, `az://…` or `abfss://…`"
    if known is None:
        raise SourceError.of("RQL511", f"no store can be at `{_without_user(name)}`", form)
    bucket, _, path = rest.partition("/")
    path = path.rstrip("/")
    if "@" in bucket and (known != "abfss" or ":" in bucket):
        hint = "keys come from the environment (`AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`)"
        raise SourceError.of("RQL511", f"`{_without_user(name)}`: an address of a store holds no key", hint)
    if not bucket or set(rest) & {"?", "#", "\\"} or _CONTROL.search(rest) or ({"", ".", ".."} & _segments(path)):
        raise SourceError.of("RQL511", f"no store can be at `{name}`", form)
    return ObjectAddress(known, bucket, path)


def _segments(path: str) -> set[str]:
    return set(path.split("/")) if path else set()


def _without_user(name: str) -> str:
    scheme, _, rest = name.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"
