"""The table of a notebook: everything is in it or said to be left out, and nothing of a run becomes markup."""

from __future__ import annotations

from datetime import UTC, datetime
from html.parser import HTMLParser

from hypothesis import given, settings
from hypothesis import strategies as st

from runql.results.formats.html import MOST_COLUMNS, MOST_ROWS, html, notes
from runql.results.frame import Frame
from runql.semantic.values import MISSING, Value

HOSTILE = ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "a\x1b[31mb\u202ec", "' onclick='x", "&lt;"]


class Page(HTMLParser):
    """The rows of a table as texts, its tags, and the attributes of each cell."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.rows: list[list[str]] = []
        self.cells: list[dict[str, str | None]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in {"td", "th"}:
            self.rows[-1].append("")
            self.cells.append(dict(attrs))

    def handle_data(self, data: str) -> None:
        if self.rows and self.rows[-1]:
            self.rows[-1][-1] += data

    def keys(self) -> list[str | None]:
        return [cell.get("data-v") for cell in self.cells if "title" not in cell or cell["title"] != "sort"]


def test_a_table() -> None:
    when = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    page = Page(html(Frame({"id": ["a", "b"], "loss": [0.1234567891, MISSING], "created": [when, None]})))
    assert page.rows[0] == ["id", "loss", "created"]
    assert page.rows[1] == ["a", "0.123457", "2026-01-02 03:04"]
    assert page.rows[2][:2] == ["b", ""]
    assert page.keys() == ["a", "0.1234567891", "2026-01-02T03:04:05+00:00", "b", None, None]
    assert any(cell.get("title") == "0.1234567891" for cell in page.cells)


def test_the_points_of_numbers_meet() -> None:
    """What longer numbers have right of the point stands, unseen, behind the shorter ones."""
    page = Page(html(Frame({"x": [1, 0.25, 12.5, 1.5e-20, MISSING], "name": ["a", "bb", "c", "d", "e"]})))
    cells = [cell for cell in page.cells if cell.get("title") != "sort"]
    numbers = [(row[0], cell.get("data-p") or "") for row, cell in zip(page.rows[1:], cells[::2], strict=True)]
    points = {len(text + pad) - (text + pad).index(".") for text, pad in numbers if text}
    assert numbers[0][0] == "1" and numbers[0][1].startswith(".")
    assert len(points) == 1
    assert not any("data-p" in cell for cell in cells[1::2])


def test_text_is_left_and_numbers_are_right_whatever_the_notebook_says() -> None:
    text = html(Frame({"x": [1]}))
    assert ".runql td,.runql th{padding:.15em .6em!important;text-align:left!important" in text
    assert ".runql .rn{text-align:right!important" in text


def test_scroll_bars_follow_the_theme_of_the_notebook() -> None:
    text = html(Frame({"x": [1]}))
    assert '<div class="runql-box"' in text
    dark = text[: text.index(".runql-box{color-scheme:dark}")]
    assert "data-jp-theme-light=false" in dark and ".vscode-dark" in dark


def test_what_is_not_shown_is_said() -> None:
    columns = {f"c{at}": range(MOST_ROWS + 5) for at in range(MOST_COLUMNS + 1)}
    text = html(Frame(columns))
    page = Page(text)
    assert len(page.rows) == MOST_ROWS + 1
    assert len(page.rows[0]) == MOST_COLUMNS
    assert "not shown: 5 more rows, 1 more column" in text


def test_numbers_sort_as_numbers_and_what_is_none_is_last() -> None:
    page = Page(html(Frame({"x": [10, 9.5, float("nan"), float("inf"), float("-inf"), None, True]})))
    assert page.keys() == ["10", "9.5", None, "Infinity", "-Infinity", None, "1"]


TAGS = {"style", "div", "table", "thead", "tbody", "tr", "th", "td", "span"}


@settings(max_examples=50, deadline=None)
@given(st.lists(st.one_of(st.text(), st.sampled_from(HOSTILE), st.floats(), st.lists(st.text())), min_size=1))
def test_values_stay_text(values: list[Value]) -> None:
    for name in HOSTILE:
        page = Page(html(Frame({name: values})))
        assert page.tags <= TAGS
        assert len(page.rows) == len(values) + 1
        assert {key for cell in page.cells for key in cell} <= {"class", "data-v", "data-n", "data-p", "title"}
        assert not any("\x1b" in cell or "\u202e" in cell for row in page.rows for cell in row)


def test_notes_stay_text() -> None:
    text = notes(HOSTILE[0], HOSTILE, HOSTILE)
    assert Page(text).tags <= {"pre", "div", "br"}
    assert "\x1b" not in text
