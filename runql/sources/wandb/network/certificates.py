"""Whose certificates are believed: those of the system's store, and those that a variable names.

On Linux the store is the bundle or the folder of OpenSSL, or one of the places where distributions keep it; on macOS
and Windows the system itself decides (truststore). Where there is no store at all, as in the leanest containers,
Mozilla's list stands in (certifi). As in OpenSSL and in W&B's own client, `SSL_CERT_FILE` stands in place of the
system's file and `SSL_CERT_DIR` in place of its folder.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from runql.sources.wandb.network.network import TrustedCertificates
from runql.sources.wandb.network.redaction import unusable

if TYPE_CHECKING:
    import ssl

_BUNDLES = (
    "/etc/ssl/cert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/cert.pem",
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/ssl/ca-bundle.pem",
)
"""Where distributions keep the system's certificates, if OpenSSL was built to look elsewhere."""

_BEGIN = b"-----BEGIN "
_LARGEST = 1 << 24
_MOST_FILES = 5000
_NAMED = "it must name a file of certificates in PEM (`-----BEGIN CERTIFICATE-----`)"


def context_of(trust: TrustedCertificates) -> ssl.SSLContext:
    """The context of connections that believe those certificates: TLS 1.2 or later.

    Raises:
        Unreachable: a variable names what holds no certificate.
    """
    import ssl

    if not trust.verifies:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    context = _system_context({name for name, _ in trust.named})
    for name, path in trust.named:
        if name == "SSL_CERT_DIR" or Path(path).is_dir():
            _add_folders(context, f"`{name}`", path, is_list=name == "SSL_CERT_DIR")
        else:
            _add_file(context, f"`{name}`", path)
    return context


def _system_context(named: set[str]) -> ssl.SSLContext:
    import ssl

    if sys.platform in ("darwin", "win32"):
        import truststore

        return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    file, folder = _system_store()
    if file is None and folder is None and not named:
        import certifi

        file = certifi.where()
    if file is not None and "SSL_CERT_FILE" not in named:
        context.load_verify_locations(cafile=file)
    if folder is not None and "SSL_CERT_DIR" not in named:
        context.load_verify_locations(capath=folder)
    return context


def _system_store() -> tuple[str | None, str | None]:
    """The system's bundle and folder of certificates, as far as they are there."""
    import ssl

    defaults = ssl.get_default_verify_paths()
    file, folder = defaults.openssl_cafile, defaults.openssl_capath
    has_file, has_folder = Path(file).is_file(), _is_hashed(Path(folder))
    if has_file or has_folder:
        return file if has_file else None, folder if has_folder else None
    return next((path for path in _BUNDLES if Path(path).is_file()), None), None


def _is_hashed(folder: Path) -> bool:
    """Whether a folder holds certificates under the names by which OpenSSL looks them up."""
    try:
        return any(path.suffix[1:].isdecimal() and len(path.stem) == 8 for path in folder.iterdir())
    except OSError:
        return False


def _add_file(context: ssl.SSLContext, origin: str, path: str) -> None:
    import ssl

    shown = f"names `{path}`"
    try:
        if Path(path).stat().st_size > _LARGEST:
            raise unusable(origin, f"{shown}, which is too large for a file of certificates", _NAMED)
        context.load_verify_locations(cafile=path)
    except FileNotFoundError:
        raise unusable(origin, f"{shown}, which is not there", _NAMED) from None
    except ssl.SSLError:
        raise unusable(origin, f"{shown}, which holds no certificate that can be read", _NAMED) from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it is no path"
        raise unusable(origin, f"{shown}, which cannot be read: {why}", _NAMED) from None


def _add_folders(context: ssl.SSLContext, origin: str, paths: str, *, is_list: bool) -> None:
    """Adds each certificate of each folder, whatever its file is called."""
    folders = [Path(path) for path in (paths.split(os.pathsep) if is_list else (paths,)) if path]
    if sum([_add_if_certificate(context, file) for file in _files_of(folders)]):
        return
    there = [folder for folder in folders if folder.is_dir()]
    what = "where no file holds a certificate" if there else "which is not there, or no folder"
    raise unusable(origin, f"names `{paths}`, {what}", "it must name a folder of certificates in PEM")


def _files_of(folders: list[Path]) -> Iterator[Path]:
    seen: set[Path] = set()
    for folder in folders:
        try:
            found = sorted(folder.iterdir())[:_MOST_FILES]
        except OSError:
            continue
        for path in found:
            real = path.resolve()
            if real not in seen and real.is_file():
                seen.add(real)
                yield real


def _add_if_certificate(context: ssl.SSLContext, file: Path) -> bool:
    import ssl

    try:
        if file.stat().st_size > _LARGEST or _BEGIN not in file.read_bytes():
            return False
        context.load_verify_locations(cafile=str(file))
    except (OSError, ssl.SSLError):
        return False  # A key, for example: a folder may hold more than certificates.
    return True
