"""What an engine is handed for an app's files."""

from __future__ import annotations

import io
import tarfile

import pytest

from cloudkit.backends.docker.filing import archive, refuse_files
from cloudkit.backends.docker.users import Owner
from cloudkit.backends.givenfiles import GivenFile, own_folders
from cloudkit.errors import UnsupportedError
from cloudkit.model.app import AppSpec
from cloudkit.model.mount import Mount
from cloudkit.model.reference import Reference

FILES = (
    GivenFile(path="/etc/web/web.toml", content=b"a = 1"),
    GivenFile(path="/run/secrets/token", content=b"hunter2", secret=True),
)


def entries(owner: Owner) -> dict[str, tuple[int, int, int]]:
    """Return mode, user and group by name."""
    packed = archive(FILES, ["/etc/web"], owner)
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        return {one.name: (one.mode, one.uid, one.gid) for one in tar}


def test_a_secret_is_its_users_alone() -> None:
    """Configuration is anybody's to read, and nobody's to write."""
    assert entries(Owner(uid=1000, gid=1001)) == {
        "etc/web": (0o755, 0, 0),
        "etc/web/web.toml": (0o444, 0, 0),
        "run/secrets/token": (0o400, 1000, 1001),
    }


def test_a_user_that_nobody_knows_can_read_it() -> None:
    """As all others inside then."""
    assert entries(Owner(known=False))["run/secrets/token"] == (0o444, 0, 0)


def test_files_get_a_folder_of_their_own_where_the_root_is_closed() -> None:
    """And below what is mounted; not beside it."""
    spec = AppSpec(
        name="web",
        image=Reference.parse("web:1"),
        config={"/etc/a": "", "/data/conf/b": ""},
        mounts=(Mount(target="/data", source="data"),),
    )

    assert own_folders(spec) == ("/data/conf",)
    assert own_folders(spec.replace(read_only=True)) == ("/data/conf", "/etc")


def test_a_file_in_a_closed_root_itself_is_refused() -> None:
    """No volume can be mounted there."""
    spec = AppSpec(name="web", image=Reference.parse("web:1"), config={"/a": ""})
    refuse_files(spec)

    with pytest.raises(UnsupportedError, match="root file system"):
        refuse_files(spec.replace(read_only=True))
