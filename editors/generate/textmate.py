"""The TextMate grammar, for VS Code and everything else that reads one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from editors.generate import words as w
from runql.ide.semantic_tokens import Shade

Rule = dict[str, Any]

SCOPES = {
    Shade.STATEMENT: "keyword.control.statement",
    Shade.KEYWORD: "keyword.other",
    Shade.STAGE: "keyword.control.stage",
    Shade.CONSTANT: "constant.language",
    Shade.FUNCTION: "support.function",
    Shade.NAMESPACE: "entity.name.namespace",
    Shade.FIELD: "variable.other.field",
    Shade.RUN_FIELD: "variable.language.run",
    Shade.METRIC: "variable.other.metric",
    Shade.SOURCE: "entity.name.type.source",
    Shade.NUMBER: "constant.numeric",
    Shade.STRING: "string.quoted",
    Shade.REGEX: "string.regexp",
    Shade.TIME: "constant.other.time",
    Shade.PARAMETER: "variable.parameter",
    Shade.OPERATOR: "keyword.operator",
    Shade.PUNCTUATION: "punctuation.separator",
    Shade.TEXT: "variable.other",
    Shade.COMMENT: "comment.line.number-sign",
    Shade.ERROR: "invalid.illegal",
}

WORD_END = r"(?!\w)(?![./][\w`*])(?!\[-?[0-9]+\])"
"""What ends a keyword: no letter, and nothing that makes a path of it."""

WORD_BEGIN = r"(?<![\w.`$@/])"
_SPACE = r"[\s\ufeff]*"
_STARTS = {
    "NUMBER": "[.0-9]",
    "TIME": "[0-9]",
    "DURATION": "[0-9]",
    "STRING": "[\"']",
    "PARAM": r"\$",
    "SOURCE": r"[\w*./~-]",
    "SAVED": "@",
    "GLOB": r"[\w*]",
    "LPAR": r"\(",
    "RPAR": r"\)",
    "COMMA": ",",
    "SEMI": ";",
    "PIPE": r"\|(?!\|)",
    "AND": "&&",
    "OR": r"\|\|",
    "NOT": "!(?![=~])",
}
"""How what follows a keyword begins, where that is not a word."""


def scope(shade: Shade) -> str:
    return f"{SCOPES[shade]}.rql"


def any_of(texts: Iterable[str]) -> str:
    """A pattern for one of several texts, longest first."""
    return "|".join(re.escape(text) for text in sorted(set(texts), key=lambda text: (-len(text), text)))


def word(texts: Iterable[str]) -> str:
    """A pattern for one of several words, in any case."""
    return f"(?i:{any_of(texts)})"


def before(place: w.Place) -> str:
    """What must follow a keyword: what can, the end of the line, or what a string of Python that holds it all has."""
    starts = [start for name, start in _STARTS.items() if name in place.before]
    starts += [re.escape(text) for name, text in _signs() if name in place.before]
    if w.takes_words(place):
        starts.append(f"(?!{word(place.not_before)}{WORD_END}(?!\\())[\\w`]" if place.not_before else r"[\w`]")
    else:
        following = {each for name in place.before for each in w.spellings(name)}
        starts += [f"{word(following)}{WORD_END}"] if following else []
    always = ("#", "$", _STARTS["STRING"], r"\{")
    return f"(?={_SPACE}(?:{'|'.join(dict.fromkeys([*always, *starts]))}))"


def _signs() -> list[tuple[str, str]]:
    return [(name, text) for name, texts in w.symbols().items() for text in texts if name not in _STARTS]


def behind(place: w.Place) -> str:
    """What must stand before a keyword, and what must not."""
    if place.begins or place.behind:
        after = [f"(?<=(?i:\\b{each}) )" for each in place.behind]
        after += [f"(?<={re.escape(sign)} )" for sign in place.behind_signs]
        return "(?:" + "|".join(after) + ")"
    not_words = "".join(f"(?<!(?i:\\b{each}) )" for each in place.not_behind)
    ends = sorted({text[-1] for text in place.not_behind_signs})
    signs = f"[{re.escape(''.join(ends))}]"
    return f"(?<!{signs})(?<!{signs} ){not_words}" if ends else not_words


def keyword_rules() -> list[Rule]:
    """The rules for each place of keywords; the beginnings of statements first."""
    rules: list[Rule] = []
    for place, texts in sorted(w.places().items(), key=lambda item: not item[0].begins):
        sources = [text for text in texts if text in w.source_words()]
        others = [text for text in texts if text not in sources]
        for group, is_source in ((sources, True), (others, False)):
            if group:
                rules += [_with_source(rule) if is_source else rule for rule in _keywords(place, group)]
    return rules


def _keywords(place: w.Place, texts: list[str]) -> list[Rule]:
    core = f"({word(texts)}){WORD_END}{before(place)}"
    own, punctuation = {"name": scope(place.shade)}, {"name": scope(Shade.PUNCTUATION)}
    rules: list[Rule] = []
    if place.begins:
        rules.append({"match": f"(?:^|\\G|(;)){_SPACE}{core}", "captures": {"1": punctuation, "2": own}})
    if place.behind or not place.begins:
        rules.append({"match": f"{WORD_BEGIN}{behind(place)}{core}", "captures": {"1": own}})
    return rules


def _with_source(rule: Rule) -> Rule:
    """A keyword with the sources behind it: they hold what would be something else elsewhere."""
    source = "|".join(w.pattern(name) for name in ("SAVED", "LAST_RESULT", "SOURCE"))
    patterns: list[Rule] = [
        {"include": "#comment"},
        {"include": "#string"},
        {"match": source, "name": scope(Shade.SOURCE)},
        {"match": ",", "name": scope(Shade.PUNCTUATION)},
    ]
    return {
        "begin": rule["match"] + _SPACE,
        "beginCaptures": rule["captures"],
        "end": r"(?!^)(?<![\s,])(?=\s*(?:[^\s,]|$))",
        "patterns": patterns,
    }


def _name_rules() -> list[Rule]:
    rest = r"(?:[\w*]+|`(?:[^`\n]|``)*`)(?:[./](?:[\w*]+|`(?:[^`\n]|``)*`)|\[-?[0-9]+\](?!/))*"
    first = r"(?:[^\W\d]\w*|`(?:[^`\n]|``)*`)"
    path = first + r"(?:[./](?:[\w*]+|`(?:[^`\n]|``)*`)|\[-?[0-9]+\](?!/))*"

    def spaced(names: Iterable[str], shade: Shade) -> Rule:
        captures = {"1": {"name": scope(Shade.NAMESPACE)}, "2": {"name": scope(shade)}}
        return {"match": f"{WORD_BEGIN}((?:{any_of(names)})\\.)({rest})", "captures": captures}

    return [
        spaced(w.metric_namespaces(), Shade.METRIC),
        spaced(w.namespaces(), Shade.FIELD),
        {"match": f"{WORD_BEGIN}(?:{any_of(w.run_fields())}){WORD_END}", "name": scope(Shade.RUN_FIELD)},
        {"match": path + r"(?:\*(?=[\s,;|)]|$))?", "name": scope(Shade.FIELD)},
        {"match": rf"\*(?=\s*(?:[,;|]|$|{word(w.spellings('EXCEPT'))}\b))", "name": scope(Shade.FIELD)},
    ]


def _quoted(quote: str, kind: str) -> Rule:
    return {
        "begin": quote,
        "end": f"{quote}|$",
        "name": f"string.quoted.{kind}.rql",
        "patterns": [{"match": r"\\.", "name": "constant.character.escape.rql"}],
    }


def _literal_rules() -> list[Rule]:
    shades = {"TIME": Shade.TIME, "DURATION": Shade.TIME, "NUMBER": Shade.NUMBER, "PARAM": Shade.PARAMETER}
    alone = r"(?<![\w`])"
    return [{"match": alone + w.pattern(name), "name": scope(shade)} for name, shade in shades.items()]


def _stage_rule() -> Rule:
    """A pipe, and the word behind it, on whatever line."""
    return {
        "begin": r"\|(?!\|)",
        "beginCaptures": {"0": {"name": scope(Shade.PUNCTUATION)}},
        "end": f"({word(w.stage_words())}){WORD_END}|(?=[^\\s#])",
        "endCaptures": {"1": {"name": scope(Shade.STAGE)}},
        "patterns": [{"include": "#comment"}],
    }


def _regex_rule() -> Rule:
    string = w.pattern("STRING")
    captures = {"1": {"name": scope(Shade.OPERATOR)}, "2": {"name": scope(Shade.REGEX)}}
    return {"match": f"(!?~\\*?){_SPACE}({string})", "captures": captures}


def _function_rules() -> list[Rule]:
    known = {"match": f"{WORD_BEGIN}{word(w.functions())}(?=\\()", "name": scope(Shade.FUNCTION)}
    return [known, {"match": f"{WORD_BEGIN}{w.pattern('FUNCTION')}", "name": scope(Shade.FUNCTION)}]


def grammar() -> Rule:
    """The whole grammar."""
    known, any_function = _function_rules()
    repository: dict[str, Rule] = {
        "comment": {"match": w.pattern("COMMENT"), "name": scope(Shade.COMMENT)},
        "regex": _regex_rule(),
        "string": {"patterns": [_quoted('"', "double"), _quoted("'", "single")]},
        "stage": _stage_rule(),
        "known": known,
        "keyword": {"patterns": keyword_rules()},
        "function": any_function,
        "literal": {"patterns": _literal_rules()},
        "name": {"patterns": _name_rules()},
        "logic": {"match": r"&&|\|\||!(?![=~])", "name": scope(Shade.KEYWORD)},
        "operator": {"match": any_of(w.signs()), "name": scope(Shade.OPERATOR)},
        "punctuation": {"match": r"[(),;]|\.\.", "name": scope(Shade.PUNCTUATION)},
    }
    order = (
        *("comment", "regex", "string", "logic", "stage", "known", "keyword", "function"),
        *("literal", "name", "operator", "punctuation"),
    )
    return {
        "name": "RunQL",
        "scopeName": "source.rql",
        "fileTypes": ["rql"],
        "firstLineMatch": r"^#!.*\brunql\b",
        "patterns": [{"include": f"#{name}"} for name in order],
        "repository": repository,
    }
