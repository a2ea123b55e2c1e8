"""The test bed's commands about clusters.

::

    python -m testbed cluster possible        exit 0 when this machine can run one, else say why not
    python -m testbed cluster build           install and compile what one is made of
    python -m testbed cluster run -- COMMAND  run a command with a cluster of two nodes up
    python -m testbed cluster up NAME         start one that stays; print the lines by which a shell finds it
    python -m testbed cluster down NAME       end that one

A cluster is in the network namespace that the command is run in. KUBECONFIG leads to it, and CLOUDKIT_TEST_REGISTRY
is the domain of the registry that its nodes pull from and that the engine here pushes to.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence

from testbed import compiled
from testbed.account import as_user, become_root
from testbed.cluster import kept
from testbed.cluster.build import build
from testbed.cluster.running import running
from testbed.packages import may_install
from testbed.place import cache
from testbed.process import exit_on_signals, watched

__all__ = ["main"]


def main(arguments: Sequence[str]) -> int:
    """Do what the first argument says."""
    match arguments:
        case ["possible"]:
            return possible()
        case ["build"]:
            return prepared()
        case ["run", "--", *command] if command:
            return run(command)
        case ["up" | "down" | "keep" as verb, name]:
            return named(verb, name)
        case _:
            print(__doc__, file=sys.stderr)
            return 2


def possible() -> int:
    """Tell by the exit code whether a cluster can run here."""
    if may_install() and compiled.go_is_there():
        return 0
    print(
        "a cluster needs Debian or Ubuntu with root or sudo, and Go 1.21 or later; set CLOUDKIT_TEST_KUBECONFIG",
        file=sys.stderr,
    )
    return 1


def prepared() -> int:
    """Have all that a cluster is made of, and kubectl on PATH."""
    build()
    os.environ["PATH"] = f"{cache('kubernetes', 'kubectl').parent}:{os.environ['PATH']}"
    return 0


def run(command: Sequence[str]) -> int:
    """Run a command with a cluster up, and take it down whatever happens."""
    prepared()
    if os.geteuid() != 0:
        become_root("cluster", "run", "--", *as_user(command))
    exit_on_signals()
    with running() as cluster:
        return watched(command, os.environ | cluster.environment())


def named(verb: str, name: str) -> int:
    """Start, end or be a cluster that stays."""
    if verb == "up":
        prepared()
    if os.geteuid() != 0:
        become_root("cluster", verb, name)
    if verb == "keep":
        exit_on_signals()
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    return {"up": kept.up, "down": kept.down, "keep": kept.keep}[verb](name)
