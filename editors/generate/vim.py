"""Syntax for Vim and Neovim: the same places of keywords, in Vim's patterns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from editors.generate import words as w
from runql.ide.semantic_tokens import Shade

LINKS = {
    Shade.STATEMENT: "Statement",
    Shade.KEYWORD: "Keyword",
    Shade.STAGE: "Special",
    Shade.CONSTANT: "Boolean",
    Shade.FUNCTION: "Function",
    Shade.NAMESPACE: "Type",
    Shade.FIELD: "Identifier",
    Shade.RUN_FIELD: "Identifier",
    Shade.METRIC: "Identifier",
    Shade.SOURCE: "Include",
    Shade.NUMBER: "Number",
    Shade.STRING: "String",
    Shade.REGEX: "SpecialChar",
    Shade.TIME: "Constant",
    Shade.PARAMETER: "PreProc",
    Shade.OPERATOR: "Operator",
    Shade.PUNCTUATION: "Delimiter",
    Shade.COMMENT: "Comment",
}
"""What each is by default; `rqlKeyword` and its like can be painted otherwise."""

_HEAD = """\
" Vim syntax file
" Language: RunQL
" Made by `python -m editors.generate`: change that, not this.

if exists("b:current_syntax")
  finish
endif
let s:keep = &cpo
set cpo&vim

