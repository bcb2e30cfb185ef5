"""Python's collector of circles, kept from walking again and again through what is being read."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


class _Kept:
    """Whether somebody keeps values out of the collector: to ask Python takes the longer the more those are."""

    is_any = False


def keep_for_good() -> None:
    """Keep all that is there now out of the collector: it does not walk through a catalog while somebody types."""
    _Kept.is_any = True
    gc.freeze()


@contextmanager
def uncollected(*, are_many: bool = False) -> Iterator[None]:
    """Without Python's collector, for the moment in which a long text becomes many values.

    Nothing that is made inside holds a circle, so nothing waits for it. `are_many`: behind it all count as old, so that
    they are not walked through at once; what is a circle is found when old values are looked at.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            if are_many and not _Kept.is_any:  # else what is kept for good would be walked through again
                gc.freeze()
                gc.unfreeze()
            gc.enable()
