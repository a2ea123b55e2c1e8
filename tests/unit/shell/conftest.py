"""A stream that can pass for a terminal, and an app on the memory twin."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest

from cloudkit import App, Cloud


class Terminal(io.StringIO):
    """A text stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Say yes."""
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """A terminal of 120 columns that knows colours."""
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.delenv("NO_COLOR", raising=False)
    return Terminal()


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    """A cloud in memory."""
    with Cloud("memory") as cloud:
        yield cloud


@pytest.fixture
def web(cloud: Cloud) -> App:
    """An app of three replicas."""
    return cloud.image("web:1").pull().deploy("web", port=3000).scale(3)
