"""Hover, signatures, diagnostics, the outline, colours, edits, notes and declared names: an example each, at least."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from runql.ide.code_actions import ActionKind, code_actions, formatting
from runql.ide.context import Context
from runql.ide.declarations import definition, occurrences, rename
from runql.ide.diagnostics import diagnostics
from runql.ide.hover import hover
from runql.ide.inlay_hints import inlays
from runql.ide.loaded_runs import MOST_RUNS, LoadedRuns
from runql.ide.semantic_tokens import Shade, semantic_tokens
from runql.ide.signature_help import signature
from runql.ide.symbols import FoldingRange, SymbolKind, folds, symbols
from runql.plan.capabilities import Capabilities
from runql.semantic.record import RunRecord
from runql.text.source import Span
from tests.ide.world import CATALOG, CONTEXT, CURSOR, NOW, applied, ask


def split(marked: str) -> tuple[str, int]:
    return marked.replace(CURSOR, ""), marked.index(CURSOR)


BASE = "let base = runs | group config.optimizer : top = max(summary.acc);"

# ---------------------------------------------------------------- hover


@pytest.mark.parametrize(
    ("text", "word", "says"),
    [
        ("runs where config.l‸r > 1", "config.lr", "402 of 412 runs"),
        ("runs where config.l‸r > 1", "config.lr", "smallest `-1.0`, median `0.003`, largest `0.5`"),
        ("runs where config.optimizer‸ = 1", "config.optimizer", '`"adam"` (300)'),
        ("runs where learning_r‸ate > 1", "learning_rate", "`config.learning_rate`"),
        ("runs where sta‸te = 'x'", "state", "a field of every run"),
        ("runs where best_‸lr > 1", "best_lr", "coalesce(config.lr, config.optim.lr)"),
        ("runs keys val/l‸oss", "val/loss", "every 10 steps"),
        ("runs keys val/‸*", "val/*", "2 metrics: `val/loss`, `val/acc`"),
        ("runs keys system.gpu.0.t‸emp", "system.gpu.0.temp", "metric"),
        ("runs select config.model.‸*", "config.model.*", "2 fields"),
        ("runs whe‸re untagged", "where", "Only the runs for which this is true."),
        ("runs where log2(con‸fig.lr) > 1", "config.lr", "number"),
        ("runs where lo‸g2(config.lr) > 1", "log2", "The logarithm of base 2."),
        ("runs where exis‸ts(config.lr)", "exists", "The field was set"),
        ("runs where created > 7d a‸go", "7d ago", "`2026-11-16T19:00`"),
        ("runs where created > yester‸day", "yesterday", "`2026-11-22`"),
        ("runs where runtime > 2‸h", "2h", "7,200 seconds"),
        ("runs limit $‸n", "$n", "= `3`"),
        ("runs where config.lr > $l‸r", "$lr", "float = 0.01"),
        ("runs from de‸mo", "demo", "runs that come with RunQL"),
        ("runs | gr‸oup config.lr", "group", "One row a group"),
        ("runs | group config.lr : ci9‸5(summary.acc)", "ci95", "95 %"),
        ("runs | ord‸er created", "order", "NaN, null and missing come last"),
        ("runs where config.lr >‸= 1", ">=", "Greater or equal."),
        ("runs | jo‸in base on id", "join", "Beside each row the rows of another table"),
        ("runs | join an‸ti base on id", "anti", "join inner|left|full|anti|semi"),
        (f"{BASE} runs | join ba‸se on id", "base", "its columns are `config.optimizer`, `top`, `n`"),
        (f"{BASE} runs | join base on name = to‸p", "top", "number, a column of the other table"),
        (f"{BASE} runs | join base on name = config.opti‸mizer", "config.optimizer", "412 of 412 runs"),
        ("runs | join acme/oth‸er on id", "acme/other", "5 runs"),
        ("runs where summary.acc > val‸ue(runs | group : max(summary.acc))", "value", "value(QUERY)"),
        ("runs where id in (runs from acme/other where config.wid‸th > 1)", "config.width", "5 of 5 runs"),
    ],
)  # fmt: skip
def test_hover(text: str, word: str, says: str) -> None:
    written, offset = split(text)
    said = hover(written, offset, CONTEXT)
    assert said is not None
    assert written[said.span.start : said.span.end] == word
    assert says in said.markdown


@pytest.mark.parametrize(
    "text", ["runs ‸ ", "runs # a com‸ment", "runs where config.no_su‸ch > 1", "‸", "runs where a = 'b‸'"]
)
def test_nothing_to_say(text: str) -> None:
    assert hover(*split(text), CONTEXT) is None


# ---------------------------------------------------------------- signatures


@pytest.mark.parametrize(
    ("text", "labels", "active"),
    [
        ("runs where round(‸", ["round(x, [digits])"], "x"),
        ("runs where round(config.lr, ‸", ["round(x, [digits])"], "[digits]"),
        ("runs where round(abs(config.lr), ‸", ["round(x, [digits])"], "[digits]"),
        ("runs where round((config.lr + ‸", ["round(x, [digits])"], "x"),
        ("runs where coalesce(config.lr, config.optim.lr, ‸", ["coalesce(a, b, …)"], None),
        ("runs where exists(‸", ["exists(FIELD)"], "FIELD"),
        ("runs where config.lr in (‸", ["where CONDITION"], None),
        ("runs limit ‸", ["limit N"], None),
        ("runs where summary.acc > value(‸", ["value(QUERY)"], "QUERY"),
        ("runs | join base on ‸", ["join [inner|left|full|anti|semi] NAME|(QUERY) on KEY [= KEY], …"], None),
        ("runs | group config.lr : mean(‸", ["mean(x)"], "x"),
        ("‸", [], None),
    ],
)  # fmt: skip
def test_signature(text: str, labels: list[str], active: str | None) -> None:
    found = signature(*split(text), CONTEXT)
    assert [each.label for each in found] == labels
    for each in found:
        span = each.parameters[each.active] if each.active is not None else None
        assert active is None or (span is not None and each.label[span.start : span.end] == active)


def test_a_function_of_values_and_of_histories_has_two_forms() -> None:
    found = signature(*split("runs where min(‸"), CONTEXT)
    assert [each.label.partition("(")[0] for each in found] == ["min", "min"]


# ---------------------------------------------------------------- diagnostics


def codes(text: str, context: Context = CONTEXT) -> list[str]:
    return [each.code for each in diagnostics(text, context)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("runs where config.lr > 1", []),
        ("runs where config.learning_rat > 1", ["RQL201"]),
        ("runs where lr > 1 order", ["RQL211", "RQL102"]),
        ("runs where config.lr > $lr", []),
        ("runs where config.lr > $unknown", ["RQL207"]),
        ("param unknown: float = 1; runs where config.lr > $unknown", []),
        ("runs from acme/other where config.width > 1", []),
        ("runs from acme/other where config.lr > 1", ["RQL201"]),
        ("runs from acme/unknown where config.anything > 1", []),
        ("runs from acme/unknown where anything > 1", []),
        ("runs where config.nope > 1; runs where config.nix > 1", ["RQL201", "RQL201"]),
        ("let base = runs | group name : top = max(config.lr); runs | join base on name | where top > 1", []),
        ("runs | join base on name | where top > 1 and lr > 1", ["RQL211"]),
    ],
)
def test_diagnostics(text: str, expected: list[str]) -> None:
    assert [code for code in codes(text) if code != "RQL203"] == expected


def test_without_a_catalog_nothing_is_said_about_names() -> None:
    assert codes("runs where lr > 1 and config.nope = 2", Context(now=NOW)) == []


def test_what_the_source_cannot_do_is_said() -> None:
    text = "runs where summary.loss > summary.val/loss and config.lr > 1"
    able = replace(CONTEXT, capabilities=Capabilities())
    assert "RQL301" in codes(text, able)
    assert "RQL301" not in codes(text)


# ---------------------------------------------------------------- outline, folds, colours


def test_symbols() -> None:
    text = "let good = runs where untagged;\nexplain runs limit 3 | describe;\nparam lr = 1;\nuse demo;\nnonsense"
    found = symbols(text)
    kinds = [SymbolKind.LET, SymbolKind.EXPLAIN, SymbolKind.PARAMETER, SymbolKind.STATEMENT, SymbolKind.BROKEN]
    assert [each.kind for each in found] == kinds
    assert [text[each.name_span.start : each.name_span.end] for each in found[:3]] == ["good", "explain", "lr"]
    assert [child.kind for child in found[1].children] == [SymbolKind.CLAUSE, SymbolKind.STAGE]
    assert found[1].children[0].name == "limit 3"


def test_folds() -> None:
    text = "# one\n# two\n\n# alone\nruns where config.lr in (\n  1,\n  2\n)\n  limit 3;\nruns"
    assert folds(text) == (FoldingRange(1, 2, is_comment=True), FoldingRange(5, 9), FoldingRange(5, 8))


def test_colours() -> None:
    text = "runs where config.lr > 7d and state ~ 'x' and id = 'y' keys val/loss | group config.lr : n = count() # why"
    found = [(text[each.span.start : each.span.end], each.shade) for each in semantic_tokens(text)]
    assert found == [
        ("runs", Shade.STATEMENT), ("where", Shade.KEYWORD), ("config.", Shade.NAMESPACE), ("lr", Shade.FIELD),
        (">", Shade.OPERATOR), ("7d", Shade.TIME), ("and", Shade.KEYWORD), ("state", Shade.RUN_FIELD),
        ("~", Shade.OPERATOR), ("'x'", Shade.REGEX), ("and", Shade.KEYWORD), ("id", Shade.RUN_FIELD),
        ("=", Shade.OPERATOR), ("'y'", Shade.STRING), ("keys", Shade.KEYWORD), ("val/loss", Shade.METRIC),
        ("|", Shade.PUNCTUATION), ("group", Shade.STAGE), ("config.", Shade.NAMESPACE), ("lr", Shade.FIELD),
        (":", Shade.OPERATOR), ("n", Shade.FIELD), ("=", Shade.OPERATOR), ("count", Shade.FUNCTION),
        ("(", Shade.PUNCTUATION), (")", Shade.PUNCTUATION), ("# why", Shade.COMMENT),
    ]  # fmt: skip


# ---------------------------------------------------------------- edits


def test_formatting_is_one_small_edit() -> None:
    text = "runs  limit 3 where config.lr>1\n"
    edits = formatting(text)
    assert applied(edits, text) == "runs where config.lr > 1 limit 3\n"
    assert len(edits) == 1
    assert formatting(applied(edits, text)) == ()
    assert formatting("runs where") == ()


def test_fixes_become_actions() -> None:
    text = "runs wher config.learning_rat > 1"
    at = Span(text.index("learning"), text.index("learning"))
    found = code_actions(text, at, CONTEXT)
    first = found[0]
    assert first.kind is ActionKind.QUICK_FIX
    assert applied(first.edits, text) == "runs wher config.learning_rate > 1"
    assert code_actions(text, Span(0, 0), CONTEXT) == ()


def test_all_mistakes_can_be_put_right_at_once() -> None:
    text = "runs wher untagged; runs limt 3"
    found = [each for each in code_actions(text, Span(0, len(text)), CONTEXT) if each.kind is ActionKind.FIX_ALL]
    assert [applied(each.edits, text) for each in found] == ["runs where untagged; runs limit 3"]


# ---------------------------------------------------------------- declared names


SCRIPT = "param rate: float = 0.1;\nlet good = runs where config.lr > $rate;\nruns from good limit $rate"


def test_a_parameter_is_found_everywhere_and_renamed() -> None:
    offset = SCRIPT.rindex("rate")
    assert definition(SCRIPT, offset) == Span(6, 10)
    assert [SCRIPT[span.start : span.end] for span in occurrences(SCRIPT, offset)] == ["rate"] * 3
    assert applied(rename(SCRIPT, offset, "$lr"), SCRIPT) == SCRIPT.replace("rate", "lr")
    assert rename(SCRIPT, offset, "no name") == ()


def test_a_named_query_is_found_everywhere_and_renamed() -> None:
    offset = SCRIPT.rindex("good") + 1
    found = definition(SCRIPT, offset)
    assert found is not None
    assert found.start == SCRIPT.index("good")
    assert applied(rename(SCRIPT, offset, "fine"), SCRIPT) == SCRIPT.replace("good", "fine")


def test_other_names_are_not_declared() -> None:
    assert definition("runs from demo", 11) is None
    assert rename("runs from demo", 11, "x") == ()
    both = "param a = 1; param b = 2; runs limit $a"
    assert rename(both, len(both), "b") == ()


# ---------------------------------------------------------------- notes


def test_notes_between_the_words() -> None:
    text = "runs where created > 7d ago and learning_rate > 1 and summary.loss > summary.val/loss order -summary.loss"
    able = replace(CONTEXT, capabilities=Capabilities())
    found = [(text[: note.offset][-6:], note.label) for note in inlays(text, able)]
    assert found == [
        ("7d ago", "= 2026-11-16T19:00"),
        ("o and ", "config."),
        ("l/loss", "done here"),
        ("y.loss", "sorted here"),
    ]
    first, second, *_ = inlays(text, able)
    assert "created > 2026-11-16T19:00 and" in applied(first.edits, text)
    assert "and config.learning_rate > 1" in applied(second.edits, text)
    assert inlays(text, able, Span(0, 30)) == (first,)


# ---------------------------------------------------------------- runs at hand


def test_values_under_the_query_so_far() -> None:
    records = [
        RunRecord(str(n), state="finished" if n % 2 else "crashed", config={"optimizer": name}, summary={})
        for n, name in enumerate(["adam", "adam", "sgd", "sgd", "sgd", "lion"])
    ]
    at_hand = LoadedRuns(records, CONTEXT)
    context = replace(CONTEXT, values_of=at_hand)
    everywhere = ask("runs where config.optimizer = ‸", context)
    assert [(each.insert_text, each.detail) for each in everywhere.found.items[:3]] == [
        ('"sgd"', "3 of the runs so far"), ('"adam"', "2 of the runs so far"), ('"lion"', "1 of the runs so far"),
    ]  # fmt: skip
    finished = ask('runs where state = "finished" and config.optimizer = ‸', context)
    assert [each.insert_text for each in finished.found.items[:3]] == ['"adam"', '"sgd"', '"lion"']
    long_ago = ask("runs where created < now and min(logged.loss) < 1 and config.optimizer = ‸", context)
    assert long_ago.found.items[0].detail == "300 of 412 runs", "histories are not read for a completion"


def test_elements_of_lists_under_the_query_so_far() -> None:
    records = [
        RunRecord(str(n), tags=tags, config={"layers": layers, "optimizer": "SGD"}, summary={})
        for n, (tags, layers) in enumerate([(("a", "b"), [64, 64]), (("b",), ["conv", [1]]), ((), [64, float("nan")])])
    ]
    context = replace(CONTEXT, values_of=LoadedRuns(records, CONTEXT))
    found = ask("runs where tags has any (‸", context).found.items
    assert [(one.insert_text, one.detail) for one in found[:2]] == [
        ('"b"', "2 of the runs so far"),
        ('"a"', "1 of the runs so far"),
    ]
    assert ask("runs where config.layers has all (64, ‸", context).inserts[0] == '"conv"'
    assert ask("runs where config.layers has ‸", context).inserts[:3] == ["64", '"conv"', "any ("]
    assert not {'"a"', '"b"'} & set(ask("runs where tags = ‸", context).inserts)
    assert ask("runs where lower(config.optimizer) = ‸", context).inserts[0] == '"sgd"'


def test_many_runs_are_left_to_the_catalog() -> None:
    from runql.ide.completion.slots import known_name

    records = [RunRecord(str(n), created=NOW - timedelta(days=n), config={}, summary={}) for n in range(MOST_RUNS + 1)]
    state = known_name("state", CONTEXT)
    assert state is not None
    assert LoadedRuns(records, CONTEXT)(state.key, ()) is None
    assert CATALOG.run_count
