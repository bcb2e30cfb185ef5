"""A checked query, left of the pipe."""

from __future__ import annotations

from runql.semantic.typed.expressions import FieldKey, TypedExpr
from runql.syntax.tree import AlignMode, Stream, Target
from runql.text.frozen import frozen


@frozen
class TOrderKey:
    value: TypedExpr
    descending: bool = False


@frozen
class TColumn:
    """One selected column, or several by a glob. `glob` is (space, pattern) for `config.*`; else `value` is set."""

    name: str
    value: TypedExpr | None = None
    glob: FieldKey | None = None
    except_: tuple[FieldKey, ...] = ()


@frozen
class HistoryPart:
    """What a query asks of histories. `keys` may hold globs; `None` is every metric. `samples` None is a scan.

    `system_keys` are the keys of the system stream (`system.gpu.*`), joined on time to the others. `steps` cuts
    along `_step` from `min_step` to `max_step`, along another axis from `min_x` to `max_x`, both ends included.
    """

    keys: tuple[str, ...] | None
    system_keys: tuple[str, ...] | None = ()
    samples: int | None = 500
    x_axis: str = "_step"
    min_step: int | None = None
    max_step: int | None = None
    min_x: float | None = None
    max_x: float | None = None
    align: AlignMode = AlignMode.OUTER
    stream: Stream = Stream.DEFAULT


@frozen
class TypedQuery:
    """A checked query. `histories` is `None` for a table of runs. `columns` `None` is the default selection.

    Clauses of a count, such as `limit`, stand in the fields that their words name.
    """

    target: Target
    ident: str | None = None
    sources: tuple[str, ...] = ()
    where: TypedExpr | None = None
    order: tuple[TOrderKey, ...] = ()
    limit: int | None = None
    offset: int = 0
    page: int | None = None
    lazy: bool | None = None
    with_sweeps: bool = False
    histories: HistoryPart | None = None
    columns: tuple[TColumn, ...] | None = None
