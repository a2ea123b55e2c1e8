"""Base images where no image hub answers, made from the packages of Debian and of npm.

They stand in for the hub's images of the same names: the same paths, users and commands, as far as a Dockerfile sees
them. They trust what this machine trusts, so that a build in a closed network can fetch its packages.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shlex
import tarfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from cloudkit.engine.errors import translate
from cloudkit.engine.packages import program, run
from cloudkit.errors import CloudkitError, NotFoundError, UnsupportedError
from cloudkit.model.progress import Listener, Phase, Progress, silent

if TYPE_CHECKING:
    from docker import DockerClient

__all__ = ["REFERENCES", "hub_answers", "missing", "provide"]

SUITE = "bookworm"
TRUST = "/etc/ssl/certs/ca-certificates.crt"
HUB_TIMEOUT = 5
"""Seconds that the hub may take to answer."""
NPM_PLATFORMS = {"amd64": "linux-x64", "arm64": "linux-arm64"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Base:
    """What an image is made of.

    Args:
        source: What a user is told about where it comes from.
        packages: Debian's packages in it, beside the smallest system.
        commands: Run in its root once the packages are there.
        config: Its configuration, in the words of a Dockerfile.
        trusting: Whether it holds the certificates that this machine trusts.
        node: The major version of Node.js in it; empty for none.
    """

    source: str
    packages: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    config: tuple[str, ...] = ()
    trusting: bool = False
    node: str = ""


_TRUSTING = tuple(f"ENV {name}={TRUST}" for name in ("SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "PIP_CERT"))
_BASES = {
    "debian:bookworm-slim": _Base(source="Debian 12", config=('CMD ["bash"]',)),
    "node:22-bookworm-slim": _Base(
        source="Debian 12 and npm's packages of Node.js 22",
        commands=("groupadd --gid 1000 node", "useradd --uid 1000 --gid node --shell /bin/bash --create-home node"),
        config=(*_TRUSTING, 'CMD ["node"]'),
        trusting=True,
        node="22",
    ),
    "python:3.11-slim-bookworm": _Base(
        source="Debian 12 and its Python 3.11",
        packages=("python3", "python3-pip", "python3-venv"),
        commands=("rm /usr/lib/python3.11/EXTERNALLY-MANAGED", "ln -s python3 /usr/bin/python"),
        config=(*_TRUSTING, 'CMD ["python3"]'),
        trusting=True,
    ),
}

REFERENCES = tuple(_BASES)
"""The references that can be made here."""


def missing(client: DockerClient, references: Sequence[str]) -> list[str]:
    """Return those of ``references`` that the engine does not have."""
    with translate("list the engine's images"):
        have = {tag for image in client.api.images() for tag in image.get("RepoTags") or ()}
    return [reference for reference in references if reference not in have]


def hub_answers(client: DockerClient, reference: str) -> bool:
    """Tell whether the registry of a reference answers the engine, which is where pulls come from."""
    usual = client.api.timeout
    client.api.timeout = HUB_TIMEOUT
    try:
        with translate(f"look up {reference}"):
            client.images.get_registry_data(reference)
    except NotFoundError:
        return True
    except CloudkitError:
        return False
    finally:
        client.api.timeout = usual
    return True


def provide(
    client: DockerClient, references: Sequence[str] = REFERENCES, *, listen: Listener = silent
) -> tuple[str, ...]:
    """Make the images that an engine lacks and that no hub offers; do nothing where the engine can pull them.

    Args:
        client: The engine's client.
        references: What is needed; only those in ``REFERENCES`` can be made.
        listen: Told of each image that is made, and from what.

    Returns:
        The references that were made.

    Raises:
        UnsupportedError: An image is needed that cannot be made, or the packages' tools cannot be had here.
    """
    wanted = missing(client, references)
    if not wanted or hub_answers(client, wanted[0]):
        return ()
    made_of = {reference: _base(reference) for reference in wanted}
    for reference, base in made_of.items():
        said = f"no image hub answers: {reference} is made here from {base.source}"
        listen(Progress(phase=Phase.NOTICE, item=reference, message=said))
    program("mmdebstrap", "mmdebstrap")
    architecture = str(client.version()["Arch"])
    with ThreadPoolExecutor(max_workers=len(wanted)) as pool:
        roots = pool.map(lambda reference: _root(reference, made_of[reference], architecture), wanted)
        for reference, root in zip(wanted, roots, strict=True):
            _load(client, reference, made_of[reference], root)
            listen(Progress(phase=Phase.NOTICE, item=reference, message=f"{reference} is there", done=True))
    return tuple(wanted)


def _base(reference: str) -> _Base:
    """Return what a reference is made of."""
    base = _BASES.get(reference)
    if base is None:
        hint = f"docker load an archive of it, or use one of {', '.join(REFERENCES)}"
        raise UnsupportedError(
            f"no image hub answers, and {reference} cannot be made here", capability="hub", hint=hint
        )
    return base


def _load(client: DockerClient, reference: str, base: _Base, root: Path) -> None:
    """Give an engine a root filesystem as an image."""
    repository, tag = reference.split(":")
    changes = [*base.config, f'LABEL cloudkit/made-from="{base.source}"']
    with translate(f"import {reference}"):
        client.api.import_image(str(root), repository=repository, tag=tag, changes=changes)


def _root(reference: str, base: _Base, architecture: str) -> Path:
    """Return the archive of an image's root filesystem, made once and kept."""
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "cloudkit" / "bases"
    folder.mkdir(parents=True, exist_ok=True)
    recipe = hashlib.sha256(repr(base).encode()).hexdigest()[:8]
    archive = folder / f"{reference.replace(':', '-')}-{architecture}-{recipe}.tar"
    with _alone(folder / f"{archive.name}.lock"):
        if not archive.exists():
            with TemporaryDirectory(dir=folder) as scratch:
                made = Path(scratch) / "root.tar"
                _bootstrap(base, architecture, made)
                made.rename(archive)
    return archive


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Hold a lock between processes."""
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def _bootstrap(base: _Base, architecture: str, archive: Path) -> None:
    """Write a root filesystem made of Debian's packages to ``archive``."""
    hooks = [f'chroot "$1" {command}' for command in base.commands]
    if base.node:
        hooks.insert(0, f"tar-in {shlex.quote(str(_node(base.node, architecture, archive.parent)))} /")
    if base.trusting and Path(TRUST).exists():
        hooks += ['mkdir -p "$1/etc/ssl/certs"', f"copy-in {TRUST} /etc/ssl/certs"]
    options = ["--quiet", f"--mode={'root' if os.geteuid() == 0 else 'auto'}", "--variant=minbase"]
    options += [f"--architectures={architecture}"]
    options += [f"--dpkgopt=path-exclude=/usr/share/{folder}/*" for folder in ("doc", "info", "locale", "man")]
    options += [f"--include={','.join(base.packages)}"] if base.packages else []
    options += [f"--customize-hook={hook}" for hook in hooks]
    run([program("mmdebstrap", "mmdebstrap"), *options, SUITE, str(archive), *_sources()])


