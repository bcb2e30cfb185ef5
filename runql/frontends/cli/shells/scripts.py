"""The scripts that shells load. They are static: options stand in them, all else is asked of `runql complete-line`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from runql.frontends.cli.arguments import described_options
from runql.frontends.cli.command_table import HIDDEN

_BASH = """\
# runql completion bash > ~/.local/share/bash-completion/completions/runql
# or, in ~/.bashrc: eval "$(runql completion bash)"

_runql() {
    local line="${COMP_LINE:0:COMP_POINT}" item options shell=bash
    COMPREPLY=()
    if [[ "$2" == -* && "${COMP_WORDS[COMP_CWORD]}" == -* ]]; then
        case "${COMP_WORDS[1]}" in
@OPTIONS@
        esac
        COMPREPLY=($(compgen -W "$options" -- "$2"))
        (( ${#COMPREPLY[@]} )) && return
    fi
    (( COMP_TYPE == 63 )) && shell=bash-list
    while IFS= read -r item; do
        COMPREPLY+=("$item")
    done < <(command "${COMP_WORDS[0]}" complete-line -- $shell "$2" "$line" 2>/dev/null)
    if [[ "${COMPREPLY[0]}" == nospace ]]; then
        compopt -o nospace 2>/dev/null
    fi
    compopt -o nosort 2>/dev/null
    COMPREPLY=("${COMPREPLY[@]:1}")
}
complete -F _runql runql
"""

_ZSH = """\
#compdef runql
# runql completion zsh > ~/.zfunc/_runql, with `fpath+=~/.zfunc` before `compinit` in ~/.zshrc
# or, behind `compinit`: eval "$(runql completion zsh)"

_runql() {
    local line options typed
    local -a answer items shown suffix
    if [[ -z $QIPREFIX && $PREFIX == -* ]]; then
        case $words[2] in
@OPTIONS@
        esac
        compadd -- ${=options} && return
    fi
    answer=("${(@f)$(command $words[1] complete-line -- zsh "" "$words[1,CURRENT-1] $QIPREFIX$PREFIX" 2>/dev/null)}")
    (( $#answer >= 3 )) || return 1
    [[ $answer[1] == nospace ]] && suffix=(-S '')
    typed=$answer[2]
    for line in ${answer[3,-1]}; do
        items+=("${line%%$'\\t'*}")
        shown+=("${line#*$'\\t'}")
    done
    compset -S '*'
    compadd -Q -U -V runql "${suffix[@]}" -P "${PREFIX[1,-typed-1]}" -l -d shown -a items
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _runql "$@"
else
    compdef _runql runql
fi
"""

_FISH = """\
# runql completion fish > ~/.config/fish/completions/runql.fish

function __runql_complete
    set -l words (commandline -po)
    command $words[1] complete-line -- fish "" (commandline -cp | string collect) 2>/dev/null
end

complete -c runql -f
complete -c runql -f -k -a '(__runql_complete)'
@OPTIONS@
"""


def script(shell: str) -> str | None:
    """The script for a shell; `None` for one that there is none for."""
    found = _SCRIPTS.get(shell)
    if found is None:
        return None
    text, options = found
    return text.replace("@OPTIONS@", options()).rstrip()


def _by_command() -> dict[str, list[str]]:
    """The options of each command, as they are written."""
    found: dict[str, list[str]] = {}
    for option in described_options():
        names, commands = option["names"] or [], option["commands"] or []
        for command in commands:
            found.setdefault(command, []).extend(names)
    return {command: names for command, names in found.items() if command not in HIDDEN}


def _cases(line: str) -> Callable[[], str]:
    def written() -> str:
        by_command = _by_command()
        plain = " ".join(by_command.pop("run"))
        lines = [line.format(command, " ".join(names)) for command, names in by_command.items()]
        return "\n".join([*lines, line.format("*", plain)])

    return written


def _of_fish() -> str:
    lines = []
    for option in described_options():
        names, commands = option["names"] or [], [one for one in option["commands"] or [] if one not in HIDDEN]
        spelled = " ".join(f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}" for name in names)
        takes = " -r -f -k -a '(__runql_complete)'" if option["value"] is not None else ""
        said = str(option["help"]).replace("\\", "\\\\").replace("'", "\\'")
        others = sorted(_by_command().keys() - {"run"})
        seen = f"__fish_seen_subcommand_from {' '.join(one for one in commands if one != 'run')}"
        plain = f"not __fish_seen_subcommand_from {' '.join(others)}"
        named = [one for one in commands if one != "run"]
        test = plain if not named else f"{seen}; or {plain}" if "run" in commands else seen
        lines.append(f"complete -c runql -n '{test}' {spelled}{takes} -d '{said}'")
    return "\n".join(lines)


_SCRIPTS: Final[Mapping[str, tuple[str, Callable[[], str]]]] = {
    "bash": (_BASH, _cases('            {0}) options="{1}" ;;')),
    "zsh": (_ZSH, _cases('            {0}) options="{1}" ;;')),
    "fish": (_FISH, _of_fish),
}
SHELLS: Final = tuple(_SCRIPTS)
