"""How many random examples the tests of engines draw: few each time, as many as wanted by `EXAMPLES=300`."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, settings


def drawn(usual: int) -> settings:
    """The settings of a test that draws so many examples where nobody says how many. What fails is not made smaller:
    each try costs seconds."""
    return settings(
        deadline=None,
        max_examples=int(os.environ.get("RUNQL_EXAMPLES") or usual),
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=[*HealthCheck],
    )
