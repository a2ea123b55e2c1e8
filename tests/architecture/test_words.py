"""The documents speak plainly."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("docs/**/*.md"), *ROOT.glob("*.md")])
AVOIDED = re.compile(r"\b(simply|just|easily|powerful|robust|comprehensive)\b", re.IGNORECASE)
LINK = re.compile(r"\]\(([^)#\s]+)")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_document_avoids_words_that_say_nothing(document: Path) -> None:
    """What is easy needs no word for it."""
    found = [
        f"{number}: {line}" for number, line in enumerate(document.read_text().splitlines(), 1) if AVOIDED.search(line)
    ]

    assert found == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_documents_links_lead_somewhere(document: Path) -> None:
    """A relative link names a file of this tree; what the tree of the wheel's tests leaves out is not looked for."""
    targets = [
        link for link in LINK.findall(document.read_text()) if "://" not in link and not link.startswith("mailto:")
    ]

    broken = [link for link in targets if not (document.parent / link).exists() and Path(link).name != "LICENSE"]

    assert broken == []
