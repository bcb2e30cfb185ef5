"""Whether the extra of the stage `sql` is installed, without loading it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.util import find_spec

from runql.extras import install_command
from runql.semantic.typed import TSql, TStage
from runql.text.diagnostic import Diagnostic


def way_out() -> str:
    """How DuckDB gets here."""
    return f"install it with `{install_command('store')}`"


def lacking_extra(stages: Sequence[TStage]) -> Iterator[Diagnostic]:
    """What is said where a question stands in SQL and nobody is there to answer it."""
    if find_spec("duckdb") is not None:
        return
    for stage in stages:
        if isinstance(stage, TSql):
            message = "`sql` needs DuckDB, which is not installed"
            yield Diagnostic("RQL247", message, stage.span, hints=(way_out(),))
