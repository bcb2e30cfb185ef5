"""The door of the process: `runql` and `python -m runql`. The only module that knows every front end."""

from __future__ import annotations

import atexit
import gc
import os
import signal
import sys

_INTERRUPTED = 130
_YOUNG = 100_000
"""So many objects are made before Python's collector of circles looks at them: a question makes many and no circles,
and walking through what was loaded for it again and again is a tenth of a first answer."""

TYPE_CHECKING = False  # `typing` takes longer than all else here, and Ctrl-C shows a traceback until it is loaded
if TYPE_CHECKING:
    from runql.frontends.cli.command_table import Arguments


def main() -> int:
    """Run the command, or the front end that the call means, and give the exit status."""
    # While modules are loaded, and after the answer, Ctrl-C ends the process at once and shows no traceback.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    _read_as_utf_8()
    _keep_what_is_compiled()
    gc.set_threshold(_YOUNG, *gc.get_threshold()[1:])
    atexit.register(gc.freeze)  # what is there at the end goes with the process: it is not looked through for circles
    from runql.frontends.cli.main import main as command

    status = command(others={"prompt": prompt, "lsp": lsp, "mcp": mcp})
    if sys.argv[1:2] == ["complete-line"]:
        os._exit(status)  # a shell waits while somebody types; all is written, and to take every module apart is work
    if status == _INTERRUPTED:
        from runql.terminal import stdout

        stdout.give_up()
    return status


def _read_as_utf_8() -> None:
    """Where Python was told to take all text for ASCII (`LC_ALL=C PYTHONUTF8=0`), begin anew in its UTF-8 mode: the
    arguments, the environment and the names of files are UTF-8 then, as they are everywhere else."""
    is_ascii = sys.getfilesystemencoding() in {"ascii", "us-ascii"} and not sys.flags.utf8_mode
    if is_ascii and sys.executable and sys.platform != "win32":
        os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])


def _keep_what_is_compiled() -> None:
    """Under a limit of the size of files Python itself would cut what it keeps of compiled modules, for good."""
    try:
        import resource
    except ImportError:  # Windows
        return
    if resource.getrlimit(resource.RLIMIT_FSIZE)[0] != resource.RLIM_INFINITY:
        sys.dont_write_bytecode = True


def prompt(arguments: Arguments) -> int:
    """Start the prompt with what the command was called with."""
    from runql import config
    from runql.errors import wrong_call
    from runql.frontends.cli.call import for_call, options_of_call, params_of, saying_errors
    from runql.frontends.cli.trust import asked_before
    from runql.frontends.repl.app import main as converse
    from runql.frontends.repl.start import Start
    from runql.terminal.progress import Waiting

    def start() -> int:
        if arguments.safe:
            raise wrong_call("`--safe` goes with a query", '`| to "runs.csv" safe` says it at the prompt')
        waiting = Waiting()
        settings = for_call(config.load(), arguments, waiting)
        asked_before(settings, arguments.source)
        return converse(
            Start(
                settings,
                arguments.source,
                params_of(arguments),
                arguments.output,
                arguments.quiet,
                arguments.timeout,
                options_of_call(arguments),
                waiting,
            )
        )

    return saying_errors(start)


def lsp(arguments: Arguments) -> int:
    """Start the language server."""
    from runql.frontends.cli.call import saying_errors
    from runql.frontends.lsp.main import serve

    return saying_errors(lambda: serve(arguments.tcp, is_trusted=arguments.trusted, source=arguments.source))


def mcp(arguments: Arguments) -> int:
    """Start the server for agents."""
    from runql import config
    from runql.frontends.cli.call import for_call, saying_errors
    from runql.frontends.mcp.main import serve
    from runql.terminal.progress import Waiting

    def start() -> int:
        sources = (*((arguments.source,) if arguments.source else ()), *arguments.words)
        settings = for_call(config.load(), arguments, Waiting())
        return serve(sources, settings, http=arguments.http, seconds=arguments.timeout)

    return saying_errors(start)


if __name__ == "__main__":
    sys.exit(main())
