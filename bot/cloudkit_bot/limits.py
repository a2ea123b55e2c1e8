"""Slack's limits, in one table: what is sent is cut by it, and the stand-in of Slack refuses by it.

Source: docs.slack.dev/reference/block-kit, docs.slack.dev/reference/views, and for ``MESSAGE`` bolt-js#2509 and #2867,
as no page documents how long the blocks of a message may be together.
"""

from __future__ import annotations

__all__ = [
    "ACTIONS",
    "ALERT",
    "BLOCKS",
    "BUTTON",
    "BUTTON_VALUE",
    "CARD_ACTIONS",
    "CARD_BODY",
    "CARD_TITLE",
    "CHARTS",
    "CHART_AXIS",
    "CHART_LABEL",
    "CHART_POINTS",
    "CHART_SERIES",
    "CHART_TITLE",
    "CHECKBOXES",
    "CONFIRM_BUTTON",
    "CONFIRM_TEXT",
    "CONFIRM_TITLE",
    "CONTAINER_BLOCKS",
    "CONTAINER_TITLE",
    "CONTEXT",
    "DATA_TABLE_CHARACTERS",
    "DATA_TABLE_COLUMNS",
    "DATA_TABLE_PAGE",
    "DATA_TABLE_ROWS",
    "FIELD",
    "FIELDS",
    "FORM_TEXT",
    "HEADER",
    "HINT",
    "ID",
    "LABEL",
    "MARKDOWN",
    "MESSAGE",
    "METADATA",
    "OPTION",
    "OPTIONS",
    "OPTION_VALUE",
    "PLACEHOLDER",
    "RESPONSES",
    "RESPONSE_SECONDS",
    "SECTION",
    "TABLE_COLUMNS",
    "TABLE_ROWS",
    "TASKS",
    "TEXT",
    "TRIGGER_SECONDS",
    "VIEW_BLOCKS",
    "VIEW_TITLE",
]

# a message
TEXT = 40_000  # its plain text, cut by Slack beyond
BLOCKS = 50
MESSAGE = 13_000  # all of its blocks together, as they are sent
MARKDOWN = 12_000  # all markdown of a message together

# a view
VIEW_BLOCKS = 100
VIEW_TITLE = 24  # and the texts of its buttons
METADATA = 3_000
ID = 255  # action_id, block_id, callback_id

# blocks
SECTION = 3_000
FIELDS = 10
FIELD = 2_000
HEADER = 150
CONTEXT = 10
ACTIONS = 25
ALERT = 200
CARD_TITLE = 150  # and its subtitle
CARD_BODY = 200  # and its subtext
CARD_ACTIONS = 3
CONTAINER_TITLE = 150
CONTAINER_BLOCKS = 10
TABLE_ROWS = 100
TABLE_COLUMNS = 20
DATA_TABLE_ROWS = 201
DATA_TABLE_COLUMNS = 20
DATA_TABLE_CHARACTERS = 20_000
DATA_TABLE_PAGE = 100
TASKS = 50
CHARTS = 2  # of a message
CHART_TITLE = 50
CHART_SERIES = 12
CHART_POINTS = 20
CHART_LABEL = 20  # of a point, a category, a series
CHART_AXIS = 50
LABEL = 2_000
HINT = 2_000

# elements
BUTTON = 75
BUTTON_VALUE = 2_000
OPTION = 75
OPTION_VALUE = 150
OPTIONS = 100
CHECKBOXES = 10
PLACEHOLDER = 150
FORM_TEXT = 3_000
CONFIRM_TITLE = 100
CONFIRM_TEXT = 300
CONFIRM_BUTTON = 30

# time
TRIGGER_SECONDS = 3.0
RESPONSES = 5
RESPONSE_SECONDS = 1_800.0
