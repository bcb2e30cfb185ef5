"""`\\help`: short, from the tables that the language, its completion and its reference are made of."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from runql.errors import RunQLError, wrong_call
from runql.frontends.repl.commands.table import COMMANDS, MARK, SPELLINGS, BackslashCall
from runql.ide.field_text import documentation
from runql.language.aggregates import HISTORY_AGGREGATES, OFFERED_PERCENTILES, ROW_AGGREGATES
from runql.language.clauses import CLAUSES
from runql.language.entry import Entry, ReferencePage
from runql.language.fields import RUN_FIELD_SPELLINGS
from runql.language.formats import FORMATS
from runql.language.functions import FUNCTIONS
from runql.language.options import OPTIONS
from runql.language.pages import PAGES
from runql.language.stages import STAGES
from runql.language.statements import STATEMENTS
from runql.language.types import TYPE_SPELLINGS
from runql.language.windows import WINDOWS
from runql.language.words import WORDS
from runql.results.terminal_table.cells import Style
from runql.results.terminal_table.options import View
from runql.semantic.folds import fold_named
from runql.syntax.keywords import keywords
from runql.text.codes import CODES
from runql.text.frozen import frozen
from runql.text.markdown import plain
from runql.text.nearest import nearest
from runql.text.visible import visible

if TYPE_CHECKING:
    from runql.frontends.repl.shell import Shell

_EXAMPLES: Final = (
    ("runs where config.lr > 0.01 order summary.loss limit 20", "the best of some runs"),
    ("runs limit 5 keys loss, val/loss sample 200", "their curves"),
    ("runs | group config.optimizer : acc = mean(summary.acc)", "seeds together"),
)
_WIDEST: Final = 100
_MARGIN: Final = 34
_HARD_SPACE: Final = "\u00a0"


@frozen
class Topic:
    """What is known of one word: what kind of thing it is, how it is written, what it does, an example."""

    name: str
    kind: str
    syntax: str = ""
    doc: str = ""
    example: str = ""
    more: str = ""


def show_help(shell: Shell, call: BackslashCall) -> None:
    """All there is, or what is known of a word. Raises `QueryError` for a word that nothing is known of."""
    view = shell.screen.view()
    width = min(shell.screen.width, _WIDEST)
    if not call.rest:
        shell.screen.put("\n".join(_overview(view, width)) + "\n")
        return
    page = PAGES.get(call.rest.lower())
    topics = [*topics_of(call.rest), *_fields(shell, call.rest)]
    if not topics and page is None:
        near = nearest(call.rest.lstrip(MARK), _all_names(), most=2)
        raise wrong_call(
            f"there is no help on `{call.rest}`",
            *([f"nearest: {', '.join(f'`{one}`' for one in near)}"] if near else []),
            r"`\help` names what there is, `\fields` the fields of the source",
        )
    lines = [*_page(page, view, width), ""] if page is not None else []
    lines += [line for topic in topics for line in (*_shown(topic, view, width), "")]
    shell.screen.put("\n".join(lines[:-1]) + "\n")


# ---------------------------------------------------------------- all there is


def _overview(view: View, width: int) -> Iterator[str]:
    intro = "A query runs with Enter. A name that is wrong is found before anything is asked for."
    yield from (view.paint(line, "dim") for line in textwrap.wrap(intro, width))
    yield ""
    wide = max(len(query) for query, _ in _EXAMPLES)
    for query, what in _EXAMPLES:
        said = view.paint(f"  # {what}", "dim") if wide + len(what) + 6 <= width else ""
        yield f"  {query.ljust(wide) if said else query}{said}"
    yield ""
    for title, names in (
        ("statements", [one.name for one in STATEMENTS.values() if not one.is_later]),
        ("clauses", [keywords().spelling(one) for one in keywords().clauses]),
        ("stages", ["|", *(info.name for info in STAGES.values() if not info.is_later)]),
        ("operators", _operators()),
    ):
        yield from _listed(title, names, view, width)
    yield ""
    yield from _functions(view, width)
    for name in ("windows", "joins", "dates"):
        sections = PAGES[name].sections if name == "joins" else PAGES[name].sections[:1]
        forms = [one.form.removeprefix("| ") for section in sections for one in section.entries]
        yield from _listed(name, [*(f"{one} ·" for one in forms[:-1]), forms[-1]], view, width, gap=" ")
    yield ""
    margin = max(len(one.syntax) for one in COMMANDS.values()) + 2
    for one in COMMANDS.values():
        yield from _beside(one.syntax, one.doc, min(margin, 30), view, width)
    yield ""
    kinds = ", ".join(PAGES)
    more = rf"\help WORD says more of any of them; \help with {kinds} lists all of a kind."
    more += " Ctrl-C stops a query and keeps what came."
    yield from (view.paint(line, "dim") for line in textwrap.wrap(more, width))


def _operators() -> list[str]:
    """What stands between values, each as it is mostly written."""
    of_tests = (entry for section in PAGES["operators"].sections for entry in section.entries)
    terminals = dict.fromkeys(entry.terminal for entry in of_tests if isinstance(entry, Entry) and entry.terminal)
    return list(dict.fromkeys(spelled[0] for spelled in map(_spellings, terminals) if spelled))


def _functions(view: View, width: int) -> Iterator[str]:
    """The names of the functions, by kind."""
    sections = (*PAGES["functions"].sections, PAGES["windows"].sections[1])
    for at, section in enumerate(sections):
        kind = section.title.lower().removeprefix("functions ")
        names = [f"{kind}:", *dict.fromkeys(one.name for one in section.entries)]
        yield from _listed("functions" if at == 0 else "", names, view, width)


def _listed(title: str, names: list[str], view: View, width: int, gap: str = "  ") -> Iterator[str]:
    held = gap.join(name.replace(" ", _HARD_SPACE) for name in names)
    for at, line in enumerate(textwrap.wrap(held, max(20, width - 12), break_on_hyphens=False)):
        begin = view.paint(title, "header") + " " * (12 - len(title)) if at == 0 else " " * 12
        yield f"{begin}{line.replace(_HARD_SPACE, ' ')}"


def _beside(left: str, right: str, margin: int, view: View, width: int, *, style: Style = "header") -> Iterator[str]:
    """A term and what it means, in two columns where there is room."""
    if width < margin + 30:
        yield view.paint(left, style)
        yield from textwrap.wrap(right, width, initial_indent="    ", subsequent_indent="    ")
        return
    lines = textwrap.wrap(right, width - margin)
    if len(left) + 1 > margin:
        yield view.paint(left, style)
    else:
        yield view.paint(left, style) + " " * (margin - len(left)) + lines.pop(0)
    yield from (" " * margin + line for line in lines)


def _page(page: ReferencePage, view: View, width: int) -> Iterator[str]:
    """All forms of a kind, with what each means."""
    yield view.paint(page.title, "header")
    yield from _wrapped(page.doc, view, width)
    for section in page.sections:
        yield ""
        if len(page.sections) > 1:
            yield view.paint(section.title, "header")
        if section.doc:
            yield from _wrapped(section.doc, view, width, "dim")
        forms = [f"{section.before}{entry.form}" for entry in section.entries]
        margin = min(max(map(len, forms)) + 4, _MARGIN)
        for form, entry in zip(forms, section.entries, strict=True):
            yield from _beside(f"  {form}", entry.doc, margin, view, width, style="live")
    yield ""
    first = page.sections[0].entries[0]
    yield from _wrapped(f"for example  {first.example}", view, width, "dim", subsequent=" " * 15)


# ---------------------------------------------------------------- one word


def topics_of(written: str) -> Iterator[Topic]:
    """What the language and the prompt know of a word, whatever kinds of thing it is."""
    is_command = written.startswith(MARK)
    word = written.strip().lstrip(MARK).removesuffix("()").lower()
    if word in SPELLINGS:
        one = SPELLINGS[word]
        also = f"Also {', '.join(f'`{MARK}{name}`' for name in one.aliases)}." if one.aliases else ""
        more = " ".join(part for part in (one.more, also) if part)
        yield Topic(f"{MARK}{one.name}", "command", one.syntax, one.doc, one.example, more)
    if is_command:
        return
    yield from _words(word)
    for info in (one for one in STAGES.values() if one.name == word):
        yield Topic(word, "stage", f"… | {info.form}", info.doc, info.example)
    for kind, function in (
        ("function", FUNCTIONS.get(word)),
        ("function of a metric's history", HISTORY_AGGREGATES.get(word)),
        ("function of rows", fold_named(word)),
        ("function of a window", WINDOWS.get(word)),
    ):
        if function is not None:
            yield Topic(word, kind, function.form, function.doc, function.example)
    if word in RUN_FIELD_SPELLINGS:
        field = RUN_FIELD_SPELLINGS[word]
        also = f"Also {', '.join(f'`{name}`' for name in field.aliases)}." if field.aliases else ""
        yield Topic(field.name, f"{field.kind} of every run", field.form, field.doc, field.example, also)
    yield from _of_scripts(word)
    if (code := word.upper()) in CODES:
        said = CODES[code]
        silence = f"`set {code} off` silences it." if said.severity != "error" else ""
        yield Topic(code, str(said.severity), doc=f"{said.title}.", more=silence)


def _of_scripts(word: str) -> Iterator[Topic]:
    """The type, the option or the format of that name."""
    if (kind := TYPE_SPELLINGS.get(word)) is not None:
        also = f"Also {', '.join(f'`{name}`' for name in kind.aliases)}." if kind.aliases else ""
        yield Topic(kind.name, "type of a parameter", kind.form, kind.doc, kind.example, also)
    for option in (one for one in OPTIONS.values() if one.name.lower() == word):
        yield Topic(option.name, "option of `set`", f"set {option.form}", option.doc, option.example)
    if (form := FORMATS.get(word)) is not None:
        files = f"A file of that format ends in {' or '.join(f'`.{end}`' for end in form.extensions)}."
        yield Topic(form.name, "format", f"-o {form.form}", form.doc, form.example, files * bool(form.extensions))


def _words(word: str) -> Iterator[Topic]:
    """The keywords and operators that are spelled so."""
    for terminal, one in WORDS.items():
        if word in _spellings(terminal):
            kind = "statement" if terminal in STATEMENTS else "clause" if terminal in CLAUSES else "word"
            yield Topic(word, kind, one.form, one.doc, one.example)


def _spellings(terminal: str) -> tuple[str, ...]:
    return keywords().words.get(terminal) or keywords().symbols.get(terminal, ())


def _fields(shell: Shell, written: str) -> Iterator[Topic]:
    """The fields of that name, as far as the source is known. A source that cannot be asked has none to tell of."""
    if written.startswith(MARK) or shell.source is None:
        return
    name = written.strip("`")
    try:
        with shell.screen.progress(lambda: "looking at what there is"):
            catalog = shell.session.catalog(shell.session.state.source)
    except RunQLError:
        return
    for info in catalog.fields:
        full = f"{info.space.value}.{info.dotted}"
        if name in (info.dotted, full):
            said = plain(documentation(info, catalog)).replace("\n\n", "\n")
            yield Topic(full, "field", doc=said)


def _shown(topic: Topic, view: View, width: int) -> Iterator[str]:
    yield f"{view.paint(visible(topic.name), 'header')}  {view.paint(topic.kind, 'dim')}"
    if topic.syntax and topic.syntax != topic.name:
        yield from _wrapped(topic.syntax, view, width, "live", subsequent="      ")
    for text in (*topic.doc.splitlines(), topic.more):
        yield from _wrapped(text, view, width)
    if topic.example:
        yield from _wrapped(f"for example  {topic.example}", view, width, "dim", subsequent=" " * 15)


def _wrapped(text: str, view: View, width: int, style: Style = "", subsequent: str = "  ") -> Iterator[str]:
    lines = textwrap.wrap(
        visible(text),
        width,
        initial_indent="  ",
        subsequent_indent=subsequent,
        break_on_hyphens=False,
        break_long_words=False,
    )
    yield from (view.paint(line, style) for line in lines)


def _all_names() -> list[str]:
    return [
        *COMMANDS,
        *(word for terminal in WORDS for word in _spellings(terminal) if word.isalpha()),
        *(one.name for one in STAGES.values()),
        *FUNCTIONS,
        *HISTORY_AGGREGATES,
        *ROW_AGGREGATES,
        *OFFERED_PERCENTILES,
        *WINDOWS,
        *RUN_FIELD_SPELLINGS,
        *TYPE_SPELLINGS,
        *OPTIONS,
        *FORMATS,
        *CODES,
        *PAGES,
    ]
