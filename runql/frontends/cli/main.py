"""The command: reads the call, hands it on, and turns whatever happens into an exit status."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from runql.frontends.cli import stdout
from runql.frontends.cli.arguments import Arguments, UsageError, parse

_USAGE = 2
_INTERRUPTED = 130

ALONE = """\
runql asks questions of machine-learning runs. The prompt comes in a later version; until then, ask from the shell:

  runql -s demo "runs where config.lr > 0.01 order -summary.loss sample 200 keys loss,acc"
  runql --help
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command with these arguments (of the process, if not given) and give its exit status."""
    try:
        return _main(sys.argv[1:] if argv is None else list(argv))
    except stdout.ClosedPipe:
        return 0
    except stdout.CannotWrite as error:
        from runql.frontends.cli.stderr import Voice

        Voice().say(f"runql: cannot write standard output: {error}")
        return _USAGE
    except KeyboardInterrupt:
        return _INTERRUPTED


def _main(argv: list[str]) -> int:
    try:
        arguments = parse(argv)
    except UsageError as error:
        from runql.frontends.cli.stderr import Voice

        Voice().say(f"runql: {error}\ntry `runql --help`")
        return _USAGE
    if arguments.show is not None:
        stdout.say(arguments.show)
        return 0
    if arguments.spec:
        from runql.frontends.cli.programs import spec_json

        stdout.say(spec_json())
        return 0
    if not arguments.words:
        if sys.stdin is None or sys.stdin.isatty():
            return _without_words(arguments)
        arguments = arguments._replace(words=("-",))
    from runql.frontends.cli.commands import perform

    return perform(arguments)


def _without_words(arguments: Arguments) -> int:
    if arguments.command == "run":
        stdout.say(ALONE.rstrip())
        return 0
    from runql.frontends.cli.stderr import Voice

    Voice().say(f"runql {arguments.command}: name a query, a file or `-` for standard input")
    return _USAGE
