"""`python -m runql`: the command."""

import sys

from runql.frontends.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
