"""Whole queries and clauses as SQL, Python and the W&B client write them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice, takewhile
from typing import Final

from runql.syntax.foreign.mongo import mongo_text
from runql.syntax.keywords import keywords
from runql.syntax.lexer import END, STRAY, Lexeme, lexer
from runql.syntax.literals import read_path, read_string, write_path, write_string
from runql.syntax.lr_parser import accepted, beginning
from runql.syntax.mistake import Mistake, Place, Repair, alone_from, closing, idiom, leaving_out, replacing, shown
from runql.syntax.mistakes.expected import needed
from runql.syntax.mistakes.functions.pieces import concatenated
from runql.syntax.mistakes.functions.split_arguments import outside_brackets
from runql.syntax.mistakes.sql_group_by import from_zero
from runql.text.diagnostic import Edit
from runql.text.nearest import nearest
from runql.text.source import Span

_VERBS: Final = re.compile(r"(?i)get|print|display|which|list|find|fetch|give|show|select|all|the|query|from")
_UNION: Final = re.compile(r"(?i)\s+union(?:\s+(all))?\s+")
_SELECT: Final = re.compile(
    r"(?is)select\s+(?P<columns>(?!distinct\b|\*)[^()]+?)\s+from\s+runs\b(?P<rest>(?!.*\bgroup\b).*)"
)
_TWO_SELECTS: Final = 3
_LONG_WORD: Final = 4
_BRACKETED: Final = re.compile(r"(?<![\w\])\"'])\[([^\W\d][\w./]*)\](?=\s*(?:,|\Z|as\b))")
_COMMENT: Final = re.compile(r"(?:--|//)(?=\s)")


def _statement(place: Place) -> list[Lexeme]:
    """The lexemes from what was found to the end of the statement."""
    return list(takewhile(lambda lexeme: lexeme.terminal not in {"SEMI", "PIPE"}, _with_concatenation(place)))


def _with_concatenation(place: Place) -> Iterator[Lexeme]:
    """The lexemes ahead; two bars that touch, which join texts in SQL, are one that is no pipe."""
    before: Lexeme | None = None
    for lexeme in islice(place.ahead(), 500):
        is_second = (
            before is not None and before.text == "|" and before.terminal == STRAY and before.end == lexeme.start
        )
        yield Lexeme(STRAY, lexeme.text, lexeme.start, lexeme.end) if is_second else lexeme
        before = lexeme


def _begins(place: Place) -> bool:
    """Whether a query must begin here."""
    return "RUNS" in place.accepted and place.back_terminal() != "COUNT"


def select_from(place: Place) -> Mistake | None:
    """`select * from runs where …`, `select name from runs`."""
    if not _begins(place) or place.word != "select":
        return None
    lexemes = _statement(place)
    if (union := _selects_united(place, lexemes)) is not None:
        return union
    if len(lexemes) > 1 and lexemes[1].text.lower() == "distinct":
        return _select_distinct(place, lexemes)
    table = outside_brackets(lexemes, "from")
    start, select_end = place.found.start, place.found.end
    columns = lexemes[1:table]
    counted = [lexeme.text.lower() for lexeme in columns] == ["count", "(", "*", ")"]
    from_runs = table is not None and table + 1 < len(lexemes) and lexemes[table + 1].text.lower() == "runs"
    last = columns[-1] if columns else place.found
    end = lexemes[table + 1].end if table is not None and from_runs else last.end
    begin = "count runs" if counted else "runs"
    if counted or [lexeme.text for lexeme in columns] == ["*"]:
        edits: tuple[Edit, ...] = (Edit(Span(start, end), begin),)
        new = begin
    else:
        head = (Edit(Span(start, start), "runs "),)
        edits = (*head, Edit(Span(last.end, end), "")) if from_runs else head
        listed = place.text[select_end : last.end].strip()
        made = _BRACKETED.sub(r"\1", from_zero(concatenated(listed)))
        new = f"runs select {made}"
        if made != listed:
            edits = (Edit(Span(start, end), new),)
    old = place.text[start:end]
    title = f"write `{shown(new)}`"
    return idiom("SQL", shown(old), shown(new), Span(start, end), Repair(title, edits))


def _selects_united(place: Place, lexemes: list[Lexeme]) -> Mistake | None:
    """`select a from runs where … union all select a from runs where …`."""
    begin, end = place.found.start, lexemes[-1].end
    parts = _UNION.split(place.text[begin:end])
    selects = [_SELECT.fullmatch(part.strip()) for part in parts[::2]]
    if len(parts) < _TWO_SELECTS or None in selects:
        return None
    queries = [" ".join(f"runs {one['rest']} | select {one['columns']}".split()) for one in selects if one is not None]
    new = " | ".join([queries[0], *(f"union ({query})" for query in queries[1:])])
    new += " | distinct" if any(one is None for one in parts[1::2]) else ""
    span = Span(begin, end)
    return idiom("SQL", "select … union select …", new, span, replacing(begin, end, new))


def _select_distinct(place: Place, lexemes: list[Lexeme]) -> Mistake | None:
    """`select distinct config.optimizer from runs where …`."""
    words = [lexeme.text.lower() for lexeme in lexemes]
    at = next((index for index in range(2, len(words) - 1) if words[index : index + 2] == ["from", "runs"]), None)
    if at is None or at == 2:
        return None
    rest = place.text[lexemes[at + 1].end : lexemes[-1].end].strip()
    columns = place.text[lexemes[2].start : lexemes[at - 1].end]
    new = f"runs {rest} | select {columns} | distinct".replace("  ", " ")
    span = Span(place.found.start, lexemes[-1].end)
    return idiom("SQL", place.text[span.start : span.end], new, span, replacing(span.start, span.end, new))


def runs_left_out(place: Place) -> Mistake | None:
    """A query that begins with a clause, or with a condition."""
    if not _begins(place) or place.found.terminal == END:
        return None
    start = place.found.start
    if place.word in keywords().clause_words and not place.compares:
        repair = Repair("write `runs` before it", (Edit(Span(start, start), "runs "),))
        message = f"`runs` is missing before `{place.found.text}`"
        return Mistake("RQL101", message, place.span, repairs=(repair,))
    near = _clause_near(place)
    if near is not None:
        new = f"runs {near}"
        repair = replacing(start, place.found.end, new)
        return Mistake(
            "RQL106",
            f"unknown word `{place.found.text}`",
            place.span,
            (f"nearest: `{new}`",),
            repairs=(repair,),
            reach=2,
        )
    if place.compares or (place.found.text in {"(", "!"} and place.found.terminal != "STRAY"):
        repair = Repair("write `runs where` before it", (Edit(Span(start, start), "runs where "),))
        message = f"`runs where` is missing before `{place.found.text}`"
        return Mistake("RQL101", message, place.span, repairs=(repair,), reach=2)
    return None


def _clause_near(place: Place) -> str | None:
    """The clause that a query begins with, misspelled and without `runs`: `serch "adam"`."""
    if place.found.terminal != "PATH" or place.compares or len(place.word) < _LONG_WORD:
        return None
    return next(iter(nearest(place.word, sorted(keywords().clause_words), most=1, allowed=1)), None)


def word_before_runs(place: Place) -> Mistake | None:
    """`get runs where …`."""
    if not _begins(place) or not _VERBS.fullmatch(place.word):
        return None
    following, after, *_ = [*islice(place.ahead(), 1, 3), None, None]
    if following is None or following.text.lower() not in keywords().query_words:
        return None
    if place.word == "which" and following.text.lower() != "runs":
        return None
    if after is not None and after.terminal == "LPAR":
        return None
    span = Span(place.found.start, following.start)
    repair = Repair(f"leave out `{place.found.text}`", (Edit(span, ""),))
    message = f"a query begins with `{following.text.lower()}`"
    return Mistake("RQL101", message, place.span, repairs=(repair,))


def runs_subscript(place: Place) -> Mistake | None:
    """`runs[config.lr > 1]`."""
    if place.found.text != "[" or place.back_terminal() != "RUNS":
        return None
    end = closing(place.text, place.found.start)
    if end is None:
        return None
    inner = re.sub(r"\b(?:runs|df)\.(?=\w)", "", place.text[place.found.end : end.start].strip())
    span = Span(place.attempt.lexemes[-1].start, end.end)
    repair = replacing(place.found.start, end.end, f" where {inner}", "write `where`")
    return idiom("pandas", shown(place.text[span.start : span.end]), shown(f"runs where {inner}"), span, repair)


def client_call(place: Place) -> Mistake | None:
    """`api.runs("acme/vision", {"config.lr": 0.1})`, `api.run("acme/vision/x1y2")`: the calls of the W&B client."""
    if not _begins(place) or place.word.rpartition(".")[2] not in {"runs", "run"}:
        return None
    following = list(islice(alone_from(place.text, place.found.end), 2))
    if len(following) < 2 or following[0].terminal != "LPAR" or following[1].terminal != "STRING":
        return None
    end = closing(place.text, following[0].start)
    if end is None:
        return None
    source = read_string(following[1].text)
    if place.word.endswith("run"):
        return _client_run(place, source, Span(place.found.start, end.end))
    plain = source if lexer().terminal_pattern("SOURCE").fullmatch(source) else following[1].text
    span = Span(place.found.start, end.end)
    rest = re.sub(r"\A\s*,?\s*(?:filters\s*=)?\s*", "", place.text[following[1].end : end.start]).strip().rstrip(",")
    condition = mongo_text(rest) if rest else None
    new = f"runs from {plain}" + (f" where {condition}" if condition else "")
    repair = replacing(span.start, span.end, new) if condition or not rest else None
    return idiom("Python", place.text[span.start : span.end], new, span, repair)


def _client_run(place: Place, path: str, span: Span) -> Mistake:
    """`api.run("acme/vision/x1y2")`: one run, by its id behind the project."""
    project, _, ident = path.rpartition("/")
    new = f"run {ident}" + (f" from {project}" if project else "")
    is_plain = all(lexer().terminal_pattern("SOURCE").fullmatch(part) for part in (ident, project) if part)
    repair = replacing(span.start, span.end, new) if is_plain and ident else None
    return idiom("Python", place.text[span.start : span.end], new, span, repair)


def one_run(place: Place) -> Mistake | None:
    """`run where …`: a keyword was taken for the id of a run."""
    head, ident = (place.piece[0], place.piece[1]) if len(place.piece) == 2 else (place.back(2), place.back(1))
    if head is None or ident is None or head.terminal not in {"RUN", "SWEEP"} or ident.terminal != "SOURCE":
        return None
    if ident.text.lower() not in keywords().clause_words:
        return None
    repair = replacing(head.start, head.end, "runs")
    hint = f"`{head.text}` takes the id of one; of several: `{head.text}s {ident.text} …`"
    message = f"an id is missing after `{head.text}`"
    return Mistake("RQL101", message, Span(head.start, ident.end), (hint,), repairs=(repair,), certain=True)


def count_of_runs(place: Place) -> Mistake | None:
    """`count where …`."""
    if place.back_terminal() != "COUNT" or place.word not in keywords().clause_words:
        return None
    repair = Repair("write `runs`", (Edit(Span(place.found.start, place.found.start), "runs "),))
    return Mistake("RQL101", "`count` is followed by `runs`", place.span, repairs=(repair,))


def comment(place: Place) -> Mistake | None:
    """`-- words`, `// words`: comments of other languages."""
    text = place.text
    line = text.rfind("\n", 0, place.found.start) + 1
    signs = [lexeme.start for lexeme in (*place.piece, place.found) if lexeme.start >= line]
    start = next((at for at in signs if _COMMENT.match(text, at)), None)
    if start is None:
        return None
    span = Span(start, start + 2)
    return idiom("a comment elsewhere", text[start : start + 2], "#", span, replacing(start, start + 2, "#"))


def step_range(place: Place) -> Mistake | None:
    """`steps 100-500`, `steps 100 to 500`, `steps 100`, `steps < 500`."""
    if place.clause is None or place.clause.terminal != "STEPS":
        return None
    rest = place.text[place.clause.end :]
    match = re.match(r"\s*([0-9_]+[kKMG]?)\s*(?:-|:|,|to\b|and\b|\s)\s*([0-9_]+[kKMG]?)(?!\w)", rest)
    if match:
        new = f"{match[1]}..{match[2]}"
        start = place.clause.end + match.start(1)
        end = place.clause.end + match.end()
        repair = replacing(start, end, new)
        old = place.text[start:end]
        return Mistake("RQL101", f"`{old}` is written `{new}`", Span(start, end), repairs=(repair,), certain=True)
    if place.back_terminal() == "NUMBER" and "DOTDOT" in place.accepted:
        first = place.attempt.lexemes[-1]
        span, at = Span(first.start, first.end), first.text
        # At that step, from there on and up to there: which is meant is not said, so each is offered.
        repairs = tuple(replacing(span.start, span.end, new) for new in (f"{at}..{at}", f"{at}..", f"..{at}"))
        hint = f"that step alone is `{at}..{at}`, from there on is `{at}..`, up to there `..{at}`"
        return Mistake("RQL101", "`steps` takes a range", span, (hint,), repairs=repairs, certain=True)
    return None


def sample_of_how_many(place: Place) -> Mistake | None:
    """`sample keys loss`: W&B's own number is 500."""
    if place.back_terminal() != "SAMPLE" or place.found.terminal not in {"PATH", END, "PIPE", "SEMI"}:
        return None
    before = place.attempt.lexemes[-1]
    repair = Repair("write `sample 500`", (Edit(Span(before.end, before.end), " 500"),))
    hint = "W&B's own number is 500; `scan` reads every step"
    span = Span(before.start, before.end)
    return Mistake("RQL101", "`sample` takes a number of points", span, (hint,), repairs=(repair,), certain=True)


