"""Text from outside in Markdown, held against a reader of Markdown that is not ours."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from runql.text.markdown import block, code, message, plain, words
from runql.text.render import clean, clean_lines

READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
TEXTS = st.text(st.sampled_from("`` ~\\!*_[]()<>&#|$\n\t.:/@xw-") | st.characters(), max_size=30)
HOSTILE = [
    "`![x](https://e.example/a.png)`",
    "``` \n![x](https://e.example/a.png)",
    "`[run](command:workbench.action.terminal.new)`",
    "<img src=x onerror=alert(1)>",
    "`",
    "``",
    " ` ",
    "a\\`b",
    "~~~\n# x",
    "*x* __y__ ~~z~~",
    "&lt;b&gt; https://e.example www.e.example",
]


def leaves(text: str) -> Iterator[Token]:
    """What a Markdown text comes to, without what holds other things."""
    for token in READER.parse(text):
        yield from token.children if token.children is not None else [token]


@given(text=st.sampled_from(HOSTILE), extra=TEXTS)
def test_code_is_one_piece_of_code(text: str, extra: str) -> None:
    for one in (text, extra, text + extra):
        if not clean(one):
            assert code(one) == ""
            continue
        found = [each for each in leaves(f"x {code(one)} y") if each.type not in {"paragraph_open", "paragraph_close"}]
        assert [each.type for each in found] == ["text", "code_inline", "text"]
        assert found[1].content == clean(one)


@given(text=st.sampled_from(HOSTILE), extra=TEXTS)
def test_a_block_is_one_fence(text: str, extra: str) -> None:
    for one in (text, extra, f"{text}\n{extra}", f"  {text}"):
        found = READER.parse(f"x\n\n{block(one)}\n\ny")
        fences = [each for each in found if each.type == "fence"]
        assert [each.content for each in fences] == ["\n".join(clean_lines(one)) + "\n"]
        assert [each.type for each in found if each.type == "inline"] == ["inline", "inline"]


@given(text=st.sampled_from(HOSTILE), extra=TEXTS)
def test_words_are_words(text: str, extra: str) -> None:
    for one in (text, extra, text + extra):
        found = list(leaves(f"x {words(one)} y"))[1:-1]
        assert {each.type for each in found} <= {"text", "text_special"}
        assert "".join(each.content for each in found) == f"x {clean(one)} y"


@given(TEXTS.filter(lambda text: bool(clean(text)) and "\x00" not in text))
def test_what_was_made_is_plain_again(text: str) -> None:
    shown = clean(text)
    assert plain(f"{code(text)}: metric") == f"{shown}: metric"
    assert plain(f"a {words(text)} b") == f"a {shown} b"
    assert plain(f"a\n\n{block(text)}\n\nb") == "a\n\n" + "\n".join(clean_lines(text)) + "\n\nb"


def test_a_message_has_no_link() -> None:
    assert message("no field `[run](command:x)`\nin \x1b[31mdemo") == "no field `[run] (command:x)`\nin ␛[31mdemo"
