"""The command that brings an extra fits where RunQL came from, and what made its environment."""

from __future__ import annotations

import sys
from importlib import metadata
from pathlib import Path

import pytest

from runql.extras import install_command

METADATA = """\
Metadata-Version: 2.4
Name: runql
Version: 0.1.0
Requires-Dist: lark<2,>=1.2
Requires-Dist: duckdb>=2; extra == 'store'
Requires-Dist: deltalake>=1.6; extra == 'store'
Requires-Dist: httpx[socks]>=0.27; extra == 'socks'
"""


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of an installed RunQL, in an environment that pip made."""
    folder = tmp_path / "runql-0.1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(METADATA)
    monkeypatch.setattr(metadata, "distribution", lambda name: metadata.PathDistribution(folder))
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    return folder


def test_from_a_registry_the_extra_is_asked_for(installed: Path) -> None:
    assert install_command("store") == 'pip install "runql[store]"'


def test_from_elsewhere_its_packages_are(installed: Path) -> None:
    (installed / "direct_url.json").write_text('{"url": "file:///downloads/runql.whl", "archive_info": {}}')
    assert install_command("store") == 'pip install "duckdb>=2" "deltalake>=1.6"'
    assert install_command("socks") == 'pip install "httpx[socks]>=0.27"'


def test_into_the_environment_that_another_tool_made(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "pipx_metadata.json").touch()
    assert install_command("store") == 'pipx inject runql "runql[store]"'
    (tmp_path / "pipx_metadata.json").unlink()
    (tmp_path / "uv-receipt.toml").touch()
    assert install_command("store") == f'uv pip install -p "{sys.executable}" "runql[store]"'


def test_a_bare_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(name: str) -> metadata.Distribution:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "distribution", nowhere)
    assert install_command("store") == 'pip install ".[store]"'
