"""Columns of a data frame that look at other rows: `acc.rank()`, `df.groupby("k")["acc"].transform("mean")`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from runql.language.kinds import TableKind
from runql.language.stages import STAGES
from runql.syntax.lr_parser import run
from runql.syntax.mistake import Mistake, Place, closing, idiom, replacing
from runql.syntax.mistakes.functions.split_arguments import arguments_of
from runql.syntax.mistakes.functions.window_calls import OTHER_ROWS, WindowRows, together, turned, window_of
from runql.text.source import Span

_NAME: Final = re.compile(r"[^\W\d][\w./]*")
_STEP: Final = re.compile(r"\s*(?:\.\s*(?P<name>[^\W\d]\w*)(?P<call>\()?|(?P<index>\[))")
_QUOTED: Final = re.compile(r"(?P<sign>[\"'])(?P<text>[^\"']*)(?P=sign)\Z")
_TABLES: Final = frozenset({"df", "frame", "table", ""})
_DOWN: Final = re.compile(r"(?:ascending\s*=\s*False|descending\s*=\s*True)")
_LOST: Final = frozenset(terminal for terminal, entry in STAGES.items() if entry.gives is TableKind.OTHER)
"""The stages behind which the rows are those of a history no more."""
_FOLDS: Final = frozenset(
    {"mean", "sum", "min", "max", "std", "var", "median", "count", "first", "last", "nunique", "n_unique", "avg"}
)
_MOVING: Final = frozenset(
    {"rolling", "ewm", "ewm_mean", *(f"rolling_{name}" for name in ("mean", "sum", "min", "max", "median", "std"))}
)
_GROUPS: Final = frozenset({"groupby", "group_by"})
_MUTATED: Final = re.compile(r"(?i)(?:group_by\s*\(?\s*(?P<keys>[^()|]+?)\s*\)?\s*(?:\|>?|%>%)\s*)?mutate\s*(?=\()")
_BY: Final = re.compile(r"(?i)\A\.?by\s*=\s*(?:c\s*\()?(?P<keys>[^()]+)\)?\Z")
_UNGROUPED: Final = re.compile(r"(?i)\s*(?:\|>?|%>%)\s*ungroup\s*\(\s*\)")
_DERIVED: Final = re.compile(r"(?i)(?P<word>with_columns|assign|mutate|derive)\s*(?=\()")
_BEGUN: Final = re.compile(r"(?<![\w.])[^\W\d][\w./]*")
_LAMBDA: Final = re.compile(r"\blambda\s+\w+\s*:\s*")
_STAGE_WORD: Final = re.compile(r"\|\s*([^\W\d]\w*)")
_CALLED: Final = re.compile(r"(?<![\w.])(?P<name>[^\W\d]\w*)\s*(?=\()")


_FRAME: Final = re.compile(r"(?:df|runs)(?=\.[^\W\d]|\[\s*[\"'])")
_MEAN_RANK: Final = re.compile(r"(?<![\w.])rank\s*\(")
_PART: Final = re.compile(r"0?\.\d+|[01]")
_PLACES: Final = re.compile(r"min|dense|first|ordinal")
_AT_START: Final = "of fewer values at the start, where pandas and polars have none without `min_periods=1`"
_TIES: Final = "of equal values each has the smallest place in RunQL; there, the mean of their places"


@dataclass
class _Chain:
    """What was read of a chain of calls."""

    column: str = ""
    keys: list[str] = field(default_factory=list)
    called: str = ""
    given: list[str] = field(default_factory=list)
    is_expanding: bool = False
    moving: str = ""
    is_turned: bool = False
    is_short: bool = False
    rows: str = ""
    alias: str = ""

    @property
    def is_moving(self) -> bool:
        return bool(self.moving)

    def take(self, name: str, inner: str) -> bool:
        """A call of the chain; false for one that cannot stand there."""
        given = arguments_of(inner)
        if name in _GROUPS or (name == "over" and self.called):
            self.keys = [one for part in given for one in _names(part)]
            return bool(self.keys)
        if name == "col":
            self.column = _unquoted(given[0]) if len(given) == 1 else ""
            return bool(self.column)
        if name == "alias" and len(given) == 1:
            self.alias = _unquoted(given[0])
            return True
        if self.called:
            return False
        if name == "expanding":
            self.is_expanding = True
        elif name in _MOVING:
            self.moving = name
            if not self.column and len(given) > 1:
                self.column, *given = (_unquoted(given[0]), *given[1:])
            self.rows = given[0] if given else ""
            options = "".join(given[1:]).replace(" ", "")
            self.is_turned = bool(re.search(r"center=True|closed=|win_type=|on=", options))
            self.is_short = "min_periods=1" in options or "min_samples=1" in options
        elif name == "transform" and len(given) == 1:
            self.called = _unquoted(given[0]).rpartition(".")[2]
        else:
            self.called, self.given = name, given
        return True


def column_of_frame(place: Place) -> Mistake | None:
    """`acc.shift(1)`, `groupby("k")["acc"].transform("mean")`, `pl.col("acc").mean().over("k")`, right of a pipe."""
    if place.first_pipe is None or not place.in_condition:
        return None
    for lexeme in place.attempt.lexemes[-16:]:
        if lexeme.terminal not in {"PATH", "FUNCTION"}:
            continue
        chain, end = _chain_at(place.text, lexeme.start)
        if chain is None or end <= place.found.start or place.text[lexeme.start - 1 : lexeme.start] == ".":
            continue
        span = Span(lexeme.start, end)
        old = place.text[span.start : span.end]
        new = _of_last(chain, place) if chain.is_moving else _written(chain, place)
        if chain.is_moving and new is None:
            return _moving(chain, old, span)
        if new is not None:
            new = f"{chain.alias} = {new}" if chain.alias else new
            whose = "polars" if re.search(r"\bover\s*\(|\bcol\s*\(", old) else "pandas"
            ties = (_TIES,) if chain.called == "rank" and not _PLACES.search(" ".join(chain.given)) else ()
            ties = (_AT_START,) if chain.is_moving and not chain.is_short else ties
            return idiom(whose, old, new, span, replacing(span.start, span.end, new), *ties)
    return None


def window_of_frame(place: Place) -> Mistake | None:
    """`df.groupby("k")["acc"].rank()`: a column beside the rows, where a table begins."""
    begun = _FRAME.match(place.text, place.found.start) if "RUNS" in place.accepted else None
    if begun is None:
        return None
    chain, end = _chain_at(place.text, begun.start())
    span = Span(begun.start(), end)
    old = place.text[span.start : span.end]
    is_window = chain is not None and (chain.called in OTHER_ROWS or "transform" in old)
    if chain is None or not is_window or chain.is_moving:
        return None
    new = _written(chain, place) if chain.column not in _TABLES | {"runs"} else None
    if new is None:
        return None
    new = f"runs | derive {new}"
    ties = (_TIES,) if chain.called == "rank" and not _PLACES.search(" ".join(chain.given)) else ()
    return idiom("pandas", old, new, span, replacing(span.start, span.end, new), *ties)


def _of_last(chain: _Chain, place: Place) -> str | None:
    """`loss.rolling(20).mean()`, `loss.rolling_mean(20)`: of the last values up to each row."""
    over = WindowRows(together(chain.keys) if chain.keys else "" if is_of_history(place) else "all")
    fold = chain.moving.removeprefix("rolling_") if chain.moving.startswith("rolling_") else chain.called
    if not chain.column or chain.moving.startswith("ewm") or not fold or chain.given or chain.is_turned:
        return None
    return window_of(f"rolling_{fold}", [chain.column, chain.rows], over)


def _moving(chain: _Chain, old: str, span: Span) -> Mistake:
    rows = chain.rows if chain.rows.isdigit() else "10"
    hint = f"along each run of a history: `| smooth mean {rows}`, or `| smooth ema 0.9`"
    message = f"`{old}` is a stage here, of the columns as they are"
    return Mistake("RQL108", message, span, (hint,), certain=True, resume=span.end)


def _chain_at(text: str, start: int) -> tuple[_Chain | None, int]:
    """The calls that begin at a place, and where they end."""
    first = _NAME.match(text, start)
    if first is None:
        return None, start
    chain, at = _Chain(), first.end()
    owner, called = first[0], ""
    if text[at : at + 1] == "(":
        owner, _, called = first[0].rpartition(".")
    table, _, below = owner.partition(".")
    chain.column = (below if table in _TABLES - {""} else owner) if owner not in {*_TABLES, "pl"} else ""
    while True:
        step = None if called else _STEP.match(text, at)
        if step is not None and step["name"] and not step["call"]:
            chain.column, at = step["name"], step.end()
            continue
        opened = at if called else step.end() - 1 if step is not None else None
        end = closing(text, opened) if opened is not None else None
        if opened is None or end is None:
            break
        inner = text[opened + 1 : end.start].strip()
        if step is not None and step["index"]:
            names = _names(inner)
            if len(names) != 1:
                return None, at
            chain.column = names[0]
        elif not chain.take((called or (step["name"] if step is not None else "")).lower(), inner):
            return None, at
        called, at = "", end.end
    return chain, at


def _names(text: str) -> list[str]:
    """`"k"`, `["k", "l"]`, `k`."""
    inner = text.strip()
    inner = inner[1:-1] if inner[:1] == "[" and inner[-1:] == "]" else inner
    names = [_unquoted(part) for part in arguments_of(re.sub(r"\Aby\s*=\s*", "", inner))]
    return names if all(_NAME.fullmatch(name) for name in names) else []


def _unquoted(text: str) -> str:
    found = _QUOTED.match(text.strip())
    return found["text"] if found is not None else text.strip()


def _written(chain: _Chain, place: Place) -> str | None:
    """The window that a chain means."""
    name = chain.called
    over = together(chain.keys) if chain.keys else "" if is_of_history(place) else "all"
    if name == "rank":
        return _ranked(chain, over)
    if name == "quantile":
        return _quantile(chain, "" if _is_folding(place) and not chain.keys else f" over {over or 'id'}")
    is_known = (chain.column or name == "cumcount") and not chain.column.endswith((".str", ".dt", ".list"))
    if not is_known or (name in _FOLDS and chain.given):
        return None
    if name in _FOLDS:
        name = f"cum{name}" if chain.is_expanding else name
        if not chain.keys and _is_folding(place):
            return f"{name}({chain.column})"
        return window_of(name, [chain.column], WindowRows(over if chain.is_expanding else over or "id"))
    given = [chain.column, *chain.given] if chain.column else chain.given
    return window_of(name, given, WindowRows(over))


def _quantile(chain: _Chain, over: str) -> str | None:
    """`acc.quantile(0.9)`: RunQL counts in percent."""
    part = chain.given[0] if len(chain.given) == 1 else ""
    if not chain.column or not _PART.fullmatch(part):
        return None
    return f"percentile({chain.column}, {float(part) * 100:.10g}){over}"


def _ranked(chain: _Chain, over: str) -> str | None:
    if not chain.column:
        return None
    given = " ".join(chain.given)
    if re.search(r"[\"'](?:max|random)[\"']", given):
        return None
    key = turned(chain.column) if _DOWN.search(given) else chain.column
    name = "dense_rank" if "dense" in given else "row_number" if re.search(r"first|ordinal", given) else "rank"
    rows = WindowRows(over or "id", (key,))
    text = window_of(name, [], rows)
    return f"{text} / count({chain.column}){rows.behind(())}" if re.search(r"pct\s*=\s*True", given) else text


def is_of_history(place: Place) -> bool:
    """Whether the rows at hand are those of histories: a window without `over` goes along each run."""
    terminals = _terminals(place)
    return bool(terminals & {"KEYS", "SCAN"}) and not terminals & _LOST


def _terminals(place: Place) -> set[str]:
    """What the statement holds up to the place, also where the text was read again from a later piece on."""
    lexemes = place.attempt.lexemes
    begun = lexemes[0].start if lexemes else place.found.start
    before = run(place.text[:begun], 0, "script")
    terminals = [one.terminal for one in (*before.lexemes, *lexemes)]
    last = max((index for index, one in enumerate(terminals) if one == "SEMI"), default=-1)
    # Behind a piece that was left out, the stages by their words.
    unread = place.text[before.failure.found.start : begun] if before.failure is not None else ""
    return {*terminals[last + 1 :], *(word.upper() for word in _STAGE_WORD.findall(unread))}


def _is_folding(place: Place) -> bool:
    """Whether aggregates over the rows of a group stand at the place."""
    terminals = [one.terminal for one in place.attempt.lexemes]
    pipe = max((index for index, one in enumerate(terminals) if one == "PIPE"), default=-1)
    stage = terminals[pipe + 1 :]
    return (stage[:1] == ["GROUP"] and "COLON" in stage) or stage[:1] in (["PIVOT"], ["ASSERT"])


def derived(place: Place) -> Mistake | None:
    """`with_columns(pl.col("acc").mean().over("k").alias("m"))`, `assign(r = df.groupby("k")["acc"].rank())`."""
    found = _DERIVED.match(place.text, place.found.start) if place.back_terminal() == "PIPE" else None
    end = closing(place.text, found.end()) if found is not None else None
    if found is None or end is None:
        return None
    inner = place.text[found.end() + 1 : end.start]
    inner = inner.strip()[1:-1] if inner.strip()[:1] == "[" and inner.strip()[-1:] == "]" else inner
    parts = [_translated(part, place) for part in arguments_of(inner)]
    if parts == arguments_of(inner) or not parts:
        return None
    span, new = Span(found.start(), end.end), f"derive {', '.join(parts)}"
    whose = "pandas" if found["word"].lower() == "assign" else "polars"
    old = place.text[span.start : span.end]
    ties = (_TIES,) if re.search(r"\brank\s*\(", old) and not _PLACES.search(old) else ()
    return idiom(whose, old, new, span, replacing(span.start, span.end, new), *ties)


def _translated(text: str, place: Place) -> str:
    """A column with each chain of calls as a window."""
    text, at = _LAMBDA.sub("", text), 0
    while (found := _BEGUN.search(text, at)) is not None:
        chain, end = _chain_at(text, found.start())
        new = _written(chain, place) if chain is not None and chain.called and not chain.is_moving else None
        at = found.end()
        if chain is not None and new is not None:
            new = f"{chain.alias} = {new}" if chain.alias else new
            text, at = f"{text[: found.start()]}{new}{text[end:]}", found.start() + len(new)
    return text


def mutated(place: Place) -> Mistake | None:
    """`group_by(k) | mutate(r = rank(desc(acc)))`, `mutate(m = mean(acc), .by = k)`: windows of the groups."""
    found = _MUTATED.match(place.text, place.found.start) if place.back_terminal() == "PIPE" else None
    end = closing(place.text, found.end()) if found is not None else None
    if found is None or end is None:
        return None
    parts = arguments_of(place.text[found.end() + 1 : end.start])
    by = next((match for part in parts if (match := _BY.match(part))), None)
    keys = found["keys"] or (by["keys"] if by is not None else None)
    of_all = WindowRows("" if is_of_history(place) else "all")
    rows = of_all if keys is None else WindowRows(together([one.strip() for one in keys.split(",")]))
    columns = [beside_rows(part, rows) for part in parts if _BY.match(part) is None]
    if keys is None and columns == parts:
        return None
    stop = ungrouped.end() if (ungrouped := _UNGROUPED.match(place.text, end.end)) else end.end
    span, new = Span(found.start(), stop), f"derive {', '.join(columns)}"
    repair = replacing(span.start, span.end, new)
    ties = (_TIES,) if _MEAN_RANK.search(place.text[span.start : span.end]) else ()
    return idiom("dplyr", place.text[span.start : span.end], new, span, repair, *ties)


def beside_rows(text: str, rows: WindowRows) -> str:
    """A text with each call of a function of other rows, or of an aggregate, as a window of these rows."""
    at = 0
    while (found := _CALLED.search(text, at)) is not None:
        end = closing(text, found.end())
        if end is None:
            return text
        new = window_of(found["name"], arguments_of(text[found.end() + 1 : end.start]), rows)
        at = found.end() if new is None else found.start() + len(new)
        if new is not None:
            text = f"{text[: found.start()]}{new}{text[end.end :]}"
    return text
