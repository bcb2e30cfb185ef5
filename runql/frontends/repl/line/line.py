"""One line of the prompt, or several: everything that happens between two answers."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from prompt_toolkit.application import Application, get_app, run_in_terminal
from prompt_toolkit.application.current import set_app
from prompt_toolkit.auto_suggest import Suggestion
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.cursor_shapes import ModalCursorShapeConfig
from prompt_toolkit.document import Document
from prompt_toolkit.enums import DEFAULT_BUFFER, SEARCH_BUFFER, EditingMode
from prompt_toolkit.filters import Condition, has_focus, is_done, is_searching
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.key_binding import merge_key_bindings
from prompt_toolkit.key_binding.bindings.auto_suggest import load_auto_suggest_bindings
from prompt_toolkit.key_binding.bindings.open_in_editor import load_open_in_editor_bindings
from prompt_toolkit.layout import (
    BufferControl,
    CompletionsMenu,
    ConditionalContainer,
    Dimension,
    Float,
    FloatContainer,
    FormattedTextControl,
    HSplit,
    Layout,
    Window,
)
from prompt_toolkit.layout.processors import (
    AppendAutoSuggestion,
    ConditionalProcessor,
    HighlightIncrementalSearchProcessor,
    HighlightMatchingBracketProcessor,
    HighlightSelectionProcessor,
)
from prompt_toolkit.output import ColorDepth
from prompt_toolkit.styles import DynamicStyle
from prompt_toolkit.utils import get_cwidth
from prompt_toolkit.widgets import SearchToolbar

from runql.config import Settings
from runql.frontends.repl.knowledge import Knowledge
from runql.frontends.repl.line.buffer import QueryBuffer, WholeQueries
from runql.frontends.repl.line.completer import QueryCompleter
from runql.frontends.repl.line.keys import key_bindings
from runql.frontends.repl.line.lexer import QueryLexer
from runql.frontends.repl.line.style import style_of
from runql.frontends.repl.line.toolbar import toolbar
from runql.frontends.repl.line.toolbar_text import Thinker
from runql.frontends.repl.line.window import WindowWatch
from runql.text.render import clean

if TYPE_CHECKING:
    from prompt_toolkit.history import History
    from prompt_toolkit.input import Input
    from prompt_toolkit.output import Output

_MENU_LINES: Final = 10
_MOST_NAME: Final = 30


class Line:
    """Reads what is typed, one statement after the other, with all that helps to type it.

    Args:
        knowledge: What is known of the language and the source.
        history: The queries of before.
        settings: The settings, those of the prompt among them.
        input: Where keys come from, by default the terminal.
        output: Where the line is drawn, by default the terminal.
    """

    def __init__(
        self,
        knowledge: Knowledge,
        history: History,
        settings: Settings,
        *,
        input: Input | None = None,  # noqa: A002 - as the toolkit calls it
        output: Output | None = None,
    ) -> None:
        self._knowledge = knowledge
        self._name = ""
        self.options = settings.prompt
        self.thinker = Thinker(knowledge, counts=self.options.counts, tell=self.redraw)
        self.cpr_missing = False
        self.lines_read = 0
        self.has_more = False
        """Whether more lines came together with the one that was read."""
        self._past = WholeQueries(past=self.options.suggestions)
        self.buffer = self._buffer(history)
        self.search = SearchToolbar(Buffer(name=SEARCH_BUFFER), ignore_case=True)
        has_color = settings.color and self.options.style != "none"
        look = self.options.style if has_color else "none"
        self.app: Application[str] = _PromptApplication(
            self,
            layout=self._layout(),
            style=DynamicStyle(lambda: style_of(look, with_language=knowledge.language is not None)),
            include_default_pygments_style=False,
            key_bindings=merge_key_bindings(
                [load_auto_suggest_bindings(), load_open_in_editor_bindings(), key_bindings(self)]
            ),
            mouse_support=self.options.mouse,
            editing_mode=EditingMode.VI if self.options.keys == "vi" else EditingMode.EMACS,
            cursor=ModalCursorShapeConfig(),
            color_depth=None if has_color else ColorDepth.DEPTH_1_BIT,
            input=input,
            output=output,
        )
        self.window = WindowWatch(self.app, self._rows, self._write_above)
        self.app.timeoutlen = 0.5
        self.app.ttimeoutlen = 0.05

    def read(self, name: str, text: str = "", offer: str = "") -> str:
        """What is typed at a prompt of that name, which begins with a text. An `offer` stands there in grey.

        Raises:
            KeyboardInterrupt: the line was given up.
            EOFError: the prompt is left.
        """
        self._name = _short(clean(name))
        self.has_more = False
        self.lines_read += 1
        self.thinker.forget()
        self.buffer.reset(Document(text))
        self._past.offer = offer
        if offer and not text:
            self.buffer.suggestion = Suggestion(offer)
        return self.app.run(pre_run=self._pre_run)

    def look_again(self) -> None:
        """More is known than before: think about the text anew, from any thread."""
        self._consider()
        self.redraw()

    def redraw(self) -> None:
        """Draw the line again, from any thread; nothing is drawn if no line is being read."""
        loop = self.app.loop
        if loop is not None:
            with suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(self.app.invalidate)

    def above(self, say: Callable[[], None]) -> None:
        """Let something be written above the line, from any thread; at once if no line is being read."""
        loop = self.app.loop
        if self.app.is_running and loop is not None:
            with suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(self._write_above, say)
                return
        say()

    def _rows(self, columns: int) -> int:
        """How many rows the line takes: one, if it is no longer than that."""
        text = self.buffer.text
        return text.count("\n") + 1 + get_cwidth(f"{self._name}> {text}") // columns

    def is_complete(self, text: str) -> bool:
        """Whether Enter runs a text: a command, a whole statement, or one with a mistake before its end."""
        from runql.frontends.repl.parsed_text import is_command

        if is_command(text):
            return True
        language = self._knowledge.language
        if language is None:
            return _looks_complete(text)
        return not language.is_unfinished(self._knowledge.texts.parsed(text))

    # ---------------------------------------------------------------- parts

    def _pre_run(self) -> None:
        self._consider()

    def _buffer(self, history: History) -> QueryBuffer:
        return QueryBuffer(
            name=DEFAULT_BUFFER,
            multiline=True,
            history=history,
            completer=QueryCompleter(self._knowledge),
            complete_while_typing=Condition(lambda: self.options.menu == "typing"),
            auto_suggest=self._past,
            enable_history_search=True,
            tempfile_suffix=".rql",
            accept_handler=self._accept,
            on_text_changed=lambda _: self._consider(),
            on_cursor_position_changed=lambda _: self._consider(),
        )

    def _accept(self, buffer: Buffer) -> bool:
        get_app().exit(result=buffer.text)
        return True  # the text stays until the next line is read

    def _consider(self) -> None:
        self.thinker.consider(self.buffer.text, self.buffer.cursor_position)

    def _layout(self) -> Layout:
        control = BufferControl(
            buffer=self.buffer,
            lexer=QueryLexer(self._knowledge, self.thinker),
            search_buffer_control=self.search.control,
            preview_search=True,
            include_default_input_processors=False,
            input_processors=[
                HighlightIncrementalSearchProcessor(),
                HighlightSelectionProcessor(),
                ConditionalProcessor(HighlightMatchingBracketProcessor(chars="()[]{}"), ~is_done),
                ConditionalProcessor(
                    AppendAutoSuggestion(style="class:suggestion"), has_focus(DEFAULT_BUFFER) & ~is_done
                ),
            ],
        )
        window = Window(control, height=self._height, get_line_prefix=self._prefix, wrap_lines=True)
        menu = Float(
            xcursor=True,
            ycursor=True,
            transparent=True,
            content=CompletionsMenu(
                max_height=_MENU_LINES, scroll_offset=1, extra_filter=has_focus(DEFAULT_BUFFER) & ~is_done
            ),
        )
        bottom = ConditionalContainer(
            Window(
                FormattedTextControl(self._toolbar),
                style="class:bottom-toolbar",
                dont_extend_height=True,
                height=Dimension.exact(1),
            ),
            filter=~is_done & Condition(self._place_is_known),
        )
        search = ConditionalContainer(self.search, filter=is_searching & ~is_done)
        return Layout(HSplit([FloatContainer(window, [menu]), search, bottom]), focused_element=window)

    def _height(self) -> Dimension:
        """Room for the menu, so that it does not jump above the line when it comes."""
        app = get_app()
        if app.is_done:
            return Dimension()
        return Dimension(min=max(1, min(_MENU_LINES - 2, app.output.get_size().rows - 3)))

    def _place_is_known(self) -> bool:
        """Whether the terminal has said how much room there is below, or says no such things."""
        return self.app.renderer.height_is_known or self.cpr_missing

    def _prefix(self, number: int, wrapped: int) -> StyleAndTextTuples:
        if number == 0 and wrapped == 0:
            return [("class:prompt", f"{self._name}> ")]
        width = get_cwidth(self._name)
        mark = "…" if wrapped == 0 else " "
        return [("class:continuation", f"{' ' * max(0, width - 1)}{mark}  " if width else f"{mark} ")]

    def _toolbar(self) -> StyleAndTextTuples:
        columns = self.app.output.get_size().columns
        return toolbar(
            self.thinker.thought, self._knowledge.world, columns, fault=self.thinker.fault, mode=self._mode()
        )

    def _mode(self) -> str:
        """What is said of the keys of vi, which do different things in its modes."""
        if self.app.editing_mode != EditingMode.VI:
            return ""
        return f"vi: {self.app.vi_state.input_mode.value.removeprefix('vi-').replace('navigation', 'normal')}"

    def _write_above(self, say: Callable[[], None]) -> None:
        with set_app(self.app):
            run_in_terminal(say)


class _PromptApplication(Application[str]):
    """An application that goes on without a word where a terminal does not say where its cursor is."""

    def __init__(self, line: Line, **options: object) -> None:
        self._line = line
        super().__init__(**options)  # type: ignore[arg-type]

    def cpr_not_supported_callback(self) -> None:
        """Draw the toolbar right below the line."""
        self._line.cpr_missing = True
        self.invalidate()


def _looks_complete(text: str) -> bool:
    """What can be told before the language is loaded."""
    return text.count("(") <= text.count(")") and not text.rstrip().endswith(("|", ",", "=", "<", ">", "~"))


def _short(name: str) -> str:
    return name if len(name) <= _MOST_NAME else f"…{name[1 - _MOST_NAME :]}"
