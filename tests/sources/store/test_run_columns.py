"""Runs as columns say what runs as records say: the same table, the same types, the same notices and footer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from runql.errors import RunQLError
from runql.execute.columns.run_columns import whole_table
from runql.semantic.record import RunRecord
from runql.session import Session
from runql.sources.store.service import StoreService
from tests.sources.store.awkward import told
from tests.sources.store.draws import draw_many
from tests.sources.store.judged import awkward_runs, store_of_records

FIELDS = ("id", "name", "state", "created", "runtime", "tags", "config.x", "config.lr", "config.a", "summary.x")
_field = st.sampled_from(FIELDS)
_tests = st.sampled_from(
    [
        "config.x > 0",
        "config.x != 1",
        "summary.x is not null",
        "state != 'finished'",
        "not (config.lr = 1)",
        "id = 'r1'",
    ]
)
_ENDS = (
    "",
    "",
    " | group state: count(), n_unique(config.x), first(summary.x), mean(config.x), max(summary.x)",
    " | group config.x: count(), min(created), list(id)",
    " | sort -config.x, summary.x | limit 3 by state",
    " | describe",
    " | where config.x > 0 | derive y = config.x * 2",
)


@st.composite
def questions(draw: st.DrawFn) -> str:
    """A question to runs, or to a stage over them."""
    tests = draw(st.lists(_tests, max_size=2))
    fields = draw(st.lists(_field, min_size=1, max_size=4))
    key = draw(st.sampled_from(["", "config.x", "-summary.x", "created", "-config.lr, id"]))
    size, skipped = draw(st.sampled_from([0, 0, 1, 3, 50])), draw(st.sampled_from([0, 0, 1, 5]))
    end = draw(st.sampled_from(_ENDS))
    chosen = dict.fromkeys((*fields, "id", "state", "created", "config.x", "summary.x") if end else fields)
    where = f" where {' and '.join(tests)}" if tests else ""
    order, limit = f" order {key}" if key else "", f" limit {size}" if size else ""
    offset = f" offset {skipped}" if skipped else ""
    return f"runs{where}{order}{limit}{offset} select {', '.join(chosen)}{end}"


def answered(session: Session, text: str) -> Any:
    """All that an answer tells."""
    try:
        result: Any = session.run(text)[0]
        frame = result.frame
    except RunQLError as error:
        return str(error)
    columns = {name: [told(cell) for cell in frame.columns[name]] for name in frame.columns}
    return columns, result.footer()[:-1], result.ways_out()


def compare(runs: list[RunRecord], asked: Sequence[str], folder: Path) -> int:
    """How many answers were made of columns. Raises `AssertionError` where one differs."""
    store_of_records(runs, folder).close()
    made = []

    def counted(executor: Any, selection: Any) -> Any:
        table = whole_table(executor, selection)
        made.append(table is not None)
        return table

    with Session(f"store:{folder}") as session, Session(f"store:{folder}") as by_records:
        for text in asked:
            with (
                patch("runql.execute.columns.run_columns.whole_table", counted),
                patch("runql.sources.store.columns.listed.is_few", lambda *_: False),
            ):
                found = answered(session, text)
            with patch.object(StoreService, "run_columns", lambda *_: None):
                expected = answered(by_records, text)
            assert found == expected, f"{text}\n{found}\n{expected}"
    return sum(made)


@settings(deadline=None, max_examples=2)
@given(awkward_runs, st.lists(questions(), min_size=5, max_size=5))
def test_columns_say_what_records_say(runs: list[RunRecord], asked: list[str]) -> None:
    with TemporaryDirectory() as folder:
        compare(runs, asked, Path(folder) / "s")


def test_plain_tables_are_made_of_columns(tmp_path: Path) -> None:
    """So that the two answers above are made in two ways."""
    runs = [RunRecord(f"r{at}", "p", config={"x": at}, summary={"x": at / 2}) for at in range(3)]
    assert compare(runs, ["runs select id, config.x", "runs | group config.x : mean(summary.x)"], tmp_path / "s") == 2


def test_explain_says_that_facts_tell_the_ends_of_histories(tmp_path: Path) -> None:
    store_of_records([RunRecord("r1", "p", config={"x": 1}, summary={"x": 1})], tmp_path / "s").close()
    told = "what the first stage keeps, where facts beside the rows tell it"
    with Session(f"store:{tmp_path / 's'}") as session:
        for asked, is_told in {
            "runs scan keys loss | best min loss": True,
            "runs scan keys loss | last": True,
            "runs scan keys loss | where loss > 1 | last": False,
            "runs scan keys loss, acc | best min loss": False,
            "runs select id | first 3": False,
        }.items():
            (explained,) = session.explain(asked)
            assert (told in " ".join(explained.split())) is is_told, asked


if __name__ == "__main__":
    draw_many(__doc__, awkward_runs, questions(), compare, "of columns")
