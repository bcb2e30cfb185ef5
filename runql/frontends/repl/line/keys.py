"""What keys do at the prompt, besides what they do in every line editor."""

from __future__ import annotations

from typing import Protocol

from prompt_toolkit.buffer import Buffer, CompletionState
from prompt_toolkit.completion import CompleteEvent, get_common_complete_suffix
from prompt_toolkit.enums import DEFAULT_BUFFER, EditingMode
from prompt_toolkit.filters import Condition, completion_is_selected, has_completions, has_focus
from prompt_toolkit.key_binding import KeyBindings, KeyBindingsBase, KeyPressEvent, merge_key_bindings

from runql.frontends.repl.line.buffer import QueryBuffer

_CONTINUED = (".", "(")
"""Ends of a completion behind which the next one is wanted at once."""

_TYPING = has_focus(DEFAULT_BUFFER)


class TypedLine(Protocol):
    """What the keys ask of the line: its text, and whether that can be run as it is."""

    buffer: QueryBuffer
    has_more: bool

    def is_complete(self, text: str) -> bool: ...


def key_bindings(line: TypedLine) -> KeyBindingsBase:
    """The keys of a line."""
    return merge_key_bindings([_enter(line), _menu(), _quotes(line.buffer), _history(line.buffer), _ways_out(line)])


def _enter(line: TypedLine) -> KeyBindings:
    keys = KeyBindings()

    @keys.add("enter", filter=_TYPING)
    def _(event: KeyPressEvent) -> None:
        """Take the chosen completion; else run what is whole, and go on with what is not."""
        buffer = event.current_buffer
        state = buffer.complete_state
        if state is not None and state.current_completion is not None:
            take(buffer)
            return
        buffer.complete_state = None
        text = buffer.text
        if not text.strip():
            buffer.reset()
        elif line.is_complete(text) or _ends_with_empty_line(buffer):
            line.has_more = _has_more(event)
            buffer.validate_and_handle()
        else:
            buffer.newline(copy_margin=False)

    @keys.add("escape", "enter", filter=_TYPING)
    @keys.add("c-o", filter=_TYPING)
    def _(event: KeyPressEvent) -> None:
        """A new line, whatever the text."""
        event.current_buffer.newline(copy_margin=False)

    return keys


def _has_more(event: KeyPressEvent) -> bool:
    """Whether letters came together with this Enter, and behind it."""
    waiting = (press.key for press in event.app.key_processor.input_queue)
    return any(len(key) == 1 and key.isprintable() for key in waiting)


def _menu() -> KeyBindings:
    keys = KeyBindings()

    @keys.add("tab", filter=_TYPING)
    def _(event: KeyPressEvent) -> None:
        """The next of the menu; without a menu, the only completion there is, or a menu."""
        buffer = event.current_buffer
        if not buffer.text and buffer.suggestion is not None:
            buffer.insert_text(buffer.suggestion.text)
        elif buffer.complete_state is None:
            complete(buffer)
        elif len(buffer.complete_state.completions) == 1:
            buffer.go_to_completion(0)
            take(buffer)
        else:
            buffer.complete_next()

    @keys.add("s-tab", filter=_TYPING & has_completions)
    def _(event: KeyPressEvent) -> None:
        event.current_buffer.complete_previous()

    @keys.add("c-space", filter=_TYPING)
    def _(event: KeyPressEvent) -> None:
        """The menu, where it does not come by itself; on an empty line it may be a Ctrl-D from while a query ran."""
        if event.current_buffer.text:
            event.current_buffer.start_completion()

    @keys.add("escape", filter=_TYPING & has_completions)
    def _(event: KeyPressEvent) -> None:
        """No menu."""
        event.current_buffer.cancel_completion()

    return keys


def _quotes(buffer: QueryBuffer) -> KeyBindings:
    keys = KeyBindings()
    is_closed = Condition(lambda: buffer.has_closed)

    def over(event: KeyPressEvent) -> None:
        """The quote behind a text that a completion has closed already is not written twice; another one is."""
        if not buffer.document.text_before_cursor.endswith(event.data):
            buffer.insert_text(event.data)
        buffer.complete_state = None

    keys.add("'", filter=_TYPING & is_closed)(over)
    keys.add('"', filter=_TYPING & is_closed)(over)
    return keys


def _history(buffer: QueryBuffer) -> KeyBindings:
    keys = KeyBindings()
    is_older = Condition(lambda: buffer.shows_older)
    menu_stays = has_completions & completion_is_selected

    @keys.add("up", filter=_TYPING & ~menu_stays)
    @keys.add("c-p", filter=_TYPING & ~menu_stays)
    def _(event: KeyPressEvent) -> None:
        """To the line above, else to the query before; a menu that came by itself does not stand in the way."""
        buffer.cancel_completion()
        if buffer.shows_older:
            buffer.history_backward(count=event.arg)
        else:
            buffer.auto_up(count=event.arg)

    @keys.add("down", filter=_TYPING & ~has_completions & is_older)
    @keys.add("c-n", filter=_TYPING & ~has_completions & is_older)
    def _(event: KeyPressEvent) -> None:
        """To the query behind, whole: it was come from."""
        buffer.history_forward(count=event.arg)

    return keys


def _ways_out(line: TypedLine) -> KeyBindings:
    keys = KeyBindings()
    is_empty = Condition(lambda: not line.buffer.text)

    @keys.add("c-c", filter=_TYPING)
    @keys.add("<sigint>")
    def _(event: KeyPressEvent) -> None:
        """Give the line up."""
        event.app.exit(exception=KeyboardInterrupt, style="class:aborting")

    @keys.add("c-d", filter=_TYPING & is_empty)
    def _(event: KeyPressEvent) -> None:
        """Leave."""
        event.app.exit(exception=EOFError, style="class:exiting")

    @keys.add("c-z", filter=_TYPING)
    def _(event: KeyPressEvent) -> None:
        """Let the shell have the terminal."""
        event.app.suspend_to_background()

    @keys.add("f4")
    def _(event: KeyPressEvent) -> None:
        """Between the keys of emacs and of vi."""
        is_vi = event.app.editing_mode == EditingMode.VI
        event.app.editing_mode = EditingMode.EMACS if is_vi else EditingMode.VI

    return keys


def complete(buffer: Buffer) -> None:
    """Write the only completion there is; of several what they have in common, and show the menu."""
    document = buffer.document
    found = list(buffer.completer.get_completions(document, CompleteEvent(completion_requested=True)))
    if len(found) == 1:
        buffer.complete_state = CompletionState(document, found)
        buffer.go_to_completion(0)
        take(buffer)
        return
    buffer.insert_text(get_common_complete_suffix(document, found))
    buffer.start_completion()


def take(buffer: Buffer) -> None:
    """Keep the completion that is chosen, and offer what comes behind a namespace or a bracket."""
    buffer.complete_state = None
    if buffer.document.text_before_cursor.endswith(_CONTINUED):
        buffer.start_completion()


def _ends_with_empty_line(buffer: Buffer) -> bool:
    """Whether Enter is pressed on an empty last line: then the text is run whatever the parser thinks of it."""
    document = buffer.document
    return document.is_cursor_at_the_end and document.line_count > 1 and not document.current_line.strip()
