"""What is freed is kept for the next column."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

COUNT = """
import resource
from runql.engine.table import Table
if {is_long}:
    Table.of({{"x": [0.5] * 50_000}})
for _ in range(3):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    columns = [bytearray(2**23) for _ in range(9)]
    del columns
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries keep what they please")
def test_a_long_table_has_freed_memory_kept() -> None:
    """Pages that the kernel hands out anew for 72 MB, which were freed just before."""
    with_long, without = (
        int(
            subprocess.run(
                [sys.executable, "-c", COUNT.format(is_long=is_long)], capture_output=True, check=True
            ).stdout
        )
        for is_long in (True, False)
    )
    assert with_long * 10 < without
