"""The command line as a process of its own."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import sweep  # type: ignore[import-not-found]  # the tests' own, found on their path

PROGRAM = Path(sys.executable).with_name("cloudkit")
Run = Callable[..., subprocess.CompletedProcess[str]]

INDEX = """\
const http = require("http");
console.log("listening on 3000");
http.createServer((request, response) => {
  console.log(request.url);
  response.end("Hello World!\\n");
}).listen(3000, "0.0.0.0");
"""
DOCKERFILE = """\
FROM node:22-bookworm-slim
WORKDIR /app
COPY index.js .
CMD ["node", "index.js"]
"""


def environment(**changes: str) -> dict[str, str]:
    """Return the environment of a user's shell: as it is, without what other tests may have set."""
    kept = {
        key: value for key, value in os.environ.items() if not key.startswith(("CLOUDKIT_", "_CLOUDKIT", "NO_COLOR"))
    }
    return kept | {"TERM": "xterm-256color", "COLUMNS": "120"} | changes


@pytest.fixture
def cloudkit(tmp_path: Path) -> Run:
    """Run ``cloudkit`` with words, and return its exit code and what it wrote; its input is closed."""

    def run(*words: str, cwd: Path = tmp_path, **changes: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [PROGRAM, *words],
            cwd=cwd,
            env=environment(**changes),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=110,
            check=False,
        )

    return run


@pytest.fixture(scope="module")
def space(engine: str) -> Iterator[str]:
    """A namespace that the tests of one module share, empty again afterwards."""
    name = f"t-{secrets.token_hex(4)}"
    yield name
    sweep(engine, name)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small web server and its Dockerfile."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "index.js").write_text(INDEX)
    (folder / "Dockerfile").write_text(DOCKERFILE)
    return folder
