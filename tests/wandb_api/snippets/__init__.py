"""What the official client and RunQL both run: see `registry`."""

from tests.wandb_api.snippets import histories, runs, wider
from tests.wandb_api.snippets.registry import PATH, SNIPPETS, plain

__all__ = ["PATH", "SNIPPETS", "histories", "plain", "runs", "wider"]
