"""Python's collector of circles, kept from walking again and again through what is being read."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected(*, are_many: bool = False) -> Iterator[None]:
    """Without Python's collector, for the moment in which a long text becomes many values.

    Nothing that is made inside holds a circle, so nothing waits for it. `are_many`: behind it all count as old, so that
    they are not walked through at once; what is a circle is found when old values are looked at. To ask whether
    somebody keeps values out of the collector takes the longer the more those are: not for what happens at each key.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            if are_many and not gc.get_freeze_count():  # else somebody keeps values out of the collector for good
                gc.freeze()
                gc.unfreeze()
            gc.enable()
