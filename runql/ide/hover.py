"""What is known of the word under the pointer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from typing import Final

from runql.ide.completion.index import index_of
from runql.ide.completion.slots import known_name
from runql.ide.completion.values import meaning
from runql.ide.context import Context, Text, parsed
from runql.ide.declarations import with_declared
from runql.ide.entry_text import LANGUAGE, entry_markdown
from runql.ide.field_text import documentation, value_text
from runql.ide.named_tables import other_table, sources_behind
from runql.ide.nodes import chain_at, names_of
from runql.language.entry import Entry
from runql.language.fields import RUN_FIELD_SPELLINGS, Space
from runql.language.functions import FUNCTIONS
from runql.language.options import CODE_OPTION, OPTIONS
from runql.language.stages import STAGES
from runql.language.types import TYPE_SPELLINGS
from runql.language.windows import WINDOWS
from runql.language.words import WORDS
from runql.semantic.catalog import Catalog
from runql.semantic.check_stages.scope import Scope
from runql.semantic.folds import fold_named, history_fold_named
from runql.semantic.spelling import PREFIXES
from runql.syntax import tree as t
from runql.syntax.literals import read_path
from runql.syntax.parse import Parsed
from runql.syntax.printer.to_text import to_text
from runql.syntax.tokens import Token, TokenKind
from runql.text.codes import CODES
from runql.text.frozen import frozen
from runql.text.markdown import block, code, plain, words
from runql.text.source import Span

_SILENT: Final = {TokenKind.WHITESPACE, TokenKind.COMMENT, TokenKind.PUNCTUATION}
_SHOWN: Final = 8


@frozen
class Hover:
    """What is said, in Markdown, and of which part of the text."""

    span: Span
    markdown: str

    @property
    def plain(self) -> str:
        """The same without Markdown."""
        return plain(self.markdown)


@frozen
class _Place:
    """`context`: of the sources of the query around it; `known`: of one that names none."""

    token: Token
    chain: tuple[t.Node, ...]
    context: Context
    known: Context


def hover(text: Text, offset: int, context: Context) -> Hover | None:
    """What is known of the word at an offset; none if there is nothing to say."""
    whole = parsed(text)
    token = token_at(whole, offset)
    if token is None:
        return None
    chain = chain_at(whole.script, token.span.start)
    known = with_declared(whole, context)
    place = _Place(token, chain, _context_of(chain, known), known)
    kind = TokenKind.TIME if token.terminal == "AGO" else token.kind
    said = _SAYERS.get(kind, _word)(place)
    span = _time_span(place) if kind is TokenKind.TIME else token.span
    return Hover(span, said) if said else None


def token_at(whole: Parsed, offset: int) -> Token | None:
    """The token that holds an offset, or ends at it if nothing but white space or a sign follows."""
    touching = [token for token in whole.tokens if token.span.start <= offset <= token.span.end]
    said = [token for token in touching if token.kind not in _SILENT or token.terminal in WORDS]
    return next((token for token in said if offset < token.span.end), said[0] if said else None)


def _context_of(chain: tuple[t.Node, ...], context: Context) -> Context:
    """That of the innermost query that names its sources."""
    asked = (node for node in reversed(chain) if isinstance(node, t.Query))
    clause = next((clause for query in asked if (clause := query.clause(t.FromClause)) is not None), None)
    return context.of(sources_behind(names_of(clause), context))


def _name(place: _Place) -> str:
    entry = _in_statement(place)
    return entry_markdown(entry) if entry is not None else _field(place)


def _field(place: _Place) -> str:
    written, context = place.token.text, place.context
    other = _at_key_of_other(place)
    if other is None:
        return _field_of(written, context, place)
    table, context = other
    facts = table.columns.get(".".join(map(str, read_path(written).segments)))
    if facts is not None and facts.info is None:
        return f"{code(written)}: {' or '.join(sorted(facts.kinds))}, a column of the other table"
    return _field_of(written, context, place)


def _field_of(written: str, context: Context, place: _Place) -> str:
    if any(isinstance(node, t.KeysClause | t.XClause) for node in place.chain):
        return _metric(written, context.catalog)
    path = read_path(written)
    dotted = ".".join(map(str, path.segments))
    if path.is_glob:
        return _glob(path, context.catalog)
    if dotted in context.aliases and dotted not in RUN_FIELD_SPELLINGS:
        return f"{code(dotted)}: alias of\n\n{block(to_text(context.aliases[dotted]), LANGUAGE)}"
    found = known_name(written, context)
    if found is None:
        return _metric(written, context.catalog)
    title = code(found.key.written or dotted)
    if found.key.space is Space.RUN:
        field = RUN_FIELD_SPELLINGS[str(found.key.segments[0])]
        title = f"`{field.name}`: {field.kind}, a field of every run\n\n{field.doc}"
    if found.info is None or context.catalog is None:
        return title
    return f"{title}\n\n{documentation(found.info, context.catalog)}"


def _at_key_of_other(place: _Place) -> tuple[Scope, Context] | None:
    """The other table of a join, where a key of it stands behind `=`."""
    path = next((node for node in reversed(place.chain) if isinstance(node, t.Path)), None)
    stage = next((node for node in reversed(place.chain) if isinstance(node, t.JoinStage)), None)
    if stage is None or not any(path is right and left is not right for left, right in stage.keys):
        return None
    return other_table(stage, place.known, place.context)


def _in_statement(place: _Place) -> Entry | None:
    """The type of a `param`, or the option of a `set`, if the word is one."""
    written = place.token.text
    match place.chain:
        case (*_, t.ParamStatement(type_name=str(type_name))) if written == type_name:
            return TYPE_SPELLINGS.get(written)
        case (*_, t.SetStatement(name=name)) if written == name:
            return CODE_OPTION if name.upper() in CODES else OPTIONS.get(name.lower())
        case _:
            return None


def _metric(written: str, catalog: Catalog | None) -> str:
    path = read_path(written)
    if catalog is None or not path.segments:
        return ""
    if path.is_glob:
        return _glob(path, catalog)
    dotted = ".".join(map(str, path.segments))
    for space, name in (
        (Space.LOGGED, dotted),
        (Space.SYSTEM, dotted.removeprefix("system.")),
        (Space.SUMMARY, dotted),
    ):
        infos = catalog.index.by_dotted.get((space, name), ())
        if infos:
            return f"{code(dotted)}: metric\n\n{documentation(infos[0], catalog)}"
    return ""


def _glob(path: t.Path, catalog: Catalog | None) -> str:
    """How many names a pattern stands for."""
    if catalog is None:
        return ""
    space = PREFIXES.get(str(path.segments[0]), Space.LOGGED)
    rest = path.segments if space is Space.LOGGED else path.segments[1:]
    pattern = ".".join(map(str, rest))
    names = [name for name in index_of(catalog).pools[space].names if fnmatchcase(name, pattern)]
    what = "metrics" if space in {Space.LOGGED, Space.SYSTEM} else "fields"
    shown = ", ".join(map(code, names[:5])) + (", …" if len(names) > 5 else "")
    return f"{len(names):,} {what}" + (f": {shown}" if names else "")


def _function(place: _Place) -> str:
    if place.token.terminal in WORDS:
        return entry_markdown(WORDS[place.token.terminal])
    name = place.token.text.lower()
    if any(isinstance(node, t.Stage) for node in place.chain) and (fold := fold_named(name)) is not None:
        return entry_markdown(fold)
    found = (FUNCTIONS.get(name), history_fold_named(name), WINDOWS.get(name))
    forms = [form for form in found if form is not None]
    return "\n\n".join(map(entry_markdown, forms))


def _word(place: _Place) -> str:
    token = place.token
    in_stage = any(isinstance(node, t.Stage) and node.span.start == token.span.start for node in place.chain)
    if token.terminal in WORDS and not in_stage:
        return entry_markdown(WORDS[token.terminal])
    info = STAGES.get(token.terminal)
    return entry_markdown(info) if info is not None else ""


def _parameter(place: _Place) -> str:
    name = place.token.text.removeprefix("$")
    context = place.context
    parts = [f"`${name}`"]
    if name in context.values:
        parts.append(f"= {code(value_text(context.values[name]) or repr(context.values[name]))}")
    parts.append(words(context.parameters.get(name, "")))
    return " ".join(part for part in parts if part)


def _source(place: _Place) -> str:
    name = place.token.text
    context = place.context
    tables: tuple[Mapping[str, str], ...] = (context.sources, context.lets, context.saved)
    said = next((table[key] for table in tables for key in (name, name.removeprefix("@")) if key in table), "")
    return " · ".join(part for part in (code(name), words(said), _held(place)) if part)


def _held(place: _Place) -> str:
    """What a source, or the table of a query, holds."""
    stage = next((node for node in reversed(place.chain) if isinstance(node, t.JoinStage | t.UnionStage)), None)
    if stage is None or not isinstance(stage.other, t.SourceRef) or stage.other.span != place.token.span:
        catalog = place.context.catalog
        return f"{catalog.run_count:,} runs" if catalog is not None else ""
    found = other_table(stage, place.known, place.context)
    if found is None:
        return ""
    table, at = found
    if not table.fields:
        return _columns(table)
    is_source = place.token.text not in place.known.lets and at.catalog is not None
    return f"{at.catalog.run_count:,} runs" if is_source and at.catalog is not None else ""


def _columns(table: Scope) -> str:
    names = [*table.columns]
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"its columns are {', '.join(map(code, names[:_SHOWN]))}{more}" if names else ""


def _time(place: _Place) -> str:
    moment = _moment(place)
    if moment is None:
        return ""
    if isinstance(moment, t.Duration):
        return f"{moment.value.total_seconds():,.10g} seconds"
    entry = WORDS.get(place.token.terminal)
    return "\n\n".join([code(meaning(moment, place.context)), *([entry.doc] if entry is not None else [])])


def _moment(place: _Place) -> t.RelativeTime | t.Duration | None:
    return next((node for node in reversed(place.chain) if isinstance(node, t.RelativeTime | t.Duration)), None)


def _time_span(place: _Place) -> Span:
    moment = _moment(place)
    return place.token.span if moment is None else moment.span


_SAYERS: Final[Mapping[TokenKind, Callable[[_Place], str]]] = {
    TokenKind.FIELD: _name,
    TokenKind.FUNCTION: _function,
    TokenKind.PARAMETER: _parameter,
    TokenKind.SOURCE: _source,
    TokenKind.TIME: _time,
}
