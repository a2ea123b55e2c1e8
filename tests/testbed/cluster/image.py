"""The image of the pause container, which holds a pod's namespaces: made here, as no hub gives it."""

from __future__ import annotations

import hashlib
import io
import json
import platform
import subprocess
import tarfile
from pathlib import Path

__all__ = ["PAUSE", "PAUSE_SOURCE", "load", "write_archive"]

PAUSE = "localhost/pause:1"
PAUSE_SOURCE = """\
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void end(int number) { _exit(0); }
static void reap(int number) { while (waitpid(-1, 0, WNOHANG) > 0) {} }

int main(void) {
  signal(SIGTERM, end);
  signal(SIGINT, end);
  signal(SIGCHLD, reap);
  for (;;) pause();
}
"""
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def load(socket: Path, archive: Path) -> None:
    """Import an archive of images into a node's container runtime."""
    command = ["ctr", "-a", str(socket), "-n", "k8s.io", "images", "import", str(archive)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")


def write_archive(archive: Path, reference: str, program: Path) -> Path:
    """Write an image of one static program as a docker archive."""
    layer = tar({program.name: program.read_bytes()})
    digest = hashlib.sha256(layer).hexdigest()
    config = json.dumps(configuration(program.name, digest)).encode()
    name = f"{hashlib.sha256(config).hexdigest()}.json"
    manifest = json.dumps([{"Config": name, "RepoTags": [reference], "Layers": [f"{digest}/layer.tar"]}]).encode()
    archive.write_bytes(tar({name: config, f"{digest}/layer.tar": layer, "manifest.json": manifest}))
    return archive


def configuration(program: str, digest: str) -> dict[str, object]:
    """Return the configuration of an image of one layer."""
    return {
        "architecture": ARCHITECTURES[platform.machine()],
        "os": "linux",
        "config": {"Entrypoint": [f"/{program}"]},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}"]},
        "history": [{}],
    }


def tar(files: dict[str, bytes]) -> bytes:
    """Pack files that may be executed."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as packed:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(data), 0o755
            packed.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()
