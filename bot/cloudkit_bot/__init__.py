"""The Slack bot of cloudkit: the verbs as chat commands, read from the signatures that the shell reads, too.

``cloudkit-bot run`` serves a workspace; ``cloudkit_bot.testing`` is a Slack to test a bot against.
"""
