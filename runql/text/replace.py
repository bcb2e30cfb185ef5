"""A file that is whole, or what it was before: the one way in which RunQL writes files."""

from __future__ import annotations

import errno
import os
import select
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from runql.text.signals import undisturbed

if TYPE_CHECKING:  # whoever has a file has loaded it; `runql --version` has none
    from pathlib import Path

_LOOKS_EVERY_SECONDS: Final = 0.05
_NO_SUCH_CALL: Final = frozenset({errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EISDIR, errno.ENOENT})
_NO_ATTRIBUTES: Final = frozenset({errno.ENOTSUP, errno.EPERM, errno.EACCES, errno.ENOSYS, errno.ENODATA})


class OwnerLost(PermissionError):  # noqa: N818
    """The file belongs to somebody else, and the one that takes its place would not."""


@contextmanager
def replaced(
    target: Path, *, mode: int = 0o666, like: os.stat_result | None = None, fresh: bool = False
) -> Iterator[int]:
    """A handle to write a new file with, which takes the place of `target` when the block ends, and not if it fails.

    The file has no name until it is whole, where the system can do that; so nothing is left of it whatever happens.
    Elsewhere it is a hidden file beside `target`, which stays only if the process is killed outright.

    Args:
        target: Where it goes; not a link. Only a regular file or nothing may be there.
        mode: Its permissions, without what the umask takes away.
        like: The file that is replaced: owner, group and permissions are kept, and extended attributes.
        fresh: Nothing may be there; a file that came there meanwhile is not replaced either.

    Raises:
        OSError: it cannot be written, or the owner cannot be kept.
    """
    handle, name = -1, None
    try:
        with undisturbed():
            handle, name = _opened(target.parent, mode)
        yield handle
        if like is not None:
            _make_alike(handle, target, like)
        _settle(handle)
        with undisturbed():
            name = _put_in_place(handle, name, target, fresh=fresh)
    finally:
        with undisturbed():
            if handle >= 0:
                os.close(handle)
            if name is not None:
                name.unlink(missing_ok=True)


def replace_with(path: Path, data: bytes, *, mode: int = 0o666, fresh: bool = False) -> None:
    """Put a file of these bytes where a path leads. Raises `OSError`; then nothing has changed.

    `fresh`: it must not be there yet.
    """
    from pathlib import Path

    with replaced(Path(os.path.realpath(path)), mode=mode, fresh=fresh) as handle:
        write_whole(handle, data)


def write_whole(handle: int, data: bytes, gave_up: Callable[[], bool] = lambda: False) -> None:
    """Write all of it, however little is taken at a time: slowly, in parts, or not just now.

    Raises:
        OSError: no more can be written; `InterruptedError` if `gave_up` says so while nothing is taken.
    """
    rest = memoryview(data)
    while rest:
        try:
            rest = rest[os.write(handle, rest) :]
        except BlockingIOError:
            if gave_up():
                raise InterruptedError(errno.EINTR, "it was given up") from None
            wait_for_room(handle)


def wait_for_room(handle: int) -> None:
    """Wait a moment for whoever reads at the other end."""
    if not hasattr(select, "poll"):  # Windows
        time.sleep(_LOOKS_EVERY_SECONDS)
        return
    ready = select.poll()
    ready.register(handle, select.POLLOUT)
    ready.poll(_LOOKS_EVERY_SECONDS * 1000)


def _opened(folder: Path, mode: int) -> tuple[int, Path | None]:
    """A new file in a folder, and its name if it has one."""
    if hasattr(os, "O_TMPFILE"):
        try:
            handle = os.open(folder, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, mode)
        except OSError as error:
            if error.errno not in _NO_SUCH_CALL:
                raise
        else:
            if os.path.lexists(_by_handle(handle)):
                return handle, None
            os.close(handle)
    name = _scratch(folder)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
    return os.open(name, flags, mode), name


def _scratch(folder: Path) -> Path:
    return folder / f".runql.{os.urandom(8).hex()}.part"


def _by_handle(handle: int) -> str:
    """The file behind a handle as a name: the way to give one without a name a name."""
    return f"/proc/self/fd/{handle}"


def _settle(handle: int) -> None:
    """Have all of it on the disk, or know that it is not: over a network the error comes only now."""
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in _NO_SUCH_CALL:
            raise


def _put_in_place(handle: int, name: Path | None, target: Path, *, fresh: bool) -> Path | None:
    """Give the file the name of the target; gives the name that it has still besides, if any."""
    if name is None:
        try:
            _give_name(handle, target)
        except FileExistsError:
            if fresh:
                raise
        else:
            return None
        name = _scratch(target.parent)
        _give_name(handle, name)
    elif fresh:
        os.link(name, target)
        return name
    try:
        name.replace(target)
    except BaseException:
        name.unlink(missing_ok=True)
        raise
    return None


def _give_name(handle: int, name: Path) -> None:
    # With a handle of a folder it is the call that follows the name of a handle. The names are absolute.
    os.link(_by_handle(handle), name.absolute(), dst_dir_fd=handle, follow_symlinks=True)


def _make_alike(handle: int, target: Path, like: os.stat_result) -> None:
    """Give a file the owner, the group, the permissions and the attributes of the one that it replaces."""
    if not hasattr(os, "fchown"):  # Windows
        return
    mine = os.fstat(handle)
    if (mine.st_uid, mine.st_gid) != (like.st_uid, like.st_gid):
        try:
            os.fchown(handle, like.st_uid, like.st_gid)
        except PermissionError as error:
            raise OwnerLost(error.errno, "it belongs to somebody else") from error
    os.fchmod(handle, like.st_mode & 0o7777)
    if not hasattr(os, "listxattr"):  # not Linux
        return
    try:
        names = os.listxattr(target)
    except OSError as error:
        if error.errno not in _NO_ATTRIBUTES:
            raise
        return
    for name in names:
        with suppress(PermissionError):  # what the system alone may set, it sets
            os.setxattr(handle, name, os.getxattr(target, name))
