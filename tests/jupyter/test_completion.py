"""Completion as a notebook's front end asks the kernel for it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from jupyter_client.manager import start_new_kernel

from runql.frontends.jupyter.completion import Written, written


@pytest.fixture(scope="module")
def kernel() -> Iterator[Any]:
    manager, client = start_new_kernel(kernel_name="python3")
    client.execute("%load_ext runql\n%rql -s demo\nrate = 0.1", reply=True, timeout=60)
    yield client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def offered(kernel: Any, cell: str) -> tuple[list[str], str]:
    """What is offered where `|` stands, and what it replaces."""
    at = cell.index("▮")
    text = cell.replace("▮", "")
    reply = kernel.complete(text, at, reply=True, timeout=30)["content"]
    assert reply["cursor_end"] == at
    return reply["matches"], text[reply["cursor_start"] : reply["cursor_end"]]


def test_what_the_source_holds(kernel: Any) -> None:
    ends = time.monotonic() + 60
    while not (matches := offered(kernel, "%rql runs where config.opt▮")[0]) and time.monotonic() < ends:
        time.sleep(0.1)  # it is learned beside the cells
    assert matches[0] == "config.optimizer"


@pytest.mark.parametrize(
    ("cell", "first", "replaced"),
    [
        ("%rql runs wh▮", "where", "wh"),
        ("best = %rql runs wh▮ limit 3", "where", "wh"),
        ("%rql runs | ord▮", "order", "ord"),
        ("%rql runs where config.lr > $r▮", "$rate", "$r"),
        ("%%rql\nruns\n  wh▮\nlimit 3", "where", "wh"),
        ("%runql runs wh▮", "where", "wh"),
        ("%%runql\nruns\n  wh▮\nlimit 3", "where", "wh"),
        ("%%rql -s demo best\nruns or▮", "order", "or"),
    ],
)
def test_where_the_query_stands(kernel: Any, cell: str, first: str, replaced: str) -> None:
    matches, fragment = offered(kernel, cell)
    assert matches[0] == first
    assert fragment == replaced


def test_other_cells_are_python(kernel: Any) -> None:
    matches, _ = offered(kernel, "import os\nos.getc▮")
    assert {match.rpartition(".")[2] for match in matches} == {"getcwd", "getcwdb"}


@pytest.mark.parametrize(
    ("cell", "line", "column", "expected"),
    [
        ("%%rql\nruns", 1, 4, Written(None, "runs", 4)),
        ("%%rql -s './my runs' x\na\nruns", 2, 2, Written("./my runs", "a\nruns", 4)),
        ("x = 1\ny = %rql -s demo runs", 1, 21, Written("demo", "runs", 4)),
        ("%%rql\nruns", 0, 5, None),
        ("%rqlx runs", 0, 8, None),
        ("x = 1", 0, 3, None),
        ("%rql -x runs", 0, 10, None),
        ("%rql runs", 0, 2, None),
    ],
)
def test_the_query_in_a_cell(cell: str, line: int, column: int, expected: Written | None) -> None:
    assert written(cell, line, column) == expected
