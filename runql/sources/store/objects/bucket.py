"""The one door to object storage, by `obstore`: files are listed, read, written and deleted, and errors said."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from runql.config import allows_http, endpoints
from runql.errors import AuthError, NotFound, RunQLError, SourceError, Unreachable
from runql.extras import install_command
from runql.sources.store.objects.addresses import ObjectAddress
from runql.sources.store.objects.many import alone
from runql.sources.store.remote import FarFile
from runql.text.diagnostic import Diagnostic

_CHUNK: Final = 4 << 20
"""So many bytes are read with one request: a slow line has the whole time limit for each."""
_MOST_SECONDS: Final = 30.0
"""So long one request may take, and its repetitions together."""
_MOST_RETRIES: Final = 4
_CODE: Final = re.compile(r"<Code>([A-Za-z]{1,60})</Code>")
_STATUS: Final = re.compile(r"non-2xx status code: (\d{3})")
_KIND: Final = re.compile(r"kind: (Connect|Timeout)\b")
_METADATA: Final = ("169.254.169.254", "metadata.google", "NoCredentials", "MissingAccount", "Account must be")
_OF_KEYS: Final = ("InvalidAccessKeyId", "SignatureDoesNotMatch", "AccessDenied", "ExpiredToken", "InvalidToken")


def check_objects() -> None:
    """Raise `SourceError` where what speaks to object stores is not installed."""
    if find_spec("obstore") is None:
        hint = f"install it with `{install_command('store')}`"
        raise SourceError.of("RQL511", "a store in an object store needs `obstore`, which is not installed", hint)


def opened(address: ObjectAddress, seconds: float) -> Any:
    """The library's object for an address. The keys are those of the environment. No request is sent."""
    from obstore.store import from_url

    limit = timedelta(seconds=seconds)
    client = {"timeout": limit, "connect_timeout": min(limit, timedelta(seconds=5)), "allow_http": allows_http()}
    return from_url(
        address.url, client_options=client, retry_config={"max_retries": _MOST_RETRIES, "retry_timeout": limit}
    )


class Bucket:
    """The files below an address. Threads may share it. `seconds`: the limit of a request, if it is a short one.

    Raises:
        SourceError: what speaks to it is not installed.
        BackendError: it did not answer, has no such bucket, or does not take the keys.
    """

    def __init__(self, address: ObjectAddress, seconds: float | None = None) -> None:
        check_objects()
        import obstore

        self.address = address
        self._lib: Any = obstore
        with self._asking():
            self._store = opened(address, min(seconds or _MOST_SECONDS, _MOST_SECONDS))

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """Say what the library raises in a line, without what an answer may repeat of a key."""
        from obstore.exceptions import BaseError

        try:
            yield
        except (BaseError, OSError, ValueError) as error:
            if isinstance(error, FileNotFoundError):
                raise
            raise trouble_of(self.address, error) from None

    def files(self, below: str, after: str | None = None) -> list[FarFile]:
        """The files below a folder, by their names; those behind a path if one is given."""
        with self._asking():
            files = alone(lambda: [*self._listed(below, after)])
        return sorted(files, key=lambda file: file.path)

    def _listed(self, below: str, after: str | None) -> Iterator[FarFile]:
        for chunk in self._lib.list(self._store, below, offset=after):
            yield from map(_far, chunk)

    def folders(self, below: str = "") -> list[str]:
        """The names of the folders in a folder."""
        with self._asking():
            found = alone(lambda: self._lib.list_with_delimiter(self._store, below or None)["common_prefixes"])
        return sorted(str(each).rstrip("/").rpartition("/")[2] for each in found)

    def read(self, path: str) -> bytes | None:
        """A small file; `None` if it is not there."""
        try:
            with self._asking():
                return alone(lambda: bytes(self._lib.get(self._store, path).bytes()))
        except FileNotFoundError:
            return None

    def fetch(self, path: str, size: int, to: Path) -> bool:
        """Read a file of a known size into a new one here; whether it is there."""
        with to.open("xb") as file:
            for start in range(0, size, _CHUNK):
                try:
                    with self._asking():
                        end = min(start + _CHUNK, size)
                        found = self._lib.get_range(self._store, path, start=start, end=end)
                except FileNotFoundError:
                    return False
                file.write(found)
        return True

    def write(self, path: str, content: Path | bytes) -> str:
        """Write a file, and give its tag."""
        with self._asking():
            return alone(lambda: str(self._lib.put(self._store, path, content).get("e_tag") or ""))

    def write_new(self, path: str, content: bytes) -> str | None:
        """Write a file unless one is there, and give its tag: whoever is first has it, all others get `None`."""
        from obstore.exceptions import AlreadyExistsError, PreconditionError

        with self._asking():
            try:
                made = alone(lambda: self._lib.put(self._store, path, content, mode="create", use_multipart=False))
            except (AlreadyExistsError, PreconditionError):
                return None
        return str(made.get("e_tag") or "")

    def delete(self, paths: Iterable[str]) -> None:
        """Delete files; those that are not there are no mistake."""
        given: Sequence[str] = [*paths]
        with self._asking():
            for start in range(0, len(given), 1000):
                try:
                    alone(partial(self._lib.delete, self._store, given[start : start + 1000]))
                except FileNotFoundError:
                    for path in given[start : start + 1000]:
                        self._delete_one(path)

    def _delete_one(self, path: str) -> None:
        try:
            alone(lambda: self._lib.delete(self._store, path))
        except FileNotFoundError:
            return


