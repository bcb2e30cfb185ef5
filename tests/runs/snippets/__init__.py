"""What the official client and RunQL both run: see `registry`."""

from tests.runs.snippets import histories, runs, wider
from tests.runs.snippets.registry import PATH, SNIPPETS, plain

__all__ = ["PATH", "SNIPPETS", "histories", "plain", "runs", "wider"]
