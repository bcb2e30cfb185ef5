"""An interrupt does not cut an import short: what was half imported would stay broken until the process ends."""

from __future__ import annotations

import asyncio
import importlib
import sys
import threading
import time
from pathlib import Path

import pytest

from runql.frontends.lsp.commands.answers import CommandReply
from runql.frontends.lsp.commands.commands import Job
from runql.frontends.repl.shell import Interrupts
from runql.text.signals import interrupt_main_thread, is_importing

BEGAN = threading.Event()
SLOW = """
import time
from tests.text.test_signals import BEGAN
BEGAN.set()
for _ in range(30):
    time.sleep(0.01)
whole = True
"""


@pytest.fixture
def slow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module `slow_to_import`, which says when its import began."""
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "slow_to_import.py").write_text(SLOW)
    monkeypatch.delitem(sys.modules, "slow_to_import", raising=False)
    BEGAN.clear()


def _import_and_go_on() -> None:
    importlib.import_module("slow_to_import")
    while True:
        time.sleep(0.01)


@pytest.mark.usefixtures("slow")
def test_a_command_of_an_editor() -> None:
    def work() -> CommandReply:
        _import_and_go_on()
        raise AssertionError

    async def life() -> CommandReply:
        job = Job(work, asyncio.get_running_loop().create_future())
        job.start()
        await asyncio.to_thread(BEGAN.wait)
        job.interrupt()
        reply = await job.done
        while not job._is_over:
            await asyncio.sleep(0.01)
        return reply

    assert asyncio.run(life()).is_cancelled
    assert sys.modules["slow_to_import"].whole


def test_a_lock_that_an_interrupt_left_taken_holds_no_editor() -> None:
    """An interrupt may come when the thread has just taken the lock to say that it is over: nobody gives it back."""

    async def life() -> None:
        job = Job(lambda: CommandReply("done", "said"), asyncio.get_running_loop().create_future())
        job.start()
        await job.done
        assert job._lock.acquire(timeout=30)
        asked = threading.Thread(target=job.interrupt, daemon=True)
        asked.start()
        await asyncio.to_thread(asked.join, 30)
        assert not asked.is_alive()

    asyncio.run(life())


@pytest.mark.usefixtures("slow")
def test_a_question_at_the_prompt() -> None:
    def press() -> None:
        BEGAN.wait()
        interrupt_main_thread()

    pressed = threading.Thread(target=press)
    pressed.start()
    with Interrupts(), pytest.raises(KeyboardInterrupt):
        _import_and_go_on()
    pressed.join()
    assert sys.modules["slow_to_import"].whole


def test_a_stack_without_an_import() -> None:
    assert not is_importing(sys._getframe())
    assert not is_importing(None)