def _far(found: Any) -> FarFile:
    return FarFile(str(found["path"]), int(found["size"]), found["last_modified"], str(found.get("e_tag") or ""))


def trouble_of(address: ObjectAddress, error: Exception) -> RunQLError:
    """What went wrong, in our words: answers of servers repeat keys, and so the library's texts may."""
    text, shown = str(error), address.shown
    status, code = _STATUS.search(text), _CODE.search(text)
    told = " ".join([*([code[1]] if code else []), *([f"(status {status[1]})"] if status else [])])
    if any(mark in text for mark in _METADATA):
        hint = f"{_variables(address)} hold them; a profile of AWS is not read"
        return _error(AuthError, "RQL401", f"the environment has no keys for `{shown}`", hint)
    if (status and status[1] in {"401", "403"}) or (code and code[1] in _OF_KEYS):
        return _error(AuthError, "RQL401", f"`{shown}` does not take the keys of the environment: {told}")
    if code and code[1] in {"NoSuchBucket", "ContainerNotFound"}:
        return _error(NotFound, "RQL402", f"there is no bucket `{address.bucket}`: {told}")
    kind = _KIND.search(text)
    if "BadScheme" in text or "URL scheme is not allowed" in text:
        hint = "`AWS_ALLOW_HTTP=true` allows an endpoint without TLS"
        return _error(Unreachable, "RQL404", f"`{shown}` cannot be reached: its endpoint is no `https`", hint)
    reasons = {"Connect": "no connection", "Timeout": "no answer in time"}
    reason = told or (reasons[kind[1]] if kind else _first(text))
    hint = "with `--offline` the copy on this computer answers, if there is one"
    return _error(Unreachable, "RQL404", f"`{shown}` cannot be reached{_at(address)}: {reason}", hint)


def _at(address: ObjectAddress) -> str:
    """Where it was asked, if the environment says that."""
    named = next((value for name, value in endpoints().items() if name.startswith("AWS_")), "")
    scheme, _, rest = named.partition("://")
    return f" at `{scheme}://{rest.rpartition('@')[2]}`" if rest and address.scheme == "s3" else ""


def _first(text: str) -> str:
    """The library's own words, where they are of no answer: `Generic S3 error: …`."""
    line = text.partition("\n")[0].partition("<?xml")[0]
    return line[:160] if "http" not in line else "its object store did not answer as one does"


def _variables(address: ObjectAddress) -> str:
    if address.scheme == "gs":
        return "`GOOGLE_SERVICE_ACCOUNT` or `GOOGLE_APPLICATION_CREDENTIALS`"
    if address.scheme == "s3":
        return "`AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`"
    return "`AZURE_STORAGE_ACCOUNT_NAME` and `AZURE_STORAGE_ACCOUNT_KEY`"


def _error(kind: type[RunQLError], code: str, message: str, *hints: str) -> RunQLError:
    return kind([Diagnostic(code, message, hints=hints)])
