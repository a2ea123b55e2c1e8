"""Completion for bash, zsh and fish: verbs, options, choices and the live names of what is there.

A key is answered by ``offers.awk`` from a table of the words and from files of names, without a process of Python; that
process is asked for names which nobody has asked for lately.
"""

from __future__ import annotations

from cloudkit.shell.completion.live import forget, live_names, seen
from cloudkit.shell.completion.script import VARIABLE, completed, completion_command

__all__ = ["VARIABLE", "completed", "completion_command", "forget", "live_names", "seen"]