def quoted_name(place: Place) -> Mistake | None:
    """`keys "loss"`: a name in quotes where only a name can stand."""
    if place.found.terminal != "STRING" or "PATH" not in place.accepted or "STRING" in place.accepted:
        return None
    name = read_string(place.found.text)
    pattern = lexer().terminal_pattern("GLOB" if "*" in name else "PATH")
    if not name or "\n" in name:
        return None
    new = name if pattern.fullmatch(name) and "`" not in name else f"`{name.replace('`', '``')}`"
    if pattern.fullmatch(name) and "`" not in name:
        new = write_path(read_path(name))
    repair = replacing(place.found.start, place.found.end, new)
    return Mistake("RQL101", f"names stand without quotes: `` {new} ``", place.span, repairs=(repair,), certain=True)


def keyword_taken_for_name(place: Place) -> Mistake | None:
    """`keys loss, limit 10`, `where limit 10`: the keyword was read as a name, and then nothing fits."""
    for count in (1, 2):
        name, before = place.back(count), place.back(count + 1)
        if name is None or before is None or name.terminal not in ({"PATH", "SOURCE"} if count == 1 else {"SOURCE"}):
            continue
        if name.text.lower() in keywords().clause_words and len(beginning(place.text, name.start, 2)) == 2:
            return _taken_for_name(place, name, before, count)
    return None


