"""Test a Slack bot without Slack: a workspace on loopback that holds to Slack's rules, and people who use the bot.

>>> from cloudkit_bot.testing import Workspace
>>> with Workspace() as slack:
...     alice, ops = slack.user("alice"), slack.channel("ops")
...     slack.base_url.startswith("http://127.0.0.1:")
True
"""

from __future__ import annotations

from cloudkit_bot.testing.browser import Page
from cloudkit_bot.testing.clock import Clock, HandClock
from cloudkit_bot.testing.kit import check_blocks, check_view
from cloudkit_bot.testing.person import Acknowledged, Person, signed
from cloudkit_bot.testing.records import Channel, Document, Message, Opened, User
from cloudkit_bot.testing.refusal import Refusal
from cloudkit_bot.testing.trouble import Trouble
from cloudkit_bot.testing.workspace import Workspace

__all__ = [
    "Acknowledged",
    "Channel",
    "Clock",
    "Document",
    "HandClock",
    "Message",
    "Opened",
    "Page",
    "Person",
    "Refusal",
    "Trouble",
    "User",
    "Workspace",
    "check_blocks",
    "check_view",
    "signed",
]
