"""The tree of a RunQL text: every node, frozen, with its span outside equality.

A node says what was meant, not how it was spelled: `==` and `=` give one operator, keywords lose their
case. What a formatter needs beyond that (comments) stands in the token stream.
"""

from runql.syntax.tree.clauses import *  # noqa: F403
from runql.syntax.tree.expressions import *  # noqa: F403
from runql.syntax.tree.names import *  # noqa: F403
from runql.syntax.tree.stages import *  # noqa: F403
from runql.syntax.tree.statements import *  # noqa: F403
