"""The histories that the clauses of a query ask for."""

from __future__ import annotations

import pytest

from runql.semantic.typed import HistoryPart
from runql.syntax.tree import AlignMode, Stream
from tests.semantic.world import typed


@pytest.mark.parametrize(
    ("clauses", "part"),
    [
        ("keys loss, acc", HistoryPart(("loss", "acc"))),
        ("keys loss, logged.acc, loss", HistoryPart(("loss", "acc"))),
        ("sample 200", HistoryPart(None, samples=200)),
        ("scan", HistoryPart(None, samples=None)),
        (
            "keys val/* x acc steps 10.. align ffill",
            HistoryPart(("val/*",), (), 500, "acc", min_x=10, align=AlignMode.FFILL),
        ),
        ("keys loss steps 1.5..10.5", HistoryPart(("loss",), min_step=2, max_step=10)),
        ("keys loss x acc steps -0.5..1.5", HistoryPart(("loss",), x_axis="acc", min_x=-0.5, max_x=1.5)),
        ("keys loss x _runtime steps ..2h", HistoryPart(("loss",), x_axis="_runtime", max_x=7200)),
        ("keys loss, system.gpu.*", HistoryPart(("loss",), ("system.gpu.*",))),
        ("keys system.gpu.0.temp", HistoryPart((), ("system.gpu.0.temp",), stream=Stream.SYSTEM)),
        ("sample 10 stream system", HistoryPart((), None, 10, stream=Stream.SYSTEM)),
    ],
)
def test_the_histories_that_clauses_ask_for(clauses: str, part: HistoryPart) -> None:
    assert typed(f"runs {clauses}").histories == part
