"""What became of work that has not come to its own end: in words, and what stands now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cloudkit.model.state import AppState
from cloudkit_bot.blocks.parts import said
from cloudkit_bot.blocks.results import Shown, draw
from cloudkit_bot.blocks.sheet import Sheet

__all__ = ["Standing"]


@dataclass(frozen=True, slots=True)
class Standing:
    """Words, and the apps as they are.

    Args:
        words: What happened; empty where the apps say it.
        apps: What is there of what was to be changed.
    """

    words: str
    apps: Sequence[AppState] = ()


@draw.register
def _standing(result: Standing, sheet: Sheet, shown: Shown) -> None:
    if result.words:
        sheet.say(result.words)
        sheet.add(said(sheet, result.words))
    for app in result.apps:
        draw(app, sheet, shown)
    if not result.words and not result.apps:
        draw(None, sheet, shown)
