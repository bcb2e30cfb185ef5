"""What is said about event files: damage, what is not read, restarts, runs that are still being written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from runql.sources.files.system import printable
from runql.sources.tensorboard.discover import MOST_FOLDERS
from runql.sources.tensorboard.framing import EventDamage, EventDamageKind
from runql.text.diagnostic import Diagnostic

_WHAT: Final = {
    EventDamageKind.LENGTH: "a wrong checksum of a length",
    EventDamageKind.CHECKSUM: "a wrong checksum",
    EventDamageKind.RECORD: "a record that is not understood",
    EventDamageKind.TORN: "a record that is cut off",
}
_MOST_KINDS: Final = 6


def file_notices(shown: str, damages: Sequence[EventDamage], *, running: bool) -> Iterator[Diagnostic]:
    """What is wrong with one file. The open end of a file that is being written is not."""
    told = [damage for damage in damages if not (running and damage.kind is EventDamageKind.TORN)]
    if not told:
        return
    first = told[0]
    if first.kind is EventDamageKind.LENGTH and first.offset == 0:
        yield unreadable(shown, "it is no TensorBoard event file")
    elif len(told) == 1 and first.kind is EventDamageKind.TORN:
        message = f"`{shown}` ends mid-record: its run was killed, or is still being copied"
        many = "{n} event files end mid-record: their runs were killed, or are still being copied"
        yield Diagnostic("RQL502", message, names=(shown,), many=many)
    else:
        yield _damaged(shown, told)


def _damaged(shown: str, damages: Sequence[EventDamage]) -> Diagnostic:
    first, lost = damages[0], sum(not damage.is_end for damage in damages)
    more = f", and in {_count(len(damages) - 1, 'more place')}" if len(damages) > 1 else ""
    message = f"`{shown}` is damaged at byte {first.offset}{more}: {_WHAT[first.kind]}"
    ends = [damage for damage in damages if damage.is_end]
    if ends:
        hint = f"nothing after byte {ends[0].offset} can be read; what came before is shown"
    else:
        hint = f"{_count(lost, 'record')} lost; what came before the damage is shown, and what is whole after it"
    many = "{n} event files are damaged: what is whole of them is shown"
    return Diagnostic("RQL501", message, hints=(hint,), names=(shown,), many=many)


def unreadable(shown: str, why: str) -> Diagnostic:
    """A file or a folder that gives nothing."""
    message = f"`{shown}` could not be read: {why}"
    return Diagnostic("RQL503", message, names=(shown,), many="{n} files or folders could not be read")


def still_written(run_id: str) -> Diagnostic:
    """A run that goes on."""
    message = f"run `{printable(run_id)}` is still being written: its newest points may not be in its file yet"
    many = "{n} runs are still being written: their newest points may not be in their files yet"
    return Diagnostic("RQL505", message, names=(run_id,), many=many)


def restarted(run_id: str, dropped: int) -> Diagnostic:
    """A run that was started again at an earlier step."""
    points = _count(dropped, "point")
    message = f"run `{printable(run_id)}` was started again at an earlier step: {points} from before left out"
    many = "{n} runs were started again at an earlier step: what they had logged from there on is left out"
    hint = "TensorBoard leaves the same points out"
    return Diagnostic("RQL548", message, hints=(hint,), names=(run_id,), many=many)


def again(run_id: str, behind: int) -> Diagnostic:
    """A run that logged steps again, and does not say that it was started anew."""
    points = f"{_count(behind, 'point')} {'was' if behind == 1 else 'were'}"
    message = (
        f"{points} logged by run `{printable(run_id)}` at or before a step that its tag had reached: all are shown"
    )
    many = "{n} runs logged points at or before steps that their tags had reached: all are shown"
    hint = "so does a run that was started again without saying so; TensorBoard shows the later points only"
    return Diagnostic("RQL514", message, hints=(hint,), names=(run_id,), many=many)


def changed_config(run_id: str) -> Diagnostic:
    """A run that was given hyperparameters twice, and not the same."""
    message = f"run `{printable(run_id)}` was given other hyperparameters later: the first are shown, as in TensorBoard"
    many = "{n} runs were given other hyperparameters later: the first are shown, as in TensorBoard"
    return Diagnostic("RQL548", message, names=(run_id,), many=many)


def not_read(run_id: str, others: Mapping[str, int]) -> Diagnostic:
    """What a run holds beside scalars and hyperparameters."""
    kinds = sorted(others.items(), key=lambda each: (-each[1], each[0]))
    told = [_count(count, kind) for kind, count in kinds[:_MOST_KINDS]]
    if rest := sum(count for _, count in kinds[_MOST_KINDS:]):
        told.append(f"{rest:,} more")
    parts = f"{', '.join(told[:-1])} and {told[-1]}" if len(told) > 1 else told[0]
    message = f"run `{printable(run_id)}` also holds {parts}: not read"
    many = "{n} runs also hold images, histograms, graphs or the like: not read"
    hint = "of event files RunQL reads scalars and hyperparameters; TensorBoard shows the rest"
    return Diagnostic("RQL541", message, hints=(hint,), names=(run_id,), many=many)


def not_looked_into(count: int) -> Diagnostic:
    """Folders beyond the bound."""
    message = f"{_count(count, 'folder')} were not looked into: more than {MOST_FOLDERS:,} are there"
    return Diagnostic("RQL547", message, hints=("name a folder nearer to the runs",))


def _count(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
