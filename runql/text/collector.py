"""Python's collector of circles, kept from walking again and again through what is being read."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Without Python's collector, for the moment in which a long text becomes many values.

    Nothing that is made inside holds a circle, so nothing waits for it. Behind it all count as old, so that they are
    not walked through at once: what is a circle is found when old values are looked at.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            if not gc.get_freeze_count():  # else somebody keeps values out of the collector for good
                gc.freeze()
                gc.unfreeze()
            gc.enable()
