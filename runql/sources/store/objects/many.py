"""Requests side by side, which Ctrl-C ends: the library itself waits for an answer, whatever comes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from threading import Event, Thread, current_thread, main_thread
from typing import Final, TypeVar

T = TypeVar("T")
R = TypeVar("R")
_AT_ONCE: Final = 8
_LOOK_SECONDS: Final = 0.2
"""So often a wait is left for a signal, on systems where one does not end it."""


def side_by_side(do: Callable[[T], R], items: Sequence[T]) -> list[R]:
    """The result for each item, in their order. After the first error, or Ctrl-C, no further one is begun, and none is
    waited for."""
    waiting: SimpleQueue[tuple[T, Future[R]]] = SimpleQueue()
    results: list[Future[R]] = [Future() for _ in items]
    for item, result in zip(items, results, strict=True):
        waiting.put((item, result))
    stop = Event()
    for _ in range(min(_AT_ONCE, len(items))):
        Thread(target=_work, args=(do, waiting, stop), daemon=True, name="runql-objects").start()
    try:
        return [_result_of(result) for result in results]
    finally:
        stop.set()


def alone(do: Callable[[], R]) -> R:
    """The result of one request."""
    return side_by_side(lambda _: do(), [None])[0] if current_thread() is main_thread() else do()


def _work(do: Callable[[T], R], waiting: SimpleQueue[tuple[T, Future[R]]], stop: Event) -> None:
    while not stop.is_set():
        try:
            item, result = waiting.get_nowait()
        except Empty:
            return
        try:
            result.set_result(do(item))
        except Exception as error:  # noqa: BLE001 - it is raised where the result is waited for
            result.set_exception(error)
        finally:
            result.cancel()  # what ends this thread ends the wait too; of what is done this changes nothing


def _result_of(result: Future[R]) -> R:
    while True:
        try:
            return result.result(_LOOK_SECONDS)
        except TimeoutError:
            if result.done():
                return result.result()
