"""`python -m tests.wandb_api.snippets` runs all of them with the official client and writes a JSON line for each."""

from __future__ import annotations

import json
import sys

from tests.wandb_api.snippets import SNIPPETS, plain


def main() -> None:
    import wandb

    for name, function in SNIPPETS.items():
        try:
            found = {"value": plain(function(wandb))}
        except Exception as error:  # noqa: BLE001 - shown by the test, which asks for a value
            found = {"error": repr(error)}
        sys.stdout.write("snippet " + json.dumps([name, found]) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
