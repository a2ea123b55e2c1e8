"""An image registry, on loopback by default: the distribution project's, from its Go module or from Debian."""

from __future__ import annotations

import shutil
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from testbed.place import cache
from testbed.process import detached, ended, until

__all__ = ["program", "serving"]

CONFIG = """\
version: 0.1
storage:
  filesystem: {{rootdirectory: {folder}}}
  delete: {{enabled: true}}
http: {{addr: "{host}:{port}"}}
"""


def program() -> str | None:
    """Return the registry's program, None where there is none."""
    compiled = cache("bin", "registry")
    return str(compiled) if compiled.exists() else shutil.which("docker-registry")


@contextmanager
def serving(folder: Path, port: int, *, host: str = "127.0.0.1") -> Iterator[str | None]:
    """Run a registry that keeps its blobs in ``folder``; yield its url on loopback, None where there is no program.

    It listens at all addresses where ``host`` is empty.
    """
    found = program()
    if found is None:
        yield None
        return
    config, log, url = folder / "config.yml", folder / "registry.log", f"http://127.0.0.1:{port}"
    config.write_text(CONFIG.format(folder=folder / "blobs", host=host, port=port))
    process = detached([found, "serve", str(config)], log)
    try:
        until(lambda: answers(f"{url}/v2/"), 10, "the registry", process, log)
        yield url
    finally:
        ended(process)


def answers(url: str) -> bool:
    """Tell whether a url gives 200."""
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return bool(response.status == 200)
    except OSError:
        return False