def _taken_for_name(place: Place, name: Lexeme, before: Lexeme, count: int) -> Mistake:
    if before.terminal == "COMMA":
        repair = leaving_out(before.start, before.end, ",")
        message = f"nothing follows the comma before `{name.text}`"
        return Mistake("RQL101", message, Span(before.start, before.end), repairs=(repair,), certain=True)
    lexemes = place.attempt.lexemes[:-count]
    could = accepted(place.attempt.start, lexemes)
    what = needed(
        could, before.terminal, before.terminal if count == 2 else place.clause.terminal if place.clause else ""
    )
    message = f"{what} must follow `{shown(before.text)}`, not `{name.text}`"
    quoted = f'`"{name.text}"`' if name.terminal == "SOURCE" else f"`` `{name.text}` ``"
    hint = f"a {'source' if name.terminal == 'SOURCE' else 'field'} of that name is written {quoted}"
    return Mistake("RQL101", message, Span(name.start, name.end), (hint,), certain=True, resume=name.start)


def comma_before_end(place: Place) -> Mistake | None:
    """`f(a, )`, `in (1, 2, )`."""
    before = place.back()
    if before is None or before.terminal != "COMMA" or place.found.terminal != "RPAR":
        return None
    repair = leaving_out(before.start, before.end, ",")
    span = Span(before.start, before.end)
    return Mistake("RQL101", "nothing follows this comma", span, repairs=(repair,), certain=True)


