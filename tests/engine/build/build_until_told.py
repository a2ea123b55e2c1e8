"""Build a folder, tell of each line that a step prints, and end on Ctrl-C: run as a process by a test."""

from __future__ import annotations

import sys
from pathlib import Path

from cloudkit.config import Config
from cloudkit.engine.builder import build
from cloudkit.engine.connect import connect
from cloudkit.model.build import BuildSpec
from cloudkit.model.progress import Progress


def tell(event: Progress) -> None:
    """Print what a step prints."""
    if event.log:
        print(event.log, flush=True)  # noqa: T201  the test reads it


try:
    build(connect(Config.resolve()), BuildSpec(context=Path(sys.argv[1]), no_cache=True), listener=tell)
except KeyboardInterrupt:
    sys.exit("interrupted")
