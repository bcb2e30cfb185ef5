"""`%load_ext runql`: the magics `%rql` and `%%rql`, by another name `%runql`, and completion in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


def load(shell: InteractiveShell) -> None:
    """Put the magics and their completion into a shell."""
    from runql.frontends.jupyter.completion import Matcher
    from runql.frontends.jupyter.magic import RqlMagics

    magics = RqlMagics(shell)
    magics.matcher = Matcher(magics)
    shell.register_magics(magics)
    shell.Completer.custom_matchers.append(magics.matcher.matches)


def unload(shell: InteractiveShell) -> None:
    """Take them out again, and close what they opened."""
    from runql.frontends.jupyter.magic import RqlMagics

    magics = shell.magics_manager.registry.pop(RqlMagics.__name__, None)
    if not isinstance(magics, RqlMagics):
        return
    for kind in ("line", "cell"):
        for name in ("rql", "runql"):
            shell.magics_manager.magics[kind].pop(name, None)
    if magics.matcher is not None:
        shell.Completer.custom_matchers.remove(magics.matcher.matches)
    magics.close()
