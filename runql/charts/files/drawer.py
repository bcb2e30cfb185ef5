"""Pictures are drawn in a process of their own: the engine holds Python as long as it draws, so a Ctrl-C would wait for
it, and its start, a second or two, goes on while the runs are read.
"""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, Final

from runql.charts.files import drawing
from runql.errors import OutputError

_PATIENCE_SECONDS: Final = 5.0


class Drawer:
    """The process, which is started when somebody needs it, stays for the next picture and ends with this one.

    `options`: what the engine is told with each request. `program`: what is run.
    """

    def __init__(self, options: Mapping[str, Any], program: str = drawing.__file__) -> None:
        self._options = dict(options)
        self._program = program
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0
        self._lock = threading.Lock()

    def begin(self) -> None:
        """Have it started, and do not wait for it."""
        with self._lock:
            if sys.executable:
                self._running()

    def draw(self, what: str, spec: Mapping[str, Any] | str, **options: Any) -> bytes:
        """What is drawn. An interrupt ends the drawing at once. Raises `OutputError` if the process ended meanwhile."""
        request = {"what": what, "spec": spec, "options": self._options | options}
        if not sys.executable:  # within another program that has no Python to start
            return drawing.drawn(request)
        with self._lock:
            process = self._running()
            try:
                return self._asked(process, request)
            except BaseException:
                self._end()
                raise

    def _running(self) -> subprocess.Popen[bytes]:
        process = self._process
        if process is not None and self._owner == os.getpid() and process.poll() is None:
            return process
        if process is None:
            atexit.register(self.close)
        self._end()
        path = [one for one in sys.path if one]
        call = [sys.executable, "-P", self._program, json.dumps(path), json.dumps(self._options)]
        self._process = subprocess.Popen(
            call,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # it complains of fonts that it does not need
            cwd=Path(sys.executable).parent,
            start_new_session=True,  # a Ctrl-C is for us alone: we end it
        )
        self._owner = os.getpid()
        return self._process

    def _asked(self, process: subprocess.Popen[bytes], request: dict[str, Any]) -> bytes:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(json.dumps(request).encode() + b"\n")
            process.stdin.flush()
            head = process.stdout.readline()
            answer = json.loads(head)
            drawn = _read(process.stdout, answer["length"])
        except (OSError, ValueError) as error:
            status = process.wait(_PATIENCE_SECONDS)
            message = f"what draws charts ended before it was done, with status {status}"
            raise OutputError.of("RQL506", message, "a file `.json` holds the chart as Vega-Lite") from error
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return drawn

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None or self._owner != os.getpid():
            return
        process.kill()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                _close(pipe)
        process.wait()

    def stop(self) -> None:
        """End a drawing that goes on in another thread, which gets an `OutputError`."""
        process = self._process
        if process is not None and self._owner == os.getpid():
            process.kill()

    def close(self) -> None:
        """End the process. The next picture would start another."""
        with self._lock:
            self._end()


def _read(pipe: IO[bytes], length: int) -> bytes:
    drawn = pipe.read(length)
    if len(drawn) < length:
        raise ValueError("cut off")
    return drawn


def _close(pipe: IO[bytes]) -> None:
    try:
        pipe.close()
    except OSError:
        return  # what was not written yet finds nobody who reads it
