"""The grammar, its table, and where that is kept."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

from runql.syntax import grammar, parse
from runql.syntax.check_grammar import GrammarMismatchError, builder_methods, plain_nodes, rule_names, rules_in_tables
from runql.syntax.keywords import keywords
from runql.syntax.lexer import Lexeme
from runql.syntax.lr_parser import Parser, run
from runql.syntax.lr_table import table_from
from runql.syntax.parser.build import COUNT_CLAUSES, LISTS, NODES, TUPLES, Builder
from runql.syntax.parser.build_stages import PLAIN_STAGES

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def table() -> bytes:
    """The table, built once: that takes a while."""
    return grammar.write_table()


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, table: bytes) -> Iterator[Path]:
    """A cache folder of its own, and a loader that has loaded nothing yet."""
    monkeypatch.setattr(grammar, "write_table", lambda: table)
    monkeypatch.setattr(grammar, "build_table", lambda **_: table_from(table.partition(b"\n")[2]))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr("platformdirs.user_cache_path", lambda *_, **__: tmp_path / "runql")
    monkeypatch.setattr(grammar, "_PACKED_TABLE", tmp_path / "none.table")
    grammar.load_table.cache_clear()
    yield tmp_path / "runql" / "grammar"
    grammar.load_table.cache_clear()


def assert_reads() -> None:
    """A parser is there, and reads."""
    parser = Parser(grammar.load_table(), "script")
    parser.take(Lexeme("RUNS", "runs", 0, 4))
    assert "WHERE" in parser.accepts()


def test_the_grammar_has_no_conflict() -> None:
    grammar.build_table(strict=True)


def test_what_does_not_fit_the_grammar_is_named_when_the_table_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    text = grammar.grammar_text()
    for old, new in (
        ("    | limit_stage\n", "    | limit_stage\n    | thin_stage\n"),
        ('LIMIT.5: "limit"i _B', "LIMIT.5: /limit[2]/i _B"),
        ("page_clause: PAGE count", "page_clause: count PAGE"),
        ("amount: NUMBER", 'thin_stage: THIN amount\nTHIN.5: "thin"i _B\namount: NUMBER'),
    ):
        assert text.count(old) >= 1
        text = text.replace(old, new, 1)
    monkeypatch.setattr(grammar, "grammar_text", lambda: text)
    with pytest.raises(GrammarMismatchError) as caught:
        grammar.build_table()
    one, two, three = str(caught.value).splitlines()
    assert one.startswith("the rule `thin_stage` of the grammar has no method in build_stages.py")
    assert two.startswith("the rule `page_clause` of the grammar does not begin with a keyword")
    assert three.startswith("the keyword `LIMIT` of the grammar has no spelling")


def test_a_keyword_may_hold_an_underscore(monkeypatch: pytest.MonkeyPatch) -> None:
    text = grammar.grammar_text().replace('LIMIT.5: "limit"i _B', 'LIMIT.5: "at_most"i _B')
    monkeypatch.setattr(grammar, "grammar_text", lambda: text)
    table = grammar.build_table()
    monkeypatch.setattr("runql.syntax.keywords.load_table", lambda: table)
    keywords.cache_clear()
    try:
        assert keywords().spelling("LIMIT") == "at_most"
        assert "at_most" in keywords().clause_words
    finally:
        keywords.cache_clear()


def test_every_method_of_the_builder_is_of_a_rule() -> None:
    helpers = {"bad", "path", "span", "literal", "reduced", "declared_stage"}
    public = {name for name in builder_methods() if not name.startswith("_")}
    assert public - set(rule_names(grammar.load_table())) == helpers
    assert all(callable(getattr(Builder, name)) for name in public)


def test_every_table_of_the_builder_names_rules() -> None:
    assert rules_in_tables() == NODES.keys() | LISTS.keys() | TUPLES
    assert rules_in_tables() <= set(rule_names(grammar.load_table()))
    assert not rules_in_tables() & builder_methods(), "a method would never be called"


def test_the_table_is_kept_in_a_folder_of_the_user_alone(cache: Path) -> None:
    grammar.load_table()
    (kept,) = cache.iterdir()
    assert stat.S_IMODE(cache.stat().st_mode) == 0o700
    assert kept.suffix == ".table"
    assert kept.read_bytes().startswith(grammar.table_key().encode())


def test_a_kept_table_is_read_and_not_built(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    grammar.load_table()
    grammar.load_table.cache_clear()
    monkeypatch.setattr(grammar, "build_table", lambda **_: pytest.fail("the table was built again"))
    assert_reads()


@pytest.mark.parametrize("damage", [b"", b"runql-table 1 of another grammar\n", b"not a table at all", None])
def test_a_table_that_is_stale_or_damaged_is_built_anew(cache: Path, damage: bytes | None) -> None:
    grammar.load_table()
    (kept,) = cache.iterdir()
    good = kept.read_bytes()
    bad = good[: len(good) // 2] if damage is None else damage
    kept.write_bytes(bad)
    grammar.load_table.cache_clear()
    assert_reads()
    assert kept.read_bytes() != bad
    assert kept.read_bytes().startswith(grammar.table_key().encode())


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="modes of POSIX")
def test_no_table_is_read_where_others_can_write(cache: Path, table: bytes) -> None:
    cache.mkdir(parents=True)
    cache.chmod(0o777)
    other = table.replace(b'"WHERE":', b'"ELSEWHERE":')
    assert other != table
    for name in (grammar.table_name(), "other.table"):
        (cache / name).write_bytes(other)
    assert_reads()


def test_a_relative_cache_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # What it leads to came with the working folder; older versions of platformdirs take it from the environment.
    monkeypatch.setattr("platformdirs.user_cache_path", lambda *_, **__: Path(".cache"))
    monkeypatch.chdir(tmp_path)
    assert grammar._cache_folder() is None
    assert list(tmp_path.iterdir()) == []


def test_a_cache_that_cannot_be_made_is_none(cache: Path) -> None:
    cache.parent.write_text("a file where the folder should be")
    assert_reads()


def test_the_packed_table_is_preferred(
    cache: Path, tmp_path: Path, table: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed = tmp_path / "packed.table"
    packed.write_bytes(table)
    monkeypatch.setattr(grammar, "_PACKED_TABLE", packed)
    monkeypatch.setattr(grammar, "build_table", lambda **_: pytest.fail("the table was built"))
    assert_reads()
    assert not cache.exists()


def test_the_wheel_holds_the_grammar_and_a_fresh_table(tmp_path: Path) -> None:
    (wheel,) = WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    with zipfile.ZipFile(wheel) as archive:
        assert archive.read("runql/syntax/runql.lark").decode() == grammar.grammar_text()
        key, _, _ = archive.read("runql/syntax/runql.table").partition(b"\n")
    assert key.decode() == grammar.table_key()


MADE = """
from lark import Lark
from runql.syntax.lr_table import table_of, table_text
rules = 'start: one | two | "(" start ")"\\none: A B? | C one\\ntwo: (D | E)+ | F two\\n'
tokens = "".join(f'{name}: "{name.lower()}"\\n' for name in "ABCDEF")
print(table_text(table_of(Lark(rules + tokens, parser="lalr", start=["start"], maybe_placeholders=False))))
"""


def test_the_same_grammar_is_the_same_table() -> None:
    """Whatever the seed of Python's hashes: a wheel is to be the same bytes each time."""

    def made(seed: str) -> str:
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        command = [sys.executable, "-c", MADE]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout

    assert len({made(seed) for seed in ("1", "2", "3")}) == 1


