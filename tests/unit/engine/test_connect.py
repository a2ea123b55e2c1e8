"""An engine that cannot be reached is told in three lines: what was tried, what happened, what to run."""

from __future__ import annotations

import socket
import ssl
import time
from pathlib import Path

import pytest

from cloudkit.config import Config, Endpoint, Tls
from cloudkit.engine import connect as module
from cloudkit.engine.connect import connect
from cloudkit.engine.unreachable import unreachable
from cloudkit.errors import AccessError, BackendError, ConfigError


def configured(host: str, tls: Tls | None = None) -> Config:
    """Return a configuration for one address."""
    return Config(endpoint=Endpoint(host=host, tls=tls))


def test_no_socket_is_told_in_three_lines(tmp_path: Path) -> None:
    """The address, that nothing is there, and how to start an engine."""
    with pytest.raises(BackendError) as error:
        connect(configured(f"unix://{tmp_path}/docker.sock"))

    assert str(error.value).splitlines() == [
        f"no engine answers at unix://{tmp_path}/docker.sock",
        "  | there is no such socket: no engine is running, or it listens elsewhere",
        "  try: cloudkit doctor, or sudo systemctl start docker",
    ]


def test_a_socket_that_nobody_listens_on_is_told_apart(tmp_path: Path) -> None:
    """It is what an engine leaves that was killed."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"{tmp_path}/docker.sock")

    with pytest.raises(BackendError) as error:
        connect(configured(f"unix://{tmp_path}/docker.sock"))

    assert error.value.evidence == ("connection refused: the socket is there, but no engine listens",)
    assert len(str(error.value).splitlines()) == 3


def test_an_engine_that_accepts_and_says_nothing_ends_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Connecting is bounded."""
    monkeypatch.setattr(module, "CONNECT_TIMEOUT", 0.2)
    started = time.monotonic()

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"{tmp_path}/docker.sock")
        listener.listen()
        with pytest.raises(BackendError) as error:
            connect(configured(f"unix://{tmp_path}/docker.sock"))

    assert error.value.evidence == ("it does not answer in time",)
    assert time.monotonic() - started < 5


def test_all_default_sockets_are_named_when_none_is_there(tmp_path: Path) -> None:
    """A user learns where an engine would have been found."""
    tried = (f"{tmp_path}/a.sock", f"{tmp_path}/b.sock")

    with pytest.raises(BackendError, match=f"tried {tried[0]}, {tried[1]}"):
        connect(Config(endpoint=Endpoint(host=f"unix://{tried[0]}", tried=tried)))


def test_permission_denied_is_told_apart() -> None:
    """It is the user who is refused, and the group that helps."""
    error = unreachable(Endpoint(host="unix:///var/run/docker.sock"), PermissionError(13, "Permission denied"))

    assert isinstance(error, AccessError)
    assert len(str(error).splitlines()) == 3
    assert "usermod -aG docker" in error.hint


@pytest.mark.parametrize(
    ("cause", "said"),
    [
        (socket.gaierror(-2, "Name or service not known"), "the host's name is not known"),
        (ssl.SSLError(1, "[SSL: TLSV13_ALERT_CERTIFICATE_REQUIRED]"), "no TLS connection"),
        (TimeoutError("timed out"), "it does not answer in time"),
        (RuntimeError("Client sent an HTTP request to an HTTPS server."), "it expects TLS"),
        (OSError(113, "No route to host"), "No route to host"),
    ],
)
def test_each_reason_has_its_words(cause: Exception, said: str) -> None:
    """Name, encryption, time and route are told apart, in three lines each."""
    error = unreachable(Endpoint(host="tcp://far.example:2376"), cause)

    assert said in error.evidence[0]
    assert len(str(error).splitlines()) == 3


def test_the_context_is_named() -> None:
    """A user who chose one sees that it was that one."""
    error = unreachable(Endpoint(host="tcp://far.example:2376", context="prod"), ConnectionRefusedError(111, "refused"))

    assert "(context prod)" in error.summary


def test_half_a_pair_of_certificates_is_refused(tmp_path: Path) -> None:
    """Before anything is sent."""
    with pytest.raises(ConfigError, match="a pair"):
        connect(configured("tcp://127.0.0.1:1", Tls(cert=tmp_path / "cert.pem")))


def test_a_backend_without_an_engine_cannot_be_connected() -> None:
    """The memory backend has none."""
    with pytest.raises(ConfigError, match="has no engine"):
        connect(Config(backend="memory"))
