"""The door of the process: `runql` and `python -m runql`. The only module that knows every front end."""

from __future__ import annotations

import sys

from runql.frontends.cli.main import main as command


def main() -> int:
    """Run the command, or the front end that the call means, and give the exit status."""
    return command()


if __name__ == "__main__":
    sys.exit(main())
