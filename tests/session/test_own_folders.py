"""The folders of the settings, the data and the cache: read off the environment as `platformdirs` reads it."""

from __future__ import annotations

import sys
from typing import Final

import platformdirs
import pytest

from runql.own_folders import Kept, own_folder

HOMES: Final = {"HOME": "/home/ada"}


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere `platformdirs` alone says it")
@pytest.mark.parametrize("named", ["", "/srv/x", "/srv/a b/", "relative", " /srv/spaces ", "~/own"])
@pytest.mark.parametrize("kept", ["config", "data", "cache"])
def test_they_are_those_of_platformdirs(kept: Kept, named: str, monkeypatch: pytest.MonkeyPatch) -> None:
    environ = {**HOMES, f"XDG_{kept.upper()}_HOME": named}
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "ANDROID_DATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    of_system = {
        "config": platformdirs.user_config_path,
        "data": platformdirs.user_data_path,
        "cache": platformdirs.user_cache_path,
    }
    assert own_folder(kept, environ) == of_system[kept]("runql", appauthor=False)
