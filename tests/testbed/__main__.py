"""Real parts to test against. Run it in the folder above, with the environment's Python.

::

    python -m testbed answers         exit 0 when an engine answers already
    python -m testbed possible        exit 0 when this machine can have the test bed, else say why not
    python -m testbed build           install and compile what it is made of
    python -m testbed run -- COMMAND  run a command with the test bed up: two engines, base images, a browser
    python -m testbed old -- COMMAND  inside it: run a command on the second engine, Debian's
    python -m testbed cluster         what there is about Kubernetes
"""

from __future__ import annotations

import filecmp
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NoReturn

from testbed import compiled, ping
from testbed.account import as_user, become_root
from testbed.cluster.command import main as cluster
from testbed.engines import CURRENT, DISTRIBUTION, Engine, Running, running
from testbed.network import inside
from testbed.packages import install, may_install
from testbed.place import cache
from testbed.process import exit_on_signals, watched

PACKAGES = ("chromium", "docker.io", "iproute2", "iptables", "mmdebstrap", "tini", "util-linux")


def answers() -> int:
    """Tell by the exit code whether an engine answers where the docker command would look for it."""
    return 0 if ping.answers(os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")) else 1


def possible() -> int:
    """Tell by the exit code whether the test bed can run here."""
    if may_install():
        return 0
    print(
        "no engine answers, and the test bed needs Debian or Ubuntu with root or sudo; set DOCKER_HOST", file=sys.stderr
    )
    return 1


def build() -> int:
    """Install and compile what the test bed is made of."""
    if compiled.go_is_there():
        install(*PACKAGES, *compiled.BUILD_PACKAGES)
        compiled.build()
        plant(cache("bin", "buildx"), cache("docker-config", "cli-plugins", "docker-buildx"))
        plant(Path("/usr/bin/tini-static"), cache("bin", "docker-init"))  # static: it starts in any image
    else:
        install(*PACKAGES, "docker-registry")
    return 0


def plant(source: Path, target: Path) -> None:
    """Copy a program to where it is looked for, whole or not at all, also while another run uses the one there."""
    if not target.exists() or not filecmp.cmp(source, target, shallow=False):
        fresh = target.with_name(f"{target.name}.{os.getpid()}")
        shutil.copy(source, fresh)
        fresh.replace(target)


def run(command: Sequence[str]) -> int:
    """Run a command with the test bed up, and take it down whatever happens."""
    build()
    if os.geteuid() != 0:
        become_root("run", "--", *as_user(command))
    exit_on_signals()
    with ExitStack() as undo:
        state = Path(
            undo.enter_context(tempfile.TemporaryDirectory(prefix="cloudkit-testbed-", ignore_cleanup_errors=True))
        )
        state.chmod(0o755)
        engines = [undo.enter_context(running(engine, state)) for engine in available()]
        for engine in engines:
            prepare(engine.address)
        return watched(inside(engines[0].network, *command), environment(*engines))


def available() -> list[Engine]:
    """Return the engines that this machine can run, the one to test on first."""
    return [CURRENT, DISTRIBUTION] if cache("bin", "dockerd").exists() else [DISTRIBUTION]


def environment(current: Running, old: Running | None = None) -> dict[str, str]:
    """Return the environment in which a command finds the engines."""
    config = cache("docker-config", "config.json").parent
    found = os.environ | {"DOCKER_HOST": current.address, "DOCKER_CONFIG": str(config), "CLOUDKIT_TESTBED": "1"}
    if old is not None:
        found |= {"CLOUDKIT_OLD_ENGINE": old.address, "CLOUDKIT_OLD_NETWORK": old.network}
    return found


def prepare(address: str) -> None:
    """Empty an engine, whose images are kept, of what a run that was killed left; make the images that tests share."""
    import docker

    from cloudkit.backends.docker.balancer.image import ensure_image
    from cloudkit.engine import bases
    from cloudkit.model.progress import silent

    client = docker.DockerClient(base_url=address, timeout=300)
    try:
        for container in client.containers.list(all=True, sparse=True):
            container.remove(force=True, v=True)
        client.networks.prune()
        for volume in client.volumes.list():
            volume.remove(force=True)
        client.images.prune()
        bases.provide(client, bases.REFERENCES, listen=lambda event: print(event.message, flush=True))
        ensure_image(client.api, configured=None, listener=silent)
    finally:
        client.close()


def old(command: Sequence[str]) -> NoReturn:
    """Become a command that sees the second engine."""
    os.environ["DOCKER_HOST"] = os.environ["CLOUDKIT_OLD_ENGINE"]
    entered = inside(os.environ["CLOUDKIT_OLD_NETWORK"], *command)
    if os.geteuid() != 0:
        entered = ["sudo", "-E", *inside(os.environ["CLOUDKIT_OLD_NETWORK"], *as_user(command))]
    os.execvp(entered[0], entered)


def main(arguments: Sequence[str]) -> int:
    """Do what the first argument says."""
    match arguments:
        case ["answers"]:
            return answers()
        case ["possible"]:
            return possible()
        case ["build"]:
            return build()
        case ["run", "--", *command] if command:
            return run(command)
        case ["old", "--", *command] if command:
            old(command)
        case ["cluster", *rest]:
            return cluster(rest)
        case _:
            print(__doc__, file=sys.stderr)
            return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
