"""Files and folders go into pods of a real cluster and out of them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pods.workshop import Workshop

from cloudkit.backends.kubernetes.client import Client
from cloudkit.backends.kubernetes.operations.copy import copy_in, copy_out
from cloudkit.backends.kubernetes.operations.execute import execute
from cloudkit.errors import AccessError, BackendError, NotFoundError, UnsupportedError, UsageError

pytestmark = [pytest.mark.kubernetes, pytest.mark.engine]
LONG = "länger " + "x" * 180


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder with all that can be copied."""
    made = tmp_path / "site"
    (made / "deep" / LONG).mkdir(parents=True)
    (made / "deep" / LONG / "all.bin").write_bytes(os.urandom(3_000_000))
    (made / "-odd name").write_text("kept")
    (made / "link").symlink_to("deep")
    (made / "run").write_text("#!/bin/sh\n")
    (made / "run").chmod(0o755)
    return made


def contents(folder: Path) -> dict[str, object]:
    """Return what a folder holds."""
    found = {one.relative_to(folder).as_posix(): one for one in folder.rglob("*")}
    return {
        name: str(one.readlink()) if one.is_symlink() else one.is_file() and one.read_bytes()
        for name, one in found.items()
    }


def test_a_folder_comes_back_as_it_went(client: Client, replica: str, site: Path, tmp_path: Path) -> None:
    """Content, names, links and what may be run; copying it again changes nothing."""
    copy_in(client, replica, site, "/srv/site")
    copy_in(client, replica, site, "/srv")

    back = copy_out(client, replica, "/srv/site", tmp_path / "back")

    assert contents(back) == contents(site)
    assert os.access(back / "run", os.X_OK)
    assert execute(client, replica, ["readlink", "/srv/site/link"]).output == "deep\n"


def test_a_file_goes_where_it_is_told(client: Client, replica: str, site: Path, tmp_path: Path) -> None:
    """Into a folder under its own name, else under the name that is given; a link to a folder is one."""
    execute(client, replica, ["ln", "-sfn", "/srv", "/tmp/way"])

    copy_in(client, replica, site / "-odd name", "/tmp/way")
    copy_in(client, replica, site / "-odd name", "/srv/named")

    assert copy_out(client, replica, "/srv/-odd name", tmp_path).name == "-odd name"
    assert copy_out(client, replica, "/tmp/way/named", tmp_path / "new").read_text() == "kept"


def test_what_is_not_there_or_in_the_way_is_said(client: Client, replica: str, site: Path, tmp_path: Path) -> None:
    """Nothing is changed."""
    with pytest.raises(NotFoundError, match="no folder /nothing"):
        copy_in(client, replica, site, "/nothing/there/site")
    with pytest.raises(UsageError, match="a folder cannot take its place"):
        copy_in(client, replica, site, "/etc/passwd")
    with pytest.raises(NotFoundError, match="no /etc/nothing"):
        copy_out(client, replica, "/etc/nothing", tmp_path)
    with pytest.raises(UsageError, match="absolute"):
        copy_out(client, replica, "etc", tmp_path)


def test_nothing_is_written_outside(client: Client, replica: str, tmp_path: Path) -> None:
    """A link out of the copy is refused, and no part of the copy is left."""
    execute(client, replica, ["sh", "-c", "mkdir -p /srv/evil && ln -sfn /etc /srv/evil/way && echo x > /srv/evil/y"])

    with pytest.raises(UsageError, match="outside"):
        copy_out(client, replica, "/srv/evil", tmp_path / "back")

    assert list(tmp_path.iterdir()) == []


def test_an_image_that_cannot_copy_says_so(
    client: Client, workshop: Workshop, bare: str, site: Path, tmp_path: Path
) -> None:
    """Without a shell, and with a ``tar`` that fails."""
    broken = workshop.start("exec sleep 600", app="broken", image="broken")

    with pytest.raises(UnsupportedError, match="no `sh`"):
        copy_in(client, bare, site, "/srv")
    with pytest.raises(BackendError, match="tar failed"):
        copy_in(client, broken, site, "/srv")
    with pytest.raises(BackendError):
        copy_out(client, broken, "/etc", tmp_path)


def test_a_place_that_is_read_only_is_no_fault_of_the_cluster(client: Client, workshop: Workshop, site: Path) -> None:
    """It is refused, with what ``tar`` says."""
    name = workshop.start("exec sleep 600", app="fixed", securityContext={"readOnlyRootFilesystem": True})

    with pytest.raises(AccessError, match="Read-only"):
        copy_in(client, name, site, "/srv/site")
