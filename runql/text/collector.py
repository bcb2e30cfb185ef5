"""Python's collector of circles, kept from walking again and again through what is being read."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Without Python's collector, for the moment in which a long text becomes many values.

    Nothing that is made inside holds a circle, so nothing waits for it.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
