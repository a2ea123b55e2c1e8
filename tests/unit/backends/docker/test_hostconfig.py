"""What a spec says of mounts, limits and safety reaches the engine in the engine's words."""

from __future__ import annotations

from cloudkit.backends.docker.hostconfig import engine_mounts, environment, host_config, limits
from cloudkit.backends.docker.labels import NAMESPACE
from cloudkit.model.mount import Mount
from cloudkit.model.resources import Resources
from cloudkit.model.secret import Secret


def test_a_secret_reaches_the_engine_as_it_is() -> None:
    """The engine alone is told a secret's value."""
    env = {"TOKEN": Secret("hunter2"), "EMPTY": ""}

    listed = environment(env)

    assert listed == ["TOKEN=hunter2", "EMPTY="]


def test_no_limit_is_no_word() -> None:
    """A resource without bound sets nothing, so the engine's own default holds."""
    assert limits(Resources()) == {}


def test_a_memory_limit_leaves_no_swap() -> None:
    """Memory and swap together are the limit, so that passing it is out of memory and not slowness."""
    words = limits(Resources(memory="64Mi"))

    assert words == {"Memory": 64 * 1024**2, "MemorySwap": 64 * 1024**2}


def test_a_volume_is_the_namespaces_own() -> None:
    """Two namespaces with a volume of one name do not share it, and it can be found again by label."""
    [mount] = engine_mounts("blue", [Mount(target="/data", source="db")])

    assert mount["Source"] == "blue.db"
    assert mount["VolumeOptions"]["Labels"][NAMESPACE] == "blue"


def test_a_folder_of_the_host_keeps_its_path() -> None:
    """A bind names the host's path, and is read-only when asked."""
    [mount] = engine_mounts("blue", [Mount(target="/data", source="/srv/data", kind="bind", read_only=True)])

    assert mount == {"Type": "bind", "Target": "/data", "Source": "/srv/data", "ReadOnly": True}


def test_memory_has_no_source() -> None:
    """A tmpfs has a target and nothing else."""
    [mount] = engine_mounts("blue", [Mount(target="/tmp", kind="tmpfs")])

    assert mount == {"Type": "tmpfs", "Target": "/tmp", "ReadOnly": False}


def test_the_default_is_safe() -> None:
    """Without a word of the user's: an init process, no new privileges, a bounded log."""
    words = host_config("blue", resources=Resources())

    assert words["Init"] is True
    assert words["SecurityOpt"] == ["no-new-privileges"]
    assert words["LogConfig"]["Config"] == {"max-size": "10m", "max-file": "3"}
