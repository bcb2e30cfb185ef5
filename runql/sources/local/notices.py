"""What is said about run files: damage, logs that lack something, runs that are still being written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from runql.sources.files.system import printable
from runql.sources.local.discover import MOST_FOLDERS
from runql.sources.local.head import Head, LogState
from runql.sources.local.records import Damage, DamageKind
from runql.text.diagnostic import Diagnostic

_WHAT: Final = {
    DamageKind.HEADER: "its header is not that of a run file",
    DamageKind.CHECKSUM: "a wrong checksum",
    DamageKind.ZEROS: "zeros where records should be",
    DamageKind.ORDER: "parts of a record that do not belong together",
    DamageKind.RECORD: "a record that is not understood",
    DamageKind.TORN: "a record that is cut off",
}
_MOST_NAMED: Final = 3


def file_notices(shown: str, head: Head, *, running: bool) -> list[Diagnostic]:
    """What is wrong with one log. The open end of a file that is being written is not."""
    damages = [damage for damage in head.damages if not (running and damage.is_open_end)]
    if not damages:
        return []
    first = damages[0]
    if first.kind is DamageKind.VERSION:
        return [unreadable(shown, f"version {head.version} of the file format is not known here")]
    if first.kind is DamageKind.HEADER and first.resumed is None:
        return [unreadable(shown, "it is no W&B run file")]
    if len(damages) == 1 and first.is_open_end:
        return [torn(shown)]
    return [_damaged(shown, damages)]


def torn(shown: str) -> Diagnostic:
    """A log whose writer did not get to finish a record."""
    message = f"`{shown}` ends mid-record: its run was killed"
    return Diagnostic("RQL502", message, names=(shown,), many="{n} logs end mid-record: their runs were killed")


def _damaged(shown: str, damages: Sequence[Damage]) -> Diagnostic:
    first = damages[0]
    more = f", and in {_count(len(damages) - 1, 'more place')}" if len(damages) > 1 else ""
    message = f"`{shown}` is damaged at byte {first.offset}{more}: {_WHAT[first.kind]}"
    if any(damage.resumed is None for damage in damages):
        last = next(damage for damage in damages if damage.resumed is None)
        hint = f"nothing after byte {last.offset} can be read; what came before is shown"
    else:
        hint = f"{_lost(damages)}; what came before the damage is shown, and what is whole after it"
    many = "{n} logs are damaged: what is whole of them is shown"
    return Diagnostic("RQL501", message, hints=(hint,), names=(shown,), many=many)


def bad_lines(shown: str, bad: Sequence[int]) -> Diagnostic:
    """Lines of a history that are no JSON."""
    message = f"`{shown}` is damaged: {_count(len(bad), 'line')} without a JSON object, the first is {bad[0]:,}"
    many = "{n} histories are damaged: what is whole of them is shown"
    return Diagnostic("RQL501", message, names=(shown,), many=many)


def _lost(damages: Iterable[Damage]) -> str:
    known = [damage.lost for damage in damages]
    total = sum(lost for lost in known if lost is not None)
    if None not in known:
        return f"{_count(total, 'record')} lost"
    return f"at least {_count(total, 'record')} lost" if total else "nothing tells how many records are lost"


def unreadable(shown: str, why: str) -> Diagnostic:
    """A file or a folder that gives nothing."""
    message = f"`{shown}` could not be read: {why}"
    return Diagnostic("RQL503", message, names=(shown,), many="{n} files or folders could not be read")


def still_written(run_id: str, head: Head) -> Diagnostic:
    """A run that goes on."""
    if head.log is LogState.EMPTY and not head.run:
        message = f"run `{run_id}` has just begun: nothing of it is in its log yet, neither config nor name nor tags"
        many = "{n} runs have just begun: nothing of them is in their logs yet, neither config nor name nor tags"
    else:
        message = f"run `{run_id}` is still being written: its newest rows may not be in its log yet"
        many = "{n} runs are still being written: their newest rows may not be in their logs yet"
    return Diagnostic("RQL505", message, names=(run_id,), many=many)


def without_log(run_id: str, head: Head) -> Diagnostic:
    """A run whose log holds nothing, or is not there."""
    rest = "config and summary only" if head.beside else "nothing but its name and date"
    rest_of_many = "config and summary only" if head.beside else "nothing but their names and dates"
    hints: tuple[str, ...] = ()
    match head.log:
        case LogState.POINTER:
            message = f"the log of run `{run_id}` is a pointer of Git LFS: {rest}"
            many = f"the logs of {{n}} runs are pointers of Git LFS: {rest_of_many}"
            hints = ("`git lfs pull` fetches the logs",)
        case LogState.EMPTY if not head.beside:
            message = f"the log of run `{run_id}` holds nothing: its run was killed before config or rows were written"
            many = "the logs of {n} runs hold nothing: they were killed before config or rows were written"
        case _:
            what = "is empty" if head.log is LogState.EMPTY else "is missing"
            message = f"no log: the one of run `{run_id}` {what}: {rest}"
            many = f"no logs of {{n}} runs: {rest_of_many}"
    return Diagnostic("RQL545", message, hints=hints, names=(run_id,), many=many)


def filled(run_id: str, head: Head) -> Diagnostic:
    """What of a run its log lacks, since it was cut off."""
    some = ", ".join(f"`{printable(name)}`" for name in head.filled[:_MOST_NAMED])
    more = len(head.filled) - _MOST_NAMED
    rest = f" and {more:,} more" if more > 0 else ""
    message = f"the log of run `{run_id}` was cut off: {some}{rest} from the files beside it"
    many = "{n} logs were cut off: what they lack of config and summary comes from the files beside them"
    return Diagnostic("RQL546", message, names=(run_id,), many=many)


def copied(shown: str, original: str) -> Diagnostic:
    """A run file that is a copy of another one."""
    message = f"`{shown}` is a copy of `{original}`, and is left out"
    return Diagnostic("RQL514", message, names=(shown,), many="{n} run folders are copies of others, and are left out")


def overlapping(run_id: str, folders: int, count: int, first: int, last: int) -> Diagnostic:
    """Steps that several folders of one run hold."""
    between = f"step {first} was" if first == last else f"{_count(count, 'step')} between {first} and {last} were"
    message = f"{folders} folders have the id `{run_id}`: {between} logged in several of them, and all rows are shown"
    many = "{n} ids stand for several folders that share steps: all rows are shown"
    return Diagnostic("RQL514", message, names=(run_id,), many=many)


def one_id(run_id: str, folders: int) -> Diagnostic:
    """Folders of one id of which none goes on where another one ended."""
    message = f"{folders} folders have the id `{run_id}`, and share steps: they are shown as one run"
    many = "{n} ids stand for several folders that share steps: each is shown as one run"
    return Diagnostic("RQL514", message, names=(run_id,), many=many)


def rewound(run_id: str, step: float, rows: int) -> Diagnostic:
    """A run that left a branch behind."""
    message = f"run `{run_id}` was rewound to step {step:g}: {_count(rows, 'row')} of the abandoned branch left out"
    many = "{n} runs were rewound: the rows of their abandoned branches are left out"
    return Diagnostic("RQL548", message, names=(run_id,), many=many)


def orphaned(run_id: str, parent: str, step: float) -> Diagnostic:
    """A fork whose parent is not there."""
    origin = f"`{printable(parent)}` at step {step:g}"
    message = f"run `{run_id}` is a fork of {origin}, which is not here: its rows begin after that"
    many = "{n} runs are forks of runs that are not here: their rows begin at the fork"
    return Diagnostic("RQL548", message, names=(run_id,), many=many)


def unnumbered(run_id: str, count: int) -> Diagnostic:
    """Rows that count on rows that were lost."""
    rows = _count(count, "row")
    return Diagnostic("RQL501", f"{rows} of run `{run_id}` left out: they hold no step, and rows before them are lost")


def not_looked_into(count: int) -> Diagnostic:
    """Folders beyond the bound."""
    message = f"{_count(count, 'folder')} were not looked into: more than {MOST_FOLDERS:,} are there"
    return Diagnostic("RQL547", message, hints=("name a folder nearer to the runs",))


def sweeps_alone(count: int) -> Diagnostic:
    """Settings of sweeps, and no run."""
    message = f"no runs here, only the settings of {_count(count, 'sweep')}"
    return Diagnostic("RQL549", message, hints=("`show sweeps` lists them",))


def _count(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
