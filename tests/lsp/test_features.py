"""Each feature over the pipes of a real process, with what VS Code and Neovim say they can do."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

import pytest
from lsprotocol import types
from pytest_lsp import LanguageClient

pytestmark = pytest.mark.asyncio(loop_scope="module")

TEXT = """\
param least: float = 0.9;
param lonely = 1;
let good = runs where state = "finished";
# 😀 the best of them
runs from good where config.lr > 0.001 and summary.acc > $least
  order -summary.acc limit 3;
runs where config.learning_rat > 0.01;
"""
_NUMBERS = itertools.count()


def opened(client: LanguageClient, text: str = TEXT, language: str = "rql") -> types.TextDocumentIdentifier:
    """Open a new document."""
    uri = f"file:///somewhere/{next(_NUMBERS)}.rql"
    item = types.TextDocumentItem(uri, language, 1, text)
    client.text_document_did_open(types.DidOpenTextDocumentParams(item))
    return types.TextDocumentIdentifier(uri)


def at(text: str, mark: str, shift: int = 0, encoding: str = "utf-16") -> types.Position:
    """The place of a piece of a text, as a client counts it."""
    before = text[: text.index(mark) + shift]
    line = before.rpartition("\n")[2]
    width = len(line.encode("utf-8")) if encoding == "utf-8" else len(line.encode("utf-16-le")) // 2
    return types.Position(before.count("\n"), width)


def encoding_of(client: LanguageClient) -> str:
    general = client.capabilities.general if client.capabilities is not None else None
    return "utf-8" if general is not None and general.position_encodings else "utf-16"


async def diagnosed(client: LanguageClient, uri: str, code: str) -> list[types.Diagnostic]:
    """Wait until a code is among the diagnostics: names are known only once a source was looked at."""
    while True:
        found = list(client.diagnostics.get(uri, ()))
        if any(one.code == code for one in found):
            return found
        await asyncio.sleep(0.02)


async def test_what_is_wrong_is_sent_with_its_place_and_code(client: LanguageClient) -> None:
    document = opened(client)
    found = await asyncio.wait_for(diagnosed(client, document.uri, "RQL201"), 90)
    by_code = {one.code: one for one in found}
    assert set(by_code) == {"RQL201", "RQL222"}
    assert by_code["RQL201"].range == types.Range(types.Position(6, 11), types.Position(6, 30))
    assert by_code["RQL201"].severity is types.DiagnosticSeverity.Error
    assert by_code["RQL222"].tags == (types.DiagnosticTag.Unnecessary,)
    assert by_code["RQL222"].range.start == types.Position(1, 6)


async def test_what_is_wrong_can_be_asked_for(client: LanguageClient) -> None:
    document = opened(client, "runs limt 3")
    first: Any = await client.text_document_diagnostic_async(types.DocumentDiagnosticParams(document))
    assert first.kind == "full"
    assert [one.code for one in first.items] == ["RQL106"]
    again: Any = await client.text_document_diagnostic_async(
        types.DocumentDiagnosticParams(document, previous_result_id=first.result_id)
    )
    assert again.kind == "unchanged"


async def test_a_completion_replaces_the_whole_word_and_keeps_its_order(client: LanguageClient) -> None:
    text = "# 😀\nruns where '😀' = name and summary.ac > 1"
    document = opened(client, text)
    place = at(text, "c > 1", 0, encoding_of(client))
    await asyncio.wait_for(_catalog(client, document), 90)
    found: Any = await client.text_document_completion_async(types.CompletionParams(document, place))
    assert found.is_incomplete
    assert [item.sort_text for item in found.items] == sorted(item.sort_text for item in found.items)
    item = next(item for item in found.items if item.label == "summary.acc")
    assert item.filter_text == "summary.a"
    assert item.text_edit.range == types.Range(
        at(text, "summary", 0, encoding_of(client)), at(text, " > 1", 0, encoding_of(client))
    )
    resolved = await client.completion_item_resolve_async(item)
    assert isinstance(resolved.documentation, types.MarkupContent)
    assert "of 64 runs" in resolved.documentation.value


async def _catalog(client: LanguageClient, document: types.TextDocumentIdentifier) -> None:
    """Wait until the source was looked at."""
    text = "runs where config.zzz = 1"
    other = opened(client, text)
    while True:
        found: Any = await client.text_document_diagnostic_async(types.DocumentDiagnosticParams(other))
        if found.items:
            return
        await asyncio.sleep(0.02)


async def test_a_menu_after_a_space_comes_only_where_something_must_follow(client: LanguageClient) -> None:
    by_space = types.CompletionContext(types.CompletionTriggerKind.TriggerCharacter, " ")
    for text, comes in (("runs where ", True), ("runs limit 3 ", False)):
        document = opened(client, text)
        place = types.Position(0, len(text))
        found: Any = await client.text_document_completion_async(
            types.CompletionParams(document, place, context=by_space)
        )
        assert bool(found.items) is comes


async def test_hover_and_signature(client: LanguageClient) -> None:
    document = opened(client)
    place = at(TEXT, "$least\n", 2)
    said = await client.text_document_hover_async(types.HoverParams(document, place))
    assert said is not None and isinstance(said.contents, types.MarkupContent)
    assert said.contents.value.startswith("`$least` = `0.9`")
    text = "runs where coalesce(config.lr, "
    form = await client.text_document_signature_help_async(
        types.SignatureHelpParams(opened(client, text), types.Position(0, len(text)))
    )
    assert form is not None and form.signatures[0].label.startswith("coalesce(")
    assert form.signatures[0].active_parameter == 1


async def test_names_across_statements(client: LanguageClient) -> None:
    document = opened(client)
    place = at(TEXT, "good where", 1)
    where: Any = await client.text_document_definition_async(types.DefinitionParams(document, place))
    assert where.range == types.Range(types.Position(2, 4), types.Position(2, 8))
    context = types.ReferenceContext(include_declaration=True)
    every = await client.text_document_references_async(types.ReferenceParams(context, document, place))
    assert [each.range.start.line for each in every or ()] == [2, 4]
    marked = await client.text_document_document_highlight_async(types.DocumentHighlightParams(document, place))
    assert [each.kind for each in marked or ()] == [
        types.DocumentHighlightKind.Write,
        types.DocumentHighlightKind.Read,
    ]
    ready: Any = await client.text_document_prepare_rename_async(types.PrepareRenameParams(document, place))
    assert ready.placeholder == "good"
    changed: Any = await client.text_document_rename_async(types.RenameParams(document, place, "fine"))
    edits = _edits(changed)
    assert [edit.new_text for edit in edits] == ["fine", "fine"]
    with pytest.raises(Exception, match="`no name` is no name"):
        await client.text_document_rename_async(types.RenameParams(document, place, "no name"))


def _edits(changed: types.WorkspaceEdit) -> list[Any]:
    if changed.document_changes:
        change = changed.document_changes[0]
        assert isinstance(change, types.TextDocumentEdit)
        return list(change.edits)
    assert changed.changes is not None
    return list(next(iter(changed.changes.values())))


async def test_outline_folds_and_lenses(client: LanguageClient) -> None:
    document = opened(client)
    symbols: Any = await client.text_document_document_symbol_async(types.DocumentSymbolParams(document))
    assert [symbol.kind for symbol in symbols] == [
        types.SymbolKind.Constant,
        types.SymbolKind.Constant,
        types.SymbolKind.Variable,
        types.SymbolKind.Function,
        types.SymbolKind.Function,
    ]
    assert [child.name for child in symbols[3].children][:1] == ["from good"]
    found = await client.workspace_symbol_async(types.WorkspaceSymbolParams("lonely"))
    assert any(each.location.uri == document.uri for each in found or ())
    folds = await client.text_document_folding_range_async(types.FoldingRangeParams(document))
    assert (4, 5) in [(fold.start_line, fold.end_line) for fold in folds or ()]
    lenses = await client.text_document_code_lens_async(types.CodeLensParams(document))
    titles = [(lens.range.start.line, lens.command.title) for lens in lenses or () if lens.command]
    assert titles == [(line, title) for line in (4, 6) for title in ("▷ Run", "Explain", "Check")]


async def test_colours_are_those_of_the_whole_also_in_parts(client: LanguageClient) -> None:
    document = opened(client)
    first: Any = await client.text_document_semantic_tokens_full_async(types.SemanticTokensParams(document))
    assert len(first.data) % 5 == 0
    assert list(first.data[:5]) == [0, 0, 5, 0, 0]
    change = types.TextDocumentContentChangePartial(types.Range(types.Position(3, 0), types.Position(3, 0)), "runs;\n")
    client.text_document_did_change(
        types.DidChangeTextDocumentParams(types.VersionedTextDocumentIdentifier(2, document.uri), [change])
    )
    delta: Any = await client.text_document_semantic_tokens_full_delta_async(
        types.SemanticTokensDeltaParams(document, first.result_id)
    )
    data = list(first.data)
    for edit in delta.edits:
        data[edit.start : edit.start + edit.delete_count] = edit.data or []
    lines = TEXT.splitlines(keepends=True)
    fresh = opened(client, "".join([*lines[:3], "runs;\n", *lines[3:]]))
    whole: Any = await client.text_document_semantic_tokens_full_async(types.SemanticTokensParams(fresh))
    assert data == list(whole.data)
    part = types.Range(types.Position(0, 0), types.Position(0, 5))
    some: Any = await client.text_document_semantic_tokens_range_async(types.SemanticTokensRangeParams(fresh, part))
    assert some.data == whole.data[: len(some.data)]
    assert 0 < len(some.data) < len(whole.data)


async def test_formatting_of_all_and_of_a_part(client: LanguageClient) -> None:
    text = "runs   where a=1;\r\nruns   limit  3;\r\n"
    document = opened(client, text)
    options = types.FormattingOptions(2, insert_spaces=True)
    edits = await client.text_document_formatting_async(types.DocumentFormattingParams(document, options))
    assert _applied(text, edits).split() == ["runs", "where", "a", "=", "1;", "runs", "limit", "3"]
    part = types.Range(types.Position(1, 0), types.Position(1, 3))
    edits = await client.text_document_range_formatting_async(
        types.DocumentRangeFormattingParams(document, part, options)
    )
    assert _applied(text, edits).startswith("runs   where a=1;\r\nruns limit 3")
    broken = opened(client, "runs limt 3   ;")
    assert not await client.text_document_formatting_async(types.DocumentFormattingParams(broken, options))


def _applied(text: str, edits: Any) -> str:
    lines = text.splitlines(keepends=True)
    starts = [0, *itertools.accumulate(map(len, lines))]
    for edit in sorted(edits or (), key=lambda one: (one.range.start.line, one.range.start.character), reverse=True):
        start = starts[edit.range.start.line] + edit.range.start.character
        end = starts[edit.range.end.line] + edit.range.end.character
        text = text[:start] + edit.new_text + text[end:]
    return text


async def test_fixes(client: LanguageClient) -> None:
    text = "runs limt 3;\nruns ordr -summary.acc;\n"
    document = opened(client, text)
    line = types.Range(types.Position(0, 0), types.Position(0, 12))
    context = types.CodeActionContext([])
    found: Any = await client.text_document_code_action_async(types.CodeActionParams(document, line, context))
    quick = [action for action in found if action.kind == "quickfix"]
    assert quick[0].is_preferred
    assert _applied(text, _edits(quick[0].edit)).startswith("runs limit 3;")
    only = types.CodeActionContext([], only=[types.CodeActionKind.SourceFixAll])
    (whole,) = await client.text_document_code_action_async(types.CodeActionParams(document, line, only)) or ()
    assert _applied(text, _edits(whole.edit)) == "runs limit 3;\nruns order -summary.acc;\n"  # type: ignore[union-attr, arg-type]


async def test_notes_between_the_words(client: LanguageClient) -> None:
    text = "runs where lr > 0.01 and created > 7d ago"
    document = opened(client, text)
    await asyncio.wait_for(_catalog(client, document), 90)
    part = types.Range(types.Position(0, 0), types.Position(0, len(text)))
    notes = await client.text_document_inlay_hint_async(types.InlayHintParams(document, part))
    first, second = notes or ()
    assert first.label == "config."
    assert str(second.label).startswith("= 20")


async def test_a_query_is_run_explained_and_checked(client: LanguageClient) -> None:
    document = opened(client)
    lenses = await client.text_document_code_lens_async(types.CodeLensParams(document))
    run, explain, check = [lens.command for lens in lenses or ()][:3]
    assert run is not None and explain is not None and check is not None
    result: Any = await _carried_out(client, run)
    assert not result["isError"]
    assert result["languageId"] == "markdown"
    assert "3 of" in result["text"] and "summary.acc" in result["text"]
    assert "service_api" in (await _carried_out(client, explain))["text"]
    assert "no mistakes" in (await _carried_out(client, check))["text"]
    wrong = types.Command(
        title="", command="runql.run", arguments=[{"uri": document.uri, "position": {"line": 6, "character": 0}}]
    )
    said: Any = await _carried_out(client, wrong)
    assert said["isError"]
    assert "RQL201" in said["text"] and "7 │" in said["text"]


async def _carried_out(client: LanguageClient, command: types.Command) -> Any:
    params = types.ExecuteCommandParams(command.command, command.arguments)
    return await client.workspace_execute_command_async(params)


async def test_rows_that_are_not_shown_are_said(client: LanguageClient) -> None:
    document = opened(client, "set max_rows 5;\nruns")
    command = types.Command(title="", command="runql.run", arguments=[{"uri": document.uri}])
    assert "the first 5 of 64 rows are shown" in (await _carried_out(client, command))["text"]


async def test_fences_of_a_markdown_file(client: LanguageClient) -> None:
    text = "# Notes 😀\n\n```rql\nruns limt 3\n```\n\nruns limt 4\n\n~~~rql\nruns ordr -created\n~~~\n"
    document = opened(client, text, "markdown")
    found: Any = await client.text_document_diagnostic_async(types.DocumentDiagnosticParams(document))
    assert [(one.code, one.range.start.line) for one in found.items] == [("RQL106", 3), ("RQL106", 9)]
    items: Any = await client.text_document_completion_async(types.CompletionParams(document, types.Position(6, 5)))
    assert not items.items
