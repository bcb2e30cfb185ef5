"""Drives the prompt from the inside: keys go in through a pipe, and what it holds can be looked at."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from io import StringIO
from pathlib import Path

from prompt_toolkit.data_structures import Size
from prompt_toolkit.input import PipeInput, create_pipe_input
from prompt_toolkit.output.vt100 import Vt100_Output

from runql import config
from runql.frontends.repl.app import Conversation
from runql.frontends.repl.line.buffer import QueryBuffer
from runql.frontends.repl.start import Start

PATIENCE_SECONDS = 90.0
KEYS = {
    "Enter": "\r",
    "Tab": "\t",
    "Up": "\x1b[A",
    "Down": "\x1b[B",
    "Right": "\x1b[C",
    "Left": "\x1b[D",
    "AltEnter": "\x1b\r",
    "F4": "\x1bOS",
    **{f"Ctrl{letter}": chr(ord(letter) - 64) for letter in "ABCDEKLNOPRUXYZ"},
}


class Driver:
    """A prompt that runs in a thread of its own."""

    def __init__(self, conversation: Conversation, keys: PipeInput) -> None:
        self.conversation = conversation
        self._keys = keys
        self.status: int | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self.wait(lambda: conversation.line.app.is_running)

    def _run(self) -> None:
        self.status = self.conversation.run()

    @property
    def buffer(self) -> QueryBuffer:
        return self.conversation.line.buffer

    @property
    def text(self) -> str:
        return self.buffer.text

    @property
    def menu(self) -> list[str]:
        """The labels in the menu; empty if there is none."""
        state = self.buffer.complete_state
        return [] if state is None else [one.display_text for one in state.completions]

    @property
    def bottom(self) -> str:
        """The line at the bottom, without its styles."""
        return "".join(piece[1] for piece in self.conversation.line._toolbar())

    def press(self, *keys: str) -> None:
        """Press keys, by name, or type a text."""
        for key in keys:
            self._keys.send_text(KEYS.get(key, key))

    def type(self, text: str, *, then: str = "") -> None:
        """Type a text, and wait until it is there."""
        before = self.text[: self.buffer.cursor_position]
        self.press(text)
        self.wait(lambda: self.text.startswith(before + text), f"`{before + text}` was not typed: `{self.text}`")
        if then:
            self.press(then)

    def ready(self) -> None:
        """Wait until all is known of the source."""
        knowledge = self.conversation.knowledge
        self.wait(lambda: knowledge.language is not None and not knowledge.world.looking, "the source was not read")

    def thought(self) -> None:
        """Wait until the text as it is was thought about."""
        line = self.conversation.line
        self.wait(
            lambda: (
                line.thinker.thought is not None
                and (line.thinker.thought.text, line.thinker.thought.offset) == (self.text, self.buffer.cursor_position)
            ),
            "nothing was thought about the text",
        )

    def run(self, text: str) -> None:
        """Enter a text and wait for the next line."""
        self.type(text)
        self.enter()

    def enter(self) -> None:
        """Press Enter on a whole text, and wait for the next line."""
        line = self.conversation.line
        before = line.lines_read
        self.press("Enter")
        self.wait(lambda: line.lines_read > before and line.app.is_running, f"nothing was run: `{self.text}`")

    def leave(self) -> None:
        """Ctrl-C and Ctrl-D, as often as it takes."""
        end = time.monotonic() + PATIENCE_SECONDS
        while self._thread.is_alive() and time.monotonic() < end:
            self.press("CtrlC", "CtrlD")
            self._thread.join(0.1)
        assert self.status == 0

    def wait(self, holds: Callable[[], bool], otherwise: str = "it did not come") -> None:
        """Wait until something holds."""
        end = time.monotonic() + PATIENCE_SECONDS
        while not holds():
            assert time.monotonic() < end, otherwise
            time.sleep(0.005)


@contextmanager
def prompt(
    folder: Path,
    source: str | None = "demo",
    *,
    columns: int = 100,
    environ: dict[str, str] | None = None,
    **more: object,
) -> Iterator[Driver]:
    """A prompt on a source whose settings, history and caches are in a folder. `more` are options of `[prompt]`."""
    named = {"HOME": str(folder), "RUNQL_CONFIG": str(folder / "config.toml"), "RUNQL_DATA": str(folder / "data")}
    settings = config.load({**named, **(environ or {})}, folder)
    settings = replace(settings, prompt=replace(settings.prompt, **more))  # type: ignore[arg-type]
    output = Vt100_Output(StringIO(), lambda: Size(rows=30, columns=columns), enable_cpr=False)
    with create_pipe_input() as keys:
        driver = Driver(Conversation(Start(settings, source), input=keys, output=output), keys)
        try:
            yield driver
        finally:
            driver.leave()
