"""The command grammar of a catalogue, for every front end that reads words: a shell, a prompt, a chat."""

from __future__ import annotations

from cloudkit.command.call import Call, Help, invoke
from cloudkit.command.grammar import Grammar, parse

__all__ = ["Call", "Grammar", "Help", "invoke", "parse"]
