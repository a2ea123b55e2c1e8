"""Whatever the docker SDK raises becomes one of cloudkit's errors, in one place, with the engine's own words."""

from __future__ import annotations

import docker.errors
import pytest
import requests
import urllib3

from cloudkit.engine.errors import explain, root_cause, translate
from cloudkit.errors import AccessError, BackendError, CloudkitError, ConflictError, NotFoundError, RegistryError


def api_error(status: int, text: str) -> docker.errors.APIError:
    """Return what the SDK raises for an answer."""
    response = requests.Response()
    response.status_code = status
    return docker.errors.APIError("failed", response=response, explanation=text)


@pytest.mark.parametrize(
    ("status", "text", "kind"),
    [
        (404, "No such container: web-1", NotFoundError),
        (409, 'Conflict. The container name "/web" is already in use', ConflictError),
        (401, "unauthorized: incorrect username or password", AccessError),
        (403, "denied by policy", AccessError),
        (
            404,
            "pull access denied for secret/app, repository does not exist or may require 'docker login'",
            AccessError,
        ),
        (500, "driver failed: Bind for 127.0.0.1:80 failed: port is already allocated", ConflictError),
        (500, "write /var/lib/docker/tmp/GetImageBlob1: no space left on device", BackendError),
        (429, "toomanyrequests: You have reached your pull rate limit", RegistryError),
        (500, 'Get "https://registry.example/v2/": dial tcp: lookup registry.example: no such host', RegistryError),
        (500, "something else", BackendError),
    ],
)
def test_an_answer_becomes_the_error_that_its_words_mean(status: int, text: str, kind: type[CloudkitError]) -> None:
    """By the words where the status does not tell, as engines say 500 for much."""
    with pytest.raises(kind) as error, translate("start replica web-1"):
        raise api_error(status, text)

    assert type(error.value) is kind
    assert error.value.summary.startswith("cannot start replica web-1")
    assert error.value.evidence == (text,)


def test_a_registry_that_does_not_answer_has_no_status() -> None:
    """So that a missing hub is told from one that refuses."""
    silent = explain("pull node:22", 'failed to do request: Head "https://hub.example/v2/x": dial tcp: i/o timeout')
    limited = explain("pull node:22", "toomanyrequests")

    assert isinstance(silent, RegistryError)
    assert isinstance(limited, RegistryError)
    assert (silent.status, limited.status) == (None, 429)


def test_a_full_disk_is_named_with_what_frees_it() -> None:
    """Not as a number, but as the command to run."""
    error = explain("build", "no space left on device")

    assert error.summary == "cannot build: the engine's disk is full"
    assert "docker builder prune" in error.hint


@pytest.mark.parametrize(
    "error",
    [
        ConnectionResetError(104, "Connection reset by peer"),
        requests.exceptions.ChunkedEncodingError("Connection broken: IncompleteRead(0 bytes read)"),
        urllib3.exceptions.ProtocolError("Connection broken"),
        requests.exceptions.ConnectionError(ConnectionRefusedError(111, "Connection refused")),
    ],
)
def test_a_connection_that_breaks_says_that_the_engine_stopped(error: Exception) -> None:
    """In the middle of a stream or at its start."""
    with pytest.raises(BackendError, match="the engine stopped or dropped the connection"), translate("follow logs"):
        raise error


@pytest.mark.parametrize("error", [TimeoutError("timed out"), requests.exceptions.ReadTimeout("Read timed out.")])
def test_an_answer_that_is_late_says_so(error: Exception) -> None:
    """A slow engine is not a stopped one."""
    with pytest.raises(BackendError, match="does not answer in time"), translate("list apps"):
        raise error


@pytest.mark.parametrize("error", [ValueError("x"), KeyError("x"), FileNotFoundError(2, "x"), ZeroDivisionError()])
def test_a_fault_of_the_caller_passes(error: Exception) -> None:
    """What no engine said is no engine's error."""
    with pytest.raises(type(error)) as raised, translate("do it"):
        raise error

    assert raised.value is error


def test_an_error_of_ours_passes_as_it_is() -> None:
    """Translating twice changes nothing."""
    error = ConflictError("taken")

    with pytest.raises(ConflictError) as raised, translate("outer"), translate("inner"):
        raise error

    assert raised.value is error


def test_credentials_in_an_address_are_taken_out() -> None:
    """An engine may quote the proxy that it was given."""
    error = explain("pull", 'proxyconnect tcp: dial "http://me:hunter2@proxy.example:3128": no such host')

    assert "hunter2" not in str(error)


def test_long_words_of_an_engine_are_cut() -> None:
    """An error stays readable whatever the engine says."""
    assert len(str(explain("build", "x" * 1_000_000))) < 3000


def test_the_root_is_the_operating_systems_error() -> None:
    """However deep the libraries have wrapped it, and in whichever way."""
    inner = PermissionError(13, "Permission denied")
    wrapped = requests.exceptions.ConnectionError(urllib3.exceptions.ProtocolError("Connection aborted.", inner))

    assert root_cause(docker.errors.DockerException(str(wrapped)).with_traceback(None)) is not inner
    assert root_cause(wrapped) is inner


def test_a_cycle_of_causes_ends() -> None:
    """A chain that bites its tail is still read."""
    first, second = ValueError("a"), ValueError("b")
    first.__cause__, second.__cause__ = second, first

    assert root_cause(first) in {first, second}
