"""An engine whose disk is full says so when replicas are made, keeps what runs, and leaves nothing dangling."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path

import pytest
from conftest import sweep
from faults.conftest import refuse_without_testbed
from faults.own import OwnEngine, own_engine

from cloudkit.engine import bases
from cloudkit.errors import CloudkitError
from cloudkit.model.state import AppPhase

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]

IMAGE = "debian:bookworm-slim"
NAMESPACE = "faults-disk"


@pytest.fixture
def small(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[OwnEngine, Path]]:
    """An engine whose disk holds 600 MB, and the folder that is this disk."""
    refuse_without_testbed()
    place = tmp_path_factory.mktemp("small")
    disk = place / "cloudkit"
    disk.mkdir()
    with ExitStack() as undo:
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=600m", "tmpfs", disk], check=True)
        undo.callback(lambda: subprocess.run(["umount", "-l", disk], check=False))
        with monkeypatch.context() as patch:
            patch.setenv("XDG_CACHE_HOME", str(place))  # the engine keeps its data below it
            own = undo.enter_context(own_engine(place / "state"))
        with closing(own.client()) as client:
            bases.provide(client, [IMAGE])
        undo.callback(sweep, own.address, NAMESPACE)
        yield own, disk


def fill(file: Path) -> None:
    """Write until not one page more goes on the disk."""
    with file.open("wb", buffering=0) as ballast:
        for size in (1 << 20, 1 << 12):
            with suppress(OSError):
                while True:
                    ballast.write(bytes(size))


def test_a_full_disk_is_named_when_replicas_are_made(small: tuple[OwnEngine, Path]) -> None:
    """With room again the same call finishes."""
    own, disk = small
    with closing(own.cloud(NAMESPACE)) as cloud:
        app = cloud.deploy("work", IMAGE, command=("sleep", "infinity"), replicas=1)
        before, replica = own.containers(), app.status().replicas[0].id

        fill(disk / "ballast")
        with pytest.raises(CloudkitError, match=r"disk is full|no space left") as error:
            app.scale(3, timeout=30)
        meanwhile, kept = own.containers(), app.status()
        (disk / "ballast").unlink()
        after = app.scale(3).status()

        assert "docker system df" in str(error.value)
        assert {name for name in meanwhile if name not in before and "generation" not in name} == set()
        assert (kept.replicas[0].id, kept.ready) == (replica, 1)
        assert (after.phase, after.ready) == (AppPhase.READY, 3)
        assert replica in {one.id for one in after.replicas}
