"""The typed tree: what the checker makes of a query, and all that plan and engine know of it.

Names are resolved, parameters bound, times absolute and in UTC, durations seconds, patterns proven to be
RE2. Spans are kept (outside equality) so that later floors can point.
"""

from runql.semantic.typed.expressions import *  # noqa: F403
from runql.semantic.typed.query import *  # noqa: F403
from runql.semantic.typed.stage_parts import *  # noqa: F403
from runql.semantic.typed.stages import *  # noqa: F403
