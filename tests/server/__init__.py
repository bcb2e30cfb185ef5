"""A W&B server on loopback: real HTTP, real GraphQL, strict, with every fault a bad line or server has."""

from tests.server.faults import Fault, Knobs, Seen
from tests.server.http import LoopbackServer
from tests.server.store import Store

__all__ = ["Fault", "Knobs", "LoopbackServer", "Seen", "Store"]