def _sources() -> list[str]:
    """Return where this machine itself gets the suite's packages, updates included; nothing for the usual places."""
    line = ("--format", "deb $(REPO_URI) $(RELEASE) $(COMPONENT)")
    listed = run([program("apt-get", "apt"), "indextargets", *line, "Identifier: Packages", "Origin: Debian"])
    return [source for source in listed.splitlines() if source.split()[2].startswith(SUITE)]


def _node(major: str, architecture: str, scratch: Path) -> Path:
    """Return an archive of Node.js and npm at the paths that the hub's image has them, from npm's packages."""
    npm = program("npm", "npm")
    archive = scratch / "node.tar"
    with tarfile.open(archive, "w") as out:
        for package, prefix, only in (
            (f"node-{NPM_PLATFORMS[architecture]}@{major}", "usr/local/", "bin/node"),
            ("npm@10", "usr/local/lib/node_modules/npm/", ""),
        ):
            packed = run([npm, "pack", "--silent", package], folder=scratch).split()[-1]
            _repack(scratch / packed, out, prefix, only)
        for name in ("npm", "npx"):
            link = tarfile.TarInfo(f"usr/local/bin/{name}")
            link.type, link.linkname = tarfile.SYMTYPE, f"../lib/node_modules/npm/bin/{name}-cli.js"
            out.addfile(link)
    return archive


def _repack(package: Path, out: tarfile.TarFile, prefix: str, only: str) -> None:
    """Copy the regular files of a package of npm below ``prefix``, as root's, or ``only`` one of them."""
    with tarfile.open(package) as packed:
        for member in packed:
            path = member.name.partition("/")[2]
            if member.isfile() and (not only or path == only) and ".." not in path.split("/"):
                entry = tarfile.TarInfo(prefix + path)
                entry.size, entry.mode, entry.mtime = member.size, member.mode | 0o444, member.mtime
                out.addfile(entry, packed.extractfile(member))
