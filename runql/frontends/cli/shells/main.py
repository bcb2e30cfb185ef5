"""`runql completion SHELL` and what its script asks, `runql complete-line`: the answers in the form of each shell."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from runql.errors import RunQLError
from runql.frontends.cli.command_table import Arguments
from runql.frontends.cli.shells.candidates import Candidate, candidates
from runql.frontends.cli.shells.line import Word, quoted, read_line
from runql.frontends.cli.shells.situation import situation
from runql.terminal import stderr, stdout
from runql.terminal.stderr import Voice

_WORDS = 3


def write_script(arguments: Arguments) -> int:
    """Write the script of a shell to standard output, and give the exit status."""
    from runql.frontends.cli.shells.scripts import SHELLS, script

    found = script(arguments.words[0]) if len(arguments.words) == 1 else None
    if found is None:
        Voice().say(f"runql completion: name one of {', '.join(SHELLS)}\ntry `runql completion --help`")
        return stderr.WRONG
    stdout.say(found)
    return stderr.OK


def answer(arguments: Arguments) -> int:
    """Write what can stand at the cursor. A mistake gives nothing: a shell has no place for it."""
    if len(arguments.words) != _WORDS or arguments.words[0] not in _FORMS:
        return stderr.WRONG
    shell, seen, line = arguments.words
    words, word = read_line(line)
    if not words:
        return stderr.OK
    try:
        found = candidates(situation([one.value for one in words[1:]], word.value), word)
    except RunQLError:
        return stderr.OK
    lines = _FORMS[shell](found, word, seen)
    if lines:
        stdout.say("\n".join(lines))
    return stderr.OK


def _spacing(found: Sequence[Candidate]) -> str:
    return "space" if found and all(one.ends for one in found) else "nospace"


def _kept_open(found: Sequence[Candidate], word: Word) -> Sequence[Candidate]:
    """The candidates; within quotes, which bash and fish close behind a single one, it with what may follow it."""
    if len(found) != 1 or not word.quote:
        return found
    (only,) = found
    more = [replace(only, text=f"{only.text} {one}", detail="") for one in only.following or ("",)]
    return [only, *more]


def _for_bash(found: Sequence[Candidate], word: Word, seen: str) -> list[str]:
    """First whether a space follows; then the texts in place of what bash takes for the word, `seen`. Within quotes
    that is all of the query."""
    base = len(word.raw) - len(seen) if word.raw.endswith(seen) else 0
    texts = []
    for one in _kept_open(found, word):
        text = quoted(one.text, word.quote)
        whole = None if text is None else word.head(one.typed) + text
        if whole is not None and whole.startswith(word.raw[:base]):
            texts.append(whole[base:])
    return [_spacing(found), *texts] if texts else []


def _listed_by_bash(found: Sequence[Candidate], word: Word, seen: str) -> list[str]:
    """The same where bash only lists them: within quotes the last parts are enough."""
    return ["nospace", *(one.text for one in found)] if word.quote else _for_bash(found, word, seen)


def _for_zsh(found: Sequence[Candidate], word: Word, _seen: str) -> list[str]:
    """Whether a space follows, how many characters are replaced, and then each text with what is shown of it."""
    texts = [(one, quoted(one.text, word.quote)) for one in found]
    kept = [(one, text) for one, text in texts if text is not None and one.typed == found[0].typed]
    if not kept:
        return []
    width = max(len(one.text) for one, _ in kept)
    typed = len(word.raw) - len(word.head(kept[0][0].typed))
    shown = [f"{text}\t{f'{one.text.ljust(width)}  {one.detail}'.rstrip()}" for one, text in kept]
    return [_spacing([one for one, _ in kept]), str(typed), *shown]


def _for_fish(found: Sequence[Candidate], word: Word, _seen: str) -> list[str]:
    """The whole words, each with its detail; fish quotes them itself."""
    return [f"{word.value[: len(word.value) - one.typed]}{one.text}\t{one.detail}" for one in _kept_open(found, word)]


_FORMS: Mapping[str, Callable[[Sequence[Candidate], Word, str], list[str]]] = {
    "bash": _for_bash,
    "bash-list": _listed_by_bash,
    "zsh": _for_zsh,
    "fish": _for_fish,
}
