"""A small reader of TextMate grammars: what an editor makes of a text by its patterns.

It does what VS Code's engine does for the grammars of this repository: lines one by one, at each place the first of
the leftmost matches, begin and end with captures, includes of the repository. `\\G` is where a rule began.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

Rule = dict[str, Any]


@dataclass(frozen=True)
class Piece:
    """A piece of a text and the scopes it lies in, outermost first."""

    start: int
    end: int
    scopes: tuple[str, ...]


@dataclass
class _Open:
    """A rule that has begun: where it ends, what it holds, and its scopes."""

    end: re.Pattern[str] | None
    rule: Rule
    scopes: tuple[str, ...]


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern.replace("\\G", "(?!)"))


class Reader:
    """Reads texts by one grammar."""

    def __init__(self, grammar: Rule) -> None:
        self._grammar = grammar

    def read(self, text: str) -> list[Piece]:
        """The pieces that have a scope, in their order."""
        stack = [_Open(None, self._grammar, ())]
        found: list[Piece] = []
        start = 0
        for line in text.splitlines(keepends=True) if "\n" in text else [text]:
            found += (
                Piece(start + piece.start, start + piece.end, piece.scopes)
                for piece in self._line(line, stack)
                if piece.start < piece.end and piece.scopes
            )
            start += len(line)
        return found

    def _line(self, line: str, stack: list[_Open]) -> Iterator[Piece]:
        position, steps = 0, 0
        while position <= len(line):
            steps += 1
            assert steps < 10_000, "a rule that goes nowhere"
            inside = stack[-1]
            best: tuple[re.Match[str], Rule | None] | None = None
            if inside.end is not None and (match := inside.end.search(line, position)):
                best = (match, None)
            for rule in self._rules(inside.rule):
                match = _compiled(rule.get("match") or rule["begin"]).search(line, position)
                if match and (best is None or match.start() < best[0].start()):
                    best = (match, rule)
            if best is None:
                yield Piece(position, len(line), inside.scopes)
                return
            match, matched = best
            yield Piece(position, match.start(), inside.scopes)
            if matched is None:
                stack.pop()
                yield from _captured(match, inside.rule.get("endCaptures", {}), inside.scopes)
            else:
                own = (*inside.scopes, *([matched["name"]] if "name" in matched else []))
                captures = matched.get("captures") or matched.get("beginCaptures") or {}
                yield from _captured(match, captures, own)
                if "begin" in matched:
                    stack.append(_Open(_compiled(matched["end"]), matched, own))
                elif match.end() == position == match.start():
                    position += 1
            position = max(position, match.end())
            if position == len(line) and stack[-1].end is None:
                return

    def _rules(self, rule: Rule) -> Iterator[Rule]:
        for inner in rule.get("patterns", ()):
            include = inner.get("include")
            if include is None:
                found: Sequence[Rule] = [inner]
            elif include in {"$self", "source.rql"}:
                found = list(self._rules(self._grammar))
            else:
                named = self._grammar["repository"][include.removeprefix("#")]
                found = [named] if "match" in named or "begin" in named else list(self._rules(named))
            yield from found


def _captured(match: re.Match[str], captures: Rule, scopes: tuple[str, ...]) -> Iterator[Piece]:
    position = match.start()
    for name, capture in sorted(captures.items(), key=lambda item: int(item[0])):
        start, end = match.span(int(name))
        if start < 0:
            continue
        yield Piece(position, start, scopes)
        yield Piece(start, end, (*scopes, capture["name"]))
        position = end
    yield Piece(position, match.end(), scopes)
