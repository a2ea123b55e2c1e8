"""An image registry, on loopback by default: the distribution project's, from its Go module or from Debian."""

from __future__ import annotations

import shutil
import urllib.error
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
LOCKED = "auth: {{htpasswd: {{realm: test, path: {accounts}}}}}\n"


def program() -> str | None:
    """Return the registry's program, None where there is none."""
    compiled = cache("bin", "registry")
    return str(compiled) if compiled.exists() else shutil.which("docker-registry")


@contextmanager
def serving(folder: Path, port: int, *, host: str = "127.0.0.1", accounts: Path | None = None) -> Iterator[str | None]:
    """Run a registry that keeps its blobs in ``folder``; yield its url on loopback, None where there is no program.

    It listens at all addresses where ``host`` is empty, and wants a password where ``accounts``, as htpasswd writes
    it with bcrypt, is given; what is written there later holds from then on.
    """
    found = program()
    if found is None:
        yield None
        return
    config, log, url = folder / "config.yml", folder / "registry.log", f"http://127.0.0.1:{port}"
    locked = LOCKED.format(accounts=accounts) if accounts else ""
    config.write_text(CONFIG.format(folder=folder / "blobs", host=host, port=port) + locked)
    process = detached([found, "serve", str(config)], log)
    try:
        until(lambda: answers(f"{url}/v2/"), 10, "the registry", process, log)
        yield url
    finally:
        ended(process)


def answers(url: str) -> bool:
    """Tell whether a url gives 200, or wants a password."""
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return bool(response.status == 200)
    except urllib.error.HTTPError as error:
        return error.code == 401
    except OSError:
        return False