def test_importing_loads_no_parser() -> None:
    program = "import sys, runql.syntax; print('lark' in sys.modules, 'platformdirs' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_the_keywords_are_those_of_the_grammar() -> None:
    table = keywords()
    order = "from fresh cached where search order limit offset page lazy full with sample scan keys x steps align"
    assert table.clause_words == (*order.split(), "stream", "select")
    heads = "runs run sweep count explain use let param show describe pull set"
    assert table.head_words == tuple(heads.split())
    stages = (
        "where order limit offset select drop rename distinct derive group best first last smooth bin resample align"
    )
    more = "unnest pivot histogram diff corr pareto holes duplicates join union describe sql plot to assert"
    assert table.stage_words == (*stages.split(), *more.split())
    assert table.words["GOAL"] == ("min", "max")
    assert table.symbols["EQ"] == ("=", "==")
    assert table.symbols["NE"] == ("!=", "<>")
    assert {"between", "untagged", "yesterday", "ffill", "except"} <= set(table.all_words)


def test_every_keyword_is_read_in_any_case() -> None:
    text = "RUNS WHERE a AND NOT b OR c IS NULL ORDER d DESC LIMIT 1 WITH SWEEPS KEYS e ALIGN FFILL SELECT f AS g"
    for variant in (text, text.lower(), text.title()):
        assert [lexeme.terminal for lexeme in run(variant).lexemes] == [lexeme.terminal for lexeme in run(text).lexemes]
    assert run(text).failure is None


def test_a_plain_stage_is_its_word_and_its_fields() -> None:
    assert plain_nodes() == PLAIN_STAGES.keys() | COUNT_CLAUSES.keys()
    assert plain_nodes() <= set(rule_names(grammar.load_table()))
    assert not plain_nodes() & builder_methods(), "a method would never be called"


@pytest.mark.parametrize(
    "text",
    [
        "runs where diverged(logged.loss) order -summary.loss limit 1 select name",
        "runs order abs(summary.loss) desc limit 1",
        "runs | order abs(summary.loss) asc | derive r = rank() over lower(name) order abs(summary.acc) desc, m = 1",
        "runs where f(a) order f(b) asc, f(c)",
    ],
)
def test_the_words_of_a_window_begin_clauses_behind_a_call(text: str) -> None:
    assert not parse(text).diagnostics
