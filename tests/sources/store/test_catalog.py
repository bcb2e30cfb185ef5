"""The catalog of a store is what the engine counts of its runs, and is read from its file the next time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from runql.semantic.catalog import Catalog, build_catalog
from runql.semantic.record import LoggedMetrics, RunRecord
from runql.sources.protocol import FULL
from runql.sources.store.service import StoreService
from runql.sources.store.statistics import kept_catalog
from tests.sources.store.judged import awkward_runs, store_of_records

kinds = st.dictionaries(
    st.sampled_from(["number", "text", "null", "image-file", "list"]), st.integers(1, 5), min_size=1, max_size=3
)
logged = st.one_of(
    st.none(),
    st.builds(
        LoggedMetrics,
        st.dictionaries(st.sampled_from(["loss", "a.b", "\ud800"]), kinds, max_size=3),
        st.sampled_from([None, -1, 0, 9]),
    ),
)


def facts(catalog: Catalog) -> list[str]:
    """What a catalog says, so that NaN is NaN, and -0.0 is 0.0."""
    fields = tuple(replace(info, kinds=dict(sorted(info.kinds.items()))) for info in catalog.fields)
    counts = [sorted(found.items()) for found in (catalog.tags, catalog.sweeps, catalog.groups)]
    rest = repr((catalog.run_count, catalog.complete, catalog.blank, counts))
    return [*(repr(info).replace("-0.0", "0.0") for info in fields), rest]


@settings(deadline=None, max_examples=3, phases=[Phase.generate])
@given(awkward_runs, st.lists(logged, min_size=1, max_size=4))
def test_the_catalog_is_what_the_engine_counts(runs: list[RunRecord], metrics: list[LoggedMetrics | None]) -> None:
    given_runs = [
        replace(run, logged=metrics[place % len(metrics)], system_metrics={"system.gpu.0": place, "a": {"b": 1}})
        for place, run in enumerate(runs)
    ]
    with TemporaryDirectory() as folder:
        store = store_of_records(given_runs, Path(folder) / "s")
        records = store.snapshot().records(store.snapshot().runs.values(), FULL)
        for with_metrics in (True, False):
            counted = facts(store.catalog("", "", metrics=with_metrics))
            assert counted == facts(build_catalog("", records, metrics=with_metrics))
            again = StoreService(Path(folder) / "s", name="again")
            assert facts(again.catalog("", "", metrics=with_metrics)) == counted
        own = [record for record in records if record.project == "p0"]
        assert facts(store.catalog("", "p0")) == facts(build_catalog("", own))


def test_a_file_of_another_version_is_not_taken(tmp_path: Path) -> None:
    store = store_of_records([RunRecord("a", config={"x": 1}, summary={})], tmp_path / "s")
    assert [info.dotted for info in store.catalog("", "").fields if info.space.value == "config"] == ["x"]
    (kept,) = (tmp_path / "s" / kept_catalog.FOLDER).glob("*.json")
    kept.write_text(kept.read_text()[:-20])
    again = StoreService(tmp_path / "s", name="again")
    assert facts(again.catalog("", "")) == facts(store.catalog("", ""))
    kept.rename(kept.with_name(kept.name.replace("1-", "7-")))
    assert facts(StoreService(tmp_path / "s", name="again").catalog("", "")) == facts(store.catalog("", ""))
