"""`corr`: how strongly each field goes with a value."""

from __future__ import annotations

from runql.engine.stages.context import StageContext, StageResult
from runql.engine.stages.dispatch import measuring, values_of, without_number
from runql.engine.stages.shared.measures import ETA
from runql.engine.stages.shared.say import number_of, some
from runql.engine.table import Table
from runql.language.kinds import Kind
from runql.semantic.typed import TCorr
from runql.text.diagnostic import Diagnostic

_SHOWN = 3


def corr(stage: TCorr, table: Table, context: StageContext) -> StageResult:
    """A row a field: `field, measure, strength, n`, strongest first, then those with more rows, then by name.

    A field that holds numbers only gets Spearman's rank correlation with the target; any other one the correlation
    ratio eta, its values taken as categories. Both of the rows in which both have a value. Left out, and said: fields
    that don't vary, that have fewer than three such rows, or a category for each row. Said too: those with more
    categories than half of their rows.
    """
    targets = values_of(stage.target.value, table)
    measure = measuring(targets)
    found: list[tuple[str, str, float, int]] = []
    left_out: dict[str, list[str]] = {}
    near_unique: list[str] = []
    mixed: list[Diagnostic] = []
    for name in context.config_in(table.names, stage.target.name):
        measured = measure(table.columns[name])
        if measured.strength is None:
            left_out.setdefault(measured.why or "without any variation", []).append(name)
        else:
            found.append((name, measured.measure, measured.strength, measured.count))
            near_unique += [f"`{name}` has {measured.categories}"] * measured.is_near_unique
            if measured.measure == ETA and (said := _mixed(name, table, stage)) is not None:
                mixed.append(said)
    found.sort(key=lambda line: (-abs(line[2]), -line[3], line[0]))
    columns = dict(zip(("field", "measure", "strength", "n"), map(list, zip(*found, strict=True)), strict=False))
    result = Table(columns or {"field": [], "measure": [], "strength": [], "n": []}, len(found))
    notices = [
        Diagnostic("RQL313", f"{number_of(len(names), 'field')} left out, {why}: {some(names)}", stage.span)
        for why, names in left_out.items()
    ]
    notices += mixed
    if near_unique:
        message = f"a category for nearly each row is strong by chance: {', '.join(near_unique[:_SHOWN])}"
        notices.append(Diagnostic("RQL575", message, stage.span))
    if without := without_number(targets):
        message = f"{number_of(without, 'row')} left out: no number in `{stage.target.name}`"
        notices.insert(0, Diagnostic("RQL313", message, stage.span))
    return StageResult(result, tuple(notices), context.other(keys=["field", "measure"]))


def _mixed(name: str, table: Table, stage: TCorr) -> Diagnostic | None:
    """What to say of a field of numbers that a value of another kind makes one of categories (RQL509)."""
    kinds = {kind: count for kind, count in table.kinds(name).items() if kind not in (Kind.NULL, Kind.MISSING)}
    others, total = sum(kinds.values()) - kinds.get(Kind.NUMBER, 0), sum(kinds.values())
    if not kinds.get(Kind.NUMBER, 0) or not others:
        return None
    verb = "is" if others == 1 else "are"
    message = f"`{name}` is taken as categories (eta): {others:,} of its {total:,} values {verb} no number"
    target = stage.target.name
    hints = (f"of the numbers alone: `| where {name} is finite | corr {target}`",)
    return Diagnostic("RQL509", message, stage.span, hints=hints)
