"""The language explained page by page: for `\\help`, and for the page of the language in the reference."""

from runql.ide.manual.entry import Entry, Page, Section
from runql.ide.manual.pages import pages

__all__ = ["Entry", "Page", "Section", "pages"]
