"""Reading the pages that cvrecipes writes."""

from __future__ import annotations

from html.parser import HTMLParser

_VOID = {"meta", "br", "link", "img", "hr", "input", "base", "source"}


class Page(HTMLParser):
    """Reads a page as a browser does, and notes what is wrong with it.

    Attributes:
        tags: every element's name, in order.
        attributes: element, name and value of every attribute; an absent value is empty.
        cells: the text of every cell of a table.
        texts: all text but style sheets.
        problems: elements that are not closed, or in the wrong order.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.cells: list[str] = []
        self.texts: list[str] = []
        self.problems: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        self.problems += [f"<{tag}> is never closed" for tag in self._open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in _VOID:
            self._open.append(tag)
        if tag in ("td", "th"):
            self.cells.append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open[-1] != tag:
            self.problems.append(f"</{tag}> after {self._open[-3:]}")
        else:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if {"td", "th"} & set(self._open):
            self.cells[-1] += data
        if "style" not in self._open:
            self.texts.append(data)

    def values(self, tag: str, name: str) -> list[str]:
        """The values of one attribute of one element, in order."""
        return [value for t, n, value in self.attributes if (t, n) == (tag, name)]
