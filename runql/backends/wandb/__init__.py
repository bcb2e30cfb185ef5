"""Runs on a W&B server, over GraphQL."""

from runql.backends.wandb.client import LineSettings
from runql.backends.wandb.credentials import Credentials, discover
from runql.backends.wandb.service import ServiceOptions, WandbService

__all__ = ["Credentials", "LineSettings", "ServiceOptions", "WandbService", "discover"]
