"""Each contract test once for each backend; the sample is made once for all of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from runql.wandb_api.runs import Runs
from tests.contract.backends import BACKENDS, PARTS, Source
from tests.contract.recorder import Recorder
from tests.contract.sample import SAMPLE


@pytest.fixture(scope="session", params=sorted(BACKENDS))
def source(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Source]:
    """The sample, held by one of the backends."""
    made = BACKENDS[request.param].make(SAMPLE, tmp_path_factory.mktemp(request.param))
    yield made
    made.service.close()


@pytest.fixture
def recorder(source: Source) -> Recorder:
    """The source, with a list of what it was asked."""
    return Recorder(source.service)


@pytest.fixture
def runs(source: Source, recorder: Recorder) -> Runs:
    """All the runs of the sample, three to a page."""
    return Runs(recorder, source.entity, source.project, per_page=3)


@pytest.fixture(autouse=True)
def _is_held(request: pytest.FixtureRequest) -> None:
    """Skip what is marked `needs` and the source cannot hold."""
    for marker in request.node.iter_markers("needs"):
        for part in BACKENDS[request.node.callspec.params["source"]].lacks.intersection(marker.args):
            pytest.skip(f"this source holds no {PARTS[part]}")
