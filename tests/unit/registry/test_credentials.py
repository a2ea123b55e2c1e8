"""Where docker's configuration keeps credentials, each way with a real file and a real helper program."""

from __future__ import annotations

import base64
import json
import time
from pathlib import Path

import pytest

from cloudkit.errors import ConfigError
from cloudkit.model.secret import Secret
from cloudkit.registry import helper
from cloudkit.registry.credentials import Credential, credential_for

HELPER = """\
#!/bin/sh
read -r server
test "$1" = get || exit 9
case $server in
  known.example) echo '{"ServerURL": "known.example", "Username": "ann", "Secret": "s3cret"}' ;;
  https://index.docker.io/v1/) echo '{"Username": "hub", "Secret": "h"}' ;;
  token.example) echo '{"Username": "<token>", "Secret": "identity"}' ;;
  slow.example) sleep 60 & sleep 60 ;;
  noise.example) echo 's3cret but no json' ;;
  broken.example) echo 'cannot open keychain'; exit 1 ;;
  *) echo 'credentials not found in native keychain'; exit 1 ;;
esac
"""


@pytest.fixture
def helping(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a configuration that asks the helper ``unit`` for every registry."""
    program = tmp_path / "bin" / "docker-credential-unit"
    program.parent.mkdir()
    program.write_text(HELPER)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    return config(tmp_path, {"credsStore": "unit", "auths": {"other.example": {"auth": packed("bob:b")}}})


def config(folder: Path, content: object) -> Path:
    """Write docker's configuration into a folder."""
    (folder / "config.json").write_text(json.dumps(content))
    return folder


def packed(text: str) -> str:
    """Return base64 as docker writes it."""
    return base64.b64encode(text.encode()).decode()


def test_no_file_is_nobody(tmp_path: Path) -> None:
    """Nothing is known, and that is no error."""
    assert credential_for("known.example", folder=tmp_path) is None


def test_the_folder_of_docker_config_is_read_when_it_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DOCKER_CONFIG counts at the call, not at import."""
    config(tmp_path, {"auths": {"known.example": {"auth": packed("ann:a:b")}}})
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))

    assert credential_for("known.example") == Credential(username="ann", password=Secret("a:b"))


@pytest.mark.parametrize("key", ["https://index.docker.io/v1/", "index.docker.io", "docker.io", "registry-1.docker.io"])
def test_docker_hub_has_many_names(tmp_path: Path, key: str) -> None:
    """All of them mean docker.io."""
    config(tmp_path, {"auths": {key: {"username": "ann", "password": "p"}}})

    assert credential_for("docker.io", folder=tmp_path) == Credential(username="ann", password=Secret("p"))


def test_a_url_as_key_means_its_host(tmp_path: Path) -> None:
    """Old entries have a scheme and a path."""
    config(tmp_path, {"auths": {"https://known.example:5000/v2/": {"identitytoken": "t"}}})

    assert credential_for("known.example:5000", folder=tmp_path) == Credential(identity_token=Secret("t"))
    assert credential_for("known.example", folder=tmp_path) is None


def test_a_helper_is_asked(helping: Path) -> None:
    """Its answer counts, by host and, for Docker Hub, by the url that docker uses."""
    assert credential_for("known.example", folder=helping) == Credential(username="ann", password=Secret("s3cret"))
    assert credential_for("token.example", folder=helping) == Credential(identity_token=Secret("identity"))
    assert credential_for("docker.io", folder=helping) == Credential(username="hub", password=Secret("h"))


def test_what_the_helper_does_not_know_may_stand_in_the_file(helping: Path) -> None:
    """The file is read after it."""
    assert credential_for("other.example", folder=helping) == Credential(username="bob", password=Secret("b"))
    assert credential_for("unknown.example", folder=helping) is None


def test_a_helper_of_one_registry_goes_before_the_one_of_all(helping: Path) -> None:
    """`credHelpers` is the finer setting; its program is the one that is missed."""
    config(helping, {"credsStore": "unit", "credHelpers": {"known.example": "absent"}})

    with pytest.raises(ConfigError, match="docker-credential-absent is not on PATH"):
        credential_for("known.example", folder=helping)


@pytest.mark.usefixtures("helping")
def test_a_helper_that_hangs_is_ended_with_its_children() -> None:
    """The time is bounded, though a child holds the pipe."""
    begun = time.monotonic()

    with pytest.raises(ConfigError, match="did not answer within"):
        helper.ask("unit", "slow.example", timeout=0.3)

    assert time.monotonic() - begun < 5


def test_a_helper_that_fails_says_why(helping: Path) -> None:
    """Its own words are the evidence."""
    with pytest.raises(ConfigError, match="cannot open keychain"):
        credential_for("broken.example", folder=helping)


def test_what_a_helper_says_is_in_no_error(helping: Path) -> None:
    """An answer that cannot be read could hold the secret."""
    with pytest.raises(ConfigError) as caught:
        credential_for("noise.example", folder=helping)

    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"auths": ["x"]}, "no object"),
        ({"auths": {"a.example": "x"}}, "no object"),
        ({"auths": {"a.example": {"auth": "%%%"}}}, "base64"),
        ({"auths": {"a.example": {"auth": packed("nocolon")}}}, "base64"),
        ({"credsStore": "../../bin/sh"}, "no program's name"),
        ({"credsStore": "-x"}, "no program's name"),
        ([], "no JSON object"),
    ],
)
def test_a_wrong_file_is_said_with_its_path(tmp_path: Path, content: object, words: str) -> None:
    """Each mistake is named, none is a traceback."""
    config(tmp_path, content)

    with pytest.raises(ConfigError, match=words):
        credential_for("a.example", folder=tmp_path)