_MENTIONS: Final = re.compile(r"find|mention|mentioning|mentions|containing|contains|matching|about|like|with|named")
_SPEECH: Final = re.compile(
    r"(?i)(?:config|summary)\..*|.*/.*|by|of|for|over|as|vs|versus|return|in|to|per|with|at|from|than|and|or|not|is|are|the|best|worst|random|similar"
)
_FILLERS: Final = frozenset({"for", "in", "by", "of", "any", "all", "="})


def searched_words(place: Place) -> Mistake | None:
    """`runs vit`, `runs "vit"`, `runs mentioning vit`: words that the runs should mention."""
    if place.back_terminal() != "RUNS" or place.found.terminal not in {"PATH", "STRING", "NUMBER"}:
        return None
    lexemes = _said(place)
    if len(lexemes) > 1 and _MENTIONS.fullmatch(lexemes[0].text.lower()):
        lexemes = lexemes[1:]
    if any(_SPEECH.fullmatch(one.text) for one in lexemes if one.terminal == "PATH"):
        return None  # a sentence, and no words that a run mentions
    return _search(place, place.found.start, lexemes, f"`{shown(place.found.text)}` cannot stand here")


def unquoted_search(place: Place) -> Mistake | None:
    """`search vit`, `search for "vit"`, `search in config "vit"`."""
    search = place.back()
    if search is None or search.terminal != "SEARCH" or place.found.terminal not in {"PATH", "NUMBER"}:
        return None
    ahead = list(islice(place.ahead(), 3))
    words = [lexeme.text.lower() for lexeme in ahead]
    if (
        words[0] == "in"
        and words[1:2] in (["config"], ["summary"])
        and [one.terminal for one in ahead[2:]] == ["STRING"]
    ):
        pattern = write_string(re.escape(read_string(ahead[2].text)))
        repair = replacing(search.start, ahead[2].end, f"where {words[1]}.* ~* {pattern}")
        message = f"`search` asks id, name, notes, group, tags and config, not {words[1]} alone"
        return Mistake("RQL101", message, Span(place.found.start, ahead[2].end), repairs=(repair,))
    lexemes = _said(place)
    if len(lexemes) > 1 and words[0] in _FILLERS:
        lexemes = lexemes[1:]
    if len(words) == 1 and words[0] in _FILLERS:
        message = "the words of `search` stand in quotes"
        return Mistake("RQL101", message, place.span, ('for example: `search "vit lr"`',), certain=True)
    return _search(place, search.start, lexemes, "the words of `search` stand in quotes")


def _said(place: Place) -> list[Lexeme]:
    """The words from what was found to the next clause."""
    ends = {"PIPE", "SEMI", END}
    ahead = takewhile(
        lambda one: one.terminal not in ends and one.text.lower() not in keywords().clause_words, place.ahead()
    )
    return list(islice(ahead, 20))


def _search(place: Place, start: int, lexemes: list[Lexeme], message: str) -> Mistake | None:
    if not lexemes or any(one.terminal not in {"PATH", "STRING", "NUMBER"} for one in lexemes):
        return None
    end = lexemes[-1].end
    words = " ".join(read_string(one.text) if one.terminal == "STRING" else one.text for one in lexemes)
    repair = replacing(start, end, f"search {write_string(words)}")
    hint = "what the runs should mention anywhere is `search`"
    return Mistake("RQL101", message, Span(place.found.start, end), (hint,), repairs=(repair,))
