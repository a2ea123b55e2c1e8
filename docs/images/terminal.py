"""Draw a terminal session as a picture: ``python docs/images/terminal.py OUT.png "cloudkit apps" ...``.

Each command runs for real on a terminal of its own; what it writes to its output is drawn with its colours. Needs
chromium, and whatever the commands need.
"""

from __future__ import annotations

import io
import os
import pty
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

COLUMNS = 110
SIZE = re.compile(r'viewBox="0 0 ([0-9.]+) ([0-9.]+)"')
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def main(out: str, *commands: str) -> None:
    """Run the commands and draw what they show."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    for number, command in enumerate(commands):
        console.print("\n" * bool(number), end="")
        console.print(Text.assemble(("$ ", "bold green"), (command, "bold")))
        console.print(Text.from_ansi(shown(command)))
    draw(console.export_svg(title="cloudkit"), Path(out))


def shown(command: str) -> str:
    """Return what a command writes to a terminal, without its progress."""
    ours, theirs = pty.openpty()
    environment = os.environ | {"COLUMNS": str(COLUMNS), "TERM": "xterm-256color"}
    process = subprocess.Popen(["bash", "-c", command], stdout=theirs, stderr=subprocess.PIPE, env=environment)
    os.close(theirs)
    written = b"".join(iter(lambda: read(ours), b"")).decode()
    problems = (process.stderr.read() if process.stderr else b"").decode()
    if process.wait() != 0:
        written += problems
    return written.replace("\r\n", "\n").rstrip("\n")


def read(terminal: int) -> bytes:
    """Return what comes next; nothing once the other side has gone."""
    try:
        return os.read(terminal, 65_536)
    except OSError:
        return b""


def draw(svg: str, out: Path) -> None:
    """Let a browser paint the drawing."""
    found = SIZE.search(svg)
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None or browser is None:
        sys.exit("no chromium: apt-get install chromium")
    size = ",".join(str(round(float(figure))) for figure in found.groups())
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder, "page.html")
        page.write_text(f"<style>body{{margin:0}}@font-face{{font-family:none}}</style>{svg}", "utf-8")
        subprocess.run(painting(browser, page, out, size), check=True, capture_output=True, timeout=90)


def painting(browser: str, page: Path, out: Path, size: str) -> Sequence[str]:
    """The browser's command: no network, no profile that stays."""
    return [
        browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync", "--hide-scrollbars", "--force-device-scale-factor=2",
        "--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={page.parent}/profile",
        f"--window-size={size}", f"--screenshot={out.resolve()}", page.as_uri(),
    ]  # fmt: skip


if __name__ == "__main__":
    main(*sys.argv[1:])
