"""`runql open`: the answer of a query where it can be looked at: a page of W&B, W&B's LEET, or VisiData."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import tempfile
import webbrowser
from collections.abc import Callable, Mapping
from pathlib import Path

from runql.errors import QueryError, wrong_call
from runql.frontends.cli.command_table import Arguments
from runql.plan.nodes import stages_of
from runql.results.formats.formats import FORMATS
from runql.results.terminal_table.options import View
from runql.results.writing import write_file
from runql.session import Result
from runql.sources.open import SourcePlace
from runql.terminal import stderr, stdout
from runql.terminal.stderr import Voice
from runql.text.frozen import frozen
from runql.text.render import clean

_NO_FILTER = "the address of a workspace holds no condition: the page shows all runs of the project"


@frozen
class Viewed:
    """An answer that is to be looked at, and where its runs are."""

    result: Result
    places: tuple[SourcePlace, ...]
    voice: Voice
    arguments: Arguments

    @property
    def prints(self) -> bool:
        """Whether the address or the command is printed, and nothing started."""
        return self.arguments.prints

    @property
    def is_of_server(self) -> bool:
        return all(place.service.accounts is not None for place in self.places)

    @property
    def is_table(self) -> bool:
        """Whether the answer is no list of runs, but what stages or a count made of them."""
        return self.result.answer.is_count or bool(stages_of(self.result.answer.plan))


def look(result: Result, arguments: Arguments, voice: Voice) -> int:
    """Show an answer in the program that the call names, or that fits it; the exit status.

    Raises:
        QueryError: there is no such program here, or it does not show such an answer.
    """
    viewed = Viewed(result, tuple(result.answer.executor.places), voice, arguments)
    return _VIEWERS[arguments.viewer or _fitting(viewed)](viewed)


def _fitting(viewed: Viewed) -> str:
    if viewed.is_of_server and not viewed.is_table:
        return "browser"
    if not viewed.is_table and shutil.which("wandb") and _folder(viewed) is not None:
        return "leet"
    if shutil.which("vd") or viewed.prints:
        return "visidata"
    hints = ("`pip install visidata` brings `vd`, which shows any table", "`runql QUERY` shows it here")
    raise QueryError.of("RQL594", "there is no program here that shows this answer", *hints)


# ---------------------------------------------------------------- where it can be looked at


def _browser(viewed: Viewed) -> int:
    """The page of the one run of the answer, or the workspace of its project."""
    if viewed.is_table or not viewed.is_of_server:
        hint = "`--in visidata` shows any table" if viewed.is_table else "`--in leet` shows a run on disk"
        raise QueryError.of("RQL594", "W&B's pages show runs of its server alone", hint)
    runs = viewed.result.runs
    url = (runs[0].url if len(runs) else None) or ""
    if not url.startswith(("https://", "http://")):
        raise QueryError.of("RQL594", "no run matches, so there is no page to open", "`runql QUERY` says why")
    if len(runs) > 1:
        url = f"{url.partition('/runs/')[0]}/workspace"
        viewed.voice.say(f"{len(runs):,} runs match; {_NO_FILTER}")
    if viewed.prints:
        stdout.say(clean(url))
    elif not webbrowser.open(url):
        raise QueryError.of("RQL594", "no browser could be started", f"the page is {url}")
    return stderr.OK


def _leet(viewed: Viewed) -> int:
    """W&B's own program for a terminal, on the folder of the one run of the answer."""
    folder = None if viewed.is_table else _folder(viewed)
    if folder is None:
        is_one = not viewed.is_table and len(viewed.result.runs) == 1
        hint = "`--in visidata` shows any table" if is_one else "`limit 1` leaves one; `--in visidata` shows many"
        raise QueryError.of("RQL594", "LEET shows one run that W&B's package has written to a folder", hint)
    return _started(viewed, "wandb", "leet", str(folder))


def _folder(viewed: Viewed) -> Path | None:
    """The folder of the one run of an answer, as W&B's package names it."""
    from runql.sources.local import LocalService

    services = [place.service for place in viewed.places]
    if len(services) != 1 or not isinstance(services[0], LocalService) or len(viewed.result.runs) != 1:
        return None
    root, ending = services[0].path, f"-{viewed.result.runs[0].id}"
    folders = (path for place in (root, root / "wandb") if place.is_dir() for path in sorted(place.iterdir()))
    named = [path for path in folders if path.is_dir() and path.name.endswith(ending)]
    own = [root] if root.is_dir() and root.name.endswith(ending) else []
    return next(iter([*own, *named]), None)


def _visidata(viewed: Viewed) -> int:
    """VisiData, on the rows in a file that is gone afterwards."""
    if viewed.prints:
        stdout.say(f"{_asked(viewed.arguments)} | vd -f jsonl -")
        return stderr.OK
    with tempfile.TemporaryDirectory(prefix="runql-") as folder:
        file = Path(folder) / "runs.jsonl"
        write_file(file, FORMATS["jsonl"].pieces(viewed.result.output(View())))
        return _started(viewed, "vd", str(file))


def _asked(arguments: Arguments) -> str:
    """The call that writes the same rows."""
    source = () if arguments.source is None else ("-s", arguments.source)
    params = (part for one in arguments.params for part in ("-p", one))
    return clean(shlex.join(("runql", *source, *params, "-o", "jsonl", *arguments.words)))


def _started(viewed: Viewed, *command: str) -> int:
    """Run another program until it ends; its exit status."""
    if viewed.prints:
        stdout.say(clean(shlex.join(command)))
        return stderr.OK
    program = shutil.which(command[0])
    if program is None:
        package = {"vd": "visidata", "wandb": "wandb"}[command[0]]
        raise QueryError.of("RQL594", f"there is no program `{command[0]}` here", f"`pip install {package}` brings it")
    return subprocess.run([program, *command[1:]], check=False).returncode


_VIEWERS: Mapping[str, Callable[[Viewed], int]] = {"browser": _browser, "leet": _leet, "visidata": _visidata}


def single(results: tuple[object, ...]) -> Result:
    """The one answer of a text. Raises `QueryError` for more or none."""
    answers = [one for one in results if isinstance(one, Result)]
    if len(answers) != 1 or len(results) != 1:
        raise wrong_call(f"`runql open` shows one answer, and the text has {len(answers)}", "write one query")
    return answers[0]
