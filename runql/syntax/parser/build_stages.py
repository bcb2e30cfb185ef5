"""Table stages, from the parser's tree to ours."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any, Final, get_args

from runql.language.kinds import SEVERAL
from runql.language.stages import STAGES
from runql.syntax import tree as s
from runql.syntax import tree as t
from runql.syntax.check_grammar import PARTS_STAGES, rule_of
from runql.syntax.lexer import Lexeme
from runql.syntax.literals import read_long_string, read_string, string_places
from runql.syntax.parser.build_expressions import ExpressionBuilder, Part
from runql.syntax.sql_words import SqlWordKind, sql_words
from runql.text.diagnostic import Diagnostic, Edit, Fix
from runql.text.frozen import frozen
from runql.text.source import Span

_GOALS: Final = {"min": s.Goal.MIN, "max": s.Goal.MAX}


@frozen
class _Option:
    """What may follow what is plotted: `vs x`, `by field`, `log y`, `band`, `title "…"`.

    `key`: what may be there once; of `log` an option with each axis.
    """

    key: str
    span: Span
    value: t.Path | t.Param | str = ""


@frozen
class _BinOption:
    """What may follow the value of a histogram: `bins 20`, `by KEY, …`; the word is that of the grammar."""

    word: str
    span: Span
    values: tuple[t.Expr, ...]


PLAIN_STAGES: Final[Mapping[str, Callable[..., t.Stage]]] = {
    rule_of(kind.__name__): kind for kind in get_args(t.Stage) if issubclass(kind, t.PlainStage)
}
"""The stages that need no method, by their rules."""


class StageBuilder(ExpressionBuilder):
    """Each method is named after a rule of the grammar. A stage's span begins behind the pipe."""

    def stage(self, part: Part) -> t.Stage:
        stage: t.Stage = part.children[1]
        return stage

    def declared_stage(self, rule: str, part: Part) -> t.Stage:
        """A stage that is its word and the fields of its node, in order, or the parts that its entry declares."""
        if rule in PARTS_STAGES:
            return self._parts_stage(PARTS_STAGES[rule], part)
        return PLAIN_STAGES[rule](*map(self._plain_field, part.children[1:]), span=part.span)

    def _plain_field(self, child: Any) -> Any:
        match child:
            case Lexeme(terminal="PATH"):
                return self.path(child)
            case Lexeme(terminal="GOAL"):
                return s.Goal(child.text.lower())
            case Lexeme():
                return child.text.lower()
            case _:
                return child

    def _parts_stage(self, terminal: str, part: Part) -> t.Stage:
        """A stage whose entry says what stands in its parts, and which words begin them."""
        parts = STAGES[terminal].parts or ()
        begins = {one.after: place for place, one in enumerate(parts) if one.after}
        held: list[list[Any]] = [[] for _ in parts]
        place = 0
        for child in part.children[1:]:
            if isinstance(child, Lexeme) and child.terminal in begins:
                place = begins[child.terminal]
                continue
            if held[place] and parts[place].kind not in SEVERAL:
                place += 1
            held[place].append(self._plain_field(child))
        values = [
            tuple(found) if one.kind in SEVERAL else next(iter(found), None)
            for one, found in zip(parts, held, strict=True)
        ]
        return s.PartsStage(terminal, tuple(values), span=part.span)

    # ------------------------------------------------------------ rows and columns

    def renamed(self, part: Part) -> tuple[t.Path, t.Path]:
        return self.path(part.children[0]), part.children[2]

    def new_name(self, part: Part) -> t.Path:
        token = part.children[0]
        if token.terminal == "PATH":
            return self.path(token)
        name = read_string(token.text)
        if not name or "\n" in name:
            message = "a column's name is one line of text"
            self.diagnostics.append(Diagnostic("RQL101", message, part.span))
        return t.Path((name,), exact=True, span=part.span)

    def group_stage(self, part: Part) -> t.Stage:
        keys = next((node for node in part.nodes if isinstance(node, tuple)), ())
        folds = tuple(node for node in part.nodes if not isinstance(node, tuple))
        return s.GroupStage(keys, folds, span=part.span)

    def definition(self, part: Part) -> s.Definition:
        name = self.path(part.children[0]) if part.types else None
        return s.Definition(part.nodes[0], name, span=part.span)

    # ------------------------------------------------------------ along histories

    def edge_stage(self, part: Part) -> t.Stage:
        count = next((node for node in part.nodes if isinstance(node, t.ExprNode)), None)
        by = next((node for node in part.nodes if isinstance(node, tuple)), ())
        return s.EdgeStage("LAST_ROW" in part.types, count, by, span=part.span)  # type: ignore[arg-type]

    def amount(self, part: Part) -> t.Expr:
        return self.param(part) if part.types == ["PARAM"] else self.literal(part)

    def whole_amount(self, part: Part) -> t.Expr:
        count = self.count(part)
        if isinstance(count, t.Param):
            return count
        return t.Broken(span=part.span) if count is None else t.Literal(count, span=part.span)

    # ------------------------------------------------------------ comparisons of runs

    def pivot_stage(self, part: Part) -> t.Stage:
        values, *keys = part.nodes
        across = keys.pop() if "ACROSS" in part.types else None
        return s.PivotStage(values, tuple(keys), across, span=part.span)

    def unnest_stage(self, part: Part) -> t.Stage:
        return s.UnnestStage(self.path(part.children[1]), next(iter(part.nodes), None), span=part.span)

    def histogram_stage(self, part: Part) -> t.Stage:
        value, *options = part.nodes
        chosen: dict[str, tuple[t.Expr, ...]] = {}
        for before, option in pairwise((None, *options)):
            if before is not None and option.word in chosen:
                self._option_twice(option.word, option.span, before.span.end)
            else:
                chosen[option.word] = option.values
        bins = chosen.get("BINS")
        return s.HistogramStage(value, bins[0] if bins else None, chosen.get("BY", ()), span=part.span)

    def histogram_option(self, part: Part) -> _BinOption:
        return _BinOption(part.types[0], part.span, tuple(part.nodes))

    def goal(self, part: Part) -> tuple[s.Goal, t.Expr]:
        return _GOALS[part.children[0].text.lower()], part.children[1]

    # ------------------------------------------------------------ two tables

    def join_stage(self, part: Part) -> t.Stage:
        (query, place), *keys = part.nodes
        has_kind = "JOIN_KIND" in part.types
        kind = s.JoinKind(part.children[1].text.lower()) if has_kind else s.JoinKind.INNER
        return s.JoinStage(query, tuple(keys), kind, other_span=place, span=part.span)

    def union_stage(self, part: Part) -> t.Stage:
        query, place = part.nodes[0]
        return s.UnionStage(query, other_span=place, span=part.span)

    def other_table(self, part: Part) -> tuple[t.SourceRef | t.Query, Span]:
        return part.nodes[0], part.span

    def join_key(self, part: Part) -> tuple[t.Path, t.Path]:
        paths = [self.path(child) for child in part.children if child.terminal == "PATH"]
        return paths[0], paths[-1]

    # ------------------------------------------------------------ looking, keeping, asserting

    def plot_stage(self, part: Part) -> t.Stage:
        shape = part.children[1].text.lower() if "SHAPE" in part.types else None
        plotted = [node for node in part.nodes if not isinstance(node, _Option)]
        options = [node for node in part.nodes if isinstance(node, _Option)]
        chosen: dict[str, Any] = {}
        for before, option in pairwise((None, *options)):
            assert option is not None
            if before is not None and option.key in chosen:
                self._option_twice(option.key, option.span, before.span.end)
            else:
                chosen[option.key] = option.value
        y = plotted[0] if plotted else ()
        log = tuple(key.removeprefix("log ") for key in chosen if key.startswith("log "))
        x, by, title = (chosen.get(key) for key in ("vs", "by", "title"))
        return s.PlotStage(shape, y, x, by, log, "band" in chosen, title, span=part.span)

    def _option_twice(self, written: str, span: Span, start: int) -> None:
        fixes = (Fix("leave out the second", (Edit(Span(start, span.end), ""),)),)
        message = f"`{written.lower()}` is given twice"
        self.diagnostics.append(Diagnostic("RQL105", message, span, fixes=fixes))

    def plot_option(self, part: Part) -> _Option:
        word, *values = [child.text for child in part.children]
        match part.types[1:]:
            case ["AXIS"]:
                return _Option(f"{word.lower()} {values[0].lower()}", part.span)
            case ["STRING"]:
                return _Option(word.lower(), part.span, read_string(values[0]))
            case ["PARAM"]:
                return _Option(word.lower(), part.span, t.Param(values[0][1:], span=self.span(part.children[1])))
            case ["PATH"]:
                return _Option(word.lower(), part.span, self.path(part.children[1]))
            case _:
                return _Option(word.lower(), part.span)

    def sql_stage(self, part: Part) -> t.Stage:
        token = part.children[1]
        written: str = token.text
        question = read_long_string(written) if token.terminal == "LONG_STRING" else read_string(written)
        start: int = part.span.end - len(written)
        places = [start + place for place in string_places(written)]
        named = tuple(
            t.Param(one.text, span=Span(*(places[min(at, len(places) - 1)] for at in (one.start, one.end))))
            for one in sql_words(question)
            if one.kind is SqlWordKind.PARAMETER
        )
        return s.SqlStage(question, written, Span(start, part.span.end), named, span=part.span)

    def to_stage(self, part: Part) -> t.Stage:
        return s.ToStage(read_string(part.children[1].text), "SAFE" in part.types, span=part.span)

    def assert_stage(self, part: Part) -> t.Stage:
        message = read_string(part.children[-1].text) if "STRING" in part.types else None
        return s.AssertStage(part.nodes[0], message, span=part.span)
