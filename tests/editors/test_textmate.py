"""The TextMate grammar says what the language's own tokens say, and VS Code's engine reads it as the tests do."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from editors.generate.files import FOLDER
from editors.generate.textmate import SCOPES, grammar
from runql.ide.semantic_tokens import Shade, semantic_tokens
from runql.syntax.keywords import keywords
from runql.syntax.parse import parse
from tests.editors.textmate import Reader
from tests.ide.test_any_text import examples

READER = Reader(grammar())
SYNTAXES = FOLDER / "vscode" / "syntaxes"
NAME, SIGN = "a name", "a sign"
ALIKE: Mapping[Shade, str] = {
    **dict.fromkeys((Shade.FIELD, Shade.RUN_FIELD, Shade.METRIC, Shade.TEXT), NAME),
    **dict.fromkeys((Shade.OPERATOR, Shade.PUNCTUATION), SIGN),
}
"""What patterns cannot tell apart: which names are metrics depends on the clause."""

BEYOND_PATTERNS = (
    "explain   RUNS",
    "| diff vs 1k2x3y",
    *("(runs", "( runs", "|join base", "| join base on config.optimizer", "| join @nightly on", "union bad", 'sql """'),
    *("FULL WITH", "inner stream", "inner full", "log x log y", "config.lr*2", "logged.system.cpu"),
)
"""In texts that hold one of these, patterns read a piece wrongly: many spaces, an id behind `vs`; the beginning of an
inner question, the name of another table, SQL over several lines; a clause behind a word that is also a kind of join,
the axis of a plot, a star without spaces, a machine metric within a call.
"""


def shade_of(scopes: tuple[str, ...]) -> str | None:
    """What a piece is by the innermost of its scopes that says so."""
    for scope in reversed(scopes):
        for shade, prefix in SCOPES.items():
            if scope.startswith(prefix):
                return ALIKE.get(shade, shade)
    return None


def disagreements(text: str) -> Iterator[tuple[str, str, set[str | None]]]:
    """The pieces of a text that the patterns take for something else."""
    seen: dict[int, str | None] = {}
    for piece in READER.read(text):
        seen |= dict.fromkeys(range(piece.start, piece.end), shade_of(piece.scopes))
    for token in semantic_tokens(text):
        found = {seen.get(place) for place in range(token.span.start, token.span.end)}
        if found != {ALIKE.get(token.shade, token.shade)}:
            yield text[token.span.start : token.span.end], token.shade, found


@cache
def good_examples() -> tuple[str, ...]:
    return tuple(text for text in examples() if parse(text).ok)


def names_are_keywords(text: str) -> bool:
    """Whether a name in a text is spelled like a keyword: only the parser can tell them apart for certain."""
    words = set(keywords().all_words)
    return any(
        text[token.span.start : token.span.end].lower() in words
        for token in semantic_tokens(text)
        if ALIKE.get(token.shade) == NAME
    )


def test_the_patterns_agree_with_the_tokens() -> None:
    assert len(good_examples()) > 300
    wrong = {text: found for text in good_examples() if (found := list(disagreements(text)))}
    strange = [text for text in wrong if not any(known in text for known in BEYOND_PATTERNS)]
    assert [text for text in strange if not names_are_keywords(text)] == []


def test_keywords_as_names_are_mostly_read_as_names() -> None:
    texts = [text for text in good_examples() if names_are_keywords(text)]
    wrong = sum(1 for text in texts for _ in disagreements(text))
    assert wrong < 0.05 * sum(len(semantic_tokens(text)) for text in texts)


@settings(deadline=None, max_examples=150)
@given(st.text("runs where|;\n\"'`\\#$@{}()=~<>.-*09é😀 orderfrm", max_size=60))
def test_any_text_is_read(text: str) -> None:
    pieces = READER.read(text)
    assert all(piece.end <= len(text) for piece in pieces)


# ---------------------------------------------------------------- with the engine of VS Code

MODULES = FOLDER / "vscode" / "node_modules"
NEEDS_ENGINE = pytest.mark.skipif(
    shutil.which("node") is None or not (MODULES / "vscode-textmate").is_dir(),
    reason="VS Code's engine is not here: `npm install` in editors/vscode brings it",
)


def really_read(texts: list[str], scope: str = "source.rql", more: Mapping[str, Path] | None = None) -> list[Any]:
    named = {json.loads(path.read_text("utf-8"))["scopeName"]: str(path) for path in SYNTAXES.iterdir()}
    named |= {name: str(path) for name, path in (more or {}).items()}
    command = ["node", str(Path(__file__).with_name("read.mjs")), json.dumps(named), scope]
    done = subprocess.run(
        command,
        cwd=MODULES.parent,
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return list(json.loads(done.stdout))


@NEEDS_ENGINE
def test_the_engine_reads_as_the_small_reader_does() -> None:
    texts = list(examples())
    for text, pieces in zip(texts, really_read(texts), strict=True):
        units = [index for index, char in enumerate(text) for _ in range(len(char.encode("utf-16-le")) // 2)]
        real = {units[at]: tuple(scopes) for start, end, scopes in pieces for at in range(start, end)}
        ours = {at: piece.scopes for piece in READER.read(text) for at in range(piece.start, piece.end)}
        for at, char in enumerate(text):
            assert char.isspace() or real.get(at, ()) == ours.get(at, ()), (text, at)


@NEEDS_ENGINE
def test_inside_markdown_and_python(tmp_path: Path) -> None:
    """With the least that a grammar of Markdown and Python can be: what is added to it is ours."""
    hosts = {}
    for scope in ("text.html.markdown", "source.python"):
        expression = {"patterns": [{"match": r"\b[0-9]+\b", "name": "constant.numeric.python"}]}
        host = {"scopeName": scope, "patterns": [{"include": "#expression"}], "repository": {"expression": expression}}
        hosts[scope] = tmp_path / f"{scope}.json"
        hosts[scope].write_text(json.dumps(host), encoding="utf-8")

    def keywords_in(text: str, scope: str) -> list[str]:
        (pieces,) = really_read([text], scope, hosts)
        return [text[start:end] for start, end, scopes in pieces if any(s.startswith("keyword") for s in scopes)]

    page = "runs\n```rql title\nruns where a\n```\nwhere\n~~~runql\ncount runs\n~~~\n```python\nruns where\n```\n"
    assert keywords_in(page, "text.html.markdown") == ["runs", "where", "count", "runs"]
    program = (
        'a = "runs where"\nb = f(  # rql\n  rf"""\n  runs limit {12}\n  order acc""", 1, "runs")\n'
        "# rql\nc = 'runs limit 3'\n# rql\n\nd = 'runs where'\n# runql: why\ne = r\"count runs\"\n"
    )
    expected = ["runs", "limit", "order", "runs", "limit", "count", "runs"]
    assert keywords_in(program, "source.python") == expected
