"""A program that attaches, for a test that sits at its terminal: ``python attached.py NAMESPACE POD COMMAND...``."""

from __future__ import annotations

import sys

from cloudkit.backends.kubernetes.connect import connect
from cloudkit.backends.kubernetes.operations.attach import attach
from cloudkit.config import Config

if __name__ == "__main__":
    client = connect(Config.resolve("kubernetes", namespace=sys.argv[1]))
    code = attach(client, sys.argv[2], sys.argv[3:], stdin=sys.stdin.buffer, stdout=sys.stdout.buffer)
    sys.stdout.write(f"left with {code}\n")
