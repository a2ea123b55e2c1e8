"""What a node cannot start, or what ends, is told by the runtime's words, its exit code and its last lines."""

from __future__ import annotations

from typing import Any

import pytest
from clinic.ward import Ward

from cloudkit.model.cause import CauseCode
from cloudkit.model.resources import Resources

pytestmark = [pytest.mark.kubernetes, pytest.mark.engine]


def test_a_command_that_is_not_there(ward: Ward) -> None:
    """The command is named."""
    cause = ward.diagnose(ward.app("nope", "-x"))

    assert (cause.code, cause.certain) == (CauseCode.COMMAND_NOT_FOUND, True)
    assert "'nope'" in cause.summary


def test_a_command_that_a_shell_does_not_find(ward: Ward) -> None:
    """The shell's words are the evidence."""
    cause = ward.diagnose(ward.app("sh", "-c", "nope"))

    assert (cause.code, cause.certain) == (CauseCode.COMMAND_NOT_FOUND, True)
    assert "sh: 1: nope: not found" in cause.evidence


def test_a_command_that_may_not_be_executed(ward: Ward) -> None:
    """A file without its x bit is told from one that is missing."""
    cause = ward.diagnose(ward.app("/etc/hostname"))

    assert (cause.code, cause.certain) == (CauseCode.COMMAND_NOT_EXECUTABLE, True)


def test_a_program_for_another_machine(ward: Ward) -> None:
    """The node's own platform is named, and the call builds for it."""
    header = r"\177ELF\002\001\001\0\0\0\0\0\0\0\0\0\002\0\267\0\001"
    script = f"printf '{header}' > /tmp/x; head -c 300 /dev/zero >> /tmp/x; chmod +x /tmp/x; exec /tmp/x"

    cause = ward.diagnose(ward.app("bash", "-c", script))

    assert (cause.code, cause.certain) == (CauseCode.WRONG_ARCHITECTURE, True)
    assert "--platform linux/" in cause.fix


@pytest.mark.parametrize(
    ("script", "words"),
    [("exit 3", "3"), ("kill -SEGV $BASHPID", "139"), ("kill -KILL $BASHPID", "137")],
    ids=["3", "139", "137"],
)
def test_a_program_that_ends_again_and_again(ward: Ward, script: str, words: str) -> None:
    """After the third end in a row it is a loop; the last lines are those of the life before."""
    cause = ward.diagnose(ward.app("bash", "-c", f"echo last words; bash -c '{script}'; exit $?"))

    assert (cause.code, cause.certain) == (CauseCode.CRASH_LOOP, True)
    assert f"exited with {words}" in cause.summary
    assert "last words" in cause.evidence


def test_a_program_that_ends_well_though_it_was_to_go_on(ward: Ward) -> None:
    """Exit code 0 is a crash of what is to run for good."""
    cause = ward.diagnose(ward.app("true"))

    assert (cause.code, cause.certain) == (CauseCode.CRASH_LOOP, True)
    assert "exited with 0" in cause.summary


def test_a_program_that_uses_more_than_its_memory(ward: Ward) -> None:
    """The limit is named, and the call doubles it."""
    spec = ward.app("python", "-c", "held = b'x' * 200_000_000", resources=Resources(memory="64Mi"))

    cause = ward.diagnose(spec)

    assert (cause.code, cause.certain) == (CauseCode.OUT_OF_MEMORY, True)
    assert "64Mi" in cause.summary
    assert "--memory 128Mi" in cause.fix


def test_a_root_that_may_only_be_read(ward: Ward) -> None:
    """The path is named, and the call gives it memory to write to."""
    spec = ward.app("sh", "-c", "echo x > /var/tmp/x", read_only=True)

    cause = ward.diagnose(spec, container={"securityContext": {"readOnlyRootFilesystem": True}})

    assert (cause.code, cause.certain) == (CauseCode.VOLUME_READ_ONLY, True)
    assert "tmpfs:/var/tmp" in cause.fix


def test_last_lines_cannot_steer_a_terminal(ward: Ward) -> None:
    """Escapes and an endless line reach the evidence written out and cut."""
    script = r"head -c 200000 /dev/zero | tr '\0' x; echo; printf '\033[2Jgone\n'; exit 1"

    cause = ward.diagnose(ward.app("sh", "-c", script))

    assert r"\x1b[2Jgone" in cause.evidence
    assert all(len(line) <= 300 for line in cause.evidence)


def test_an_image_that_runs_as_root_where_none_may(ward: Ward) -> None:
    """The call gives it a number."""
    cause = ward.diagnose(ward.app("sleep", "60"), pod={"securityContext": {"runAsNonRoot": True}})

    assert (cause.code, cause.certain) == (CauseCode.NOT_ALLOWED, True)
    assert "--user" in cause.fix


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ({"configMapKeyRef": {"name": "settings", "key": "url"}}, CauseCode.CONFIG_MISSING),
        ({"secretKeyRef": {"name": "settings", "key": "url"}}, CauseCode.SECRET_MISSING),
    ],
    ids=["config", "secret"],
)
@pytest.mark.parametrize("there", [False, True], ids=["absent", "without the key"])
def test_what_its_environment_names(ward: Ward, source: dict[str, Any], code: CauseCode, *, there: bool) -> None:
    """What is not there is named, and so is the key that is not in it."""
    if there:
        kind = "configmaps" if code is CauseCode.CONFIG_MISSING else "secrets"
        ward.make(kind, {"metadata": {"name": "settings"}})

    cause = ward.diagnose(ward.app("sleep", "60"), container={"env": [{"name": "URL", "valueFrom": source}]})

    assert (cause.code, cause.certain) == (code, True)
    assert "'settings'" in cause.summary
    assert ("key 'url'" in cause.summary) is there


@pytest.mark.parametrize(
    ("volume", "code"),
    [
        ({"configMap": {"name": "settings"}}, CauseCode.CONFIG_MISSING),
        ({"secret": {"secretName": "settings"}}, CauseCode.SECRET_MISSING),
    ],
    ids=["config", "secret"],
)
def test_what_its_volume_names(ward: Ward, volume: dict[str, Any], code: CauseCode) -> None:
    """A container that is never made says so by events alone."""
    pod = {"volumes": [{"name": "settings", **volume}]}
    container = {"volumeMounts": [{"name": "settings", "mountPath": "/settings"}]}

    cause = ward.diagnose(ward.app("sleep", "60"), pod=pod, container=container)

    assert (cause.code, cause.certain) == (code, True)


def test_a_folder_that_the_node_does_not_have(ward: Ward) -> None:
    """The folder and the node are named."""
    pod = {"volumes": [{"name": "www", "hostPath": {"path": "/srv/not-there", "type": "Directory"}}]}
    container = {"volumeMounts": [{"name": "www", "mountPath": "/www"}]}

    cause = ward.diagnose(ward.app("sleep", "60"), pod=pod, container=container)

    assert (cause.code, cause.certain) == (CauseCode.VOLUME_UNBOUND, True)
    assert "/srv/not-there of node " in cause.summary
