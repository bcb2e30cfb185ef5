"""Kernels and shells that keep nothing in anybody's home."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope="package")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """IPython's and Jupyter's folders, and the home of the kernels, for as long as the tests run."""
    folder = tmp_path_factory.mktemp("jupyter")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("HOME", "IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
            (folder / name.lower()).mkdir()
            patch.setenv(name, str(folder / name.lower()))
        yield
