"""A program that attaches, for a test that sits at its terminal: ``python attached.py CONTAINER COMMAND...``."""

from __future__ import annotations

import os
import sys

import docker

from cloudkit.backends.docker.operations.attach import attach
from cloudkit.backends.replicalogs.targets import Target

if __name__ == "__main__":
    api = docker.APIClient(base_url=os.environ["DOCKER_HOST"], version="auto")
    target = Target(sys.argv[1], "web")
    code = attach(api, target, sys.argv[2:], stdin=sys.stdin.buffer, stdout=sys.stdout.buffer)
    sys.stdout.write(f"left with {code}\n")
