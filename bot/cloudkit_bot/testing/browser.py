"""A browser, as far as somebody needs one to install an app: pages, cookies, and where they lead to."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from http.client import HTTPConnection
from urllib.parse import urlsplit

__all__ = ["Browser", "Page"]

LINK = re.compile(r'href="([^"]*/oauth/v2/authorize[^"]*)"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What came back.

    Args:
        status: The HTTP status.
        text: What is shown.
        leads: Where the browser is sent; empty where it stays.
    """

    status: int
    text: str
    leads: str = ""

    @property
    def link(self) -> str:
        """The link to Slack that the page shows."""
        found = LINK.search(self.text)
        return html.unescape(found[1]) if found else ""


@dataclass(slots=True)
class Browser:
    """A browser of one person, that keeps cookies by host."""

    cookies: dict[str, dict[str, str]] = field(default_factory=dict)

    def get(self, url: str) -> Page:
        """Ask for a page; where it leads to is not followed."""
        parts = urlsplit(url)
        held = self.cookies.setdefault(parts.netloc, {})
        connection = HTTPConnection(parts.netloc, timeout=30)
        try:
            cookies = {"Cookie": "; ".join(f"{name}={value}" for name, value in held.items())} if held else {}
            connection.request("GET", f"{parts.path}?{parts.query}", headers=cookies)
            response = connection.getresponse()
            text = response.read().decode()
            for line in response.headers.get_all("Set-Cookie") or ():
                name, _, value = line.partition(";")[0].partition("=")
                held[name] = value
            return Page(status=response.status, text=text, leads=response.headers.get("Location") or "")
        finally:
            connection.close()