syntax case match
syntax iskeyword @,48-57,_,192-255
"""
_TAIL = """
let b:current_syntax = "rql"
let &cpo = s:keep
unlet s:keep
"""
WORD_END = r">%([./]%(\k|[`*]))@!%(\[-=[0-9]+\])@!"
WORD_BEGIN = r"%([.`$\@/])@1<!<"
_FIRST = r"%(\h|[^\x00-\x7f])"
_PART = r"%(%(\k|\*)+|`%([^`]|``)*`)"
_PATH = rf"%({_FIRST}\k*|`%([^`]|``)*`)%([./]{_PART}|\[-=[0-9]+\]/@!)*"
_GLOB_END = r"\*%($|[ \t,;|)])@="
_SOURCE = r"""[^ \t,;|#"'`()[\]{}$@][^ \t,;|"'`()[\]{}$]*"""
_STARTS = {
    "NUMBER": "[.0-9]",
    "TIME": "[0-9]",
    "DURATION": "[0-9]",
    "STRING": "[\"']",
    "PARAM": r"\$",
    "SOURCE": r"[0-9A-Za-z_*./~-]",
    "SAVED": r"\@",
    "GLOB": r"%(\k|\*)",
    "LPAR": r"\(",
    "RPAR": r"\)",
    "COMMA": ",",
    "SEMI": ";",
    "PIPE": r"\|\|@!",
    "AND": r"\&\&",
    "OR": r"\|\|",
    "NOT": r"![=~]@!",
}


def literal(text: str) -> str:
    """A text as a very magic pattern; a slash is escaped when all of a pattern is written."""
    return re.sub(r"([^\w\s/])", r"\\\1", text)


def any_of(texts: Iterable[str]) -> str:
    return "|".join(literal(text) for text in sorted(set(texts), key=lambda text: (-len(text), text)))


def group(shade: Shade) -> str:
    return "rql" + shade.value.title().replace("_", "")


def _match(name: str, pattern: str, *options: str) -> str:
    return " ".join([f"syntax match {name}", f"/\\v{pattern.replace('/', chr(92) + '/')}/", *options])


def _before(place: w.Place) -> str:
    starts = [start for name, start in _STARTS.items() if name in place.before]
    for name, texts in w.symbols().items():
        if name in place.before and name not in _STARTS:
            starts += map(literal, texts)
    if w.takes_words(place):
        refused = f"%(%({any_of(place.not_before)}){WORD_END}\\(@!)@!" if place.not_before else ""
        starts.append(f"{refused}%(\\k|`)")
    else:
        following = {each for name in place.before for each in w.spellings(name)}
        starts += [f"%({any_of(following)}){WORD_END}"] if following else []
    return f"%(\\s*%({'|'.join(['#', '$', *dict.fromkeys(starts)])}))@="


def _behind(place: w.Place) -> str:
    if place.begins or place.behind:
        after = [r"^\s*", r";\s*"] if place.begins else []
        after += [f"<{each}\\s+" for each in place.behind]
        after += [f"{literal(sign)}\\s*" for sign in place.behind_signs]
        return f"%({'|'.join(after)})@60<="
    words = f"%(<%({any_of(place.not_behind)})\\s+)@40<!" if place.not_behind else ""
    ends = "".join(sorted({text[-1] for text in place.not_behind_signs}))
    signs = f"%([{re.sub(r'([]^-])', lambda m: chr(92) + m[1], ends)}]\\s*)@10<!" if ends else ""
    return signs + words


def _keywords() -> Iterator[str]:
    for place, texts in sorted(w.places().items(), key=lambda item: (item[0].begins, item[0].behind != ())):
        for is_source in (False, True):
            chosen = [text for text in texts if (text in w.source_words()) is is_source]
            if chosen:
                pattern = rf"\c{WORD_BEGIN}{_behind(place)}%({any_of(chosen)}){WORD_END}{_before(place)}"
                options = ("nextgroup=rqlSource,rqlString", "skipwhite", "skipempty") if is_source else ()
                yield _match(group(place.shade), pattern, *options)


def _rules() -> Iterator[str]:
    """Of two rules that match at the same place the later one holds."""
    yield _match("rqlOperator", any_of(w.signs()))
    yield _match("rqlKeyword", r"\&\&|\|\||![=~]@!")
    yield _match("rqlPunctuation", r"[(),;]|\.\.")
    yield _match("rqlField", rf"\*%(\s*%($|[,;|]|except>))@=|{_PATH}%({_GLOB_END})=", "contains=rqlNamespace")
    yield _match("rqlMetric", rf"<%({any_of(w.metric_namespaces())})\.{_PART}%([./]{_PART})*", "contains=rqlNamespace")
    yield _match("rqlNamespace", rf"<%({any_of(w.namespaces())})\.", "contained")
    yield _match("rqlRunField", rf"{WORD_BEGIN}%({any_of(w.run_fields())}){WORD_END}")
    yield _match("rqlParameter", rf"\${_FIRST}\k*")
    yield _match("rqlNumber", r"%(\k)@1<!%([0-9]+%(_[0-9]+)*%(\.[0-9]+)=|\.[0-9]+)%([eE][+-]=[0-9]+)=[kKMG]=\k@!")
    yield _match("rqlTime", r"%(\k)@1<!%([0-9]+%(\.[0-9]+)=[smhdw])+\k@!")
    clock = r"T[0-9]{2}:[0-9]{2}%(:[0-9]{2}%(\.[0-9]+)=)=%(Z|[+-][0-9]{2}:=[0-9]{2})="
    yield _match("rqlTime", rf"\c%(\k)@1<![0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}%({clock})=\k@!")
    yield _match("rqlFunction", rf"{WORD_BEGIN}{_FIRST}\k*%(\s*\()@=")
    yield from _keywords()
    yield _match("rqlFunction", rf"\c{WORD_BEGIN}%({any_of(w.functions())})\(@=")
    yield _match("rqlPunctuation", r"\|\|@!", "nextgroup=rqlStage,rqlComment", "skipwhite", "skipempty")
    yield _match("rqlStage", rf"\c<%({any_of(w.stage_words())}){WORD_END}", "contained")
    yield _match("rqlSource", rf"%(\@{_SOURCE}|{_SOURCE})", "contained", "nextgroup=rqlSourceEnd", "skipwhite")
    yield _match("rqlSourceEnd", ",", "contained", "nextgroup=rqlSource,rqlString", "skipwhite", "skipempty")
    for quote in "\"'":
        yield f"syntax region rqlString start=/{quote}/ skip=/\\\\./ end=/{quote}/ oneline"
        yield f"syntax region rqlRegex start=/\\v%(\\~\\*=\\s*)@10<={quote}/ skip=/\\\\./ end=/{quote}/ oneline"
    yield _match("rqlComment", "#.*", "contains=@Spell")


def syntax() -> str:
    """The whole file."""
    links = [f"highlight default link {group(shade)} {name}" for shade, name in LINKS.items()]
    links.append("highlight default link rqlSourceEnd Delimiter")
    return _HEAD + "\n" + "\n".join(_rules()) + "\n\n" + "\n".join(links) + "\n" + _TAIL
