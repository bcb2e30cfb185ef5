"""The magics in a real kernel, as a notebook drives it."""

from __future__ import annotations

import re
from typing import Any

import nbformat
from nbclient import NotebookClient

from tests.house.documents import blocks

SEVERAL = """%%rql both
let good = runs where state = "finished";
runs from good order id limit 1 select id;
count runs from good"""


class Cell:
    """What a cell gave."""

    def __init__(self, node: Any) -> None:
        self.outputs = list(node.outputs)

    @property
    def html(self) -> str:
        return "".join(out.data.get("text/html", "") for out in self.outputs if "data" in out)

    @property
    def text(self) -> str:
        return "".join(out.data.get("text/plain", "") for out in self.outputs if "data" in out)

    @property
    def error(self) -> str:
        """The traceback without colours."""
        lines = [line for out in self.outputs if out.output_type == "error" for line in out.traceback]
        return re.sub(r"\x1b\[[\d;]*m", "", "\n".join(lines))


def ran(*sources: str) -> list[Cell]:
    made: Any = nbformat.v4
    book = made.new_notebook(
        cells=[made.new_code_cell(source) for source in ("%load_ext runql\n%rql -s demo", *sources)]
    )
    NotebookClient(book, kernel_name="python3", allow_errors=True, timeout=120).execute()
    first, *others = map(Cell, book.cells)
    assert not first.outputs, first.error
    return others


def test_a_notebook() -> None:
    variable, line, cell, value, several, script, misspelled, unknown, failed = ran(
        "lr = 0.05",
        "top = %rql runs where config.lr > $lr order summary.loss limit 2 select id, summary.loss\nlen(top)",
        "%%rql best\n# the best of them\nruns where config.lr > $lr\norder summary.loss limit 3 select id, state",
        "list(best.pandas().columns), best.runs[0].id == top.runs[0].id",
        "n = %rql count runs where config.lr > $lr\nn.value",
        SEVERAL,
        "%rql runs where config.lerning_rat > 1",
        "%rql runs where config.lr > $lrr",
        "%rql runs limit 1 | assert count() > 5",
    )
    assert not variable.outputs
    assert line.text == "2"
    assert "3 rows × 2 columns" in cell.html
    assert "of 64 runs" in cell.html or "matching runs" in cell.html
    assert value.text == "(['id', 'state'], True)"
    assert int(several.text) > 10
    assert "1 row × 1 column" in script.html
    assert re.search(r"<b>\d+</b>", script.html)
    assert "error[RQL201]" in misspelled.error
    assert "──────" in misspelled.error
    assert "Traceback" not in misspelled.error
    assert "nearest: `$lr`" in unknown.error
    assert "does not hold" in failed.error


def test_the_guide() -> None:
    """Each cell of the page runs, one after the other, and fails only with the code that the page says."""
    shown = [block for block in blocks("ipython") if block.document == "docs/guide/notebooks.md"]
    assert len(shown) > 5
    for block, cell in zip(shown, ran(*(block.text for block in shown)), strict=True):
        code = [option.removeprefix("error=") for option in block.options]
        assert re.findall(r"error\[(RQL\d+)\]", cell.error) == code, cell.error
        assert bool(cell.error) == bool(code), cell.error
