"""The same results in a notebook."""

from __future__ import annotations

from html.parser import HTMLParser

from cloudkit import App, Cloud
from cloudkit.model.state import AppState
from cloudkit.shell.html import html


class Tags(HTMLParser):
    """Collects the tags and the text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 # the parser's signature
        """Keep the tag."""
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        """Keep the text."""
        self.text.append(data)


def test_a_list_is_a_table_with_a_row_for_each(cloud: Cloud, web: App) -> None:
    """Header and rows."""
    page = Tags(html(cloud.apps(), AppState))

    assert page.tags.count("tr") == 2
    assert {"NAME", "web", "3/3", web.url} <= set(page.text)


def test_text_of_others_is_escaped() -> None:
    """No tag of theirs becomes one of ours, and no hidden control comes through."""
    page = html("<script>alert(1)</script>\u202e")

    assert Tags(page).tags == ["pre"]
    assert "\u202e" not in page
