"""TensorBoard event files as a source of runs, read without TensorBoard."""

from runql.sources.tensorboard.service import TensorboardService

__all__ = ["TensorboardService"]
