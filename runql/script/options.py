"""The options of a session: `set max_rows 100`, `set RQL312 off`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import field, replace
from typing import Final

from runql.chart_look import PLAIN, SIZE_FORM, ChartLook, ChartSize
from runql.language.options import OPTIONS, THEMES
from runql.syntax import tree
from runql.syntax.tree import SetStatement
from runql.text.codes import CODES
from runql.text.diagnostic import Diagnostic
from runql.text.frozen import changeable, frozen
from runql.text.nearest import nearest
from runql.text.source import NOWHERE

_CODE = re.compile(r"RQL\d{3}\Z", re.IGNORECASE)
_SWITCHES = {"on": True, "off": False, "true": True, "false": False}


@changeable
class Told:
    """Remembers of which files and runs something was said. What is said of a question is said each time."""

    _said: set[tuple[str, str, str]] = field(default_factory=set)

    def fresh(self, notices: Iterable[Diagnostic]) -> frozenset[Diagnostic]:
        """Those that speak of a question, or of anything of which the same was not said before; then it was."""
        new: set[Diagnostic] = set()
        for notice in notices:
            of = {(notice.code, notice.many, name) for name in notice.names}
            if not notice.many or not of <= self._said:
                new.add(notice)
            self._said |= of
        return frozenset(new)


@frozen
class Options:
    """`silenced`: codes of notices and warnings that are not said. `max_rows`: how many rows of an answer are shown at
    most. `names`: whether each file and run is named that a notice speaks of. `told`: what was said of these before
    and is not said again; without it everything is said each time. `chart_look`: how charts of files look.
    """

    silenced: frozenset[str] = frozenset()
    max_rows: int | None = None
    names: bool = False
    told: Told | None = field(default=None, compare=False)
    chart_look: ChartLook = PLAIN

    def heard(self, diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
        """Those that are to be said: an error can't be silenced."""
        heard = (one for one in diagnostics if one.code not in self.silenced or one.is_error)
        return tuple(map(_with_names, heard)) if self.names else tuple(heard)


def _with_names(one: Diagnostic) -> Diagnostic:
    return replace(one, hints=(*one.hints, ", ".join(one.names))) if len(one.names) > 1 else one


def silenced_code(code: str) -> str | None:
    """A code that can be silenced, as it is written in the table; `None` for any other."""
    name = code.upper()
    return name if name in CODES and CODES[name].severity != "error" else None


def near_codes(code: str) -> tuple[str, ...]:
    """The codes that can be silenced and are near to one that cannot, or how to list them all."""
    known = [name for name in CODES if silenced_code(name) is not None]
    wanted = code.upper()
    near = [name for name in known if wanted.startswith("RQL") and len(wanted) > 4 and name.startswith(wanted)]
    near = near or [*nearest(wanted, known)]
    listed = "`runql --spec` lists all of them under `codes`: notices and warnings can be silenced, errors cannot"
    return (*([f"nearest: {', '.join(f'`{name}`' for name in near[:8])}"] if near else []), listed)


def set_option(  # noqa: PLR0911 - one line an option
    options: Options, statement: SetStatement
) -> tuple[Options, Diagnostic | None]:
    """The options after a `set`, or what is wrong with it (RQL223)."""
    place = statement.name_span if statement.name_span != NOWHERE else statement.span
    name = statement.name
    if _CODE.match(name):
        return _switch(options, name, statement)
    if name.lower() == "max_rows":
        value = statement.value.value if isinstance(statement.value, tree.Literal) else ""
        if value is None or (isinstance(value, int) and not isinstance(value, bool) and value > 0):
            return replace(options, max_rows=value), None
        return options, Diagnostic("RQL223", "`max_rows` is a number above 0, or `null` for all rows", statement.span)
    if name.lower() == "names":
        on = _truth(statement.value)
        if on is None:
            return options, Diagnostic("RQL223", "`names` is set to `on` or `off`", statement.span)
        return replace(options, names=on), None
    if name.lower() in _LOOKS:
        found = _LOOKS[name.lower()](options.chart_look, statement.value)
        if isinstance(found, str):
            return options, Diagnostic("RQL223", f"`{name.lower()}` is {found}", statement.span)
        return replace(options, chart_look=found), None
    near = nearest(name, OPTIONS, most=1)
    hints = (*(f"nearest: `{one}`" for one in near), f"options: {', '.join(f'`{one}`' for one in OPTIONS)}")
    return options, Diagnostic("RQL223", f"there is no option `{name}`", place, hints=hints)


def _switch(options: Options, name: str, statement: SetStatement) -> tuple[Options, Diagnostic | None]:
    code = silenced_code(name)
    if code is None:
        what = "an error" if name.upper() in CODES else "no code"
        message = f"`{name}` is {what}: only notices and warnings can be silenced"
        return options, Diagnostic("RQL223", message, statement.span, hints=near_codes(name))
    on = _truth(statement.value)
    if on is None:
        return options, Diagnostic("RQL223", f"`{code}` is set to `on` or `off`", statement.span)
    silenced = options.silenced - {code} if on else options.silenced | {code}
    return replace(options, silenced=silenced), None


def _truth(value: tree.Expr | None) -> bool | None:
    if isinstance(value, tree.Literal) and isinstance(value.value, bool):
        return value.value
    return _SWITCHES.get(_word(value))


def _word(value: tree.Expr | None) -> str:
    """A word, in quotes or not, in small letters."""
    if isinstance(value, tree.Literal) and isinstance(value.value, str):
        return value.value.lower()
    is_name = isinstance(value, tree.Field) and len(value.path.segments) == 1
    return str(value.path.segments[0]).lower() if isinstance(value, tree.Field) and is_name else ""


# ---------------------------------------------------------------- how charts look


def _theme(look: ChartLook, value: tree.Expr | None) -> ChartLook | str:
    theme = _word(value)
    return replace(look, theme=theme) if theme in THEMES else "set to `light` or `dark`"


def _size(look: ChartLook, value: tree.Expr | None) -> ChartLook | str:
    if isinstance(value, tree.Literal) and value.value is None:
        return replace(look, size=None)
    size = ChartSize.read(_word(value))
    return f"{SIZE_FORM}, in quotes, or `null`" if size is None else replace(look, size=size)


def _notes(look: ChartLook, value: tree.Expr | None) -> ChartLook | str:
    on = _truth(value)
    return "set to `on` or `off`" if on is None else replace(look, notes=on)


_LOOKS: Final[Mapping[str, Callable[[ChartLook, tree.Expr | None], ChartLook | str]]] = {
    "theme": _theme,
    "chart_size": _size,
    "chart_notes": _notes,
}
"""By their names the options of charts: each gives how charts look then, or what it takes."""
